package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresMajor is the oldest major version that serves; Debian 12 has it.
const PostgresMajor = 15

// postgresSettings tune the private server for a small machine (2 cores, 4 GiB)
// without giving up any durability: what is committed is on the disk.
var postgresSettings = map[string]string{
	"listen_addresses":                    "", // unix socket only
	"unix_socket_permissions":             "0700",
	"max_connections":                     "200",
	"shared_buffers":                      "256MB",
	"effective_cache_size":                "1GB",
	"work_mem":                            "8MB",
	"maintenance_work_mem":                "128MB",
	"fsync":                               "on",
	"full_page_writes":                    "on",
	"synchronous_commit":                  "on",
	"wal_level":                           "replica",
	"wal_compression":                     "lz4",
	"wal_buffers":                         "16MB",
	"min_wal_size":                        "256MB",
	"max_wal_size":                        "2GB",
	"checkpoint_timeout":                  "15min",
	"checkpoint_completion_target":        "0.9",
	"random_page_cost":                    "1.1",
	"effective_io_concurrency":            "100",
	"jit":                                 "off",
	"autovacuum_naptime":                  "20s",
	"log_min_messages":                    "warning",
	"log_min_error_statement":             "panic", // no statement text: it may hold answers
	"log_line_prefix":                     "%m [%p] %q%u@%d ",
	"log_timezone":                        "UTC",
	"timezone":                            "UTC",
	"idle_in_transaction_session_timeout": "60s",
}

// startPostgres makes the cluster on first use, starts it and makes sure that
// the role and the database of the application are there. The application's role
// owns its database and is no superuser.
func (s *Stack) startPostgres(ctx context.Context, o Options, f folders, who owner, keys secrets) error {
	bin, err := findPostgres(f.postgres)
	if err != nil {
		return err
	}
	if err := initCluster(ctx, bin, f, who, keys); err != nil {
		return err
	}
	super := f.endpoints(keys).SuperDatabaseURL
	args := []string{"-D", f.postgres, "-k", f.sockets}
	for _, name := range slices.Sorted(maps.Keys(postgresSettings)) {
		args = append(args, "-c", name+"="+postgresSettings[name])
	}
	p := &part{
		name: Postgres, log: o.Log, now: o.Now, logPath: f.log(Postgres), pidPath: f.pid(Postgres),
		command: func() *exec.Cmd {
			cmd := exec.Command(filepath.Join(bin, "postgres"), args...) //nolint:gosec,noctx // G204: a path we found; it outlives any context
			cmd.Dir, cmd.Env = "/", childEnv(f.postgres)
			cmd.SysProcAttr = who.attr(syscall.SIGINT)
			return cmd
		},
		probe: func(ctx context.Context) error {
			conn, err := pgx.Connect(ctx, super)
			if err != nil {
				return fmt.Errorf("connect: %w", err)
			}
			return conn.Close(ctx)
		},
		stops: []stopStep{{syscall.SIGINT, 2500 * time.Millisecond}, {syscall.SIGQUIT, 500 * time.Millisecond}}, // fast, then immediate
	}
	s.add(p)
	if err := p.launch(ctx); err != nil {
		return err
	}
	if err := ensureDatabase(ctx, super, keys.DatabasePassword); err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	e := f.endpoints(keys)
	s.DatabaseURL, s.SuperDatabaseURL = e.DatabaseURL, e.SuperDatabaseURL
	return nil
}

