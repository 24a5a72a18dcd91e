package postgres

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// AuditStore is audit.Store.
type AuditStore struct{ base }

// AuditEvents returns the store of the audit log.
func (db *DB) AuditEvents() *AuditStore { return &AuditStore{db.base()} }

var _ audit.Store = (*AuditStore)(nil)

// Events implements audit.Store.
func (s *AuditStore) Events(ctx context.Context, scope domain.Scope, f audit.Filter, p domain.Paging) (domain.Page[audit.Event], error) {
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return domain.Page[audit.Event]{}, err
	}
	events, err := s.events(ctx, scope, f, key, p.Size()+1)
	if err != nil {
		return domain.Page[audit.Event]{}, err
	}
	return domain.Cut(events, p.Size(), func(e audit.Event) []string { return []string{strconv.FormatInt(e.Seq, 10)} }), nil
}

// Count implements audit.Store.
func (s *AuditStore) Count(ctx context.Context, scope domain.Scope, f audit.Filter) (n int, err error) {
	q := s.db.NewSelect().TableExpr("audit_events AS e").ColumnExpr("count(*)").Where("?", scopePeople(scope, "e.actor_id"))
	if err := filterEvents(q, f, nil); err != nil {
		return 0, err
	}
	return n, fail(q.Scan(ctx, &n), "count audit events", "")
}

// Each implements audit.Store by keyset, so that no statement is long.
func (s *AuditStore) Each(ctx context.Context, scope domain.Scope, f audit.Filter, fn func(*audit.Event) error) error {
	for key := []string(nil); ; {
		events, err := s.events(ctx, scope, f, key, exportBatch)
		if err != nil {
			return err
		}
		for i := range events {
			if err := fn(&events[i]); err != nil {
				return err
			}
			key = []string{strconv.FormatInt(events[i].Seq, 10)}
		}
		if len(events) < exportBatch {
			return nil
		}
	}
}

// events returns up to limit events before the key. Entries of older versions name
// people; of who was erased that is not shown, and the chain holds over the whole.
func (s *AuditStore) events(ctx context.Context, scope domain.Scope, f audit.Filter, key []string, limit int) ([]audit.Event, error) {
	q := s.db.NewSelect().TableExpr("audit_events AS e").Join("LEFT JOIN people AS p ON p.id = e.actor_id LEFT JOIN api_tokens AS tok ON tok.id = e.actor_id").
		Join("LEFT JOIN people AS gone ON gone.id = CASE WHEN e.subject_type = 'person' AND e.subject_id ~ '^[0-9a-f-]{36}$' THEN e.subject_id::uuid END AND gone.erased_at IS NOT NULL").
		ColumnExpr("e.seq, e.at, coalesce(e.actor_id::text, '') AS actor_id, coalesce(p.name, tok.name, '') AS actor_name, e.action, e.subject_type").
		ColumnExpr("e.subject_id, CASE WHEN gone.id IS NULL THEN e.detail ELSE e.detail - ARRAY['was', 'is', 'name', 'number'] END AS detail, e.request_id, e.ip, e.prev_hash, e.hash").
		ColumnExpr("?", subjectName(scope)).
		Where("?", scopePeople(scope, "e.actor_id"))
	if err := filterEvents(q, f, key); err != nil {
		return nil, err
	}
	var rows []struct {
		Seq                                                                       int64
		At                                                                        time.Time
		ActorID, ActorName, Action, SubjectType, SubjectID, Detail, RequestID, IP string
		SubjectName                                                               string
		PrevHash, Hash                                                            []byte
	}
	if err := q.OrderExpr("e.seq DESC").Limit(int64(limit)).Scan(ctx, &rows); err != nil {
		return nil, fail(err, "list audit events", "")
	}
	events := make([]audit.Event, len(rows))
	for i, r := range rows {
		events[i] = audit.Event{
			Seq: r.Seq, At: r.At, ActorName: r.ActorName, SubjectName: r.SubjectName, PrevHash: r.PrevHash, Hash: r.Hash,
			Entry: audit.Entry{ActorID: r.ActorID, Action: r.Action, SubjectType: r.SubjectType, SubjectID: r.SubjectID, RequestID: r.RequestID, IP: r.IP},
		}
		if err := json.Unmarshal([]byte(r.Detail), &events[i].Detail); err != nil {
			return nil, fail(err, "read audit detail", "")
		}
	}
	return events, nil
}

// subjectName is what the subject of event e is called now. Who lies outside the
// reader's scope stays without a name, and so does who was erased.
func subjectName(scope domain.Scope) schema.QueryWithArgs {
	return bun.SafeQuery(`CASE WHEN e.subject_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN coalesce(CASE e.subject_type
  WHEN 'person' THEN (SELECT sp.name FROM people sp WHERE sp.id = e.subject_id::uuid AND sp.erased_at IS NULL AND ?)
  WHEN 'unit' THEN (SELECT name FROM units WHERE id = e.subject_id::uuid)
  WHEN 'course' THEN (SELECT title FROM courses WHERE id = e.subject_id::uuid)
  WHEN 'medium' THEN (SELECT filename FROM media WHERE id = e.subject_id::uuid)
  WHEN 'bank' THEN (SELECT name FROM question_banks WHERE id = e.subject_id::uuid)
  WHEN 'paper' THEN (SELECT title FROM papers WHERE id = e.subject_id::uuid)
  WHEN 'exam' THEN (SELECT title FROM exams WHERE id = e.subject_id::uuid)
  WHEN 'attempt' THEN (SELECT x.title FROM attempts a JOIN exams x ON x.id = a.exam_id WHERE a.id = e.subject_id::uuid)
  WHEN 'import' THEN (SELECT filename FROM imports WHERE id = e.subject_id::uuid)
  WHEN 'hour_policy' THEN (SELECT name FROM hour_policies WHERE id = e.subject_id::uuid)
END, '') ELSE '' END AS subject_name`, scopePeople(scope, "sp.id"))
}

