package app

import (
	"context"
	"fmt"
	"time"

	"zhixing/domain/exam"
	"zhixing/domain/job"
)

// Grade grades a submitted attempt; anything else is left as it is. Run twice or
// at once it keeps one grade. A pass of an exam that gives hours tells the hours
// context.
func (u *Attempts) Grade(ctx context.Context, attemptID string) error {
	v, err := u.store.ToGrade(ctx, attemptID)
	if err != nil {
		return err
	}
	if v.Attempt.State != exam.Submitted {
		return nil
	}
	p, err := u.paper(ctx, paperName{v.Exam.PaperHash, v.Exam.Correction})
	if err != nil {
		return err
	}
	g := exam.GradeAnswers(p, v.Answers, v.Exam.PassMarkMilli)
	var jobs []job.Job
	if g.Passed && v.Exam.HoursCenti > 0 && v.Exam.State == exam.Published {
		jobs = append(jobs, job.CreditExam{AttemptID: attemptID})
	}
	_, err = u.store.KeepGrade(ctx, attemptID, g, jobs...)
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
	if err != nil {
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
