package exam

import (
	"cmp"
	"slices"
	"time"

	"zhixing/domain"
)

// RegradeState is where a regrade stands.
type RegradeState string

// The states of a regrade.
const (
	RegradeRunning RegradeState = "running"
	RegradeDone    RegradeState = "done"
)

// Regrade grades every graded attempt of an exam anew under other corrections.
// Undoing one is a regrade too, back to the corrections before.
type Regrade struct {
	ID          string
	ExamID      string
	Number      int // 1, 2, … of the exam
	State       RegradeState
	Correction  Hash // zero: as published
	Previous    Hash // in force before
	UndoesID    string
	Reason      string
	Attempts    int // to be graded, when it began
	Graded      int // so far
	Changed     int // whose score or pass is another than before
	ToPass      int
	ToFail      int
	Cursor      string // last attempt done
	CreatedBy   string
	CreatorName string
	CreatedAt   time.Time
	FinishedAt  *time.Time
}

// NewRegrade begins one. last is the newest of the exam, nil if there was none;
// expected is its id as the actor saw it. Errors: Conflict "exam.regrade_not_published",
// "exam.regrade_running", "exam.changed_meanwhile", "exam.correction_changes_nothing";
// Invalid "exam.reason_missing".
func (x *Exam) NewRegrade(id, by string, c Hash, last *Regrade, expected, reason string) (*Regrade, error) {
	reason, err := checkReason(reason)
	if err != nil {
		return nil, err
	}
	r := &Regrade{ID: id, ExamID: x.ID, Number: 1, State: RegradeRunning, Correction: c, Previous: x.Correction, Reason: reason, CreatedBy: by}
	lastID := ""
	if last != nil {
		r.Number, lastID = last.Number+1, last.ID
	}
	switch {
	case x.State != Published:
		return nil, domain.E(domain.Conflict, "exam.regrade_not_published", "state", x.State)
	case last != nil && last.State == RegradeRunning:
		return nil, domain.E(domain.Conflict, "exam.regrade_running")
	case lastID != expected:
		return nil, domain.E(domain.Conflict, "exam.changed_meanwhile")
	case c == x.Correction:
		return nil, domain.E(domain.Conflict, "exam.correction_changes_nothing")
	}
	return r, nil
}

// Undo makes the regrade that takes r back. Only the newest can be undone.
func (x *Exam) Undo(r *Regrade, id, by string, last *Regrade, reason string) (*Regrade, error) {
	if last == nil || last.ID != r.ID {
		return nil, domain.E(domain.Conflict, "exam.regrade_not_last")
	}
	u, err := x.NewRegrade(id, by, r.Previous, last, r.ID, reason)
	if err == nil {
		u.UndoesID = r.ID
	}
	return u, err
}

// Count adds what one attempt's new grade changes.
func (r *Regrade) Count(before, after *Grade) {
	r.Graded++
	if changes(before, after) {
		r.Changed++
	}
	switch {
	case !before.Passed && after.Passed:
		r.ToPass++
	case before.Passed && !after.Passed:
		r.ToFail++
	}
}

// changes reports whether a learner would see the difference in his result.
func changes(a, b *Grade) bool {
	return a.ScoreMilli != b.ScoreMilli || a.TotalMilli != b.TotalMilli || a.Passed != b.Passed
}

// GradedAttempt is an attempt with the grade in force.
type GradedAttempt struct {
	AttemptID string
	PersonID  string
	Grade     Grade
}

// Answers gives what was graded; an unanswered item is left out.
func (g *Grade) Answers() []Answer {
	var out []Answer
	for i, c := range g.Choices {
		if c != 0 {
			out = append(out, Answer{Item: i, Choice: c})
		}
	}
	return out
}

// HistogramBins is the number of bars: tenths of the total.
const HistogramBins = 10

// Diff is what a regrade would change, as a dry run shows it.
type Diff struct {
	Attempts, Changed, Up, Down, ToPass, ToFail int
	TotalBefore, TotalAfter                     int
	PassBefore, PassAfter                       int // marks, in thousandths
	AverageBefore, AverageAfter                 int
	Before, After                               [HistogramBins]int // attempts by tenth of the total
	Rows                                        []DiffRow          // the ones that change most, at most MaxDiffRows
}

// MaxDiffRows bounds the table of a dry run.
const MaxDiffRows = 200

// DiffRow is one attempt that would change.
type DiffRow struct {
	AttemptID, PersonID       string
	BeforeMilli, AfterMilli   int
	BeforePassed, AfterPassed bool
}

// Compare grades attempts on paper as it would be marked and says what changes.
// Who comes to pass or to fail stands first, then the greatest difference.
func Compare(attempts []GradedAttempt, now, then *Frozen, passMarkMilli int) Diff {
	d := Diff{
		Attempts: len(attempts), TotalBefore: now.TotalMilli, TotalAfter: then.TotalMilli,
		PassBefore: now.PassMark(passMarkMilli), PassAfter: then.PassMark(passMarkMilli),
	}
	sumBefore, sumAfter := 0, 0
	for i := range attempts {
		a := &attempts[i]
		after := GradeAnswers(then, a.Grade.Answers(), passMarkMilli)
		sumBefore, sumAfter = sumBefore+a.Grade.ScoreMilli, sumAfter+after.ScoreMilli
		d.Before[bin(&a.Grade)]++
		d.After[bin(&after)]++
		if !changes(&a.Grade, &after) {
			continue
		}
		d.Changed++
		switch {
		case after.ScoreMilli > a.Grade.ScoreMilli:
			d.Up++
		case after.ScoreMilli < a.Grade.ScoreMilli:
			d.Down++
		}
		switch {
		case after.Passed && !a.Grade.Passed:
			d.ToPass++
		case a.Grade.Passed && !after.Passed:
			d.ToFail++
		}
		d.Rows = append(d.Rows, DiffRow{a.AttemptID, a.PersonID, a.Grade.ScoreMilli, after.ScoreMilli, a.Grade.Passed, after.Passed})
	}
	if n := len(attempts); n > 0 {
		d.AverageBefore, d.AverageAfter = sumBefore/n, sumAfter/n
	}
	slices.SortStableFunc(d.Rows, func(a, b DiffRow) int {
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.AttemptID, b.AttemptID))
	})
	if len(d.Rows) > MaxDiffRows {
		d.Rows = d.Rows[:MaxDiffRows]
	}
	return d
}

func (r *DiffRow) weight() int {
	w := r.AfterMilli - r.BeforeMilli
	if w < 0 {
		w = -w
	}
	if r.BeforePassed != r.AfterPassed {
		w += 1 << 40
	}
	return w
}

func bin(g *Grade) int {
	if g.TotalMilli <= 0 {
		return 0
	}
	return min(HistogramBins-1, g.ScoreMilli*HistogramBins/g.TotalMilli)
}
