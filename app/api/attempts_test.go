package api_test

import (
	"testing"
	"time"
)

// TestSitAnExam is the whole path of one learner, as the browser walks it.
func TestSitAnExam(t *testing.T) {
	h := newHall(t)
	ann := h.Person(t, "2024001", "李建国")
	id := h.open(5)

	mine := list(ann.Do("GET", "/my-exams?state=open", nil).Want(200), "items")
	if len(mine) != 1 || mine[0]["phase"] != "open" || mine[0]["question_count"] != 5.0 || mine[0]["total_milli"] != 10000.0 || mine[0]["attempts_used"] != 0.0 {
		t.Fatalf("my exams: %v", mine)
	}
	a := h.start(ann, id, "desk")
	if len(a.Items) != 5 || a.State != "in_progress" || a.Epoch != 1 || a.Held {
		t.Fatalf("started: %+v", a)
	}
	first := a.op(0, 1, "选项甲")
	r := a.save(first, a.op(1, 2, "选项乙"), a.op(2, 3, "选项乙")).Want(200)
	if len(strs(r, "saved")) != 3 || len(strs(r, "sealed")) != 0 || r.JSON()["receipt"] == "" {
		t.Fatalf("saved: %s", r.Body)
	}
	a.save(a.op(0, 4, "选项乙"), a.op(3, 5, "选项丙")).Want(200)
	if again := strs(a.save(first).Want(200), "saved"); len(again) != 1 || again[0] != first["op_id"] {
		t.Errorf("a repeat is not acknowledged: %v", again)
	}
	v := a.view("desk")
	if v.LastSeq != 5 || v.Items[0].AnswerSeq != 4 || len(v.Items[0].Answer) != 1 || v.Items[4].Answer != nil {
		t.Errorf("resumed: %+v", v)
	}
	if other := a.view("phone"); !other.Held || other.Epoch != 0 {
		t.Errorf("the phone may write: %+v", other)
	}
	s := a.submit().Want(200).JSON()
	again := a.submit().Want(200).JSON()
	if s["receipt"] == "" || s["receipt"] != again["receipt"] || s["submitted_at"] != again["submitted_at"] || s["submitted_by"] != "person" {
		t.Errorf("second submit: %v, first: %v", again, s)
	}
	a.save(a.op(4, 6, "选项乙")).Want(409, "exam.attempt_not_open")
	a.grade()
	review := ann.Do("GET", "/attempts/"+a.ID+"/review", nil).Want(200)
	body := review.JSON()
	if body["state"] != "graded" || body["score_milli"] != 6000.0 || body["passed"] != true || body["released"] != true || len(list(review, "items")) != 5 {
		t.Fatalf("review: %s", review.Body)
	}
	for _, it := range list(review, "items") {
		if key, _ := it["key"].([]any); it["explanation"] != "解析：选乙" || len(key) != 1 {
			t.Errorf("worked item: %v", it)
		}
	}
	ann.Do("POST", "/exams/"+id+"/start", m{"device_id": "desk"}).Want(409, "exam.no_attempts_left")
}

// Who may not start is told why, or nothing at all. Seen red with the audience
// taken out of MintNext.
func TestStartRefused(t *testing.T) {
	h := newHall(t)
	ann := h.Person(t, "2024001", "李建国")
	later := h.open(1, func(b m) { b["opens_at"], b["closes_at"] = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour) })
	draft := h.draft(1)
	cancelled := h.open(1)
	h.trainer.Do("POST", "/exams/"+cancelled+"/cancel", m{"reason": "误发"}).Want(200)
	over := h.open(1)
	h.warp(over, 2*time.Hour)
	students := h.open(1, func(b m) { b["audience"] = m{"kinds": []string{"student"}} })
	for name, tt := range map[string]struct {
		id, reason string
		status     int
	}{
		"too early":        {later, "exam.not_open_yet", 409},
		"a draft":          {draft, "exam.not_found", 404},
		"cancelled":        {cancelled, "exam.not_found", 404},
		"over":             {over, "exam.closed", 409},
		"not the audience": {students, "exam.not_found", 404},
		"no such":          {"018f2f6e-0000-7000-8000-000000000000", "exam.not_found", 404},
		"no id":            {"x", "exam.not_found", 404},
	} {
		if r := ann.Do("POST", "/exams/"+tt.id+"/start", m{"device_id": "desk"}); r.Status != tt.status || r.Reason() != tt.reason {
			t.Errorf("%s: %d %s", name, r.Status, r.Reason())
		}
	}
	if items := list(ann.Do("GET", "/my-exams", nil).Want(200), "items"); len(items) != 2 {
		t.Errorf("%d exams are mine, want the coming one and the one that is over", len(items))
	}
}
