package app

import (
	"context"
	"time"

	"zhixing/domain/exam"
)

// Reviewed is what the actor may see of his attempt now. Sheet and Grade are set
// as far as Visibility says and no further, so that a body cannot say too much.
type Reviewed struct {
	*exam.Sitting
	exam.Visibility
	Grade *exam.Grade // without marks and choices unless Items
	// With Grade: when it was given, and the pass mark as it counted.
	GradedAt      time.Time
	PassMarkMilli int
	Sheet         *exam.Sheet // unless Items: nil
}

// Review reads the actor's attempt under the exam's review rule.
func (u *Attempts) Review(ctx context.Context, who Actor, attemptID string) (*Reviewed, error) {
	id, err := ParseID(attemptID, "exam.attempt_not_found")
	if err != nil {
		return nil, err
	}
	v, grade, err := u.store.Reviewed(ctx, id, who.PersonID)
	if err != nil {
		return nil, err
	}
	out := &Reviewed{Sitting: v, Visibility: exam.Visible(&v.Exam, &v.Attempt, v.Now)}
	if grade == nil || !out.Result {
		return out, nil
	}
	l := layoutOf(v)
	l.correction = grade.Correction // the key that the grade was given by
	paper, err := u.paper(ctx, l.paperName)
	if err != nil {
		return nil, err
	}
	out.GradedAt, out.PassMarkMilli = grade.At, paper.PassMark(v.Exam.PassMarkMilli)
	out.Grade = &exam.Grade{Version: grade.Version, Cause: grade.Cause, Correction: grade.Correction, ScoreMilli: grade.ScoreMilli, TotalMilli: grade.TotalMilli, Passed: grade.Passed}
	if !out.Items {
		return out, nil
	}
	out.Grade.Marks, out.Grade.Choices = grade.Marks, grade.Choices
	out.Sheet, err = u.sheet(ctx, l)
	return out, err
}
