package org

import "testing"

// What each move rests on, by the rules in force on its day. The articles were
// read against the revision of May 2026 and that of 2014.
func TestStageSources(t *testing.T) {
	for _, c := range []struct {
		from, to       Stage
		move           StageMove
		now, until2026 string
	}{
		{StageMasses, StageApplicant, "", "第五条、第六条", ""},                   // who may apply, and where
		{StageApplicant, StageActivist, "", "第八条", ""},                     // chosen by the branch committee
		{StageActivist, StageTarget, "", "第十三条", ""},                       // after a year and more
		{StageTarget, StageProbationer, "", "第十六条至第二十五条", "第十六条至第二十六条"},    // political review to the committee's approval
		{StageProbationer, StageMember, "", "第三十一条、第三十二条", "第三十二条、第三十三条"},  // a year, and the procedure
		{StageProbationer, StageProbationer, MoveExtend, "第三十一条", "第三十二条"}, // once, half a year to a year
		{StageProbationer, StageMasses, MoveCancel, "第三十一条", "第三十二条"},      // who does not fulfil his duties
		{StageActivist, StageApplicant, MoveStop, "第十一条", ""},              // the examination each half year
		{StageTarget, StageActivist, MoveCancel, "第十六条", ""},               // review failed or missing
		{StageTarget, StageApplicant, MoveStop, "第十六条", ""},                //
		{StageApplicant, StageMasses, MoveWithdraw, "第三条", ""},             // who joins does so of his own will
		{StageActivist, StageMasses, MoveWithdraw, "第三条", ""},              //
		{StageTarget, StageMasses, MoveWithdraw, "第三条", ""},                //
	} {
		m, ok := findMove(c.from, c.to, c.move)
		if c.until2026 == "" {
			c.until2026 = c.now
		}
		if now, before := m.sourceOn("2026-05-18"), m.sourceOn("2026-05-17"); !ok || now != rules+c.now || before != rules+c.until2026 {
			t.Errorf("%s to %s: %q, before %q", c.from, c.to, now, before)
		}
	}
	for _, c := range []struct {
		from, to Stage
		move     StageMove
		source   string
	}{
		{StageMember, StageMasses, MoveLeave, "《中国共产党章程》第九条"},
		{StageMember, StageMasses, MoveExpel, "《中国共产党纪律处分条例》"},
		{StageMasses, StageMember, MoveRestore, "《中国共产党党员教育管理工作条例》第二十四条"},
		{StageMasses, StageProbationer, MoveRestore, "《中国共产党党员教育管理工作条例》第二十四条"},
	} {
		if m, ok := findMove(c.from, c.to, c.move); !ok || m.sourceOn("2026-11-24") != c.source {
			t.Errorf("%s to %s: %q", c.from, c.to, m.Source)
		}
	}
	short := []Fact{
		{ID: "1", Kind: FactStage, Value: string(StageProbationer), From: "2025-10-01"},
		{ID: "2", Kind: FactStage, Value: string(StageMember), Move: MoveAdvance, From: "2026-03-01"},
	}
	for day, source := range map[string]string{"2026-03-01": rules + "第三十二条、第三十三条", "2026-06-01": rules + "第三十一条、第三十二条"} {
		short[1].From = day
		w := stageWarnings(short, func(string) bool { return true }, "")
		if len(w) != 1 || w[0].Reason != "person.span_short_probationary_member" || w[0].Params["source"] != source {
			t.Errorf("%s: %+v", day, w)
		}
	}
}
