package worker_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"zhixing/domain"
	"zhixing/storage/postgres"
	"zhixing/storage/postgres/postgrestest"
	"zhixing/worker"
)

type ping struct {
	ID string `json:"id"`
}

func (ping) Kind() string { return "test:ping" }

func redisDB(t *testing.T, db int) *redis.Client {
	t.Helper()
	url := os.Getenv("ZHIXING_TEST_REDIS_URL")
	if url == "" {
		t.Fatal("ZHIXING_TEST_REDIS_URL is not set: run the tests with make test")
	}
	opt, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	opt.DB = db
	c := redis.NewClient(opt)
	t.Cleanup(func() { _ = c.Close() })
	if err := c.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// start runs a worker until the test ends and waits for its shutdown.
func start(t *testing.T, db *postgres.DB, rdb *redis.Client, run func(ctx context.Context, p ping) error) (stop func()) {
	t.Helper()
	mux := worker.NewMux()
	worker.On(mux, time.Minute, 3, run)
	w := &worker.Worker{ID: uuid.NewString(), Outbox: db.Outbox(), Redis: rdb, Kinds: mux.Kinds(), General: 4, Media: 1}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = w.Run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting for %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestJobRunsOnce(t *testing.T) {
	db, rdb := postgrestest.New(t), redisDB(t, 21)
	var ran atomic.Int32
	start(t, db, rdb, func(context.Context, ping) error { ran.Add(1); return nil })
	for range 50 {
		if err := db.Sessions().Enqueue(t.Context(), ping{"x"}); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "50 jobs", func() bool { w, r, _ := counts(t, db); return w+r == 0 })
	if ran.Load() != 50 {
		t.Fatalf("ran %d times, want 50", ran.Load())
	}
}

// Promise 7. Seen red: with TakeForgotten returning nothing, the jobs that
// Redis lost never ran and the test gave up waiting.
func TestJobSurvivesFlushedRedis(t *testing.T) {
	db, rdb := postgrestest.New(t), redisDB(t, 22)
	for range 20 {
		if err := db.Sessions().Enqueue(t.Context(), ping{"x"}); err != nil {
			t.Fatal(err)
		}
	}
	// Sent, and then the queue forgets everything.
	tasks, err := db.Outbox().TakeUnsent(t.Context(), 100)
	if err != nil || len(tasks) != 20 {
		t.Fatalf("took %d tasks, %v", len(tasks), err)
	}
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	var ran atomic.Int32
	start(t, db, rdb, func(context.Context, ping) error { ran.Add(1); return nil })
	waitFor(t, "the forgotten jobs", func() bool { w, r, _ := counts(t, db); return w+r == 0 })
	if ran.Load() != 20 {
		t.Fatalf("ran %d times, want 20", ran.Load())
	}
}

// A worker that died holds its job no longer than the lease. Seen red with
// claimable jobs those without a lease: nobody took over.
func TestJobOfDeadWorkerIsTakenOver(t *testing.T) {
	db, rdb := postgrestest.New(t), redisDB(t, 23)
	if err := db.Sessions().Enqueue(t.Context(), ping{"x"}); err != nil {
		t.Fatal(err)
	}
	tasks, err := db.Outbox().TakeUnsent(t.Context(), 1)
	if err != nil || len(tasks) != 1 {
		t.Fatal(tasks, err)
	}
	if task, err := db.Outbox().Claim(t.Context(), tasks[0].ID, uuid.NewString(), 200*time.Millisecond); err != nil || task == nil {
		t.Fatal(task, err)
	}
	var ran atomic.Int32
	start(t, db, rdb, func(context.Context, ping) error { ran.Add(1); return nil })
	waitFor(t, "the takeover", func() bool { return ran.Load() == 1 })
}

func TestFailedJobIsTriedAgainAndDies(t *testing.T) {
	db, rdb := postgrestest.New(t), redisDB(t, 24)
	var ran atomic.Int32
	start(t, db, rdb, func(_ context.Context, p ping) error {
		ran.Add(1)
		switch p.ID {
		case "panic":
			panic("planted")
		case "refused":
			return domain.E(domain.Conflict, "test.refused")
		}
		return errors.New("planted")
	})
	for _, id := range []string{"panic", "refused", "error"} {
		if err := db.Sessions().Enqueue(t.Context(), ping{id}); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "three dead jobs", func() bool { _, _, dead := counts(t, db); return dead == 3 })
	if got := ran.Load(); got != 3+1+3 { // three tries each, but a domain error is final
		t.Fatalf("ran %d times, want 7", got)
	}
}

// Two deliveries at once: one runs, the other finds the lease. Seen red without
// the condition of the lease in Claim: 16 workers won.
func TestClaimIsExclusive(t *testing.T) {
	db := postgrestest.New(t)
	if err := db.Sessions().Enqueue(t.Context(), ping{"x"}); err != nil {
		t.Fatal(err)
	}
	tasks, err := db.Outbox().TakeUnsent(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	done := make(chan struct{})
	for range 16 {
		go func() {
			defer func() { done <- struct{}{} }()
			task, err := db.Outbox().Claim(context.Background(), tasks[0].ID, uuid.NewString(), time.Minute)
			if err == nil && task != nil {
				won.Add(1)
			}
		}()
	}
	for range 16 {
		<-done
	}
	if won.Load() != 1 {
		t.Fatalf("%d workers won", won.Load())
	}
}

func counts(t *testing.T, db *postgres.DB) (waiting, running, dead int) {
	t.Helper()
	waiting, running, dead, err := db.Outbox().Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return waiting, running, dead
}

// Jobs of a kind that is run together arrive in parcels, each once. One that
// fails takes nobody with it: the others of its parcel end well, and it alone is
// tried again and dies.
// Seen red: with a parcel that failed counted as done.
func TestJobsRunTogether(t *testing.T) {
	db, rdb := postgrestest.New(t), redisDB(t, 27)
	var mu sync.Mutex
	ran, most := map[string]int{}, 0
	mux := worker.NewMux()
	worker.OnAll(mux, time.Minute, 2, func(_ context.Context, list []ping) error {
		mu.Lock()
		defer mu.Unlock()
		most = max(most, len(list))
		for _, p := range list {
			if p.ID == "7" {
				return errors.New("planted")
			}
		}
		for _, p := range list {
			ran[p.ID]++
		}
		return nil
	})
	for i := range 250 {
		if err := db.Sessions().Enqueue(t.Context(), ping{strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	w := &worker.Worker{ID: uuid.NewString(), Outbox: db.Outbox(), Redis: rdb, Kinds: mux.Kinds(), General: 2, Media: 1}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = w.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	waitFor(t, "249 jobs done and one dead", func() bool { w, r, dead := counts(t, db); return w+r == 0 && dead == 1 })
	mu.Lock()
	defer mu.Unlock()
	if len(ran) != 249 || ran["7"] != 0 || most < 2 {
		t.Errorf("%d jobs ran, the bad one %d times, %d at once at most", len(ran), ran["7"], most)
	}
	for id, n := range ran {
		if n != 1 {
			t.Errorf("job %s ran %d times", id, n)
		}
	}
}
