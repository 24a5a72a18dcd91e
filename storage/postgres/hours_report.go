package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"

	"github.com/uptrace/bun"
)

// lateSQL is hours.Obligation.Late in SQL; ? is today.
const lateSQL = `(o.short_centi > 0 AND o.short_centi::bigint * 30 > o.recent_centi::bigint * greatest(0, o.due_on - ?::date))`

// peopleWhere makes the condition of a filter within a scope.
func peopleWhere(sc domain.Scope, f hours.PeopleFilter, today hours.Date) (string, []any) {
	conds, args := []string{"o.year = ?", "o.total_centi > 0", "?"}, []any{f.Year, scopePeople(sc, "o.person_id")}
	add := func(cond string, a ...any) {
		conds, args = append(conds, cond), append(args, a...)
	}
	if f.PolicyID != "" {
		add("o.policy_id = ?", f.PolicyID)
	} else {
		add("o.lead")
	}
	if f.UnitID != "" {
		add("o.unit_paths <@ (SELECT path FROM units WHERE id = ?)", f.UnitID)
	}
	if f.Kind != "" {
		add("o.person_kind = ?", f.Kind)
	}
	if len(f.Stages) > 0 {
		add("o.stage IN (?)", bun.List(f.Stages))
	}
	if len(f.Ranks) > 0 {
		add("o.rank IN (?)", bun.List(f.Ranks))
	}
	switch f.State {
	case hours.StateDone:
		add("o.short_centi = 0")
	case hours.StateShort:
		add("o.short_centi > 0")
	case hours.StateNear:
		add("o.short_centi BETWEEN 1 AND ?", hours.NearCenti)
	case hours.StateLate:
		add(lateSQL, today.String())
	}
	if f.Query != "" {
		like := likeEscaper.Replace(f.Query)
		add("(o.name LIKE ? OR lower(o.number) LIKE ? OR o.initials LIKE ?)", "%"+like+"%", strings.ToLower(like)+"%", strings.ToLower(like)+"%")
	}
	return strings.Join(conds, " AND "), args
}

// likeEscaper makes a text stand for itself in LIKE.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Overview implements hours.Reports.
func (s *HoursStore) Overview(ctx context.Context, sc domain.Scope, f hours.PeopleFilter, today hours.Date) (*hours.Overview, error) {
	f.State = ""
	where, args := peopleWhere(sc, f, today)
	v := &hours.Overview{}
	err := s.eachRow(ctx, "read overview", func(r scanner) error {
		var (
			stage                   string
			people, done, near, lat int
			total, counted, short   int64
		)
		if err := r.Scan(&stage, &people, &done, &near, &lat, &total, &counted, &short); err != nil {
			return err
		}
		v.People, v.Done, v.Near, v.Late = v.People+people, v.Done+done, v.Near+near, v.Late+lat
		v.TotalCenti, v.CountedCenti, v.ShortCenti = v.TotalCenti+total, v.CountedCenti+counted, v.ShortCenti+short
		v.ByStage = append(v.ByStage, hours.Share{Stage: stage, People: people, Done: done})
		return nil
	}, `SELECT o.stage, count(*), count(*) FILTER (WHERE o.short_centi = 0), count(*) FILTER (WHERE o.short_centi BETWEEN 1 AND ?),
  count(*) FILTER (WHERE `+lateSQL+`), sum(o.total_centi), sum(o.counted_centi), sum(o.short_centi)
FROM hour_obligations o WHERE `+where+` GROUP BY o.stage ORDER BY o.stage`, append([]any{hours.NearCenti, today.String()}, args...)...)
	if err != nil {
		return nil, err
	}
	var computed sql.NullTime
	err = s.db.QueryRowContext(ctx, `SELECT max(finished_at), coalesce(bool_or(finished_at IS NULL AND as_of = ?), false) FROM hour_recomputes WHERE year = ?`,
		today.String(), f.Year).Scan(&computed, &v.Recomputing)
	v.ComputedAt = timeOrNil(computed)
	return v, fail(err, "read recompute", "")
}

