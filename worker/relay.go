package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"

	"zhixing/domain/job"
)

const (
	relayEvery   = 50 * time.Millisecond
	relayBatch   = 500
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
	outbox job.Outbox
	queue  enqueuer
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
	for i, t := range tasks {
		_, err := r.queue.EnqueueContext(ctx, asynq.NewTask(t.Kind, []byte(t.ID)), asynq.Queue(t.Queue),
			asynq.TaskID(fmt.Sprintf("%s.%d", t.ID, t.Attempts)), asynq.MaxRetry(0), asynq.Timeout(taskTimeout))
		if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
			ids := make([]string, 0, len(tasks)-i)
			for _, left := range tasks[i:] {
				ids = append(ids, left.ID)
			}
			return errors.Join(fmt.Errorf("hand jobs to the queue: %w", err), r.outbox.Unsend(context.WithoutCancel(ctx), ids))
		}
	}
	return nil
}
