// Package postgres keeps everything the product must not forget. Each context
// has its store; hot paths use the native pool with bound parameters.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"zhixing/domain"
)

// DB is the open database: Bun for most statements, the native pool for hot
// paths and COPY. Both draw on separate pools of the same server.
type DB struct {
	Bun  *bun.DB
	Pool *pgxpool.Pool
	bunp *pgxpool.Pool
}

// Options bound the pools; zero values take the defaults.
type Options struct {
	MaxConns int32           // of each pool, default 16
	Tracer   pgx.QueryTracer // sees every statement; none when nil
}

// Open connects and pings. The URL is a libpq URL or keyword string.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	if o.MaxConns == 0 {
		o.MaxConns = 16
	}
	native, err := newPool(ctx, url, o, pgx.QueryExecModeCacheStatement)
	if err != nil {
		return nil, err
	}
	// Bun inlines arguments, so a statement cache would only be thrashed.
	inlined, err := newPool(ctx, url, o, pgx.QueryExecModeExec)
	if err != nil {
		native.Close()
		return nil, err
	}
	if err := native.Ping(ctx); err != nil {
		native.Close()
		inlined.Close()
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	db := bun.NewDB(stdlib.OpenDBFromPool(inlined), pgdialect.New())
	db.WithQueryHook(slowQueries{})
	return &DB{Bun: db, Pool: native, bunp: inlined}, nil
}

func newPool(ctx context.Context, url string, o Options, mode pgx.QueryExecMode) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	cfg.MaxConns = o.MaxConns
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.ConnConfig.DefaultQueryExecMode = mode
	cfg.ConnConfig.Tracer = o.Tracer
	p := cfg.ConnConfig.RuntimeParams
	p["application_name"] = "zhixing"
	p["timezone"] = "UTC"
	p["statement_timeout"] = "30000"
	p["lock_timeout"] = "10000"
	p["idle_in_transaction_session_timeout"] = "60000"
	p["synchronous_commit"] = "on" // promise 1: acked is durable, whatever the server's default
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("database pool: %w", err)
	}
	return pool, nil
}

// Close gives all connections back.
func (db *DB) Close() error {
	err := db.Bun.Close()
	db.bunp.Close()
	db.Pool.Close()
	return err
}

// Ping reports whether the server answers.
func (db *DB) Ping(ctx context.Context) error { return db.Pool.Ping(ctx) }

type slowQueries struct{}

func (slowQueries) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (slowQueries) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	if d := time.Since(e.StartTime); d > 500*time.Millisecond {
		slog.WarnContext(ctx, "slow query", "operation", e.Operation(), "duration_ms", d.Milliseconds())
	}
}

// fail translates a database error once: no row is NotFound with the reason, a
// broken unique or exclusion constraint is Conflict with the reason that
// conflicts maps its name to. Anything else is wrapped with what was done.
func fail(err error, doing, missing string, conflicts ...string) error {
	if err == nil {
		return nil
	}
	if missing != "" && (errors.Is(err, sql.ErrNoRows) || errors.Is(err, pgx.ErrNoRows)) {
		return domain.E(domain.NotFound, missing)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		for i := 0; i+1 < len(conflicts); i += 2 {
			if pg.ConstraintName == conflicts[i] {
				return domain.E(domain.Conflict, conflicts[i+1])
			}
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// mustAffect turns an UPDATE or DELETE that met no row into NotFound.
func mustAffect(res sql.Result, err error, doing, missing string, conflicts ...string) error {
	if err != nil {
		return fail(err, doing, missing, conflicts...)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if n == 0 {
		return domain.E(domain.NotFound, missing)
	}
	return nil
}

// SigningKey returns the secret of a purpose such as "attempt.receipt", made
// once and shared by every process.
func (db *DB) SigningKey(ctx context.Context, purpose string, fresh []byte) ([]byte, error) {
	var secret []byte
	_, err := db.Pool.Exec(ctx, "INSERT INTO signing_keys (purpose, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING", purpose, fresh)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if err := db.Pool.QueryRow(ctx, "SELECT secret FROM signing_keys WHERE purpose = $1", purpose).Scan(&secret); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return secret, nil
}
