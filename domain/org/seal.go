package org

// Sealer keeps secrets at rest: id numbers, TOTP secrets, passwords of external
// identity peers. What it returns goes into a text column.
//
// purpose names the column and the row, such as "people.id_card:<person id>": a
// sealed text that is moved to another row or column does not open there.
type Sealer interface {
	// Seal encrypts and authenticates; two calls never give the same text.
	Seal(purpose string, plain []byte) (string, error)
	// Open gives back what was sealed for the purpose, also under an older key.
	// Errors are for the log: they say what is wrong, never the plain text.
	Open(purpose, sealed string) ([]byte, error)
	// Stale reports whether the text is sealed under an older key and should be
	// sealed again when it is next written.
	Stale(sealed string) bool
	// Digests are keyed digests for finding equal values without opening them,
	// newest key first: store the first, look for any. The purpose is that of the
	// column alone, without the row.
	Digests(purpose string, plain []byte) [][]byte
}
