package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// Amends changes a result afterwards, one attempt at a time: sealed late answers
// included by two persons, and voids. Every deed is audited in its transaction.
type Amends struct{ Store exam.AmendStore }

// ProposeLate proposes that late operations of an attempt count; no opIDs means
// all. One proposal of an attempt waits at a time. Errors: those of
// exam.Amendable.ProposeLate; Conflict "exam.proposal_waits".
func (u *Amends) ProposeLate(ctx context.Context, who Actor, attemptID string, opIDs []string, reason string) (*exam.LateInclusion, error) {
	id, err := ParseID(attemptID, "exam.attempt_not_found")
	if err != nil {
		return nil, err
	}
	for i := range opIDs {
		if opIDs[i], err = ParseID(opIDs[i], "exam.late_answer_unknown"); err != nil {
			return nil, domain.E(domain.Invalid, "exam.late_answer_unknown")
		}
	}
	var p *exam.LateInclusion
	err = u.Store.InTx(ctx, func(ctx context.Context, tx exam.AmendStore) error {
		a, err := tx.AttemptToAmend(ctx, who.Scope(org.PermExamAmend), id)
		if err != nil {
			return err
		}
		if p, err = a.ProposeLate(NewID(), who.PersonID, opIDs, reason); err != nil {
			return err
		}
		waits, err := tx.OpenInclusion(ctx, id)
		if err != nil {
			return err
		}
		if waits {
			return domain.E(domain.Conflict, "exam.proposal_waits")
		}
		if err := tx.InsertInclusion(ctx, p); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("exam.propose_late", "attempt", id, "person_id", a.PersonID, "inclusion_id", p.ID,
			"operations", len(p.OpIDs), "reason", p.Reason))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Inclusion(ctx, p.ID)
}

// DecideLate approves or declines a proposal of somebody else. An approval
// grades the attempt anew in the same transaction. Errors: NotFound
// "exam.proposal_not_found"; those of exam.LateInclusion.Decide.
func (u *Amends) DecideLate(ctx context.Context, who Actor, inclusionID string, approve bool, reason string) (*exam.LateInclusion, error) {
	id, err := ParseID(inclusionID, "exam.proposal_not_found")
	if err != nil {
		return nil, err
	}
	scope := who.Scope(org.PermExamApprove)
	err = u.Store.InTx(ctx, func(ctx context.Context, tx exam.AmendStore) error {
		attemptID, err := tx.InclusionAttempt(ctx, scope, id)
		if err != nil {
			return err
		}
		a, err := tx.AttemptToAmend(ctx, scope, attemptID) // whoever decides the same at once waits here
		if err != nil {
			return err
		}
		p, err := tx.Inclusion(ctx, id)
		if err != nil {
			return err
		}
		if err := p.Decide(a, who.PersonID, approve, reason); err != nil {
			return err
		}
		if err := tx.InsertDecision(ctx, p); err != nil {
			return err
		}
		if approve {
			if err := include(ctx, tx, a, p); err != nil {
				return err
			}
		}
		deed := map[bool]string{true: "exam.approve_late", false: "exam.decline_late"}[approve]
		return tx.Audit(ctx, who.Did(deed, "attempt", attemptID, "person_id", a.PersonID, "inclusion_id", p.ID,
			"proposed_by", p.ProposedBy, "reason", p.Decision.Reason))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Inclusion(ctx, id)
}

// include grades a locked attempt with the operations of an approved proposal.
func include(ctx context.Context, tx exam.AmendStore, a *exam.Amendable, p *exam.LateInclusion) error {
	paper, err := readPaper(ctx, tx.Frozen, a.Exam.PaperHash)
	if err != nil {
		return err
	}
	if paper, err = correctPaper(ctx, tx.CorrectionContent, paper, a.Exam.Correction); err != nil {
		return err
	}
	a.Include(p)
	g := exam.Again(a.GradingVersion, exam.CauseLate, paper, a.Answers(), a.Exam.PassMarkMilli)
	if err := tx.AddGrade(ctx, a.ID, g, p.ID); err != nil {
		return err
	}
	if g.Passed == a.Passed {
		return nil
	}
	return settleLater(ctx, tx, &a.Exam, a.ID)
}

// settleLater has the ledger follow an attempt's new result.
func settleLater(ctx context.Context, tx exam.AmendStore, x *exam.Exam, attemptID string) error {
	if x.HoursCenti == 0 {
		return nil
	}
	return tx.Enqueue(ctx, job.SettleAttempt{AttemptID: attemptID})
}

// Inclusions lists proposals about people within the actor's scope, newest first.
func (u *Amends) Inclusions(ctx context.Context, who Actor, f exam.InclusionFilter, p domain.Paging) (domain.Page[exam.InclusionRow], error) {
	return u.Store.Inclusions(ctx, who.Scope(org.PermExamEvidence), f, p)
}

// Void takes an attempt out for good, whatever its state; the hours that it gave
// are taken back. Errors: those of exam.Amendable.NewVoid.
func (u *Amends) Void(ctx context.Context, who Actor, attemptID, reason string, counts bool) error {
	id, err := ParseID(attemptID, "exam.attempt_not_found")
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx exam.AmendStore) error {
		a, err := tx.AttemptToAmend(ctx, who.Scope(org.PermExamAmend), id)
		if err != nil {
			return err
		}
		v, err := a.NewVoid(who.PersonID, reason, counts)
		if err != nil {
			return err
		}
		if err := tx.KeepVoid(ctx, v); err != nil {
			return err
		}
		if a.State == exam.Graded && a.Passed {
			if err := settleLater(ctx, tx, &a.Exam, id); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, who.Did("exam.void", "attempt", id, "person_id", a.PersonID, "exam_id", a.ExamID, "state", string(a.State),
			"counts", counts, "reason", v.Reason))
	})
}
