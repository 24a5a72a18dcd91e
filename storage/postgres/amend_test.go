package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/job"
	"zhixing/storage/postgres"
)

// amendHall is an exam hall with those who change results afterwards.
type amendHall struct {
	*examHall
	amends   *app.Amends
	regrades *app.Regrades
	second   app.Actor // of the organisation department
}

func newAmendHall(t *testing.T, people, questions int, options ...hallOption) *amendHall {
	h := &amendHall{examHall: newExamHall(t, people, questions, options...)}
	h.amends, h.regrades = &app.Amends{Store: h.db.Amends()}, &app.Regrades{Store: h.db.Amends()}
	h.second = app.Actor{PersonID: h.somebody("A001", "auditor")}
	return h
}

// somebody is a person with a role over the whole institution.
func (h *amendHall) somebody(number, role string) string {
	h.t.Helper()
	id := app.NewID()
	h.exec("INSERT INTO people (id, number, name, kind) VALUES ($1, $2, '孙审计', 'staff')", id, number)
	h.exec("INSERT INTO grants (id, person_id, role, period) VALUES ($1, $2, $3, daterange('2020-01-01', NULL))", app.NewID(), id, role)
	return id
}

// late sits the exam of one person: a wrong answer in time, right ones after the
// end. The attempt is graded. The late operations are given.
func (h *amendHall) late(i int) (attemptID string, ops []string) {
	h.t.Helper()
	ctx := h.t.Context()
	v := h.start(i)
	_, err := h.attempts.Save(ctx, h.actor(i), v.Attempt.ID, 1, []app.GivenAnswer{given(v, 0, 1, "A")})
	h.ok(err)
	h.warp(90 * time.Minute)
	h.ok(h.attempts.SubmitDue(ctx))
	late := []app.GivenAnswer{given(v, 0, 2, "B"), given(v, 1, 3, "B")}
	ack, err := h.attempts.Save(ctx, h.actor(i), v.Attempt.ID, 1, late)
	h.ok(err)
	if len(ack.Sealed) != 2 {
		h.t.Fatalf("not sealed: %+v", ack)
	}
	h.ok(h.attempts.Grade(ctx, v.Attempt.ID))
	return v.Attempt.ID, []string{late[0].OpID, late[1].OpID}
}

// score is the grade in force and the number of grades.
func (h *amendHall) score(attemptID string) (milli, version, grades int) {
	h.t.Helper()
	h.ok(h.db.Pool.QueryRow(h.t.Context(), `SELECT score_milli, grading_version, (SELECT count(*) FROM grades g WHERE g.attempt_id = a.id)
FROM attempts a WHERE id = $1`, attemptID).Scan(&milli, &version, &grades))
	return milli, version, grades
}

