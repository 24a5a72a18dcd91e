package api_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/app/api/apitest"
	"zhixing/storage/postgres"
)

// classroom is a course with one lesson of ten minutes.
type classroom struct {
	*apitest.Env
	t                               *testing.T
	course, chapter, medium, lesson string
	gone                            time.Duration // see later
}

const tenMinutes = 600_000

func newClassroom(t *testing.T) *classroom {
	t.Helper()
	c := &classroom{t: t, course: app.NewID(), chapter: app.NewID(), medium: app.NewID()}
	e := apitest.New(t, func(s *api.Server, db *postgres.DB) {
		s.Learning = &app.Learning{Store: db.Learning(), Now: func() time.Time { return time.Now().Add(c.gone) }}
	})
	c.Env = e
	trainer := e.Person(t, "trainer", "陈老师", "trainer")
	e.Exec(t, `INSERT INTO media (id, owner_id, filename, size, state, part_size, part_count, run_id, duration_ms, has_poster, expires_at)
VALUES (?0, ?1, 'a.mp4', 1, 'ready', 1, 1, ?0, ?2, true, now())`, c.medium, trainer.PersonID, tenMinutes)
	e.Exec(t, "INSERT INTO courses (id, title, state, created_by, published_at) VALUES (?, '党章学习', 'published', ?, now())", c.course, trainer.PersonID)
	e.Exec(t, "INSERT INTO chapters (id, course_id, title, position) VALUES (?, ?, '总纲', 0)", c.chapter, c.course)
	c.lesson = c.newLesson(true)
	return c
}

func (c *classroom) newLesson(allowSkip bool) string {
	c.t.Helper()
	id := app.NewID()
	c.Exec(c.t, `INSERT INTO lessons (id, course_id, chapter_id, title, position, medium_id, media_version, hours_centi, threshold_percent, allow_skip, max_rate_percent)
SELECT ?, ?, ?, '第一讲', count(*), ?, 1, 100, 90, ?, 150 FROM lessons`, id, c.course, c.chapter, c.medium, allowSkip)
	return id
}

// played is how an open play looks to a script.
type played struct {
	ID         string     `json:"id"`
	ResumeMs   int64      `json:"resume_ms"`
	MaxRate    float64    `json:"max_rate"`
	Coverage   [][2]int64 `json:"coverage"`
	CreditedMs int64      `json:"credited_ms"`
	Completed  *time.Time `json:"completed_at"`
	Superseded bool       `json:"superseded"`
	Refused    []struct {
		FromMs, ToMs int64
		Reason       string
		Messages     map[string]string
	} `json:"refused"`
}

func open(t *testing.T, who *apitest.Client, lesson string) played {
	t.Helper()
	var p played
	who.Do("POST", "/lessons/"+lesson+"/plays", map[string]any{"device_id": "phone"}).Want(200).Into(&p)
	return p
}

func span(from, to int64, rate float64) map[string]any {
	return map[string]any{"from_ms": from, "to_ms": to, "rate": rate}
}

func report(t *testing.T, who *apitest.Client, play string, spans ...map[string]any) played {
	t.Helper()
	if spans == nil {
		spans = []map[string]any{}
	}
	var p played
	who.Do("POST", "/plays/"+play+"/reports", map[string]any{"seq": 1, "position_ms": 1000, "spans": spans}).Want(200).Into(&p)
	return p
}

// later lets time go by since a play was opened: all plays of its person move
// into the past.
func (c *classroom) later(play string, d time.Duration) {
	c.t.Helper()
	c.gone += time.Hour // what is remembered of the play is out of date
	c.Exec(c.t, `WITH d AS (SELECT ?0 * interval '1 millisecond' AS by, person_id FROM plays WHERE id = ?1),
k AS (UPDATE play_checks k SET asked_at = k.asked_at - d.by, answer_by = k.answer_by - d.by FROM d, plays q WHERE q.id = k.play_id AND q.person_id = d.person_id AND k.answered_at IS NULL),
p AS (UPDATE plays p SET opened_at = p.opened_at - d.by, presence_since = p.presence_since - d.by, closed_at = p.closed_at - d.by FROM d WHERE p.person_id = d.person_id)
UPDATE play_spans s SET wall = tstzrange(lower(s.wall) - d.by, upper(s.wall) - d.by) FROM d WHERE s.person_id = d.person_id`, d.Milliseconds(), play)
}

