package api_test

import (
	"sync"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/app/api/apitest"
	"zhixing/storage/postgres"
)

// planned is what a learner learns of the checks.
type planned struct {
	ID       string `json:"id"`
	Presence *struct {
		DueMs   int64  `json:"due_ms"`
		AnswerS int    `json:"answer_s"`
		OnMiss  string `json:"on_miss"`
	} `json:"presence"`
}

type asked struct {
	Seq     int    `json:"seq"`
	Kind    string `json:"kind"`
	A, B    int
	Options []struct{ ID, Text string }
	Until   time.Time `json:"answer_by"`
}

type answered struct {
	Passed bool  `json:"passed"`
	Late   bool  `json:"late"`
	DueMs  int64 `json:"due_ms"`
}

// asking is a classroom whose course asks every four minutes.
func asking(t *testing.T, ask string) *classroom {
	t.Helper()
	c := newClassroom(t)
	c.Exec(t, "UPDATE courses SET presence_every_min = 4, presence_answer_s = 60, presence_ask = ?", ask)
	return c
}

func openAsked(t *testing.T, who *apitest.Client, lesson string) planned {
	t.Helper()
	var p planned
	who.Do("POST", "/lessons/"+lesson+"/plays", map[string]any{"device_id": "phone"}).Want(200).Into(&p)
	if p.Presence == nil {
		t.Fatal("the play has no checks")
	}
	return p
}

func ask(t *testing.T, who *apitest.Client, play string) asked {
	t.Helper()
	var a asked
	who.Do("POST", "/plays/"+play+"/checks", map[string]any{}).Want(200).Into(&a)
	return a
}