func reason(t *testing.T, err error, want string) {
	t.Helper()
	if domain.ReasonOf(err) != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

// Sealed answers count only by two persons' word, in the transaction of the
// second one's. Seen red with the comparison of ProposedBy taken out of Decide
// (the trigger of the table refused it: no reason a person could read), with
// `if approve` taken out of DecideLate (the decline graded), and with Include
// taking every late operation (the one that was not named counted).
func TestLateAnswersIncludedByTwoPersons(t *testing.T) {
	h := newAmendHall(t, 1, 3)
	ctx := t.Context()
	id, ops := h.late(0)
	if s, v, _ := h.score(id); s != 0 || v != 1 {
		t.Fatalf("graded %d, version %d: a sealed answer counted", s, v)
	}
	_, err := h.amends.ProposeLate(ctx, h.actor(0), id, nil, "我的网断了")
	reason(t, err, "exam.attempt_not_found") // no grant, no scope
	p, err := h.amends.ProposeLate(ctx, h.staff, id, ops[:1], "机房断网，监考已记录")
	h.ok(err)
	_, err = h.amends.ProposeLate(ctx, h.staff, id, nil, "再提一次")
	reason(t, err, "exam.proposal_waits")
	_, err = h.amends.DecideLate(ctx, h.staff, p.ID, true, "我自己批准")
	reason(t, err, "exam.own_proposal")
	if s, v, n := h.score(id); s != 0 || v != 1 || n != 1 {
		t.Fatalf("one person's word graded %d, version %d, %d grades", s, v, n)
	}
	declined, err := h.amends.DecideLate(ctx, h.second, p.ID, false, "记录不足")
	h.ok(err)
	if declined.Decision == nil || declined.Decision.Approved || declined.Decision.DecidedBy != h.second.PersonID {
		t.Errorf("declined: %+v", declined.Decision)
	}
	if s, _, n := h.score(id); s != 0 || n != 1 {
		t.Fatalf("a declined proposal graded %d, %d grades", s, n)
	}
	_, err = h.amends.DecideLate(ctx, h.second, p.ID, true, "又想批准")
	reason(t, err, "exam.proposal_decided")

	if p, err = h.amends.ProposeLate(ctx, h.staff, id, ops[:1], "补交监考记录"); err != nil {
		t.Fatal(err)
	}
	_, err = h.amends.DecideLate(ctx, h.second, p.ID, true, "核对监考记录无误")
	h.ok(err)
	if s, v, n := h.score(id); s != 1000 || v != 2 || n != 2 {
		t.Errorf("included: %d, version %d, %d grades; want the one named operation, 1 point", s, v, n)
	}
	if p, err = h.amends.ProposeLate(ctx, h.staff, id, nil, "其余的也算"); err != nil || len(p.OpIDs) != 1 || p.OpIDs[0] != ops[1] {
		t.Fatalf("the rest: %+v, %v", p, err)
	}
	_, err = h.amends.DecideLate(ctx, h.second, p.ID, true, "同意")
	h.ok(err)
	if s, v, n := h.score(id); s != 2000 || v != 3 || n != 3 {
		t.Errorf("all included: %d, version %d, %d grades", s, v, n)
	}
	_, err = h.amends.ProposeLate(ctx, h.staff, id, nil, "还有吗")
	reason(t, err, "exam.no_late_answers")
	if n := h.count("SELECT count(*) FROM audit_events WHERE subject_id = $1 AND action IN ('exam.propose_late', 'exam.approve_late', 'exam.decline_late')", id); n != 6 {
		t.Errorf("%d audit entries, want 3 proposals and 3 decisions", n)
	}
	page, err := h.amends.Inclusions(ctx, h.second, exam.InclusionFilter{}, domain.Paging{Limit: 2})
	h.ok(err)
	rest, err := h.amends.Inclusions(ctx, h.second, exam.InclusionFilter{}, domain.Paging{Limit: 2, Token: page.NextPageToken})
	h.ok(err)
	if len(page.Items) != 2 || len(rest.Items) != 1 || rest.NextPageToken != "" || rest.Items[0].Decision.Approved {
		t.Errorf("listed %d and %d", len(page.Items), len(rest.Items))
	}
	h.sound()
}

// The tables refuse what a defect or a hand at the database might try.
func TestLateDecisionsHeldByTheTables(t *testing.T) {
	h := newAmendHall(t, 1, 2)
	ctx := t.Context()
	id, _ := h.late(0)
	p, err := h.amends.ProposeLate(ctx, h.staff, id, nil, "机房断网")
	h.ok(err)
	grade := `INSERT INTO grades (attempt_id, grading_version, score_milli, total_milli, passed, marks, choices, cause, inclusion_id)
VALUES ($1, 2, 0, 2000, false, '{0,0}', '{0,0}', 'late_included', $2)`
	decide := "INSERT INTO late_decisions (inclusion_id, approved, reason, decided_by) VALUES ($1, true, '同意', $2)"
	refused := func(what, sql string, args ...any) {
		t.Helper()
		if _, err := h.db.Pool.Exec(ctx, sql, args...); err == nil {
			t.Errorf("%s was let through", what)
		}
	}
	refused("a grade without a decision", grade, id, p.ID)
	refused("the proposer's decision", decide, p.ID, h.staff.PersonID)
	refused("the learner's decision", decide, p.ID, h.people[0])
	refused("a second first grade", `INSERT INTO grades (attempt_id, grading_version, score_milli, total_milli, passed, marks, choices) VALUES ($1, 2, 0, 1, false, '{}', '{}')`, id)
	_, err = h.amends.DecideLate(ctx, h.second, p.ID, false, "不符")
	h.ok(err)
	refused("a grade on a declined proposal", grade, id, p.ID)
	refused("another decision", "UPDATE late_decisions SET approved = true WHERE inclusion_id = $1", p.ID)
	refused("a decision deleted", "DELETE FROM late_decisions WHERE inclusion_id = $1", p.ID)
	refused("another proposal", "UPDATE late_inclusions SET op_ids = '{}' WHERE id = $1", p.ID)
}

// Of many proposals at once one waits, of many decisions one counts and one grade
// is made. Seen red with FOR UPDATE taken out of AttemptToAmend.
func TestDecideLateAtOnce(t *testing.T) {
	h := newAmendHall(t, 1, 2)
	ctx := context.WithoutCancel(t.Context())
	id, _ := h.late(0)
	for round := range 4 { // the first one finds connections that are still being made
		for _, err := range together(16, func(int) error {
			_, err := h.amends.ProposeLate(ctx, h.staff, id, nil, "机房断网")
			return err
		}) {
			if err != nil && domain.ReasonOf(err) != "exam.proposal_waits" {
				t.Error(err)
			}
		}
		page, err := h.amends.Inclusions(ctx, h.second, exam.InclusionFilter{}, domain.Paging{})
		h.ok(err)
		if len(page.Items) != round+1 {
			t.Fatalf("round %d: %d proposals at once", round, len(page.Items)-round)
		}
		var decided atomic.Int64
		for _, err := range together(12, func(int) error {
			_, err := h.amends.DecideLate(ctx, h.second, page.Items[0].ID, round == 3, "核实")
			if err == nil {
				decided.Add(1)
			}
			return err
		}) {
			if err != nil && domain.ReasonOf(err) != "exam.proposal_decided" {
				t.Error(err)
			}
		}
		if decided.Load() != 1 {
			t.Errorf("round %d: %d decisions", round, decided.Load())
		}
	}
	if _, version, n := h.score(id); version != 2 || n != 2 {
		t.Errorf("version %d, %d grades of one approval", version, n)
	}
	h.sound()
}

// A voided attempt is over, and leaves another try unless the voider says no.
// Seen red with usesUp counting every voided attempt, and counting none.
func TestVoidAndSitAgain(t *testing.T) {
	for _, counts := range []bool{false, true} {
		t.Run(fmt.Sprint(counts), func(t *testing.T) {
			h := newAmendHall(t, 1, 1)
			ctx := context.WithoutCancel(t.Context())
			v := h.start(0)
			voided := 0
			for _, err := range together(6, func(int) error { return h.amends.Void(ctx, h.staff, v.Attempt.ID, "替考", counts) }) {
				if err == nil {
					voided++
				} else if domain.ReasonOf(err) != "exam.attempt_voided" {
					t.Error(err)
				}
			}
			if voided != 1 {
				t.Errorf("voided %d times", voided)
			}
			_, err := h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, []app.GivenAnswer{given(v, 0, 1, "B")})
			reason(t, err, "exam.attempt_not_open")
			h.ok(h.attempts.Grade(ctx, v.Attempt.ID)) // a job that comes late
			r, err := h.attempts.Review(ctx, h.actor(0), v.Attempt.ID)
			h.ok(err)
			if r.VoidReason != "替考" || r.Grade != nil || r.Attempt.State != exam.Voided {
				t.Errorf("the learner sees %+v", r)
			}
			mine, _, err := h.attempts.MyExam(ctx, h.actor(0), h.examID)
			h.ok(err)
			used := map[bool]int{false: 0, true: 1}[counts]
			if mine.AttemptsUsed != used || mine.Attempt == nil || mine.Attempt.State != exam.Voided {
				t.Errorf("my exam: %d used, %+v", mine.AttemptsUsed, mine.Attempt)
			}
			again, err := h.attempts.Start(ctx, h.actor(0), h.examID, "desk")
			if counts {
				reason(t, err, "exam.no_attempts_left")
				return
			}
			h.ok(err)
			if again.Attempt.Number != 2 {
				t.Errorf("attempt number %d", again.Attempt.Number)
			}
			h.sound()
		})
	}
}

