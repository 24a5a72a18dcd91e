package learning

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"time"

	"zhixing/domain"
)

// # Presence
//
// A course may ask now and then whether somebody is there. A play then earns
// no more than its checks allow: playing for Presence.DueMs of wall time, and
// PresenceSlack for the moment it takes to stop. A check that is passed moves
// the due time on by the next interval; nothing else does. A player that tells
// the truth stops at the check until it is passed, so it never claims more
// than is allowed, and what it earns still does not depend on the order of its
// reports. A check is missed when its answer is wrong or late, or when more is
// claimed than is allowed; from then on the play earns nothing more. What it
// earned stays. To go on, another play is opened, and that one begins with a
// check, so nothing counts until the next confirmed presence.
//
// The time since the last confirmation goes over from play to play, whatever
// the lesson, so that opening again and again does not put the check off. It
// is counted by the clock, pauses too: a break brings the check nearer, never
// further away.

// What is asked.
const (
	AskConfirm = "confirm" // a button
	AskSum     = "sum"     // a small sum with four answers
)

// What the player does when a check was missed. What counts is the same.
const (
	MissPause    = "pause"    // stops until presence is confirmed
	MissContinue = "continue" // plays on, without counting, until presence is confirmed
)

// Bounds of presence.
const (
	PresenceSlack = 5 * time.Second // playing past a check that the stop takes
	answerGrace   = 3 * time.Second // for the way of the question and the answer
	askSlack      = 2 * time.Second // the player's clock may be ahead by that
)

// FlagPresence marks a play with a missed check.
const FlagPresence = "presence_missed"

// PresenceRule is how a course asks.
type PresenceRule struct {
	Every  time.Duration // on average; 0: never
	Answer time.Duration // to answer in
	Ask    string
	OnMiss string
}

// Presence is the plan of a play and where it stands. The plan is drawn from
// Seed, which no browser learns, so that only the next check is known.
type Presence struct {
	PresenceRule
	Seed       []byte
	Passed     int       // checks passed in this play
	IntervalMs int64     // from Since to the next check
	DueMs      int64     // playing time since the opening at which the next check is due
	Since      time.Time // the last confirmation, or the opening
	Missed     bool      // a check was missed: the play earns nothing more
}

// Check is one check of a play.
type Check struct {
	Seq        int
	AskedAt    time.Time
	AnswerBy   time.Time
	AnsweredAt *time.Time
	Answer     string
	Passed     bool
}

// Late reports whether the answer came after its time.
func (c *Check) Late() bool {
	return c.AnsweredAt != nil && c.AnsweredAt.After(c.AnswerBy.Add(answerGrace))
}

// Outcome is passed, late, wrong or unanswered.
func (c *Check) Outcome() string {
	switch {
	case c.Passed:
		return "passed"
	case c.AnsweredAt == nil:
		return "unanswered"
	case c.Late():
		return "late"
	}
	return "wrong"
}

// Option is one answer to choose from.
type Option struct {
	ID   string
	Text string // "" where the screen has its own word
}

// Question is what a check asks. Key is the id of the right option and never
// leaves the server.
type Question struct {
	Kind    string
	A, B    int // of a sum
	Options []Option
	Key     string
}

// draw is the source of the n-th check of a seed.
func (p *Presence) draw(purpose string, n int) *rand.ChaCha8 {
	in := append([]byte("zhixing presence 1 "+purpose), p.Seed...)
	return rand.NewChaCha8(sha256.Sum256(binary.BigEndian.AppendUint32(in, uint32(n)))) //nolint:gosec // n counts checks of a day
}

// interval is the time to the n-th check: Every, give or take a quarter.
func (p *Presence) interval(n int) int64 {
	every := p.Every.Milliseconds()
	return every*3/4 + rand.New(p.draw("interval", n)).Int64N(every/2+1) //nolint:gosec // ChaCha8 under a secret seed
}

