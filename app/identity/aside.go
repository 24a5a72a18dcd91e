package identity

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"sync/atomic"
	"time"
)

// Aside is the password hasher of a server that has other things to do: it
// hashes with Argon2id in processes of their own. A hash fills 19 MiB, after
// which the collector goes through everything the process holds, on all
// processors; where saves are answered, a herd of sign-ins made them wait for
// that, and for processors that the hashes had. Processes can be told to give
// way to everybody, and have nothing to collect.
type Aside struct {
	command  func() *exec.Cmd
	slots    chan *aside // nil is one that was not started
	here     *Argon2id
	patience time.Duration
	hurried  atomic.Bool // the processes have no part of the machine at the moment
}

// Who gives way to everybody gets nothing on a machine that is busy throughout.
// After asidePatience a hash is made here, and so are those of the next
// asideRest: a hash takes some 25 ms.
const (
	asidePatience = 500 * time.Millisecond
	asideRest     = 10 * time.Second
)

// aside is one process that hashes.
type aside struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// A question is to make a hash when none is given, else to compare with it.
type hashQuestion struct {
	Password string `json:"password"`
	Hash     string `json:"hash,omitempty"`
}

type hashAnswer struct {
	Hash  string `json:"hash,omitempty"`
	OK    bool   `json:"ok"`
	Stale bool   `json:"stale"`
	Error string `json:"error,omitempty"`
}

// NewAside hashes in so many processes at once, each begun when it is needed by
// running command, which must end in ServeHashes. They end when this process
// does.
func NewAside(parallel int, command func() *exec.Cmd) *Aside {
	a := &Aside{command: command, slots: make(chan *aside, max(1, parallel)), here: NewArgon2id(parallel), patience: asidePatience}
	for range cap(a.slots) {
		a.slots <- nil
	}
	return a
}

// Hash implements org.PasswordHasher.
func (a *Aside) Hash(ctx context.Context, password string) (string, error) {
	answer, err := a.ask(ctx, hashQuestion{Password: password})
	if err != nil {
		return "", err
	}
	return answer.Hash, nil
}

// Verify implements org.PasswordHasher. A hash that cannot be read is an error.
func (a *Aside) Verify(ctx context.Context, password, encoded string) (ok, stale bool, err error) {
	if encoded == "" {
		return false, false, errors.New("password hash of unknown form")
	}
	answer, err := a.ask(ctx, hashQuestion{Password: password, Hash: encoded})
	if err != nil {
		return false, false, err
	}
	return answer.OK, answer.Stale, nil
}

// ask waits for a turn, first come first served, and asks a process. One that
// died is replaced; where none can be started, or it gets nothing done, the hash
// is made here.
func (a *Aside) ask(ctx context.Context, q hashQuestion) (hashAnswer, error) {
	var p *aside
	select {
	case p = <-a.slots:
	case <-ctx.Done():
		return hashAnswer{}, fmt.Errorf("wait for a password slot: %w", ctx.Err())
	}
	defer func() { a.slots <- p }()
	var answer hashAnswer
	done := false
	for try := 0; try < 2 && !done && !a.hurried.Load(); try++ {
		var err error
		if p == nil {
			p, err = a.start()
		}
		if err == nil {
			if answer, err = a.wait(p, q); err == nil {
				done = true
				break
			}
			go p.end()
			p = nil
		}
		slog.WarnContext(ctx, "a process for passwords failed", "try", try+1, "error", err.Error())
	}
	if !done {
		answer = a.here.answer(ctx, q)
	}
	if answer.Error != "" {
		return hashAnswer{}, errors.New(answer.Error)
	}
	return answer, nil
}

var errStarved = errors.New("it gets nothing done")

// wait asks a process, as long as there is patience.
func (a *Aside) wait(p *aside, q hashQuestion) (hashAnswer, error) {
	type reply struct {
		answer hashAnswer
		err    error
	}
	replies := make(chan reply, 1)
	go func() {
		answer, err := p.ask(q)
		replies <- reply{answer, err}
	}()
	enough := time.NewTimer(a.patience)
	defer enough.Stop()
	select {
	case r := <-replies:
		return r.answer, r.err
	case <-enough.C:
		a.hurried.Store(true)
		time.AfterFunc(asideRest, func() { a.hurried.Store(false) })
		return hashAnswer{}, errStarved
	}
}

func (a *Aside) start() (*aside, error) {
	p := &aside{cmd: a.command()}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	return p, nil
}

func (p *aside) ask(q hashQuestion) (answer hashAnswer, err error) {
	if err := json.NewEncoder(p.in).Encode(q); err != nil { //nolint:gosec // G117: to our own process, by a pipe of its own
		return answer, fmt.Errorf("ask: %w", err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return answer, fmt.Errorf("answer: %w", err)
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return answer, fmt.Errorf("answer: %w", err)
	}
	return answer, nil
}

// end leaves a process that failed.
func (p *aside) end() {
	_ = p.in.Close()
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// ServeHashes is the other side: it answers questions, one a line, until they end.
func ServeHashes(ctx context.Context, questions io.Reader, answers io.Writer) error {
	hasher, in, out := NewArgon2id(1), json.NewDecoder(questions), json.NewEncoder(answers)
	for {
		var q hashQuestion
		if err := in.Decode(&q); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read: %w", err)
		}
		if err := out.Encode(hasher.answer(ctx, q)); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
}

func (h *Argon2id) answer(ctx context.Context, q hashQuestion) (a hashAnswer) {
	var err error
	if q.Hash == "" {
		a.Hash, err = h.Hash(ctx, q.Password)
	} else {
		a.OK, a.Stale, err = h.Verify(ctx, q.Password, q.Hash)
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}
