package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"zhixing/domain"
	"zhixing/domain/hours"
)

const batchColumns = `b.id, b.title, b.document_no, b.document_on, b.organiser, b.source, b.starts_on, b.ends_on, b.required, b.note, b.state,
  b.file_key, b.file_name, b.file_type, b.file_size, b.file_digest, b.filed_by, f.name, b.created_at, b.filed_at,
  coalesce(b.decided_by::text, ''), coalesce(d.name, ''), b.decided_at, b.reason, coalesce(b.ended_by::text, ''), coalesce(n.name, ''), b.ended_at, b.version,
  (SELECT count(*) FROM hour_batch_people k WHERE k.batch_id = b.id), (SELECT coalesce(sum(k.amount_centi), 0) FROM hour_batch_people k WHERE k.batch_id = b.id)`

const batchTables = `hour_batches b JOIN people f ON f.id = b.filed_by LEFT JOIN people d ON d.id = b.decided_by LEFT JOIN people n ON n.id = b.ended_by`

func scanBatch(r scanner) (hours.Batch, error) {
	var (
		b                     hours.Batch
		file                  hours.BatchFile
		doc, from, to         time.Time
		filed, decided, ended sql.NullTime
	)
	err := r.Scan(&b.ID, &b.Title, &b.DocumentNo, &doc, &b.Organiser, &b.Source, &from, &to, &b.Required, &b.Note, &b.State,
		&file.Key, &file.Name, &file.Type, &file.Size, &file.Digest, &b.FiledBy, &b.FiledByName, &b.CreatedAt, &filed,
		&b.DecidedBy, &b.DecidedByName, &decided, &b.Reason, &b.EndedBy, &b.EndedByName, &ended, &b.Version, &b.PersonCount, &b.TotalCenti)
	b.DocumentOn, b.StartsOn, b.EndsOn = hours.FromTime(doc), hours.FromTime(from), hours.FromTime(to)
	b.FiledAt, b.DecidedAt, b.EndedAt = timeOrNil(filed), timeOrNil(decided), timeOrNil(ended)
	if file.Key != "" {
		b.File = &file
	}
	return b, err
}

// scopeBatch is true of the batches an actor may see: his own, and those whose
// whole roster is in his scope. Drafts are the filer's alone.
func scopeBatch(s domain.Scope) schema.QueryWithArgs {
	return bun.SafeQuery(`(b.filed_by = ?0 OR b.state <> 'draft' AND EXISTS (SELECT 1 FROM hour_batch_people k WHERE k.batch_id = b.id)
  AND NOT EXISTS (SELECT 1 FROM hour_batch_people k WHERE k.batch_id = b.id AND NOT ?1))`, s.ActorID, scopePeople(s, "k.person_id"))
}

// Batch implements hours.BatchStore.
func (s *HoursStore) Batch(ctx context.Context, sc domain.Scope, id string) (*hours.Batch, error) {
	return s.batch(ctx, "", "b.id = ? AND ?", id, scopeBatch(sc))
}

// BatchForUpdate implements hours.BatchStore.
func (s *HoursStore) BatchForUpdate(ctx context.Context, sc domain.Scope, id string) (*hours.Batch, error) {
	return s.batch(ctx, " FOR UPDATE OF b", "b.id = ? AND ?", id, scopeBatch(sc))
}

// BatchEvidence implements hours.BatchStore.
func (s *HoursStore) BatchEvidence(ctx context.Context, id string) (*hours.Batch, error) {
	return s.batch(ctx, "", "b.id = ?", id)
}

