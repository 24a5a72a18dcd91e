package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Idempotency remembers the answers of creates for a day.
type Idempotency struct{ base }

// Idempotency returns the store of answers.
func (db *DB) Idempotency() *Idempotency { return &Idempotency{db.base()} }

// Begin claims the key. A claim whose request died is free again after a minute.
func (s *Idempotency) Begin(ctx context.Context, personID, operation, key string, bodyHash []byte) (fresh, sameBody bool, status int, body []byte, err error) {
	var hash []byte
	var st *int
	err = s.pool.QueryRow(ctx, `INSERT INTO idempotency_keys AS i (person_id, operation, key, body_hash) VALUES ($1, $2, $3, $4)
ON CONFLICT (person_id, operation, key) DO UPDATE SET created_at = clock_timestamp(), body_hash = excluded.body_hash
  WHERE i.status IS NULL AND i.created_at < clock_timestamp() - interval '1 minute'
RETURNING body_hash`, personID, operation, key, bodyHash).Scan(&hash)
	if err == nil {
		return true, true, 0, nil, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return false, false, 0, nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	err = s.pool.QueryRow(ctx, "SELECT body_hash, status, body FROM idempotency_keys WHERE person_id = $1 AND operation = $2 AND key = $3",
		personID, operation, key).Scan(&hash, &st, &body)
	if err != nil {
		return false, false, 0, nil, fmt.Errorf("read idempotency key: %w", err)
	}
	if st != nil {
		status = *st
	}
	return false, bytes.Equal(hash, bodyHash), status, body, nil
}

// End stores the answer; status 0 forgets the key.
func (s *Idempotency) End(ctx context.Context, personID, operation, key string, status int, body []byte) error {
	if status == 0 {
		_, err := s.pool.Exec(ctx, "DELETE FROM idempotency_keys WHERE person_id = $1 AND operation = $2 AND key = $3", personID, operation, key)
		return fail(err, "forget idempotency key", "")
	}
	_, err := s.pool.Exec(ctx, "UPDATE idempotency_keys SET status = $4, body = $5 WHERE person_id = $1 AND operation = $2 AND key = $3",
		personID, operation, key, status, body)
	return fail(err, "store idempotent answer", "")
}

// Prune deletes answers older than a day and what sign-in need not remember.
func (s *Idempotency) Prune(ctx context.Context, now time.Time) error {
	for _, q := range []struct {
		sql    string
		before time.Time
	}{
		{"DELETE FROM idempotency_keys WHERE created_at < $1", now.Add(-24 * time.Hour)},
		{"DELETE FROM sign_in_lanes WHERE due_at < $1", now.Add(-time.Hour)},
		{"DELETE FROM identity_flows WHERE expires_at < $1", now},
		{"DELETE FROM passkey_ceremonies WHERE expires_at < $1", now},
	} {
		if _, err := s.pool.Exec(ctx, q.sql, q.before); err != nil {
			return fmt.Errorf("prune: %w", err)
		}
	}
	return nil
}
