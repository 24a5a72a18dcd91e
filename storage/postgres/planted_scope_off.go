//go:build !plant_scope

package postgres

import "github.com/uptrace/bun/schema"

// plantedScope is where the mutation run of the rights takes a condition away
// (planted_scope_on.go); a binary without the build tag has none.
func plantedScope(q schema.QueryWithArgs) schema.QueryWithArgs { return q }
