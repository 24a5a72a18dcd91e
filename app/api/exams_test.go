package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"zhixing/domain/job"
)

// Each line is one request that must change nothing and say why, by field.
func TestAuthoringRefused(t *testing.T) {
	h := newHall(t)
	secretary := h.Person(t, "S001", "赵书记", "secretary")
	q := h.question(1)
	p := h.paper(1)
	draft := h.draft(1)
	published := h.open(1)
	now := time.Now().UTC()
	good := func(change func(b m)) m {
		b := m{"title": "考试", "paper_id": p, "opens_at": now, "closes_at": now.Add(time.Hour), "duration_s": 600, "pass_mark_milli": 0, "attempts_allowed": 1, "review": "never"}
		change(b)
		return b
	}
	for name, tt := range map[string]struct {
		method, path string
		body         any
		status       int
		reason, at   string
	}{
		"bank twice":            {"POST", "/banks", m{"name": "党章"}, 409, "question.bank_name_taken", ""},
		"bank without a name":   {"POST", "/banks", m{"name": "  "}, 422, "question.bank_not_valid", "body.name"},
		"question without key":  {"POST", "/banks/" + h.bank + "/questions", m{"kind": "single", "stem": "题", "options": []m{{"text": "甲"}, {"text": "乙"}}, "key": []string{}}, 422, "question.not_valid", "body.key"},
		"question in no bank":   {"POST", "/banks/" + q + "/questions", m{"kind": "judgement", "stem": "题", "key": []string{"true"}}, 404, "question.bank_not_found", ""},
		"kind changed":          {"PUT", "/questions/" + q, m{"kind": "judgement", "stem": "题", "key": []string{"true"}}, 422, "question.kind_fixed", "body.kind"},
		"old version":           {"PUT", "/questions/" + q, m{"kind": "single", "stem": "题", "options": []m{{"text": "甲"}, {"text": "乙"}}, "key": []string{"A"}, "version": 7}, 409, "question.changed_meanwhile", ""},
		"paper of nothing":      {"POST", "/papers", m{"title": "卷"}, 422, "exam.paper_not_valid", "body.items"},
		"paper both ways":       {"POST", "/papers", m{"title": "卷", "items": []m{{"question_id": q}}, "blueprint": []m{{"bank_id": h.bank, "count": 1}}}, 422, "exam.paper_not_valid", "body.blueprint"},
		"paper of no question":  {"POST", "/papers", m{"title": "卷", "items": []m{{"question_id": h.bank}}}, 404, "question.not_found", ""},
		"paper, question twice": {"POST", "/papers", m{"title": "卷", "items": []m{{"question_id": q}, {"question_id": q}}}, 422, "exam.paper_not_valid", "body.items[1].question_id"},
		"exam backwards":        {"POST", "/exams", good(func(b m) { b["closes_at"] = now }), 422, "exam.not_valid", "body.closes_at"},
		"exam of no paper":      {"POST", "/exams", good(func(b m) { b["paper_id"] = q }), 404, "exam.paper_not_found", ""},
		"exam for whom":         {"POST", "/exams", good(func(b m) { b["audience"] = m{"stages": []string{"vip"}} }), 422, "input.invalid", "body.audience.stages[0]"},
		"exam of 11 attempts":   {"POST", "/exams", good(func(b m) { b["attempts_allowed"] = 11 }), 422, "exam.not_valid", "body.attempts_allowed"},
		"published, edited":     {"PUT", "/exams/" + published, good(func(m) {}), 409, "exam.not_a_draft", ""},
		"published again":       {"POST", "/exams/" + published + "/publish", nil, 409, "exam.not_a_draft", ""},
		"draft cancelled":       {"POST", "/exams/" + draft + "/cancel", m{"reason": "误发"}, 409, "exam.not_published", ""},
		"cancelled for nothing": {"POST", "/exams/" + published + "/cancel", m{"reason": " "}, 422, "exam.reason_missing", "body.reason"},
		"no such exam":          {"GET", "/exams/" + q, nil, 404, "exam.not_found", ""},
		"unknown field":         {"POST", "/banks", m{"name": "新", "owner": 1}, 422, "input.invalid", ""},
		"page of another list":  {"GET", "/banks?page_token=zzz", nil, 422, "page.bad_token", ""},
		"too many at once":      {"GET", "/banks?limit=1000", nil, 422, "input.invalid", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := h.trainer.Do(tt.method, tt.path, tt.body).Want(tt.status, tt.reason)
			if fields := list(r, "errors"); tt.at != "" && (len(fields) != 1 || fields[0]["location"] != tt.at) {
				t.Errorf("fields %v, want %s", fields, tt.at)
			}
			if messages, _ := r.JSON()["messages"].(m); messages["zh-CN"] == tt.reason || messages["en"] == tt.reason {
				t.Errorf("%s has no sentence", tt.reason)
			}
			secretary.Do(tt.method, tt.path, tt.body)
		})
	}
	for _, path := range []string{"/banks", "/papers", "/banks/" + h.bank + "/questions", "/questions/" + q} {
		secretary.Do("GET", path, nil).Want(403, "session.not_permitted")
		h.Anyone(t).Do("GET", path, nil).Want(401, "session.signed_out")
	}
	if n := len(list(h.trainer.Do("GET", "/banks", nil).Want(200), "items")); n != 1 {
		t.Errorf("%d banks: a refused request left something behind", n)
	}
}

