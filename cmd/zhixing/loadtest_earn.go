package main

import (
	"context"
	"errors"
	"time"
)

// earnPatience is how long hours may take to show before they count as lost.
const earnPatience = 30 * time.Second

// earn measures how far what a learner owes is behind what he did: from the
// receipt of his submission to the answer that counts its hours, through the
// outbox, the queue, the grade and the ledger. He asks every 5 ms, so a figure is
// up to 5 ms and one reading too long.
func (l *loadtest) earn(ctx context.Context) error {
	limit := l.limit(200, 20)
	l.stage, l.earns = "activist", 100
	l.wanted = limit
	if err := l.makePeople(ctx, limit); err != nil {
		return err
	}
	exams, err := l.makeExams(ctx, 1)
	if err != nil {
		return err
	}
	return l.drive(ctx, "hours", limit, func(w *loadWorker, i int, due time.Time) error {
		v := l.people[i]
		if _, err := answerAll(w, v, exams[0], due); err != nil {
			return err
		}
		return w.time("hours", time.Time{}, func() error { return v.waitForHours(ctx, l.earns) })
	})
}

// waitForHours asks until so many centi-hours count towards an obligation.
func (v *visitor) waitForHours(ctx context.Context, centi int) error {
	for deadline := time.Now().Add(earnPatience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var mine struct {
			Obligations []struct {
				Counted int `json:"counted_centi"`
			} `json:"obligations"`
		}
		if err := v.do("GET", "/my-hours", nil, &mine); err != nil {
			return err
		}
		for _, o := range mine.Obligations {
			if o.Counted >= centi {
				return nil
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.New("the hours do not show")
}
