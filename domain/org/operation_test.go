package org

import (
	"fmt"
	"slices"
	"strings"
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

func (m *model) correct(id string, from int, next, value string, moved bool) bool {
	first, last := m.span(id)
	if first < 0 || from > last || from == first && value == m.value[id] && !moved {
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

// kindModel is the picture of all facts of one kind: each post in each unit is a
// track of its own, every other kind has one.
type kindModel struct {
	kind   FactKind
	tracks map[string]*model
	of     map[string]string    // fact -> its track
	move   map[string]StageMove // fact -> how its stage was reached, as far as that is recorded
}

func newKindModel(kind FactKind) *kindModel {
	return &kindModel{kind: kind, tracks: map[string]*model{}, of: map[string]string{}, move: map[string]StageMove{}}
}

func (k *kindModel) clone() *kindModel {
	c := newKindModel(k.kind)
	for name, m := range k.tracks {
		c.tracks[name] = m.clone()
	}
	for id, name := range k.of {
		c.of[id] = name
	}
	for id, move := range k.move {
		c.move[id] = move
	}
	return c
}

// at is the track that a fact belongs to.
func (k *kindModel) at(f *Fact) (string, *model) {
	name := ""
	if k.kind == FactPost {
		name = f.Value + " of " + f.UnitID + " " + f.Note
	}
	if k.tracks[name] == nil {
		k.tracks[name] = &model{value: map[string]string{}}
	}
	return name, k.tracks[name]
}

func (k *kindModel) add(day int, f Fact) bool {
	name, m := k.at(&f)
	k.of[f.ID], k.move[f.ID] = name, f.Move
	return m.add(day, f.ID, f.Value)
}

func (k *kindModel) correct(id string, day int, f Fact) bool {
	name, m := k.at(&f)
	old := k.of[id]
	k.of[f.ID], k.move[f.ID] = name, f.Move
	if old == name {
		return m.correct(id, day, f.ID, f.Value, k.move[id] != f.Move)
	}
	first, last := k.tracks[old].span(id) // to another track: nothing there goes on, nothing here gives way
	if first < 0 || day > last {
		return false
	}
	for d := first; d <= last; d++ {
		k.tracks[old].owner[d] = ""
	}
	for d := day; d <= last; d++ {
		if m.owner[d] != "" {
			return false
		}
		m.owner[d] = f.ID
	}
	m.value[f.ID] = f.Value
	return true
}

// stepsOf are the legal ways from stage to stage, written down a second time on purpose.
var stepsOf = map[string][]StageMove{
	"masses applicant": {MoveAdvance}, "masses probationary_member": {MoveRestore}, "masses member": {MoveRestore},
	"applicant activist": {MoveAdvance}, "applicant masses": {MoveWithdraw},
	"activist development_target": {MoveAdvance}, "activist applicant": {MoveStop}, "activist masses": {MoveWithdraw},
	"development_target probationary_member": {MoveAdvance}, "development_target activist": {MoveCancel},
	"development_target applicant": {MoveStop}, "development_target masses": {MoveWithdraw},
	"probationary_member member": {MoveAdvance}, "probationary_member masses": {MoveCancel}, "member masses": {MoveLeave, MoveExpel},
}

// legal walks along the days of a track: each stage follows from the one before,
// also over days without one, and nothing follows on a death. The moves of what
// the step changed are named.
func (k *kindModel) legal(was *kindModel) bool {
	for name, m := range k.tracks {
		prev := ""
		for _, id := range m.owner {
			if id == "" || id == prev {
				continue
			}
			if prev != "" && k.kind == FactStatus && m.value[prev] == string(StatusDeceased) {
				return false
			}
			if prev != "" && k.kind == FactStage {
				named := StageMove("")
				for _, move := range stepsOf[m.value[prev]+" "+m.value[id]] {
					if k.move[id] == move || k.move[id] == "" && named == "" && move != MoveRestore {
						named = move
					}
				}
				if named == "" {
					return false
				}
				before, touched := was.tracks[name], true
				if before != nil {
					a, b := before.span(id)
					c, d := m.span(id)
					touched = a != c || b != d
				}
				if touched {
					k.move[id] = named
				}
			}
			prev = id
		}
	}
	return true
}

func (k *kindModel) agrees(t *rapid.T, facts []Fact) {
	for d := range modelDays + 1 {
		var want, got []string
		for _, m := range k.tracks {
			if o := m.owner[d]; o != "" {
				want = append(want, o+"="+m.value[o])
			}
		}
		for _, f := range AsOf(facts, dayOf(d)) {
			got = append(got, f.ID+"="+f.Value)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s on day %d: %q, the model says %q\n%+v", k.kind, d, got, want, facts)
		}
	}
}

// drawFact draws something to say of a kind; of a stage often what may follow.
func (k *kindModel) drawFact(t *rapid.T, id string, day int) Fact {
	f := Fact{ID: id, Kind: k.kind, From: dayOf(day)}
	switch k.kind {
	case FactParty, FactAdmin:
		f.Value = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "unit")
	case FactRank:
		f.Value = rapid.SampledFrom(Ranks()[:3]).Draw(t, "rank")
	case FactStatus:
		f.Value = string(rapid.SampledFrom([]Status{StatusActive, StatusOnLeave, StatusRetired, StatusLeft, StatusDeceased}).Draw(t, "status"))
	case FactPost:
		f.UnitID, f.Value = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "unit"), rapid.SampledFrom([]string{"secretary", PostOther}).Draw(t, "post")
		if f.Value == PostOther {
			f.Note = rapid.SampledFrom([]string{"联络员", "辅导员"}).Draw(t, "note")
		}
	case FactGrant: // none of the kinds that are drawn: it is not told, only shown
	case FactStage:
		pool := Stages()
		if m := k.tracks[""]; m != nil && m.owner[day] != "" {
			for step, moves := range stepsOf {
				if from, to, _ := strings.Cut(step, " "); from == m.value[m.owner[day]] && moves[0] != MoveRestore {
					pool = append(pool, Stage(to), Stage(to))
				}
			}
			slices.Sort(pool[len(Stages()):])
		}
		f.Value = string(rapid.SampledFrom(pool).Draw(t, "stage"))
		f.Move = rapid.SampledFrom([]StageMove{"", "", "", MoveRestore, MoveExpel}).Draw(t, "move")
	}
	return f
}

// plainly prints facts without the moves, which an undo names anew.
func plainly(facts []Fact) string {
	out := slices.Clone(facts)
	for i := range out {
		out[i].Move, out[i].DueOn = "", nil
	}
	return fmt.Sprint(out)
}

// Over random histories of adding, ending, correcting, removing and undoing, in
// any order of dates, of each kind of fact, what holds on each day is what a
// day-by-day model says, and what is refused is what may not be; replaying the
// operations from zero gives the same facts; an operation and its inverse leave
// what was.
//
// Seen red: with Correct not moving the end of the fact before it, with Remove
// not lengthening it, with Add ending at the open end instead of where the next
// begins, with Inverse swapping nothing, and with Replay not deleting what was
// superseded; and of each kind with a bug of its own: stages that need not follow
// from one another, life after death, posts that do not tell their names apart, a
// rank said twice, and either tree with one membership for each unit.
func TestHistoriesAgreeWithModel(t *testing.T) {
	for _, kind := range FactKinds() {
		t.Run(string(kind), func(t *testing.T) {
			done := map[Verb]int{}
			rapid.Check(t, func(t *rapid.T) { historyAgrees(t, kind, done) })
			for _, verb := range []Verb{VerbAdd, VerbEnd, VerbCorrect, VerbRemove, VerbUndo} {
				if done[verb] < 5 {
					t.Errorf("only %d times %s", done[verb], verb)
				}
			}
		})
	}
}

func historyAgrees(t *rapid.T, kind FactKind, done map[Verb]int) {
	m := newKindModel(kind)
	var facts []Fact
	var history []Operation
	for i := range rapid.IntRange(1, 24).Draw(t, "steps") {
		day, next := rapid.IntRange(0, modelDays-1).Draw(t, "day"), m.clone()
		f := m.drawFact(t, fmt.Sprint("f", i), day)
		some := ""
		if len(facts) > 0 {
			some = rapid.SampledFrom(facts).Draw(t, "fact").ID
		}
		var op *Operation
		var err error
		var ok bool
		switch rapid.IntRange(0, 6).Draw(t, "verb") {
		case 0, 1, 2:
			op, err = Add(facts, f)
			ok = next.add(day, f)
		case 3:
			op, err = End(facts, some, f.From)
			ok = some != "" && next.tracks[next.of[some]].end(some, day)
		case 4:
			op, err = Remove(facts, some)
			ok = some != "" && next.tracks[next.of[some]].remove(some)
		case 5:
			op, err = Correct(facts, some, f)
			ok = some != "" && next.correct(some, day, f)
		default:
			if len(history) == 0 {
				continue
			}
			last := &history[len(history)-1]
			back, err := last.Inverse(facts)
			if err != nil {
				t.Fatalf("the last operation cannot be undone: %v", err)
			}
			if got, want := plainly(back.Apply(facts)), plainly(Replay(nil, history[:len(history)-1])); got != want {
				t.Fatalf("undone: %s\nbefore:  %s", got, want)
			}
			done[VerbUndo]++
			continue
		}
		if ok = ok && next.legal(m); (err == nil) != ok {
			t.Fatalf("step %d: error %v, the model says %v\n%+v\n%+v", i, err, ok, f, facts)
		}
		if err != nil {
			continue
		}
		done[op.Verb]++
		facts, m = op.Apply(facts), next
		history = append(history, *op)
		m.agrees(t, facts)
	}
	if got := Replay(BaseOf(facts, history), history); fmt.Sprint(got) != fmt.Sprint(facts) {
		t.Fatalf("replayed: %+v\nstands:   %+v", got, facts)
	}
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