func (s *HoursStore) batch(ctx context.Context, lock, where string, args ...any) (*hours.Batch, error) {
	b, err := scanBatch(s.db.QueryRowContext(ctx, "SELECT "+batchColumns+" FROM "+batchTables+" WHERE "+where+lock, args...))
	if err != nil {
		return nil, fail(err, "read batch", "hours.batch_unknown")
	}
	err = s.eachRow(ctx, "read roster", func(r scanner) error {
		var p hours.BatchPerson
		if err := r.Scan(&p.PersonID, &p.Name, &p.Number, &p.UnitName, &p.AmountCenti, &p.EventID); err != nil {
			return err
		}
		b.People = append(b.People, p)
		return nil
	}, `SELECT p.id, p.name, p.number,
  coalesce((SELECT u.name FROM memberships m JOIN units u ON u.id = m.unit_id WHERE m.person_id = p.id AND m.period @> civil_today() ORDER BY u.tree DESC LIMIT 1), ''),
  k.amount_centi, coalesce((SELECT e.id::text FROM hour_events e WHERE e.evidence_kind = 'batch' AND e.evidence_id = k.batch_id::text AND e.person_id = p.id AND e.kind = 'credit'), '')
FROM hour_batch_people k JOIN people p ON p.id = k.person_id WHERE k.batch_id = ? ORDER BY p.number`, b.ID)
	return &b, err
}

// Batches implements hours.BatchStore.
func (s *HoursStore) Batches(ctx context.Context, sc domain.Scope, f hours.BatchFilter) (domain.Page[hours.Batch], error) {
	var page domain.Page[hours.Batch]
	key, err := domain.DecodeToken(f.Token, 2)
	if err != nil {
		return page, err
	}
	where, args := "?", []any{scopeBatch(sc)}
	if len(f.States) > 0 {
		where, args = where+" AND b.state IN (?)", append(args, bun.List(f.States))
	}
	if f.Query != "" {
		like := likeInside(f.Query)
		where, args = where+" AND (b.title ILIKE ? OR b.document_no ILIKE ? OR b.organiser ILIKE ?)", append(args, like, like, like)
	}
	if key != nil {
		where, args = where+" AND (b.created_at, b.id) < (?::timestamptz, ?::uuid)", append(args, key[0], key[1])
	}
	var list []hours.Batch
	err = s.eachRow(ctx, "list batches", func(r scanner) error {
		b, err := scanBatch(r)
		list = append(list, b)
		return err
	}, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY b.created_at DESC, b.id DESC LIMIT %d", batchColumns, batchTables, where, f.Size()+1), args...)
	if err != nil {
		return page, badToken(err, "list batches")
	}
	return domain.Cut(list, f.Size(), func(b hours.Batch) []string { return []string{b.CreatedAt.Format(time.RFC3339Nano), b.ID} }), nil
}

// InsertBatch implements hours.BatchStore.
func (s *HoursStore) InsertBatch(ctx context.Context, b *hours.Batch) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO hour_batches (id, title, document_no, document_on, organiser, source, starts_on, ends_on, required, note, state, filed_by, version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, b.ID, b.Title, b.DocumentNo, b.DocumentOn.String(), b.Organiser, b.Source, b.StartsOn.String(), b.EndsOn.String(),
		b.Required, b.Note, b.State, b.FiledBy, b.Version)
	if err != nil {
		return fail(err, "insert batch", "")
	}
	return s.SaveRoster(ctx, b)
}

// SaveBatch implements hours.BatchStore.
func (s *HoursStore) SaveBatch(ctx context.Context, b *hours.Batch) error {
	file := hours.BatchFile{}
	if b.File != nil {
		file = *b.File
	}
	_, err := s.db.ExecContext(ctx, `UPDATE hour_batches SET title = ?, document_no = ?, document_on = ?, organiser = ?, source = ?, starts_on = ?, ends_on = ?,
  required = ?, note = ?, state = ?, file_key = ?, file_name = ?, file_type = ?, file_size = ?, file_digest = ?, filed_at = ?,
  decided_by = NULLIF(?, '')::uuid, decided_at = ?, reason = ?, ended_by = NULLIF(?, '')::uuid, ended_at = ?, version = ? WHERE id = ?`,
		b.Title, b.DocumentNo, b.DocumentOn.String(), b.Organiser, b.Source, b.StartsOn.String(), b.EndsOn.String(), b.Required, b.Note, b.State,
		file.Key, file.Name, file.Type, file.Size, file.Digest, b.FiledAt, b.DecidedBy, b.DecidedAt, b.Reason, b.EndedBy, b.EndedAt, b.Version, b.ID)
	return fail(err, "save batch", "")
}

