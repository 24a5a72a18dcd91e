package postgres

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// WebhookStore is org.WebhookStore.
type WebhookStore struct{ base }

// Webhooks returns the store of webhooks.
func (db *DB) Webhooks() *WebhookStore { return &WebhookStore{db.base()} }

var _ org.WebhookStore = (*WebhookStore)(nil)

// InTx implements org.WebhookStore.
func (s *WebhookStore) InTx(ctx context.Context, fn func(context.Context, org.WebhookStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &WebhookStore{tx}) })
}

// InsertWebhook implements org.WebhookStore.
func (s *WebhookStore) InsertWebhook(ctx context.Context, w *org.Webhook) error {
	_, err := s.db.NewRaw(`INSERT INTO webhooks (id, name, url, events, secret, enabled, cursor_seq, created_by)
VALUES (?, ?, ?, ARRAY(SELECT json_array_elements_text(?::json)), ?, ?, coalesce((SELECT max(seq) FROM audit_events), 0), ?)`,
		w.ID, w.Name, w.URL, encodeJSON(w.Events), w.Secret, w.Enabled, w.CreatedBy).Exec(ctx)
	return fail(err, "insert webhook", "")
}

// SaveWebhook implements org.WebhookStore. One that is switched on again begins
// at the present end of the log.
func (s *WebhookStore) SaveWebhook(ctx context.Context, w *org.Webhook) error {
	res, err := s.db.NewRaw(`UPDATE webhooks SET name = ?0, url = ?1, events = ARRAY(SELECT json_array_elements_text(?2::json)), secret = ?3, old_secret = ?4,
  old_until = ?5, cursor_seq = CASE WHEN NOT enabled AND ?6 THEN coalesce((SELECT max(seq) FROM audit_events), 0) ELSE cursor_seq END, enabled = ?6 WHERE id = ?7`,
		w.Name, w.URL, encodeJSON(w.Events), w.Secret, w.OldSecret, w.OldUntil, w.Enabled, w.ID).Exec(ctx)
	return mustAffect(res, err, "save webhook", "webhook.unknown")
}

// RemoveWebhook implements org.WebhookStore.
func (s *WebhookStore) RemoveWebhook(ctx context.Context, id string) error {
	res, err := s.db.NewRaw("DELETE FROM webhooks WHERE id = ?", id).Exec(ctx)
	return mustAffect(res, err, "remove webhook", "webhook.unknown")
}

const webhookSelect = `SELECT w.id, w.name, w.url, to_json(w.events)::text, w.secret, w.old_secret, w.old_until, w.enabled, w.created_by, p.name, w.created_at,
  (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting'),
  (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'failed' AND d.created_at > clock_timestamp() - interval '7 days')
FROM webhooks w JOIN people p ON p.id = w.created_by `

func scanWebhook(r scanner) (org.Webhook, error) {
	var w org.Webhook
	var events string
	err := r.Scan(&w.ID, &w.Name, &w.URL, &events, &w.Secret, &w.OldSecret, &w.OldUntil, &w.Enabled, &w.CreatedBy, &w.CreatorName, &w.CreatedAt, &w.Waiting, &w.Failed)
	if err != nil {
		return w, err
	}
	return w, decodeJSON([]byte(events), &w.Events)
}

// Webhooks implements org.WebhookStore.
func (s *WebhookStore) Webhooks(ctx context.Context) (out []org.Webhook, err error) {
	err = s.eachRow(ctx, "list webhooks", func(r scanner) error {
		w, err := scanWebhook(r)
		out = append(out, w)
		return err
	}, webhookSelect+"ORDER BY w.name, w.id LIMIT 200")
	return out, err
}

// Webhook implements org.WebhookStore.
func (s *WebhookStore) Webhook(ctx context.Context, id string) (*org.Webhook, error) {
	w, err := scanWebhook(s.db.QueryRowContext(ctx, webhookSelect+"WHERE w.id = ?", id))
	return &w, fail(err, "read webhook", "webhook.unknown")
}

// WebhookForUpdate implements org.WebhookStore.
func (s *WebhookStore) WebhookForUpdate(ctx context.Context, id string) (*org.Webhook, error) {
	w, err := scanWebhook(s.db.QueryRowContext(ctx, webhookSelect+"WHERE w.id = ? FOR UPDATE OF w", id))
	return &w, fail(err, "lock webhook", "webhook.unknown")
}

// GatherDeliveries implements org.WebhookStore. The log is written by one at a
// time, so that no deed appears behind the cursor.
func (s *WebhookStore) GatherDeliveries(ctx context.Context, limit int) (n int, err error) {
	err = s.db.NewRaw(`WITH w AS (SELECT id, events, cursor_seq FROM webhooks WHERE enabled ORDER BY id FOR UPDATE),
e AS (SELECT w.id AS webhook_id, w.events, x.* FROM w CROSS JOIN LATERAL (
  SELECT seq, at, action, subject_type, subject_id FROM audit_events WHERE seq > w.cursor_seq ORDER BY seq LIMIT ?0) x),
made AS (INSERT INTO webhook_deliveries (id, webhook_id, seq, type, body)
  SELECT gen_random_uuid(), webhook_id, seq, action, json_build_object('type', action,
    'timestamp', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'data', json_build_object('id', subject_id, 'kind', subject_type, 'seq', seq))::text
  FROM e WHERE split_part(action, '.', 1) = ANY(events) ON CONFLICT DO NOTHING),
moved AS (UPDATE webhooks t SET cursor_seq = m.seq FROM (SELECT webhook_id, max(seq) AS seq FROM e GROUP BY webhook_id) m WHERE t.id = m.webhook_id)
SELECT count(*) FROM e`, limit).Scan(ctx, &n)
	return n, fail(err, "gather deliveries", "")
}

