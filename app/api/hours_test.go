package api_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/app/api/apitest"
	"zhixing/domain/hours"
	"zhixing/domain/job"
	"zhixing/storage/document"
	"zhixing/storage/object"
	"zhixing/storage/object/objecttest"
	"zhixing/storage/postgres"
)

// college is a small world: two branches under one party committee, an auditor,
// a secretary of the first branch, and things to earn hours by.
type college struct {
	*apitest.Env
	hours    *app.Hours
	policies *app.Policies
	exports  *app.Exports
	files    document.Anchors
	objects  *object.Store

	committee, first, second string
	auditor, secretary, zhang,
	wang *apitest.Client
	lessons int
	course  map[bool]string // by required
}

func newCollege(t testing.TB) *college {
	t.Helper()
	c := &college{files: document.Anchors{Dir: t.TempDir()}, objects: objecttest.New(t), course: map[bool]string{}}
	c.Env = apitest.New(t, func(s *api.Server, db *postgres.DB) {
		c.hours = &app.Hours{Store: db.Hours(), Files: c.files}
		c.policies = &app.Policies{Store: db.Hours()}
		c.exports = &app.Exports{Store: db.Hours(), People: db.People(), Audit: db.AuditEvents(), Archive: db.Privacy(), Reads: db.AuditEvents(), Seals: apitest.Seals(t), Objects: c.objects, Sheets: document.Sheets{}}
		s.Hours, s.Policies, s.Exports = c.hours, c.policies, c.exports
	})
	c.committee = c.Unit(t, "party", "", "学院党委")
	c.first = c.Unit(t, "party", c.committee, "第一党支部")
	c.second = c.Unit(t, "party", c.committee, "第二党支部")
	c.auditor = c.Person(t, "A001", "赵审核", "auditor")
	c.secretary = c.Person(t, "S001", "钱书记", "secretary@"+c.first)
	c.zhang = c.member(t, "20190412", "张晓𬭎", c.first)
	c.wang = c.member(t, "20220135", "阿依古丽·买买提", c.second)
	return c
}

func (c *college) member(t testing.TB, number, name, unit string) *apitest.Client {
	t.Helper()
	p := c.Person(t, number, name)
	c.Exec(t, "UPDATE people SET pinyin = ?, initials = ? WHERE id = ?", "p"+number, "zxh", p.PersonID)
	c.Join(t, p.PersonID, unit, "party")
	c.stage(t, p.PersonID, "member", "2020-01-01", "")
	return p
}

func (c *college) stage(t testing.TB, personID, stage, from, to string) {
	t.Helper()
	c.Exec(t, "INSERT INTO stage_facts (id, person_id, stage, period) VALUES (?, ?, ?, daterange(?::date, NULLIF(?, '')::date))", app.NewID(), personID, stage, from, to)
}

// lesson makes a lesson worth centi in a course that is required or not.
func (c *college) lesson(t testing.TB, required bool, centi int) string {
	t.Helper()
	if c.course[required] == "" {
		id := app.NewID()
		c.Exec(t, "INSERT INTO courses (id, title, required, state, created_by) VALUES (?, ?, ?, 'draft', ?)", id, "党章学习", required, c.auditor.PersonID)
		c.Exec(t, "INSERT INTO chapters (id, course_id, title, position) VALUES (?0, ?0, '第一章', 1)", id)
		c.course[required] = id
	}
	c.lessons++
	id := app.NewID()
	c.Exec(t, `INSERT INTO lessons (id, course_id, chapter_id, title, position, hours_centi, threshold_percent, max_rate_percent)
VALUES (?0, ?1, ?1, ?2, ?3, ?4, 90, 200)`, id, c.course[required], fmt.Sprintf("课时 %d", c.lessons), c.lessons, centi)
	return id
}

// complete records that a person watched a lesson to its threshold, and
// returns the job that the completion enqueues.
func (c *college) complete(t testing.TB, personID, lessonID string, at time.Time) job.CreditLesson {
	t.Helper()
	play, id := app.NewID(), app.NewID()
	at = at.Add(time.Duration(c.lessons) * 2 * time.Minute) // nobody watches two at once
	c.Exec(t, `INSERT INTO plays (id, person_id, lesson_id, media_version, device_id, duration_ms, max_rate_percent, allow_skip, opened_at, closed_at)
VALUES (?0, ?1, ?2, 1, 'phone', 60000, 200, false, ?3::timestamptz - interval '1 minute', ?3)`, play, personID, lessonID, at)
	c.Exec(t, `INSERT INTO play_spans (play_id, seq, person_id, media, rate_percent, wall)
VALUES (?0, 1, ?1, '[0,57000)', 100, tstzrange(?2::timestamptz - interval '57 seconds', ?2))`, play, personID, at)
	c.Exec(t, `INSERT INTO completions (id, person_id, lesson_id, media_version, play_id, covered_ms, duration_ms, threshold_percent, completed_at)
VALUES (?, ?, ?, 1, ?, 57000, 60000, 90, ?)`, id, personID, lessonID, play, at)
	return job.CreditLesson{PersonID: personID, LessonID: lessonID, CompletionID: id}
}

