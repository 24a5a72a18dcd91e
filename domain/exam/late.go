package exam

import (
	"slices"
	"time"

	"zhixing/domain"
)

// LateInclusion is a proposal that sealed late answers of one attempt count
// after all. One person proposes, another decides; neither is the one who sat
// the exam. Both are kept whatever the decision.
type LateInclusion struct {
	ID           string
	AttemptID    string
	OpIDs        []string // late operations, by arrival
	Reason       string
	ProposedBy   string
	ProposerName string
	ProposedAt   time.Time
	Decision     *LateDecision // nil while it waits
}

// LateDecision ends a proposal, once.
type LateDecision struct {
	Approved    bool
	Reason      string
	DecidedBy   string
	DeciderName string
	DecidedAt   time.Time
}

// Amendable is an attempt under its lock, as those who amend it find it.
type Amendable struct {
	Attempt
	Exam   Exam
	Late   []Kept // sealed operations by arrival, with Included
	Counts []Answer
}

// ProposeLate makes a proposal to include late operations; no opIDs means all
// that are not included yet. Errors: Forbidden "exam.own_attempt"; Conflict
// "exam.attempt_not_graded", "exam.no_late_answers"; Invalid
// "exam.late_answer_unknown", "exam.reason_missing".
func (a *Amendable) ProposeLate(id, by string, opIDs []string, reason string) (*LateInclusion, error) {
	reason, err := checkReason(reason)
	if err != nil {
		return nil, err
	}
	if err := a.mayAmend(by); err != nil {
		return nil, err
	}
	p := &LateInclusion{ID: id, AttemptID: a.ID, Reason: reason, ProposedBy: by}
	var open []string
	for _, k := range a.Late {
		if op := OpID(k.ID); !k.Included {
			open = append(open, op)
			if len(opIDs) == 0 || slices.Contains(opIDs, op) {
				p.OpIDs = append(p.OpIDs, op)
			}
		}
	}
	for i, op := range opIDs {
		if !slices.Contains(open, op) || slices.Contains(opIDs[:i], op) {
			return nil, domain.E(domain.Invalid, "exam.late_answer_unknown").At("body.op_ids["+itoa(i)+"]", "exam.late_answer_unknown")
		}
	}
	if len(p.OpIDs) == 0 {
		return nil, domain.E(domain.Conflict, "exam.no_late_answers")
	}
	return p, nil
}

// mayAmend refuses whoever sat the attempt, and what is not graded.
func (a *Amendable) mayAmend(by string) error {
	if a.PersonID == by {
		return domain.E(domain.Forbidden, "exam.own_attempt")
	}
	if a.State != Graded {
		return domain.E(domain.Conflict, "exam.attempt_not_graded", "state", a.State)
	}
	return nil
}

// Decide ends a proposal. Errors: Forbidden "exam.own_proposal",
// "exam.own_attempt"; Conflict "exam.proposal_decided", "exam.attempt_not_graded"
// for an approval; Invalid "exam.reason_missing".
func (p *LateInclusion) Decide(a *Amendable, by string, approve bool, reason string) error {
	reason, err := checkReason(reason)
	if err != nil {
		return err
	}
	switch {
	case p.Decision != nil:
		return domain.E(domain.Conflict, "exam.proposal_decided")
	case p.ProposedBy == by:
		return domain.E(domain.Forbidden, "exam.own_proposal")
	case a.PersonID == by:
		return domain.E(domain.Forbidden, "exam.own_attempt")
	case approve && a.State != Graded:
		return domain.E(domain.Conflict, "exam.attempt_not_graded", "state", a.State)
	}
	p.Decision = &LateDecision{Approved: approve, Reason: reason, DecidedBy: by}
	return nil
}

// Include adds the operations of an approved proposal to what counts.
func (a *Amendable) Include(p *LateInclusion) {
	if p.Decision == nil || !p.Decision.Approved {
		return
	}
	for i := range a.Late {
		if slices.Contains(p.OpIDs, OpID(a.Late[i].ID)) {
			a.Late[i].Included = true
		}
	}
}

// Answers is what counts: what arrived in time and what was included, by the
// one rule of Fold.
func (a *Amendable) Answers() []Answer {
	ops := make([]Kept, 0, len(a.Counts)+len(a.Late))
	for _, c := range a.Counts {
		ops = append(ops, Kept{Operation: Operation{Item: c.Item, Seq: c.Seq, Choice: c.Choice}})
	}
	return Fold(append(ops, a.Late...))
}

// IsIncluded reports whether an approved proposal names the operation.
func IsIncluded(ps []LateInclusion, opID string) bool {
	return slices.ContainsFunc(ps, func(p LateInclusion) bool {
		return p.Decision != nil && p.Decision.Approved && slices.Contains(p.OpIDs, opID)
	})
}
