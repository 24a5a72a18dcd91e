package local

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// helperDir makes this test program run a stack in the named folder instead of
// tests, so that a test can kill -9 a parent.
const helperDir = "ZHIXING_TEST_LOCAL_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		runHelper(dir)
		return
	}
	os.Exit(m.Run())
}

// runHelper starts a stack, prints its pids as a line of JSON and stops it on
// SIGINT, the way `zhixing up` does.
func runHelper(dir string) {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	s, err := Start(ctx, Options{Dir: dir, Postgres: true, Redis: true, MinIO: true, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	pids := map[string]int{}
	for _, st := range s.Status() {
		pids[st.Part] = st.PID
	}
	if err := json.NewEncoder(os.Stdout).Encode(pids); err != nil {
		os.Exit(1)
	}
	<-ctx.Done()
	if err := s.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func startAll(t *testing.T, dir string) *Stack {
	t.Helper()
	s, err := Start(t.Context(), Options{Dir: dir, Postgres: true, Redis: true, MinIO: true, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// spawn starts a parent process of its own on dir and returns it with the pids
// of its parts, once they all answer.
func spawn(t *testing.T, dir string) (*exec.Cmd, map[string]int) {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:noctx // killed by the test itself
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the parent did not start: %v", err)
	}
	pids := map[string]int{}
	if err := json.Unmarshal(line, &pids); err != nil {
		t.Fatal(err)
	}
	if len(pids) != 3 {
		t.Fatalf("pids = %v, want three parts", pids)
	}
	return cmd, pids
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("did not come true: %s", what)
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var v string
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func redisDo(t *testing.T, url, command string) string {
	t.Helper()
	socket := strings.TrimSuffix(strings.TrimPrefix(url, "unix://"), "?db=0")
	conn, err := net.Dial("unix", socket) //nolint:noctx // a local socket
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// All three answer, with the settings that the promises rest on, and what was
// written is there after the next start, at the same addresses.
func TestStartServesAndKeeps(t *testing.T) {
	t.Run("in a folder closed to others", func(t *testing.T) { testServesAndKeeps(t, t.TempDir()) }) // Go makes it 0700
	t.Run("in an open folder", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // G302: that is the case to test
			t.Fatal(err)
		}
		testServesAndKeeps(t, dir)
	})
}

func testServesAndKeeps(t *testing.T, dir string) {
	t.Helper()
	s := startAll(t, dir)
	for setting, want := range map[string]string{
		"data_checksums": "on", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "listen_addresses": "", "server_encoding": "UTF8",
	} {
		if got := query(t, s.DatabaseURL, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if got := query(t, s.DatabaseURL, "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user"); got != "false" {
		t.Errorf("the application's role is a superuser")
	}
	for setting, want := range map[string]string{"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "port": "0"} {
		if got := redisDo(t, s.RedisURL, "CONFIG GET "+setting); !strings.Contains(got, "\r\n"+want+"\r\n") {
			t.Errorf("redis %s = %q, want %q", setting, got, want)
		}
	}
	resp, err := http.Get("http://" + s.S3Endpoint + "/") //nolint:noctx // a local server
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("MinIO without credentials says %s, want 403", resp.Status)
	}
	if fi, err := os.Stat(filepath.Join(dir, "secrets.json")); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("secrets.json: %v, %v; want mode 0600", fi.Mode(), err)
	}
	query(t, s.DatabaseURL, "WITH x AS (SELECT lo_from_bytea(424242, 'kept')) SELECT 'ok' FROM x")
	redisDo(t, s.RedisURL, "SET kept yes")
	before := s.Endpoints
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s = startAll(t, dir)
	if s.Endpoints != before {
		t.Errorf("addresses changed from %+v to %+v", before, s.Endpoints)
	}
	if got := query(t, s.DatabaseURL, "SELECT convert_from(lo_get(424242), 'UTF8')"); got != "kept" {
		t.Errorf("PostgreSQL kept %q", got)
	}
	if got := redisDo(t, s.RedisURL, "GET kept"); !strings.Contains(got, "yes") {
		t.Errorf("Redis kept %q", got)
	}
}

// A part that is configured elsewhere does not run here.
func TestStartLeavesOut(t *testing.T) {
	s, err := Start(t.Context(), Options{Dir: t.TempDir(), Redis: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop(context.Background()) }()
	if st := s.Status(); len(st) != 1 || st[0].Part != Redis || st[0].State != Running {
		t.Errorf("status = %+v, want Redis alone, running", st)
	}
	if s.DatabaseURL != "" || s.S3Endpoint != "" || s.RedisURL == "" {
		t.Errorf("endpoints = %+v", s.Endpoints)
	}
}

// A second start on the same folder is refused and names the holder; the first
// goes on undisturbed. Seen red by leaving out the Flock call.
func TestSecondStartIsRefused(t *testing.T) {
	dir := t.TempDir()
	parent, pids := spawn(t, dir)
	_, err := Start(t.Context(), Options{Dir: dir, Postgres: true, Redis: true, MinIO: true})
	busy, ok := errors.AsType[*BusyError](err)
	if !ok {
		t.Fatalf("second start: %v, want BusyError", err)
	}
	if busy.PID != parent.Process.Pid || !strings.Contains(err.Error(), strconv.Itoa(parent.Process.Pid)) {
		t.Errorf("names process %d (%v), want %d", busy.PID, err, parent.Process.Pid)
	}
	for name, pid := range pids {
		if !alive(pid) {
			t.Errorf("%s of the first start is gone", name)
		}
	}
}

// Each part that is killed is started again, is reported as such, and serves at
// the same address. Seen red by returning from supervise after the first exit.
func TestDeadPartIsRestarted(t *testing.T) {
	s := startAll(t, t.TempDir())
	for i, st := range s.Status() {
		if err := syscall.Kill(st.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		waitFor(t, st.Part+" runs again", func() bool {
			now := s.Status()[i]
			return now.State == Running && now.PID != st.PID && now.Restarts == 1 && strings.Contains(now.LastExit, "killed")
		})
	}
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	if got := query(t, s.DatabaseURL, "SELECT 'again'"); got != "again" {
		t.Error(got)
	}
	if got := redisDo(t, s.RedisURL, "PING"); got != "+PONG\r\n" {
		t.Error(got)
	}
}

// While a part is down, Err names it.
func TestErrNamesTheDeadPart(t *testing.T) {
	s := startAll(t, t.TempDir())
	for _, st := range s.Status() {
		if st.Part != Redis {
			continue
		}
		if err := syscall.Kill(st.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "Err names redis", func() bool {
		err := s.Err()
		return err != nil && strings.Contains(err.Error(), "redis is restarting")
	})
}

// Ctrl-C (SIGINT to the parent) ends the parts in order, MinIO before Redis
// before PostgreSQL, leaves none running and lets the folder go. Seen red by
// reversing the order in Stop.
func TestStopOrder(t *testing.T) {
	dir := t.TempDir()
	parent, pids := spawn(t, dir)
	if err := parent.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var gone []string
	waitFor(t, "all parts end", func() bool {
		for _, name := range []string{MinIO, Redis, Postgres} {
			if pid, ok := pids[name]; ok && !alive(pid) {
				gone = append(gone, name)
				delete(pids, name)
			}
		}
		return len(pids) == 0
	})
	if got := strings.Join(gone, " "); got != "minio redis postgres" {
		t.Errorf("ended in the order %q", got)
	}
	if err := parent.Wait(); err != nil {
		t.Errorf("the parent ended with %v", err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		t.Fatalf("the folder is still taken: %v", err)
	}
	_ = releaseLock(lock)
}

// A part that does not react is killed, so that stopping comes to an end: its
// share of the time is a setting, not hope. Frozen processes cannot react.
func TestStopKillsTheFrozen(t *testing.T) {
	s := startAll(t, t.TempDir())
	var pids []int
	for _, st := range s.Status() {
		pids = append(pids, st.PID)
		if err := syscall.Kill(st.PID, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	if limit := s.StopGraces(); limit <= 0 || limit > 6*time.Second {
		t.Errorf("stopping may take %s in all; the API needs its share of the 10 s too", limit)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
}

// After a kill -9 of the parent, the next start finds nothing running that it
// did not start itself. Seen red without endLeftovers and Pdeathsig.
func TestKilledParentLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	parent, pids := spawn(t, dir)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	s := startAll(t, dir)
	for name, pid := range pids {
		if alive(pid) {
			t.Errorf("%s (process %d) of the killed start still runs", name, pid)
		}
	}
	if got := query(t, s.DatabaseURL, "SELECT 'serves'"); got != "serves" {
		t.Error(got)
	}
}

// The same when the kernel's word does not reach the children (they outlive
// their parent for certain): those of this folder are ended, by their working
// folder or by their record, and a stranger is left alone, even one whose id
// stands in the record. Seen red by dropping the start time's comparison.
func TestLeftoversAreEndedStrangersAreNot(t *testing.T) {
	dir := t.TempDir()
	s := startAll(t, dir)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	who, err := chooseOwner(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := makeFolders(s.dir, who)
	if err != nil {
		t.Fatal(err)
	}
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal(err)
	}
	orphan := exec.Command(redis, "--port", "0", "--unixsocket", filepath.Join(f.sockets, "redis.sock"), "--dir", f.redis) //nolint:noctx,gosec // ended below
	stranger := exec.Command("sleep", "600")                                                                               //nolint:noctx // ended below
	named := exec.Command("sh", "-c", "sleep 600; true", f.minio)                                                          //nolint:noctx,gosec // a stranger that names our folder
	for _, cmd := range []*exec.Cmd{orphan, stranger, named} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { _ = cmd.Wait() }()
		defer func() { _ = cmd.Process.Kill() }()
	}
	waitFor(t, "the orphan serves", func() bool { return runsIn(orphan.Process.Pid, f.redis, programs[Redis]) })
	if err := writeRecord(f.pid(Postgres), stranger.Process.Pid); err != nil { // the right start, another program
		t.Fatal(err)
	}
	b, err := json.Marshal(record{named.Process.Pid, 1}) // our folder, another start
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFile(f.pid(MinIO), b); err != nil {
		t.Fatal(err)
	}
	startAll(t, dir)
	if alive(orphan.Process.Pid) {
		t.Error("the orphan still runs")
	}
	if !alive(stranger.Process.Pid) || !alive(named.Process.Pid) {
		t.Error("a stranger was ended")
	}
}

// What cannot start says why, and leaves nothing behind.
func TestBrokenClusterIsReported(t *testing.T) {
	dir := t.TempDir()
	s := startAll(t, dir)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, Postgres, "global", "pg_control")); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir, Postgres: true, Redis: true})
	if err == nil || !strings.Contains(err.Error(), "postgres did not start") || !strings.Contains(err.Error(), "pg_control") {
		t.Fatalf("start = %v, want PostgreSQL's own words", err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		t.Fatalf("the folder is still taken: %v", err)
	}
	_ = releaseLock(lock)
}
