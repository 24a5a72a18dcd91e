// Package postgrestest gives each test a database of its own, cloned from a
// template that holds the newest schema. The server is real; without one the
// test fails.
package postgrestest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the template
	"github.com/peterldowns/pgtestdb"

	"zhixing/domain/org"
	"zhixing/storage/postgres"
	"zhixing/storage/postgres/migrations"
)

// EnvURL names the variable with the URL of a server on which databases may be made.
const EnvURL = "ZHIXING_TEST_DATABASE_URL"

// New opens a fresh database with the newest schema; it is dropped when the
// test passes.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	db, _ := NewURL(t)
	return db
}

// NewURL is New that also returns the URL, for programs under test.
func NewURL(t testing.TB) (*postgres.DB, string) {
	t.Helper()
	raw := os.Getenv(EnvURL)
	if raw == "" {
		t.Fatalf("%s is not set: run the tests with make test", EnvURL)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatalf("%s: %v", EnvURL, err)
	}
	conf := pgtestdb.Config{
		DriverName: "pgx", User: u.User.Username(), Host: u.Hostname(), Port: u.Port(),
		Database: strings.TrimPrefix(u.Path, "/"), Options: u.RawQuery,
		TestRole: &pgtestdb.Role{Username: u.User.Username(), Capabilities: "SUPERUSER"},
	}
	// A unix socket has no host here; its folder is the option host.
	conf.Password, _ = u.User.Password()
	conf.TestRole.Password = conf.Password
	made := pgtestdb.Custom(t, conf, migrator{})
	db, err := postgres.Open(t.Context(), made.URL(), postgres.Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, made.URL()
}

type migrator struct{}

// Hash names the template: the same migrations and roles, the same template.
func (migrator) Hash() (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, org.BuiltIns())
	err := fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(migrations.FS, path)
		if err != nil {
			return err
		}
		h.Write([]byte(path))
		h.Write(b)
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// Migrate fills the template.
func (migrator) Migrate(ctx context.Context, db *sql.DB, _ pgtestdb.Config) error {
	return postgres.MigrateDB(ctx, db)
}
