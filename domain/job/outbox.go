package job

import (
	"context"
	"encoding/json"
	"time"
)

// Task is an outbox row on its way to a worker.
type Task struct {
	ID       string
	Kind     string
	Queue    string
	Payload  json.RawMessage
	Attempts int // how often it was tried and failed, or was left by a dead worker
}

// Lease bounds: a worker that is gone for LeaseFor loses its task. It renews
// every LeaseFor/3.
const LeaseFor = 15 * time.Second

// Outbox is the memory of every job. A row is unsent, sent, under lease, done
// or dead; whatever the queue forgets is sent again.
type Outbox interface {
	// TakeUnsent marks up to limit due rows sent and returns them.
	TakeUnsent(ctx context.Context, limit int) ([]Task, error)
	// TakeForgotten returns up to limit rows that were sent at least age ago and
	// that no worker holds, marked sent anew. A row whose lease ran out counts
	// one more attempt.
	TakeForgotten(ctx context.Context, age time.Duration, limit int) ([]Task, error)
	// Unsend gives rows back that could not be handed to the queue.
	Unsend(ctx context.Context, ids []string) error
	// Claim leases a row to a worker; nil when it is done, dead or held.
	Claim(ctx context.Context, id, worker string, lease time.Duration) (*Task, error)
	// ClaimAll is Claim for several rows; the ones that it could not have are left out.
	ClaimAll(ctx context.Context, ids []string, worker string, lease time.Duration) ([]Task, error)
	// Renew extends the lease; false when the worker has lost it.
	Renew(ctx context.Context, id, worker string, lease time.Duration) (bool, error)
	// Done ends a row well.
	Done(ctx context.Context, id, worker string) error
	// DoneAll is Done for several rows.
	DoneAll(ctx context.Context, ids []string, worker string) error
	// Release gives leases back, as if they had never been had.
	Release(ctx context.Context, ids []string, worker string) error
	// Fail records a failure and makes the row due again after wait, or dead.
	Fail(ctx context.Context, id, worker, reason string, wait time.Duration, dead bool) error
	// Counts returns the rows not yet done: waiting, running and dead.
	Counts(ctx context.Context) (waiting, running, dead int, err error)
	// Prune deletes rows done before the time, at most limit.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)
}

// Backoff is the wait before try n+1: 1 s, 2 s, 4 s … at most 5 minutes.
func Backoff(attempts int) time.Duration {
	d := time.Second
	for range attempts {
		if d *= 2; d >= 5*time.Minute {
			return 5 * time.Minute
		}
	}
	return d
}
