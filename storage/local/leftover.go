package local

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// leftoverLimit is how long a leftover gets to end by itself before it is killed.
const leftoverLimit = 5 * time.Second

// record is what <part>.pid holds. A pid alone is not an identity: the start
// time tells a process from a later one of the same number.
type record struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks after boot, field 22 of /proc/<pid>/stat
}

func writeRecord(path string, pid int) error {
	start, err := startTime(pid)
	if err != nil {
		return err
	}
	b, err := json.Marshal(record{pid, start})
	if err != nil {
		return fmt.Errorf("record the process id: %w", err)
	}
	return writeFile(path, b)
}

// programs are the executables that each part may consist of.
var programs = map[string][]string{
	Postgres: {"postgres"},
	Redis:    {"redis-server", "redis-check-rdb"}, // Debian's server is a link to redis-check-rdb
	MinIO:    {"minio"},
}

// endLeftovers ends what a killed zhixing left running in this data folder. We
// hold the folder's lock, so whatever of ours runs in it has lost its parent.
func endLeftovers(ctx context.Context, log *slog.Logger, f folders) error {
	for part, names := range programs {
		pids := leftovers(f, part, names)
		for _, pid := range pids {
			log.Warn("ending a process that a killed start left behind", "part", part, "pid", pid)
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
		if part == Postgres && len(pids) > 0 {
			for _, pid := range pids { // "smart" shutdown would wait for clients that are gone
				_ = syscall.Kill(pid, syscall.SIGINT)
			}
		}
		if err := waitGone(ctx, f, part, names); err != nil {
			return err
		}
		_ = os.Remove(f.pid(part))
	}
	return nil
}

// waitGone waits until nothing of a part is left, killing after leftoverLimit.
func waitGone(ctx context.Context, f folders, part string, names []string) error {
	kill := time.After(leftoverLimit)
	for {
		pids := leftovers(f, part, names)
		if len(pids) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("end the leftover %s (process ids %v): %w", part, pids, ctx.Err())
		case <-kill:
			for _, pid := range pids {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// leftovers lists the processes of one part of this data folder: those whose
// working folder is the part's (PostgreSQL's backends too), and the recorded one
// if it is still the same process and its command line names the part's folder.
// Anything that cannot be proven ours is left alone.
func leftovers(f folders, part string, names []string) []int {
	dir := f.of(part)
	var found []int
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		if runsIn(pid, dir, names) {
			found = append(found, pid)
		}
	}
	if pid, ok := recorded(f.pid(part), dir); ok && !slices.Contains(found, pid) {
		found = append(found, pid)
	}
	return found
}

// runsIn reports whether pid is one of the programs, working in dir.
func runsIn(pid int, dir string, names []string) bool {
	cwd, err := os.Readlink(procPath(pid, "cwd"))
	if err != nil || cwd != dir {
		return false
	}
	exe, err := os.Readlink(procPath(pid, "exe"))
	if err != nil {
		return false
	}
	base := filepath.Base(strings.TrimSuffix(exe, " (deleted)"))
	return slices.Contains(names, base) && alive(pid)
}

// recorded returns the pid in a record if the process is the one recorded and
// is about dir. This way needs no right to look into another user's process.
func recorded(path, dir string) (int, bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil || r.PID <= 1 {
		return 0, false
	}
	start, err := startTime(r.PID)
	if err != nil || start != r.Start || !alive(r.PID) {
		return 0, false
	}
	cmdline, err := os.ReadFile(procPath(r.PID, "cmdline"))
	if err != nil {
		return 0, false
	}
	for arg := range strings.SplitSeq(string(cmdline), "\x00") {
		if arg == dir {
			return r.PID, true
		}
	}
	return 0, false
}

// startTime returns when a process started, in clock ticks after boot.
func startTime(pid int) (uint64, error) {
	fields, err := statFields(pid)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("start time of process %d: %w", pid, err)
	}
	return n, nil
}

// alive reports whether a process exists and is not a zombie.
func alive(pid int) bool {
	fields, err := statFields(pid)
	return err == nil && fields[0] != "Z" && fields[0] != "X"
}

// statFields returns the fields of /proc/<pid>/stat after the command's name,
// which may itself hold blanks and brackets: field 0 is the state, 19 the start.
func statFields(pid int) ([]string, error) {
	b, err := os.ReadFile(procPath(pid, "stat"))
	if err != nil {
		return nil, fmt.Errorf("look at process %d: %w", pid, err)
	}
	_, rest, ok := strings.Cut(string(b[max(strings.LastIndexByte(string(b), ')'), 0):]), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 {
		return nil, fmt.Errorf("look at process %d: unreadable stat", pid)
	}
	return fields, nil
}

func procPath(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }
