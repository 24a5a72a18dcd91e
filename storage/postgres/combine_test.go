package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Calls that come while one is under way go together in the next, each with its
// own answer.
// Seen red: with the answers given in the reverse order.
func TestCombinerAnswersEach(t *testing.T) {
	var sizes []int
	under, goOn := make(chan struct{}, 1000), make(chan struct{})
	var once sync.Once
	c := &combiner[int, int]{run: func(_ context.Context, calls []int) ([]int, error) {
		once.Do(func() { under <- struct{}{}; <-goOn })
		out := make([]int, len(calls))
		for i, q := range calls {
			out[i] = q * q
		}
		sizes = append(sizes, len(calls))
		return out, nil
	}}
	c.running = combineAtOnce - 1 // so that one statement at a time is under way
	var wg sync.WaitGroup
	ask := func(i int) {
		wg.Go(func() {
			if got, err := c.do(t.Context(), i); err != nil || got != i*i {
				t.Errorf("%d: %d, %v", i, got, err)
			}
		})
	}
	ask(1)
	<-under
	const more = 2*combineMost + 5
	for i := range more {
		ask(i)
	}
	for waiting := 0; waiting < more; {
		c.mu.Lock()
		waiting = len(c.waiting)
		c.mu.Unlock()
	}
	close(goOn)
	wg.Wait()
	if !slices.Equal(sizes, []int{1, combineMost, combineMost, 5}) {
		t.Errorf("calls in each statement: %v", sizes)
	}
}

// A statement that fails, panics or answers too few fails for everybody in it,
// and the next is none the worse. Who gives up is let go.
func TestCombinerFails(t *testing.T) {
	bad := errors.New("bad")
	c := &combiner[string, string]{run: func(ctx context.Context, calls []string) ([]string, error) {
		switch calls[0] {
		case "fail":
			return nil, bad
		case "panic":
			panic("planted")
		case "few":
			return nil, nil
		case "hang":
			<-ctx.Done()
		}
		return calls, nil
	}}
	for _, q := range []string{"fail", "panic", "few", "ok"} {
		got, err := c.do(t.Context(), q)
		switch {
		case q == "ok" && (err != nil || got != q), q != "ok" && err == nil, q == "fail" && !errors.Is(err, bad),
			q == "panic" && !strings.Contains(err.Error(), "planted"):
			t.Errorf("%s: %q, %v", q, got, err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.do(gone, "hang"); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