func (c *classroom) flags() map[string]int {
	c.t.Helper()
	out := map[string]int{}
	rows, err := c.DB.Pool.Query(c.t.Context(), "SELECT kind, times FROM learning_flags")
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var k string
		var n int
		if err := rows.Scan(&k, &n); err != nil {
			c.t.Fatal(err)
		}
		out[k] = n
	}
	return out
}

func (c *classroom) number(sql string, args ...any) int {
	c.t.Helper()
	var n int
	if err := c.DB.Pool.QueryRow(c.t.Context(), sql, args...).Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// A lesson is watched to its end: resumed, completed at its threshold, its
// hours asked for once; the record says what counted.
func TestWatchALesson(t *testing.T) {
	c := newClassroom(t)
	me := c.Person(t, "2024001", "李建国")
	if body := me.Do("GET", "/learning/continue", nil).Want(200).Body; string(body) != "null\n" {
		t.Errorf("continue before anything was begun: %q", body)
	}
	p := open(t, me, c.lesson)
	if p.ResumeMs != 0 || p.CreditedMs != 0 || p.MaxRate != 1.5 || p.Coverage == nil {
		t.Errorf("opened %+v", p)
	}
	c.later(p.ID, 300*time.Second)
	r := report(t, me, p.ID, span(0, 150_000, 1), span(150_000, 375_000, 1.5))
	if r.CreditedMs != 375_000 || r.Completed != nil || len(r.Refused) != 0 {
		t.Errorf("reported %+v", r)
	}
	me.Do("POST", "/plays/"+p.ID+"/reports", map[string]any{"position_ms": 375_000, "spans": []any{}}).Want(200)
	next := me.Do("GET", "/learning/continue", nil).Want(200).JSON()
	if next["lesson_id"] != c.lesson || next["resume_ms"] != 375_000.0 || next["chapter_number"] != 1.0 || next["poster_url"] != "/api/v1/lessons/"+c.lesson+"/poster" {
		t.Errorf("continue with %v", next)
	}
	p = open(t, me, c.lesson)
	if p.ResumeMs != 375_000 || p.CreditedMs != 375_000 {
		t.Errorf("opened again %+v", p)
	}
	c.later(p.ID, 300*time.Second)
	for range 3 {
		r = report(t, me, p.ID, span(375_000, 600_000, 1))
	}
	if r.CreditedMs != 600_000 || r.Completed == nil {
		t.Errorf("watched to the end: %+v", r)
	}
	if n := c.number("SELECT count(*) FROM outbox WHERE kind = 'hours:credit_lesson' AND payload->>'person_id' = $1", me.PersonID); n != 1 {
		t.Errorf("%d jobs for the hours", n)
	}
	second := c.newLesson(false)
	if next := me.Do("GET", "/learning/continue", nil).Want(200).JSON(); next["lesson_id"] != second || next["last_play_at"] != nil {
		t.Errorf("continue with %v, want the next lesson", next)
	}
	rec := me.Do("GET", "/learning/lessons/"+c.lesson, nil).Want(200).JSON()
	if rec["credited_ms"] != 600_000.0 || rec["percent"] != 100.0 || len(rec["plays"].([]any)) != 2 || len(rec["completions"].([]any)) != 1 {
		t.Errorf("record %v", rec)
	}
	if recent := me.Do("GET", "/learning/recent?limit=1", nil).Want(200).JSON(); len(recent["items"].([]any)) != 1 || recent["next_page_token"] != "" {
		t.Errorf("recent %v", recent)
	}
}

func TestLessonNotOpen(t *testing.T) {
	c := newClassroom(t)
	me, other := c.Person(t, "2024001", "李建国"), c.Person(t, "2024002", "王强")
	mine := open(t, me, c.lesson)
	body := map[string]any{"device_id": "d"}
	other.Do("POST", "/plays/"+mine.ID+"/reports", map[string]any{"position_ms": 0, "spans": []any{}}).Want(404, "learning.play_not_found")
	me.Do("POST", "/lessons/"+app.NewID()+"/plays", body).Want(404, "learning.lesson_not_found")
	me.Do("POST", "/lessons/x/plays", body).Want(404, "learning.lesson_not_found")
	me.Do("POST", "/lessons/"+c.lesson+"/plays", map[string]any{}).Want(422)
	c.Anyone(t).Do("POST", "/lessons/"+c.lesson+"/plays", body).Want(401)
	c.Exec(t, `UPDATE courses SET audience = '{"kinds": ["student"]}'`)
	other.Do("POST", "/lessons/"+c.lesson+"/plays", body).Want(404, "learning.lesson_not_found")
	other.Do("GET", "/learning/lessons/"+c.lesson, nil).Want(404, "learning.lesson_not_found")
	me.Do("GET", "/learning/lessons/"+c.lesson, nil).Want(200) // begun: the record stays
	c.Exec(t, `UPDATE courses SET audience = '{}', state = 'unpublished'`)
	me.Do("POST", "/lessons/"+c.lesson+"/plays", body).Want(404, "learning.lesson_not_found")
	c.Exec(t, `UPDATE courses SET state = 'published'`)
	c.Exec(t, `UPDATE media SET state = 'uploaded', run_id = NULL`)
	me.Do("POST", "/lessons/"+c.lesson+"/plays", body).Want(409, "learning.lesson_not_ready")
}

// What scripts send to be credited without watching. Each earns nothing, and
// leaves a mark for the auditor where no honest player could have sent it.
// Seen red: with possible() letting every span through, the forged ones earn
// the seconds that went by; with the rate unchecked, the fast one earns.
func TestCheatingScriptsEarnNothing(t *testing.T) {
	whole := span(0, tenMinutes, 1)
	seconds := func(n int) (spans []map[string]any) {
		for i := range int64(n) {
			spans = append(spans, span(i*1000, i*1000+1000, 1))
		}
		return spans
	}
	cases := []struct {
		name  string
		after time.Duration // since the play was opened
		spans []map[string]any
		flag  string
	}{
		{"the whole at once", 5 * time.Second, []map[string]any{whole}, "impossible_claim"},
		{"the whole at once, at the highest rate", 5 * time.Second, []map[string]any{span(0, tenMinutes, 1.5)}, "impossible_claim"},
		{"the whole at the first instant", 0, []map[string]any{whole}, "impossible_claim"},
		{"the whole in many seconds", 5 * time.Second, seconds(500), "impossible_claim"},
		{"all but the threshold", 60 * time.Second, []map[string]any{span(0, 540_000, 1)}, "impossible_claim"},
		{"the same part again and again", 5 * time.Second, []map[string]any{whole, whole, whole}, "impossible_claim"},
		{"parts that overlap", 5 * time.Second, []map[string]any{span(0, 300_000, 1), span(1, 600_000, 1)}, "impossible_claim"},
		{"sixteen times speed", 60 * time.Second, []map[string]any{span(0, tenMinutes, 16)}, "rate_above_limit"},
		{"a little above the limit", 500 * time.Second, []map[string]any{span(0, tenMinutes, 1.51)}, "rate_above_limit"},
		{"a huge rate", 60 * time.Second, []map[string]any{span(0, tenMinutes, 1e300)}, "rate_above_limit"},
		{"no rate", 600 * time.Second, []map[string]any{span(0, tenMinutes, 0)}, "malformed_span"},
		{"a negative rate", 600 * time.Second, []map[string]any{span(0, tenMinutes, -1)}, "malformed_span"},
		{"a rate that is next to nothing", 600 * time.Second, []map[string]any{span(0, tenMinutes, 1e-300)}, "malformed_span"},
		{"backwards", 600 * time.Second, []map[string]any{span(tenMinutes, 0, 1)}, "malformed_span"},
		{"from before the beginning", 600 * time.Second, []map[string]any{span(-tenMinutes, 500_000, 1)}, "malformed_span"},
		{"the smallest and the greatest number", 600 * time.Second, []map[string]any{span(-1<<63, 1<<63-1, 1)}, "malformed_span"},
		{"to the greatest number", 60 * time.Second, []map[string]any{span(0, 1<<63-1, 1)}, "beyond_end"},
		{"after the end", 600 * time.Second, []map[string]any{span(tenMinutes, 2*tenMinutes, 1)}, "beyond_end"},
		{"far after the end", 600 * time.Second, []map[string]any{span(1<<62, 1<<62+1000, 1)}, "beyond_end"},
		{"nothing at all", 600 * time.Second, []map[string]any{span(5, 5, 1)}, ""},
	}
	c := newClassroom(t)
	for i, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			me := c.Person(t, fmt.Sprintf("script%d", i), "某某")
			c.Exec(t, "DELETE FROM learning_flags")
			p := open(t, me, c.lesson)
			c.later(p.ID, tc.after)
			for range 3 {
				if r := report(t, me, p.ID, tc.spans...); r.CreditedMs != 0 || r.Completed != nil {
					t.Errorf("earned %d ms", r.CreditedMs)
				}
			}
			if f := c.flags(); tc.flag != "" && f[tc.flag] != 3 || tc.flag == "" && len(f) != 0 {
				t.Errorf("flags %v, want %s", f, tc.flag)
			}
		})
	}
	if n := c.number("SELECT count(*) FROM completions"); n != 0 {
		t.Errorf("%d completions", n)
	}
}

