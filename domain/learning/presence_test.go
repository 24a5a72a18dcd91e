package learning_test

import (
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"zhixing/domain"
	"zhixing/domain/learning"
	"zhixing/domain/learning/learningtest"
)

func ruleOf(r *rand.Rand) learning.PresenceRule {
	return learning.PresenceRule{
		Every: time.Duration(20+r.IntN(70)) * time.Second, Answer: 30 * time.Second,
		Ask: []string{learning.AskConfirm, learning.AskSum}[r.IntN(2)], OnMiss: learning.MissPause,
	}
}

func begun(rule learning.PresenceRule, seed byte, at time.Time) *learning.Presence {
	p := &learning.Presence{PresenceRule: rule, Seed: []byte{seed}}
	p.Begin(nil, time.Time{}, at)
	return p
}

// pass asks the next check at an instant and answers it right.
func pass(t *testing.T, p *learning.Play, at time.Time) {
	t.Helper()
	if err := p.CanAsk(at); err != nil {
		t.Fatalf("at %v: %v", at.Sub(p.OpenedAt), err)
	}
	c := p.Presence.Next(at)
	p.Presence.Take(c, p.Presence.Question(c.Seq).Key, at)
	if !c.Passed {
		t.Fatalf("the right answer did not pass: %+v", c)
	}
}

// event is a delivery, or a check that is passed.
type event struct {
	at     int64
	claims []learning.Claim
	pass   bool
}

// present simulates an honest player of a play with checks: it stops at each
// check, has it passed and goes on. The second value is what it watched.
func present(r *rand.Rand, l learningtest.Lesson, plan *learning.Play) ([]event, learning.Set) {
	var events []event
	var claims []learning.Claim
	var watched learning.Set
	now, played := r.Int64N(5000), int64(0)
	send := func() {
		for range r.IntN(3) { // lost, late, twice
			events = append(events, event{at: now + r.Int64N(60_000), claims: append([]learning.Claim(nil), claims...)})
		}
	}
	for range 2 + r.IntN(8) {
		rate := int64(rates[r.IntN(len(rates))])
		if rate > int64(l.MaxRate) {
			rate = 100
		}
		from := r.Int64N(l.DurationMs)
		left := min(r.Int64N(120_000), (l.DurationMs-from)*100/rate)
		for left > 0 {
			if played >= plan.Presence.DueMs {
				now += r.Int64N(25_000)
				events = append(events, event{at: now, pass: true})
				c := plan.Presence.Next(instant(now))
				plan.Presence.Take(c, plan.Presence.Question(c.Seq).Key, instant(now))
			}
			step := min(left, plan.Presence.DueMs-played+r.Int64N(1500), 15_000) // a player notices late
			to := min(from+step*rate/100, l.DurationMs)
			claims = append(claims, learning.Claim{FromMs: from, ToMs: to, Rate: float64(rate) / 100})
			watched = watched.Union(learning.NewSet(learning.Range{From: from, To: to}))
			now, played, left, from = now+step, played+step, left-step, to
			send()
		}
		now += r.Int64N(30_000)
	}
	events = append(events, event{at: now, claims: claims})
	sort.SliceStable(events, func(i, j int) bool { return events[i].at < events[j].at })
	return events, watched
}

var rates = []int{50, 75, 100, 125, 150, 200, 300}

// Seen red: with what is allowed counted by the clock since the opening instead
// of by playing, pauses ate it and honest players were refused.
func TestHonestPlayerWithChecksEarnsTheSameInAnyOrder(t *testing.T) {
	eachStream(t, func(t *testing.T, r *rand.Rand) {
		if r.IntN(4) > 0 {
			return // heavier than the others
		}
		l := learningtest.AnyLesson(r)
		l.AllowSkip = true
		rule, seed := ruleOf(r), byte(r.IntN(256))
		fresh := func() *learning.Play {
			return &learning.Play{DurationMs: l.DurationMs, MaxRate: l.MaxRate, AllowSkip: true, OpenedAt: epoch0, Presence: begun(rule, seed, epoch0)}
		}
		events, watched := present(r, l, fresh())
		p, g := fresh(), &learning.Progress{}
		for _, e := range events {
			if e.pass {
				pass(t, p, instant(e.at))
				continue
			}
			if out := p.Report(g, e.claims, instant(e.at), 0); len(out.Refused)+len(out.Flags) > 0 && out.Gained.Len() < 600_000 {
				for _, f := range out.Flags {
					if f.Kind != learning.FlagLongSilence {
						t.Errorf("flagged %v", f)
					}
				}
				if len(out.Refused) > 0 {
					t.Errorf("refused %v", out.Refused)
				}
			}
		}
		if !g.Covered.Equal(watched) {
			t.Errorf("covered %v, watched %v", g.Covered, watched)
		}
		checkBounds(t, l, []*learning.Play{p}, g)
	})
}

