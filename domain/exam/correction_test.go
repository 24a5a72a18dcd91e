package exam_test

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

// markedPaper is a frozen paper of single and multiple choices of four options.
func markedPaper(t testing.TB, points ...int) *exam.Frozen {
	t.Helper()
	qs := make([]question.Question, len(points))
	for i := range qs {
		qs[i] = question.Question{ID: string(rune('a' + i)), Version: 1, State: question.Active, Content: question.Content{
			Kind: question.Single, Stem: "题", Key: []string{"B"}, PointsMilli: 1000, Difficulty: 3,
			Options: []question.Option{{ID: "A", Text: "甲"}, {ID: "B", Text: "乙"}, {ID: "C", Text: "丙"}, {ID: "D", Text: "丁"}},
		}}
		if i%2 == 1 {
			qs[i].Kind, qs[i].Key = question.Multiple, []string{"A", "C"}
		}
	}
	p, _, err := exam.Freeze("卷", exam.PartialHalf, qs, points)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func corrected(t testing.TB, p *exam.Frozen, items ...exam.CorrectedItem) *exam.Frozen {
	t.Helper()
	c, content, err := exam.NewCorrection(p, items)
	if err != nil {
		t.Fatal(err)
	}
	if content != nil {
		read, err := exam.ParseCorrection(content)
		if err != nil || !reflect.DeepEqual(read, c) {
			t.Fatalf("read back %+v, %v, wrote %+v", read, err, c)
		}
	}
	out, err := p.Corrected(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCorrectedMarks(t *testing.T) {
	const a, b, c = 1, 2, 4
	p := markedPaper(t, 10_000, 10_000, 20_000)
	answers := []exam.Answer{{Item: 0, Choice: c}, {Item: 1, Choice: a}, {Item: 2, Choice: b}}
	for name, tt := range map[string]struct {
		items             []exam.CorrectedItem
		marks             []int
		total, pass, then int // pass: the mark asked for; then: as it counts
		passed            bool
	}{
		"as published":             {nil, []int{0, 5_000, 20_000}, 40_000, 30_000, 30_000, false},
		"another key":              {[]exam.CorrectedItem{{Item: 0, Rule: exam.CorrectKey, Key: []string{"C"}}}, []int{10_000, 5_000, 20_000}, 40_000, 30_000, 30_000, true},
		"two keys of a single":     {[]exam.CorrectedItem{{Item: 0, Rule: exam.CorrectKey, Key: []string{"C", "B"}}}, []int{10_000, 5_000, 20_000}, 40_000, 30_000, 30_000, true},
		"half of a multiple":       {[]exam.CorrectedItem{{Item: 1, Rule: exam.CorrectKey, Key: []string{"B", "C"}}}, []int{0, 0, 20_000}, 40_000, 30_000, 30_000, false},
		"one key of a multiple":    {[]exam.CorrectedItem{{Item: 1, Rule: exam.CorrectKey, Key: []string{"A"}}}, []int{0, 10_000, 20_000}, 40_000, 30_000, 30_000, true},
		"full marks for everybody": {[]exam.CorrectedItem{{Item: 0, Rule: exam.CorrectFull}}, []int{10_000, 5_000, 20_000}, 40_000, 30_000, 30_000, true},
		"out of the total":         {[]exam.CorrectedItem{{Item: 0, Rule: exam.CorrectVoid}}, []int{0, 5_000, 20_000}, 30_000, 30_001, 22_501, true},
		"out of it, two of three":  {[]exam.CorrectedItem{{Item: 0, Rule: exam.CorrectVoid}, {Item: 2, Rule: exam.CorrectVoid}}, []int{0, 5_000, 0}, 10_000, 30_000, 7_500, false},
	} {
		q := corrected(t, p, tt.items...)
		g := exam.GradeAnswers(q, answers, tt.pass)
		if !slices.Equal(g.Marks, tt.marks) || g.TotalMilli != tt.total || g.Passed != tt.passed || q.PassMark(tt.pass) != tt.then || g.Correction != q.Correction {
			t.Errorf("%s: %+v, pass mark %d", name, g, q.PassMark(tt.pass))
		}
	}
	if g := exam.GradeAnswers(corrected(t, p, exam.CorrectedItem{Item: 2, Rule: exam.CorrectFull}), nil, 0); g.ScoreMilli != 20_000 {
		t.Errorf("who left the question out: %+v", g)
	}
	if p.TotalMilli != 40_000 || p.Items[0].Corrected() != "" || p.Items[0].WorthMilli() != 10_000 || p.Items[0].Key[0] != "B" {
		t.Errorf("the frozen paper changed: %+v", p)
	}
}

func TestCorrectionRefused(t *testing.T) {
	p := markedPaper(t, 10_000, 10_000)
	key := func(item int, key ...string) exam.CorrectedItem {
		return exam.CorrectedItem{Item: item, Rule: exam.CorrectKey, Key: key}
	}
	for name, tt := range map[string]struct {
		items  []exam.CorrectedItem
		reason string
	}{
		"no such question": {[]exam.CorrectedItem{key(2, "A")}, "exam.correction_not_valid"},
		"before the first": {[]exam.CorrectedItem{key(-1, "A")}, "exam.correction_not_valid"},
		"twice":            {[]exam.CorrectedItem{key(0, "A"), key(0, "C")}, "exam.correction_not_valid"},
		"no key":           {[]exam.CorrectedItem{key(0)}, "exam.correction_not_valid"},
		"no such option":   {[]exam.CorrectedItem{key(0, "E")}, "exam.correction_not_valid"},
		"an option twice":  {[]exam.CorrectedItem{key(1, "A", "A")}, "exam.correction_not_valid"},
		"no such rule":     {[]exam.CorrectedItem{{Item: 0, Rule: "half"}}, "exam.correction_not_valid"},
		"nothing left":     {[]exam.CorrectedItem{{Item: 0, Rule: exam.CorrectVoid}, {Item: 1, Rule: exam.CorrectVoid}}, "exam.correction_leaves_nothing"},
	} {
		if _, _, err := exam.NewCorrection(p, tt.items); domain.ReasonOf(err) != tt.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, content, err := exam.NewCorrection(p, []exam.CorrectedItem{key(0, "B"), key(1, "C", "A")}); err != nil || content != nil || c.Hash != (exam.Hash{}) {
		t.Errorf("the published keys are a correction: %+v %v", c, err)
	}
	one, _, _ := exam.NewCorrection(p, []exam.CorrectedItem{key(1, "A"), {Item: 0, Rule: exam.CorrectFull}})
	two, _, _ := exam.NewCorrection(p, []exam.CorrectedItem{{Item: 0, Rule: exam.CorrectFull, Key: []string{"D"}}, key(1, "A")})
	if one.Hash != two.Hash {
		t.Error("the same correction has two names")
	}
	if _, err := markedPaper(t, 5_000, 10_000).Corrected(one); err == nil {
		t.Error("a correction fits another paper")
	}
}

// drawnCorrections are what a trainer might choose for a paper of n questions.
func drawnCorrections(rt *rapid.T, n int) []exam.CorrectedItem {
	var out []exam.CorrectedItem
	for i := range n - 1 { // one always stays
		switch rule := rapid.SampledFrom([]exam.CorrectionRule{"", exam.CorrectKey, exam.CorrectFull, exam.CorrectVoid}).Draw(rt, "rule"); rule {
		case exam.CorrectKey:
			ids := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C", "D"}), 1, 4, rapid.ID[string]).Draw(rt, "key")
			out = append(out, exam.CorrectedItem{Item: i, Rule: rule, Key: ids})
		case exam.CorrectFull, exam.CorrectVoid:
			out = append(out, exam.CorrectedItem{Item: i, Rule: rule})
		}
	}
	return out
}

func drawnAnswers(rt *rapid.T, n int) []exam.Answer {
	var out []exam.Answer
	for i := range n {
		if c := rapid.Int32Range(0, 15).Draw(rt, "choice"); c > 0 {
			out = append(out, exam.Answer{Item: i, Seq: i + 1, Choice: exam.Choice(c)})
		}
	}
	return out
}

// Design section 5: grading is a pure function, and a regrade undone gives the
// first grade again. Seen red with Corrected writing into the items of the
// frozen paper instead of a copy, and with Answers leaving the first item out.
func TestRegradeAndUndo(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "questions")
		points := make([]int, n)
		for i := range points {
			points[i] = rapid.IntRange(1, 20).Draw(rt, "points") * 500
		}
		p := markedPaper(t, points...)
		pass := rapid.IntRange(0, p.TotalMilli).Draw(rt, "pass")
		answers := drawnAnswers(rt, n)
		first := exam.GradeAnswers(p, answers, pass)
		now := first
		for range rapid.IntRange(1, 4).Draw(rt, "regrades") {
			q := corrected(t, p, drawnCorrections(rt, n)...)
			then := exam.Again(now.Version, exam.CauseRegrade, q, now.Answers(), pass)
			again := exam.Again(now.Version, exam.CauseRegrade, q, slices.Clone(now.Answers()), pass)
			if !reflect.DeepEqual(then, again) {
				rt.Fatalf("the same answers earn %+v and %+v", then, again)
			}
			sum := 0
			for _, m := range then.Marks {
				sum += m
			}
			if sum != then.ScoreMilli || then.ScoreMilli > then.TotalMilli || then.Version != now.Version+1 {
				rt.Fatalf("not sound: %+v", then)
			}
			now = then
		}
		back := exam.Again(now.Version, exam.CauseRegrade, p, now.Answers(), pass)
		back.Version, back.Cause = first.Version, first.Cause
		if !reflect.DeepEqual(back, first) {
			rt.Fatalf("undone: %+v, was %+v", back, first)
		}
	})
}

// The figures of a dry run are those of the regrade itself. Seen red with Compare
// grading by the paper in force.
func TestCompareTellsWhatHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(rt, "questions")
		points := make([]int, n)
		for i := range points {
			points[i] = 1000
		}
		p := markedPaper(t, points...)
		then := corrected(t, p, drawnCorrections(rt, n)...)
		pass := rapid.IntRange(0, p.TotalMilli).Draw(rt, "pass")
		var all []exam.GradedAttempt
		r := exam.Regrade{}
		for i := range rapid.IntRange(0, 20).Draw(rt, "attempts") {
			g := exam.GradeAnswers(p, drawnAnswers(rt, n), pass)
			all = append(all, exam.GradedAttempt{AttemptID: string(rune('a' + i)), Grade: g})
			after := exam.Again(1, exam.CauseRegrade, then, g.Answers(), pass)
			r.Count(&g, &after)
		}
		d := exam.Compare(all, p, then, pass)
		if d.Attempts != r.Graded || d.Changed != r.Changed || d.ToPass != r.ToPass || d.ToFail != r.ToFail || len(d.Rows) != d.Changed {
			rt.Fatalf("the dry run says %+v, the regrade does %+v", d, r)
		}
		before, after := 0, 0
		for i := range d.Before {
			before, after = before+d.Before[i], after+d.After[i]
		}
		if before != len(all) || after != len(all) {
			rt.Fatalf("histograms of %d and %d for %d attempts", before, after, len(all))
		}
	})
}

