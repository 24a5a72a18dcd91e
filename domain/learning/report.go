package learning

import (
	"math"
	"slices"
	"time"
)

// Report credits what a report claims, as of its stamp, to the play and to the
// coverage g of the play's person, lesson and media version. current is the
// media version that counts now. It changes p.Runs and g.Covered and says what
// changed; it never fails: what does not count is refused with a reason.
func (p *Play) Report(g *Progress, claims []Claim, at time.Time, current int) Outcome {
	if at.Before(p.OpenedAt) {
		at = p.OpenedAt // the clock was set back
	}
	end, closed := p.end(at)
	r := report{p: p, g: g, at: at, end: end, out: Outcome{Closed: closed}}
	r.over = NotBeyondWallTime
	switch closed {
	case ClosedOtherPlay:
		r.over = NotOtherDevice
	case ClosedExpired:
		r.over = NotExpired
	}
	if current != p.MediaVersion {
		r.out.Closed = ClosedOldVersion
		for _, c := range claims {
			if s := r.sane(c); s != nil {
				r.refuse(NotOldVersion, NewSet(s.media))
			}
		}
		return r.out
	}
	last := p.OpenedAt
	if n := len(p.Runs); n > 0 {
		last = p.Runs[n-1].Wall.To
	}
	r.credit(r.possible(r.spans(claims)))
	if gained := r.out.Gained.Len(); gained > longSilence.Milliseconds() {
		r.flag(FlagLongSilence, "gained_ms", gained, "silent_ms", end.Sub(last).Milliseconds())
	}
	return r.out
}

// report is the work on one report.
type report struct {
	p    *Play
	g    *Progress
	at   time.Time
	end  time.Time
	over string // why a claim over the budget is refused
	out  Outcome
}

// span is a claim that has passed the checks of form: inside the medium, at an
// allowed rate. fresh is the part of it that is not covered yet.
type span struct {
	media Range
	rate  int
	fresh Set
}

func (s span) cost() time.Duration { return cost(s.fresh.Len(), s.rate) }

func (r *report) refuse(reason string, media Set) {
	for _, m := range media {
		r.out.Refused = append(r.out.Refused, Refusal{m, reason})
	}
}

// flag marks once in a report. detail alternates names and values.
func (r *report) flag(kind string, detail ...any) {
	for _, f := range r.out.Flags {
		if f.Kind == kind {
			return
		}
	}
	d := map[string]any{}
	for i := 0; i+1 < len(detail); i += 2 {
		if name, ok := detail[i].(string); ok {
			d[name] = detail[i+1]
		}
	}
	r.out.Flags = append(r.out.Flags, Flag{kind, d})
}

// sane returns the part of a claim that can be true of any playing of the
// medium, nil if nothing of it can.
func (r *report) sane(c Claim) *span {
	pct := math.Round(c.Rate * 100)
	if c.FromMs == c.ToMs {
		return nil // paused before it began
	}
	if c.FromMs < 0 || c.ToMs <= c.FromMs || !(pct >= 1) || math.IsInf(pct, 0) {
		r.flag(FlagMalformed, "from_ms", c.FromMs, "to_ms", c.ToMs)
		if from, to := max(c.FromMs, 0), min(c.ToMs, r.p.DurationMs); from < to {
			r.refuse(NotMalformed, NewSet(Range{from, to}))
		}
		return nil
	}
	if c.ToMs > r.p.DurationMs+durationSlack {
		r.flag(FlagBeyondEnd, "to_ms", c.ToMs, "duration_ms", r.p.DurationMs)
		r.refuse(NotBeyondEnd, NewSet(Range{max(c.FromMs, r.p.DurationMs), c.ToMs}))
	}
	m := Range{c.FromMs, min(c.ToMs, r.p.DurationMs)}
	if m.To <= m.From {
		return nil
	}
	if limit := min(r.p.MaxRate, maxRate); pct > float64(limit) {
		r.flag(FlagRate, "rate_percent", math.Min(pct, 1e9), "limit_percent", limit)
		r.refuse(NotTooFast, NewSet(m))
		return nil
	}
	return &span{media: m, rate: int(pct)}
}

// spans gives the spans of a report that pass the checks of form.
func (r *report) spans(claims []Claim) []span {
	var spans []span
	if len(claims) > MaxClaims {
		r.flag(FlagMalformed, "spans", len(claims))
		claims = claims[:MaxClaims]
	}
	for _, c := range claims {
		if s := r.sane(c); s != nil {
			spans = append(spans, *s)
		}
	}
	if !r.p.AllowSkip { // by position, so that one pass sees what connects to the beginning
		slices.SortStableFunc(spans, func(a, b span) int { return int(a.media.From - b.media.From) })
	}
	return spans
}

// possible drops the spans there was no time for, whatever else was reported:
// each that alone takes longer than the play has been open, and all of them
// when together they do. What it leaves has in fresh what is not covered and
// not in an earlier span. The time a closed play went on playing counts here,
// though not as budget.
func (r *report) possible(spans []span) []span {
	had := r.at.Sub(r.p.OpenedAt) + claimSlack
	var need time.Duration
	var seen Set
	out := spans[:0]
	for _, s := range spans {
		own := Set{s.media}
		if c := cost(s.media.Len(), s.rate); c > had {
			r.impossible(s, c, had)
			continue
		}
		s.fresh = own.Minus(seen)
		seen = seen.Union(own)
		need += cost(s.fresh.Len(), s.rate)
		s.fresh = s.fresh.Minus(r.g.Covered)
		out = append(out, s)
	}
	if need <= had {
		return out
	}
	for _, s := range out {
		r.impossible(s, need, had)
	}
	return nil
}

