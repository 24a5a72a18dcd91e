package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/org"
)

// factRow is a fact on its way in or out, as JSON: one parameter for many.
type factRow struct {
	ID        string     `json:"id"`
	PersonID  string     `json:"person_id"`
	Value     string     `json:"value"`
	UnitID    string     `json:"unit_id,omitempty"`
	Note      string     `json:"note,omitempty"`
	Label     string     `json:"label,omitempty"` // read only
	Move      string     `json:"move,omitempty"`
	DueOn     *string    `json:"due_on,omitempty"`
	From      string     `json:"from"`
	Until     *string    `json:"until,omitempty"`
	Document  string     `json:"document,omitempty"`
	CreatedAt *time.Time `json:"created_at,omitempty"`
}

func factRows(facts []org.Fact) []factRow {
	out := make([]factRow, len(facts))
	for i, f := range facts {
		out[i] = factRow{
			ID: f.ID, PersonID: f.PersonID, Value: f.Value, UnitID: f.UnitID, Note: f.Note, Move: string(f.Move), DueOn: f.DueOn,
			From: f.From, Until: f.Until, Document: f.Document,
		}
		if !f.CreatedAt.IsZero() {
			out[i].CreatedAt = &f.CreatedAt
		}
	}
	return out
}

func factsOf(rows []factRow, kind org.FactKind) []org.Fact {
	out := make([]org.Fact, len(rows))
	for i, r := range rows {
		out[i] = org.Fact{
			ID: r.ID, PersonID: r.PersonID, Kind: kind, Value: r.Value, UnitID: r.UnitID, Note: r.Note, Move: org.StageMove(r.Move), DueOn: r.DueOn,
			Label: r.Label, From: r.From, Until: r.Until, Document: r.Document,
		}
		if r.CreatedAt != nil {
			out[i].CreatedAt = *r.CreatedAt
		}
	}
	return out
}

// factSource selects all facts of a person ($0) in one form.
const factSource = `
  SELECT m.id, m.tree || '_membership' AS kind, m.unit_id::text AS value, '' AS unit_id, '' AS note, '' AS move, NULL::date AS due_on, u.name AS label,
    m.document, lower(m.period) AS starts, upper(m.period) AS ends, m.created_at
  FROM memberships m JOIN units u ON u.id = m.unit_id WHERE m.person_id = ?0
  UNION ALL
  SELECT id, 'stage', stage, '', '', move, due_on, '', document, lower(period), upper(period), created_at FROM stage_facts WHERE person_id = ?0
  UNION ALL
  SELECT id, 'rank', rank, '', '', '', NULL, '', document, lower(period), upper(period), created_at FROM rank_facts WHERE person_id = ?0
  UNION ALL
  SELECT id, 'status', status, '', '', '', NULL, '', document, lower(period), upper(period), created_at FROM status_facts WHERE person_id = ?0
  UNION ALL
  SELECT f.id, 'post', f.post, f.unit_id::text, f.note, '', NULL, u.name, f.document, lower(f.period), upper(f.period), f.created_at
  FROM post_facts f JOIN units u ON u.id = f.unit_id WHERE f.person_id = ?0
  UNION ALL
  SELECT g.id, 'grant', g.role, coalesce(g.unit_id::text, ''), '', '', NULL, coalesce(u.name, ''), g.reason, coalesce(g.starts_on, lower(g.period)),
    coalesce((g.ended_at AT TIME ZONE 'Asia/Shanghai')::date, upper(g.period)), g.created_at
  FROM grants g LEFT JOIN units u ON u.id = g.unit_id WHERE g.person_id = ?0`

func (b base) facts(ctx context.Context, personID, where, order string, args ...any) ([]org.Fact, error) {
	var rows []struct {
		ID, Kind, Value, UnitID, Note, Move, Label, Document string
		Starts                                               string
		Ends, DueOn                                          *string
		CreatedAt                                            time.Time
	}
	err := b.db.NewRaw(`SELECT id, kind, value, unit_id, note, move, due_on::text AS due_on, label, document, starts::text AS starts, ends::text AS ends, created_at
FROM (`+factSource+`) f WHERE `+where+" "+order, append([]any{personID}, args...)...).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "read facts", "")
	}
	out := make([]org.Fact, len(rows))
	for i, r := range rows {
		out[i] = org.Fact{
			ID: r.ID, PersonID: personID, Kind: org.FactKind(r.Kind), Value: r.Value, UnitID: r.UnitID, Note: r.Note, Move: org.StageMove(r.Move),
			DueOn: r.DueOn, Label: r.Label, From: r.Starts, Until: r.Ends, Document: r.Document, CreatedAt: r.CreatedAt,
		}
	}
	return out, nil
}

