package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asProgram makes this test binary be the program: tests that need a process of
// their own, to stop or to kill, start it with it.
const asProgram = "ZHIXING_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	if dir := os.Getenv(asParent); dir != "" {
		os.Exit(parent(os.Args[1], dir))
	}
	os.Exit(m.Run())
}

// program is a running `zhixing …` of a test.
type process struct {
	*exec.Cmd
	out lockedBuffer
}

// start runs `zhixing args…` with settings and nothing else of ours.
func start(t *testing.T, settings []string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...)}
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, prefix) {
			p.Env = append(p.Env, line)
		}
	}
	p.Env = append(append(p.Env, settings...), asProgram+"=1")
	p.Stdout, p.Stderr = &p.out, io.MultiWriter(t.Output(), &p.out)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// finish waits for the end and returns the exit code.
func (p *process) finish(t *testing.T) int {
	t.Helper()
	_ = p.Wait()
	return p.ProcessState.ExitCode()
}

// awaitLine waits until the output has a match and returns its first group.
func (p *process) awaitLine(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if m := re.FindStringSubmatch(p.out.String()); m != nil {
			return m[len(m)-1]
		}
		if p.ProcessState != nil {
			break
		}
	}
	t.Fatalf("the output has no %s:\n%s", pattern, p.out.String())
	return ""
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// The whole program comes up on an empty folder, says where it is, answers, says
// that its parts are well, refuses a second start and stops when asked to.
func TestUp(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	settings := []string{"ZHIXING_DATA=" + data, "ZHIXING_ADDR=127.0.0.1:0"}
	p := start(t, settings, "up")
	address := p.awaitLine(t, `Zhixing  (http://127\.0\.0\.1:\d+)`)
	if code, body := get(t, address+"/healthz"); code != http.StatusOK {
		t.Errorf("/healthz: %d %s", code, body)
	}
	code, body := get(t, address+"/readyz")
	var ready struct{ Parts map[string]string }
	if err := json.Unmarshal([]byte(body), &ready); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"database", "redis", "storage", "stack"} {
		if ready.Parts[part] != "ok" {
			t.Errorf("/readyz: %d %s: %s is not ok", code, body, part)
		}
	}
	if _, body := get(t, address+"/metrics"); !strings.Contains(body, `zhixing_part_up{part="database"} 1`) || !strings.Contains(body, `zhixing_jobs{state="dead"} 0`) {
		t.Errorf("/metrics lacks the parts and the jobs")
	}
	if rate, err := loadtestInserts(t, data); err != nil || rate <= 0 {
		t.Errorf("a load test of it measures %.0f single INSERTs a second beside it: %v", rate, err)
	}
	second := start(t, settings, "up")
	if code := second.finish(t); code != 1 || !strings.Contains(second.out.String(), "is in use by the zhixing with process id") {
		t.Errorf("second start: exit code %d, %s", code, second.out.String())
	}
	doctor := start(t, append(settings, "ZHIXING_ADDR="+strings.TrimPrefix(address, "http://")), "doctor")
	if code := doctor.finish(t); code != 0 || !strings.Contains(doctor.out.String(), "schema       is up to date") {
		t.Errorf("doctor: exit code %d\n%s", code, doctor.out.String())
	}
	began := time.Now()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.finish(t); code != 0 {
		t.Errorf("after Ctrl-C: exit code %d", code)
	}
	t.Logf("stopped %d ms after Ctrl-C", time.Since(began).Milliseconds())
	// What everything under way is given to end, and then each service, is within
	// the 10 s that are promised. Seen red: with a drainLimit of 6 s.
	atMost, err := time.ParseDuration(p.awaitLine(t, `in_all_at_most"?[=:]"?([0-9a-z.]+)`))
	if err != nil || atMost <= 0 || atMost >= 10*time.Second {
		t.Errorf("stopping may take %s (%v), promised are 10 s", atMost, err)
	}
	third := start(t, settings, "up", "--services-only", "--", "true")
	if code := third.finish(t); code != 0 {
		t.Errorf("a start after the stop: exit code %d", code)
	}
}

// loadtestInserts is what a load test without any setting but the data folder
// measures beside it. Seen red: with the setting alone looked at, as it was, it
// said "not measured" of every server that make run started.
func loadtestInserts(t *testing.T, data string) (float64, error) {
	t.Helper()
	url, err := runningDatabase(Config{Data: data})
	if err != nil {
		return 0, err
	}
	return inserts(t.Context(), url, 2)
}

