package exam

import (
	"time"

	"zhixing/domain"
)

// Void takes an attempt out for good: cheating, a wrong person, a broken room.
// It is the last state; there is no way back.
type Void struct {
	AttemptID string
	By        string
	ByName    string
	Reason    string
	// Counts says that it still uses up one of the attempts allowed. By default it
	// does not: whoever lost an attempt through no fault of his sits again.
	Counts bool
	At     time.Time
}

// NewVoid voids a. Errors: Forbidden "exam.own_attempt"; Conflict
// "exam.attempt_voided"; Invalid "exam.reason_missing".
func (a *Amendable) NewVoid(by, reason string, counts bool) (*Void, error) {
	reason, err := checkReason(reason)
	if err != nil {
		return nil, err
	}
	switch {
	case a.PersonID == by:
		return nil, domain.E(domain.Forbidden, "exam.own_attempt")
	case !a.State.MayBecome(Voided):
		return nil, domain.E(domain.Conflict, "exam.attempt_voided")
	}
	return &Void{AttemptID: a.ID, By: by, Reason: reason, Counts: counts}, nil
}
