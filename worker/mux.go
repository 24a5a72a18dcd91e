package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"zhixing/domain/job"
)

// Mux names every kind of job with its handler, one line each. The use cases
// are set by cmd; a kind without one is a defect that a test finds.
type Mux struct {
	kinds map[string]Kind
}

// NewMux returns an empty mux.
func NewMux() *Mux { return &Mux{kinds: map[string]Kind{}} }

// Kinds returns what was registered.
func (m *Mux) Kinds() map[string]Kind { return m.kinds }

// On registers the handler of one kind of job: attempts tries of at most
// timeout each.
func On[J job.Job](m *Mux, timeout time.Duration, attempts int, run func(ctx context.Context, j J) error) {
	var zero J
	m.kinds[zero.Kind()] = Kind{Timeout: timeout, Attempts: attempts, Run: func(ctx context.Context, payload []byte) error {
		var j J
		if err := json.Unmarshal(payload, &j); err != nil {
			return fmt.Errorf("decode %s: %w", zero.Kind(), err)
		}
		return run(ctx, j)
	}}
}

// OnAll is On for a kind of small job of which many come at the same time: run
// is given several and does all or none. When it fails, each is run alone.
func OnAll[J job.Job](m *Mux, timeout time.Duration, attempts int, run func(ctx context.Context, js []J) error) {
	On(m, timeout, attempts, func(ctx context.Context, j J) error { return run(ctx, []J{j}) })
	var zero J
	k := m.kinds[zero.Kind()]
	k.RunAll = func(ctx context.Context, payloads [][]byte) error {
		js := make([]J, len(payloads))
		for i, p := range payloads {
			if err := json.Unmarshal(p, &js[i]); err != nil {
				return fmt.Errorf("decode %s: %w", zero.Kind(), err)
			}
		}
		return run(ctx, js)
	}
	m.kinds[zero.Kind()] = k
}
