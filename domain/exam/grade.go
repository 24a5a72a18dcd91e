package exam

import "zhixing/domain/question"

// FirstGrading is the version of an attempt's first grade. Whatever is graded
// again gets the next number; the grade before is kept.
const FirstGrading = 1

// Cause says why an attempt was graded.
type Cause string

// The causes of a grade.
const (
	CauseFirst   Cause = "first"         // after the submit
	CauseRegrade Cause = "regrade"       // the exam's corrections changed
	CauseLate    Cause = "late_included" // two persons included late answers
)

// Grade is the worth of an attempt: a pure function of (paper, correction,
// answers). Answers name options of the frozen paper, so the seed has already
// done its part in Sheet.
type Grade struct {
	Version    int
	Cause      Cause
	Correction Hash // of the paper's correction; zero: as it was frozen
	ScoreMilli int
	TotalMilli int
	Passed     bool
	Marks      []int    // by item of the frozen paper, in thousandths
	Choices    []Choice // what was graded, by item; 0 = unanswered
}

// GradeAnswers marks answers against a paper, which Corrected may have changed.
// A question left out earns 0. It is the first grade; Again makes a later one.
func GradeAnswers(p *Frozen, answers []Answer, passMarkMilli int) Grade {
	g := Grade{Version: FirstGrading, Cause: CauseFirst, Correction: p.Correction, TotalMilli: p.TotalMilli, Marks: make([]int, len(p.Items)), Choices: make([]Choice, len(p.Items))}
	for _, a := range answers {
		if a.Item >= 0 && a.Item < len(p.Items) {
			g.Choices[a.Item] = a.Choice
		}
	}
	for i := range p.Items {
		g.Marks[i] = p.Items[i].mark(g.Choices[i])
		g.ScoreMilli += g.Marks[i]
	}
	g.Passed = g.ScoreMilli >= p.PassMark(passMarkMilli)
	return g
}

// Again grades answers anew after a grade of that version.
func Again(after int, cause Cause, p *Frozen, answers []Answer, passMarkMilli int) Grade {
	g := GradeAnswers(p, answers, passMarkMilli)
	g.Version, g.Cause = after+1, cause
	return g
}

func (it *FrozenItem) mark(c Choice) int {
	switch {
	case it.rule == CorrectVoid:
		return 0
	case it.rule == CorrectFull:
		return it.PointsMilli
	case c == 0:
		return 0
	case c == it.key, it.Kind != question.Multiple && c.Count() == 1 && c&^it.key == 0:
		return it.PointsMilli
	case it.Kind == question.Multiple && it.Partial == PartialHalf && c&^it.key == 0:
		return it.PointsMilli / 2
	}
	return 0
}

// Takes reports whether an answer may hold that many options: one at most,
// unless the question is a multiple choice.
func (it *FrozenItem) Takes(c Choice) bool { return it.Kind == question.Multiple || c.Count() <= 1 }
