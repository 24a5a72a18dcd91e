package privacy

import (
	"slices"
	"strings"
	"time"

	"zhixing/domain"
)

// The states of an erasure.
const (
	ErasureRequested = "requested"
	ErasureApproved  = "approved"  // decided; a job is at it
	ErasureDone      = "done"      // for ever
	ErasureStopped   = "stopped"   // something stood in the way when the job came to it
	ErasureRefused   = "refused"   // by a second person
	ErasureWithdrawn = "withdrawn" // by who asked
)

// Erasure is somebody's wish to have the data of a person erased, and what came of it.
type Erasure struct {
	ID            string
	PersonID      string
	Number, Name  string // read only
	Reason        string
	RequestedBy   string
	RequesterName string // read only
	RequestedAt   time.Time
	State         string
	DecidedBy     *string
	DeciderName   string // read only
	DecidedAt     *time.Time
	DecideReason  string
	Failure       string // a reason key
	DoneAt        *time.Time
	Counts        map[string]int // item -> rows
}

// Standing is what an obligation to keep somebody's data rests on.
type Standing struct {
	Status     string // of today
	Attempts   int    // under way or without a grade, or with late answers that wait for a decision
	Grants     int    // roles that he holds today or will hold
	Batches    int    // of offline hours, not decided yet
	Merged     bool   // the record is, or has, an alias
	BreakGlass bool   // the account is the one for emergencies
}

// Blockers are the keys of what stands in the way: while a person is on the roll the
// institution must keep what it knows of him, whatever he is; and what is under way
// must come to its end first.
func (s Standing) Blockers() []string {
	var out []string
	for _, b := range []struct {
		key string
		is  bool
	}{
		{"in_service", !slices.Contains([]string{"left", "deceased"}, s.Status)},
		{"attempts", s.Attempts > 0},
		{"grants", s.Grants > 0},
		{"batches", s.Batches > 0},
		{"merged", s.Merged},
		{"break_glass", s.BreakGlass},
	} {
		if b.is {
			out = append(out, b.key)
		}
	}
	return out
}

// NewErasure checks a request. The person himself may ask at any time, and it waits
// until nothing stands in the way; staff only then. Errors: Invalid
// "privacy.reason_missing", Conflict "privacy.erasure_blocked".
func NewErasure(id, personID, by, reason string, s Standing) (*Erasure, error) {
	reason, err := reasonOf(reason)
	if err != nil {
		return nil, err
	}
	if by != personID && len(s.Blockers()) > 0 {
		return nil, domain.E(domain.Conflict, "privacy.erasure_blocked")
	}
	return &Erasure{ID: id, PersonID: personID, Reason: reason, RequestedBy: by, State: ErasureRequested}, nil
}

// Decide is the word of a second person. To approve he types the person's number.
// Errors: Conflict "privacy.erasure_decided", "privacy.erasure_blocked", Forbidden
// "privacy.erasure_second_person", Invalid "privacy.erasure_confirm",
// "privacy.reason_missing".
func (e *Erasure) Decide(by string, approve bool, reason, typed string, s Standing, now time.Time) error {
	switch {
	case e.State != ErasureRequested:
		return domain.E(domain.Conflict, "privacy.erasure_decided")
	case by == e.RequestedBy || by == e.PersonID:
		return domain.E(domain.Forbidden, "privacy.erasure_second_person")
	}
	if approve {
		switch {
		case strings.TrimSpace(typed) != e.Number:
			return domain.E(domain.Invalid, "privacy.erasure_confirm").At("body.number", "privacy.erasure_confirm")
		case len(s.Blockers()) > 0:
			return domain.E(domain.Conflict, "privacy.erasure_blocked")
		}
		e.State = ErasureApproved
	} else {
		var err error
		if reason, err = reasonOf(reason); err != nil {
			return err
		}
		e.State = ErasureRefused
	}
	e.DecidedBy, e.DecidedAt, e.DecideReason = &by, &now, strings.TrimSpace(reason)
	return nil
}

// Withdraw takes a request back before it is decided. Errors: Conflict
// "privacy.erasure_decided", Forbidden "privacy.erasure_not_yours".
func (e *Erasure) Withdraw(by string, now time.Time) error {
	switch {
	case e.State != ErasureRequested:
		return domain.E(domain.Conflict, "privacy.erasure_decided")
	case by != e.RequestedBy:
		return domain.E(domain.Forbidden, "privacy.erasure_not_yours")
	}
	e.State, e.DecidedAt = ErasureWithdrawn, &now
	return nil
}

// Pseudonym is what takes the place of a name and a number: the same for ever, and
// nobody's. It is made of the record's id, which says nothing of the person.
func Pseudonym(personID string) (name, number string) {
	code := strings.ToUpper(strings.ReplaceAll(personID, "-", ""))
	if len(code) > 12 {
		code = code[len(code)-12:]
	}
	return "已删除人员 " + code[:min(6, len(code))], "DEL-" + code
}