func (r *report) impossible(s span, need, had time.Duration) {
	r.flag(FlagImpossible, "need_ms", need.Milliseconds(), "had_ms", had.Milliseconds())
	r.refuse(NotBeyondWallTime, Set{s.media}.Minus(r.g.Covered))
}

// credit covers the spans as far as the budget goes.
func (r *report) credit(spans []span) {
	var rest time.Duration // what is still to be placed
	for _, s := range spans {
		rest += s.cost()
	}
	for _, s := range spans {
		for _, m := range s.fresh {
			r.creditPiece(m, s.rate, rest)
			rest -= cost(m.Len(), s.rate)
		}
	}
	var over int64
	for _, f := range r.out.Refused {
		if f.Reason == r.over {
			over += f.Len()
		}
		if f.Reason == NotPresent {
			r.p.Presence.Missed, r.out.Missed = true, true
			r.flag(FlagPresence, "check", r.p.Presence.Passed+1, "due_ms", r.p.Presence.DueMs)
		}
	}
	switch {
	case r.over == NotOtherDevice && over > besideLimit.Milliseconds():
		r.flag(FlagOtherDevice, "refused_ms", over)
	case r.over == NotBeyondWallTime && mediaIn(claimSlack, r.p.MaxRate) < over:
		r.flag(FlagImpossible, "refused_ms", over)
	}
}

// creditPiece covers one uncovered piece, or the part of it there is time for.
func (r *report) creditPiece(m Range, rate int, rest time.Duration) {
	p := r.p
	left := r.end.Sub(p.OpenedAt)
	budget, over := left, r.over
	if allowed, ok := p.allowed(r.g); ok && allowed < left {
		budget, over = allowed, NotPresent
		if p.spent() >= allowed {
			r.refuse(NotPresent, Set{m})
			return
		}
	}
	if !p.AllowSkip && m.From > r.g.Covered.Reach(skipSlack)+skipSlack {
		r.refuse(NotSkipped, Set{m})
		return
	}
	grow := r.continues(m, rate, rest)
	n := mediaIn(budget-p.spent(), rate)
	if grow { // a run's cost is rounded once
		last := p.Runs[len(p.Runs)-1]
		n = mediaIn(budget-p.spent()+last.cost(), rate) - last.Media.Len()
	}
	n = min(n, m.Len(), mediaIn(left, p.MaxRate)-p.credited()) // rounding must not add up over runs
	if more := m.Len() - n; more > 0 && (more > tinyExcess || over != NotBeyondWallTime) {
		r.refuse(over, Set{{m.From + max(n, 0), m.To}})
	}
	if n <= 0 {
		return
	}
	m.To = m.From + n
	covered := r.g.Covered.Union(Set{m})
	if (!grow && len(p.Runs) >= MaxPieces) || (len(covered) > MaxPieces && len(covered) > len(r.g.Covered)) {
		r.refuse(NotScattered, Set{m})
		return
	}
	r.g.Covered = covered
	r.out.Gained = r.out.Gained.Union(Set{m})
	r.place(m, rate, grow)
}

// continues reports whether the piece goes on where the last run stopped, in
// the medium and on the clock, given the wall time that the rest of the report
// takes from this piece on.
func (r *report) continues(m Range, rate int, rest time.Duration) bool {
	n := len(r.p.Runs)
	if n == 0 {
		return false
	}
	last := r.p.Runs[n-1]
	return last.Media.To == m.From && last.Rate == rate && r.end.Sub(last.Wall.To)-rest <= pauseSlack
}

// place gives the piece its wall time: as late as can be, ending at the stamp.
// Where a report was slow and the next one fast there is less time between
// them than was played; then the runs before move earlier, into the time they
// were credited too late. The budget guarantees that they fit: walls end in
// ascending order, and up to the end of each the costs fit since the opening.
func (r *report) place(m Range, rate int, grow bool) {
	p := r.p
	if grow {
		last := &p.Runs[len(p.Runs)-1]
		last.Media.To = m.To
		last.Wall.To = r.end
	} else {
		p.Runs = append(p.Runs, Run{
			Seq: len(p.Runs) + 1, Media: m, Rate: rate,
			Wall: Wall{r.end.Add(-cost(m.Len(), rate)), r.end},
		})
	}
	limit := r.end
	for i := len(p.Runs) - 1; i >= 0; i-- {
		w := &p.Runs[i].Wall
		moved := i == len(p.Runs)-1
		if w.To.After(limit) {
			w.To, moved = limit, true
		}
		if from := w.To.Add(-p.Runs[i].cost()); w.From.After(from) {
			w.From, moved = from, true
		}
		if !moved {
			break
		}
		if !slices.Contains(r.out.Changed, i) {
			r.out.Changed = append(r.out.Changed, i)
		}
		limit = w.From
	}
}
