package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/app/api/apitest"
	"zhixing/domain/job"
)

// work runs the jobs of a kind that the outbox holds, each twice, and gives their number.
func (h *hall) work(kind string) int {
	h.t.Helper()
	ctx, n := h.t.Context(), 0
	rows, err := h.DB.Pool.Query(ctx, "SELECT payload::text FROM outbox WHERE kind = $1 AND done_at IS NULL ORDER BY id", kind)
	if err != nil {
		h.t.Fatal(err)
	}
	var payloads []string
	for rows.Next() {
		var p string
		if err := rows.Scan(&p); err != nil {
			h.t.Fatal(err)
		}
		payloads = append(payloads, p)
	}
	for _, p := range payloads {
		for range 2 {
			h.run(kind, p)
		}
		n++
	}
	h.Exec(h.t, "UPDATE outbox SET done_at = clock_timestamp() WHERE kind = ? AND done_at IS NULL", kind)
	return n
}

func (h *hall) run(kind, payload string) {
	h.t.Helper()
	ctx := h.t.Context()
	var j struct {
		RegradeID string `json:"regrade_id"`
		AttemptID string `json:"attempt_id"`
		ExamID    string `json:"exam_id"`
	}
	err := json.Unmarshal([]byte(payload), &j)
	if err == nil {
		switch kind {
		case job.RegradeExam{}.Kind():
			err = h.Server.Regrades.Run(ctx, job.RegradeExam{RegradeID: j.RegradeID})
		case job.SettleAttempt{}.Kind():
			err = h.Server.Hours.SettleAttempt(ctx, job.SettleAttempt{AttemptID: j.AttemptID})
		case job.CreditExam{}.Kind():
			err = h.Server.Hours.CreditExam(ctx, job.CreditExam{AttemptID: j.AttemptID})
		case job.ReverseExam{}.Kind():
			err = h.Server.Hours.ReverseExam(ctx, job.ReverseExam{ExamID: j.ExamID})
		}
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// sit sits an exam with the texts of the answers by their item's stem, and has it graded.
func (h *hall) sit(who *apitest.Client, examID string, answers map[string]string) *attempt {
	h.t.Helper()
	a := h.start(who, examID, "desk")
	for i, it := range a.Items {
		if text := answers[it.Stem]; text != "" {
			a.save(a.op(i, i+1, text)).Want(200)
		}
	}
	a.submit().Want(200)
	a.grade()
	h.work(job.CreditExam{}.Kind())
	return a
}

// hoursOf sums the ledger of a person and counts its entries.
func (h *hall) hoursOf(who *apitest.Client) (centi, entries int) {
	h.t.Helper()
	if err := h.DB.Pool.QueryRow(h.t.Context(), "SELECT coalesce(sum(amount_centi), 0), count(*) FROM hour_events WHERE person_id = $1", who.PersonID).
		Scan(&centi, &entries); err != nil {
		h.t.Fatal(err)
	}
	return centi, entries
}

func (h *hall) wantHours(what string, who *apitest.Client, centi, entries int) {
	h.t.Helper()
	if c, n := h.hoursOf(who); c != centi || n != entries {
		h.t.Errorf("%s: %d centi-hours in %d entries, want %d in %d", what, c, n, centi, entries)
	}
}

// A key was wrong: the trainer tries the correction, applies it, the learners see
// the new result with the note, and the ledger follows both ways; undone,
// everything is as before. Every job runs twice. Seen red with settleLater left
// out of regradeNext, with Settle giving back nothing, and with the review laid
// out by the paper alone.
func TestRegradeReachesLearnersAndLedger(t *testing.T) {
	h := newHall(t)
	up, down := h.Person(t, "2024001", "李建国"), h.Person(t, "2024002", "王强")
	auditor := h.Person(t, "A001", "孙审计", "auditor")
	id := h.open(2, func(b m) { b["hours_centi"] = 200 })
	a := h.sit(up, id, map[string]string{"第 1 题": "选项丙"})
	b := h.sit(down, id, map[string]string{"第 1 题": "选项乙"})
	h.wantHours("before", up, 0, 0)
	h.wantHours("before", down, 200, 1)

	marking := h.trainer.Do("GET", "/exams/"+id+"/marking", nil).Want(200)
	number := 0
	for _, it := range list(marking, "items") {
		if it["stem"] == "第 1 题" {
			n, _ := it["number"].(float64)
			number = int(n)
		}
	}
	body := m{"items": []m{{"number": number, "rule": "key", "key": []string{"C"}}}}
	p := h.trainer.Do("POST", "/exams/"+id+"/regrades/preview", body).Want(200).JSON()
	if p["attempts"] != 2.0 || p["changed"] != 2.0 || p["to_pass"] != 1.0 || p["to_fail"] != 1.0 {
		t.Fatalf("preview: %v", p)
	}
	body["reason"] = "第 1 题的答案应为丙"
	body["last_regrade_id"] = marking.JSON()["last_regrade_id"]
	r := h.trainer.Do("POST", "/exams/"+id+"/regrades", body).Want(200).JSON()
	h.trainer.Do("POST", "/exams/"+id+"/regrades", body).Want(409, "exam.regrade_running")
	if n := h.work(job.RegradeExam{}.Kind()); n != 1 {
		t.Errorf("%d jobs", n)
	}
	if done := h.trainer.Do("GET", fmt.Sprintf("/regrades/%v", r["id"]), nil).Want(200).JSON(); done["state"] != "done" || done["progress"] != 100.0 || done["to_pass"] != 1.0 {
		t.Errorf("done: %v", done)
	}
	h.work(job.SettleAttempt{}.Kind())
	h.wantHours("regraded", up, 200, 1)
	h.wantHours("regraded", down, 0, 2)

	review := up.Do("GET", "/attempts/"+a.ID+"/review", nil).Want(200)
	if v := review.JSON(); v["passed"] != true || v["score_milli"] != 2000.0 || v["cause"] != "regrade" {
		t.Errorf("review: %s", review.Body)
	}
	notes := 0
	for _, it := range list(review, "items") {
		if it["corrected"] == "key" {
			notes++
			if fmt.Sprint(it["key"]) != fmt.Sprint(it["your_answer"]) || it["score_milli"] != 2000.0 {
				t.Errorf("corrected item: %v", it)
			}
		}
	}
	if notes != 1 {
		t.Errorf("%d notes", notes)
	}
	e := auditor.Do("GET", "/attempts/"+b.ID+"/evidence", nil).Want(200)
	if gs := list(e, "grades"); len(gs) != 2 || gs[0]["passed"] != true || gs[1]["cause"] != "regrade" || gs[1]["reason"] != "第 1 题的答案应为丙" || gs[1]["by"] != "王老师" {
		t.Errorf("grades: %v", list(e, "grades"))
	}

	h.trainer.Do("POST", fmt.Sprintf("/regrades/%v/undo", r["id"]), m{"reason": "原答案无误"}).Want(200)
	h.work(job.RegradeExam{}.Kind())
	h.work(job.SettleAttempt{}.Kind())
	h.wantHours("undone", up, 0, 2)
	h.wantHours("undone", down, 200, 3)
	if v := up.Do("GET", "/attempts/"+a.ID+"/review", nil).Want(200); v.JSON()["passed"] != false || bytes.Contains(v.Body, []byte(`"corrected"`)) {
		t.Errorf("undone: %s", v.Body)
	}
	if hs := list(h.trainer.Do("GET", "/exams/"+id+"/regrades", nil).Want(200), "items"); len(hs) != 2 || hs[0]["as_published"] != true || hs[0]["undoes_id"] != r["id"] {
		t.Errorf("history: %v", hs)
	}
	// The entry stands on the first grade, which is kept: nothing was tampered with.
	var event string
	if err := h.DB.Pool.QueryRow(t.Context(), "SELECT id FROM hour_events WHERE person_id = $1 AND kind = 'credit'", down.PersonID).Scan(&event); err != nil {
		t.Fatal(err)
	}
	proof, _ := auditor.Do("GET", "/hours/events/"+event, nil).Want(200).JSON()["evidence"].(m)
	if attempt, _ := proof["attempt"].(m); proof["changed"] != false || attempt["regraded"] != true {
		t.Errorf("evidence: %v", proof)
	}
}

// Cancelling an exam takes its hours back, voiding an attempt those of one; what a
// person reversed by hand stays. Seen red with the job left out of Cancel, with
// ReverseExam stopping after the first attempt, and with ExamEarning not asking
// for the state of the attempt.
func TestCancelAndVoidTakeHoursBack(t *testing.T) {
	h := newHall(t)
	auditor := h.Person(t, "A001", "孙审计", "auditor")
	var people []*apitest.Client
	id := h.draft(1, func(b m) { b["hours_centi"] = 200 })
	for i := range 4 {
		people = append(people, h.Person(t, fmt.Sprintf("202400%d", i), "李建国"))
	}
	h.trainer.Do("POST", "/exams/"+id+"/publish", nil).Want(200)
	h.mint(id)
	var attempts []*attempt
	for _, p := range people {
		attempts = append(attempts, h.sit(p, id, map[string]string{"第 1 题": "选项乙"}))
		h.wantHours("passed", p, 200, 1)
	}
	void := "/attempts/" + attempts[0].ID + "/void"
	for what, reason := range map[string]string{"nothing": " ", "a letter": strings.Repeat("长", 501)} {
		if r := h.trainer.Do("POST", void, m{"reason": reason}); r.Status != 422 || r.Reason() != "exam.reason_missing" {
			t.Errorf("%s as a reason: %d %s", what, r.Status, r.Reason())
		}
	}
	h.trainer.Do("POST", void, m{"reason": strings.Repeat("长", 3000)}).Want(422)
	h.trainer.Do("POST", void, m{"reason": "查实替考"}).Want(200)
	h.trainer.Do("POST", void, m{"reason": "再来一次"}).Want(409, "exam.attempt_voided")
	h.work(job.SettleAttempt{}.Kind())
	h.wantHours("voided", people[0], 0, 2)
	review := people[0].Do("GET", "/attempts/"+attempts[0].ID+"/review", nil).Want(200).JSON()
	if review["state"] != "voided" || review["void_reason"] != "查实替考" || review["score_milli"] != nil || review["items"] != nil {
		t.Errorf("the learner sees %v", review)
	}
	var event string
	if err := h.DB.Pool.QueryRow(t.Context(), "SELECT id FROM hour_events WHERE person_id = $1", people[1].PersonID).Scan(&event); err != nil {
		t.Fatal(err)
	}
	auditor.Do("POST", "/hours/events/"+event+"/reverse", m{"reason": "重复计入"}).Want(200)

	h.trainer.Do("POST", "/exams/"+id+"/cancel", m{"reason": "试题泄露"}).Want(200)
	if n := h.work(job.ReverseExam{}.Kind()); n != 1 {
		t.Errorf("%d jobs", n)
	}
	for i, p := range people {
		h.wantHours(fmt.Sprintf("cancelled, person %d", i), p, 0, 2)
	}
	var by, why string
	if err := h.DB.Pool.QueryRow(t.Context(), "SELECT actor_id, reason FROM hour_events WHERE person_id = $1 AND kind = 'reversal'", people[3].PersonID).Scan(&by, &why); err != nil {
		t.Fatal(err)
	}
	if by != h.trainer.PersonID || why != "试题泄露" {
		t.Errorf("taken back by %s for %s", by, why)
	}
	h.run(job.SettleAttempt{}.Kind(), fmt.Sprintf(`{"attempt_id":%q}`, attempts[1].ID))
	h.wantHours("by hand", people[1], 0, 2)
}

// An exam that more have passed than one step of the job takes: every one of them
// gives the hours back. Seen red with ReverseExam ending after its first step.
func TestCancelTakesBackFromEverybody(t *testing.T) {
	h := newHall(t)
	first := h.Person(t, "2024001", "李建国")
	id := h.draft(1, func(b m) { b["hours_centi"] = 200 })
	h.trainer.Do("POST", "/exams/"+id+"/publish", nil).Want(200)
	h.mint(id)
	a := h.sit(first, id, map[string]string{"第 1 题": "选项乙"})
	const others = 230
	h.Exec(t, "INSERT INTO people (id, number, name, kind) SELECT gen_random_uuid(), 'n' || i, '学员', 'student' FROM generate_series(1, ?) i", others)
	h.Exec(t, `WITH made AS (
  INSERT INTO attempts SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'person_id', p.id))).*
  FROM attempts a, people p WHERE a.id = ?0 AND p.number LIKE 'n%' RETURNING id)
INSERT INTO grades SELECT (jsonb_populate_record(g, jsonb_build_object('attempt_id', made.id))).* FROM grades g, made WHERE g.attempt_id = ?0`, a.ID)
	rows, err := h.DB.Pool.Query(t.Context(), "SELECT id::text FROM attempts WHERE exam_id = $1 AND id <> $2 AND state = 'graded'", id, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	attempts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range attempts {
		h.run(job.CreditExam{}.Kind(), fmt.Sprintf(`{"attempt_id":%q}`, one))
	}
	total := func() (people, centi int) {
		t.Helper()
		if err := h.DB.Pool.QueryRow(t.Context(), "SELECT count(DISTINCT person_id), sum(amount_centi) FROM hour_events").Scan(&people, &centi); err != nil {
			t.Fatal(err)
		}
		return people, centi
	}
	if people, centi := total(); people != others+1 || centi != 200*people {
		t.Fatalf("%d people have %d", people, centi)
	}
	h.trainer.Do("POST", "/exams/"+id+"/cancel", m{"reason": "试题泄露"}).Want(200)
	h.work(job.ReverseExam{}.Kind())
	if people, centi := total(); people != others+1 || centi != 0 {
		t.Errorf("%d people are left with %d", people, centi)
	}
}

// Late answers on the way through the API: sealed, proposed, found in the list by
// the second person, approved; the learner is told why the result is another.
func TestLateAnswersThroughTheAPI(t *testing.T) {
	h := newHall(t)
	ann := h.Person(t, "2024001", "李建国")
	auditor := h.Person(t, "A001", "孙审计", "auditor")
	id := h.open(1, func(b m) { b["hours_centi"] = 200 })
	a := h.start(ann, id, "desk")
	a.warp(2 * time.Hour)
	if err := h.Server.Attempts.SubmitDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.save(a.op(0, 1, "选项乙")).Want(200)
	a.grade()
	propose := "/attempts/" + a.ID + "/late-inclusions"
	h.trainer.Do("POST", propose, m{"reason": ""}).Want(422, "exam.reason_missing")
	h.trainer.Do("POST", propose, m{"reason": "断网", "op_ids": []string{"x"}}).Want(422, "exam.late_answer_unknown")
	p := h.trainer.Do("POST", propose, m{"reason": "机房断网"}).Want(200).JSON()
	auditor.Do("POST", propose, m{"reason": "机房断网"}).Want(403, "session.not_permitted")
	h.trainer.Do("POST", fmt.Sprintf("/late-inclusions/%v/approve", p["id"]), m{"reason": "同意"}).Want(403, "exam.own_proposal")
	waiting := list(auditor.Do("GET", "/late-inclusions?state=open", nil).Want(200), "items")
	if len(waiting) != 1 || waiting[0]["id"] != p["id"] || waiting[0]["person_name"] != "李建国" || waiting[0]["proposed_by_name"] != "王老师" {
		t.Fatalf("waiting: %v", waiting)
	}
	auditor.Do("POST", fmt.Sprintf("/late-inclusions/%v/approve", p["id"]), m{"reason": "监考记录属实"}).Want(200)
	auditor.Do("POST", fmt.Sprintf("/late-inclusions/%v/decline", p["id"]), m{"reason": "反悔"}).Want(409, "exam.proposal_decided")
	if n := len(list(auditor.Do("GET", "/late-inclusions?state=open", nil).Want(200), "items")); n != 0 {
		t.Errorf("%d still waiting", n)
	}
	h.work(job.SettleAttempt{}.Kind())
	h.wantHours("included", ann, 200, 1)
	if v := ann.Do("GET", "/attempts/"+a.ID+"/review", nil).Want(200).JSON(); v["passed"] != true || v["cause"] != "late_included" {
		t.Errorf("review: %v", v)
	}
	e := auditor.Do("GET", "/attempts/"+a.ID+"/evidence", nil).Want(200)
	if ops, ps := list(e, "operations"), list(e, "inclusions"); len(ops) != 1 || ops[0]["included"] != true || ops[0]["counts"] != true || len(ps) != 1 || ps[0]["state"] != "approved" {
		t.Errorf("evidence: %v %v", ops, ps)
	}
}

// Nothing of it reaches beyond a grant: 404 outside the subtree, 403 without the
// permission. Seen red with scopePeople taken out of AttemptToAmend, of
// InclusionAttempt and of Inclusions.
func TestAmendWithinScope(t *testing.T) {
	h := newHall(t)
	root := h.Unit(t, "party", "", "党委")
	one, two := h.Unit(t, "party", root, "第一支部"), h.Unit(t, "party", root, "第二支部")
	ann := h.Person(t, "2024001", "李建国")
	h.Join(t, ann.PersonID, one, "party")
	own, other := h.Person(t, "T011", "一支部教员", "trainer@"+one), h.Person(t, "T012", "二支部教员", "trainer@"+two)
	secretary := h.Person(t, "S001", "赵书记", "secretary@"+one)
	id := h.open(1)
	a := h.start(ann, id, "desk")
	a.warp(2 * time.Hour)
	if err := h.Server.Attempts.SubmitDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.save(a.op(0, 1, "选项乙")).Want(200)
	a.grade()
	propose, void := "/attempts/"+a.ID+"/late-inclusions", "/attempts/"+a.ID+"/void"
	for _, path := range []string{propose, void} {
		other.Do("POST", path, m{"reason": "断网"}).Want(404, "exam.attempt_not_found")
		secretary.Do("POST", path, m{"reason": "断网"}).Want(403, "session.not_permitted")
		ann.Do("POST", path, m{"reason": "断网"}).Want(403, "session.not_permitted")
	}
	p := own.Do("POST", propose, m{"reason": "断网"}).Want(200).JSON()
	for _, verb := range []string{"approve", "decline"} {
		path := fmt.Sprintf("/late-inclusions/%v/%s", p["id"], verb)
		other.Do("POST", path, m{"reason": "同意"}).Want(404, "exam.proposal_not_found")
		secretary.Do("POST", path, m{"reason": "同意"}).Want(403, "session.not_permitted")
		other.Do("POST", "/late-inclusions/x/"+verb, m{"reason": "同意"}).Want(404, "exam.proposal_not_found")
	}
	if n := len(list(other.Do("GET", "/late-inclusions", nil).Want(200), "items")); n != 0 {
		t.Errorf("the other branch sees %d proposals", n)
	}
	if n := len(list(own.Do("GET", "/late-inclusions", nil).Want(200), "items")); n != 1 {
		t.Errorf("the own branch sees %d proposals", n)
	}
	secretary.Do("GET", "/late-inclusions", nil).Want(403, "session.not_permitted")
	for _, path := range []string{"/exams/" + id + "/marking", "/exams/" + id + "/regrades/preview", "/exams/" + id + "/regrades"} {
		method := map[bool]string{true: "GET", false: "POST"}[strings.HasSuffix(path, "marking")]
		secretary.Do(method, path, m{"items": []m{}, "reason": "x"}).Want(403, "session.not_permitted")
		ann.Do(method, path, m{"items": []m{}, "reason": "x"}).Want(403, "session.not_permitted")
	}
	// The dry run counts everybody and names only whom the trainer may see.
	preview := m{"items": []m{{"number": 1, "rule": "full"}}}
	for who, name := range map[*apitest.Client]string{own: "李建国", other: ""} {
		rows := list(who.Do("POST", "/exams/"+id+"/regrades/preview", preview).Want(200), "rows")
		if len(rows) != 1 || rows[0]["person_name"] != name {
			t.Errorf("rows: %v, want the name %q", rows, name)
		}
	}
}

// Promise 4: a corrected key is as secret as the key, until the review releases
// it; and while a try is left, the result is shown without it. Seen red with
// Review giving the result before it is released, and with Review laying out the
// sheet before Items says so.
func TestCorrectionIsSecretBeforeRelease(t *testing.T) {
	h := newHall(t)
	ann := h.Person(t, "2024001", "李建国")
	id := h.open(2, func(b m) { b["review"] = "after_close" })
	a := h.sit(ann, id, map[string]string{"第 1 题": "选项丙"})
	h.trainer.Do("POST", "/exams/"+id+"/regrades", m{"reason": "答案有误", "items": []m{
		{"number": 1, "rule": "key", "key": []string{"C"}}, {"number": 2, "rule": "void"},
	}}).Want(200)
	h.work(job.RegradeExam{}.Kind())
	for _, path := range []string{"/my-exams", "/my-exams/" + id, "/attempts/" + a.ID + "?device_id=desk", "/attempts/" + a.ID + "/review"} {
		r := ann.Do("GET", path, nil).Want(200)
		for _, secret := range []string{"corrected", `"key"`, "regrade", `"score_milli":2`, `"score_milli":0`, `"passed":t`, `"passed":f`, `"total_milli":2000`, "答案有误"} {
			if bytes.Contains(r.Body, []byte(secret)) {
				t.Errorf("%s holds %s: %s", path, secret, r.Body)
			}
		}
	}
	twice := h.open(2, func(b m) { b["attempts_allowed"] = 2 })
	first := h.sit(ann, twice, map[string]string{"第 1 题": "选项丙"})
	h.trainer.Do("POST", "/exams/"+twice+"/regrades", m{"reason": "答案有误", "items": []m{{"number": 1, "rule": "key", "key": []string{"C"}}}}).Want(200)
	h.work(job.RegradeExam{}.Kind())
	r := ann.Do("GET", "/attempts/"+first.ID+"/review", nil).Want(200)
	if v := r.JSON(); v["score_milli"] != 2000.0 || v["cause"] != "regrade" || bytes.Contains(r.Body, []byte("corrected")) || bytes.Contains(r.Body, []byte(`"key"`)) {
		t.Errorf("with a try left: %s", r.Body)
	}
	a.warp(2 * time.Hour) // the control
	r = ann.Do("GET", "/attempts/"+a.ID+"/review", nil).Want(200)
	if v := r.JSON(); v["score_milli"] != 2000.0 || v["total_milli"] != 2000.0 || v["pass_mark_milli"] != 1000.0 || !bytes.Contains(r.Body, []byte(`"corrected":"void"`)) {
		t.Errorf("released: %s", r.Body)
	}
}