// A command after -- runs when all is ready, is told where the services are, not
// what our settings are, and its exit code is ours.
func TestUpCommand(t *testing.T) {
	settings := []string{"ZHIXING_DATA=" + filepath.Join(t.TempDir(), "data"), "ZHIXING_LOG_LEVEL=warn"}
	p := start(t, settings, "up", "--services-only", "--", "sh", "-c", "env; exit 7")
	if code := p.finish(t); code != 7 {
		t.Errorf("exit code %d, want the command's 7", code)
	}
	seen := map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(p.out.String()))
	for lines.Scan() {
		if name, _, ok := strings.Cut(lines.Text(), "="); ok && strings.HasPrefix(name, prefix) {
			seen[name] = true
			if !strings.HasPrefix(name, testPrefix) {
				t.Errorf("the command sees our setting %s", name)
			}
		}
	}
	for _, name := range []string{"DATABASE_URL", "REDIS_URL", "S3_ENDPOINT", "S3_REGION", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY"} {
		if !seen[testPrefix+name] {
			t.Errorf("the command does not see %s%s", testPrefix, name)
		}
	}
}

// A service that is configured does not run here.
func TestUpUsesConfiguredServices(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, []string{
		"ZHIXING_DATA=" + data, "ZHIXING_REDIS_URL=" + testSetting(t, "REDIS_URL"), "ZHIXING_DATABASE_URL=" + testSetting(t, "DATABASE_URL"),
	}, "up", "--services-only", "--", "sh", "-c", "echo database=$ZHIXING_TEST_DATABASE_URL")
	if code := p.finish(t); code != 0 || !strings.Contains(p.out.String(), "database="+testSetting(t, "DATABASE_URL")+"\n") {
		t.Errorf("exit code %d", code)
	}
	if _, err := os.Stat(filepath.Join(data, "postgres")); !os.IsNotExist(err) {
		t.Errorf("a private PostgreSQL was made: %v", err)
	}
}

// testSetting is a service of the tests; without it the test fails.
func testSetting(t *testing.T, name string) string {
	t.Helper()
	v := os.Getenv(testPrefix + name)
	if v == "" {
		t.Fatalf("%s%s is not set: run the tests with make test", testPrefix, name)
	}
	return v
}

// serve and worker need services, and say which are missing; settings that are
// wrong stop every command by name.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings []string
		args     []string
		want     string
	}{
		{"serve without services", nil, []string{"serve"}, "not set: ZHIXING_DATABASE_URL, ZHIXING_REDIS_URL, ZHIXING_S3_ENDPOINT"},
		{"worker without services", nil, []string{"worker"}, "not set: ZHIXING_DATABASE_URL"},
		{"migrate without a database", nil, []string{"migrate"}, "ZHIXING_DATABASE_URL is not set"},
		{"unknown setting", []string{"ZHIXING_ADDRESS=:1"}, []string{"up"}, "ZHIXING_ADDRESS is not a setting; did you mean ZHIXING_ADDR?"},
		{"malformed setting", []string{"ZHIXING_ADDR=8080"}, []string{"migrate"}, "ZHIXING_ADDR is wrong: it must be host:port"},
		{"doctor on a malformed setting", []string{"ZHIXING_ADDR=8080"}, []string{"doctor"}, "BAD   settings"},
		{"doctor without a database", []string{"ZHIXING_DATABASE_URL=postgres://nobody@127.0.0.1:1/none"}, []string{"doctor"}, "BAD   database     cannot be reached"},
		{"doctor without Redis", []string{"ZHIXING_REDIS_URL=redis://127.0.0.1:1"}, []string{"doctor"}, "BAD   redis        cannot be reached"},
		{"doctor with a folder of copies that is none", []string{"ZHIXING_ADDR=nowhere.invalid:1", "ZHIXING_DATA=/dev/null"}, []string{"doctor"}, "media copies"},
		{"doctor without a temporary folder", []string{"TMPDIR=/nonexistent/tmp"}, []string{"doctor"}, "BAD   temporary    /nonexistent/tmp cannot be looked at"},
		{"doctor without storage", []string{"ZHIXING_S3_ENDPOINT=127.0.0.1:1", "ZHIXING_S3_ACCESS_KEY=a", "ZHIXING_S3_SECRET_KEY=b", "ZHIXING_S3_SECURE=false"}, []string{"doctor"}, "BAD   storage"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, append([]string{"ZHIXING_DATA=" + t.TempDir()}, c.settings...), c.args...)
			if code := p.finish(t); code != 1 || !strings.Contains(p.out.String(), c.want) {
				t.Errorf("exit code %d, want 1 and %q in\n%s", code, c.want, p.out.String())
			}
		})
	}
}
