package postgres

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/org"
)

// A list of people is read from one of two sides. Walked in its order, each
// person asked whether he belongs, it is quick when many do; begun at the few
// whom the narrowest of its conditions lets through, when few do. The database
// cannot know which (what lies below a unit, or is within a scope, it guesses
// at a thousandth), so the conditions are counted first, no further than where
// the two sides cost the same. Either way the same conditions are asked.

// breadthLimit is how far conditions are counted for a list, and tallyLimit for
// a count: asking somebody takes as long as comparing ten in whole sets.
const (
	breadthLimit = 20_000
	tallyLimit   = 4_000
)

// People implements org.PersonStore: by pinyin, then id.
func (s *PersonStore) People(ctx context.Context, scope domain.Scope, f org.PersonFilter, p domain.Paging) (domain.Page[org.Profile], error) {
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return domain.Page[org.Profile]{}, err
	}
	list, err := s.listed(ctx, scope, f, p.Size()+1, breadthLimit)
	if err != nil {
		return domain.Page[org.Profile]{}, err
	}
	var rows []profileRow
	if err := list.page(key, p.Size()+1).ColumnExpr(profileColumns).Join(profileJoins).Scan(ctx, &rows); err != nil {
		return domain.Page[org.Profile]{}, fail(err, "list people", "")
	}
	people := make([]org.Profile, len(rows))
	for i := range rows {
		people[i] = rows[i].profile()
	}
	return domain.Cut(people, p.Size(), func(v org.Profile) []string { return []string{v.Pinyin, v.ID} }), nil
}

// PersonIDs implements org.RosterStore.
func (s *PersonStore) PersonIDs(ctx context.Context, scope domain.Scope, f org.PersonFilter, limit int) (ids []string, err error) {
	list, err := s.listed(ctx, scope, f, limit, breadthLimit)
	if err != nil {
		return nil, err
	}
	return ids, fail(list.page(nil, limit).ColumnExpr("p.id").Scan(ctx, &ids), "list people", "")
}

// personList is the people of a filter within a scope, by pinyin, then id, with
// the side from which it is best read; merged people are shown as those they
// were merged into.
type personList struct {
	db         bun.IDB
	filter     org.PersonFilter
	conditions []condition
	begin      int // the condition to begin at, -1: walked in its order
	breadth    breadth
}

// listed reads how the list is best read when size people of it are wanted; its
// conditions are counted to limit.
func (s *PersonStore) listed(ctx context.Context, scope domain.Scope, f org.PersonFilter, size int, limit int64) (*personList, error) {
	of := func(today string) []condition {
		return append([]condition{scopeOf(scope, f.UnitID, today)}, conditionsOf(f, today)...)
	}
	b, err := s.breadth(ctx, f, of(todayOnce), limit)
	if err != nil {
		return nil, err
	}
	l := &personList{db: s.db, filter: f, conditions: of("'" + b.Today + "'::date"), breadth: b}
	if whole := l.conditions[0].whole; l.breadth.Whole && whole.Query != "" {
		l.conditions[0] = condition{each: whole}
		delete(l.breadth.Counts, 0)
	}
	l.begin = l.breadth.narrowest(size)
	return l, nil
}

// page selects p behind a key of pinyin and id (nil: from the start), at most
// size, in order.
func (l *personList) page(after []string, size int) *bun.SelectQuery {
	part := func(conditions []condition, begin int) *bun.SelectQuery {
		q := l.begun(conditions, begin).ColumnExpr("p.id, p.pinyin").OrderExpr("p.pinyin, p.id").Limit(int64(size))
		if after != nil {
			q.Where("(p.pinyin, p.id) > (?, ?::uuid)", after[0], after[1])
		}
		return q
	}
	q := part(l.conditions, l.begin)
	at := slices.IndexFunc(l.conditions, func(c condition) bool { return c.head.Query != "" })
	switch letters, _ := namedBy(l.filter.Query); {
	case at >= 0 && (l.begin < 0 || l.begin == at):
		// Whom a surname selects stands together in the order, far behind its start;
		// those who have the character in the given name stand everywhere.
		name, begin := l.conditions[at], -1
		if l.breadth.Counts[-1] < l.breadth.worth(size) {
			begin = at
		}
		heads, rest := slices.Clone(l.conditions), slices.Clone(l.conditions)
		heads[at], rest[at].set = condition{each: name.head}, name.rest
		q = l.db.NewSelect().TableExpr("((?) UNION ALL (?)) u", part(heads, -1), part(rest, begin).Where("NOT (?)", name.head)).
			ColumnExpr("u.id").OrderExpr("u.pinyin, u.id").Limit(int64(size))
	case l.begin < 0 && letters != "" && !l.breadth.Numbered:
		// Whom letters select stands at them or behind them in the order.
		first, _ := utf8.DecodeRuneInString(letters)
		q.Where("p.pinyin >= ?", string(first))
	}
	return l.db.NewSelect().With("page", q).TableExpr("page JOIN people AS p ON p.id = page.id").OrderExpr("p.pinyin, p.id")
}

// begun selects everybody of the list as p, begun at one of the conditions.
func (l *personList) begun(conditions []condition, begin int) *bun.SelectQuery {
	q := l.db.NewSelect().TableExpr("people AS p").Where("p.merged_into IS NULL")
	for i, c := range conditions {
		if i == begin {
			q.Where("p.id = ANY (ARRAY(?))", c.set)
		} else {
			q.Where("?", c.each)
		}
	}
	whereDetails(q, l.filter)
	return q
}

