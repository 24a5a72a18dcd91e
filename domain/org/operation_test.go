package org

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhixing/domain"
)

// dayOf names day n of the model's calendar.
func dayOf(n int) string {
	return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n).Format(time.DateOnly)
}

const modelDays = 40

// model is the brute-force picture of one track: for each day the fact that
// holds, "" for none. The last day stands for ever after.
type model struct {
	owner [modelDays + 1]string
	value map[string]string
}

func (m *model) clone() *model {
	c := &model{owner: m.owner, value: map[string]string{}}
	for k, v := range m.value {
		c.value[k] = v
	}
	return c
}

// first and last day of a fact; last is -1 when there is none.
func (m *model) span(id string) (first, last int) {
	first, last = -1, -1
	for d, o := range m.owner {
		if o == id {
			if first < 0 {
				first = d
			}
			last = d
		}
	}
	return first, last
}

func (m *model) add(day int, id, value string) bool {
	holds := m.owner[day]
	if holds != "" {
		if first, _ := m.span(holds); first == day || m.value[holds] == value {
			return false
		}
	}
	d := day
	for ; d <= modelDays && m.owner[d] == holds; d++ {
		m.owner[d] = id
	}
	m.value[id] = value
	return d > modelDays || m.owner[d] == "" || m.value[m.owner[d]] != value
}

func (m *model) end(id string, on int) bool {
	first, last := m.span(id)
	if first < 0 || on <= first || on > last {
		return false
	}
	for d := on; d <= last; d++ {
		m.owner[d] = ""
	}
	return true
}

func (m *model) remove(id string) bool {
	first, last := m.span(id)
	if first < 0 {
		return false
	}
	before := ""
	if first > 0 {
		before = m.owner[first-1]
	}
	for d := first; d <= last; d++ {
		m.owner[d] = before
	}
	return true
}

func (m *model) correct(id string, from int, next, value string) bool {
	first, last := m.span(id)
	if first < 0 || from > last || from == first && value == m.value[id] {
		return false
	}
	before := ""
	if first > 0 {
		before = m.owner[first-1]
	}
	for d := first; d <= last; d++ {
		m.owner[d] = before
	}
	for d := from; d <= last; d++ {
		if m.owner[d] != "" && m.owner[d] != before {
			return false
		}
		m.owner[d] = next
	}
	if before != "" {
		if b, _ := m.span(before); b < 0 { // nothing is left of it
			return false
		}
	}
	m.value[next] = value
	return true
}

func (m *model) agrees(t *rapid.T, facts []Fact) {
	for d := range m.owner {
		want := ""
		if o := m.owner[d]; o != "" {
			want = o + "=" + m.value[o]
		}
		got := ""
		if held := AsOf(facts, dayOf(d)); len(held) > 1 {
			t.Fatalf("two facts on day %d: %+v", d, held)
		} else if len(held) == 1 {
			got = held[0].ID + "=" + held[0].Value
		}
		if got != want {
			t.Fatalf("day %d: %q, the model says %q\n%+v", d, got, want, facts)
		}
	}
}

// Over random histories of adding, ending, correcting, removing and undoing, in
// any order of dates, what holds on each day is what a day-by-day model says;
// replaying the operations from zero gives the same facts; an operation and its
// inverse leave what was.
//
// Seen red: with Correct not moving the end of the fact before it, with Remove
// not lengthening it, with Add ending at the open end instead of where the next
// begins, with Inverse swapping nothing, and with Replay not deleting what was
// superseded.
func TestHistoriesAgreeWithModel(t *testing.T) {
	ranks := Ranks()[:3]
	rapid.Check(t, func(t *rapid.T) {
		m := &model{value: map[string]string{}}
		var facts []Fact
		var history []Operation
		for i := range rapid.IntRange(1, 14).Draw(t, "steps") {
			day, value := rapid.IntRange(0, modelDays-1).Draw(t, "day"), rapid.SampledFrom(ranks).Draw(t, "value")
			id, next := fmt.Sprint("f", i), m.clone()
			some := ""
			if len(facts) > 0 {
				some = rapid.SampledFrom(facts).Draw(t, "fact").ID
			}
			var op *Operation
			var err error
			var ok bool
			switch rapid.IntRange(0, 5).Draw(t, "verb") {
			case 0, 1:
				op, err = Add(facts, Fact{ID: id, Kind: FactRank, Value: value, From: dayOf(day)})
				ok = next.add(day, id, value)
			case 2:
				op, err = End(facts, some, dayOf(day))
				ok = some != "" && next.end(some, day)
			case 3:
				op, err = Remove(facts, some)
				ok = some != "" && next.remove(some)
			case 4:
				op, err = Correct(facts, some, Fact{ID: id, Value: value, From: dayOf(day)})
				ok = some != "" && next.correct(some, day, id, value)
			default:
				if len(history) == 0 {
					continue
				}
				last := &history[len(history)-1]
				back, err := last.Inverse(facts)
				if err != nil {
					t.Fatalf("the last operation cannot be undone: %v", err)
				}
				if got, want := back.Apply(facts), Replay(nil, history[:len(history)-1]); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("undone: %+v\nbefore:  %+v", got, want)
				}
				continue
			}
			if (err == nil) != ok {
				t.Fatalf("step %d: error %v, the model says %v\n%+v", i, err, ok, facts)
			}
			if err != nil {
				continue
			}
			facts, m = op.Apply(facts), next
			history = append(history, *op)
			m.agrees(t, facts)
		}
		if got := Replay(BaseOf(facts, history), history); fmt.Sprint(got) != fmt.Sprint(facts) {
			t.Fatalf("replayed: %+v\nstands:   %+v", got, facts)
		}
	})
}

