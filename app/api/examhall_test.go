package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/app/api/apitest"
	"zhixing/storage/postgres"
)

// hall is a college with a trainer, a bank, a paper and what a test adds.
type hall struct {
	*apitest.Env
	t       *testing.T
	trainer *apitest.Client
	bank    string
}

func newHall(t *testing.T) *hall {
	e := newHallEnv(t)
	h := &hall{Env: e, t: t, trainer: e.Person(t, "T001", "王老师", "trainer")}
	h.bank = h.id(h.trainer.Do("POST", "/banks", m{"name": "党章", "description": "2022 年修订"}).Want(200))
	return h
}

func newHallEnv(t testing.TB) *apitest.Env {
	return apitest.New(t, func(s *api.Server, db *postgres.DB) {
		s.Questions = &app.Questions{Store: db.Questions()}
		s.Papers = &app.Papers{Store: db.Papers()}
		s.Exams = &app.Exams{Store: db.Exams()}
		s.Attempts = app.NewAttempts(db.Attempts())
		s.Amends, s.Regrades = &app.Amends{Store: db.Amends()}, &app.Regrades{Store: db.Amends()}
		s.Hours = &app.Hours{Store: db.Hours()}
	})
}

type m = map[string]any

func (h *hall) id(r *apitest.Reply) string {
	h.t.Helper()
	id, _ := r.JSON()["id"].(string)
	if id == "" {
		h.t.Fatalf("no id: %s", r.Body)
	}
	return id
}

// question makes a single-choice question whose right option is B.
func (h *hall) question(n int, tags ...string) string {
	h.t.Helper()
	return h.id(h.trainer.Do("POST", "/banks/"+h.bank+"/questions", m{
		"kind": "single", "stem": fmt.Sprintf("第 %d 题", n), "tags": tags,
		"options": []m{{"text": "选项甲"}, {"text": "选项乙"}, {"text": "选项丙"}, {"text": "选项丁"}}, "key": []string{"B"},
		"explanation": "解析：选乙", "source": "党章总纲",
	}).Want(200))
}

func (h *hall) paper(questions int) string {
	h.t.Helper()
	var items []m
	for i := range questions {
		items = append(items, m{"question_id": h.question(i + 1), "points_milli": 2000})
	}
	return h.id(h.trainer.Do("POST", "/papers", m{"title": "党章试卷", "items": items}).Want(200))
}

// draft is an exam that is open now; change edits its body.
func (h *hall) draft(questions int, change ...func(b m)) string {
	h.t.Helper()
	now := time.Now().UTC()
	b := m{
		"title": "党章知识测试", "paper_id": h.paper(questions), "opens_at": now.Add(-time.Hour), "closes_at": now.Add(time.Hour), "duration_s": 1800,
		"pass_mark_milli": 2000, "attempts_allowed": 1, "shuffle_questions": true, "shuffle_options": true, "review": "after_submit",
	}
	for _, c := range change {
		c(b)
	}
	return h.id(h.trainer.Do("POST", "/exams", b).Want(200))
}

// open publishes a draft and mints its attempts.
func (h *hall) open(questions int, change ...func(b m)) string {
	h.t.Helper()
	id := h.draft(questions, change...)
	h.trainer.Do("POST", "/exams/"+id+"/publish", nil).Want(200)
	h.mint(id)
	return id
}

func (h *hall) mint(id string) {
	h.t.Helper()
	if err := h.Server.Exams.Mint(h.t.Context(), id); err != nil {
		h.t.Fatal(err)
	}
}

// attempt is a learner's attempt as the browser holds it.
type attempt struct {
	h       *hall
	who     *apitest.Client
	ID      string
	ExamID  string `json:"exam_id"`
	State   string
	Epoch   int
	Held    bool   `json:"held_elsewhere"`
	LastSeq int    `json:"last_seq"`
	Receipt string `json:"receipt"`
	Items   []struct {
		ID, Kind, Stem string
		Options        []struct{ ID, Text string }
		Answer         []string
		AnswerSeq      int `json:"answer_seq"`
	}
}

func (h *hall) start(who *apitest.Client, examID, device string) *attempt {
	h.t.Helper()
	a := &attempt{h: h, who: who}
	who.Do("POST", "/exams/"+examID+"/start", m{"device_id": device}).Want(200).Into(a)
	return a
}

func (a *attempt) view(device string) *attempt {
	a.h.t.Helper()
	v := &attempt{h: a.h, who: a.who}
	a.who.Do("GET", "/attempts/"+a.ID+"?device_id="+device, nil).Want(200).Into(v)
	return v
}

// op answers item i with the option of that text; "" takes the answer back.
func (a *attempt) op(i, seq int, text string) m {
	value := []string{}
	for _, o := range a.Items[i].Options {
		if o.Text == text {
			value = append(value, o.ID)
		}
	}
	return m{"op_id": uuid.NewString(), "item": a.Items[i].ID, "seq": seq, "value": value}
}

func (a *attempt) save(ops ...m) *apitest.Reply {
	a.h.t.Helper()
	return a.who.Do("POST", "/attempts/"+a.ID+"/answers", m{"epoch": a.Epoch, "operations": ops})
}

func (a *attempt) submit() *apitest.Reply {
	a.h.t.Helper()
	return a.who.Do("POST", "/attempts/"+a.ID+"/submit", m{"epoch": a.Epoch})
}

func (a *attempt) grade() {
	a.h.t.Helper()
	if err := a.h.Server.Attempts.Grade(a.h.t.Context(), a.ID); err != nil {
		a.h.t.Fatal(err)
	}
}

// warp moves an attempt and its exam into the past, as if that time had gone by.
func (a *attempt) warp(d time.Duration) {
	a.h.t.Helper()
	a.h.warp(a.ExamID, d)
}

func (h *hall) warp(examID string, d time.Duration) {
	h.t.Helper()
	tx, err := h.DB.Pool.Begin(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	s := d.Seconds()
	for _, q := range []string{
		"SET LOCAL session_replication_role = replica", // the triggers guard against exactly this
		fmt.Sprintf("UPDATE exams SET opens_at = opens_at - %f * interval '1 second', closes_at = closes_at - %f * interval '1 second' WHERE id = '%s'", s, s, examID),
		fmt.Sprintf(`UPDATE attempts SET started_at = started_at - %f * interval '1 second', due_at = due_at - %f * interval '1 second',
check_at = check_at - %f * interval '1 second', submitted_at = submitted_at - %f * interval '1 second' WHERE exam_id = '%s'`, s, s, s, s, examID),
	} {
		if _, err := tx.Exec(h.t.Context(), q); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := tx.Commit(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func list(r *apitest.Reply, key string) []m {
	var out []m
	items, _ := r.JSON()[key].([]any)
	for _, it := range items {
		if v, ok := it.(m); ok {
			out = append(out, v)
		}
	}
	return out
}

func strs(r *apitest.Reply, key string) []string {
	out := []string{}
	items, _ := r.JSON()[key].([]any)
	for _, it := range items {
		s, _ := it.(string)
		out = append(out, s)
	}
	return out
}
