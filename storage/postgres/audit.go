package postgres

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/uptrace/bun"

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
	q := s.db.NewSelect().TableExpr("audit_events AS e").Join("LEFT JOIN people AS p ON p.id = e.actor_id LEFT JOIN api_tokens AS tok ON tok.id = e.actor_id").
		ColumnExpr("e.seq, e.at, coalesce(e.actor_id::text, '') AS actor_id, coalesce(p.name, tok.name, '') AS actor_name, e.action, e.subject_type").
		ColumnExpr("e.subject_id, e.detail, e.request_id, e.ip, e.prev_hash, e.hash").
		Where("?", scopePeople(scope, "e.actor_id"))
	if err := filterEvents(q, f, key); err != nil {
		return domain.Page[audit.Event]{}, err
	}
	var rows []struct {
		Seq                                                                       int64
		At                                                                        time.Time
		ActorID, ActorName, Action, SubjectType, SubjectID, Detail, RequestID, IP string
		PrevHash, Hash                                                            []byte
	}
	if err := q.OrderExpr("e.seq DESC").Limit(int64(p.Size()+1)).Scan(ctx, &rows); err != nil {
		return domain.Page[audit.Event]{}, fail(err, "list audit events", "")
	}
	events := make([]audit.Event, len(rows))
	for i, r := range rows {
		events[i] = audit.Event{
			Seq: r.Seq, At: r.At, ActorName: r.ActorName, PrevHash: r.PrevHash, Hash: r.Hash,
			Entry: audit.Entry{ActorID: r.ActorID, Action: r.Action, SubjectType: r.SubjectType, SubjectID: r.SubjectID, RequestID: r.RequestID, IP: r.IP},
		}
		if err := json.Unmarshal([]byte(r.Detail), &events[i].Detail); err != nil {
			return domain.Page[audit.Event]{}, fail(err, "read audit detail", "")
		}
	}
	return domain.Cut(events, p.Size(), func(e audit.Event) []string { return []string{strconv.FormatInt(e.Seq, 10)} }), nil
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