// breadth is how many people each condition lets through.
type breadth struct {
	Limit    int64         // how far was counted
	Counts   map[int]int64 // by the condition's index, at most Limit; of the rest of one character by -1
	Today    string        // the civil date
	People   float64       // about how many there are
	Whole    bool          // the scope lets everybody through of whom the filter asks
	Numbered bool          // numbers begin with what is searched for
}

// narrowest is the index of the condition to begin at when size people are
// wanted, -1 when the list is better walked in its order. Looking up one of n
// people costs about as much as asking one of people/n, of whom one belongs.
func (b breadth) narrowest(size int) int {
	at, least := -1, b.worth(size)
	for i, n := range b.Counts {
		if i >= 0 && n < least {
			at, least = i, n
		}
	}
	return at
}

// worth is below how many people of a set the list is better begun at it.
func (b breadth) worth(size int) int64 {
	return min(b.Limit, int64(math.Sqrt(4*b.People*float64(size)))+100)
}

// breadth counts the conditions, of which the first is the scope.
func (s *PersonStore) breadth(ctx context.Context, f org.PersonFilter, conditions []condition, limit int64) (b breadth, err error) {
	counts := make([]string, 0, len(conditions))
	whole := conditions[0].whole
	if whole.Query == "" {
		whole = bun.SafeQuery("FALSE")
	}
	args := []any{whole}
	for i, c := range conditions {
		if c.rest.Query != "" {
			counts = append(counts, "SELECT -1 AS at, (SELECT count(*) FROM (SELECT * FROM (?) t LIMIT ?) l) AS n")
			args = append(args, c.rest, limit)
		}
		if c.set.Query != "" {
			counts = append(counts, "SELECT ?::int AS at, (SELECT count(*) FROM (SELECT * FROM (?) t LIMIT ?) l) AS n")
			args = append(args, i, c.set, limit)
		}
	}
	numbered := bun.SafeQuery("FALSE")
	if letters, number := namedBy(f.Query); letters != "" {
		numbered = bun.SafeQuery("EXISTS (SELECT 1 FROM people WHERE number LIKE ?)", number)
	}
	var rows []struct {
		At       *int
		N        *int64
		Today    string
		People   float64
		Whole    bool
		Numbered bool
	}
	from := ""
	if len(counts) > 0 {
		from = " LEFT JOIN (" + strings.Join(counts, " UNION ALL ") + ") c ON TRUE"
	}
	args = append([]any{args[0], numbered}, args[1:]...)
	err = s.db.NewRaw("SELECT *, civil_today()::text AS today, ? AS whole, ? AS numbered FROM (SELECT greatest(reltuples, 1) AS people FROM pg_class WHERE oid = 'people'::regclass) r"+from, args...).Scan(ctx, &rows)
	if err != nil {
		return b, fail(err, "count people", "")
	}
	b.Limit, b.Counts = limit, map[int]int64{}
	for _, r := range rows {
		b.Today, b.People, b.Whole, b.Numbered = r.Today, r.People, r.Whole, r.Numbered
		if r.At != nil {
			b.Counts[*r.At] = *r.N
		}
	}
	return b, nil
}

// CountPeople implements org.RosterStore and org.LineStore.
func (s *PersonStore) CountPeople(ctx context.Context, scope domain.Scope, f org.PersonFilter) (n int, err error) {
	list, err := s.listed(ctx, scope, f, tallyLimit, tallyLimit)
	if err != nil {
		return 0, err
	}
	return n, fail(list.count().Scan(ctx, &n), "count people", "")
}

// count selects how many people the list has. Where every condition lets many
// through, the sets are compared with each other, and people are read only for
// what no set knows. One set is gone through and the others are hashed, which
// takes longer for each of them: what is below units, as a rule the fewest, is
// gone through only when there is nothing else.
func (l *personList) count() *bun.SelectQuery {
	first := -1
	for i, c := range l.conditions {
		if c.set.Query != "" && (first < 0 || c.unique && (!l.conditions[first].unique || l.conditions[first].below && !c.below)) {
			first = i
		}
	}
	if l.begin >= 0 || first < 0 {
		return l.begun(l.conditions, l.begin).ColumnExpr("count(*)")
	}
	sum := "count(*)"
	if !l.conditions[first].unique {
		sum = "count(DISTINCT p.id)"
	}
	q := l.db.NewSelect().TableExpr("(? OFFSET 0) AS p (id)", l.conditions[first].set).ColumnExpr(sum).
		Where("p.id NOT IN (SELECT id FROM people WHERE merged_into IS NOT NULL)")
	for i, c := range l.conditions {
		switch {
		case i == first:
		case c.set.Query != "":
			q.Where("(p.id IN (?)) IS TRUE", c.set) // as it stands: hashed, not turned into a join
		default:
			q.Where("?", c.each)
		}
	}
	if f := l.filter; f.Kind != "" || f.AgeFrom > 0 || f.AgeTo > 0 {
		people := l.db.NewSelect().TableExpr("people AS p").ColumnExpr("p.id")
		whereDetails(people, f)
		q.Where("p.id IN (?)", people)
	}
	return q
}
