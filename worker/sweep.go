package worker

import (
	"context"
	"log/slog"
	"time"
)

// Sweep finds work by the state of rows alone, so that it happens even when
// every queue is empty or dead. Do is safe to run in many processes at once.
type Sweep struct {
	Name  string
	Every time.Duration
	Do    func(ctx context.Context) error
}

func (s Sweep) run(ctx context.Context) {
	for pause(ctx, s.Every) {
		if err := s.once(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "sweep failed", "sweep", s.Name, "error", err)
		}
	}
}

func (s Sweep) once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return s.Do(ctx)
}
