package postgres

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/org"
)

// importRowIn is a row on its way in, as JSON: one parameter for many.
type importRowIn struct {
	Line     int               `json:"line"`
	Outcome  string            `json:"outcome"`
	Values   org.ImportValues  `json:"vals"`
	Changes  []org.FieldChange `json:"changes"`
	Refusals []org.CellFlaw    `json:"refusals"`
	Notes    []org.CellFlaw    `json:"notes"`
	Sealed   string            `json:"sealed"`
	PersonID *string           `json:"person_id"`
	Seen     string            `json:"seen"`
	Undo     *org.ImportUndo   `json:"undo"`
	Applied  bool              `json:"applied"`
}

func importRowsIn(rows []*org.ImportRow) (string, error) {
	in := make([]importRowIn, len(rows))
	for i, r := range rows {
		in[i] = importRowIn{r.Line, r.Outcome, r.Values, notNil(r.Changes), notNil(r.Refusals), notNil(r.Notes), r.Sealed, nil, r.Seen, r.Undo, r.AppliedAt}
		if r.PersonID != "" {
			in[i].PersonID = &r.PersonID
		}
	}
	body, err := json.Marshal(in)
	if err != nil {
		return "", fmt.Errorf("encode rows: %w", err)
	}
	return string(body), nil
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

const importRowSet = `jsonb_to_recordset(?::jsonb) AS r (line int, outcome text, vals jsonb, changes jsonb, refusals jsonb, notes jsonb, sealed text,
  person_id uuid, seen text, undo jsonb, applied bool)`

// InsertRows implements org.ImportStore.
func (s *ImportStore) InsertRows(ctx context.Context, id string, rows []*org.ImportRow) error {
	body, err := importRowsIn(rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	_, err = s.db.NewRaw(`INSERT INTO import_rows (import_id, line, outcome, vals, changes, refusals, notes, sealed, person_id, seen)
SELECT ?, r.line, r.outcome, r.vals, r.changes, r.refusals, r.notes, r.sealed, r.person_id, r.seen FROM `+importRowSet, id, body).Exec(ctx)
	return fail(err, "insert rows", "")
}

// SaveRows implements org.ImportStore.
func (s *ImportStore) SaveRows(ctx context.Context, id string, rows []*org.ImportRow) error {
	body, err := importRowsIn(rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	_, err = s.db.NewRaw(`UPDATE import_rows t SET outcome = r.outcome, refusals = r.refusals, person_id = r.person_id, undo = nullif(r.undo, 'null'),
  applied_at = CASE WHEN r.applied THEN clock_timestamp() END FROM `+importRowSet+` WHERE t.import_id = ? AND t.line = r.line`, body, id).Exec(ctx)
	return fail(err, "save rows", "")
}

func (s *ImportStore) eachImportRow(ctx context.Context, where string, fn func(*org.ImportRow) error, args ...any) error {
	rows, err := s.db.QueryContext(ctx, `SELECT line, outcome, vals, changes, refusals, notes, sealed, coalesce(person_id::text, ''), seen, undo, applied_at IS NOT NULL
FROM import_rows WHERE `+where, args...)
	if err != nil {
		return fail(err, "read rows", "")
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var (
			r                                      org.ImportRow
			values, changes, refusals, notes, back []byte
		)
		if err := rows.Scan(&r.Line, &r.Outcome, &values, &changes, &refusals, &notes, &r.Sealed, &r.PersonID, &r.Seen, &back, &r.AppliedAt); err != nil {
			return fail(err, "read rows", "")
		}
		for _, f := range []struct {
			raw []byte
			to  any
		}{{values, &r.Values}, {changes, &r.Changes}, {refusals, &r.Refusals}, {notes, &r.Notes}, {back, &r.Undo}} {
			if f.raw == nil {
				continue
			}
			if err := json.Unmarshal(f.raw, f.to); err != nil {
				return fmt.Errorf("decode line %d: %w", r.Line, err)
			}
		}
		if err := fn(&r); err != nil {
			return err
		}
	}
	return fail(rows.Err(), "read rows", "")
}

func (s *ImportStore) importRows(ctx context.Context, where string, args ...any) (out []*org.ImportRow, err error) {
	err = s.eachImportRow(ctx, where, func(r *org.ImportRow) error {
		out = append(out, r)
		return nil
	}, args...)
	return out, err
}

// ImportRows implements org.ImportStore.
func (s *ImportStore) ImportRows(ctx context.Context, id string, f org.ImportFilter, p domain.Paging) (domain.Page[org.ImportRow], error) {
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return domain.Page[org.ImportRow]{}, err
	}
	after := 0
	if key != nil {
		if after, err = strconv.Atoi(key[0]); err != nil {
			return domain.Page[org.ImportRow]{}, domain.E(domain.Invalid, "page.bad_token")
		}
	}
	found, err := s.importRows(ctx, "import_id = ?0 AND line > ?1 AND (?2 = '' OR outcome = ?2) ORDER BY line LIMIT ?3", id, after, f.Outcome, p.Size()+1)
	rows := make([]org.ImportRow, len(found))
	for i, r := range found {
		rows[i] = *r
	}
	return domain.Cut(rows, p.Size(), func(r org.ImportRow) []string { return []string{strconv.Itoa(r.Line)} }), err
}

// EachRow implements org.ImportStore.
func (s *ImportStore) EachRow(ctx context.Context, id string, fn func(*org.ImportRow) error) error {
	return s.eachImportRow(ctx, "import_id = ? ORDER BY line", fn, id)
}

// NextRows implements org.ImportStore.
func (s *ImportStore) NextRows(ctx context.Context, id string, limit int) ([]*org.ImportRow, error) {
	return s.importRows(ctx, "import_id = ? AND applied_at IS NULL AND outcome IN ('new', 'changed') ORDER BY line LIMIT ?", id, limit)
}

// AppliedRows implements org.ImportStore.
func (s *ImportStore) AppliedRows(ctx context.Context, id string, after, limit int) ([]*org.ImportRow, error) {
	return s.importRows(ctx, "import_id = ? AND applied_at IS NOT NULL AND line > ? ORDER BY line LIMIT ?", id, after, limit)
}

// UnitsWithin implements org.ImportStore.
func (s *ImportStore) UnitsWithin(ctx context.Context, scope domain.Scope) ([]org.UnitNode, error) {
	var rows []unitNodeRow
	err := s.db.NewRaw(`SELECT `+unitColumns+`, (SELECT array_agg(a.name ORDER BY nlevel(a.path)) FROM units a WHERE a.path @> u.path) AS path_names, 0 AS people, coalesce(u.external_key, '') AS external_key
FROM units u WHERE ? ORDER BY u.id LIMIT ?`, scopeUnits(scope, "u.path"), 2*org.MaxUnits).Scan(ctx, &rows)
	return unitNodes(rows), fail(err, "read units", "")
}

// KnownPeople implements org.ImportStore.
func (s *ImportStore) KnownPeople(ctx context.Context, scope domain.Scope, numbers []string, lock bool) (map[string]*org.ImportKnown, error) {
	if len(numbers) == 0 {
		return map[string]*org.ImportKnown{}, nil
	}
	how := ""
	if lock {
		how = "FOR UPDATE OF p"
	}
	var rows []struct {
		personRow
		InScope bool
		Facts   json.RawMessage
	}
	err := s.db.NewRaw(`SELECT `+personColumns+`, ?1 AS in_scope, (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f."from", f.id), '[]') FROM (
  SELECT m.id, m.tree || '_membership' AS kind, m.unit_id::text AS value, u.name AS label, '' AS move, NULL::date AS due_on, m.document, lower(m.period) AS "from",
    upper(m.period) AS until, m.created_at FROM memberships m JOIN units u ON u.id = m.unit_id WHERE m.person_id = p.id
  UNION ALL SELECT id, 'stage', stage, '', move, due_on, document, lower(period), upper(period), created_at FROM stage_facts WHERE person_id = p.id
  UNION ALL SELECT id, 'rank', rank, '', '', NULL, document, lower(period), upper(period), created_at FROM rank_facts WHERE person_id = p.id) f) AS facts
FROM people p WHERE p.number IN (?0) ORDER BY p.id `+how, bun.List(numbers), scopePeople(scope, "p.id")).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "read people", "")
	}
	out := make(map[string]*org.ImportKnown, len(rows))
	for i := range rows {
		var facts []struct {
			factRow
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(rows[i].Facts, &facts); err != nil {
			return nil, fmt.Errorf("decode facts: %w", err)
		}
		k := &org.ImportKnown{Person: rows[i].Person, InScope: rows[i].InScope}
		for _, f := range facts {
			f.PersonID = k.ID
			k.Facts = append(k.Facts, factsOf([]factRow{f.factRow}, org.FactKind(f.Kind))...)
		}
		out[k.Number] = k
	}
	return out, nil
}

// CardOwners implements org.ImportStore, by digest in hex.
func (s *ImportStore) CardOwners(ctx context.Context, digests [][]byte) (map[string]string, error) {
	out := map[string]string{}
	if len(digests) == 0 {
		return out, nil
	}
	var rows []struct {
		Digest []byte
		Number string
	}
	err := s.db.NewRaw("SELECT id_card_digest AS digest, number FROM people WHERE id_card_digest IN (?) AND merged_into IS NULL", bun.List(digests)).Scan(ctx, &rows)
	for _, r := range rows {
		out[hex.EncodeToString(r.Digest)] = r.Number
	}
	return out, fail(err, "read id numbers", "")
}

// derived are the tables that follow from others: what they hold of a person is
// no history of his. The head of a chain is there as soon as hours are reckoned
// for him; what the chain holds refers to him by itself. That he was shown to
// somebody in a list is none either; a record that was opened stays in the log.
var derived = []string{"memberships", "stage_facts", "rank_facts", "hour_obligations", "hour_chains", "person_reads"}

// HoldHours implements org.ImportStore.
func (s *ImportStore) HoldHours(ctx context.Context, ids []string) error {
	_, err := s.db.NewRaw("SELECT 1 FROM hour_chains WHERE person_id IN (?) ORDER BY person_id FOR UPDATE", bun.List(ids)).Exec(ctx)
	return fail(err, "lock chains", "")
}

// Clinging implements org.ImportStore: whatever table refers to people counts,
// today's and tomorrow's.
func (s *ImportStore) Clinging(ctx context.Context, ids []string) ([]string, error) {
	var refs []struct{ Tab, Col string }
	err := s.db.NewRaw(`SELECT c.conrelid::regclass::text AS tab, a.attname AS col FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.confrelid = 'people'::regclass AND c.conparentid = 0 AND NOT c.conrelid::regclass::text IN (?)`, bun.List(derived)).Scan(ctx, &refs)
	if err != nil {
		return nil, fail(err, "read references", "")
	}
	seen := map[string]bool{}
	var out []string
	for _, ref := range refs {
		var found []string
		if err := s.db.NewRaw("SELECT DISTINCT ?0::text FROM ?1 WHERE ?0 IN (?2)", bun.Ident(ref.Col), bun.Ident(ref.Tab), bun.List(ids)).Scan(ctx, &found); err != nil {
			return nil, fail(err, "read references of "+ref.Tab, "")
		}
		for _, id := range found {
			if !seen[id] {
				seen[id], out = true, append(out, id)
			}
		}
	}
	return out, nil
}

// RemovePeople implements org.ImportStore.
func (s *ImportStore) RemovePeople(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	for _, table := range derived {
		if _, err := s.db.NewRaw("DELETE FROM ? WHERE person_id IN (?)", bun.Ident(table), bun.List(ids)).Exec(ctx); err != nil {
			return fail(err, "remove from "+table, "")
		}
	}
	_, err := s.db.NewRaw("DELETE FROM people WHERE id IN (?)", bun.List(ids)).Exec(ctx)
	return fail(err, "remove people", "")
}
