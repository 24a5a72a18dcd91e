//go:build plant_ack_before_commit

package postgres

import (
	"context"
	"log/slog"
	"time"

	"zhixing/domain/exam"
)

// plantedSave is a bug on purpose: it acknowledges at once and commits later,
// so that the kill test can show that it would see a server that does.
func plantedSave(s *AttemptStore, in exam.Save) *exam.Saved {
	if in.Seals == nil {
		return nil
	}
	ids := make([][16]byte, len(in.Operations))
	for i, o := range in.Operations {
		ids[i] = o.ID
	}
	now := time.Now()
	go func() {
		time.Sleep(500 * time.Millisecond)
		late := *s
		if _, err := late.saveNow(context.Background(), in); err != nil {
			slog.Warn("planted save", "error", err)
		}
	}()
	return &exam.Saved{Kept: ids, Guard: exam.Guard{State: exam.InProgress, Epoch: in.Epoch, Now: now, DueAt: now.Add(time.Minute), CheckAt: now.Add(time.Minute)}}
}