// With one of two attempts voided, the worked paper stays shut while a try is
// left. Seen red with Visible going by Number instead of Counted.
func TestVoidKeepsTheKeyShut(t *testing.T) {
	h := newAmendHall(t, 1, 1, func(x *exam.Exam) { x.AttemptsAllowed = 2 })
	ctx := t.Context()
	first := h.start(0)
	h.ok(h.amends.Void(ctx, h.staff, first.Attempt.ID, "电脑故障", false))
	for n, open := range []bool{false, true} {
		v := h.start(0)
		_, err := h.attempts.Submit(ctx, h.actor(0), v.Attempt.ID, 1)
		h.ok(err)
		h.ok(h.attempts.Grade(ctx, v.Attempt.ID))
		r, err := h.attempts.Review(ctx, h.actor(0), v.Attempt.ID)
		h.ok(err)
		if (r.Sheet != nil) != open {
			t.Errorf("try %d of 2: worked paper shown %v", n+1, r.Sheet != nil)
		}
	}
}

// crowd makes graded attempts by SQL, each of random answers, with its first grade.
func (h *amendHall) crowd(n int) {
	h.t.Helper()
	h.exec("INSERT INTO people (id, number, name, kind) SELECT gen_random_uuid(), 'C' || i, '王强', 'student' FROM generate_series(1, $1) i", n)
	h.exec(`INSERT INTO attempts (id, exam_id, person_id, number, state, seed, epoch, started_at, due_at, check_at, submitted_at, submitted_by, graded_at, grading_version)
SELECT gen_random_uuid(), x.id, p.id, 1, 'graded', decode(repeat('00', 16), 'hex'), 1, t.now, t.now + interval '1 hour', t.now + interval '1 hour 2 seconds',
  t.now, 'person', t.now, 1
FROM exams x, people p, (SELECT clock_timestamp() AS now) t WHERE x.id = $1 AND p.number LIKE 'C%'`, h.examID)
	h.exec(`INSERT INTO grades (attempt_id, grading_version, score_milli, total_milli, passed, marks, choices)
SELECT a.id, 1, 0, $2, false, array_fill(0, ARRAY[$3::int]), ARRAY(SELECT (1 << (random() * 3)::int)::int FROM generate_series(1, $3::int) WHERE a.id IS NOT NULL)
FROM attempts a WHERE a.exam_id = $1 AND a.state = 'graded'`, h.examID, h.paper.TotalMilli, len(h.paper.Items))
	h.exec("SET session_replication_role = replica; ALTER TABLE grades DISABLE TRIGGER grades_append_only")
	h.exec(`UPDATE grades g SET marks = m.marks, score_milli = m.score, passed = m.score >= 1000 FROM (
  SELECT attempt_id, array_agg(CASE c WHEN 2 THEN 1000 ELSE 0 END ORDER BY o) AS marks, sum(CASE c WHEN 2 THEN 1000 ELSE 0 END)::int AS score
  FROM grades, unnest(choices) WITH ORDINALITY u (c, o) GROUP BY attempt_id) m WHERE m.attempt_id = g.attempt_id`)
	h.exec("ALTER TABLE grades ENABLE TRIGGER grades_append_only")
	h.exec("UPDATE attempts a SET score_milli = g.score_milli, passed = g.passed FROM grades g WHERE g.attempt_id = a.id AND a.exam_id = $1", h.examID)
}