// A question lives in versions: what was published stays as it was.
func TestQuestionVersions(t *testing.T) {
	h := newHall(t)
	ann := h.Person(t, "2024001", "李建国")
	id := h.open(1)
	q, _ := list(h.trainer.Do("GET", "/banks/"+h.bank+"/questions", nil).Want(200), "items")[0]["id"].(string)
	edited := m{"kind": "single", "stem": "改过的题", "options": []m{{"text": "新甲"}, {"text": "新乙"}}, "key": []string{"A"}, "tags": []string{"党史"}}
	if v := h.trainer.Do("PUT", "/questions/"+q, edited).Want(200).JSON(); v["version"] != 2.0 || v["used_by"] != 1.0 {
		t.Errorf("revised: %v", v)
	}
	h.trainer.Do("POST", "/questions/"+q+"/retire", nil).Want(200)
	h.trainer.Do("POST", "/questions/"+q+"/retire", m{"reason": "条款已修订"}).Want(200)
	h.trainer.Do("PUT", "/questions/"+q, edited).Want(409, "question.retired")
	if n := len(list(h.trainer.Do("GET", "/questions/"+q, nil).Want(200), "versions")); n != 2 {
		t.Errorf("%d versions", n)
	}
	if n := len(list(h.trainer.Do("GET", "/banks/"+h.bank+"/questions", nil).Want(200), "items")); n != 0 {
		t.Errorf("%d active questions", n)
	}
	if n := len(list(h.trainer.Do("GET", "/banks/"+h.bank+"/questions?retired=true&tag="+"党史"+"&q=改过&kind=single", nil).Want(200), "items")); n != 1 {
		t.Errorf("search found %d", n)
	}
	a := h.start(ann, id, "desk")
	if a.Items[0].Stem != "第 1 题" {
		t.Errorf("the published paper changed: %v", a.Items)
	}
	a.save(a.op(0, 1, "选项乙")).Want(200)
	a.submit().Want(200)
	a.grade()
	if r := ann.Do("GET", "/attempts/"+a.ID+"/review", nil).Want(200).JSON(); r["score_milli"] != 2000.0 {
		t.Errorf("graded by the new key: %v", r)
	}
	retired := h.id(h.trainer.Do("POST", "/papers", m{"title": "卷", "items": []m{{"question_id": q}}}).Want(200))
	x := h.draft(1, func(b m) { b["paper_id"], b["pass_mark_milli"] = retired, 0 })
	h.trainer.Do("POST", "/exams/"+x+"/publish", nil).Want(409, "exam.question_retired")
}