// Numbers that JSON cannot hold are refused as input and change nothing.
func TestReportRefusesNonsense(t *testing.T) {
	c := newClassroom(t)
	me := c.Person(t, "2024001", "李建国")
	p := open(t, me, c.lesson)
	for _, body := range []string{
		`{"position_ms":0,"spans":[{"from_ms":0,"to_ms":1,"rate":NaN}]}`,
		`{"position_ms":0,"spans":[{"from_ms":0,"to_ms":1,"rate":1e999}]}`,
		`{"position_ms":0,"spans":[{"from_ms":0,"to_ms":99999999999999999999,"rate":1}]}`,
		`{"position_ms":0,"spans":[{"from_ms":0.5,"to_ms":1,"rate":1}]}`,
		`{"position_ms":0,"spans":[{"from_ms":"0","to_ms":1,"rate":1}]}`,
		`{"position_ms":0}`, `{"spans":[]}`, `[]`, `{`,
	} {
		if r := me.Do("POST", "/plays/"+p.ID+"/reports", body); r.Status != 400 && r.Status != 422 {
			t.Errorf("%s: status %d", body, r.Status)
		}
	}
	many, _ := json.Marshal(map[string]any{"position_ms": 0, "spans": make([]map[string]any, 501)})
	me.Do("POST", "/plays/"+p.ID+"/reports", many).Want(422)
	if n := c.number("SELECT count(*) FROM play_spans"); n != 0 {
		t.Errorf("%d spans", n)
	}
}

