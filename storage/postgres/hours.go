package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"

	"github.com/uptrace/bun"
)

// HoursStore is hours.Store.
type HoursStore struct{ base }

// Hours returns the store of policies, the ledger, obligations and exports.
func (db *DB) Hours() *HoursStore { return &HoursStore{db.base()} }

var _ hours.Store = (*HoursStore)(nil)

// InTx implements hours.Store.
func (s *HoursStore) InTx(ctx context.Context, fn func(context.Context, hours.Store) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &HoursStore{tx}) })
}

// Snapshot implements hours.Store.
func (s *HoursStore) Snapshot(ctx context.Context, fn func(context.Context, hours.Store) error) error {
	return s.db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, func(ctx context.Context, tx bun.Tx) error {
		return fn(ctx, &HoursStore{base{db: tx, pool: s.pool}})
	})
}

// scanner is a row or the current one of rows.
type scanner interface{ Scan(dest ...any) error }

// eachRow runs a query and hands every row to each.
func (b base) eachRow(ctx context.Context, doing string, each func(scanner) error, query string, args ...any) (err error) {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// dateOrNil makes an optional date from a nullable column.
func dateOrNil(t sql.NullTime) *hours.Date {
	if !t.Valid {
		return nil
	}
	d := hours.FromTime(t.Time)
	return &d
}

func timeOrNil(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}

const eventColumns = `e.id, e.person_id, e.seq, e.kind, e.source, e.source_ref, e.subject, e.title, e.amount_centi, e.required,
  e.occurred_on, e.evidence_kind, e.evidence_id, e.evidence_digest, e.rule, coalesce(e.reverses_id::text, ''), e.reason,
  coalesce(e.actor_id::text, ''), e.recorded_at, e.prev_hash, e.hash`

func scanEvent(r scanner) (hours.Event, error) {
	var (
		e          hours.Event
		on         time.Time
		prev, hash []byte
	)
	err := r.Scan(
		&e.ID, &e.PersonID, &e.Seq, &e.Kind, &e.Source, &e.SourceRef, &e.Subject, &e.Title, &e.AmountCenti, &e.Required,
		&on, &e.Evidence.Kind, &e.Evidence.ID, &e.Evidence.Digest, &e.Rule, &e.ReversesID, &e.Reason, &e.ActorID, &e.RecordedAt, &prev, &hash,
	)
	e.OccurredOn = hours.FromTime(on)
	copy(e.PrevHash[:], prev)
	copy(e.Hash[:], hash)
	if len(prev) != len(e.PrevHash) { // cut short by a tamperer: no hash matches it
		e.PrevHash = hours.Hash{0xff}
	}
	if len(hash) != len(e.Hash) {
		e.Hash = hours.Hash{0xff}
	}
	return e, err
}

// LockHeads implements hours.Ledger.
func (s *HoursStore) LockHeads(ctx context.Context, personIDs ...string) ([]hours.Head, error) {
	if len(personIDs) == 0 {
		return nil, nil
	}
	_, err := s.db.ExecContext(ctx, `INSERT INTO hour_chains (person_id) SELECT id FROM people WHERE id IN (?) ORDER BY id ON CONFLICT DO NOTHING`, bun.List(personIDs))
	if err != nil {
		return nil, fail(err, "begin chains", "", "hour_chains_person_id_fkey", "hours.person_unknown") // removed at the same moment
	}
	var out []hours.Head
	err = s.eachRow(ctx, "lock chains", func(r scanner) error {
		h, err := scanHead(r)
		out = append(out, h)
		return err
	}, `SELECT person_id, seq, hash FROM hour_chains WHERE person_id IN (?) ORDER BY person_id FOR UPDATE`, bun.List(personIDs))
	if err == nil && len(out) < len(personIDs) {
		err = domain.E(domain.NotFound, "hours.person_unknown")
	}
	return out, err
}

func scanHead(r scanner) (hours.Head, error) {
	var h hours.Head
	var hash []byte
	err := r.Scan(&h.PersonID, &h.Seq, &hash)
	copy(h.Hash[:], hash)
	return h, err
}

// Append implements hours.Ledger.
func (s *HoursStore) Append(ctx context.Context, e *hours.Event, head hours.Head) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO hour_events (id, person_id, seq, kind, source, source_ref, subject, title, amount_centi, required,
  occurred_on, evidence_kind, evidence_id, evidence_digest, rule, reverses_id, reason, actor_id, recorded_at, prev_hash, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, e.PersonID, e.Seq, e.Kind, string(e.Source), e.SourceRef, e.Subject, e.Title, e.AmountCenti, e.Required,
		e.OccurredOn.String(), e.Evidence.Kind, e.Evidence.ID, e.Evidence.Digest, e.Rule, nullable(e.ReversesID), e.Reason,
		nullable(e.ActorID), e.RecordedAt, e.PrevHash[:], e.Hash[:])
	if err != nil {
		return fail(err, "append hour event", "", "hour_events_source_key", "hours.already_credited", "hour_events_reverses_id_key", "hours.already_reversed")
	}
	res, err := s.db.ExecContext(ctx, `UPDATE hour_chains SET seq = ?, hash = ?, updated_at = clock_timestamp() WHERE person_id = ? AND seq = ?`,
		head.Seq, head.Hash[:], e.PersonID, e.Seq-1)
	return mustAffect(res, err, "move the head of a chain", "hours.person_unknown")
}

