// Package worker does the slow work. PostgreSQL remembers every job (the
// outbox); Redis and asynq only ring the bell. A job is leased in PostgreSQL
// before it runs, so it may be delivered twice, late or never without harm:
// what the queue forgets is sent again within seconds.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"zhixing/domain"
	"zhixing/domain/job"
)

// Handler does one kind of job. It is idempotent, safe to run twice and at
// once, and honours ctx. A domain error is final; any other is tried again.
type Handler func(ctx context.Context, payload []byte) error

// Kind says how a kind of job is run.
type Kind struct {
	Run      Handler
	Timeout  time.Duration // of one try
	Attempts int           // tries before the job is dead
	// RunAll, if there is one, does several jobs of the kind: all or none.
	RunAll func(ctx context.Context, payloads [][]byte) error
}

// Worker runs asynq servers, the relay and the sweeps with one shutdown.
type Worker struct {
	ID     string // of this process, in leases
	Outbox job.Outbox
	Redis  redis.UniversalClient
	Kinds  map[string]Kind
	Sweeps []Sweep
	// Concurrency by server: general queues, and media on its own.
	General, Media int
}

// Run works until ctx is done. Redis may be away at any time, also at start.
func (w *Worker) Run(ctx context.Context) error {
	client := asynq.NewClientFromRedisClient(w.Redis)
	general := w.server(map[string]int{job.QueueCritical: 6, job.QueueDefault: 3, job.QueueReport: 1}, max(1, w.General))
	media := w.server(map[string]int{job.QueueMedia: 1}, max(1, w.Media))
	var wg sync.WaitGroup
	for _, s := range []*asynq.Server{general, media} {
		wg.Go(func() { w.startServer(ctx, s) })
	}
	relay := &relay{outbox: w.Outbox, queue: client, together: func(kind string) bool { return w.Kinds[kind].RunAll != nil }}
	wg.Go(func() { relay.run(ctx) })
	for _, s := range w.Sweeps {
		wg.Go(func() { s.run(ctx) })
	}
	<-ctx.Done()
	wg.Wait()
	return nil
}

// startServer keeps trying while Redis is away: asynq refuses to start then.
func (w *Worker) startServer(ctx context.Context, s *asynq.Server) {
	for {
		err := s.Start(asynq.HandlerFunc(w.handle))
		if err == nil {
			break
		}
		slog.WarnContext(ctx, "queue server waits for Redis", "error", err)
		if !pause(ctx, time.Second) {
			return
		}
	}
	<-ctx.Done()
	s.Shutdown()
}

func (w *Worker) server(queues map[string]int, concurrency int) *asynq.Server {
	return asynq.NewServerFromRedisClient(w.Redis, asynq.Config{
		Concurrency: concurrency, Queues: queues, ShutdownTimeout: 3 * time.Second,
		TaskCheckInterval: 100 * time.Millisecond, DelayedTaskCheckInterval: time.Second,
		LogLevel: asynq.WarnLevel, Logger: quietLogger{},
		// The outbox decides about tries; asynq's own are off.
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return time.Second },
	})
}

// handle runs one delivery: lease, work, end; of one job, or of several of a kind
// that is run together. It always tells asynq that all is well, because the
// outbox, not asynq, remembers what is still to do.
func (w *Worker) handle(ctx context.Context, t *asynq.Task) error {
	ids := strings.Split(string(t.Payload()), "\n")
	if len(ids) == 1 {
		return w.handleOne(ctx, ids[0], t.Type())
	}
	if w.handleAll(ctx, ids, t.Type()) {
		return nil
	}
	for _, id := range ids {
		if err := w.handleOne(ctx, id, t.Type()); err != nil {
			return err
		}
	}
	return nil
}

