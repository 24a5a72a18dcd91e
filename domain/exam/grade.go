package exam

import "zhixing/domain/question"

// GradingVersion names the rules that Grade follows. New rules get a new number
// and leave the old ones callable, because a grade is explained by its version.
const GradingVersion = 1

// Grade is the worth of an attempt: a pure function of (paper, answers, grading
// version). Answers name options of the frozen paper, so the seed has already
// done its part in Sheet.
type Grade struct {
	Version    int
	ScoreMilli int
	TotalMilli int
	Passed     bool
	Marks      []int    // by item of the frozen paper, in thousandths
	Choices    []Choice // what was graded, by item; 0 = unanswered
}

// GradeAnswers marks answers against a paper. A question left out earns 0.
func GradeAnswers(p *Frozen, answers []Answer, passMarkMilli int) Grade {
	g := Grade{Version: GradingVersion, TotalMilli: p.TotalMilli, Marks: make([]int, len(p.Items)), Choices: make([]Choice, len(p.Items))}
	for _, a := range answers {
		if a.Item >= 0 && a.Item < len(p.Items) {
			g.Choices[a.Item] = a.Choice
		}
	}
	for i := range p.Items {
		g.Marks[i] = p.Items[i].mark(g.Choices[i])
		g.ScoreMilli += g.Marks[i]
	}
	g.Passed = g.ScoreMilli >= passMarkMilli
	return g
}

func (it *FrozenItem) mark(c Choice) int {
	switch {
	case c == 0:
		return 0
	case c == it.key:
		return it.PointsMilli
	case it.Kind == question.Multiple && it.Partial == PartialHalf && c&^it.key == 0:
		return it.PointsMilli / 2
	}
	return 0
}

// Takes reports whether an answer may hold that many options: one at most,
// unless the question is a multiple choice.
func (it *FrozenItem) Takes(c Choice) bool { return it.Kind == question.Multiple || c.Count() <= 1 }
