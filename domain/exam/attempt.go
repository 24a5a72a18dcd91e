package exam

import (
	"slices"
	"time"

	"zhixing/domain"
)

// AttemptState is where an attempt stands.
type AttemptState string

// The states of an attempt.
const (
	Ready      AttemptState = "ready"       // minted, not begun
	InProgress AttemptState = "in_progress" // takes answers
	Submitted  AttemptState = "submitted"   // sealed, waits for grading
	Marking    AttemptState = "marking"     // a person still has to mark
	Graded     AttemptState = "graded"
	Voided     AttemptState = "voided"
)

// AttemptStates lists every state in the order of an attempt's life.
func AttemptStates() []AttemptState {
	return []AttemptState{Ready, InProgress, Submitted, Marking, Graded, Voided}
}

// transitions is the one table of what may follow what. The trigger
// attempts_state_forward_only in the migration says the same; a test holds them
// together.
var transitions = map[AttemptState][]AttemptState{
	Ready:      {InProgress, Voided},
	InProgress: {Submitted, Voided},
	Submitted:  {Marking, Graded, Voided},
	Marking:    {Graded, Voided},
	Graded:     {Voided},
	Voided:     {},
}

// MayBecome reports whether next may follow s.
func (s AttemptState) MayBecome(next AttemptState) bool { return slices.Contains(transitions[s], next) }

// Open reports whether the attempt still stands before the learner.
func (s AttemptState) Open() bool { return s == Ready || s == InProgress }

// Submitter says who ended an attempt.
type Submitter string

// The submitters.
const (
	ByPerson Submitter = "person"
	ByClock  Submitter = "clock"
)

// Attempt is one person's sitting of an exam. Seed and the exam's frozen paper give
// its sheet; Epoch is the fence between devices.
type Attempt struct {
	ID             string
	ExamID         string
	PersonID       string
	Number         int // 1, 2, … of this person in this exam
	State          AttemptState
	Seed           []byte // SeedSize bytes
	Epoch          int    // 0 before the start; each take-over adds one
	DeviceID       string
	StartedAt      *time.Time
	HeldAt         *time.Time // since when DeviceID holds it
	DueAt          *time.Time
	CheckAt        *time.Time // due + grace: what the sweep goes by
	SubmittedAt    *time.Time
	SubmittedBy    Submitter
	GradedAt       *time.Time
	GradingVersion int
	ScoreMilli     int  // once graded
	Passed         bool // once graded
	VoidedAt       *time.Time
	Uncounted      int // earlier attempts of the person that were voided and do not count
}

// Counted is which of the attempts allowed this one is: Number without the
// voided ones that do not count.
func (a *Attempt) Counted() int { return a.Number - a.Uncounted }

// HeldElsewhere reports whether another device writes the attempt.
func (a *Attempt) HeldElsewhere(deviceID string) bool {
	return a.State == InProgress && a.DeviceID != deviceID
}

// Guard is what one save or submit found under its lock, in the database's time.
type Guard struct {
	State       AttemptState
	Epoch       int
	SubmittedBy Submitter
	DueAt       time.Time
	CheckAt     time.Time
	Now         time.Time
	TakenOverAt *time.Time // of the epoch in force, if it was a take-over
}

// Verdict says what becomes of what was sent.
type Verdict string

// The verdicts.
const (
	Accept   Verdict = "accept" // counts
	SealLate Verdict = "seal"   // kept as late evidence
	Refuse   Verdict = "refuse"
)

// Judge decides a save of epoch. The statement of storage/postgres decides the
// same in SQL while it holds the lock; this is the rule in words and for tests.
func (g Guard) Judge(epoch int) (Verdict, error) {
	open := g.State == InProgress
	ended := (g.State == Submitted || g.State == Marking || g.State == Graded) && g.SubmittedBy == ByClock
	switch {
	case !open && !ended:
		return Refuse, NotOpen(g.State)
	case g.Epoch != epoch:
		return Refuse, TakenOver(g.TakenOverAt)
	case ended || g.Now.After(g.CheckAt):
		return SealLate, nil
	}
	return Accept, nil
}

// NotOpen is Conflict "exam.attempt_not_open".
func NotOpen(s AttemptState) error {
	return domain.E(domain.Conflict, "exam.attempt_not_open", "state", s)
}

// TakenOver is Conflict "exam.taken_over", with the time if it is known.
func TakenOver(at *time.Time) error {
	if at == nil {
		return domain.E(domain.Conflict, "exam.taken_over")
	}
	return domain.E(domain.Conflict, "exam.taken_over", "at", *at)
}