// The jump to the end: where skipping is off the end does not count, and the
// learner is told why in words, until what comes before it was watched.
func TestJumpToTheEnd(t *testing.T) {
	c := newClassroom(t)
	me, lesson := c.Person(t, "2024001", "李建国"), c.newLesson(false)
	p := open(t, me, lesson)
	c.later(p.ID, 60*time.Second)
	r := report(t, me, p.ID, span(0, 10_000, 1), span(560_000, 600_000, 1))
	if r.CreditedMs != 10_000 || len(r.Refused) != 1 || r.Refused[0].Reason != "learning.skipped" || r.Refused[0].Messages["zh-CN"] == "learning.skipped" {
		t.Errorf("reported %+v", r)
	}
	again := me.Do("POST", "/lessons/"+lesson+"/plays", map[string]any{"device_id": "phone"}).Want(200).JSON()
	if nc := again["not_counted"].([]any); len(nc) != 1 || nc[0].(map[string]any)["from_ms"] != 560_000.0 {
		t.Errorf("not counted: %v", nc)
	}
	play := again["id"].(string)
	c.later(play, 600*time.Second)
	r = report(t, me, play, span(10_000, 600_000, 1))
	if r.CreditedMs != 600_000 || r.Completed == nil {
		t.Errorf("watched through: %+v", r)
	}
	if rec := me.Do("GET", "/learning/lessons/"+lesson, nil).Want(200).JSON(); len(rec["not_counted"].([]any)) != 0 {
		t.Errorf("still not counted: %v", rec["not_counted"])
	}
}

