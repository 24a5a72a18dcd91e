package app

import (
	"context"
	"fmt"
	"time"

	"zhixing/domain/exam"
	"zhixing/domain/job"
)

// Grade grades submitted attempts; anything else is left as it is. Run twice or
// at once it keeps one grade each. A pass of an exam that gives hours tells the
// hours context.
func (u *Attempts) Grade(ctx context.Context, attemptIDs ...string) error {
	list, err := u.store.Gradable(ctx, attemptIDs)
	if err != nil || len(list) == 0 {
		return err
	}
	graded := make([]exam.NewGrade, len(list))
	for i, in := range list {
		p, err := u.paper(ctx, paperName{in.PaperHash, in.Correction})
		if err != nil {
			return err
		}
		g := exam.GradeAnswers(p, in.Answers, in.PassMarkMilli)
		graded[i] = exam.NewGrade{AttemptID: in.AttemptID, Grade: g}
		if g.Passed && in.HoursCenti > 0 && in.ExamState == exam.Published {
			graded[i].Jobs = []job.Job{job.CreditExam{AttemptID: in.AttemptID}}
		}
	}
	_, err = u.store.KeepGrades(ctx, graded)
	return err
}

const (
	sweepBatch = 500
	leftAfter  = 5 * time.Second // after which a submitted attempt is graded without its job
	leftBatch  = 200
)

// SubmitDue ends every attempt past due + grace. It needs PostgreSQL alone.
func (u *Attempts) SubmitDue(ctx context.Context) error {
	for {
		ids, err := u.store.SubmitDue(ctx, sweepBatch)
		if err != nil || len(ids) < sweepBatch {
			return err
		}
	}
}

// GradeLeft grades what its job forgot, without any queue. One attempt that
// cannot be graded does not stop the others.
func (u *Attempts) GradeLeft(ctx context.Context) error {
	ids, err := u.store.Ungraded(ctx, leftAfter, leftBatch)
	if err != nil || len(ids) == 0 || u.Grade(ctx, ids...) == nil {
		return err
	}
	var failed error
	for _, id := range ids {
		if err := u.Grade(ctx, id); err != nil {
			failed = fmt.Errorf("grade attempt %s: %w", id, err)
		}
	}
	return failed
}
