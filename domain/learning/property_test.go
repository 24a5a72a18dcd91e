package learning_test

import (
	"math/rand/v2"
	"os"
	"sort"
	"strconv"
	"testing"
	"time"

	"zhixing/domain/learning"
	"zhixing/domain/learning/learningtest"
)

// epoch0 is 23:30 in Shanghai on the last day of a year, so that streams cross
// into the next.
var epoch0 = time.Date(2026, 12, 31, 15, 30, 0, 0, time.UTC)

func instant(ms int64) time.Time { return epoch0.Add(time.Duration(ms) * time.Millisecond) }

// serve opens the plays at their instants, closing the ones before, gives the
// server the deliveries and returns what it holds in the end.
func serve(l learningtest.Lesson, opened []int64, ds []learningtest.Delivery) ([]*learning.Play, *learning.Progress, []learning.Outcome) {
	plays := make([]*learning.Play, len(opened))
	g := &learning.Progress{}
	open := func(until int64) {
		for i, at := range opened {
			if plays[i] != nil || at > until {
				continue
			}
			plays[i] = &learning.Play{DurationMs: l.DurationMs, MaxRate: l.MaxRate, AllowSkip: l.AllowSkip, OpenedAt: instant(at)}
			if i > 0 {
				closed := instant(at)
				plays[i-1].ClosedAt = &closed
			}
		}
	}
	var outs []learning.Outcome
	for _, d := range ds {
		open(d.At)
		outs = append(outs, plays[d.Play].Report(g, d.Claims, instant(d.At), 0))
	}
	open(1 << 60)
	return plays, g, outs
}

// streams is how many streams each property is tried on in a run; under the race
// detector a twentieth, so scripts/test.sh runs this package without it too.
const streams = 100_000

// eachStream runs a property on many streams. The seed of the run is printed;
// ZHIXING_TEST_SEED repeats a run.
func eachStream(t *testing.T, property func(t *testing.T, r *rand.Rand)) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("ZHIXING_TEST_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	n := streams
	if raceEnabled || testing.Short() {
		n /= 20
	}
	t.Logf("seed %d, %d streams", seed, n)
	for i := range n {
		if property(t, rand.New(rand.NewPCG(seed, uint64(i)))); t.Failed() {
			t.Fatalf("at stream %d of seed %d", i, seed)
		}
	}
}

// checkBounds fails unless everything credited has its own wall time inside
// its play, no faster than the lesson allows, and lies in the medium.
func checkBounds(t *testing.T, l learningtest.Lesson, plays []*learning.Play, g *learning.Progress) {
	t.Helper()
	var walls []learning.Wall
	var total int64
	for i, p := range plays {
		if p == nil {
			continue
		}
		var media int64
		for _, r := range p.Runs {
			if r.Wall.From.Before(p.OpenedAt) || (p.ClosedAt != nil && r.Wall.To.After(*p.ClosedAt)) {
				t.Errorf("play %d: run %+v outside the time the play was open", i, r)
			}
			if d := r.Wall.To.Sub(r.Wall.From); d < cost(r) || r.Media.Len() <= 0 || r.Rate > l.MaxRate {
				t.Errorf("play %d: run %+v takes %v", i, r, cost(r))
			}
			walls = append(walls, r.Wall)
			media += r.Media.Len()
		}
		if n := len(p.Runs); n > 0 {
			if open := p.Runs[n-1].Wall.To.Sub(p.OpenedAt); media*100_000 > open.Microseconds()*int64(l.MaxRate) {
				t.Errorf("play %d: %d ms of media in %v at %d%%", i, media, open, l.MaxRate)
			}
		}
		total += media
	}
	sort.Slice(walls, func(i, j int) bool { return walls[i].From.Before(walls[j].From) })
	for i := 1; i < len(walls); i++ {
		if walls[i].From.Before(walls[i-1].To) {
			t.Errorf("walls overlap: %v and %v", walls[i-1], walls[i])
		}
	}
	if got := g.Covered.Len(); got != total || got > l.DurationMs {
		t.Errorf("covered %d ms, runs of %d ms, duration %d ms", got, total, l.DurationMs)
	}
	if n := len(g.Covered); n > 0 && (g.Covered[0].From < 0 || g.Covered[n-1].To > l.DurationMs) {
		t.Errorf("covered outside the medium: %v", g.Covered)
	}
}