// Late operations count only once they are included, by the rule of all others.
// Seen red with sealed believing every late operation.
func TestFoldIncludes(t *testing.T) {
	in := exam.Kept{Operation: exam.Operation{Item: 0, Seq: 2, Choice: 1}, ServerSeq: 1}
	late := exam.Kept{Operation: exam.Operation{Item: 0, Seq: 3, Choice: 2}, ServerSeq: 2, Late: true}
	if got := exam.Fold([]exam.Kept{in, late}); got[0].Choice != 1 {
		t.Errorf("a sealed answer counts: %v", got)
	}
	late.Included = true
	if got := exam.Fold([]exam.Kept{late, in}); got[0].Choice != 2 {
		t.Errorf("an included answer does not count: %v", got)
	}
	late.Seq = 1
	if got := exam.Fold([]exam.Kept{late, in}); got[0].Choice != 1 {
		t.Errorf("an included answer counts although a later one came in time: %v", got)
	}
}

// Two persons, neither of whom sat the exam: every way round it is refused. Seen
// red with the comparison of ProposedBy taken out of Decide.
func TestTwoPersons(t *testing.T) {
	attempt := func() *exam.Amendable {
		return &exam.Amendable{
			Attempt: exam.Attempt{ID: "a", PersonID: "learner", State: exam.Graded},
			Late:    []exam.Kept{{Operation: exam.Operation{ID: [16]byte{1}, Seq: 1, Choice: 1}, Late: true}},
		}
	}
	propose := func(by string) (*exam.LateInclusion, error) { return attempt().ProposeLate("p", by, nil, "断网") }
	if _, err := propose("learner"); domain.ReasonOf(err) != "exam.own_attempt" {
		t.Errorf("the learner proposes: %v", err)
	}
	for name, tt := range map[string]struct {
		by, state, reason, want string
		approve                 bool
	}{
		"the proposer approves":  {"one", "graded", "核实", "exam.own_proposal", true},
		"the proposer declines":  {"one", "graded", "核实", "exam.own_proposal", false},
		"the learner approves":   {"learner", "graded", "核实", "exam.own_attempt", true},
		"without a reason":       {"two", "graded", " ", "exam.reason_missing", true},
		"a whole letter":         {"two", "graded", string(make([]rune, 501)), "exam.reason_missing", true},
		"of a voided attempt":    {"two", "voided", "核实", "exam.attempt_not_graded", true},
		"declined when voided":   {"two", "voided", "核实", "", false},
		"another person":         {"two", "graded", "核实", "", true},
		"another person, no say": {"two", "graded", "不符", "", false},
	} {
		p, err := propose("one")
		if err != nil {
			t.Fatal(err)
		}
		a := attempt()
		a.State = exam.AttemptState(tt.state)
		if err := p.Decide(a, tt.by, tt.approve, tt.reason); domain.ReasonOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
		if tt.want == "" {
			if err := p.Decide(a, "three", true, "再来"); domain.ReasonOf(err) != "exam.proposal_decided" {
				t.Errorf("%s, decided again: %v", name, err)
			}
		}
		a.Include(p)
		if got := len(a.Answers()) == 1; got != (tt.want == "" && tt.approve) {
			t.Errorf("%s: counts %v", name, got)
		}
	}
	for name, tt := range map[string]struct {
		ops    []string
		change func(a *exam.Amendable)
		want   string
	}{
		"not its operation":  {[]string{"02000000-0000-0000-0000-000000000000"}, func(*exam.Amendable) {}, "exam.late_answer_unknown"},
		"an operation twice": {[]string{"01000000-0000-0000-0000-000000000000", "01000000-0000-0000-0000-000000000000"}, func(*exam.Amendable) {}, "exam.late_answer_unknown"},
		"included already":   {nil, func(a *exam.Amendable) { a.Late[0].Included = true }, "exam.no_late_answers"},
		"none":               {nil, func(a *exam.Amendable) { a.Late = nil }, "exam.no_late_answers"},
		"not graded yet":     {nil, func(a *exam.Amendable) { a.State = exam.Submitted }, "exam.attempt_not_graded"},
	} {
		a := attempt()
		tt.change(a)
		if _, err := a.ProposeLate("p", "one", tt.ops, "断网"); domain.ReasonOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVoidRules(t *testing.T) {
	for _, s := range exam.AttemptStates() {
		a := &exam.Amendable{Attempt: exam.Attempt{ID: "a", PersonID: "learner", State: s}}
		_, err := a.NewVoid("staff", "替考", false)
		if want := map[bool]string{true: "", false: "exam.attempt_voided"}[s != exam.Voided]; domain.ReasonOf(err) != want {
			t.Errorf("%s: %v", s, err)
		}
	}
	a := &exam.Amendable{Attempt: exam.Attempt{PersonID: "learner", State: exam.Graded}}
	if _, err := a.NewVoid("learner", "想重考", false); domain.ReasonOf(err) != "exam.own_attempt" {
		t.Errorf("own attempt: %v", err)
	}
	if _, err := a.NewVoid("staff", "", false); domain.ReasonOf(err) != "exam.reason_missing" {
		t.Errorf("no reason: %v", err)
	}
}
