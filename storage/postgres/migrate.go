package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"zhixing/domain/org"
	"zhixing/storage/postgres/migrations"
)

// Migrate brings the schema to the newest version and writes the built-in
// roles. Two at once: one applies, the other waits.
func Migrate(ctx context.Context, url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("database URL: %w", err)
	}
	db := stdlib.OpenDB(*cfg)
	defer func() { _ = db.Close() }()
	return MigrateDB(ctx, db)
}

// MigrateDB is Migrate on an open database.
func MigrateDB(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return writeRoles(ctx, db)
}

// Pending returns how many migrations the database lacks; negative when it is
// newer than this binary knows.
func Pending(ctx context.Context, url string) (int64, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return 0, fmt.Errorf("database URL: %w", err)
	}
	db := stdlib.OpenDB(*cfg)
	defer func() { _ = db.Close() }()
	p, err := provider(db)
	if err != nil {
		return 0, err
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	if current > target {
		return -1, nil
	}
	var n int64
	for _, s := range p.ListSources() {
		if s.Version > current {
			n++
		}
	}
	return n, nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithSessionLocker(locker), goose.WithAllowOutofOrder(false))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

// writeRoles makes the built-in roles equal to their definition. The institution's
// own are nobody's but hers.
func writeRoles(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write roles: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "LOCK TABLE role_permissions IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return fmt.Errorf("write roles: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM role_permissions p USING roles r WHERE r.key = p.role AND r.built_in"); err != nil {
		return fmt.Errorf("write roles: %w", err)
	}
	for i, r := range org.BuiltIns() {
		if _, err := tx.ExecContext(ctx, `INSERT INTO roles (key, built_in, name_zh, name_en, reach, second_factor, position) VALUES ($1, true, $2, $3, $4, $5, $6)
ON CONFLICT (key) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en, reach = excluded.reach,
  second_factor = excluded.second_factor, position = excluded.position`, string(r.Key), r.NameZH, r.NameEN, r.Reach, r.SecondFactor, i); err != nil {
			return fmt.Errorf("write roles: %w", err)
		}
		for _, p := range r.Permissions {
			if _, err := tx.ExecContext(ctx, "INSERT INTO role_permissions (role, permission) VALUES ($1, $2)", string(r.Key), string(p)); err != nil {
				return fmt.Errorf("write roles: %w", err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write roles: %w", err)
	}
	return nil
}
