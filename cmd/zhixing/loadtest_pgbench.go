package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgbenchResult is the rate of bare INSERTs on the same database, the measure
// that machines with different disks are compared by.
type pgbenchResult struct {
	InsertsPerSecond float64 `json:"inserts_per_second,omitempty"`
	Clients          int     `json:"clients,omitempty"`
	Skipped          string  `json:"skipped,omitempty"` // why not
}

// insertScript is what one answer would be as a row of its own.
const insertScript = `\set a random(1, 1000000000)
INSERT INTO %s (attempt, item, seq, value, at) VALUES (:a, 'q17', 3, '{A,C}', clock_timestamp());
`

// measureInserts runs pgbench for 5 s on a table of its own.
func measureInserts(ctx context.Context, databaseURL string, clients int) pgbenchResult {
	rate, err := inserts(ctx, databaseURL, clients)
	if err != nil {
		return pgbenchResult{Skipped: err.Error()}
	}
	return pgbenchResult{InsertsPerSecond: rate, Clients: clients}
}

func inserts(ctx context.Context, databaseURL string, clients int) (float64, error) {
	if databaseURL == "" {
		return 0, errors.New("not measured: no --database-url, no ZHIXING_DATABASE_URL, and no zhixing runs on ZHIXING_DATA")
	}
	program, err := pgbenchPath()
	if err != nil {
		return 0, err
	}
	cfg, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return 0, errors.New("not measured: the database URL is malformed") // the error may repeat the password
	}
	if ip := net.ParseIP(cfg.Host); !strings.HasPrefix(cfg.Host, "/") && cfg.Host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return 0, errors.New("not measured: the database is on another machine")
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return 0, errors.New("not measured: the database does not answer")
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	table := "loadtest_inserts_" + strconv.Itoa(os.Getpid())
	if _, err := conn.Exec(ctx, "CREATE TABLE "+table+" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, attempt bigint, item text, seq int, value text[], at timestamptz)"); err != nil {
		return 0, fmt.Errorf("not measured: %w", err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "DROP TABLE "+table) }()
	dir, err := os.MkdirTemp("", "zhixing-loadtest-")
	if err != nil {
		return 0, fmt.Errorf("not measured: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	script := filepath.Join(dir, "insert.sql")
	if err := os.WriteFile(script, fmt.Appendf(nil, insertScript, table), 0o600); err != nil {
		return 0, fmt.Errorf("not measured: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "-n", "-M", "prepared", "-f", script, "-c", strconv.Itoa(clients), "-j", "2", "-T", "5", databaseURL).CombinedOutput() //nolint:gosec // G204: the operator's own database
	if err != nil {
		return 0, fmt.Errorf("not measured: pgbench: %w", err)
	}
	m := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		return 0, errors.New("not measured: pgbench told no rate")
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// pgbenchPath finds pgbench on the path or where Debian keeps it.
func pgbenchPath() (string, error) {
	if p, err := exec.LookPath("pgbench"); err == nil {
		return p, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		return "", errors.New("not measured: pgbench is not installed (postgresql-contrib)")
	}
	return found[len(found)-1], nil
}