// Credited implements hours.Ledger.
func (s *HoursStore) Credited(ctx context.Context, source hours.Source, ref string) (bool, error) {
	var there bool
	err := s.db.NewRaw("SELECT EXISTS (SELECT 1 FROM hour_events WHERE kind = 'credit' AND source = ? AND source_ref = ?)", string(source), ref).Scan(ctx, &there)
	return there, fail(err, "look for a credit", "")
}

// EventsOfYear implements hours.Ledger.
func (s *HoursStore) EventsOfYear(ctx context.Context, year int, personIDs ...string) (map[string][]hours.Event, error) {
	out := make(map[string][]hours.Event, len(personIDs))
	if len(personIDs) == 0 {
		return out, nil
	}
	aliases, err := s.aliasesOf(ctx, personIDs)
	if err != nil {
		return nil, err
	}
	return out, s.eachRow(ctx, "read hour events", func(r scanner) error {
		e, err := scanEvent(r)
		owner := ownerOf(aliases, e.PersonID)
		out[owner] = append(out[owner], e)
		return err
	}, `SELECT `+eventColumns+` FROM hour_events e WHERE e.person_id IN (?) AND e.occurred_on BETWEEN ? AND ? ORDER BY e.person_id, e.seq`,
		bun.List(withAliases(personIDs, aliases)), hours.FirstDay(year).String(), hours.LastDay(year).String())
}

// CreditsOfYear implements hours.Ledger. It reads the columns that decide and
// not the long ones, since runs over everybody read every entry of the year.
func (s *HoursStore) CreditsOfYear(ctx context.Context, year int, personIDs ...string) (map[string][]hours.Event, error) {
	out := make(map[string][]hours.Event, len(personIDs))
	if len(personIDs) == 0 {
		return out, nil
	}
	aliases, err := s.aliasesOf(ctx, personIDs)
	if err != nil {
		return nil, err
	}
	return out, s.eachRow(ctx, "read credits", func(r scanner) error {
		var e hours.Event
		var day int64
		err := r.Scan(&e.ID, &e.PersonID, &e.Seq, &e.Kind, &e.Source, &e.SourceRef, &e.Subject, &e.AmountCenti, &e.Required, &day, &e.ReversesID)
		e.OccurredOn = hours.Date(day) //nolint:gosec // days of our era
		owner := ownerOf(aliases, e.PersonID)
		out[owner] = append(out[owner], e)
		return err
	}, `SELECT e.id, e.person_id, e.seq, e.kind, e.source, e.source_ref, e.subject, e.amount_centi, e.required, e.occurred_on - '1970-01-01'::date,
  coalesce(e.reverses_id::text, '')
FROM hour_events e WHERE e.person_id IN (?) AND e.occurred_on BETWEEN ? AND ? ORDER BY e.person_id, e.seq`,
		bun.List(withAliases(personIDs, aliases)), hours.FirstDay(year).String(), hours.LastDay(year).String())
}

// aliasesOf returns who was merged into the people: the alias with its person.
// What an alias earned stays on its own chain and counts for the person.
func (s *HoursStore) aliasesOf(ctx context.Context, personIDs []string) (map[string]string, error) {
	aliases := map[string]string{}
	return aliases, s.eachRow(ctx, "read aliases", func(r scanner) error {
		var alias, person string
		err := r.Scan(&alias, &person)
		aliases[alias] = person
		return err
	}, `SELECT id, merged_into FROM people WHERE merged_into IN (?)`, bun.List(personIDs))
}

func withAliases(personIDs []string, aliases map[string]string) []string {
	return slices.AppendSeq(slices.Clone(personIDs), maps.Keys(aliases))
}

func ownerOf(aliases map[string]string, personID string) string {
	if owner, ok := aliases[personID]; ok {
		return owner
	}
	return personID
}

// walkBatch is how many entries one statement of Walk reads, so that none is long.
const walkBatch = 20000

