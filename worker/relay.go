package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"zhixing/domain/job"
)

const (
	relayEvery   = 50 * time.Millisecond
	relayBatch   = 500
	parcelMost   = 100             // jobs in one task of the queue
	forgotten    = 3 * time.Second // after which a sent job that nobody holds is sent again
	forgetEvery  = time.Second
	taskTimeout  = 3 * time.Hour // asynq's own, above every kind's
	sendDeadline = 5 * time.Second
)

type enqueuer interface {
	EnqueueContext(ctx context.Context, t *asynq.Task, opts ...asynq.Option) (*asynq.TaskInfo, error)
}

// relay carries outbox rows to the queue. A row is marked sent before it is
// sent: a crash between the two looks like a queue that forgot, and is mended
// the same way.
type relay struct {
	outbox   job.Outbox
	queue    enqueuer
	together func(kind string) bool // whether several jobs of the kind go in one task
}

func (r *relay) run(ctx context.Context) {
	lastForgotten := time.Time{}
	for {
		n, err := r.beat(ctx, &lastForgotten)
		if err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "relay", "error", err)
			if !pause(ctx, 500*time.Millisecond) {
				return
			}
		}
		if n < relayBatch && !pause(ctx, relayEvery) {
			return
		}
	}
}

func (r *relay) beat(ctx context.Context, lastForgotten *time.Time) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, sendDeadline)
	defer cancel()
	tasks, err := r.outbox.TakeUnsent(ctx, relayBatch)
	if err != nil {
		return 0, err
	}
	n := len(tasks)
	if time.Since(*lastForgotten) > forgetEvery {
		again, err := r.outbox.TakeForgotten(ctx, forgotten, relayBatch)
		if err != nil {
			return n, errors.Join(err, r.send(ctx, tasks))
		}
		*lastForgotten = time.Now() //nolint:forbidigo // a stopwatch, not a clock
		tasks = append(tasks, again...)
	}
	return n, r.send(ctx, tasks)
}

// send hands tasks to the queue. The task id holds the attempt, so that a task
// that Redis still has is not doubled, and one that a dead worker holds is not
// in the way.
func (r *relay) send(ctx context.Context, tasks []job.Task) error {
	parcels := r.pack(tasks)
	for i, p := range parcels {
		first := p[0]
		name := fmt.Sprintf("%s.%d", first.ID, first.Attempts)
		if len(p) > 1 { // the same row may lead a smaller parcel later
			name = fmt.Sprintf("%s+%d", name, len(p))
		}
		_, err := r.queue.EnqueueContext(ctx, asynq.NewTask(first.Kind, []byte(strings.Join(idsOf(p), "\n"))), asynq.Queue(first.Queue),
			asynq.TaskID(name), asynq.MaxRetry(0), asynq.Timeout(taskTimeout))
		if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
			left := idsOf(slices.Concat(parcels[i:]...))
			return errors.Join(fmt.Errorf("hand jobs to the queue: %w", err), r.outbox.Unsend(context.WithoutCancel(ctx), left))
		}
	}
	return nil
}

// pack puts jobs of a kind that is run together into one parcel, unless they
// were tried before: what failed must not take others with it.
func (r *relay) pack(tasks []job.Task) [][]job.Task {
	var parcels [][]job.Task
	open := map[string]int{} // of a kind: its parcel that has room
	for _, t := range tasks {
		if t.Attempts > 0 || r.together == nil || !r.together(t.Kind) {
			parcels = append(parcels, []job.Task{t})
			continue
		}
		i, ok := open[t.Kind]
		if !ok || len(parcels[i]) >= parcelMost {
			i = len(parcels)
			open[t.Kind], parcels = i, append(parcels, nil)
		}
		parcels[i] = append(parcels[i], t)
	}
	return parcels
}

func idsOf(tasks []job.Task) []string {
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.ID
	}
	return ids
}
