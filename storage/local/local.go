// Package local runs the one-machine stack: a private PostgreSQL, Redis and
// MinIO as supervised child processes, with all their files in one data folder.
//
// The folder belongs to one running stack at a time (see lock.go). Nothing is
// reachable from another machine: PostgreSQL and Redis listen on unix sockets,
// MinIO on a free loopback port. Whatever a killed parent leaves behind is ended
// by the next start (see leftover.go), and only if it is provably ours.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Names of the three parts, as they appear in logs and in Status.
const (
	Postgres = "postgres"
	Redis    = "redis"
	MinIO    = "minio"
)

// Region is the S3 region that the private MinIO answers to.
const Region = "cn-north-1"

// Options say which parts run here. A part that is configured elsewhere by its
// URL is left out.
type Options struct {
	Dir      string // data folder; made when missing
	Postgres bool
	Redis    bool
	MinIO    bool
	Log      *slog.Logger
	Now      func() time.Time // time.Now when nil
}

// Endpoints say how to reach the parts that run here; "" for a part that does not.
type Endpoints struct {
	DatabaseURL      string // postgres://…?host=<socket folder>, the application's role
	SuperDatabaseURL string // the same server as its superuser: tests make databases with it
	RedisURL         string // unix:///…/redis.sock?db=0
	S3Endpoint       string // 127.0.0.1:port, plain HTTP
	S3AccessKey      string
	S3SecretKey      string
}

// Stack is a running set of parts.
type Stack struct {
	Endpoints

	dir    string
	log    *slog.Logger
	lock   *os.File
	parts  []*part // in starting order
	stopMu sync.Mutex
}

// Start takes the data folder, ends what a killed predecessor left running,
// starts the chosen parts side by side and returns once all of them answer.
// When one cannot be started, the others are stopped and its reason returned.
func Start(ctx context.Context, o Options) (*Stack, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", o.Dir, err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the clock of a process that no use case owns
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // /proc names real folders
		return nil, fmt.Errorf("data folder %s: %w", o.Dir, err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	s := &Stack{dir: dir, log: o.Log, lock: lock}
	if err := s.start(ctx, o); err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		return nil, errors.Join(err, s.Stop(stopCtx))
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context, o Options) error {
	who, err := chooseOwner(s.dir)
	if err != nil {
		return err
	}
	if who.reach {
		s.log.Warn("the user that the services run as cannot enter the data folder; they get the right to read past folder permissions",
			"user", who.name, "data", s.dir)
	}
	f, err := makeFolders(s.dir, who)
	if err != nil {
		return err
	}
	if err := endLeftovers(ctx, s.log, f); err != nil {
		return err
	}
	keys, err := loadSecrets(f)
	if err != nil {
		return err
	}
	var launch []func(context.Context) error
	if o.Postgres {
		launch = append(launch, func(ctx context.Context) error { return s.startPostgres(ctx, o, f, who, keys) })
	}
	if o.Redis {
		launch = append(launch, func(ctx context.Context) error { return s.startRedis(ctx, o, f, who) })
	}
	if o.MinIO {
		launch = append(launch, func(ctx context.Context) error { return s.startMinIO(ctx, o, f, who, keys) })
	}
	return together(ctx, launch)
}

// together runs the functions side by side and returns the first error, which
// cancels the others.
func together(ctx context.Context, fns []func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, len(fns))
	for _, fn := range fns {
		go func() { errs <- fn(ctx) }()
	}
	var all error
	for range fns {
		if err := <-errs; err != nil {
			if all == nil { // what comes after it is only the cancelling
				all = err
			}
			cancel()
		}
	}
	return all
}

// Status tells how each part that runs here is doing, in starting order.
func (s *Stack) Status() []Status {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	out := make([]Status, 0, len(s.parts))
	for _, p := range s.parts {
		out = append(out, p.status())
	}
	return out
}

// Err is nil while every part runs, else it names those that do not.
func (s *Stack) Err() error {
	var all error
	for _, st := range s.Status() {
		if st.State != Running {
			all = errors.Join(all, fmt.Errorf("%s is %s (%s)", st.Part, st.State, st.LastExit))
		}
	}
	return all
}

// Stop ends the parts in the reverse of the order in which they are needed
// (MinIO, Redis, PostgreSQL), then gives the data folder free. A part that does
// not end in its share of the time is killed, so Stop itself ends by about
// stopLimit even when ctx has no deadline. A second call does nothing.
func (s *Stack) Stop(ctx context.Context) error {
	s.stopMu.Lock()
	parts, lock := s.parts, s.lock
	s.parts, s.lock = nil, nil
	s.stopMu.Unlock()
	var all error
	for _, name := range []string{MinIO, Redis, Postgres} {
		for _, p := range parts {
			if p.name == name {
				all = errors.Join(all, p.stop(ctx))
			}
		}
	}
	if lock != nil {
		all = errors.Join(all, releaseLock(lock))
	}
	return all
}

// StopGraces is how long Stop lets the parts take, in all, before it kills.
func (s *Stack) StopGraces() (limit time.Duration) {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	for _, p := range s.parts {
		for _, step := range p.stops {
			limit += step.grace
		}
	}
	return limit
}

func (s *Stack) add(p *part) {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	s.parts = append(s.parts, p)
}
