package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// Regrades corrects how an exam was marked: dry run, apply, undo, and the work
// behind them. The frozen paper and every grade given stay as they are.
type Regrades struct{ Store exam.AmendStore }

// Marking is how an exam is marked now.
type Marking struct {
	Exam       exam.Exam
	Paper      *exam.Frozen // as it was published
	InForce    *exam.Frozen // as it is marked
	Correction exam.Correction
	Last       *exam.Regrade // nil if there was none
}

// Marking reads the paper of an exam with what is corrected of it. Errors:
// NotFound "exam.not_found"; Conflict "exam.regrade_not_published" for a draft.
func (u *Regrades) Marking(ctx context.Context, _ Actor, examID string) (*Marking, error) {
	id, err := ParseID(examID, "exam.not_found")
	if err != nil {
		return nil, err
	}
	x, err := u.Store.Exam(ctx, id)
	if err != nil {
		return nil, err
	}
	return marking(ctx, u.Store, x)
}

func marking(ctx context.Context, s exam.AmendStore, x *exam.Exam) (*Marking, error) {
	if x.PaperHash == (exam.Hash{}) {
		return nil, domain.E(domain.Conflict, "exam.regrade_not_published", "state", x.State)
	}
	m := &Marking{Exam: *x}
	var err error
	if m.Paper, err = readPaper(ctx, s.Frozen, x.PaperHash); err != nil {
		return nil, err
	}
	m.InForce = m.Paper
	if x.Correction != (exam.Hash{}) {
		c, err := readCorrection(ctx, s.CorrectionContent, x.Correction)
		if err != nil {
			return nil, err
		}
		m.Correction = *c
		if m.InForce, err = m.Paper.Corrected(c); err != nil {
			return nil, err
		}
	}
	m.Last, err = s.LastRegrade(ctx, x.ID)
	return m, err
}

// RegradePreview is a dry run. People holds those whom the actor may see.
type RegradePreview struct {
	exam.Diff
	People map[string]exam.PersonLabel
}

const previewBatch = 2000

// Preview says what corrections would change, and changes nothing. Errors: those
// of exam.NewCorrection; Conflict "exam.correction_changes_nothing".
func (u *Regrades) Preview(ctx context.Context, who Actor, examID string, items []exam.CorrectedItem) (*RegradePreview, error) {
	m, err := u.Marking(ctx, who, examID)
	if err != nil {
		return nil, err
	}
	c, _, err := exam.NewCorrection(m.Paper, items)
	if err != nil {
		return nil, err
	}
	if c.Hash == m.Exam.Correction {
		return nil, domain.E(domain.Conflict, "exam.correction_changes_nothing")
	}
	then, err := m.Paper.Corrected(c)
	if err != nil {
		return nil, err
	}
	var all []exam.GradedAttempt
	for after := ""; ; {
		as, err := u.Store.GradedAttempts(ctx, m.Exam.ID, after, previewBatch, false)
		if err != nil {
			return nil, err
		}
		if all = append(all, as...); len(as) < previewBatch {
			break
		}
		after = as[len(as)-1].AttemptID
	}
	out := &RegradePreview{Diff: exam.Compare(all, m.InForce, then, m.Exam.PassMarkMilli)}
	ids := make([]string, len(out.Rows))
	for i, r := range out.Rows {
		ids[i] = r.PersonID
	}
	out.People, err = u.Store.PeopleInScope(ctx, who.Scope(org.PermExamAmend), ids)
	return out, err
}

// Apply puts corrections in force and has every graded attempt graded anew.
// lastID is the newest regrade as the actor saw it, "" for none. Errors: those
// of exam.NewCorrection and exam.Exam.NewRegrade; Forbidden
// "exam.regrade_beyond_scope" unless the exam is of the actor's part alone.
func (u *Regrades) Apply(ctx context.Context, who Actor, examID string, items []exam.CorrectedItem, lastID, reason string) (*exam.Regrade, error) {
	return u.begin(ctx, who, examID, func(ctx context.Context, tx exam.AmendStore, m *Marking) (*exam.Regrade, error) {
		c, content, err := exam.NewCorrection(m.Paper, items)
		if err != nil {
			return nil, err
		}
		r, err := m.Exam.NewRegrade(NewID(), who.PersonID, c.Hash, m.Last, lastID, reason)
		if err != nil || content == nil {
			return r, err
		}
		return r, tx.KeepCorrection(ctx, c, content)
	})
}

// Undo grades anew as before a regrade, the newest one of its exam. Errors:
// NotFound "exam.regrade_not_found"; Conflict "exam.regrade_not_last",
// "exam.regrade_running".
func (u *Regrades) Undo(ctx context.Context, who Actor, regradeID, reason string) (*exam.Regrade, error) {
	r, err := u.Regrade(ctx, who, regradeID)
	if err != nil {
		return nil, err
	}
	return u.begin(ctx, who, r.ExamID, func(_ context.Context, _ exam.AmendStore, m *Marking) (*exam.Regrade, error) {
		return m.Exam.Undo(r, NewID(), who.PersonID, m.Last, reason)
	})
}

