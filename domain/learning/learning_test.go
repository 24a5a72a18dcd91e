package learning_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"zhixing/domain/learning"
)

// Sets behave as sets of milliseconds, tried against a map.
func TestSet(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		make1 := func() (learning.Set, map[int64]bool) {
			var ranges []learning.Range
			in := map[int64]bool{}
			for range r.IntN(6) {
				from := r.Int64N(40)
				to := from + r.Int64N(12) - 2
				ranges = append(ranges, learning.Range{From: from, To: to})
				for i := from; i < to; i++ {
					in[i] = true
				}
			}
			return learning.NewSet(ranges...), in
		}
		a, inA := make1()
		b, inB := make1()
		for name, c := range map[string]struct {
			got  learning.Set
			want func(i int64) bool
		}{
			"new":   {a, func(i int64) bool { return inA[i] }},
			"union": {a.Union(b), func(i int64) bool { return inA[i] || inB[i] }},
			"minus": {a.Minus(b), func(i int64) bool { return inA[i] && !inB[i] }},
		} {
			n, last := int64(0), int64(-1)
			in := map[int64]bool{}
			for _, x := range c.got {
				if x.From <= last || x.To <= x.From {
					t.Fatalf("seed %d: %s %v is not in form", seed, name, c.got)
				}
				last = x.To
				for i := x.From; i < x.To; i++ {
					in[i] = true
				}
			}
			for i := int64(-5); i < 60; i++ {
				if in[i] != c.want(i) {
					t.Fatalf("seed %d: %s of %v and %v is %v", seed, name, a, b, c.got)
				}
				if in[i] {
					n++
				}
			}
			if c.got.Len() != n {
				t.Fatalf("seed %d: length %d of %v", seed, c.got.Len(), c.got)
			}
		}
	}
}

func set(pairs ...int64) (s learning.Set) {
	for i := 0; i+1 < len(pairs); i += 2 {
		s = append(s, learning.Range{From: pairs[i], To: pairs[i+1]})
	}
	return s
}

func TestReach(t *testing.T) {
	for _, c := range []struct {
		set  learning.Set
		want int64
	}{
		{nil, 0},
		{set(0, 10_000), 10_000},
		{set(900, 10_000), 10_000},
		{set(1001, 10_000), 0},
		{set(0, 5000, 6000, 9000), 9000},
		{set(0, 5000, 6001, 9000), 5000},
	} {
		if got := c.set.Reach(1000); got != c.want {
			t.Errorf("reach of %v is %d, want %d", c.set, got, c.want)
		}
	}
}

func TestNeeded(t *testing.T) {
	for _, c := range []struct {
		duration  int64
		threshold int
		want      int64
	}{
		{600_000, 90, 540_000}, {600_000, 100, 599_000}, {10_000, 100, 9_800}, {1001, 50, 501}, {100, 100, 98}, {1, 1, 1}, {1, 100, 1},
	} {
		if got := learning.Needed(c.duration, c.threshold); got != c.want {
			t.Errorf("%d ms at %d%% need %d, want %d", c.duration, c.threshold, got, c.want)
		}
	}
}

// Completion comes at the threshold and not before, and once.
func TestComplete(t *testing.T) {
	g := &learning.Progress{Covered: set(0, 539_999)}
	if g.Complete(600_000, 90, epoch0) {
		t.Error("complete a millisecond early")
	}
	g.Covered = set(0, 540_000)
	if !g.Complete(600_000, 90, epoch0) || g.CompletedAt == nil || !g.CompletedAt.Equal(epoch0) {
		t.Error("not complete at the threshold")
	}
	if g.Complete(600_000, 90, epoch0.Add(time.Hour)) || !g.CompletedAt.Equal(epoch0) {
		t.Error("complete twice")
	}
}

func TestResume(t *testing.T) {
	done := epoch0
	for _, c := range []struct {
		name string
		g    learning.Progress
		skip bool
		want int64
	}{
		{"never played", learning.Progress{}, true, 0},
		{"in the middle", learning.Progress{LastPositionMs: 40_000, Covered: set(0, 40_000)}, false, 40_000},
		{"ahead, where that is allowed", learning.Progress{LastPositionMs: 40_000, Covered: set(0, 10_000)}, true, 40_000},
		{"ahead, where it is not", learning.Progress{LastPositionMs: 40_000, Covered: set(0, 10_000)}, false, 10_000},
		{"at the end, complete", learning.Progress{LastPositionMs: 100_000, Covered: set(0, 100_000), CompletedAt: &done}, true, 0},
		{"at the end, with a gap", learning.Progress{LastPositionMs: 99_000, Covered: set(0, 30_000, 80_000, 100_000)}, true, 30_000},
		{"nonsense", learning.Progress{LastPositionMs: math.MaxInt64}, true, 0},
	} {
		if got := c.g.Resume(100_000, c.skip); got != c.want {
			t.Errorf("%s: resume at %d, want %d", c.name, got, c.want)
		}
	}
}