// Every step from every stage to every other: what the table does not name is
// refused, with a reason of its own for each stage.
//
// Seen red: with the line 积极分子 → 发展对象 taken out of the table, and with
// legal not asking for stages.
func TestStageMoves(t *testing.T) {
	legal := map[Stage][]Stage{
		StageMasses: {StageApplicant}, StageApplicant: {StageActivist, StageMasses}, StageActivist: {StageTarget, StageApplicant, StageMasses},
		StageTarget: {StageProbationer, StageActivist, StageApplicant, StageMasses}, StageProbationer: {StageMember, StageMasses}, StageMember: {StageMasses},
	}
	for _, from := range Stages() {
		for _, to := range Stages() {
			known := []Fact{{ID: "1", Kind: FactStage, Value: string(from), From: "2020-01-01"}}
			op, err := Add(known, Fact{ID: "2", Kind: FactStage, Value: string(to), From: "2022-01-01"})
			switch {
			case from == to:
				if domain.ReasonOf(err) != "person.fact_unchanged" {
					t.Errorf("%s again: %v", from, err)
				}
			case slices.Contains(legal[from], to):
				if err != nil || op.After[1].Move == "" {
					t.Errorf("%s to %s: %v, %+v", from, to, err, op)
				}
			case domain.ReasonOf(err) != "person.stage_after_"+string(from):
				t.Errorf("%s to %s: %v", from, to, err)
			}
		}
	}
	extend := func(known []Fact, due string) error {
		_, err := Add(known, Fact{ID: "9", Kind: FactStage, Value: string(StageProbationer), Move: MoveExtend, DueOn: &due, From: "2021-03-31"})
		return err
	}
	probation := []Fact{{ID: "1", Kind: FactStage, Value: string(StageProbationer), From: "2020-03-31"}}
	for due, reason := range map[string]string{"2021-09-29": "person.extend_span", "2021-09-30": "", "2022-03-31": "", "2022-04-01": "person.extend_span", "": "person.extend_span"} {
		if err := extend(probation, due); domain.ReasonOf(err) != reason {
			t.Errorf("extended to %q: %v", due, err)
		}
	}
	until, due := "2020-06-01", "2021-01-01"
	twice := []Fact{{ID: "0", Kind: FactStage, Value: "probationary_member", From: "2020-01-01", Until: &until}, {ID: "1", Kind: FactStage, Value: "probationary_member", Move: MoveExtend, DueOn: &due, From: until}}
	if err := extend(twice, "2021-12-31"); domain.ReasonOf(err) != "person.extend_once" {
		t.Errorf("extended twice: %v", err)
	}
	if _, err := Add([]Fact{{ID: "1", Kind: FactStage, Value: "masses", From: "2020-01-01"}}, Fact{ID: "2", Kind: FactStage, Value: "member", Move: MoveRestore, From: "2021-01-01"}); err != nil {
		t.Errorf("restored: %v", err)
	}
}