// inForce is every attempt's result in force.
func (h *amendHall) inForce() map[string][5]any {
	h.t.Helper()
	out := map[string][5]any{}
	rows, err := h.db.Pool.Query(h.t.Context(), `SELECT a.id::text, a.score_milli, g.total_milli, a.passed, g.marks::text, g.choices::text
FROM attempts a JOIN grades g ON g.attempt_id = a.id AND g.grading_version = a.grading_version WHERE a.exam_id = $1`, h.examID)
	h.ok(err)
	for rows.Next() {
		var id, marks, choices string
		var score, total int
		var passed bool
		h.ok(rows.Scan(&id, &score, &total, &passed, &marks, &choices))
		out[id] = [5]any{score, total, passed, marks, choices}
	}
	h.ok(rows.Err())
	return out
}

var corrections = []exam.CorrectedItem{
	{Item: 0, Rule: exam.CorrectKey, Key: []string{"C"}},
	{Item: 1, Rule: exam.CorrectVoid},
	{Item: 2, Rule: exam.CorrectFull},
}

// A regrade whose job is delivered twice, at once and cut in the middle gives
// each attempt one more grade; undone, every result is what it was. Seen red with
// FOR UPDATE taken out of RegradeForUpdate (the key of grades refused the second
// worker), with the cursor not kept (the same), with Undo going back to the
// correction in force (nothing changed back), and with settleLater called for
// every attempt.
func TestRegradeTwiceAtOnceAndUndone(t *testing.T) {
	const n = 700
	h := newAmendHall(t, 0, 4, func(x *exam.Exam) { x.HoursCenti = 200 })
	h.crowd(n)
	ctx := context.WithoutCancel(t.Context())
	first := h.inForce()
	preview, err := h.regrades.Preview(ctx, h.staff, h.examID, corrections)
	h.ok(err)
	if preview.Attempts != n || preview.Changed == 0 || preview.ToPass == 0 || len(preview.Rows) != exam.MaxDiffRows || len(preview.People) == 0 {
		t.Fatalf("preview: %+v", preview.Diff)
	}
	if !reflect.DeepEqual(h.inForce(), first) || h.count("SELECT count(*) FROM regrades") != 0 {
		t.Fatal("the dry run changed something")
	}
	r, err := h.regrades.Apply(ctx, h.staff, h.examID, corrections, "", "第 1 题答案有误")
	h.ok(err)
	h.runCut(r.ID)
	for _, err := range together(4, func(int) error { return h.regrades.Run(ctx, job.RegradeExam{RegradeID: r.ID}) }) {
		h.ok(err)
	}
	h.ok(h.regrades.Run(ctx, job.RegradeExam{RegradeID: r.ID}))
	done, err := h.regrades.Regrade(ctx, h.staff, r.ID)
	h.ok(err)
	if done.State != exam.RegradeDone || done.Graded != n || done.Attempts != n || done.Changed != preview.Changed || done.ToPass != preview.ToPass || done.ToFail != preview.ToFail {
		t.Errorf("done %+v, the dry run said %+v", done, preview.Diff)
	}
	if got := h.count("SELECT count(*) FROM grades"); got != 2*n {
		t.Errorf("%d grades of %d attempts", got, n)
	}
	if got := h.count("SELECT count(*) FROM outbox WHERE kind = 'hours:settle_attempt'"); got != preview.ToPass+preview.ToFail {
		t.Errorf("%d jobs for the ledger, %d changed sides", got, preview.ToPass+preview.ToFail)
	}
	h.sound()

	undo, err := h.regrades.Undo(ctx, h.staff, r.ID, "原答案是对的")
	h.ok(err)
	_, err = h.regrades.Apply(ctx, h.staff, h.examID, corrections, undo.ID, "再来")
	reason(t, err, "exam.regrade_running")
	for _, err := range together(3, func(int) error { return h.regrades.Run(ctx, job.RegradeExam{RegradeID: undo.ID}) }) {
		h.ok(err)
	}
	if now := h.inForce(); !reflect.DeepEqual(now, first) {
		t.Error("undone, the results are not what they were")
	}
	_, err = h.regrades.Undo(ctx, h.staff, r.ID, "再撤一次")
	reason(t, err, "exam.regrade_not_last")
	h.sound()
	list, err := h.regrades.List(ctx, h.staff, h.examID, domain.Paging{Limit: 1})
	h.ok(err)
	if len(list.Items) != 1 || list.Items[0].UndoesID != r.ID || list.NextPageToken == "" {
		t.Errorf("history: %+v", list)
	}
}