// A span of 30 s across New Year in Shanghai is 20 s of the old year and 10 s
// of the new one; years are those of Shanghai, not of UTC.
func TestYears(t *testing.T) {
	newYear := time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)
	e := learning.Evidence{Plays: []learning.PlayRecord{{Play: learning.Play{Runs: []learning.Run{
		{Wall: learning.Wall{From: newYear.Add(-20 * time.Second), To: newYear.Add(10 * time.Second)}},
		{Wall: learning.Wall{From: newYear.Add(time.Minute), To: newYear.Add(2 * time.Minute)}},
	}}}}}
	got := e.Years()
	if len(got) != 2 || got[0] != (learning.YearShare{Year: 2026, Wall: 20 * time.Second}) || got[1] != (learning.YearShare{Year: 2027, Wall: 70 * time.Second}) {
		t.Errorf("years %v", got)
	}
}

// Rows grow with pauses and seeks, not with time: an hour of playing reported
// every 15 s, each report up to 2 s on its way, is one run.
// Seen red: with pauseSlack zero.
func TestPlayingOnIsOneRun(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := &learning.Play{DurationMs: 7_200_000, MaxRate: 100, AllowSkip: true, OpenedAt: epoch0}
	g := &learning.Progress{}
	for at := int64(15_000); at <= 3_600_000; at += 15_000 {
		p.Report(g, []learning.Claim{{FromMs: 0, ToMs: at, Rate: 1}}, instant(at+r.Int64N(2000)), 0)
	}
	if len(p.Runs) != 1 || g.Covered.Len() != 3_600_000 {
		t.Errorf("%d runs, %d ms: %v", len(p.Runs), g.Covered.Len(), p.Runs)
	}
	// A pause of ten minutes begins a second one, with its own wall time.
	p.Report(g, []learning.Claim{{FromMs: 0, ToMs: 3_615_000, Rate: 1}}, instant(4_215_000), 0)
	if len(p.Runs) != 2 || !p.Runs[1].Wall.From.Equal(instant(4_200_000)) {
		t.Errorf("after a pause: %v", p.Runs)
	}
}

// A play takes no wall time after a day.
func TestPlayExpires(t *testing.T) {
	p := &learning.Play{DurationMs: 600_000, MaxRate: 100, AllowSkip: true, OpenedAt: epoch0}
	g := &learning.Progress{}
	out := p.Report(g, []learning.Claim{{FromMs: 0, ToMs: 10_000, Rate: 1}}, epoch0.Add(learning.PlayLife+time.Hour), 0)
	if out.Closed != learning.ClosedExpired || g.Covered.Len() != 10_000 {
		t.Errorf("late report of the day before: %+v", out)
	}
	if end := p.Runs[0].Wall.To; !end.Equal(epoch0.Add(learning.PlayLife)) {
		t.Errorf("wall time until %v", end)
	}
}

// What cannot be true is refused, whatever the numbers; nothing overflows.
// Seen red: with the end of a claim not cut to the duration.
func TestAbsurdClaims(t *testing.T) {
	for _, c := range []learning.Claim{
		{FromMs: 0, ToMs: 600_000, Rate: math.NaN()},
		{FromMs: 0, ToMs: 600_000, Rate: math.Inf(1)},
		{FromMs: 0, ToMs: 600_000, Rate: math.Inf(-1)},
		{FromMs: math.MinInt64, ToMs: math.MaxInt64, Rate: 1},
		{FromMs: math.MaxInt64, ToMs: math.MinInt64, Rate: 1},
		{FromMs: math.MaxInt64 - 1, ToMs: math.MaxInt64, Rate: 1},
		{FromMs: 0, ToMs: math.MaxInt64, Rate: math.MaxFloat64},
		{FromMs: 0, ToMs: math.MaxInt64, Rate: 0.01},
	} {
		p := &learning.Play{DurationMs: 600_000, MaxRate: 400, AllowSkip: true, OpenedAt: epoch0}
		g := &learning.Progress{}
		if out := p.Report(g, []learning.Claim{c}, epoch0.Add(time.Minute), 0); g.Covered.Len() != 0 || len(out.Flags) == 0 {
			t.Errorf("%+v earned %v, flags %v", c, g.Covered, out.Flags)
		}
	}
}

// A play cannot be filled with crumbs without end. Seen red: without the return
// after the refusal.
func TestScattered(t *testing.T) {
	p := &learning.Play{DurationMs: 7_200_000, MaxRate: 100, AllowSkip: true, OpenedAt: epoch0}
	g := &learning.Progress{}
	refused := false
	for i := range int64(3) {
		claims := make([]learning.Claim, learning.MaxClaims)
		for k := range claims {
			from := (i*learning.MaxClaims + int64(k)) * 1000
			claims[k] = learning.Claim{FromMs: from, ToMs: from + 10, Rate: 1}
		}
		for _, r := range p.Report(g, claims, epoch0.Add(time.Hour), 0).Refused {
			refused = refused || r.Reason == learning.NotScattered
		}
	}
	if len(p.Runs) != learning.MaxPieces || !refused {
		t.Errorf("%d runs, refused %v", len(p.Runs), refused)
	}
}
