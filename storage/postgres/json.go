package postgres

import (
	"encoding/json"
	"fmt"
)

// encodeJSON writes what always can be: structs and lists of strings and numbers.
func encodeJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err)) // a defect that the first test meets
	}
	return string(b)
}

func decodeJSON(b []byte, into any) error {
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("decode %T: %w", into, err)
	}
	return nil
}