// right is the id of the right option, as a person finds it.
func (a asked) right() string {
	for _, o := range a.Options {
		if a.Kind == "confirm" || o.Text == itoa(a.A+a.B) {
			return o.ID
		}
	}
	return ""
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func answer(t *testing.T, who *apitest.Client, play string, seq int, option string) answered {
	t.Helper()
	var a answered
	who.Do("POST", "/plays/"+play+"/checks/"+itoa(seq)+"/answer", map[string]any{"answer": option}).Want(200).Into(&a)
	return a
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// Seen red: with plays.presence_due_ms left out of what a report's save checks,
// the report after the answer was decided on the state before it and refused.
func TestPresencePassed(t *testing.T) {
	c := asking(t, "sum")
	me := c.Person(t, "2024001", "李建国")
	p := openAsked(t, me, c.lesson)
	due := p.Presence.DueMs
	if due < 180_000 || due > 300_000 || p.Presence.AnswerS != 60 || p.Presence.OnMiss != "pause" {
		t.Fatalf("plan %+v", p.Presence)
	}
	me.Do("POST", "/plays/"+p.ID+"/checks", map[string]any{}).Want(409, "learning.check_not_due")
	me.Do("POST", "/plays/"+p.ID+"/checks/1/answer", map[string]any{"answer": "x"}).Want(404, "learning.check_not_found")
	c.later(p.ID, ms(due)+2*time.Minute) // one of them paused
	if got := report(t, me, p.ID, span(0, due, 1)); got.CreditedMs != due || len(got.Refused) > 0 {
		t.Fatalf("to the check: %+v", got)
	}
	a := ask(t, me, p.ID)
	if again := ask(t, me, p.ID); again.Seq != a.Seq || again.Options[0] != a.Options[0] || !again.Until.Equal(a.Until) {
		t.Errorf("asked again %+v, before %+v", again, a)
	}
	you := c.Person(t, "2024002", "王芳")
	you.Do("POST", "/plays/"+p.ID+"/checks", map[string]any{}).Want(404, "learning.play_not_found")
	you.Do("POST", "/plays/"+p.ID+"/checks/1/answer", map[string]any{"answer": a.right()}).Want(404, "learning.play_not_found")
	var wait sync.WaitGroup
	for range 8 { // the same answer, many at once
		wait.Add(1)
		go func() {
			defer wait.Done()
			me.Do("POST", "/plays/"+p.ID+"/checks/1/answer", map[string]any{"answer": a.right()}).Want(200)
		}()
	}
	wait.Wait()
	got := answer(t, me, p.ID, 1, "another, later")
	if !got.Passed || got.DueMs < due+180_000 || got.DueMs > due+300_000 {
		t.Errorf("answered %+v", got)
	}
	if n := c.number("SELECT presence_passed FROM plays"); n != 1 {
		t.Errorf("%d checks passed", n)
	}
	if got := report(t, me, p.ID, span(0, due+60_000, 1)); got.CreditedMs != due+60_000 || len(got.Refused) > 0 {
		t.Errorf("after the check: %+v", got)
	}
	if len(c.flags()) > 0 {
		t.Errorf("flags %v", c.flags())
	}
}

// Seen red: with SaveAnswer not marking the play, a check that was answered
// wrong could be asked again; with planChecks not looking at the play before.
func TestPresenceMissed(t *testing.T) {
	for name, miss := range map[string]func(t *testing.T, c *classroom, me *apitest.Client, play string, due int64, a asked){
		"wrong": func(t *testing.T, _ *classroom, me *apitest.Client, play string, _ int64, a asked) {
			if got := answer(t, me, play, 1, a.Options[0].Text+"x"); got.Passed || got.Late {
				t.Errorf("answered %+v", got)
			}
			if got := answer(t, me, play, 1, a.right()); got.Passed {
				t.Error("a second answer passed")
			}
			me.Do("POST", "/plays/"+play+"/checks", map[string]any{}).Want(409, "learning.check_missed")
		},
		"late": func(t *testing.T, c *classroom, me *apitest.Client, play string, _ int64, a asked) {
			c.later(play, 64*time.Second)
			if got := answer(t, me, play, 1, a.right()); got.Passed || !got.Late {
				t.Errorf("answered %+v", got)
			}
		},
		"never": func(_ *testing.T, c *classroom, _ *apitest.Client, play string, _ int64, _ asked) {
			c.later(play, 64*time.Second)
		},
		"played on": func(t *testing.T, c *classroom, me *apitest.Client, play string, due int64, a asked) {
			c.later(play, 20*time.Second)
			report(t, me, play, span(0, due+20_000, 1))
			if got := answer(t, me, play, 1, a.right()); got.Passed {
				t.Error("passed after playing on")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := asking(t, "sum")
			me := c.Person(t, "2024001", "李建国")
			p := openAsked(t, me, c.lesson)
			due := p.Presence.DueMs
			c.later(p.ID, ms(due))
			report(t, me, p.ID, span(0, due, 1))
			miss(t, c, me, p.ID, due, ask(t, me, p.ID))
			c.later(p.ID, 2*time.Minute)
			got := report(t, me, p.ID, span(0, due+120_000, 1))
			if got.CreditedMs < due || got.CreditedMs > due+5000 || len(got.Refused) != 1 || got.Refused[0].Reason != "learning.presence_missing" || got.Refused[0].Messages["zh-CN"] == "" {
				t.Errorf("after the miss: %+v", got)
			}
			held := got.CreditedMs
			q := openAsked(t, me, c.lesson)
			if q.Presence.DueMs != 0 {
				t.Fatalf("the next play begins with a check at %d", q.Presence.DueMs)
			}
			if c.flags()["presence_missed"] == 0 {
				t.Errorf("not marked for the auditor: %v", c.flags())
			}
			me.Do("POST", "/plays/"+p.ID+"/checks", map[string]any{}).Want(409, "learning.other_device")
			c.later(q.ID, 2*time.Second)
			a := ask(t, me, q.ID)
			if got := answer(t, me, q.ID, 1, a.right()); !got.Passed {
				t.Fatalf("answered %+v", got)
			}
			c.later(q.ID, time.Minute)
			if got := report(t, me, q.ID, span(held, held+60_000, 1)); got.CreditedMs != held+60_000 {
				t.Errorf("after presence was confirmed: %+v, held %d", got, held)
			}
		})
	}
}

// Whoever never answers earns nothing past the first check, however often the
// lesson is opened. What was earned stays, and a complete lesson does not ask.
func TestPresenceNeverAnswered(t *testing.T) {
	c := asking(t, "confirm")
	me := c.Person(t, "2024001", "李建国")
	first := openAsked(t, me, c.lesson)
	at := int64(0)
	for play := first; at < tenMinutes; play = openAsked(t, me, c.lesson) {
		c.later(play.ID, 50*time.Second)
		report(t, me, play.ID, span(at, min(at+50_000, tenMinutes), 1))
		at += 50_000
	}
	if n := int64(c.number("SELECT covered_ms FROM lesson_progress")); n < first.Presence.DueMs-60_000 || n > first.Presence.DueMs+5000 {
		t.Errorf("earned %d ms, the first check was due at %d", n, first.Presence.DueMs)
	}
	c.Exec(t, "UPDATE lesson_progress SET completed_at = now()")
	if p := me.Do("POST", "/lessons/"+c.lesson+"/plays", map[string]any{"device_id": "phone"}).Want(200).JSON(); p["presence"] != nil {
		t.Errorf("a complete lesson asks: %v", p["presence"])
	}
}

// What a missed check left behind stands in the evidence of the completion,
// for the auditor of the person alone.
func TestPresenceInEvidence(t *testing.T) {
	c := asking(t, "sum")
	me := c.Person(t, "2024001", "李建国")
	p := openAsked(t, me, c.lesson)
	due := p.Presence.DueMs
	c.later(p.ID, ms(due))
	report(t, me, p.ID, span(0, due, 1))
	ask(t, me, p.ID)
	c.later(p.ID, 2*time.Minute)
	c.Exec(t, "UPDATE courses SET presence_every_min = 0")
	q := open(t, me, c.lesson)
	c.later(q.ID, 10*time.Minute)
	report(t, me, q.ID, span(due, 595_000, 1))
	var id string
	if err := c.DB.Pool.QueryRow(t.Context(), "SELECT id FROM completions").Scan(&id); err != nil {
		t.Fatal(err)
	}
	e := c.Person(t, "audit", "赵审", "auditor").Do("GET", "/completions/"+id+"/evidence", nil).Want(200).JSON()
	play := e["plays"].([]any)[1].(map[string]any)
	if checks := play["checks"].([]any); len(checks) != 1 || checks[0].(map[string]any)["outcome"] != "unanswered" {
		t.Errorf("checks %v", checks)
	}
	me.Do("GET", "/completions/"+id+"/evidence", nil).Want(403)
}

func TestCoursePresenceSettings(t *testing.T) {
	e := apitest.New(t, func(s *api.Server, db *postgres.DB) { s.Courses = &app.Courses{Store: db.Courses()} })
	trainer := e.Person(t, "trainer", "陈老师", "trainer")
	body := func(presence map[string]any) map[string]any {
		return map[string]any{"title": "党章", "presence": presence}
	}
	made := trainer.Do("POST", "/courses", body(map[string]any{"every_min": 15, "ask": "sum"})).Want(200).JSON()
	got := made["presence"].(map[string]any)
	if got["every_min"] != 15.0 || got["ask"] != "sum" || got["answer_s"] != 60.0 || got["on_miss"] != "pause" {
		t.Errorf("presence %v", got)
	}
	for _, bad := range []map[string]any{
		{"every_min": -1},
		{"every_min": 121},
		{"every_min": 5, "answer_s": 19},
		{"every_min": 5, "answer_s": 601},
		{"every_min": 5, "ask": "alert"},
		{"every_min": 5, "on_miss": "punish"},
		{"every_min": "x"},
	} {
		trainer.Do("POST", "/courses", body(bad)).Want(422)
	}
}