// initCluster runs initdb into a folder beside and moves it into place, so that
// an interrupted first start leaves no half-made cluster.
func initCluster(ctx context.Context, bin string, f folders, who owner, keys secrets) error {
	if _, err := os.Stat(filepath.Join(f.postgres, "PG_VERSION")); err == nil {
		return who.own(f.postgres)
	}
	fresh, password := f.postgres+".new", filepath.Join(f.sockets, "password")
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clear an interrupted initdb: %w", err)
	}
	if err := makeOwned(fresh, who); err != nil {
		return err
	}
	if err := writeFile(password, []byte(keys.SuperPassword+"\n")); err != nil {
		return err
	}
	defer func() { _ = os.Remove(password) }()
	if err := who.own(password); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata="+fresh, "--username=postgres", "--pwfile="+password, //nolint:gosec // G204: a path we found
		"--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--lc-messages=C", "--no-instructions")
	cmd.Dir, cmd.Env = "/", childEnv(fresh)
	cmd.SysProcAttr = who.attr(syscall.SIGKILL)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make the PostgreSQL cluster (initdb): %w\n%s", err, out)
	}
	if err := os.Rename(fresh, f.postgres); err != nil {
		return fmt.Errorf("put the PostgreSQL cluster in place: %w", err)
	}
	return nil
}

// ensureDatabase makes the application's role and database when missing.
func ensureDatabase(ctx context.Context, super, password string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, super)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, step := range []struct{ missing, sql string }{
		// the password is our own hex digits, so it needs no quoting
		{`SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'zhixing')`, `CREATE ROLE zhixing LOGIN PASSWORD '` + password + `'`},
		{`SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = 'zhixing')`, `CREATE DATABASE zhixing OWNER zhixing`},
	} {
		var missing bool
		if err := conn.QueryRow(ctx, step.missing).Scan(&missing); err != nil {
			return err
		}
		if !missing {
			continue
		}
		if _, err := conn.Exec(ctx, step.sql); err != nil {
			return err
		}
	}
	return nil
}

// findPostgres returns the folder with the server's programs: of the version
// that made the cluster in dir, else the newest that is installed.
func findPostgres(dir string) (string, error) {
	want := 0
	if b, err := os.ReadFile(filepath.Join(dir, "PG_VERSION")); err == nil {
		want, _ = strconv.Atoi(strings.TrimSpace(string(b)))
	}
	found := PostgresPrograms()
	if want != 0 {
		if bin, ok := found[want]; ok {
			return bin, nil
		}
		return "", fmt.Errorf("the data folder's database was made by PostgreSQL %d, which is not installed; install Debian's package postgresql-%d", want, want)
	}
	best := slices.Max(append(slices.Collect(maps.Keys(found)), 0))
	if best < PostgresMajor {
		return "", fmt.Errorf("PostgreSQL %d or newer is not installed; install Debian's package postgresql, or set ZHIXING_DATABASE_URL", PostgresMajor)
	}
	return found[best], nil
}

// PostgresPrograms lists the installed servers: major version to the folder of
// its programs. Debian keeps them outside PATH.
func PostgresPrograms() map[int]string {
	found := map[int]string{}
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is constant and well formed
	for _, d := range dirs {
		major, err := strconv.Atoi(filepath.Base(filepath.Dir(d)))
		if err == nil && executable(filepath.Join(d, "initdb")) && executable(filepath.Join(d, "postgres")) {
			found[major] = d
		}
	}
	if len(found) > 0 {
		return found
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return found
	}
	out, err := exec.Command(path, "--version").Output() //nolint:gosec,noctx // G204: found on PATH; ends at once
	if err != nil {
		return found
	}
	words := strings.Fields(string(out)) // "postgres (PostgreSQL) 16.2"
	if len(words) >= 3 {
		major, _, _ := strings.Cut(words[2], ".")
		if n, err := strconv.Atoi(major); err == nil && executable(filepath.Join(filepath.Dir(path), "initdb")) {
			found[n] = filepath.Dir(path)
		}
	}
	return found
}

func executable(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular() && fi.Mode().Perm()&0o111 != 0
}

// socketURL is a PostgreSQL URL by unix socket.
func socketURL(sockets, user, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Path: "/" + database}
	u.RawQuery = strings.ReplaceAll(url.Values{"host": {sockets}, "sslmode": {"disable"}}.Encode(), "+", "%20") // pgx knows no +
	return u.String()
}

// childEnv is what a part sees of the environment: nothing of ours.
func childEnv(home string) []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + home}
}

var errNoAnswer = errors.New("no answer")