// A stage put into the past must fit what comes before and after it, and a
// correction likewise.
func TestStagesStayLegalWhenThePastChanges(t *testing.T) {
	a, b := "2021-01-01", "2022-06-01"
	known := []Fact{
		{ID: "1", Kind: FactStage, Value: "applicant", From: "2020-01-01", Until: &a},
		{ID: "2", Kind: FactStage, Value: "activist", From: a, Until: &b},
		{ID: "3", Kind: FactStage, Value: "development_target", From: b},
	}
	for name, c := range map[string]struct {
		plan   func() (*Operation, error)
		reason string
		warns  int
	}{
		"masses before all": {func() (*Operation, error) {
			return Add(known, Fact{ID: "9", Kind: FactStage, Value: "masses", From: "2019-01-01"})
		}, "", 0},
		"member before all": {func() (*Operation, error) {
			return Add(known, Fact{ID: "9", Kind: FactStage, Value: "member", From: "2019-01-01"})
		}, "person.stage_after_member", 0},
		"the middle removed": {func() (*Operation, error) { return Remove(known, "2") }, "person.stage_after_applicant", 0},
		"the last removed":   {func() (*Operation, error) { return Remove(known, "3") }, "", 0},
		"the middle made late": {func() (*Operation, error) {
			return Correct(known, "2", Fact{ID: "9", Value: "activist", From: "2022-05-01"})
		}, "", 1},
		"the last made wrong": {func() (*Operation, error) { return Correct(known, "3", Fact{ID: "9", Value: "member", From: b}) }, "person.stage_after_activist", 0},
	} {
		t.Run(name, func(t *testing.T) {
			op, err := c.plan()
			if domain.ReasonOf(err) != c.reason {
				t.Fatalf("error %v, want %q", err, c.reason)
			}
			if err == nil && len(op.Warnings(known, "1990-01-01")) != c.warns {
				t.Errorf("warnings %+v", op.Warnings(known, "1990-01-01"))
			}
		})
	}
	young, _ := Add(nil, Fact{ID: "1", Kind: FactStage, Value: "applicant", From: "2020-01-01"})
	if w := young.Warnings(nil, "2002-01-02"); len(w) != 1 {
		t.Errorf("one day short of 18: %+v", w)
	}
	if w := young.Warnings(nil, "2002-01-01"); len(w) != 0 {
		t.Errorf("18 on the day: %+v", w)
	}
}

func TestPostsStandSideBySide(t *testing.T) {
	var facts []Fact
	for i, f := range []Fact{
		{Value: "secretary", UnitID: "a", From: "2020-01-01"},
		{Value: "organisation", UnitID: "a", From: "2020-01-01"},
		{Value: "secretary", UnitID: "b", From: "2021-01-01"},
		{Value: "other", Note: "辅导员", UnitID: "a", From: "2021-01-01"},
		{Value: "other", Note: "联络员", UnitID: "a", From: "2021-01-01"},
	} {
		f.ID, f.Kind = fmt.Sprint(i), FactPost
		op, err := Add(facts, f)
		if err != nil {
			t.Fatal(err)
		}
		facts = op.Apply(facts)
	}
	if _, err := Add(facts, Fact{ID: "9", Kind: FactPost, Value: "secretary", UnitID: "a", From: "2022-01-01"}); domain.ReasonOf(err) != "person.fact_unchanged" {
		t.Errorf("the same post twice: %v", err)
	}
	op, err := End(facts, "0", "2022-01-01")
	if err != nil || len(AsOf(op.Apply(facts), "2022-01-01")) != 4 {
		t.Errorf("ended: %v, %+v", err, op)
	}
}

func TestStatusAfterDeath(t *testing.T) {
	known := []Fact{{ID: "1", Kind: FactStatus, Value: string(StatusDeceased), From: "2020-01-01"}}
	if _, err := Add(known, Fact{ID: "2", Kind: FactStatus, Value: string(StatusActive), From: "2021-01-01"}); domain.ReasonOf(err) != "person.status_after_death" {
		t.Errorf("error %v", err)
	}
	if _, err := Correct(known, "1", Fact{ID: "2", Value: string(StatusRetired), From: "2020-01-01"}); err != nil {
		t.Errorf("a wrong death cannot be corrected: %v", err)
	}
}

func TestNeedsReason(t *testing.T) {
	known := []Fact{{ID: "1", Kind: FactRank, Value: "section_head", From: "2020-01-01"}}
	for name, c := range map[string]struct {
		known []Fact
		op    Operation
		want  bool
	}{
		"first of its kind, long ago": {nil, Operation{Verb: VerbAdd, FirstDay: "2019-01-01"}, false},
		"from today":                  {known, Operation{Verb: VerbAdd, FirstDay: "2026-11-23"}, false},
		"from yesterday":              {known, Operation{Verb: VerbAdd, FirstDay: "2026-11-22"}, true},
		"correction from tomorrow":    {known, Operation{Verb: VerbCorrect, FirstDay: "2026-11-24"}, true},
		"undo":                        {known, Operation{Verb: VerbUndo, FirstDay: "2026-11-24"}, true},
	} {
		if got := c.op.NeedsReason("2026-11-23", c.known); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
