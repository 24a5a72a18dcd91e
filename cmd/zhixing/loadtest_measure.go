package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// stepResult is how long one kind of request took, in milliseconds.
type stepResult struct {
	Step  string  `json:"step"`
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// loadResult is what is printed. Times of what was begun at a rate count from
// the instant it was due, not from when a connection was free for it.
type loadResult struct {
	Kind              string  `json:"kind"`
	Loop              string  `json:"loop"` // closed, open
	Concurrency       int     `json:"concurrency"`
	Rate              float64 `json:"rate,omitempty"`
	People            int     `json:"people"`
	Done              int     `json:"done"`
	Errors            int     `json:"errors"`
	Seconds           float64 `json:"seconds"`
	AttemptsPerSecond float64 `json:"attempts_per_second,omitempty"`
	ReportsPerSecond  float64 `json:"reports_per_second,omitempty"`
	StartsPerSecond   float64 `json:"starts_per_second,omitempty"`
	SavesPerSecond    float64 `json:"saves_per_second,omitempty"`
	AnswersEach       int     `json:"answers_each,omitempty"` // of a save
	AnswersPerSecond  float64 `json:"answers_per_second,omitempty"`
	SignInsPerSecond  float64 `json:"sign_ins_per_second,omitempty"`
	SavesP99Alone     float64 `json:"saves_p99_alone_ms,omitempty"`
	SavesP99Beside    float64 `json:"saves_p99_beside_ms,omitempty"` // while the herd signs in
	P50               float64 `json:"p50_ms"`
	P95               float64 `json:"p95_ms"`
	P99               float64 `json:"p99_ms"`

	// Of the load of media, and of the plain server beside it.
	MegabytesPerSecond     float64 `json:"megabytes_per_second,omitempty"`
	BaseMegabytesPerSecond float64 `json:"base_megabytes_per_second,omitempty"`
	Base                   string  `json:"base,omitempty"`
	// Resident memory of the server with the connections open, and before.
	MemoryMB       float64 `json:"memory_mb,omitempty"`
	MemoryBeforeMB float64 `json:"memory_before_mb,omitempty"`

	ServerCPUMsPerAttempt float64        `json:"server_cpu_ms_per_attempt"`
	Steps                 []stepResult   `json:"steps"`
	Pgbench               pgbenchResult  `json:"pgbench"`
	FirstErrors           map[string]int `json:"first_errors,omitempty"` // text and how often
}

// loadWorker measures for itself; results are joined at the end.
type loadWorker struct {
	steps  map[string][]int64 // µs
	errors map[string]int
}

// time does one step and notes how long it took since an instant; zero is now.
func (w *loadWorker) time(step string, since time.Time, do func() error) error {
	if since.IsZero() {
		since = time.Now()
	}
	err := do()
	if err != nil {
		if len(w.errors) < 20 {
			w.errors[step+": "+err.Error()]++
		} else {
			w.errors["others"]++
		}
		return err
	}
	w.steps[step] = append(w.steps[step], time.Since(since).Microseconds())
	return nil
}

// bounds is how many items and people a load of so long by default has, where
// the flags say nothing.
func (l *loadtest) bounds(usual time.Duration) (items, people int) {
	if l.duration == 0 && l.items == 0 {
		l.duration = usual
	}
	return cmp.Or(l.items, 1<<30), cmp.Or(l.wanted, max(100, l.concurrency))
}

// drive does items 0, 1, … with so many workers, until limit or the duration.
// At a rate, item i is due at i/rate after the start and is given that instant;
// without one it gets the zero time. main is the step that stands for an item.
func (l *loadtest) drive(ctx context.Context, main string, limit int, do func(w *loadWorker, i int, due time.Time) error) error {
	cpu, err := l.client.metric("process_cpu_seconds_total")
	if err != nil {
		return err
	}
	var next, done, failed atomic.Int64
	workers := make([]*loadWorker, l.concurrency)
	var wg sync.WaitGroup
	start := time.Now()
	for k := range workers {
		w := &loadWorker{steps: map[string][]int64{}, errors: map[string]int{}}
		workers[k] = w
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				if i >= limit || l.duration > 0 && time.Since(start) >= l.duration {
					return
				}
				var due time.Time
				if l.rate > 0 {
					due = start.Add(time.Duration(float64(i) / l.rate * float64(time.Second)))
					if l.duration > 0 && due.Sub(start) >= l.duration {
						return
					}
					time.Sleep(time.Until(due))
				}
				if do(w, i, due) != nil {
					failed.Add(1)
				} else {
					done.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	r := &l.result
	r.Seconds = time.Since(start).Seconds()
	r.Done, r.Errors, r.People, r.Loop = int(done.Load()), int(failed.Load()), len(l.people), "closed"
	if l.rate > 0 {
		r.Loop = "open"
	}
	after, err := l.client.metric("process_cpu_seconds_total")
	if err != nil {
		return err
	}
	r.ServerCPUMsPerAttempt = round((after - cpu) * 1000 / math.Max(float64(r.Done), 1))
	r.join(workers, main)
	return nil
}

// join adds the workers up; main is the step that stands for an item.
func (r *loadResult) join(workers []*loadWorker, main string) {
	steps := map[string][]int64{}
	r.FirstErrors = map[string]int{}
	for _, w := range workers {
		for name, us := range w.steps {
			steps[name] = append(steps[name], us...)
		}
		for text, n := range w.errors {
			r.FirstErrors[text] += n
		}
	}
	for name, us := range steps {
		s := summary(name, us)
		r.Steps = append(r.Steps, s)
		if name == main {
			r.P50, r.P95, r.P99 = s.P50, s.P95, s.P99
		}
	}
	slices.SortFunc(r.Steps, func(a, b stepResult) int { return stepOrder(a.Step) - stepOrder(b.Step) })
}

// stepOrder is the order in which steps are printed.
func stepOrder(step string) int {
	return slices.Index([]string{"view", "start", "save", "submit", "review", "attempt", "open", "report", "sign in"}, step)
}

func summary(name string, us []int64) stepResult {
	slices.Sort(us)
	at := func(q float64) float64 {
		i := int(math.Ceil(q*float64(len(us)))) - 1
		return float64(us[max(i, 0)]) / 1000
	}
	return stepResult{Step: name, Count: len(us), P50: at(0.50), P95: at(0.95), P99: at(0.99), Max: at(1)}
}

func round(f float64) float64 { return math.Round(f*1000) / 1000 }

// perSecond is the throughput of n.
func (r *loadResult) perSecond(n int) float64 {
	if r.Seconds == 0 {
		return 0
	}
	return math.Round(float64(n)/r.Seconds*10) / 10
}

// print writes a table, or one line of JSON.
func (r *loadResult) print(out io.Writer, asJSON bool) error {
	if asJSON {
		b, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode result: %w", err)
		}
		_, err = fmt.Fprintln(out, string(b))
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "step\tcount\tp50 ms\tp95 ms\tp99 ms\tmax ms\t")
	for _, s := range r.Steps {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t\n", s.Step, s.Count, s.P50, s.P95, s.P99, s.Max)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "\n%s loop, %d at once, %d people, %.1f s, %d done, %d errors\n", r.Loop, r.Concurrency, r.People, r.Seconds, r.Done, r.Errors)
	for name, n := range map[string]float64{"attempts": r.AttemptsPerSecond, "reports": r.ReportsPerSecond, "starts": r.StartsPerSecond, "saves": r.SavesPerSecond, "sign-ins": r.SignInsPerSecond} {
		if n > 0 {
			_, _ = fmt.Fprintf(out, "%.1f %s a second, %.3f ms of the server's processor for each\n", n, name, r.ServerCPUMsPerAttempt)
		}
	}
	if r.MegabytesPerSecond > 0 {
		_, _ = fmt.Fprintf(out, "%.0f MB/s; %s in the same run %.0f MB/s: %.2f x\n", r.MegabytesPerSecond, r.Base, r.BaseMegabytesPerSecond,
			r.MegabytesPerSecond/r.BaseMegabytesPerSecond)
	}
	if r.MemoryMB > 0 {
		_, _ = fmt.Fprintf(out, "%.0f MB resident with them open, %.0f MB before\n", r.MemoryMB, r.MemoryBeforeMB)
	}
	if r.AnswersPerSecond > 0 {
		_, _ = fmt.Fprintf(out, "%.1f answers a second, acknowledged durable\n", r.AnswersPerSecond)
	}
	if r.SavesP99Beside > 0 {
		_, _ = fmt.Fprintf(out, "saves: p99 %.2f ms alone, %.2f ms beside the herd (%.2f x)\n", r.SavesP99Alone, r.SavesP99Beside, r.SavesP99Beside/r.SavesP99Alone)
	}
	if r.Pgbench.Skipped != "" {
		_, _ = fmt.Fprintf(out, "pgbench: %s\n", r.Pgbench.Skipped)
	} else {
		_, _ = fmt.Fprintf(out, "pgbench: %.1f single INSERTs a second with %d clients\n", r.Pgbench.InsertsPerSecond, r.Pgbench.Clients)
		if r.AnswersPerSecond > 0 && r.Pgbench.InsertsPerSecond > 0 {
			_, _ = fmt.Fprintf(out, "answers: %.2f x that rate\n", r.AnswersPerSecond/r.Pgbench.InsertsPerSecond)
		}
	}
	for text, n := range r.FirstErrors {
		_, _ = fmt.Fprintf(out, "error (%d times): %s\n", n, text)
	}
	return nil
}

// each does n things, a few at a time, and stops at the first error.
func each(ctx context.Context, n, atOnce int, do func(i int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range min(atOnce, n) {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < n && ctx.Err() == nil; i = int(next.Add(1) - 1) {
				if err := do(i); err != nil {
					once.Do(func() { first = err })
					cancel()
				}
			}
		})
	}
	wg.Wait()
	if first == nil {
		return ctx.Err()
	}
	return first
}