// Begin draws the first check of a play that is opened at an instant. before
// is the last play of the person that had checks, and closed when it ended;
// nil if there is none.
func (p *Presence) Begin(before *Presence, closed, at time.Time) {
	p.Since, p.Passed, p.Missed = at, 0, false
	p.IntervalMs = p.interval(1)
	if before != nil {
		left := before.IntervalMs - closed.Sub(before.Since).Milliseconds()
		if before.Missed || left < PresenceSlack.Milliseconds() {
			left = 0
		}
		p.IntervalMs = min(p.IntervalMs, left)
	}
	p.DueMs = p.IntervalMs
}

// allowed is the wall time of playing that may be credited to the play, which
// is not bounded (false) without checks and once the lesson is complete.
func (p *Play) allowed(g *Progress) (time.Duration, bool) {
	if p.Presence == nil || g.CompletedAt != nil {
		return 0, false
	}
	if p.Presence.DueMs == 0 { // it asks before it begins
		return 0, true
	}
	return time.Duration(p.Presence.DueMs)*time.Millisecond + PresenceSlack, true
}

// CanAsk says whether the next check may be asked at an instant. Errors:
// Conflict "learning.no_checks", "learning.other_device",
// "learning.play_expired", "learning.check_missed", "learning.check_not_due".
func (p *Play) CanAsk(at time.Time) error {
	if p.Presence == nil {
		return domain.E(domain.Conflict, "learning.no_checks")
	}
	switch _, closed := p.end(at); closed {
	case ClosedOtherPlay:
		return domain.E(domain.Conflict, NotOtherDevice)
	case ClosedExpired:
		return domain.E(domain.Conflict, NotExpired)
	}
	if p.Presence.Missed {
		return domain.E(domain.Conflict, "learning.check_missed")
	}
	due := p.Presence.Since.Add(time.Duration(p.Presence.IntervalMs) * time.Millisecond)
	if wait := due.Sub(at); wait > askSlack {
		return domain.E(domain.Conflict, "learning.check_not_due")
	}
	return nil
}

// Next is the check that is asked now.
func (p *Presence) Next(at time.Time) *Check {
	return &Check{Seq: p.Passed + 1, AskedAt: at, AnswerBy: at.Add(p.Answer)}
}

// Take takes the answer to a check, once: a check that has its answer keeps
// it. It reports whether anything changed.
func (p *Presence) Take(c *Check, answer string, at time.Time) bool {
	if c.AnsweredAt != nil {
		return false
	}
	c.AnsweredAt, c.Answer = &at, answer
	c.Passed = !c.Late() && !p.Missed && c.Seq == p.Passed+1 && answer == p.Question(c.Seq).Key
	if !c.Passed {
		p.Missed = true
		return true
	}
	p.Passed, p.Since = c.Seq, at
	p.IntervalMs = p.interval(p.Passed + 1)
	p.DueMs += p.IntervalMs
	return true
}

// Question is what the n-th check asks; always the same for a seed.
func (p *Presence) Question(n int) Question {
	src := p.draw("question", n)
	r := rand.New(src) //nolint:gosec // ChaCha8 under a secret seed
	q := Question{Kind: p.Ask}
	option := func(text string) Option {
		var id [6]byte
		binary.BigEndian.PutUint32(id[:4], uint32(r.Uint64()))
		binary.BigEndian.PutUint16(id[4:], uint16(r.Uint64()))
		return Option{hex.EncodeToString(id[:]), text}
	}
	if p.Ask != AskSum {
		q.Options = []Option{option("")}
		q.Key = q.Options[0].ID
		return q
	}
	q.A, q.B = 2+r.IntN(8), 2+r.IntN(8)
	sum := q.A + q.B
	first := sum - r.IntN(4) // four numbers in a row, the right one anywhere
	for i := range 4 {
		o := option(strconv.Itoa(first + i))
		if first+i == sum {
			q.Key = o.ID
		}
		q.Options = append(q.Options, o)
	}
	return q
}