// earn completes a new lesson and credits it.
func (c *college) earn(t testing.TB, personID string, required bool, centi int, at time.Time) job.CreditLesson {
	t.Helper()
	j := c.complete(t, personID, c.lesson(t, required, centi), at)
	if err := c.hours.CreditLesson(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	return j
}

// attempt makes a graded attempt at a new exam worth centi.
func (c *college) attempt(t testing.TB, personID string, centi int, passed bool) job.CreditExam {
	t.Helper()
	paper, exam, id := app.NewID(), app.NewID(), app.NewID()
	content := "{" + exam + "}"
	c.Exec(t, "INSERT INTO papers (id, title, partial, draw_seed) VALUES (?, '测验', 'full', 1)", paper)
	c.Exec(t, "INSERT INTO frozen_papers (hash, content, item_count, total_milli) VALUES (sha256(convert_to(?0, 'UTF8')), ?0, 1, 100000)", content)
	c.Exec(t, `INSERT INTO exams (id, title, paper_id, state, opens_at, closes_at, duration_s, pass_mark_milli, attempts_allowed, shuffle_questions,
  shuffle_options, review, hours_centi, paper_hash, question_count, total_milli)
VALUES (?, '党章知识测验', ?, 'published', now() - interval '2 hours', now() + interval '1 hour', 3600, 60000, 2, false, false, 'never', ?,
  sha256(convert_to(?, 'UTF8')), 1, 100000)`, exam, paper, centi, content)
	c.Exec(t, `INSERT INTO attempts (id, exam_id, person_id, number, state, seed, epoch, started_at, due_at, check_at, submitted_at, submitted_by, graded_at,
  grading_version, score_milli, passed)
VALUES (?, ?, ?, 1, 'graded', '\x00112233445566778899aabbccddeeff', 1, now() - interval '1 hour', now(), now(), now() - interval '10 minutes', 'person',
  now() - interval '9 minutes', 1, 80000, ?)`, id, exam, personID, passed)
	c.Exec(t, "INSERT INTO grades (attempt_id, grading_version, score_milli, total_milli, passed, marks, choices) VALUES (?, 1, 80000, 100000, ?, '{}', '{}')", id, passed)
	return job.CreditExam{AttemptID: id}
}

// policy writes, previews and activates a policy through the API as the auditor.
func (c *college) policy(t testing.TB, name string, total int, edit ...func(m map[string]any)) string {
	t.Helper()
	var p struct{ ID string }
	c.auditor.Do("POST", "/policies", draft(name, total, edit...)).Want(200).Into(&p)
	c.activate(t, p.ID, 1)
	return p.ID
}

func (c *college) activate(t testing.TB, id string, number int) {
	t.Helper()
	var preview struct{ Digest string }
	c.auditor.Do("POST", "/policies/"+id+"/preview", map[string]any{"number": number}).Want(200).Into(&preview)
	c.auditor.Do("POST", "/policies/"+id+"/activate", map[string]any{"number": number, "preview_digest": preview.Digest, "reason": "年度部署"}).Want(200)
	c.recompute(t)
}

func (c *college) recompute(t testing.TB) {
	t.Helper()
	if err := c.hours.SweepYear(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func draft(name string, total int, edit ...func(m map[string]any)) map[string]any {
	m := map[string]any{
		"name": name, "effective_from": fmt.Sprintf("%d-01-01", today().Year()), "reason": "年度部署",
		"document": map[string]any{"title": "中国共产党党员教育管理工作条例", "number": "中发〔2019〕", "clause": "第二十条", "clause_text": "党员每年集中学习培训时间一般不少于32学时"},
		"audience": map[string]any{"stages": []string{"member"}},
		"rule":     map[string]any{"total_centi": total, "required_centi": total / 2},
	}
	for _, e := range edit {
		e(m)
	}
	return m
}

func today() hours.Date { return hours.DateOf(time.Now()) }

// thisYear is noon of a day of the current year, not later than now.
func thisYear(daysAgo int) time.Time {
	return max(today()-hours.Date(daysAgo), hours.FirstDay(today().Year())).Start().Add(30 * time.Minute)
}

func decode[T any](t testing.TB, r *apitest.Reply) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(r.Body, &v); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return v
}

var anchorJob = job.AnchorLedger{}
