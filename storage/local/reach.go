package local

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Holder tells whether a stack runs in the data folder, and in which process.
func Holder(dir string) (pid int, held bool) {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return 0, false // closing gives our own short lock back
	}
	b := make([]byte, 32)
	n, _ := f.Read(b)
	pid, _ = strconv.Atoi(strings.TrimSpace(string(b[:n])))
	return pid, true
}

// Reach returns how to reach the stack that another process runs in the data
// folder. It needs the right to read the folder's credentials.
func Reach(dir string) (Endpoints, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Endpoints{}, fmt.Errorf("data folder: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return Endpoints{}, fmt.Errorf("data folder: %w", err)
	}
	f := foldersOf(dir)
	keys, err := readSecrets(f)
	if err != nil {
		return Endpoints{}, err
	}
	e := f.endpoints(keys)
	if b, err := os.ReadFile(f.port()); err == nil {
		e.S3Endpoint = net.JoinHostPort("127.0.0.1", strings.TrimSpace(string(b)))
	}
	return e, nil
}