// A report that was refused because time was short counts when it is sent
// again later: a learner never has to reload for it.
func TestReportHealsItself(t *testing.T) {
	c := newClassroom(t)
	me := c.Person(t, "2024001", "李建国")
	p := open(t, me, c.lesson)
	c.later(p.ID, 10*time.Second)
	if r := report(t, me, p.ID, span(0, 11_000, 1)); r.CreditedMs < 10_000 || r.CreditedMs >= 11_000 || r.Refused[0].Reason != "learning.beyond_wall_time" {
		t.Errorf("one second too much: %+v", r)
	}
	c.later(p.ID, 5*time.Second)
	if r := report(t, me, p.ID, span(0, 15_000, 1)); r.CreditedMs != 15_000 || len(r.Refused) != 0 {
		t.Errorf("five seconds later: %+v", r)
	}
	if f := c.flags(); len(f) != 0 {
		t.Errorf("flags %v", f)
	}
	if n := c.number("SELECT count(*) FROM play_spans"); n != 1 {
		t.Errorf("%d spans of one playback", n)
	}
}

// The video is replaced: a page that is still open is told to open another
// play, and coverage begins anew; the old coverage stays on record.
func TestVideoReplaced(t *testing.T) {
	c := newClassroom(t)
	me := c.Person(t, "2024001", "李建国")
	p := open(t, me, c.lesson)
	c.later(p.ID, 600*time.Second)
	report(t, me, p.ID, span(0, 100_000, 1))
	c.Exec(t, "UPDATE lessons SET media_version = 2")
	me.Do("POST", "/plays/"+p.ID+"/reports", map[string]any{"position_ms": 0, "spans": []any{span(0, 590_000, 1)}}).Want(409, "learning.old_version")
	rec := me.Do("GET", "/learning/lessons/"+c.lesson, nil).Want(200).JSON()
	if rec["credited_ms"] != 0.0 || rec["earlier_versions"].([]any)[0].(map[string]any)["covered_ms"] != 100_000.0 {
		t.Errorf("record %v", rec)
	}
	if p = open(t, me, c.lesson); p.CreditedMs != 0 {
		t.Errorf("the new version begins with %d ms", p.CreditedMs)
	}
}

// An auditor opens a completion down to its plays and spans; a secretary and
// an auditor of another branch do not.
func TestCompletionEvidence(t *testing.T) {
	c := newClassroom(t)
	branch, elsewhere := c.Unit(t, "party", "", "第一支部"), c.Unit(t, "party", "", "第二支部")
	me := c.Person(t, "2024001", "李建国")
	c.Join(t, me.PersonID, branch, "party")
	p := open(t, me, c.lesson)
	c.later(p.ID, 600*time.Second)
	report(t, me, p.ID, span(0, tenMinutes, 16))
	report(t, me, p.ID, span(0, 590_000, 1))
	var id string
	if err := c.DB.Pool.QueryRow(t.Context(), "SELECT id FROM completions").Scan(&id); err != nil {
		t.Fatal(err)
	}
	e := c.Person(t, "audit", "赵审", "auditor").Do("GET", "/completions/"+id+"/evidence", nil).Want(200).JSON()
	play := e["plays"].([]any)[0].(map[string]any)
	if e["person_name"] != "李建国" || play["credited_ms"] != 590_000.0 || len(play["spans"].([]any)) != 1 || play["device_id"] != "phone" {
		t.Errorf("evidence %v", e)
	}
	if marks := play["marks"].([]any); len(marks) == 0 || marks[0].(map[string]any)["kind"] != "rate_above_limit" && marks[0].(map[string]any)["kind"] != "long_silence" {
		t.Errorf("marks %v", marks)
	}
	c.Person(t, "audit1", "钱审", "auditor@"+branch).Do("GET", "/completions/"+id+"/evidence", nil).Want(200)
	c.Person(t, "audit2", "孙审", "auditor@"+elsewhere).Do("GET", "/completions/"+id+"/evidence", nil).Want(404, "learning.completion_not_found")
	c.Person(t, "sec", "周书记", "secretary@"+branch).Do("GET", "/completions/"+id+"/evidence", nil).Want(403)
	me.Do("GET", "/completions/"+id+"/evidence", nil).Want(403)
}
