package postgres

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// combiner turns calls that arrive at the same time into one statement, the way
// the server below groups commits: while so many statements are under way,
// further calls wait for the next one, which takes them all. A call that comes
// alone goes at once. Every caller returns after the commit of the statement that
// carried his call. Such a statement waits for no row lock, or one learner would
// wait for another's: it passes over what is locked.
type combiner[Q, A any] struct {
	// run does the calls and gives an answer for each, in their order.
	run func(ctx context.Context, calls []Q) ([]A, error)

	mu      sync.Mutex
	waiting []*call[Q, A]
	running int
}

type call[Q, A any] struct {
	q    Q
	a    A
	err  error
	done chan struct{}
}

const (
	combineMost    = 64 // calls in one statement
	combineTimeout = 15 * time.Second
)

// combineAtOnce is how many statements of one combiner are under way at once.
// Fewer means more calls in each, and less work in all.
var combineAtOnce = max(1, runtime.GOMAXPROCS(0)/2)

// do does one call. A caller who gives up leaves his call behind: it may happen
// or not, as with any statement whose answer got lost.
func (c *combiner[Q, A]) do(ctx context.Context, q Q) (A, error) {
	mine := &call[Q, A]{q: q, done: make(chan struct{})}
	c.mu.Lock()
	c.waiting = append(c.waiting, mine)
	if c.running < combineAtOnce {
		c.running++
		go c.work()
	}
	c.mu.Unlock()
	select {
	case <-mine.done:
		return mine.a, mine.err
	case <-ctx.Done():
		var none A
		return none, ctx.Err()
	}
}

// work runs what waits until nothing does.
func (c *combiner[Q, A]) work() {
	for {
		c.mu.Lock()
		n := min(len(c.waiting), combineMost)
		if n == 0 {
			c.running--
			c.mu.Unlock()
			return
		}
		calls := slices.Clone(c.waiting[:n])
		c.waiting = slices.Delete(c.waiting, 0, n)
		c.mu.Unlock()
		c.together(calls)
	}
}

func (c *combiner[Q, A]) together(calls []*call[Q, A]) {
	ctx, cancel := context.WithTimeout(context.Background(), combineTimeout)
	defer cancel()
	answers, err := []A(nil), error(nil)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
		if err == nil && len(answers) != len(calls) {
			err = fmt.Errorf("%d answers to %d calls", len(answers), len(calls))
		}
		for i, one := range calls {
			if one.err = err; err == nil {
				one.a = answers[i]
			}
			close(one.done)
		}
	}()
	questions := make([]Q, len(calls))
	for i, one := range calls {
		questions[i] = one.q
	}
	answers, err = c.run(ctx, questions)
}
