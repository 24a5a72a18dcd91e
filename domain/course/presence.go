package course

import "slices"

// How a course asks whether somebody is there.
const (
	AskConfirm   = "confirm"  // a button
	AskSum       = "sum"      // a small sum
	MissPause    = "pause"    // the video stops until presence is confirmed
	MissContinue = "continue" // the video plays on and does not count until then
)

// Presence is the rule of presence checks of a course's lessons.
type Presence struct {
	EveryMin int    // minutes between two checks, on average; 0: never; at most 120
	AnswerS  int    `bun:"answer_s"` // seconds to answer in, 20..600
	Ask      string // confirm, sum
	OnMiss   string // pause, continue
}

// filled has the defaults in place of what is not said.
func (p Presence) filled() Presence {
	if p.AnswerS == 0 {
		p.AnswerS = 60
	}
	if p.Ask == "" {
		p.Ask = AskConfirm
	}
	if p.OnMiss == "" {
		p.OnMiss = MissPause
	}
	return p
}

// faults names the fields that break a bound.
func (p Presence) faults() []string {
	var out []string
	if p.EveryMin < 0 || p.EveryMin > 120 {
		out = append(out, "presence.every_min")
	}
	if p.AnswerS < 20 || p.AnswerS > 600 {
		out = append(out, "presence.answer_s")
	}
	if !slices.Contains([]string{AskConfirm, AskSum}, p.Ask) {
		out = append(out, "presence.ask")
	}
	if !slices.Contains([]string{MissPause, MissContinue}, p.OnMiss) {
		out = append(out, "presence.on_miss")
	}
	return out
}
