package learning

import (
	"math/rand/v2"
	"sort"
	"time"
)

// The tests' player and server. Instants are milliseconds since epoch0.

var epoch0 = time.Date(2026, 12, 31, 15, 30, 0, 0, time.UTC) // 23:30 in Shanghai, so that streams cross the year

func instant(ms int64) time.Time { return epoch0.Add(time.Duration(ms) * time.Millisecond) }

// sent is a report as the player made it, at the instant made.
type sent struct {
	play   int
	made   int64
	claims []Claim
}

// delivery is a copy of a report as the server gets it, at the instant at.
type delivery struct {
	sent
	at int64
}

// lesson is what a stream is about.
type lesson struct {
	duration  int64
	maxRate   int
	allowSkip bool
}

// rates a player offers, in percent.
var rates = []int{50, 75, 100, 125, 150, 175, 200, 300}

func anyLesson(r *rand.Rand) lesson {
	return lesson{
		duration:  10_000 + r.Int64N(600_000),
		maxRate:   []int{100, 125, 150, 200, 300}[r.IntN(5)],
		allowSkip: r.IntN(2) == 0,
	}
}

// truth is what a player really did: one entry for each play.
type truth struct {
	opened  []int64
	watched Set
	reports []sent
}

// watch simulates an honest player of the lesson: plays one after the other,
// each with stretches of playing, pauses, seeks and changes of speed, a report
// every 15 s and on some of the events, and one on leaving. Where skipping is
// off it never plays ahead of what it has played from the beginning.
func watch(r *rand.Rand, l lesson) truth {
	var t truth
	var now, pos int64
	for play := range 1 + r.IntN(3) {
		now += r.Int64N(2000)
		t.opened = append(t.opened, now)
		var claims []Claim
		next := now + ReportEvery.Milliseconds()
		report := func(at int64) {
			t.reports = append(t.reports, sent{play, at, append([]Claim(nil), claims...)})
		}
		var rate int
		for range 1 + r.IntN(6) {
			switch r.IntN(4) {
			case 0: // pause
				now += r.Int64N(40_000)
			case 1: // seek
				limit := l.duration
				if !l.allowSkip {
					limit = min(limit, t.watched.Reach(0)+1)
				}
				pos = r.Int64N(limit)
			}
			if rate == 0 || r.IntN(3) == 0 {
				for rate = 0; rate == 0 || rate > l.maxRate; {
					rate = rates[r.IntN(len(rates))]
				}
			}
			from, began := pos, now
			wall := min(r.Int64N(50_000), (l.duration-from)*100/int64(rate))
			claims = append(claims, Claim{from, from, float64(rate) / 100})
			for mark := next; mark <= began+wall; mark += ReportEvery.Milliseconds() {
				claims[len(claims)-1].ToMs = from + max(mark-began, 0)*int64(rate)/100
				report(mark)
				next = mark + ReportEvery.Milliseconds()
			}
			now, pos = began+wall, from+wall*int64(rate)/100
			if claims[len(claims)-1].ToMs = pos; pos == from {
				claims = claims[:len(claims)-1]
			}
			t.watched = t.watched.Union(NewSet(Range{from, pos}))
			if r.IntN(2) == 0 {
				report(now)
			}
			next = max(next, now)
		}
		report(now) // on leaving
	}
	return t
}

// inOrder delivers every report once, when it was made.
func inOrder(t truth) []delivery {
	var ds []delivery
	for _, s := range t.reports {
		ds = append(ds, delivery{s, s.made})
	}
	return ds
}

// anyhow delivers the reports late, in any order, up to three times or not at
// all; the last one of each play at least once if whole is set. Where skipping
// is off nothing arrives after the next play was opened: that one begins where
// the server, knowing what it knows then, lets it.
func anyhow(r *rand.Rand, l lesson, t truth, whole bool) []delivery {
	var ds []delivery
	for i, s := range t.reports {
		copies := r.IntN(4)
		if last := i+1 == len(t.reports) || t.reports[i+1].play != s.play; last && whole {
			copies = max(copies, 1)
		}
		for range copies {
			at := s.made + r.Int64N(90_000)
			if next := s.play + 1; !l.allowSkip && next < len(t.opened) {
				at = min(at, t.opened[next])
			}
			ds = append(ds, delivery{s, at})
		}
	}
	sort.SliceStable(ds, func(i, j int) bool { return ds[i].at < ds[j].at })
	return ds
}

// claimed is the union of what the delivered reports claim.
func claimed(ds []delivery) Set {
	var s []Range
	for _, d := range ds {
		for _, c := range d.claims {
			s = append(s, Range{c.FromMs, c.ToMs})
		}
	}
	return NewSet(s...)
}

// serve opens the plays at their instants, closing the ones before, gives the
// server the deliveries and returns what it holds in the end.
func serve(l lesson, opened []int64, ds []delivery) ([]*Play, *Progress, []Outcome) {
	plays := make([]*Play, len(opened))
	g := &Progress{}
	open := func(until int64) {
		for i, at := range opened {
			if plays[i] != nil || at > until {
				continue
			}
			plays[i] = &Play{DurationMs: l.duration, MaxRate: l.maxRate, AllowSkip: l.allowSkip, OpenedAt: instant(at)}
			if i > 0 {
				closed := instant(at)
				plays[i-1].ClosedAt = &closed
			}
		}
	}
	var outs []Outcome
	for _, d := range ds {
		open(d.at)
		outs = append(outs, plays[d.play].Report(g, d.claims, instant(d.at), ""))
	}
	open(1 << 60)
	return plays, g, outs
}