// A client that never answers earns nothing past the first check, however often
// it opens the lesson and whatever it sends; and never more than its time.
// Seen red: with each play beginning with a full interval (no carry in Begin);
// with the slack given to a play that begins with a check; with allowed
// answering false.
func TestWithoutAnAnswerNothingPastTheFirstCheck(t *testing.T) {
	eachStream(t, func(t *testing.T, r *rand.Rand) {
		l := learningtest.AnyLesson(r)
		opened, ds := learningtest.Lie(r, l)
		rule := ruleOf(r)
		plays := make([]*learning.Play, len(opened))
		g := &learning.Progress{}
		var first int64
		for _, d := range ds {
			for i, at := range opened {
				if plays[i] != nil || at > d.At {
					continue
				}
				p := &learning.Play{DurationMs: l.DurationMs, MaxRate: l.MaxRate, AllowSkip: l.AllowSkip, OpenedAt: instant(at)}
				p.Presence = &learning.Presence{PresenceRule: rule, Seed: []byte{byte(i)}}
				if i == 0 {
					p.Presence.Begin(nil, time.Time{}, p.OpenedAt)
					first = p.Presence.DueMs
				} else {
					closed := p.OpenedAt
					plays[i-1].ClosedAt = &closed
					p.Presence.Begin(plays[i-1].Presence, closed, p.OpenedAt)
				}
				plays[i] = p
			}
			plays[d.Play].Report(g, d.Claims, instant(d.At), 0)
		}
		var spent time.Duration
		for _, p := range plays {
			if p != nil {
				for _, run := range p.Runs {
					spent += cost(run)
				}
			}
		}
		if limit := time.Duration(first)*time.Millisecond + learning.PresenceSlack; spent > limit {
			t.Errorf("earned %v of playing, the first check was due at %v", spent, limit)
		}
		checkBounds(t, l, plays, g)
	})
}

// Seen red: with late answers taken; with the answer not moving DueMs on; with
// allowed answering false.
func TestCheck(t *testing.T) {
	rule := learning.PresenceRule{Every: 10 * time.Minute, Answer: time.Minute, Ask: learning.AskSum, OnMiss: learning.MissPause}
	open := func() *learning.Play {
		return &learning.Play{DurationMs: 7_200_000, MaxRate: 100, AllowSkip: true, OpenedAt: epoch0, Presence: begun(rule, 1, epoch0)}
	}
	p := open()
	due := p.Presence.DueMs
	if due < 450_000 || due > 750_000 {
		t.Fatalf("first check at %d ms", due)
	}
	reason := func(err error) string { return domain.ReasonOf(err) }
	if got := reason(p.CanAsk(instant(due - 2001))); got != "learning.check_not_due" {
		t.Errorf("early: %q", got)
	}
	watch := func(p *learning.Play, g *learning.Progress, to int64) learning.Outcome {
		return p.Report(g, []learning.Claim{{FromMs: 0, ToMs: to, Rate: 1}}, instant(to), 0)
	}
	for name, c := range map[string]struct {
		answer func(q learning.Question) string
		after  time.Duration
		want   string
	}{
		"right":               {func(q learning.Question) string { return q.Key }, 59 * time.Second, "passed"},
		"right, late":         {func(q learning.Question) string { return q.Key }, 64 * time.Second, "late"},
		"nothing in time":     {func(learning.Question) string { return "" }, 60 * time.Second, "wrong"},
		"of another check":    {func(learning.Question) string { return open().Presence.Question(2).Key }, time.Second, "wrong"},
		"another option":      {wrongOption, time.Second, "wrong"},
		"the text of the key": {func(q learning.Question) string { return textOf(q) }, time.Second, "wrong"},
	} {
		p, g := open(), &learning.Progress{}
		watch(p, g, due)
		at := instant(due)
		k := p.Presence.Next(at)
		p.Presence.Take(k, c.answer(p.Presence.Question(1)), at.Add(c.after))
		if k.Outcome() != c.want {
			t.Errorf("%s: %s, want %s", name, k.Outcome(), c.want)
		}
		if p.Presence.Take(k, p.Presence.Question(1).Key, at.Add(c.after)) {
			t.Errorf("%s: a second answer was taken", name)
		}
		held := g.Covered.Len()
		watch(p, g, due+60_000)
		switch gained := g.Covered.Len() - held; {
		case c.want == "passed" && gained != 60_000:
			t.Errorf("%s: gained %d after it", name, gained)
		case c.want != "passed" && gained != learning.PresenceSlack.Milliseconds():
			t.Errorf("%s: gained %d after it", name, gained)
		case c.want != "passed" && reason(p.CanAsk(instant(due+600_000))) != "learning.check_missed":
			t.Errorf("%s: can be asked again", name)
		}
		if held != due {
			t.Errorf("%s: what was earned was taken away: %d of %d", name, held, due)
		}
	}
}

