// Package learning holds what a person watched of a lesson and what of it
// counts: plays, the runs credited to them, the coverage of a lesson and its
// completion.
//
// # What counts, and why it cannot depend on the order of reports
//
// A play is open from OpenedAt to its end: the opening of another play by the
// same person, or PlayLife. The open times of one person's plays do not overlap.
//
// A report says, cumulatively, what the player has played since the play was
// opened. The database's clock stamps it while the coverage is held, so stamps
// never decrease in the order of processing. Of what the report claims, the
// part not yet covered is credited, as long as
//
//	wall time it takes at its rate + wall time credited before
//	    <= min(stamp, end of play) - OpenedAt                            (budget)
//
// and every credited run has its own wall time inside the play, apart from
// that of every other run. So whatever is sent, a second of a person's life
// earns once, and no faster than the lesson allows.
//
// A player that tells the truth is never refused: at any moment what it has
// claimed so far was played before that moment, inside the play, so the budget
// holds whichever reports came before. Its credit is then the union of the
// reports that arrived; a union does not know order or repetition, and since
// reports are cumulative a later one makes up for a lost one.
//
// A player that does not tell the truth gets nothing for a claim that needs
// more time than there has been. What was refused is not kept in store: it is
// credited only if it is claimed again when there has been the time for it.
package learning

import "time"

// Bounds of the protocol.
const (
	ReportEvery   = 15 * time.Second // how often the player reports
	PlayLife      = 24 * time.Hour   // a play takes no wall time after that
	MaxClaims     = 500              // spans in one report
	MaxPieces     = 1000             // gaps a coverage may have, and runs a play may have
	claimSlack    = 2 * time.Second  // a claim ahead of the clock by less is cut, by more is impossible
	tinyExcess    = 500              // ms cut off without a word: they count with the next report
	pauseSlack    = 2 * time.Second  // wall time without credit that does not yet make a new run
	durationSlack = 1000             // ms by which a player's idea of the end may differ
	skipSlack     = 1000             // ms of a gap that is not a skip
	maxRate       = 400              // percent; no lesson allows more
)

// Why a claimed span does not count. Each is the key of a text for learners.
const (
	NotMalformed      = "learning.malformed_span"   // not a span: empty, negative, no rate
	NotTooFast        = "learning.too_fast"         // faster than the lesson allows
	NotBeyondWallTime = "learning.beyond_wall_time" // more than there was time for
	NotOtherDevice    = "learning.other_device"     // the time after another play was opened
	NotOldVersion     = "learning.old_version"      // the video was replaced
	NotSkipped        = "learning.skipped"          // ahead of what was watched, where skipping is off
	NotBeyondEnd      = "learning.beyond_end"       // after the end of the video
	NotScattered      = "learning.scattered"        // too many small pieces
	NotExpired        = "learning.play_expired"     // the page was open for more than a day
	NotPresent        = "learning.presence_missing" // past a check that was not passed
)

// What is marked for an auditor. A mark takes nothing away by itself.
const (
	FlagImpossible  = "impossible_claim"   // more claimed than there was time for
	FlagRate        = "rate_above_limit"   // a rate the lesson does not allow
	FlagBeyondEnd   = "beyond_end"         // a position the video does not have
	FlagMalformed   = "malformed_span"     // what no player sends
	FlagLongSilence = "long_silence"       // much credited by one report after a long silence
	FlagRefusals    = "many_refusals"      // refusals again and again
	FlagOtherDevice = "other_device_claim" // went on playing beside another play
)

const (
	longSilence = 10 * time.Minute
	besideLimit = time.Minute
)

// Claim is one span of a report: the player says it played [FromMs, ToMs) at
// Rate (1 = normal speed). Claims are in the order of playing and cumulative
// since the play was opened. Nothing about a claim is trusted.
type Claim struct {
	FromMs int64
	ToMs   int64
	Rate   float64
}

// Wall is a half-open stretch of the database's clock.
type Wall struct {
	From time.Time
	To   time.Time
}

// Run is a stretch of a medium credited to a play, with the wall time that
// earned it. Walls of one person's runs never overlap. A run grows while the
// playback is continuous. Its wall is at least as long as its media takes at
// its rate; the rest is the time reports were on their way.
type Run struct {
	Seq   int // 1, 2, … in the play
	Media Range
	Rate  int // percent
	Wall  Wall
}

// cost is the wall time the run's media takes at its rate.
func (r Run) cost() time.Duration { return cost(r.Media.Len(), r.Rate) }

// Play is one opening of a lesson by a person on a device. The lesson's rules
// are frozen in it when it is opened.
type Play struct {
	ID           string
	PersonID     string
	LessonID     string
	DeviceID     string
	MediaVersion int
	DurationMs   int64
	MaxRate      int // percent
	AllowSkip    bool
	OpenedAt     time.Time
	ClosedAt     *time.Time // another play of the person was opened then
	Runs         []Run      // in the order of Seq
	Presence     *Presence  // nil: no checks
}

// Refusal is a stretch of a claim that was not credited, and why.
type Refusal struct {
	Range
	Reason string
}

// Flag is a mark for an auditor. Detail is for reading, not for rules.
type Flag struct {
	Kind   string
	Detail map[string]any
}

// Outcome is what a report did.
type Outcome struct {
	Gained  Set       // newly covered
	Refused []Refusal // what did not count, as of this report
	Changed []int     // indexes of Play.Runs that are new or different
	Flags   []Flag
	Missed  bool   // more was claimed than the play's checks allow
	Closed  string // "" or why the play takes no more wall time: other_play, expired, old_version
}

// Why a play takes no more wall time.
const (
	ClosedOtherPlay  = "other_play"
	ClosedExpired    = "expired"
	ClosedOldVersion = "old_version"
)

// end returns the instant after which the play has no wall time, and why.
func (p *Play) end(at time.Time) (time.Time, string) {
	end, why := at, ""
	if last := p.OpenedAt.Add(PlayLife); last.Before(end) {
		end, why = last, ClosedExpired
	}
	if p.ClosedAt != nil && !p.ClosedAt.After(end) {
		end, why = *p.ClosedAt, ClosedOtherPlay
	} else if p.ClosedAt != nil && why == "" {
		why = ClosedOtherPlay
	}
	return end, why
}

// spent is the wall time the play's runs take.
func (p *Play) spent() time.Duration {
	var d time.Duration
	for _, r := range p.Runs {
		d += r.cost()
	}
	return d
}

// credited is how much media the play earned, in milliseconds.
func (p *Play) credited() int64 {
	var n int64
	for _, r := range p.Runs {
		n += r.Media.Len()
	}
	return n
}

// cost is the wall time that ms of media take at a rate in percent, to the
// microsecond (the database's) and rounded down.
func cost(ms int64, rate int) time.Duration {
	return time.Duration(ms*100_000/int64(rate)) * time.Microsecond
}

// mediaIn is how much media a wall time gives at a rate in percent.
func mediaIn(d time.Duration, rate int) int64 {
	if d <= 0 {
		return 0
	}
	return d.Microseconds() * int64(rate) / 100_000
}