// A blueprint shows what it gives and what it lacks before anything is published,
// and an exam is published on the draw that was kept.
func TestBlueprint(t *testing.T) {
	h := newHall(t)
	for i := range 12 {
		h.question(i+1, []string{"党章", "党史"}[i%2])
	}
	p := h.id(h.trainer.Do("POST", "/papers", m{"title": "抽题卷", "blueprint": []m{
		{"bank_id": h.bank, "kind": "single", "tag": "党史", "count": 7, "points_milli": 1000},
		{"bank_id": h.bank, "count": 3},
	}}).Want(200))
	x := h.draft(1, func(b m) { b["paper_id"] = p })
	r := h.trainer.Do("POST", "/papers/"+p+"/draw", m{}).Want(200)
	rows := list(r, "rows")
	if r.JSON()["complete"] != false || rows[0]["available"] != 6.0 || rows[0]["short"] != 1.0 || rows[1]["short"] != 0.0 {
		t.Fatalf("draw: %s", r.Body)
	}
	short := h.trainer.Do("POST", "/exams/"+x+"/publish", nil).Want(409, "exam.blueprint_short")
	if fields := list(short, "errors"); len(fields) != 1 || fields[0]["location"] != "blueprint[0]" {
		t.Errorf("shortage: %s", short.Body)
	}
	h.trainer.Do("PUT", "/papers/"+p, m{"title": "抽题卷", "version": 1, "blueprint": []m{
		{"bank_id": h.bank, "tag": "党史", "count": 4, "points_milli": 1000}, {"bank_id": h.bank, "count": 3, "points_milli": 2000},
	}}).Want(200)
	h.trainer.Do("PUT", "/papers/"+p, m{"title": "x", "version": 1, "blueprint": []m{{"bank_id": h.bank, "count": 1}}}).Want(409, "exam.changed_meanwhile")
	kept := h.trainer.Do("POST", "/papers/"+p+"/draw", m{"keep": true}).Want(200)
	if kept.JSON()["total_milli"] != 10000.0 {
		t.Errorf("draw: %s", kept.Body)
	}
	if again := h.trainer.Do("POST", "/papers/"+p+"/draw", m{"seed": kept.JSON()["seed"]}).Want(200); string(again.Body) != string(kept.Body) {
		t.Error("the same seed drew other questions")
	}
	h.trainer.Do("POST", "/exams/"+x+"/publish", nil).Want(200)
	var published []string
	rs, err := h.DB.Pool.Query(t.Context(), `SELECT i->>'question_id' FROM exams x JOIN frozen_papers f ON f.hash = x.paper_hash, jsonb_array_elements(f.content::jsonb->'items') i WHERE x.id = $1`, x)
	if err != nil {
		t.Fatal(err)
	}
	for rs.Next() {
		var id string
		if err := rs.Scan(&id); err != nil {
			t.Fatal(err)
		}
		published = append(published, id)
	}
	for i, it := range list(kept, "items") {
		if published[i] != it["question_id"] {
			t.Fatalf("published %v, shown %s", published, kept.Body)
		}
	}
}