// handleAll runs several jobs of one kind at once; false if each must be run
// alone. It gives itself less time than the lease, so it needs no heartbeat.
func (w *Worker) handleAll(ctx context.Context, ids []string, name string) bool {
	kind := w.Kinds[name]
	if kind.RunAll == nil {
		return false
	}
	tasks, err := w.Outbox.ClaimAll(ctx, ids, w.ID, job.LeaseFor)
	if err != nil {
		slog.WarnContext(ctx, "claim jobs", "error", err, "job_kind", name)
		return true // still unleased: the relay sends them again
	}
	if len(tasks) == 0 {
		return true
	}
	payloads, held := make([][]byte, len(tasks)), make([]string, len(tasks))
	for i, t := range tasks {
		payloads[i], held[i] = t.Payload, t.ID
	}
	err = w.runAll(ctx, kind, payloads)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err != nil {
		slog.WarnContext(ctx, "jobs failed together, each is run alone", "error", err, "job_kind", name, "jobs", len(tasks))
		if err := w.Outbox.Release(ctx, held, w.ID); err != nil {
			slog.WarnContext(ctx, "give leases back", "error", err, "job_kind", name)
			return true // the leases run out
		}
		return false
	}
	if err := w.Outbox.DoneAll(ctx, held, w.ID); err != nil {
		slog.WarnContext(ctx, "end jobs", "error", err, "job_kind", name)
	}
	return true
}

func (w *Worker) runAll(ctx context.Context, kind Kind, payloads [][]byte) (err error) {
	ctx, cancel := context.WithTimeout(ctx, job.LeaseFor/2)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return kind.RunAll(ctx, payloads)
}

func (w *Worker) handleOne(ctx context.Context, id, name string) error {
	task, err := w.Outbox.Claim(ctx, id, w.ID, job.LeaseFor)
	if err != nil {
		slog.WarnContext(ctx, "claim job", "error", err, "job_id", id, "job_kind", name)
		return nil // still unleased: the relay sends it again
	}
	if task == nil {
		return nil
	}
	kind, ok := w.Kinds[task.Kind]
	if !ok {
		return w.end(ctx, task, Kind{}, fmt.Errorf("no handler for job kind %q", task.Kind), true)
	}
	return w.end(ctx, task, kind, w.work(ctx, task, kind), false)
}

// work runs the handler under its timeout while a heartbeat renews the lease; a
// lost lease cancels it.
func (w *Worker) work(ctx context.Context, task *job.Task, kind Kind) (err error) {
	ctx, cancel := context.WithTimeout(ctx, kind.Timeout)
	defer cancel()
	beat := make(chan struct{})
	go func() {
		defer close(beat)
		for pause(ctx, job.LeaseFor/3) {
			held, err := w.Outbox.Renew(ctx, task.ID, w.ID, job.LeaseFor)
			if err == nil && !held {
				cancel()
			}
		}
	}()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
		cancel()
		<-beat
	}()
	return kind.Run(ctx, task.Payload)
}

func (w *Worker) end(ctx context.Context, task *job.Task, kind Kind, err error, final bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err == nil {
		if err := w.Outbox.Done(ctx, task.ID, w.ID); err != nil {
			slog.WarnContext(ctx, "end job", "error", err, "job_id", task.ID, "job_kind", task.Kind)
		}
		return nil
	}
	_, isDomain := errors.AsType[*domain.Error](err)
	dead := final || isDomain || task.Attempts+1 >= kind.Attempts
	level := slog.LevelWarn
	if dead {
		level = slog.LevelError
	}
	slog.Log(ctx, level, "job failed", "error", err, "job_id", task.ID, "job_kind", task.Kind, "attempts", task.Attempts+1, "dead", dead)
	if err := w.Outbox.Fail(ctx, task.ID, w.ID, err.Error(), job.Backoff(task.Attempts), dead); err != nil {
		slog.WarnContext(ctx, "record failed job", "error", err, "job_id", task.ID)
	}
	return nil
}

// pause waits d or until ctx is done; false when done.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

type quietLogger struct{}

func (quietLogger) Debug(...any)      {}
func (quietLogger) Info(...any)       {}
func (quietLogger) Warn(args ...any)  { slog.Warn("asynq", "message", fmt.Sprint(args...)) }  //nolint:sloglint // no context here
func (quietLogger) Error(args ...any) { slog.Error("asynq", "message", fmt.Sprint(args...)) } //nolint:sloglint // no context here
func (quietLogger) Fatal(args ...any) { slog.Error("asynq", "message", fmt.Sprint(args...)) } //nolint:sloglint // no context here
