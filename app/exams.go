package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// Exams is setting exams: draft, publish, cancel, and minting their attempts.
type Exams struct{ Store exam.Store }

// Create keeps a draft: Invalid "exam.not_valid" with every wrong field.
func (u *Exams) Create(ctx context.Context, who Actor, x exam.Exam) (*exam.Exam, error) {
	if err := checkExam(&x); err != nil {
		return nil, err
	}
	x.ID, x.State, x.CreatedBy = NewID(), exam.Draft, who.PersonID
	err := u.Store.InTx(ctx, func(ctx context.Context, tx exam.Store) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		x.CreatedAt, x.UpdatedAt = now, now
		if _, err := tx.Paper(ctx, x.PaperID); err != nil {
			return err
		}
		if err := tx.InsertExam(ctx, &x); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("exam.create", "exam", x.ID, "title", x.Title))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Exam(ctx, x.ID)
}

// Update changes a draft: Conflict "exam.not_a_draft" for anything else.
func (u *Exams) Update(ctx context.Context, who Actor, examID string, in exam.Exam) (*exam.Exam, error) {
	if err := checkExam(&in); err != nil {
		return nil, err
	}
	return u.change(ctx, examID, func(ctx context.Context, tx exam.Store, x *exam.Exam) error {
		if err := x.Editable(); err != nil {
			return err
		}
		if _, err := tx.Paper(ctx, in.PaperID); err != nil {
			return err
		}
		in.ID, in.State, in.CreatedBy, in.CreatedAt = x.ID, x.State, x.CreatedBy, x.CreatedAt
		*x = in
		return tx.Audit(ctx, who.Did("exam.update", "exam", x.ID, "title", x.Title))
	})
}

// Publish draws and freezes the paper and has the attempts minted. Errors:
// Conflict "exam.not_a_draft", "exam.already_over", "exam.blueprint_short" with
// each short row, "exam.question_retired"; Invalid "exam.pass_mark_above_total".
func (u *Exams) Publish(ctx context.Context, who Actor, examID string) (*exam.Exam, error) {
	return u.change(ctx, examID, func(ctx context.Context, tx exam.Store, x *exam.Exam) error {
		if err := x.Editable(); err != nil {
			return err
		}
		p, err := tx.Paper(ctx, x.PaperID)
		if err != nil {
			return err
		}
		draw, err := drawPaper(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := exam.Shortage(draw.Rows); err != nil {
			return err
		}
		frozen, content, err := exam.Freeze(p.Title, p.Partial, draw.Questions, draw.Points)
		if err != nil {
			return err
		}
		if err := x.Publish(frozen, x.UpdatedAt); err != nil {
			return err
		}
		if err := tx.KeepFrozen(ctx, frozen, content); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.MintAttempts{ExamID: x.ID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("exam.publish", "exam", x.ID, "paper_hash", frozen.Hash.String(), "questions", len(frozen.Items)))
	})
}

// Cancel withdraws a published exam: attempts not yet submitted are voided, and
// the hours that it gave are taken back.
// Errors: Conflict "exam.not_published"; Invalid "exam.reason_missing".
func (u *Exams) Cancel(ctx context.Context, who Actor, examID, reason string) (*exam.Exam, error) {
	return u.change(ctx, examID, func(ctx context.Context, tx exam.Store, x *exam.Exam) error {
		if err := x.Cancel(who.PersonID, reason, x.UpdatedAt); err != nil {
			return err
		}
		// First the state, then the attempts: whoever mints or starts meanwhile
		// waits on one of the two and finds the exam cancelled.
		if err := tx.SaveExam(ctx, x); err != nil {
			return err
		}
		n, err := tx.VoidAttempts(ctx, x.ID)
		if err != nil {
			return err
		}
		if x.HoursCenti > 0 {
			if err := tx.Enqueue(ctx, job.ReverseExam{ExamID: x.ID}); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, who.Did("exam.cancel", "exam", x.ID, "reason", x.CancelReason, "voided", n))
	})
}

// change locks an exam, lets do change it with UpdatedAt as the time of now, and
// keeps it.
func (u *Exams) change(ctx context.Context, examID string, do func(ctx context.Context, tx exam.Store, x *exam.Exam) error) (*exam.Exam, error) {
	id, err := ParseID(examID, "exam.not_found")
	if err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx exam.Store) error {
		x, err := tx.ExamForUpdate(ctx, id)
		if err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		x.UpdatedAt = now
		if err := do(ctx, tx, x); err != nil {
			return err
		}
		x.UpdatedAt = now
		return tx.SaveExam(ctx, x)
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Exam(ctx, id)
}

// Exam reads one exam.
func (u *Exams) Exam(ctx context.Context, _ Actor, examID string) (*exam.Exam, error) {
	id, err := ParseID(examID, "exam.not_found")
	if err != nil {
		return nil, err
	}
	return u.Store.Exam(ctx, id)
}

// List lists exams, newest first.
func (u *Exams) List(ctx context.Context, _ Actor, f exam.ExamFilter, p domain.Paging) (domain.Page[exam.Exam], error) {
	return u.Store.Exams(ctx, f, p)
}

const mintBatch = 1000

// Mint makes the attempts of a published exam for everyone of its audience who
// has none. Run twice or at once it makes each once.
func (u *Exams) Mint(ctx context.Context, examID string) error {
	after := uuid.Nil.String()
	for {
		people, err := u.Store.Unminted(ctx, examID, after, mintBatch)
		if err != nil || len(people) == 0 {
			return err
		}
		mints := make([]exam.Mint, len(people))
		for i, p := range people {
			if mints[i], err = newMint(p); err != nil {
				return err
			}
		}
		if _, err := u.Store.MintAttempts(ctx, examID, mints); err != nil {
			return err
		}
		after = people[len(people)-1]
	}
}

func checkExam(x *exam.Exam) error {
	id, err := ParseID(x.PaperID, "exam.paper_not_found")
	if err != nil && x.PaperID != "" {
		return domain.E(domain.Invalid, "exam.not_valid").At("body.paper_id", "exam.paper_not_found")
	}
	x.PaperID = id
	if err := checkAudience(x.Audience); err != nil {
		return err
	}
	return x.Validate()
}

func checkAudience(a domain.Audience) error {
	e := domain.E(domain.Invalid, "exam.not_valid")
	for i, s := range a.Stages {
		if !slices.Contains(org.Stages(), org.Stage(s)) {
			e = e.At(fmt.Sprintf("body.audience.stages[%d]", i), "exam.audience_unknown", "value", s)
		}
	}
	for i, r := range a.Ranks {
		if !slices.Contains(org.Ranks(), r) {
			e = e.At(fmt.Sprintf("body.audience.ranks[%d]", i), "exam.audience_unknown", "value", r)
		}
	}
	for i, k := range a.Kinds {
		if !slices.Contains(org.Kinds(), k) {
			e = e.At(fmt.Sprintf("body.audience.kinds[%d]", i), "exam.audience_unknown", "value", k)
		}
	}
	for i, v := range a.Units {
		if _, err := uuid.Parse(v); err != nil {
			e = e.At(fmt.Sprintf("body.audience.units[%d]", i), "exam.audience_unknown", "value", v)
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}