// SaveRoster implements hours.BatchStore.
func (s *HoursStore) SaveRoster(ctx context.Context, b *hours.Batch) error {
	if _, err := s.db.ExecContext(ctx, "DELETE FROM hour_batch_people WHERE batch_id = ?", b.ID); err != nil {
		return fail(err, "clear roster", "")
	}
	if len(b.People) == 0 {
		return nil
	}
	rows := make([]rosterRow, len(b.People))
	for i, p := range b.People {
		rows[i] = rosterRow{BatchID: b.ID, PersonID: p.PersonID, AmountCenti: p.AmountCenti}
	}
	_, err := s.db.NewInsert().Model(&rows).Exec(ctx)
	return fail(err, "insert roster", "")
}

type rosterRow struct {
	bun.BaseModel `bun:"table:hour_batch_people"`
	BatchID       string
	PersonID      string
	AmountCenti   int
}

// PeopleByNumber implements hours.BatchStore.
func (s *HoursStore) PeopleByNumber(ctx context.Context, sc domain.Scope, numbers []string) (map[string]hours.BatchPerson, error) {
	out := make(map[string]hours.BatchPerson, len(numbers))
	if len(numbers) == 0 {
		return out, nil
	}
	return out, s.eachRow(ctx, "read people by number", func(r scanner) error {
		var p hours.BatchPerson
		err := r.Scan(&p.PersonID, &p.Name, &p.Number)
		out[p.Number] = p
		return err
	}, "SELECT p.id, p.name, p.number FROM people p WHERE p.number IN (?) AND ?", bun.List(numbers), scopePeople(sc, "p.id"))
}

// Stretches implements hours.BatchStore.
func (s *HoursStore) Stretches(ctx context.Context, b *hours.Batch, decided bool) ([]hours.Stretch, error) {
	var out []hours.Stretch
	return out, s.eachRow(ctx, "read other batches", func(r scanner) error {
		var x hours.Stretch
		var from, to time.Time
		err := r.Scan(&x.PersonID, &x.BatchID, &x.Title, &from, &to, &x.AmountCenti)
		x.StartsOn, x.EndsOn = hours.FromTime(from), hours.FromTime(to)
		out = append(out, x)
		return err
	}, `SELECT k.person_id, o.id, o.title, o.starts_on, o.ends_on, k.amount_centi
FROM hour_batch_people own JOIN hour_batch_people k ON k.person_id = own.person_id AND k.batch_id <> own.batch_id JOIN hour_batches o ON o.id = k.batch_id
WHERE own.batch_id = ? AND (o.state = 'approved' OR o.state = 'filed' AND NOT ?) AND o.starts_on <= ? AND o.ends_on >= ?`,
		b.ID, decided, b.EndsOn.String(), b.StartsOn.String())
}

// StandingOf implements hours.BatchStore.
func (s *HoursStore) StandingOf(ctx context.Context, batchID string) ([]hours.Event, error) {
	var out []hours.Event
	return out, s.eachRow(ctx, "read credits of batch", func(r scanner) error {
		e, err := scanEvent(r)
		out = append(out, e)
		return err
	}, `SELECT `+eventColumns+` FROM hour_events e WHERE e.evidence_kind = 'batch' AND e.evidence_id = ? AND e.kind = 'credit'
  AND NOT EXISTS (SELECT 1 FROM hour_events r WHERE r.reverses_id = e.id) ORDER BY e.person_id`, batchID)
}
