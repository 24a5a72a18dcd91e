package org

import (
	"slices"
	"time"

	"zhixing/domain"
)

// StageMove is how one stage follows another.
type StageMove string

// The moves. The empty move is the first stage that is recorded of a person.
const (
	MoveFirst    StageMove = ""
	MoveAdvance  StageMove = "advance"  // the next step
	MoveStop     StageMove = "stop"     // 停止培养, 退回
	MoveWithdraw StageMove = "withdraw" // 本人撤回申请
	MoveCancel   StageMove = "cancel"   // 取消发展对象或预备党员资格
	MoveExtend   StageMove = "extend"   // 延长预备期
	MoveLeave    StageMove = "leave"    // 退党, 除名
	MoveExpel    StageMove = "expel"    // 开除党籍
	MoveRestore  StageMove = "restore"  // 恢复党籍
)

// What the moves rest on. The rules of developing members were revised in May
// 2026: from the eighteenth article on they count one less than those of 2014, by
// which the moves before that day were made.
const (
	rules   = "《中国共产党发展党员工作细则》"
	charter = "《中国共产党章程》"
	penalty = "《中国共产党纪律处分条例》"
	keeping = "《中国共产党党员教育管理工作条例》"

	rulesRevisedOn = "2026-05-18"
)

// stageMove is one line of the table of legal moves.
type stageMove struct {
	From, To Stage
	Move     StageMove
	Source   string // since rulesRevisedOn
	Earlier  string // before it, where the article had another number
	MinDays  int    // shorter spans are warned of; 0 does not ask
}

// sourceOn is what a move of a day rests on.
func (m *stageMove) sourceOn(day string) string {
	if day < rulesRevisedOn && m.Earlier != "" {
		return m.Earlier
	}
	return m.Source
}

// stageMoves is every legal move; what is not here is refused.
var stageMoves = []stageMove{
	{StageMasses, StageApplicant, MoveAdvance, rules + "第五条、第六条", "", 0},
	{StageApplicant, StageActivist, MoveAdvance, rules + "第八条", "", 0},
	{StageApplicant, StageMasses, MoveWithdraw, rules + "第三条", "", 0},
	{StageActivist, StageTarget, MoveAdvance, rules + "第十三条", "", 365},
	{StageActivist, StageApplicant, MoveStop, rules + "第十一条", "", 0},
	{StageActivist, StageMasses, MoveWithdraw, rules + "第三条", "", 0},
	{StageTarget, StageProbationer, MoveAdvance, rules + "第十六条至第二十五条", rules + "第十六条至第二十六条", 0},
	{StageTarget, StageActivist, MoveCancel, rules + "第十六条", "", 0},
	{StageTarget, StageApplicant, MoveStop, rules + "第十六条", "", 0},
	{StageTarget, StageMasses, MoveWithdraw, rules + "第三条", "", 0},
	{StageProbationer, StageMember, MoveAdvance, rules + "第三十一条、第三十二条", rules + "第三十二条、第三十三条", 365},
	{StageProbationer, StageProbationer, MoveExtend, rules + "第三十一条", rules + "第三十二条", 365},
	{StageProbationer, StageMasses, MoveCancel, rules + "第三十一条", rules + "第三十二条", 0},
	{StageMember, StageMasses, MoveLeave, charter + "第九条", "", 0},
	{StageMember, StageMasses, MoveExpel, penalty, "", 0},
	{StageMasses, StageMember, MoveRestore, keeping + "第二十四条", "", 0},
	{StageMasses, StageProbationer, MoveRestore, keeping + "第二十四条", "", 0},
}

// StageChoice is a legal next step, for screens.
type StageChoice struct {
	To     Stage
	Move   StageMove
	Source string
}

