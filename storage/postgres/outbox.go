package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/domain/job"
)

// Outbox is job.Outbox. Redis only carries ids; this table remembers.
type Outbox struct{ base }

// Outbox returns the store of jobs.
func (db *DB) Outbox() *Outbox { return &Outbox{db.base()} }

var _ job.Outbox = (*Outbox)(nil)

// TakeUnsent implements job.Outbox.
func (s *Outbox) TakeUnsent(ctx context.Context, limit int) ([]job.Task, error) {
	return s.take(ctx, `UPDATE outbox SET sent_at = clock_timestamp() WHERE id IN (
  SELECT id FROM outbox WHERE sent_at IS NULL AND done_at IS NULL AND dead_at IS NULL AND run_after <= clock_timestamp()
  ORDER BY run_after LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, queue, attempts`, limit)
}

// TakeForgotten implements job.Outbox.
func (s *Outbox) TakeForgotten(ctx context.Context, age time.Duration, limit int) ([]job.Task, error) {
	return s.take(ctx, `UPDATE outbox SET sent_at = clock_timestamp(),
  attempts = attempts + (lease_until IS NOT NULL)::int, lease_until = NULL, lease_by = NULL
WHERE id IN (
  SELECT id FROM outbox WHERE sent_at < clock_timestamp() - $2 * interval '1 second' AND done_at IS NULL AND dead_at IS NULL
    AND (lease_until IS NULL OR lease_until < clock_timestamp())
  ORDER BY sent_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, queue, attempts`, limit, age.Seconds())
}

func (s *Outbox) take(ctx context.Context, sql string, args ...any) ([]job.Task, error) {
	rows, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	tasks, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (t job.Task, err error) {
		return t, r.Scan(&t.ID, &t.Kind, &t.Queue, &t.Attempts)
	})
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return tasks, nil
}

// Unsend implements job.Outbox.
func (s *Outbox) Unsend(ctx context.Context, ids []string) error {
	_, err := s.pool.Exec(ctx, "UPDATE outbox SET sent_at = NULL WHERE id = ANY($1) AND lease_until IS NULL AND done_at IS NULL", ids)
	return fail(err, "give jobs back", "")
}

// Claim implements job.Outbox.
func (s *Outbox) Claim(ctx context.Context, id, worker string, lease time.Duration) (*job.Task, error) {
	t := &job.Task{ID: id}
	err := s.pool.QueryRow(ctx, `UPDATE outbox SET lease_until = clock_timestamp() + $3 * interval '1 second', lease_by = $2
WHERE id = $1 AND done_at IS NULL AND dead_at IS NULL AND (lease_until IS NULL OR lease_until < clock_timestamp())
RETURNING kind, queue, payload, attempts`, id, worker, lease.Seconds()).Scan(&t.Kind, &t.Queue, &t.Payload, &t.Attempts)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // nobody's fault: the row is done or held
	}
	if err != nil {
		return nil, fmt.Errorf("claim job %s: %w", id, err)
	}
	return t, nil
}

// ClaimAll implements job.Outbox. What somebody else is claiming at this moment
// is his.
func (s *Outbox) ClaimAll(ctx context.Context, ids []string, worker string, lease time.Duration) ([]job.Task, error) {
	rows, err := s.pool.Query(ctx, `WITH held AS MATERIALIZED (
  SELECT o.id FROM unnest($1::uuid[]) AS r (id) CROSS JOIN LATERAL (SELECT id FROM outbox WHERE id = r.id AND done_at IS NULL AND dead_at IS NULL
    AND (lease_until IS NULL OR lease_until < clock_timestamp()) FOR UPDATE SKIP LOCKED) o)
UPDATE outbox o SET lease_until = clock_timestamp() + $3 * interval '1 second', lease_by = $2 FROM held WHERE o.id = held.id
RETURNING o.id, o.kind, o.queue, o.payload, o.attempts`, ids, worker, lease.Seconds())
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	tasks, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (t job.Task, err error) {
		return t, r.Scan(&t.ID, &t.Kind, &t.Queue, &t.Payload, &t.Attempts)
	})
	return tasks, fail(err, "claim jobs", "")
}

// Renew implements job.Outbox.
func (s *Outbox) Renew(ctx context.Context, id, worker string, lease time.Duration) (bool, error) {
	tag, err := s.pool.Exec(ctx, `UPDATE outbox SET lease_until = clock_timestamp() + $3 * interval '1 second'
WHERE id = $1 AND lease_by = $2 AND done_at IS NULL AND dead_at IS NULL`, id, worker, lease.Seconds())
	if err != nil {
		return false, fmt.Errorf("renew job %s: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Done implements job.Outbox.
func (s *Outbox) Done(ctx context.Context, id, worker string) error {
	_, err := s.pool.Exec(ctx, `UPDATE outbox SET done_at = clock_timestamp(), lease_until = NULL, error = ''
WHERE id = $1 AND lease_by = $2 AND done_at IS NULL`, id, worker)
	return fail(err, "end job", "")
}

// DoneAll implements job.Outbox.
func (s *Outbox) DoneAll(ctx context.Context, ids []string, worker string) error {
	_, err := s.pool.Exec(ctx, `UPDATE outbox SET done_at = clock_timestamp(), lease_until = NULL, error = ''
WHERE id = ANY($1) AND lease_by = $2 AND done_at IS NULL`, ids, worker)
	return fail(err, "end jobs", "")
}

// Release implements job.Outbox.
func (s *Outbox) Release(ctx context.Context, ids []string, worker string) error {
	_, err := s.pool.Exec(ctx, `UPDATE outbox SET lease_until = NULL, lease_by = NULL WHERE id = ANY($1) AND lease_by = $2 AND done_at IS NULL`, ids, worker)
	return fail(err, "give leases back", "")
}

// Fail implements job.Outbox.
func (s *Outbox) Fail(ctx context.Context, id, worker, reason string, wait time.Duration, dead bool) error {
	_, err := s.pool.Exec(ctx, `UPDATE outbox SET attempts = attempts + 1, lease_until = NULL, lease_by = NULL, sent_at = NULL,
  run_after = clock_timestamp() + $4 * interval '1 second', error = left($3, 2000),
  dead_at = CASE WHEN $5 THEN clock_timestamp() END
WHERE id = $1 AND lease_by = $2 AND done_at IS NULL`, id, worker, reason, wait.Seconds(), dead)
	return fail(err, "record failed job", "")
}

// Counts implements job.Outbox.
func (s *Outbox) Counts(ctx context.Context) (waiting, running, dead int, err error) {
	err = s.pool.QueryRow(ctx, `SELECT
  (SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL AND (lease_until IS NULL OR lease_until < clock_timestamp())),
  (SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL AND lease_until >= clock_timestamp()),
  (SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL)`).Scan(&waiting, &running, &dead)
	return waiting, running, dead, fail(err, "count jobs", "")
}

// Prune implements job.Outbox.
func (s *Outbox) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	tag, err := s.pool.Exec(ctx, `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE done_at < $1 ORDER BY done_at LIMIT $2 FOR UPDATE SKIP LOCKED)`, before, limit)
	if err != nil {
		return 0, fmt.Errorf("prune jobs: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
