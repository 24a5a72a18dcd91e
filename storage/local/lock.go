package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// BusyError says that another process holds the data folder.
type BusyError struct {
	Dir string
	PID int // 0 when the holder has not written it yet
}

// Error implements error, in words for the person at the terminal.
func (e *BusyError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("the data folder %s is in use by another zhixing; stop that one or choose another ZHIXING_DATA", e.Dir)
	}
	return fmt.Sprintf("the data folder %s is in use by the zhixing with process id %d; stop that one or choose another ZHIXING_DATA", e.Dir, e.PID)
}

// takeLock takes the data folder for this process. The lock is the kernel's and
// dies with the process; the file's text only says who holds it.
func takeLock(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		busy := &BusyError{Dir: dir}
		if b, readErr := os.ReadFile(path); readErr == nil {
			busy.PID, _ = strconv.Atoi(strings.TrimSpace(string(b)))
		}
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, busy
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := f.Truncate(0); err != nil {
		return nil, errors.Join(fmt.Errorf("write the lock file: %w", err), f.Close())
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return nil, errors.Join(fmt.Errorf("write the lock file: %w", err), f.Close())
	}
	return f, nil
}

// releaseLock gives the data folder free. The file stays: removing it would let
// two processes lock two files of the same name.
func releaseLock(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return errors.Join(fmt.Errorf("clear the lock file: %w", err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("release the data folder: %w", err)
	}
	return nil
}
