package postgres

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"

	"zhixing/domain/org"
)

// A condition that is asked person by person ends in OFFSET 0, and one that is to
// be hashed in IS TRUE, so that the database does not turn it into a join: it
// would begin there for want of better knowledge.

// condition is one of the conditions of a list, in its forms.
type condition struct {
	each   schema.QueryWithArgs // whether it lets p through
	set    schema.QueryWithArgs // SELECT of the ids that it lets through, found by an index; without a query there is none
	unique bool                 // nobody comes twice in set
	below  bool                 // set is the people below a unit
	head   schema.QueryWithArgs // of one character: names that begin with it, which an index gives in the list's order
	rest   schema.QueryWithArgs // … and the SELECT of those that have it further on
	whole  schema.QueryWithArgs // of a scope: whether it lets everybody through, asked once
}

// todayOnce is the civil date asked for once a statement; the function by itself
// is asked for every row. Where the date is known already, the statement names
// it: then the database knows how many periods hold it.
const todayOnce = "(SELECT civil_today())"

// during is whether a period holds a day. The operator @> says the same, but
// lets the database begin at the exclusion constraint's GiST, where half of all
// rows hold any day.
func during(period, day string) string {
	return "lower(" + period + ") <= " + day + " AND coalesce(upper(" + period + "), 'infinity'::date) > " + day
}

// conditionsOf are the conditions of a filter, but for details of the person;
// today is the SQL of the civil date.
func conditionsOf(f org.PersonFilter, today string) (all []condition) {
	if f.UnitID != "" {
		all = append(all, condition{
			set: bun.SafeQuery(`SELECT fm.person_id FROM memberships fm
WHERE fm.unit_id = ANY (ARRAY(SELECT id FROM units WHERE path <@ (SELECT path FROM units WHERE id = ?))) AND `+during("fm.period", today), f.UnitID),
			each: bun.SafeQuery(`EXISTS (SELECT 1 FROM memberships fm WHERE fm.person_id = p.id AND `+during("fm.period", today)+`
AND (fm.unit_id IN (SELECT id FROM units WHERE path <@ (SELECT path FROM units WHERE id = ?))) IS TRUE OFFSET 0)`, f.UnitID),
			unique: true, below: true,
		})
	}
	if f.Stage != "" {
		on := bun.SafeQuery(today, nil...)
		if f.StageOn != "" {
			on = bun.SafeQuery("?::date", f.StageOn)
		}
		all = append(all, condition{
			set:    bun.SafeQuery("SELECT person_id FROM stage_facts WHERE stage = ?0 AND "+during("period", "?1"), f.Stage, on),
			each:   bun.SafeQuery("EXISTS (SELECT 1 FROM stage_facts ff WHERE ff.person_id = p.id AND ff.stage = ?0 AND "+during("ff.period", "?1")+" OFFSET 0)", f.Stage, on),
			unique: true,
		})
	}
	fact := func(table, column, value string) {
		if value == "" {
			return
		}
		args := []any{bun.Ident(table), bun.Ident(column), value}
		all = append(all, condition{
			set:    bun.SafeQuery("SELECT person_id FROM ?0 WHERE ?1 = ?2 AND "+during("period", today), args...),
			each:   bun.SafeQuery("EXISTS (SELECT 1 FROM ?0 ff WHERE ff.person_id = p.id AND ff.?1 = ?2 AND "+during("ff.period", today)+" OFFSET 0)", args...),
			unique: table != "post_facts", // of which there may be several at once
		})
	}
	fact("rank_facts", "rank", f.Rank)
	fact("post_facts", "post", f.Post)
	if f.Status == string(org.StatusActive) {
		all = append(all, condition{each: bun.SafeQuery(
			"p.id NOT IN (SELECT person_id FROM status_facts WHERE status <> ? AND "+during("period", today)+")", f.Status)})
	} else {
		fact("status_facts", "status", f.Status)
	}
	if bareName(f.Query) != "" {
		all = append(all, namedCondition(f.Query))
	}
	return all
}

// whereDetails asks for what the person's row itself says.
func whereDetails(q *bun.SelectQuery, f org.PersonFilter) {
	if f.Kind != "" {
		q.Where("p.kind = ?", f.Kind)
	}
	if f.AgeFrom > 0 {
		q.Where("p.born_on <= ("+todayOnce+" - make_interval(years => ?))::date", f.AgeFrom)
	}
	if f.AgeTo > 0 {
		q.Where("p.born_on > ("+todayOnce+" - make_interval(years => ?))::date", f.AgeTo+1)
	}
}

// namedBy are the beginnings of letters (of the pinyin or its initials) and of
// numbers that are searched for, as patterns; no letters when a name is written
// in characters.
func namedBy(query string) (letters, number string) {
	name := bareName(query)
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		return "", ""
	}
	return startOf(name), escapeLike(strings.TrimSpace(query)) + "%"
}

// bareName is a name without its dot, which may be left out of a search.
func bareName(name string) string { return strings.ReplaceAll(org.CleanName(name), "·", "") }

// startOf is the pattern of letters that begin so.
func startOf(name string) string {
	return escapeLike(strings.ToLower(strings.ReplaceAll(name, " ", ""))) + "%"
}

// namedCondition finds by part of a name (the dot of a name may be left out),
// start of a number, of the pinyin or of its initials.
func namedCondition(query string) condition {
	// Letters and digits alone can only begin a number, the pinyin or its
	// initials: each has an index. A name in letters is its own pinyin.
	if letters, number := namedBy(query); letters != "" {
		args := []any{number, letters}
		return condition{
			each: bun.SafeQuery("(p.number LIKE ?0 OR p.initials LIKE ?1 OR replace(p.pinyin, ' ', '') LIKE ?1)", args...),
			set: bun.SafeQuery(`SELECT id FROM people WHERE number LIKE ?0 UNION ALL SELECT id FROM people WHERE initials LIKE ?1
UNION ALL SELECT id FROM people WHERE replace(pinyin, ' ', '') LIKE ?1`, args...),
		}
	}
	name := bareName(query)
	part := "%" + escapeLike(name) + "%"
	if utf8.RuneCountInString(name) == 1 {
		args := []any{name, pgdialect.Array([]string{name}), part}
		rest := "SELECT id FROM people WHERE name_grams(name) @> ?1 AND left(replace(name, '·', ''), 1) <> ?0"
		return condition{
			each: bun.SafeQuery("replace(p.name, '·', '') LIKE ?2", args...),
			set:  bun.SafeQuery("SELECT id FROM people WHERE left(replace(name, '·', ''), 1) = ?0 UNION ALL "+rest, args...),
			head: bun.SafeQuery("left(replace(p.name, '·', ''), 1) = ?0", args...), rest: bun.SafeQuery(rest, args...), unique: true,
		}
	}
	args := []any{part, startOf(name), pgdialect.Array(pairsOf(name))}
	return condition{
		each: bun.SafeQuery("(replace(p.name, '·', '') LIKE ?0 OR p.initials LIKE ?1)", args...),
		set: bun.SafeQuery(`SELECT id FROM people WHERE name_grams(name) @> ?2 AND replace(name, '·', '') LIKE ?0
UNION ALL SELECT id FROM people WHERE initials LIKE ?1`, args...),
	}
}

// pairsOf are the neighbouring characters of a name, as name_grams has them.
func pairsOf(name string) (pairs []string) {
	runes := []rune(name)
	for i := 1; i < len(runes); i++ {
		pairs = append(pairs, string(runes[i-1:i+1]))
	}
	return pairs
}

// escapeLike takes the wildcards out of what somebody typed.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s)
}