// Playing past a check that nobody asked for is a miss: asking late does not
// bring it back. The next play begins with a check, and earns from there.
// Seen red: without Outcome.Missed set by Report.
func TestPlayingPastACheckMissesIt(t *testing.T) {
	rule := learning.PresenceRule{Every: 5 * time.Minute, Answer: time.Minute, Ask: learning.AskConfirm, OnMiss: learning.MissContinue}
	p := &learning.Play{DurationMs: 7_200_000, MaxRate: 100, AllowSkip: true, OpenedAt: epoch0, Presence: begun(rule, 7, epoch0)}
	g := &learning.Progress{}
	out := p.Report(g, []learning.Claim{{FromMs: 0, ToMs: 1_200_000, Rate: 1}}, instant(1_200_000), 0)
	if !out.Missed || !p.Presence.Missed || g.Covered.Len() != p.Presence.DueMs+learning.PresenceSlack.Milliseconds() {
		t.Fatalf("missed %v, covered %v, due %d", out.Missed, g.Covered, p.Presence.DueMs)
	}
	if n := len(out.Flags); n != 1 || out.Flags[0].Kind != learning.FlagPresence {
		t.Errorf("flags %v", out.Flags)
	}
	if got := domain.ReasonOf(p.CanAsk(instant(1_200_000))); got != "learning.check_missed" {
		t.Errorf("asked late: %q", got)
	}
	closed := instant(1_200_000)
	p.ClosedAt = &closed
	next := &learning.Play{DurationMs: 7_200_000, MaxRate: 100, AllowSkip: true, OpenedAt: closed}
	next.Presence = &learning.Presence{PresenceRule: rule, Seed: []byte{8}}
	next.Presence.Begin(p.Presence, closed, closed)
	if next.Presence.DueMs != 0 {
		t.Fatalf("the next play begins with a check at %d", next.Presence.DueMs)
	}
	held := g.Covered.Len()
	next.Report(g, []learning.Claim{{FromMs: 1_200_000, ToMs: 1_260_000, Rate: 1}}, instant(1_260_000), 0)
	if g.Covered.Len() != held {
		t.Error("it earned before presence was confirmed")
	}
	again := &learning.Play{DurationMs: 7_200_000, MaxRate: 100, AllowSkip: true, OpenedAt: instant(1_260_000)}
	again.Presence = &learning.Presence{PresenceRule: rule, Seed: []byte{9}}
	again.Presence.Begin(next.Presence, again.OpenedAt, again.OpenedAt)
	pass(t, again, instant(1_261_000))
	again.Report(g, []learning.Claim{{FromMs: 1_260_000, ToMs: 1_320_000, Rate: 1}}, instant(1_321_000), 0)
	if g.Covered.Len() != held+60_000 {
		t.Errorf("covered %d after presence was confirmed, want %d", g.Covered.Len(), held+60_000)
	}
}

// Once the lesson is complete nobody needs to be asked.
// Seen red: with allowed not looking at CompletedAt.
func TestCompleteLessonIsNotHeldUp(t *testing.T) {
	rule := learning.PresenceRule{Every: 5 * time.Minute, Answer: time.Minute, Ask: learning.AskConfirm}
	done := epoch0
	p := &learning.Play{DurationMs: 7_200_000, MaxRate: 100, AllowSkip: true, OpenedAt: epoch0, Presence: begun(rule, 7, epoch0)}
	g := &learning.Progress{CompletedAt: &done}
	if out := p.Report(g, []learning.Claim{{FromMs: 0, ToMs: 1_200_000, Rate: 1}}, instant(1_200_000), 0); len(out.Refused) > 0 {
		t.Errorf("refused %v", out.Refused)
	}
}

func wrongOption(q learning.Question) string {
	for _, o := range q.Options {
		if o.ID != q.Key {
			return o.ID
		}
	}
	return ""
}

func textOf(q learning.Question) string {
	for _, o := range q.Options {
		if o.ID == q.Key {
			return o.Text
		}
	}
	return ""
}