// runCut runs a regrade until its context ends after the first batch.
func (h *amendHall) runCut(regradeID string) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.t.Context()))
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- h.regrades.Run(ctx, job.RegradeExam{RegradeID: regradeID}) }()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if h.count("SELECT graded FROM regrades WHERE id = $1", regradeID) > 0 {
			break
		}
	}
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		h.t.Logf("cut: %v", err)
	}
}

// Who is late, at the wrong exam or out of date is told so, and nothing changes.
func TestRegradeRefused(t *testing.T) {
	h := newAmendHall(t, 1, 2)
	ctx := t.Context()
	key := []exam.CorrectedItem{{Item: 0, Rule: exam.CorrectKey, Key: []string{"A"}}}
	r, err := h.regrades.Apply(ctx, h.staff, h.examID, key, "", "答案有误")
	h.ok(err)
	h.ok(h.regrades.Run(ctx, job.RegradeExam{RegradeID: r.ID}))
	for name, tt := range map[string]struct {
		examID, last, why, want string
		items                   []exam.CorrectedItem
	}{
		"an old page":       {h.examID, "", "再改", "exam.changed_meanwhile", nil},
		"no change":         {h.examID, r.ID, "再改", "exam.correction_changes_nothing", key},
		"no reason":         {h.examID, r.ID, "  ", "exam.reason_missing", nil},
		"no such question":  {h.examID, r.ID, "再改", "exam.correction_not_valid", []exam.CorrectedItem{{Item: 9, Rule: exam.CorrectFull}}},
		"no such exam":      {app.NewID(), "", "再改", "exam.not_found", key},
		"what is no exam":   {"x", "", "再改", "exam.not_found", key},
		"everything is out": {h.examID, r.ID, "再改", "exam.correction_leaves_nothing", []exam.CorrectedItem{{Item: 0, Rule: exam.CorrectVoid}, {Item: 1, Rule: exam.CorrectVoid}}},
	} {
		_, err := h.regrades.Apply(ctx, h.staff, tt.examID, tt.items, tt.last, tt.why)
		if domain.ReasonOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := h.count("SELECT count(*) FROM regrades"); n != 1 {
		t.Errorf("%d regrades", n)
	}
	_, err = h.exams.Cancel(ctx, h.staff, h.examID, "取消")
	h.ok(err)
	_, err = h.regrades.Undo(ctx, h.staff, r.ID, "撤销")
	reason(t, err, "exam.regrade_not_published")
}

// An attempt that was being graded by the old key while a regrade went by is
// graded anew by the sweep, once. Seen red with the sweep finding nothing.
func TestRegradeLeavesNobodyBehind(t *testing.T) {
	h := newAmendHall(t, 1, 2)
	ctx := t.Context()
	v := h.start(0)
	_, err := h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, []app.GivenAnswer{given(v, 0, 1, "C"), given(v, 1, 2, "C")})
	h.ok(err)
	_, err = h.attempts.Submit(ctx, h.actor(0), v.Attempt.ID, 1)
	h.ok(err)
	old, err := h.store.ToGrade(ctx, v.Attempt.ID) // a grader takes its time
	h.ok(err)
	r, err := h.regrades.Apply(ctx, h.staff, h.examID, []exam.CorrectedItem{{Item: 0, Rule: exam.CorrectKey, Key: []string{"C"}}}, "", "答案有误")
	h.ok(err)
	h.ok(h.regrades.Run(ctx, job.RegradeExam{RegradeID: r.ID}))
	_, err = h.store.KeepGrades(ctx, []exam.NewGrade{{AttemptID: v.Attempt.ID, Grade: exam.GradeAnswers(h.paper, old.Answers, 1000)}})
	h.ok(err)
	if s, _, _ := h.score(v.Attempt.ID); s != 0 {
		t.Fatalf("graded %d by the old key", s)
	}
	for range 2 {
		h.ok(h.regrades.SweepLeftBehind(ctx))
	}
	if s, version, n := h.score(v.Attempt.ID); s != 1000 || version != 2 || n != 2 {
		t.Errorf("%d, version %d, %d grades", s, version, n)
	}
	h.sound()
}

