package worker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"zhixing/domain"
)

func roomy() limits {
	return limits{wall: time.Minute, cpu: time.Minute, memory: 4 << 30, file: 1 << 30}
}

// waitFor polls until ok or fails after a long while.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func inCage(t *testing.T) (*cage, string) {
	t.Helper()
	f, dir := take(t, written(t, "x", "x"))
	return f.cage, dir
}

func TestTheCageIsBare(t *testing.T) {
	t.Setenv("SECRET", "s3cret")
	c, dir := inCage(t)
	var out bytes.Buffer
	err := c.run(t.Context(), dir, roomy(), &out, "sh", "-c", `id -u; env; cat /proc/self/net/dev | tail -n +3 | cut -d: -f1; cat; echo end`)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(out.String())
	if strings.Contains(out.String(), "s3cret") {
		t.Error("the environment came in")
	}
	if os.Geteuid() == 0 && got[0] != strconv.Itoa(nobody) {
		t.Errorf("runs as user %s", got[0])
	}
	if c.attrs().Cloneflags&syscall.CLONE_NEWNET != 0 && (len(got) < 2 || got[len(got)-2] != "lo" || strings.Contains(out.String(), "eth0")) {
		t.Errorf("sees a network: %v", got)
	}
}

// A video never keeps a learner waiting: what is caged runs in the kernel's idle
// class (policy 5), and gives way on the disk too.
// Seen red: with `exec nice -n 10` alone the policy is 0.
func TestTheCageGivesWay(t *testing.T) {
	if _, err := exec.LookPath("chrt"); err != nil {
		t.Skip("no chrt (util-linux) here")
	}
	c, dir := inCage(t)
	var out bytes.Buffer
	if err := c.run(t.Context(), dir, roomy(), &out, "sh", "-c", `cut -d" " -f19,41 /proc/self/stat; ionice`); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(out.String()); len(got) != 3 || got[0] != "19" || got[1] != "5" || got[2] != "idle" {
		t.Errorf("nice, policy, disk class: %v", got)
	}
}

func TestTheCageHasLimits(t *testing.T) {
	tests := []struct {
		name   string
		change func(*limits)
		script string
		reason string
	}{
		{"wall time", func(l *limits) { l.wall = 100 * time.Millisecond }, "sleep 600", "media.took_too_long"},
		{"processor time", func(l *limits) { l.cpu = 0 }, "while :; do :; done", "media.took_too_long"},
		{"file size", func(l *limits) { l.file = 1 << 20 }, "exec head -c 9000000 /dev/zero >big", "media.output_too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, dir := inCage(t)
			l := roomy()
			tt.change(&l)
			err := c.run(t.Context(), dir, l, io.Discard, "sh", "-c", tt.script)
			if got := domain.ReasonOf(blame(err)); got != tt.reason {
				t.Errorf("reason %q of %v", got, err)
			}
			if st, err := os.Stat(filepath.Join(dir, "big")); err == nil && st.Size() > 1<<20 {
				t.Errorf("wrote %d bytes", st.Size())
			}
		})
	}
	t.Run("memory", func(t *testing.T) {
		c, dir := inCage(t)
		l := roomy()
		l.memory = 64 << 20
		if err := c.run(t.Context(), dir, l, io.Discard, "sh", "-c", "head -c 500000000 /dev/zero | tail -c 400000000 >/dev/null && exit 0; exit 9"); err == nil {
			t.Error("took 400 MB of 64")
		}
	})
}

// Seen red: with the child alone killed, on cancel and after its end, the
// grandchild lived on.
func TestTheWholeGroupDies(t *testing.T) {
	c, dir := inCage(t)
	ctx, cancel := context.WithCancel(t.Context())
	pid := filepath.Join(dir, "pid")
	done := make(chan error, 1)
	go func() {
		done <- c.run(ctx, dir, roomy(), io.Discard, "sh", "-c", "sleep 600 & echo $! >pid.new; mv pid.new pid; wait")
	}()
	var child int
	waitFor(t, "the grandchild starts", func() bool {
		b, err := os.ReadFile(pid) //nolint:gosec // ours
		child, _ = strconv.Atoi(strings.TrimSpace(string(b)))
		return err == nil && child > 0
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	waitFor(t, "the grandchild dies", func() bool { return dead(child) })
}

func dead(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(b), ") Z ")
}

// TestMain lets the test binary be the worker that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("ZHIXING_TEST_CAGED_IN"); dir != "" {
		c := &cage{base: dir}
		err := c.run(context.Background(), dir, roomy(), io.Discard, "sh", "-c", "echo $$ >pid.new; mv pid.new pid; exec sleep 600")
		if err != nil {
			os.Exit(1)
		}
	}
	if id := os.Getenv("ZHIXING_TEST_PROCESS"); id != "" {
		os.Exit(processAsChild(id))
	}
	os.Exit(m.Run())
}

// A worker that is killed takes its encoder with it. Seen red: without
// Pdeathsig the sleep lived on.
func TestAKilledWorkerLeavesNoOrphan(t *testing.T) {
	dir := open(t)
	self := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this binary
	self.Env = append(os.Environ(), "ZHIXING_TEST_CAGED_IN="+dir)
	if err := self.Start(); err != nil {
		t.Fatal(err)
	}
	var child int
	waitFor(t, "the caged program starts", func() bool {
		b, err := os.ReadFile(filepath.Join(dir, "pid")) //nolint:gosec // ours
		child, _ = strconv.Atoi(strings.TrimSpace(string(b)))
		return err == nil && child > 0
	})
	if dead(child) {
		t.Fatal("the caged program is not there")
	}
	if err := self.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = self.Wait()
	waitFor(t, "the caged program dies", func() bool { return dead(child) })
}

// Seen red: with the process id alone telling, the folder of an earlier process
// of our own number (in a container the worker is always 1) stayed for ever.
func TestOldWorkspacesAreSwept(t *testing.T) {
	base := open(t)
	pid, alive := strconv.Itoa(os.Getpid()), strconv.Itoa(os.Getppid())
	tests := map[string]bool{ // folder: whether it stays
		"zhixing-media-4194000.77-run-1":                               false,
		"zhixing-media-4194000-run-1":                                  false, // of a version that wrote no start
		"zhixing-media-" + pid + ".1-run-1":                            false, // our number, an older start
		"zhixing-media-" + pid + "-0193-run-1":                         false,
		"zhixing-media-" + pid + "." + startOf(os.Getpid()) + "-run-1": true,
		"zhixing-media-" + alive + ".1-run-1":                          false,
		"zhixing-media-" + alive + "-0193-run-1":                       true,
		"zhixing-media-" + alive + "." + startOf(os.Getppid()) + "-r-": true,
		"zhixing-media-notes":                                          true,
		"another-folder":                                               true,
	}
	for name := range tests {
		if err := os.Mkdir(filepath.Join(base, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	NewFFmpeg(base, 1)
	for name, stays := range tests {
		if _, err := os.Stat(filepath.Join(base, name)); (err == nil) != stays {
			t.Errorf("%s: %v, want it to stay: %v", name, err, stays)
		}
	}
}

// A workspace bears its maker's mark, so that the maker's own sweep keeps it.
func TestOwnWorkspaceStays(t *testing.T) {
	base := open(t)
	dir, free, err := NewFFmpeg(base, 1).Workspace("run", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	NewFFmpeg(base, 1)
	if _, err := os.Stat(dir); err != nil {
		t.Error("another encoder of this process removed it")
	}
}