// NextStages lists the legal steps from a stage; from none, any first stage.
func NextStages(from Stage) []StageChoice {
	var out []StageChoice
	if from == "" {
		for _, s := range Stages() {
			out = append(out, StageChoice{To: s})
		}
	}
	for _, m := range stageMoves {
		if m.From == from {
			out = append(out, StageChoice{m.To, m.Move, m.Source})
		}
	}
	return out
}

// findMove looks a step up. Without a move the first that fits is meant, but
// never a restoration: to be one it must be said.
func findMove(from, to Stage, move StageMove) (stageMove, bool) {
	i := slices.IndexFunc(stageMoves, func(m stageMove) bool {
		return m.From == from && m.To == to && (m.Move == move || move == "" && m.Move != MoveRestore && m.Move != MoveExtend)
	})
	if i < 0 {
		return stageMove{}, false
	}
	return stageMoves[i], true
}

// Bounds of an extended probation in months (rules, article 31; 32 before the
// revision).
const (
	minExtendMonths = 6
	maxExtendMonths = 12
)

// follow checks the step from one stage fact to the next and names its move.
// Errors: Conflict "person.stage_after_<stage>" says in its text what is legal
// instead; "person.extend_once", Invalid "person.extend_span".
func (f *Fact) follow(prev *Fact) error {
	m, ok := findMove(Stage(prev.Value), Stage(f.Value), f.Move)
	if !ok {
		reason := "person.stage_after_" + prev.Value
		return domain.E(domain.Conflict, reason).At("body.value", reason)
	}
	f.Move = m.Move
	if m.Move != MoveExtend {
		f.DueOn = nil
		return nil
	}
	if prev.Move == MoveExtend {
		return domain.E(domain.Conflict, "person.extend_once").At("body.value", "person.extend_once")
	}
	if f.DueOn == nil || !ValidDate(*f.DueOn) || *f.DueOn < addMonths(f.From, minExtendMonths) || *f.DueOn > addMonths(f.From, maxExtendMonths) {
		return domain.E(domain.Invalid, "person.extend_span", "min", minExtendMonths, "max", maxExtendMonths).
			At("body.due_on", "person.extend_span", "min", minExtendMonths, "max", maxExtendMonths)
	}
	return nil
}

// Warning is something that does not forbid a deed but must be seen. Its key is
// a text of the problems' files.
type Warning struct {
	Reason string
	Params map[string]any
}

// stageWarnings tells of spans that are shorter than the rules ask.
func stageWarnings(facts []Fact, touched func(string) bool, bornOn string) []Warning {
	var out []Warning
	for i := 1; i < len(facts); i++ {
		prev, f := &facts[i-1], &facts[i]
		if !touched(prev.ID) && !touched(f.ID) {
			continue
		}
		if m, ok := findMove(Stage(prev.Value), Stage(f.Value), f.Move); ok && m.MinDays > 0 && prev.Move != MoveExtend {
			if days := DaysBetween(prev.From, f.From); days < m.MinDays {
				out = append(out, Warning{"person.span_short_" + prev.Value, map[string]any{"days": days, "min": m.MinDays, "source": m.sourceOn(f.From)}})
			}
		}
	}
	for i := range facts {
		if f := &facts[i]; Stage(f.Value) == StageApplicant && touched(f.ID) && bornOn != "" && f.From < addMonths(bornOn, 18*12) {
			out = append(out, Warning{"person.applicant_young", map[string]any{"source": rules + "第五条"}})
		}
	}
	return out
}

// DaysBetween counts the days from one civil date to another.
func DaysBetween(from, to string) int {
	a, _ := time.Parse(time.DateOnly, from) //nolint:errcheck // valid dates only
	b, _ := time.Parse(time.DateOnly, to)   //nolint:errcheck // valid dates only
	return int(b.Sub(a).Hours() / 24)
}

// addMonths moves a date by months; a day that the month lacks is its last.
func addMonths(day string, months int) string {
	t, _ := time.Parse(time.DateOnly, day) //nolint:errcheck // valid dates only
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1).Format(time.DateOnly)
}
