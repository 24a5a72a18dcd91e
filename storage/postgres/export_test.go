package postgres

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Sides reads the list of a filter, and its count, from each side from which it
// can be read: walked in order, and begun at each condition that has a set.
func (s *PersonStore) Sides(ctx context.Context, scope domain.Scope, f org.PersonFilter, after []string, size int) (pages [][]string, counts []int, err error) {
	list, err := s.listed(ctx, scope, f, size, breadthLimit)
	if err != nil {
		return nil, nil, err
	}
	for begin := -1; begin < len(list.conditions); begin++ {
		if begin >= 0 && list.conditions[begin].set.Query == "" {
			continue
		}
		for _, rest := range []int64{0, breadthLimit} { // of a character: begun at who has it in the given name, or walked
			list.begin, list.breadth.Counts[-1] = begin, rest
			var ids []string
			if err := list.page(after, size).ColumnExpr("p.id").Scan(ctx, &ids); err != nil {
				return nil, nil, err
			}
			var n int
			if err := list.count().Scan(ctx, &n); err != nil {
				return nil, nil, err
			}
			pages, counts = append(pages, ids), append(counts, n)
		}
	}
	return pages, counts, nil
}