// Facts implements org.FactStore.
func (s *PersonStore) Facts(ctx context.Context, personID string, kind org.FactKind) ([]org.Fact, error) {
	return s.facts(ctx, personID, "kind = ?1", "ORDER BY starts, id", string(kind))
}

// Fact implements org.FactStore.
func (s *PersonStore) Fact(ctx context.Context, personID, id string) (*org.Fact, error) {
	found, err := s.facts(ctx, personID, "id = ?1 AND kind <> 'grant'", "", id)
	if err == nil && len(found) == 0 {
		return nil, domain.E(domain.NotFound, "person.fact_unknown")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// factTables names the table of each kind that can be written, its columns and
// what they take from a factRow.
var factTables = map[org.FactKind]struct{ table, columns, values string }{
	org.FactParty:  {"memberships", "tree, unit_id", "'party', f.value::uuid"},
	org.FactAdmin:  {"memberships", "tree, unit_id", "'admin', f.value::uuid"},
	org.FactStage:  {"stage_facts", "stage, move, due_on", "f.value, coalesce(f.move, ''), f.due_on"},
	org.FactRank:   {"rank_facts", "rank", "f.value"},
	org.FactStatus: {"status_facts", "status", "f.value"},
	org.FactPost:   {"post_facts", "post, note, unit_id", "f.value, coalesce(f.note, ''), f.unit_id"},
}

// InsertFacts writes facts of any kinds, one statement a kind.
func (b base) InsertFacts(ctx context.Context, facts []org.Fact) error {
	for _, kind := range org.FactKinds() {
		of := slices.DeleteFunc(slices.Clone(facts), func(f org.Fact) bool { return f.Kind != kind })
		if len(of) == 0 {
			continue
		}
		body, err := json.Marshal(factRows(of))
		if err != nil {
			return fmt.Errorf("encode facts: %w", err)
		}
		t := factTables[kind]
		_, err = b.db.NewRaw(`INSERT INTO ? (id, person_id, period, document, created_at, `+t.columns+`)
SELECT f.id, f.person_id, daterange(f."from", f.until), coalesce(f.document, ''), coalesce(f.created_at, now()), `+t.values+`
FROM jsonb_to_recordset(?::jsonb) AS f (id uuid, person_id uuid, value text, unit_id uuid, note text, move text, due_on date, "from" date, until date,
  document text, created_at timestamptz)`, bun.Ident(t.table), string(body)).Exec(ctx)
		err = fail(err, "insert facts", "", "memberships_one_per_tree", "person.fact_overlaps", "stage_facts_one_at_a_time", "person.fact_overlaps",
			"rank_facts_one_at_a_time", "person.fact_overlaps", "status_facts_one_at_a_time", "person.fact_overlaps",
			"post_facts_once_at_a_time", "person.fact_overlaps")
		if err != nil {
			return err
		}
	}
	return nil
}

// ApplyOperation implements org.FactStore.
func (s *PersonStore) ApplyOperation(ctx context.Context, o *org.Operation) error {
	return s.ApplyOperations(ctx, []org.Operation{*o})
}

// operationRow is an operation on its way in.
type operationRow struct {
	ID       string    `json:"id"`
	PersonID string    `json:"person_id"`
	Kind     string    `json:"kind"`
	Verb     string    `json:"verb"`
	Before   []factRow `json:"before"`
	After    []factRow `json:"after"`
	FirstDay string    `json:"first_day"`
	ActorID  *string   `json:"actor_id"`
	Reason   string    `json:"reason"`
	Undoes   *string   `json:"undoes"`
	BulkID   *string   `json:"bulk_id"`
}

// ApplyOperations implements org.UnitStore: no two of them touch the same row.
func (b base) ApplyOperations(ctx context.Context, ops []org.Operation) error {
	if len(ops) == 0 {
		return nil
	}
	before := map[org.FactKind][]string{}
	var after []org.Fact
	rows := make([]operationRow, len(ops))
	for i, o := range ops {
		for _, f := range o.Before {
			before[o.Kind] = append(before[o.Kind], f.ID)
		}
		after = append(after, o.After...)
		rows[i] = operationRow{
			ID: o.ID, PersonID: o.PersonID, Kind: string(o.Kind), Verb: string(o.Verb), Before: factRows(o.Before), After: factRows(o.After),
			FirstDay: o.FirstDay, Reason: o.Reason, Undoes: o.Undoes, BulkID: o.BulkID,
		}
		if o.ActorID != "" {
			rows[i].ActorID = &o.ActorID
		}
	}
	for kind, ids := range before {
		res, err := b.db.NewRaw("DELETE FROM ? WHERE id IN (?)", bun.Ident(factTables[kind].table), bun.List(ids)).Exec(ctx)
		if err != nil {
			return fail(err, "supersede facts", "")
		}
		if n, err := res.RowsAffected(); err != nil || int(n) != len(ids) {
			return domain.E(domain.NotFound, "person.fact_unknown")
		}
	}
	if err := b.InsertFacts(ctx, after); err != nil {
		return err
	}
	body, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode operations: %w", err)
	}
	_, err = b.db.NewRaw(`INSERT INTO fact_operations (id, person_id, kind, verb, before, after, first_day, actor_id, reason, undoes, bulk_id)
SELECT o.id, o.person_id, o.kind, o.verb, o.before, o.after, o.first_day, o.actor_id, o.reason, o.undoes, o.bulk_id
FROM jsonb_to_recordset(?::jsonb) AS o (id uuid, person_id uuid, kind text, verb text, before jsonb, after jsonb, first_day date, actor_id uuid, reason text,
  undoes uuid, bulk_id uuid)`, string(body)).Exec(ctx)
	return fail(err, "keep operations", "", "fact_operations_undoes_key", "person.operation_undone")
}

// Operation implements org.FactStore.
func (s *PersonStore) Operation(ctx context.Context, personID, id string) (*org.Operation, error) {
	found, err := s.operations(ctx, "o.person_id = ? AND o.id = ?", personID, id)
	if err == nil && len(found) == 0 {
		return nil, domain.E(domain.NotFound, "person.operation_unknown")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// Operations implements org.FactStore.
func (s *PersonStore) Operations(ctx context.Context, personID string, kind org.FactKind) ([]org.Operation, error) {
	return s.operations(ctx, "o.person_id = ?0 AND (?1 = '' OR o.kind = ?1)", personID, string(kind))
}

func (s *PersonStore) operations(ctx context.Context, where string, args ...any) ([]org.Operation, error) {
	var rows []struct {
		ID, PersonID, Kind, Verb, FirstDay, ActorID, Reason string
		Before, After                                       json.RawMessage
		Undoes, UndoneBy, BulkID                            *string
		At                                                  time.Time
	}
	err := s.db.NewRaw(`SELECT o.id, o.person_id, o.kind, o.verb, o.first_day::text AS first_day, coalesce(o.actor_id::text, '') AS actor_id, o.reason,
  o.before, o.after, o.undoes, u.id AS undone_by, o.bulk_id, o.at
FROM fact_operations o LEFT JOIN fact_operations u ON u.undoes = o.id WHERE `+where+` ORDER BY o.seq LIMIT 5000`, args...).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "read operations", "")
	}
	out := make([]org.Operation, len(rows))
	for i, r := range rows {
		var before, after []factRow
		if err := json.Unmarshal(r.Before, &before); err != nil {
			return nil, fmt.Errorf("decode operation %s: %w", r.ID, err)
		}
		if err := json.Unmarshal(r.After, &after); err != nil {
			return nil, fmt.Errorf("decode operation %s: %w", r.ID, err)
		}
		kind := org.FactKind(r.Kind)
		out[i] = org.Operation{
			ID: r.ID, PersonID: r.PersonID, Kind: kind, Verb: org.Verb(r.Verb), Before: factsOf(before, kind), After: factsOf(after, kind),
			FirstDay: r.FirstDay, ActorID: r.ActorID, Reason: r.Reason, Undoes: r.Undoes, UndoneBy: r.UndoneBy, BulkID: r.BulkID, At: r.At,
		}
	}
	return out, nil
}
