package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// savesEach is how often somebody saves beside the herd, all savers together.
const savesEach = 20 * time.Millisecond

// signIns measures a herd at the door: people who have not signed in today all
// come at once, from one address. With --savers, people who sit an exam save
// their answers before and beside it.
func (l *loadtest) signIns(ctx context.Context) error {
	var idle chan *saver
	if l.savers > 0 {
		var err error
		if idle, err = l.seats(ctx, l.savers); err != nil {
			return err
		}
		alone, stop := context.WithTimeout(ctx, 10*time.Second)
		l.result.SavesP99Alone = l.saveBeside(alone, idle)
		stop()
	}
	herd := l.wanted
	if herd == 0 {
		herd = 1000
	}
	if err := l.makeAccounts(ctx, herd); err != nil {
		return err
	}
	l.say("%d people stand at the door", herd)
	beside, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	if idle != nil {
		wg.Go(func() { l.result.SavesP99Beside = l.saveBeside(beside, idle) })
	}
	err := l.drive(ctx, "sign in", herd, func(w *loadWorker, i int, due time.Time) error {
		return w.time("sign in", due, l.people[i].signIn)
	})
	stop()
	wg.Wait()
	l.result.SignInsPerSecond = l.result.perSecond(l.result.Done)
	return err
}

// saveBeside lets the savers save, one after another at a fixed pace, until ctx
// is done, and returns the 99th percentile in milliseconds. A save that fails is
// an error of the measurement.
func (l *loadtest) saveBeside(ctx context.Context, idle chan *saver) float64 {
	var mu sync.Mutex
	var took []float64
	var wg sync.WaitGroup
	tick := time.NewTicker(savesEach)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case due := <-tick.C:
			wg.Go(func() {
				s := <-idle
				defer func() { idle <- s }()
				err := s.save()
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					l.say("a save beside the herd failed: %v", err)
					return
				}
				took = append(took, float64(time.Since(due).Microseconds())/1000)
			})
		}
	}
	wg.Wait()
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	l.say("%d saves", len(took))
	return round(took[min(len(took)-1, len(took)*99/100)])
}
