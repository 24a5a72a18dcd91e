package postgres

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Explain runs do on a store whose statements are kept, and returns each with
// the lines of how the database went about it, for people who measure. Only for
// statements that read: each is run once more.
func (db *DB) Explain(ctx context.Context, do func(s *PersonStore) error) ([]Plan, error) {
	seen := &statements{}
	if err := do(&PersonStore{base{db: db.Bun.WithQueryHook(seen)}}); err != nil {
		return nil, err
	}
	plans := make([]Plan, len(seen.list))
	for i, statement := range seen.list {
		plans[i].Statement = statement
		err := db.base().eachRow(ctx, "explain", func(r scanner) error {
			var line string
			err := r.Scan(&line)
			plans[i].Lines = append(plans[i].Lines, line)
			return err
		}, "EXPLAIN (ANALYZE, BUFFERS) "+statement)
		if err != nil {
			return nil, fmt.Errorf("explain: %w", err)
		}
	}
	return plans, nil
}

// Plan is a statement and how the database went about it.
type Plan struct {
	Statement string
	Lines     []string
}

// statements keeps the statements that pass.
type statements struct{ list []string }

// BeforeQuery implements bun.QueryHook.
func (s *statements) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

// AfterQuery implements bun.QueryHook.
func (s *statements) AfterQuery(_ context.Context, event *bun.QueryEvent) {
	s.list = append(s.list, event.Query)
}