// Whoever hands in after a regrade is graded by the corrected key at once; the
// worked paper shows the key that the grade was given by.
func TestGradedByTheCorrectionInForce(t *testing.T) {
	h := newAmendHall(t, 1, 2)
	ctx := t.Context()
	v := h.start(0)
	r, err := h.regrades.Apply(ctx, h.staff, h.examID, []exam.CorrectedItem{{Item: 0, Rule: exam.CorrectKey, Key: []string{"C"}}, {Item: 1, Rule: exam.CorrectVoid}}, "", "答案有误")
	h.ok(err)
	h.ok(h.regrades.Run(ctx, job.RegradeExam{RegradeID: r.ID}))
	place := slices.IndexFunc(v.Sheet.Items, func(it exam.SheetItem) bool { return it.Item == 0 })
	_, err = h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, []app.GivenAnswer{given(v, place, 1, "C")})
	h.ok(err)
	_, err = h.attempts.Submit(ctx, h.actor(0), v.Attempt.ID, 1)
	h.ok(err)
	h.ok(h.attempts.Grade(ctx, v.Attempt.ID))
	if s, version, n := h.score(v.Attempt.ID); s != 1000 || version != 1 || n != 1 {
		t.Errorf("%d, version %d, %d grades", s, version, n)
	}
	review, err := h.attempts.Review(ctx, h.actor(0), v.Attempt.ID)
	h.ok(err)
	q := review.Sheet.Frozen(place)
	if q.Corrected() != exam.CorrectKey || q.Key[0] != "C" || review.Grade.TotalMilli != 1000 || review.PassMarkMilli != 500 {
		t.Errorf("review: %+v, %+v", q, review.Grade)
	}
	h.sound()
}

var _ exam.AmendStore = (*postgres.AmendStore)(nil)