// Seen red: with the budget counted from the last report instead of from the
// opening (unclaimed time forgotten), a late small report eats the time of the
// next one; with runs never moved earlier in place, walls overlap.
func TestHonestStreamEarnsTheSameInAnyOrder(t *testing.T) {
	eachStream(t, func(t *testing.T, r *rand.Rand) {
		l := learningtest.AnyLesson(r)
		tr := learningtest.Watch(r, l)
		for _, ds := range [][]learningtest.Delivery{learningtest.InOrder(tr), learningtest.Anyhow(r, l, tr, true)} {
			plays, g, outs := serve(l, tr.Opened, ds)
			if !g.Covered.Equal(tr.Watched) {
				t.Errorf("covered %v, watched %v", g.Covered, tr.Watched)
			}
			for _, o := range outs {
				if len(o.Refused) > 0 && l.AllowSkip {
					t.Errorf("refused %v", o.Refused)
				}
				for _, f := range o.Flags {
					if f.Kind != learning.FlagLongSilence {
						t.Errorf("flagged %v", f)
					}
				}
			}
			checkBounds(t, l, plays, g)
		}
		// Any reports lost: the union of the others. Where skipping is off a loss may
		// take what came after it along, but never gives more than was claimed.
		ds := learningtest.Anyhow(r, l, tr, false)
		plays, g, _ := serve(l, tr.Opened, ds)
		claimed := learningtest.Claimed(ds)
		if l.AllowSkip && !g.Covered.Equal(claimed) || len(g.Covered.Minus(claimed)) > 0 {
			t.Errorf("covered %v, claimed %v, skipping allowed: %v", g.Covered, claimed, l.AllowSkip)
		}
		checkBounds(t, l, plays, g)
	})
}

// Seen red: without the check of the budget; with the budget of a play taken up
// to the stamp instead of the instant another play was opened (two tabs earn two).
func TestNoStreamEarnsMoreThanItsTime(t *testing.T) {
	eachStream(t, func(t *testing.T, r *rand.Rand) {
		l := learningtest.AnyLesson(r)
		opened, ds := learningtest.Lie(r, l)
		plays, g, _ := serve(l, opened, ds)
		checkBounds(t, l, plays, g)
		first, last := opened[0], ds[len(ds)-1].At
		if got := g.Covered.Len(); got*100 > (last-first)*int64(l.MaxRate) {
			t.Errorf("%d ms of media in %d ms at %d%%", got, last-first, l.MaxRate)
		}
	})
}

// The same report again, at the same instant, never adds.
// Seen red: with claims cut to the budget one by one before the impossible
// ones are dropped.
func TestReportAgainAddsNothing(t *testing.T) {
	eachStream(t, func(t *testing.T, r *rand.Rand) {
		l := learningtest.AnyLesson(r)
		opened, ds := learningtest.Lie(r, l)
		twice := make([]learningtest.Delivery, 0, 2*len(ds))
		for _, d := range ds {
			twice = append(twice, d, d)
		}
		_, _, outs := serve(l, opened, twice)
		for i := 1; i < len(outs); i += 2 {
			if len(outs[i].Gained) > 0 {
				t.Errorf("report %d, sent again, earned %v", i/2, outs[i].Gained)
			}
		}
	})
}

// Two honest players at once, in two tabs or on two devices, earn what one
// does: the first earns until the second is opened.
// Seen red: with Play.end left at the stamp though another play was opened, the
// two earned 118 s in 60 s, on overlapping walls.
func TestTwoPlaysAtOnceEarnOne(t *testing.T) {
	eachStream(t, func(t *testing.T, r *rand.Rand) {
		l := learningtest.Lesson{DurationMs: 3_600_000, MaxRate: 100, AllowSkip: true}
		second := 1 + r.Int64N(100_000)
		length := second + 1 + r.Int64N(200_000)
		var ds []learningtest.Delivery
		for at := int64(15_000); at < length; at += 15_000 {
			ds = append(ds, report(0, at, learning.Claim{FromMs: 0, ToMs: at, Rate: 1}))
			if at > second {
				ds = append(ds, report(1, at, learning.Claim{FromMs: 1_800_000, ToMs: 1_800_000 + at - second, Rate: 1}))
			}
		}
		if len(ds) == 0 {
			return
		}
		plays, g, _ := serve(l, []int64{0, second}, ds)
		checkBounds(t, l, plays, g)
		if got, last := g.Covered.Len(), ds[len(ds)-1].At; got > last {
			t.Errorf("two plays earned %d ms in %d ms", got, last)
		}
	})
}

func report(play int, at int64, claims ...learning.Claim) learningtest.Delivery {
	return learningtest.Delivery{Report: learningtest.Report{Play: play, Made: at, Claims: claims}, At: at}
}

// cost is the wall time that a run's media takes at its rate.
func cost(r learning.Run) time.Duration {
	return time.Duration(r.Media.Len()*100_000/int64(r.Rate)) * time.Microsecond
}