// QueueDeliveries implements org.WebhookStore: until its job has run, a delivery
// is due again after two minutes.
func (s *WebhookStore) QueueDeliveries(ctx context.Context, limit int) error {
	j := job.DeliverWebhook{}
	_, err := s.db.NewRaw(`WITH due AS (UPDATE webhook_deliveries SET due_at = clock_timestamp() + interval '2 minutes' WHERE id IN (
  SELECT d.id FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.enabled
  WHERE d.state = 'waiting' AND d.due_at <= clock_timestamp() ORDER BY d.due_at LIMIT ?2 FOR UPDATE OF d SKIP LOCKED) RETURNING id)
INSERT INTO outbox (id, kind, queue, payload) SELECT gen_random_uuid(), ?0, ?1, jsonb_build_object('delivery_id', id) FROM due`,
		j.Kind(), job.QueueOf(j), limit).Exec(ctx)
	return fail(err, "queue deliveries", "")
}

// ForgetDeliveries implements org.WebhookStore.
func (s *WebhookStore) ForgetDeliveries(ctx context.Context, before time.Time) error {
	_, err := s.db.NewRaw(`DELETE FROM webhook_deliveries WHERE id IN (
  SELECT id FROM webhook_deliveries WHERE state <> 'waiting' AND created_at < ? ORDER BY created_at LIMIT 5000)`, before).Exec(ctx)
	return fail(err, "forget deliveries", "")
}

// InsertDelivery implements org.WebhookStore.
func (s *WebhookStore) InsertDelivery(ctx context.Context, d *org.Delivery) error {
	_, err := s.db.NewRaw("INSERT INTO webhook_deliveries (id, webhook_id, type, body) VALUES (?, ?, ?, ?)", d.ID, d.WebhookID, d.Type, d.Body).Exec(ctx)
	return fail(err, "insert delivery", "")
}

const deliverySelect = `SELECT d.id, d.webhook_id, d.type, d.body, d.state, d.attempts, d.status, d.failure, d.due_at, d.created_at, d.ended_at
FROM webhook_deliveries d `

func scanDelivery(r scanner) (d org.Delivery, err error) {
	err = r.Scan(&d.ID, &d.WebhookID, &d.Type, &d.Body, &d.State, &d.Attempts, &d.Status, &d.Failure, &d.DueAt, &d.CreatedAt, &d.EndedAt)
	return d, err
}

// Delivery implements org.WebhookStore.
func (s *WebhookStore) Delivery(ctx context.Context, id string) (*org.Delivery, error) {
	d, err := scanDelivery(s.db.QueryRowContext(ctx, deliverySelect+"WHERE d.id = ?", id))
	return &d, fail(err, "read delivery", "webhook.unknown")
}

// DeliveryForUpdate implements org.WebhookStore.
func (s *WebhookStore) DeliveryForUpdate(ctx context.Context, id string) (*org.Delivery, error) {
	d, err := scanDelivery(s.db.QueryRowContext(ctx, deliverySelect+"WHERE d.id = ? FOR UPDATE", id))
	return &d, fail(err, "lock delivery", "webhook.unknown")
}

// SaveDelivery implements org.WebhookStore.
func (s *WebhookStore) SaveDelivery(ctx context.Context, d *org.Delivery) error {
	res, err := s.db.NewRaw("UPDATE webhook_deliveries SET state = ?, attempts = ?, status = ?, failure = ?, due_at = ?, ended_at = ? WHERE id = ?",
		d.State, d.Attempts, d.Status, d.Failure, d.DueAt, d.EndedAt, d.ID).Exec(ctx)
	return mustAffect(res, err, "save delivery", "webhook.unknown")
}

// Deliveries implements org.WebhookStore.
func (s *WebhookStore) Deliveries(ctx context.Context, webhookID string, p domain.Paging) (domain.Page[org.Delivery], error) {
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return domain.Page[org.Delivery]{}, err
	}
	if key == nil {
		key = []string{"infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff"}
	}
	var rows []org.Delivery
	err = s.eachRow(ctx, "list deliveries", func(r scanner) error {
		d, err := scanDelivery(r)
		rows = append(rows, d)
		return err
	}, deliverySelect+"WHERE d.webhook_id = ? AND (d.created_at, d.id) < (?::timestamptz, ?::uuid) ORDER BY d.created_at DESC, d.id DESC LIMIT ?", webhookID, key[0], key[1], p.Size()+1)
	return domain.Cut(rows, p.Size(), func(d org.Delivery) []string { return []string{d.CreatedAt.Format(time.RFC3339Nano), d.ID} }), err
}