// Publishing writes the minting job and the audit entry with the change itself.
func TestPublishTellsOthers(t *testing.T) {
	h := newHall(t)
	id := h.draft(2)
	x := h.trainer.Do("POST", "/exams/"+id+"/publish", nil).Want(200).JSON()
	if x["state"] != "published" || x["paper_hash"] == "" || x["total_milli"] != 4000.0 {
		t.Errorf("published: %v", x)
	}
	var jobs, audits int
	if err := h.DB.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM outbox WHERE kind = $1 AND payload->>'exam_id' = $2),
  (SELECT count(*) FROM audit_events WHERE action = 'exam.publish' AND subject_id = $2)`, job.MintAttempts{}.Kind(), id).Scan(&jobs, &audits); err != nil {
		t.Fatal(err)
	}
	if jobs != 1 || audits != 1 {
		t.Errorf("%d jobs, %d audit entries", jobs, audits)
	}
	h.trainer.Do("POST", "/exams/"+id+"/cancel", m{"reason": "题目有误"}).Want(200)
	if v := h.trainer.Do("GET", "/exams/"+id, nil).Want(200).JSON(); v["state"] != "cancelled" || v["cancel_reason"] != "题目有误" {
		t.Errorf("cancelled: %v", v)
	}
}

// Results and evidence reach as far as the grant and no further: another
// branch's secretary sees nobody, and 404 for the attempt. Seen red with
// scopePeople taken out of Results and of Evidence, and with every fingerprint
// believed.
func TestResultsWithinScope(t *testing.T) {
	h := newHall(t)
	root := h.Unit(t, "party", "", "党委")
	one, two := h.Unit(t, "party", root, "第一支部"), h.Unit(t, "party", root, "第二支部")
	ann, bob := h.Person(t, "2024001", "李建国"), h.Person(t, "2024002", "王强")
	h.Join(t, ann.PersonID, one, "party")
	h.Join(t, bob.PersonID, two, "party")
	own, other := h.Person(t, "S001", "赵书记", "secretary@"+one), h.Person(t, "S002", "钱书记", "secretary@"+two)
	auditor := h.Person(t, "A001", "孙审计", "auditor@"+root)
	nobody := h.Person(t, "A002", "周审计", "auditor@"+two)
	id := h.open(2)
	a := h.start(ann, id, "desk")
	op := a.op(0, 1, "选项乙")
	saved := a.save(op, a.op(0, 2, "选项甲"), a.op(1, 3, "选项乙")).Want(200).JSON()
	phone := &attempt{h: h, who: ann}
	ann.Do("POST", "/attempts/"+a.ID+"/take-over", m{"device_id": "phone"}).Want(200).Into(phone)
	submitted := phone.submit().Want(200).JSON()
	a.grade()

	mine := own.Do("GET", "/exams/"+id+"/attempts", nil).Want(200)
	rows := list(mine, "items")
	if len(rows) != 1 || rows[0]["person_name"] != "李建国" || rows[0]["unit_name"] != "第一支部" || rows[0]["score_milli"] != 2000.0 || rows[0]["takeovers"] != 1.0 {
		t.Fatalf("own branch: %s", mine.Body)
	}
	if sum, _ := mine.JSON()["summary"].(m); sum["minted"] != 1.0 || sum["passed"] != 1.0 || sum["average_milli"] != 2000.0 {
		t.Errorf("summary: %v", sum)
	}
	if rows := list(other.Do("GET", "/exams/"+id+"/attempts", nil).Want(200), "items"); len(rows) != 1 || rows[0]["person_name"] != "王强" {
		t.Errorf("the other branch sees %v", rows)
	}
	for query, want := range map[string]int{"state=graded": 1, "state=ready": 1, "passed=true": 1, "passed=false": 0, "q=李": 1, "q=2024002": 1, "q=%25": 0} {
		if rows := list(auditor.Do("GET", "/exams/"+id+"/attempts?"+query, nil).Want(200), "items"); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", query, len(rows), want)
		}
	}
	ann.Do("GET", "/exams/"+id+"/attempts", nil).Want(403, "session.not_permitted")
	own.Do("GET", "/attempts/"+a.ID+"/evidence", nil).Want(403, "session.not_permitted")
	nobody.Do("GET", "/attempts/"+a.ID+"/evidence", nil).Want(404, "exam.attempt_not_found")
	nobody.Do("POST", "/attempts/"+a.ID+"/check-receipt", m{"receipt": saved["receipt"]}).Want(404, "exam.attempt_not_found")

	e := auditor.Do("GET", "/attempts/"+a.ID+"/evidence", nil).Want(200)
	ops, events := list(e, "operations"), list(e, "events")
	if len(ops) != 3 || e.JSON()["genuine"] != true || ops[0]["op_id"] != op["op_id"] || ops[0]["counts"] != false || ops[1]["counts"] != true || fmt.Sprint(ops[0]["value"]) != "[B]" {
		t.Errorf("operations: %v", ops)
	}
	if len(events) != 4 || events[0]["device_id"] != "desk" || events[1]["kind"] != "taken_over" || events[1]["device_id"] != "phone" || events[2]["by"] != "person" {
		t.Errorf("events: %v", events)
	}
	for kind, receipt := range map[string]any{"save": saved["receipt"], "submit": submitted["receipt"]} {
		if r := auditor.Do("POST", "/attempts/"+a.ID+"/check-receipt", m{"receipt": receipt}).Want(200).JSON(); r["kind"] != kind {
			t.Errorf("receipt of the %s: %v", kind, r)
		}
	}
	auditor.Do("POST", "/attempts/"+a.ID+"/check-receipt", m{"receipt": "x"}).Want(http.StatusUnprocessableEntity, "exam.receipt_not_ours")
	h.Exec(t, "SET session_replication_role = replica; UPDATE attempt_operations SET choice = 8 WHERE op_id = '"+fmt.Sprint(op["op_id"])+"'; SET session_replication_role = origin")
	e = auditor.Do("GET", "/attempts/"+a.ID+"/evidence", nil).Want(200)
	if ops := list(e, "operations"); e.JSON()["genuine"] != false || ops[0]["genuine"] != false || ops[1]["genuine"] != true {
		t.Errorf("an answer changed behind the program's back does not show: %v", ops)
	}
}
