package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// How a part that dies is started again: after a pause that doubles from the
// first to the second, and begins anew once it has held for the third.
const (
	backoffFirst  = 200 * time.Millisecond
	backoffLast   = 10 * time.Second
	backoffSteady = time.Minute
)

// startLimit is how long a part may take to answer after its start: PostgreSQL
// may have to replay its log after a power cut.
const startLimit = 2 * time.Minute

// stopLimit bounds Stop as a whole; each part has a share of it.
const stopLimit = 6 * time.Second

const maxLog = 16 << 20 // a part's log is put aside at start above this size

// State is what a part is doing.
type State string

// The states of a part.
const (
	Starting   State = "starting"
	Running    State = "running"
	Restarting State = "restarting"
	Stopped    State = "stopped"
)

// Status tells how one part is doing.
type Status struct {
	Part     string
	State    State
	PID      int       // 0 while it does not run
	Restarts int       // how often it died and was started again
	LastExit string    // how it ended the last time, "" if it never did
	Since    time.Time // of the state
}

// stopStep is one way to ask a part to end, and how long it gets.
type stopStep struct {
	signal syscall.Signal
	grace  time.Duration
}

// part is one supervised child.
type part struct {
	name    string
	log     *slog.Logger
	now     func() time.Time
	logPath string
	pidPath string

	command func() *exec.Cmd            // a fresh command for each start
	probe   func(context.Context) error // nil once the part answers
	stops   []stopStep                  // how to stop it: each next one after the grace of the one before; then SIGKILL

	quit chan struct{}
	done chan struct{}

	mu sync.Mutex
	st Status
}

// launch starts the part, keeps it running in the background and returns when
// it answers. If it ends before that, the reason is returned with the last
// lines it printed.
func (p *part) launch(ctx context.Context) error {
	p.quit, p.done = make(chan struct{}), make(chan struct{})
	p.set(Starting, 0, "")
	ready := make(chan error, 1)
	go p.supervise(ready)
	select {
	case err := <-ready:
		return err
	case <-ctx.Done():
		return fmt.Errorf("start %s: %w", p.name, ctx.Err())
	}
}

// supervise runs the part again and again until stop. The kernel ties
// "tell me when my parent dies" to the thread that forked, so this goroutine
// keeps its thread for as long as the child lives.
func (p *part) supervise(ready chan<- error) {
	runtime.LockOSThread()
	defer close(p.done)
	pause := backoffFirst
	for first := true; ; first = false {
		began := p.now()
		err := p.runOnce(ready)
		if p.quitting() {
			p.set(Stopped, 0, describe(err))
			return
		}
		if first && p.status().State == Starting {
			p.set(Stopped, 0, describe(err))
			ready <- fmt.Errorf("%s did not start (%s); its last words, from %s:\n%s", p.name, describe(err), p.logPath, tail(p.logPath))
			return
		}
		if p.now().Sub(began) > backoffSteady {
			pause = backoffFirst
		}
		p.died(describe(err), pause)
		select {
		case <-time.After(pause):
		case <-p.quit:
			p.set(Stopped, 0, describe(err))
			return
		}
		pause = min(2*pause, backoffLast)
	}
}

// runOnce starts the child and returns when it has ended.
func (p *part) runOnce(ready chan<- error) error {
	out, err := openLog(p.logPath)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	cmd := p.command()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	if err := writeRecord(p.pidPath, cmd.Process.Pid); err != nil {
		p.log.Warn("cannot record the process id", "part", p.name, "error", err)
	}
	p.mu.Lock()
	p.st.PID = cmd.Process.Pid
	p.mu.Unlock()
	if p.quitting() { // stop came before there was somebody to tell
		p.signal(p.stops[0].signal)
	}
	ctx, cancel := context.WithCancel(context.Background())
	probed := make(chan struct{})
	go func() {
		defer close(probed)
		p.awaitAnswer(ctx, cmd.Process, ready)
	}()
	err = cmd.Wait()
	cancel()
	<-probed
	_ = os.Remove(p.pidPath)
	if err == nil {
		return errors.New("ended without an error")
	}
	return err
}

// awaitAnswer marks the part as running once it answers, and kills a child that
// never does, so that it is started anew.
func (p *part) awaitAnswer(ctx context.Context, child *os.Process, ready chan<- error) {
	late := time.After(startLimit)
	for {
		tryCtx, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := p.probe(tryCtx)
		cancel()
		if ctx.Err() != nil { // it has ended
			return
		}
		if err == nil {
			restarted := p.status().State == Restarting
			p.set(Running, child.Pid, p.status().LastExit)
			if restarted {
				p.log.Info("part answers again", "part", p.name, "pid", child.Pid)
			}
			select {
			case ready <- nil:
			default: // only the first start has somebody waiting
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-late:
			p.log.Error("part does not answer; killing it", "part", p.name, "pid", child.Pid, "error", err)
			_ = child.Kill()
			return
		case <-time.After(15 * time.Millisecond):
		}
	}
}

// stop ends the part: politely, then firmly.
func (p *part) stop(ctx context.Context) error {
	if p.quit == nil {
		return nil
	}
	close(p.quit)
	for _, step := range p.stops {
		p.signal(step.signal)
		select {
		case <-p.done:
			return nil
		case <-ctx.Done():
		case <-time.After(step.grace):
		}
	}
	p.log.Warn("part does not stop; killing it", "part", p.name)
	p.signal(syscall.SIGKILL)
	select {
	case <-p.done:
		return nil
	case <-time.After(time.Second):
		return fmt.Errorf("%s does not end, not even when killed", p.name)
	}
}

func (p *part) signal(sig syscall.Signal) {
	if pid := p.status().PID; pid > 0 {
		_ = syscall.Kill(pid, sig)
	}
}

func (p *part) quitting() bool {
	select {
	case <-p.quit:
		return true
	default:
		return false
	}
}

func (p *part) died(how string, pause time.Duration) {
	p.log.Error("part died; starting it again", "part", p.name, "exit", how, "pause", pause.String(), "log", p.logPath)
	p.mu.Lock()
	p.st.Restarts++
	p.mu.Unlock()
	p.set(Restarting, 0, how)
}

func (p *part) set(s State, pid int, exit string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.st.Part, p.st.State, p.st.PID, p.st.LastExit, p.st.Since = p.name, s, pid, exit, p.now()
}

func (p *part) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.st
}

func describe(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// openLog opens a part's log for appending; a large one is put aside first.
func openLog(path string) (*os.File, error) {
	if fi, err := os.Stat(path); err == nil && fi.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("put the old log aside: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return f, nil
}

// tail returns the last kilobyte or so of a log.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if fi, err := f.Stat(); err == nil && fi.Size() > 1500 {
		_, _ = f.Seek(-1500, io.SeekEnd)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return ""
	}
	return string(b)
}