// sortKey is one allowed order: its expression and how a key comes back.
type sortKey struct {
	expr, cast string
	key        func(r *hours.PersonRow) string
}

var peopleSorts = map[string]sortKey{
	"name":    {"o.pinyin", "text", func(r *hours.PersonRow) string { return r.Pinyin }},
	"number":  {"o.number", "text", func(r *hours.PersonRow) string { return r.Number }},
	"short":   {"o.short_centi", "int", func(r *hours.PersonRow) string { return strconv.Itoa(r.ShortCenti) }},
	"counted": {"o.counted_centi", "int", func(r *hours.PersonRow) string { return strconv.Itoa(r.CountedCenti) }},
	"total":   {"o.total_centi", "int", func(r *hours.PersonRow) string { return strconv.Itoa(r.TotalCenti) }},
	"last_on": {"coalesce(o.last_on, '0001-01-01')", "date", func(r *hours.PersonRow) string {
		if r.LastOn == nil {
			return "0001-01-01"
		}
		return r.LastOn.String()
	}},
}

// People implements hours.Reports.
func (s *HoursStore) People(ctx context.Context, sc domain.Scope, f hours.PeopleFilter, today hours.Date, p domain.Paging) (domain.Page[hours.PersonRow], error) {
	if err := f.Check(); err != nil {
		return domain.Page[hours.PersonRow]{}, err
	}
	sort := peopleSorts[strings.TrimPrefix(f.Sort, "-")]
	after, err := domain.DecodeToken(p.Token, 3)
	if err != nil {
		return domain.Page[hours.PersonRow]{}, err
	}
	if after != nil && after[2] != f.Sort { // a token of another order
		return domain.Page[hours.PersonRow]{}, domain.E(domain.Invalid, "page.bad_token")
	}
	var rows []hours.PersonRow
	err = s.people(ctx, sc, f, today, after, p.Size()+1, func(r hours.PersonRow) error { rows = append(rows, r); return nil })
	return domain.Cut(rows, p.Size(), func(r hours.PersonRow) []string { return []string{sort.key(&r), r.ID, f.Sort} }), err
}

// CountPeople implements hours.Reports.
func (s *HoursStore) CountPeople(ctx context.Context, sc domain.Scope, f hours.PeopleFilter, today hours.Date) (int, error) {
	where, args := peopleWhere(sc, f, today)
	var n int
	err := s.db.NewRaw("SELECT count(*) FROM hour_obligations o WHERE "+where, args...).Scan(ctx, &n)
	return n, fail(err, "count people", "")
}

// exportBatch is how many rows one statement of EachPerson reads.
const exportBatch = 5000

// EachPerson implements hours.Reports by keyset, so that no statement is long.
func (s *HoursStore) EachPerson(ctx context.Context, sc domain.Scope, f hours.PeopleFilter, today hours.Date, each func(hours.PersonRow) error) error {
	if err := f.Check(); err != nil {
		return err
	}
	sort := peopleSorts[strings.TrimPrefix(f.Sort, "-")]
	var after []string
	for {
		n := 0
		err := s.people(ctx, sc, f, today, after, exportBatch, func(r hours.PersonRow) error {
			n++
			after = []string{sort.key(&r), r.ID, f.Sort}
			return each(r)
		})
		if err != nil || n < exportBatch {
			return err
		}
	}
}