func (u *Regrades) begin(ctx context.Context, who Actor, examID string,
	do func(ctx context.Context, tx exam.AmendStore, m *Marking) (*exam.Regrade, error),
) (*exam.Regrade, error) {
	id, err := ParseID(examID, "exam.not_found")
	if err != nil {
		return nil, err
	}
	var r *exam.Regrade
	err = u.Store.InTx(ctx, func(ctx context.Context, tx exam.AmendStore) error {
		x, err := tx.ExamForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if err := mayRegrade(ctx, tx, who, x); err != nil {
			return err
		}
		m, err := marking(ctx, tx, x)
		if err != nil {
			return err
		}
		if r, err = do(ctx, tx, m); err != nil {
			return err
		}
		if err := tx.InsertRegrade(ctx, r); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.RegradeExam{RegradeID: r.ID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("exam.regrade", "exam", id, "regrade_id", r.ID, "number", r.Number, "correction", r.Correction.String(),
			"previous", r.Previous.String(), "undoes_id", r.UndoesID, "reason", r.Reason))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Regrade(ctx, r.ID)
}

// mayRegrade says whether everybody whom the exam is for is the actor's business:
// he has the whole institution, or each unit that its audience names is within
// his part.
func mayRegrade(ctx context.Context, tx exam.AmendStore, who Actor, x *exam.Exam) error {
	if who.CanEverywhere(org.PermExamAmend) {
		return nil
	}
	within := false
	if len(x.Audience.Units) > 0 {
		var err error
		if within, err = tx.UnitsInScope(ctx, who.Scope(org.PermExamAmend), x.Audience.Units); err != nil {
			return err
		}
	}
	if !within {
		return domain.E(domain.Forbidden, "exam.regrade_beyond_scope")
	}
	return nil
}

// Regrade reads one regrade with its progress.
func (u *Regrades) Regrade(ctx context.Context, _ Actor, regradeID string) (*exam.Regrade, error) {
	id, err := ParseID(regradeID, "exam.regrade_not_found")
	if err != nil {
		return nil, err
	}
	return u.Store.Regrade(ctx, id)
}

// List lists the regrades of an exam, newest first.
func (u *Regrades) List(ctx context.Context, _ Actor, examID string, p domain.Paging) (domain.Page[exam.Regrade], error) {
	id, err := ParseID(examID, "exam.not_found")
	if err != nil {
		return domain.Page[exam.Regrade]{}, err
	}
	if _, err := u.Store.Exam(ctx, id); err != nil {
		return domain.Page[exam.Regrade]{}, err
	}
	return u.Store.Regrades(ctx, id, p)
}

// regradeBatch is how many attempts one transaction of a regrade takes: a
// learner's own request waits for no more than one.
const regradeBatch = 250

// Run does exam:regrade_exam. It goes on where it was cut; two at once take
// turns at the batches; run again it does nothing.
func (u *Regrades) Run(ctx context.Context, j job.RegradeExam) error {
	for {
		var done bool
		err := u.Store.InTx(ctx, func(ctx context.Context, tx exam.AmendStore) (err error) {
			done, err = regradeNext(ctx, tx, j.RegradeID)
			return err
		})
		if err != nil || done {
			return err
		}
	}
}

func regradeNext(ctx context.Context, tx exam.AmendStore, regradeID string) (done bool, err error) {
	r, err := tx.RegradeForUpdate(ctx, regradeID)
	if err != nil || r.State == exam.RegradeDone {
		return true, err
	}
	x, paper, err := paperOf(ctx, tx, r.ExamID, r.Correction)
	if err != nil {
		return false, err
	}
	as, err := tx.GradedAttempts(ctx, r.ExamID, r.Cursor, regradeBatch, true)
	if err != nil {
		return false, err
	}
	if len(as) == 0 {
		r.State = exam.RegradeDone
		return true, tx.SaveRegrade(ctx, r)
	}
	for i := range as {
		before := as[i].Grade
		as[i].Grade = exam.Again(before.Version, exam.CauseRegrade, paper, before.Answers(), x.PassMarkMilli)
		r.Count(&before, &as[i].Grade)
		if before.Passed != as[i].Grade.Passed {
			if err := settleLater(ctx, tx, x, as[i].AttemptID); err != nil {
				return false, err
			}
		}
	}
	r.Cursor = as[len(as)-1].AttemptID
	if err := tx.AddGrades(ctx, r.ID, as); err != nil {
		return false, err
	}
	return false, tx.SaveRegrade(ctx, r)
}

func paperOf(ctx context.Context, tx exam.AmendStore, examID string, c exam.Hash) (*exam.Exam, *exam.Frozen, error) {
	x, err := tx.Exam(ctx, examID)
	if err != nil {
		return nil, nil, err
	}
	p, err := readPaper(ctx, tx.Frozen, x.PaperHash)
	if err != nil {
		return nil, nil, err
	}
	p, err = correctPaper(ctx, tx.CorrectionContent, p, c)
	return x, p, err
}

const leftBehindBatch = 200

// SweepLeftBehind grades anew what was handed in and graded by the old key while
// a regrade went by.
func (u *Regrades) SweepLeftBehind(ctx context.Context) error {
	left, err := u.Store.LeftBehind(ctx, leftBehindBatch)
	if err != nil {
		return err
	}
	for _, s := range left {
		if err := u.Store.InTx(ctx, func(ctx context.Context, tx exam.AmendStore) error { return catchUp(ctx, tx, s) }); err != nil {
			return err
		}
	}
	return nil
}

func catchUp(ctx context.Context, tx exam.AmendStore, s exam.Straggler) error {
	a, err := tx.GradedAttempt(ctx, s.AttemptID)
	if err != nil || a == nil {
		return err
	}
	x, err := tx.Exam(ctx, s.ExamID)
	if err != nil || x.RegradeID != s.RegradeID || a.Grade.Correction == x.Correction {
		return err // somebody was faster
	}
	_, paper, err := paperOf(ctx, tx, s.ExamID, x.Correction)
	if err != nil {
		return err
	}
	before := a.Grade
	a.Grade = exam.Again(before.Version, exam.CauseRegrade, paper, before.Answers(), x.PassMarkMilli)
	if before.Passed != a.Grade.Passed {
		if err := settleLater(ctx, tx, x, a.AttemptID); err != nil {
			return err
		}
	}
	return tx.AddGrades(ctx, x.RegradeID, []exam.GradedAttempt{*a})
}