func filterEvents(q *bun.SelectQuery, f audit.Filter, key []string) error {
	if f.ActorID != "" {
		q.Where("e.actor_id = ?", f.ActorID)
	}
	if f.Action != "" {
		q.Where("e.action LIKE ?", escapeLike(f.Action)+"%")
	}
	if f.SubjectType != "" {
		q.Where("e.subject_type = ?", f.SubjectType)
	}
	if f.SubjectID != "" {
		q.Where("e.subject_id = ?", f.SubjectID)
	}
	if f.RequestID != "" {
		q.Where("e.request_id = ?", f.RequestID)
	}
	if f.Text != "" {
		q.Where("e.detail::text ILIKE ?", "%"+escapeLike(f.Text)+"%")
	}
	if f.Person != "" {
		who := bun.SafeQuery("SELECT id FROM people WHERE number = ?0 OR name LIKE ?1 ORDER BY id LIMIT 500", f.Person, escapeLike(f.Person)+"%")
		q.Where("(e.actor_id IN (?0) OR e.subject_type = 'person' AND e.subject_id IN (SELECT w.id::text FROM (?0) AS w))", who)
	}
	if f.UnitID != "" {
		q.Where(`(EXISTS (SELECT 1 FROM memberships m JOIN units mu ON mu.id = m.unit_id JOIN units u ON u.id = ?0 AND mu.path <@ u.path
    WHERE m.period @> civil_today() AND (m.person_id = e.actor_id OR e.subject_type = 'person' AND e.subject_id = m.person_id::text))
  OR e.subject_type = 'unit' AND EXISTS (SELECT 1 FROM units su JOIN units u ON u.id = ?0 AND su.path <@ u.path WHERE su.id::text = e.subject_id))`, f.UnitID)
	}
	if !f.From.IsZero() {
		q.Where("e.at >= ?", f.From)
	}
	if !f.To.IsZero() {
		q.Where("e.at < ?", f.To)
	}
	if key != nil {
		seq, err := strconv.ParseInt(key[0], 10, 64)
		if err != nil {
			return domain.E(domain.Invalid, "page.bad_token")
		}
		q.Where("e.seq < ?", seq)
	}
	return nil
}

// Links implements audit.Store.
func (s *AuditStore) Links(ctx context.Context, after int64, limit int) ([]audit.Link, error) {
	var rows []audit.Link
	err := s.db.NewRaw("SELECT e.seq, e.prev_hash, e.hash, audit_hash(e) AS computed FROM audit_events e WHERE e.seq > ? ORDER BY e.seq LIMIT ?",
		after, limit).Scan(ctx, &rows)
	return rows, fail(err, "read audit chain", "")
}

// InTx implements audit.Store.
func (s *AuditStore) InTx(ctx context.Context, fn func(context.Context, audit.Store) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &AuditStore{tx}) })
}

// Head implements audit.Store.
func (s *AuditStore) Head(ctx context.Context) (audit.Chain, error) {
	var rows []audit.Chain
	err := s.db.NewRaw("SELECT seq, hash FROM audit_events ORDER BY seq DESC LIMIT 1").Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return audit.Chain{}, fail(err, "read the head of the audit chain", "")
	}
	return rows[0], nil
}

// HashAt implements audit.Store.
func (s *AuditStore) HashAt(ctx context.Context, seq int64) ([]byte, error) {
	var rows [][]byte
	if err := s.db.NewRaw("SELECT hash FROM audit_events WHERE seq = ?", seq).Scan(ctx, &rows); err != nil || len(rows) == 0 {
		return nil, fail(err, "read an audit hash", "")
	}
	return rows[0], nil
}

// LockAnchors implements audit.Store.
func (s *AuditStore) LockAnchors(ctx context.Context) error {
	_, err := s.db.NewRaw("SELECT pg_advisory_xact_lock(7302002)").Exec(ctx)
	return fail(err, "lock audit anchors", "")
}

// Anchors implements audit.Store.
func (s *AuditStore) Anchors(ctx context.Context) ([]audit.Anchor, error) {
	var rows []audit.Anchor
	err := s.db.NewRaw("SELECT file_id, marks, seq, link, at FROM audit_anchors ORDER BY at").Scan(ctx, &rows)
	return rows, fail(err, "read audit anchors", "")
}

// SaveAnchor implements audit.Store.
func (s *AuditStore) SaveAnchor(ctx context.Context, a audit.Anchor) error {
	_, err := s.db.NewRaw(`INSERT INTO audit_anchors (file_id, marks, seq, link, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (file_id) DO UPDATE SET marks = EXCLUDED.marks, seq = EXCLUDED.seq, link = EXCLUDED.link, at = EXCLUDED.at`, a.FileID, a.Marks, a.Seq, a.Link, a.At).Exec(ctx)
	return fail(err, "keep audit anchor", "")
}
