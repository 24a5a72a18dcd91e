package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// nobody is the user that a caged program runs as when we are root.
const nobody = 65534

// limits of one caged program. Every one of them must be set.
type limits struct {
	wall   time.Duration
	cpu    time.Duration // of all threads together
	memory int64         // bytes of address space
	file   int64         // bytes of any one file it writes
}

// cage runs programs that read hostile files: in a process group of its own
// that dies with us, with no network, no environment, no stdin, as an
// unprivileged user and within limits. What the machine does not allow (a
// network namespace inside some containers) is left out and logged once.
type cage struct {
	base  string // folder of the workspaces
	once  sync.Once
	attrs func() *syscall.SysProcAttr
	uid   int // of the caged program, -1 for our own
}

// caged is how a program ended otherwise than well.
type caged struct {
	program string
	signal  syscall.Signal // that ended it, 0 if it exited
	code    int
	stderr  string // the last of what it said
	cause   error  // of our killing it: deadline, cancel, stall
}

func (e *caged) Error() string {
	return fmt.Sprintf("%s: exit %d, signal %d: %s", e.program, e.code, int(e.signal), e.stderr)
}

func (e *caged) Unwrap() error { return e.cause }

// setUp finds the strongest cage that this machine allows.
func (c *cage) setUp() {
	root := os.Geteuid() == 0
	type try struct {
		uid   int
		flags uintptr
	}
	tries := []try{{-1, syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET}, {-1, 0}}
	if root {
		tries = []try{{nobody, syscall.CLONE_NEWNET}, {nobody, 0}, {-1, syscall.CLONE_NEWNET}, {-1, 0}}
	}
	for i, t := range tries {
		c.uid, c.attrs = t.uid, func() *syscall.SysProcAttr {
			a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: t.flags}
			if t.uid >= 0 {
				a.Credential = &syscall.Credential{Uid: uint32(t.uid), Gid: uint32(t.uid)} //nolint:gosec // a constant
			}
			if t.flags&syscall.CLONE_NEWUSER != 0 {
				a.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
				a.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
			}
			return a
		}
		if c.works() {
			if i > 0 {
				slog.Warn("media cage is weaker than it could be", "own_user", t.uid >= 0, "no_network", t.flags&syscall.CLONE_NEWNET != 0)
			}
			return
		}
	}
}

func (c *cage) works() bool {
	dir, free, err := c.workspace("probe")
	if err != nil {
		return false
	}
	defer free()
	cmd := exec.Command("/bin/sh", "-c", ": >probe") //nolint:noctx // ends at once
	cmd.Dir, cmd.SysProcAttr = dir, c.attrs()
	return cmd.Run() == nil
}

// workspace makes a private folder that the caged user owns.
func (c *cage) workspace(name string) (string, func(), error) {
	dir, err := os.MkdirTemp(c.base, fmt.Sprintf("zhixing-media-%d.%s-%s-", os.Getpid(), startOf(os.Getpid()), name))
	if err != nil {
		return "", nil, fmt.Errorf("make a workspace: %w", err)
	}
	free := func() {
		if err := os.RemoveAll(dir); err != nil {
			slog.Error("remove a workspace", "error", err)
		}
	}
	if c.uid >= 0 {
		if err := os.Chown(dir, c.uid, c.uid); err != nil {
			free()
			return "", nil, fmt.Errorf("give a workspace away: %w", err)
		}
	}
	return dir, free, nil
}

// sweep removes the workspaces of workers that are gone. A process id alone does
// not tell: the worker of a container is number 1 at every start, and finds the
// folders of the number 1 before it.
func (c *cage) sweep() {
	dirs, err := filepath.Glob(filepath.Join(c.base, "zhixing-media-*"))
	if err != nil {
		return
	}
	for _, d := range dirs {
		id, start, _ := strings.Cut(strings.Split(filepath.Base(d), "-")[2], ".")
		pid, err := strconv.Atoi(id)
		if err != nil || !gone(pid, start) {
			continue
		}
		if err := os.RemoveAll(d); err != nil {
			slog.Error("remove an old workspace", "error", err)
		}
	}
}

// gone reports whether the process that started at start is there no more. A
// folder of a version that wrote no start is only ours to keep if we made it,
// which we did not.
func gone(pid int, start string) bool {
	now := startOf(pid)
	if now == "" { // nobody, or nobody that we may look at
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	if start == "" {
		return pid == os.Getpid()
	}
	return now != start
}

// startOf is when a process started, in clock ticks after boot: field 22 of its
// stat, counted from the end of the name, which may hold blanks and brackets. ""
// when it cannot be read.
func startOf(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 20 {
		return ""
	}
	return f[19]
}

// limited is the shell line that sets the limits and becomes the program. It
// gives way to everything else on the machine, so that an exam never waits for a
// video: the idle class is set aside the moment anybody else wants the core or
// the disk, where a niced program would end its slice first. The programs are of
// util-linux, which every Debian has; without them it is only nice.
const limited = `ulimit -c 0 && ulimit -S -t "$1" && ulimit -H -t $(($1 + 5)) && ulimit -v "$2" && ulimit -f "$3" && shift 3
if chrt --idle 0 ionice -c 3 true 2>/dev/null; then exec chrt --idle 0 ionice -c 3 nice -n 19 "$@"; fi
exec nice -n 19 "$@"`

// run runs a program in dir until it ends, ctx ends or a limit is met; the
// whole process group is dead when it returns. A bad end is a *caged.
func (c *cage) run(ctx context.Context, dir string, l limits, stdout io.Writer, program string, args ...string) error {
	_, err := c.hear(ctx, dir, l, stdout, program, args...)
	return err
}

// hear is run that also gives the last of what a program said that ended well.
func (c *cage) hear(ctx context.Context, dir string, l limits, stdout io.Writer, program string, args ...string) (string, error) {
	c.once.Do(c.setUp)
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", program, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.wall, errTooSlow)
	defer cancel()
	sh := []string{"-c", limited, "cage", strconv.Itoa(int(l.cpu.Seconds()) + 1), strconv.FormatInt(l.memory>>10, 10), strconv.FormatInt(l.file>>9, 10), path}
	cmd := exec.CommandContext(ctx, "/bin/sh", append(sh, args...)...) //nolint:gosec // a fixed program; file names are ours
	cmd.Dir, cmd.Env, cmd.SysProcAttr, cmd.Stdout = dir, []string{}, c.attrs(), stdout
	said := &tail{}
	cmd.Stderr = said
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second

	// Pdeathsig is sent when the thread that started the child ends, so that
	// thread is ours until the child has ended.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start %s: %w", program, err)
	}
	err = cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // whatever it left behind
	if err == nil {
		return said.String(), nil
	}
	bad := &caged{program: program, code: -1, stderr: said.String(), cause: context.Cause(ctx)}
	if st, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok {
		bad.code = st.ExitStatus()
		if st.Signaled() {
			bad.signal = st.Signal()
		}
	}
	return "", bad
}

// tail keeps the last bytes written.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > 4096 {
		t.b = t.b[len(t.b)-2048:]
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.ToValidUTF8(string(bytes.TrimSpace(t.b)), "?") }