func (s *HoursStore) people(ctx context.Context, sc domain.Scope, f hours.PeopleFilter, today hours.Date, after []string, limit int, each func(hours.PersonRow) error) error {
	where, args := peopleWhere(sc, f, today)
	sort, dir, past := peopleSorts[strings.TrimPrefix(f.Sort, "-")], "", ">"
	if strings.HasPrefix(f.Sort, "-") {
		dir, past = " DESC", "<"
	}
	if after != nil {
		where += " AND (" + sort.expr + ", o.person_id) " + past + " (?::text::" + sort.cast + ", ?::text::uuid)"
		args = append(args, after[0], after[1])
	}
	return s.eachRow(ctx, "read people's hours", func(r scanner) error {
		row, err := scanPersonRow(r, today)
		if err != nil {
			return err
		}
		return each(row)
	}, `SELECT o.person_id, o.name, o.number, o.person_kind, o.stage, o.rank, o.unit_name, o.pinyin, o.policy_id, p.name, o.total_centi,
  o.required_centi, o.counted_centi, o.part_centi, o.short_centi, o.recent_centi, o.reasons, o.due_on, o.last_on, o.last_event_at
FROM hour_obligations o JOIN hour_policies p ON p.id = o.policy_id WHERE `+where+`
ORDER BY `+sort.expr+dir+`, o.person_id`+dir+` LIMIT `+strconv.Itoa(limit), args...)
}

func scanPersonRow(r scanner, today hours.Date) (hours.PersonRow, error) {
	var (
		v            hours.PersonRow
		reasons      []byte
		due          time.Time
		last, lastAt sql.NullTime
	)
	err := r.Scan(&v.ID, &v.Name, &v.Number, &v.Kind, &v.Stage, &v.Rank, &v.UnitName, &v.Pinyin, &v.PolicyID, &v.PolicyName, &v.TotalCenti,
		&v.RequiredCenti, &v.CountedCenti, &v.PartCenti, &v.ShortCenti, &v.RecentCenti, &reasons, &due, &last, &lastAt)
	if err != nil {
		return v, err
	}
	v.DueOn, v.LastOn, v.LastEventAt = hours.FromTime(due), dateOrNil(last), timeOrNil(lastAt)
	v.State = hours.StateOf(v.ShortCenti, v.RecentCenti, v.DueOn, today)
	return v, json.Unmarshal(reasons, &v.Reasons)
}

// EventInScope implements hours.Reports.
func (s *HoursStore) EventInScope(ctx context.Context, sc domain.Scope, id string) (*hours.Event, *hours.PersonHead, error) {
	e, err := s.EventForAdjusting(ctx, sc, id)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.PersonInScope(ctx, sc, e.PersonID)
	return e, p, err
}

// EventForAdjusting implements hours.Ledger.
func (s *HoursStore) EventForAdjusting(ctx context.Context, sc domain.Scope, id string) (*hours.Event, error) {
	cond, args := "true", []any(nil)
	if sc.ActorID != "" {
		cond, args = "?", []any{scopePeople(sc, "e.person_id")}
	}
	e, err := scanEvent(s.db.QueryRowContext(ctx, `SELECT `+eventColumns+` FROM hour_events e WHERE e.id = ? AND `+cond, append([]any{id}, args...)...))
	if err != nil {
		return nil, fail(err, "read hour event", "hours.event_unknown")
	}
	return &e, nil
}

// ReversalOf implements hours.Reports.
func (s *HoursStore) ReversalOf(ctx context.Context, id string) (*hours.Event, error) {
	var found *hours.Event
	err := s.eachRow(ctx, "read reversal", func(r scanner) error {
		e, err := scanEvent(r)
		found = &e
		return err
	}, `SELECT `+eventColumns+` FROM hour_events e WHERE e.reverses_id = ?`, id)
	return found, err
}

// Names implements hours.Reports.
func (s *HoursStore) Names(ctx context.Context, personIDs []string) (map[string]string, error) {
	out := make(map[string]string, len(personIDs))
	personIDs = slices.DeleteFunc(slices.Clone(personIDs), func(id string) bool { return id == "" })
	if len(personIDs) == 0 {
		return out, nil
	}
	return out, s.eachRow(ctx, "read names", func(r scanner) error {
		var id, name string
		err := r.Scan(&id, &name)
		out[id] = name
		return err
	}, `SELECT id, name FROM people WHERE id IN (?)`, bun.List(personIDs))
}