// Walk implements hours.Ledger: one pass in the order of the chains.
func (s *HoursStore) Walk(ctx context.Context, personID string, each func(hours.Event) error) error {
	person, seq, only, args := personID, int64(-1<<62), "", []any(nil)
	if person == "" {
		person = zeroID
	} else {
		only, args = " AND e.person_id = ?", []any{personID}
	}
	for {
		n := 0
		err := s.eachRow(ctx, "walk the ledger", func(r scanner) error {
			e, err := scanEvent(r)
			if err != nil {
				return err
			}
			n++
			person, seq = e.PersonID, e.Seq
			return each(e)
		}, `SELECT `+eventColumns+` FROM hour_events e WHERE (e.person_id, e.seq) > (?::text::uuid, ?)`+only+`
ORDER BY e.person_id, e.seq LIMIT `+strconv.Itoa(walkBatch), append([]any{person, seq}, args...)...)
		if err != nil || n < walkBatch {
			return err
		}
	}
}

// zeroID is before every id.
const zeroID = "00000000-0000-0000-0000-000000000000"

// Heads implements hours.Ledger.
func (s *HoursStore) Heads(ctx context.Context, personID string) (map[string]hours.Head, error) {
	if personID != "" {
		return s.heads(ctx, "read head", `SELECT person_id, seq, hash FROM hour_chains WHERE person_id = ?`, personID)
	}
	return s.heads(ctx, "read heads", `SELECT person_id, seq, hash FROM hour_chains`)
}

// AnchoredHeads implements hours.Ledger.
func (s *HoursStore) AnchoredHeads(ctx context.Context, personID string) (map[string]hours.Head, error) {
	if personID != "" {
		return s.heads(ctx, "read anchored head", `SELECT person_id, seq, hash FROM ledger_heads WHERE person_id = ? ORDER BY anchored_on DESC LIMIT 1`, personID)
	}
	return s.heads(ctx, "read anchored heads", `SELECT DISTINCT ON (person_id) person_id, seq, hash FROM ledger_heads ORDER BY person_id, anchored_on DESC`)
}

// MovedHeads implements hours.Ledger.
func (s *HoursStore) MovedHeads(ctx context.Context) ([]hours.Head, error) {
	var out []hours.Head
	err := s.eachRow(ctx, "read moved heads", func(r scanner) error {
		h, err := scanHead(r)
		out = append(out, h)
		return err
	}, `SELECT c.person_id, c.seq, c.hash FROM hour_chains c
LEFT JOIN LATERAL (SELECT a.seq, a.hash FROM ledger_heads a WHERE a.person_id = c.person_id ORDER BY a.anchored_on DESC LIMIT 1) a ON true
WHERE c.seq > 0 AND (a.seq, a.hash) IS DISTINCT FROM (c.seq, c.hash) ORDER BY c.person_id`)
	return out, err
}

func (s *HoursStore) heads(ctx context.Context, doing, query string, args ...any) (map[string]hours.Head, error) {
	out := map[string]hours.Head{}
	return out, s.eachRow(ctx, doing, func(r scanner) error {
		h, err := scanHead(r)
		out[h.PersonID] = h
		return err
	}, query, args...)
}

// Anchors implements hours.Ledger, oldest first.
func (s *HoursStore) Anchors(ctx context.Context) ([]hours.Anchor, error) {
	var out []hours.Anchor
	err := s.eachRow(ctx, "read anchors", func(r scanner) error {
		var a hours.Anchor
		var on time.Time
		err := r.Scan(&on, &a.At, &a.File, &a.Digest, &a.PrevDigest, &a.Moved)
		a.On = hours.FromTime(on)
		out = append(out, a)
		return err
	}, `SELECT anchored_on, anchored_at, file, digest, prev_digest, moved FROM ledger_anchors ORDER BY anchored_on`)
	return out, err
}

// InsertAnchor implements hours.Ledger.
func (s *HoursStore) InsertAnchor(ctx context.Context, a hours.Anchor, moved []hours.Head) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO ledger_anchors (anchored_on, anchored_at, file, digest, prev_digest, moved) VALUES (?, ?, ?, ?, ?, ?)`,
		a.On.String(), a.At, a.File, a.Digest, a.PrevDigest, a.Moved)
	if err != nil {
		return fail(err, "write anchor", "", "ledger_anchors_pkey", "hours.already_anchored")
	}
	type headRow struct {
		bun.BaseModel `bun:"table:ledger_heads"`
		PersonID      string
		AnchoredOn    string `bun:"type:date"`
		Seq           int64
		Hash          []byte
	}
	for start := 0; start < len(moved); start += 5000 {
		part := moved[start:min(len(moved), start+5000)]
		rows := make([]headRow, len(part))
		for i, h := range part {
			rows[i] = headRow{PersonID: h.PersonID, AnchoredOn: a.On.String(), Seq: h.Seq, Hash: h.Hash[:]}
		}
		if _, err := s.db.NewInsert().Model(&rows).Exec(ctx); err != nil {
			return fail(err, "write anchored heads", "")
		}
	}
	return nil
}
