package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"

	"zhixing/domain/audit"
	"zhixing/domain/job"
)

// base is what every store is made of. In a transaction db is the bun.Tx; pool
// is for hot paths that need no transaction of the caller's.
type base struct {
	db   bun.IDB
	pool *pgxpool.Pool
}

func (db *DB) base() base { return base{db: db.Bun, pool: db.Pool} }

// inTx runs fn with a base bound to one transaction. A nested call is a savepoint.
func (b base) inTx(ctx context.Context, fn func(ctx context.Context, tx base) error) error {
	return b.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		return fn(ctx, base{db: tx, pool: b.pool})
	})
}

// Now is the database's clock, the one that decides.
func (b base) Now(ctx context.Context) (time.Time, error) {
	var t time.Time
	if err := b.db.NewRaw("SELECT clock_timestamp()").Scan(ctx, &t); err != nil {
		return t, fmt.Errorf("read the clock: %w", err)
	}
	return t, nil
}

// Enqueue writes the job's outbox row in the caller's transaction.
func (b base) Enqueue(ctx context.Context, j job.Job) error {
	payload, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", j.Kind(), err)
	}
	_, err = b.db.NewRaw("INSERT INTO outbox (id, kind, queue, payload) VALUES (?, ?, ?, ?::jsonb)",
		uuid.Must(uuid.NewV7()).String(), j.Kind(), job.QueueOf(j), string(payload)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind(), err)
	}
	return nil
}

// Audit appends to the audit chain in the caller's transaction.
func (b base) Audit(ctx context.Context, e audit.Entry) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("encode audit detail of %s: %w", e.Action, err)
	}
	if e.Detail == nil {
		detail = []byte("{}")
	}
	_, err = b.db.NewRaw("SELECT audit_append(?, ?, ?, ?, ?::jsonb, ?, ?)",
		nullable(e.ActorID), e.Action, e.SubjectType, e.SubjectID, string(detail), e.RequestID, e.IP).Exec(ctx)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

// nullable makes "" NULL.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
