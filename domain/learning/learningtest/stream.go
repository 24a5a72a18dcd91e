// Package learningtest makes streams of reports for property tests: what
// honest players send, delivered in any order, and what liars send.
package learningtest

import (
	"math/rand/v2"
	"sort"

	"zhixing/domain/learning"
)

// Report is a report as a player made it. Instants are in milliseconds from
// the beginning of the stream.
type Report struct {
	Play   int // which opening of the lesson
	Made   int64
	Claims []learning.Claim
}

// Delivery is a copy of a report as the server gets it, at the instant At.
type Delivery struct {
	Report
	At int64
}

// Lesson is what a stream is about.
type Lesson struct {
	DurationMs int64
	MaxRate    int // percent
	AllowSkip  bool
}

// rates a player offers, in percent.
var rates = []int{50, 75, 100, 125, 150, 175, 200, 300}

// AnyLesson makes a lesson of up to ten minutes.
func AnyLesson(r *rand.Rand) Lesson {
	return Lesson{
		DurationMs: 10_000 + r.Int64N(600_000),
		MaxRate:    []int{100, 125, 150, 200, 300}[r.IntN(5)],
		AllowSkip:  r.IntN(2) == 0,
	}
}

// Truth is what a player really did.
type Truth struct {
	Opened  []int64 // the instant of each play
	Watched learning.Set
	Reports []Report
}

// player simulates one honest player.
type player struct {
	Truth
	r         *rand.Rand
	l         Lesson
	now, pos  int64
	next      int64 // when the next report is due
	rate      int
	claims    []learning.Claim
	everyOpen int64
}

// Watch simulates an honest player of the lesson: plays one after the other,
// each with stretches of playing, pauses, seeks and changes of speed, a report
// every 15 s and on some of the events, and one on leaving. Where skipping is
// off it never plays ahead of what it has played from the beginning.
func Watch(r *rand.Rand, l Lesson) Truth {
	p := &player{r: r, l: l, everyOpen: learning.ReportEvery.Milliseconds()}
	for range 1 + r.IntN(3) {
		p.now += r.Int64N(2000)
		p.Opened = append(p.Opened, p.now)
		p.claims, p.rate, p.next = nil, 0, p.now+p.everyOpen
		for range 1 + r.IntN(6) {
			p.stretch()
		}
		p.report(p.now) // on leaving
	}
	return p.Truth
}

func (p *player) report(at int64) {
	p.Reports = append(p.Reports, Report{len(p.Opened) - 1, at, append([]learning.Claim(nil), p.claims...)})
}

// stretch pauses or seeks or changes the speed, and then plays on.
func (p *player) stretch() {
	r := p.r
	switch r.IntN(4) {
	case 0: // pause
		p.now += r.Int64N(40_000)
	case 1: // seek
		limit := p.l.DurationMs
		if !p.l.AllowSkip {
			limit = min(limit, p.Watched.Reach(0)+1)
		}
		p.pos = r.Int64N(limit)
	}
	if p.rate == 0 || r.IntN(3) == 0 {
		for p.rate = 0; p.rate == 0 || p.rate > p.l.MaxRate; {
			p.rate = rates[r.IntN(len(rates))]
		}
	}
	rate, from, began := int64(p.rate), p.pos, p.now
	wall := min(r.Int64N(50_000), (p.l.DurationMs-from)*100/rate)
	p.claims = append(p.claims, learning.Claim{FromMs: from, ToMs: from, Rate: float64(rate) / 100})
	current := &p.claims[len(p.claims)-1]
	for mark := p.next; mark <= began+wall; mark += p.everyOpen {
		current.ToMs = from + max(mark-began, 0)*rate/100
		p.report(mark)
		p.next = mark + p.everyOpen
	}
	p.now, p.pos = began+wall, from+wall*rate/100
	current.ToMs = p.pos
	p.Watched = p.Watched.Union(learning.NewSet(learning.Range{From: from, To: p.pos}))
	if r.IntN(2) == 0 {
		p.report(p.now)
	}
	p.next = max(p.next, p.now)
}

// InOrder delivers every report once, when it was made.
func InOrder(t Truth) []Delivery {
	ds := make([]Delivery, len(t.Reports))
	for i, s := range t.Reports {
		ds[i] = Delivery{s, s.Made}
	}
	return ds
}

// Anyhow delivers the reports late, in any order, up to three times or not at
// all; the last one of each play at least once if whole is set. Where skipping
// is off nothing arrives after the next play was opened: that one begins where
// the server, knowing what it knows then, lets it.
func Anyhow(r *rand.Rand, l Lesson, t Truth, whole bool) []Delivery {
	var ds []Delivery
	for i, s := range t.Reports {
		copies := r.IntN(4)
		if last := i+1 == len(t.Reports) || t.Reports[i+1].Play != s.Play; last && whole {
			copies = max(copies, 1)
		}
		for range copies {
			at := s.Made + r.Int64N(90_000)
			if next := s.Play + 1; !l.AllowSkip && next < len(t.Opened) {
				at = min(at, t.Opened[next])
			}
			ds = append(ds, Delivery{s, at})
		}
	}
	sort.SliceStable(ds, func(i, j int) bool { return ds[i].At < ds[j].At })
	return ds
}

// Claimed is the union of what the delivered reports claim.
func Claimed(ds []Delivery) learning.Set {
	var s []learning.Range
	for _, d := range ds {
		for _, c := range d.Claims {
			s = append(s, learning.Range{From: c.FromMs, To: c.ToMs})
		}
	}
	return learning.NewSet(s...)
}

// Lie makes a stream of reports that no player would send, some of them
// replayed.
func Lie(r *rand.Rand, l Lesson) (opened []int64, ds []Delivery) {
	var now int64
	for range 1 + r.IntN(12) {
		now += r.Int64N(30_000)
		if len(opened) == 0 || r.IntN(4) == 0 {
			opened = append(opened, now)
		}
		var claims []learning.Claim
		for range r.IntN(5) {
			from := r.Int64N(l.DurationMs+5000) - 1000
			claims = append(claims, learning.Claim{FromMs: from, ToMs: from + r.Int64N(40_000) - 500, Rate: float64(r.IntN(400)) / 100})
		}
		ds = append(ds, Delivery{Report{r.IntN(len(opened)), now, claims}, now})
		for r.IntN(4) == 0 {
			d := ds[r.IntN(len(ds))]
			d.At = now
			ds = append(ds, d)
		}
	}
	return opened, ds
}
