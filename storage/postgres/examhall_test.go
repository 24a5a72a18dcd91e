package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/org"
	"zhixing/domain/question"
	"zhixing/storage/postgres"
	"zhixing/storage/postgres/postgrestest"
)

// examHall is a database with one published exam and people who may sit it.
type examHall struct {
	t        testing.TB
	db       *postgres.DB
	attempts *app.Attempts
	exams    *app.Exams
	store    *postgres.AttemptStore
	staff    app.Actor
	examID   string
	paper    *exam.Frozen
	people   []string
}

type hallOption func(x *exam.Exam)

// newExamHall makes people, questions of 4 options (right: B, a point each) and
// an exam open now for an hour.
func newExamHall(t testing.TB, people, questions int, options ...hallOption) *examHall {
	t.Helper()
	db := postgrestest.New(t)
	h := &examHall{t: t, db: db, attempts: app.NewAttempts(db.Attempts()), exams: &app.Exams{Store: db.Exams()}, store: db.Attempts()}
	for i := range people {
		id := app.NewID()
		h.exec("INSERT INTO people (id, number, name, kind) VALUES ($1, $2, '李建国', 'student')", id, fmt.Sprintf("S%05d", i))
		h.people = append(h.people, id)
	}
	id := app.NewID()
	h.exec("INSERT INTO people (id, number, name, kind) VALUES ($1, 'T001', '王老师', 'staff')", id)
	h.exec("INSERT INTO grants (id, person_id, role, period) VALUES ($1, $2, 'trainer', daterange('2020-01-01', NULL))", app.NewID(), id)
	h.staff = app.Actor{PersonID: id, Everywhere: org.RoleTrainer.Permissions()}
	contents := make([]question.Content, questions)
	for i := range contents {
		contents[i] = question.Content{
			Kind: question.Single, Stem: fmt.Sprintf("第 %d 题", i+1), Key: []string{"B"},
			Options: []question.Option{{Text: "甲"}, {Text: "乙"}, {Text: "丙"}, {Text: "丁"}},
		}
	}
	h.set(contents, make([]int, questions), exam.PartialFull, options...)
	return h
}

// set publishes an exam on a paper of those questions.
func (h *examHall) set(contents []question.Content, points []int, partial exam.Partial, options ...hallOption) {
	h.t.Helper()
	ctx := h.t.Context()
	questions := &app.Questions{Store: h.db.Questions()}
	bank, err := questions.CreateBank(ctx, h.staff, question.Bank{Name: "题库 " + app.NewID()})
	h.ok(err)
	items := make([]exam.PaperItem, len(contents))
	for i, c := range contents {
		q, err := questions.Create(ctx, h.staff, bank.ID, c)
		h.ok(err)
		items[i] = exam.PaperItem{QuestionID: q.ID, PointsMilli: points[i]}
	}
	p, err := (&app.Papers{Store: h.db.Papers()}).Create(ctx, h.staff, exam.Paper{Title: "卷", Partial: partial, Items: items})
	h.ok(err)
	now := time.Now()
	x := exam.Exam{
		Title: "考试", PaperID: p.ID, OpensAt: now.Add(-time.Minute), ClosesAt: now.Add(3 * time.Hour), Duration: time.Hour, Grace: exam.DefaultGrace,
		PassMarkMilli: 1000, AttemptsAllowed: 1, ShuffleQuestions: true, ShuffleOptions: true, Review: exam.ReviewAfterSubmit,
		Audience: domain.Audience{Kinds: []string{"student"}},
	}
	for _, o := range options {
		o(&x)
	}
	made, err := h.exams.Create(ctx, h.staff, x)
	h.ok(err)
	made, err = h.exams.Publish(ctx, h.staff, made.ID)
	h.ok(err)
	h.ok(h.exams.Mint(ctx, made.ID))
	content, err := h.store.Frozen(ctx, made.PaperHash)
	h.ok(err)
	h.paper, err = exam.ParseFrozen(content)
	h.ok(err)
	h.examID = made.ID
}

func (h *examHall) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *examHall) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.db.Pool.Exec(context.WithoutCancel(h.t.Context()), sql, args...); err != nil {
		h.t.Fatal(err)
	}
}

// count runs a query for one number.
func (h *examHall) count(sql string, args ...any) (n int) {
	h.t.Helper()
	h.ok(h.db.Pool.QueryRow(h.t.Context(), sql, args...).Scan(&n))
	return n
}

func (h *examHall) actor(i int) app.Actor { return app.Actor{PersonID: h.people[i]} }

func (h *examHall) start(i int) *app.View {
	h.t.Helper()
	v, err := h.attempts.Start(h.t.Context(), h.actor(i), h.examID, "desk")
	h.ok(err)
	return v
}

// given answers place i of a sheet with the option of that author's id.
func given(v *app.View, i, seq int, options ...string) app.GivenAnswer {
	q := v.Sheet.Frozen(i)
	var c exam.Choice
	for k, o := range q.Options {
		for _, id := range options {
			if o.ID == id {
				c |= 1 << k
			}
		}
	}
	return app.GivenAnswer{OpID: uuid.NewString(), Item: v.Sheet.Items[i].ID(), Seq: seq, Value: v.Sheet.Chosen(i, c)}
}

// warp lets time go by for the exam: everything about it moves into the past.
func (h *examHall) warp(d time.Duration) {
	h.t.Helper()
	ctx := h.t.Context()
	tx, err := h.db.Pool.Begin(ctx)
	h.ok(err)
	defer func() { _ = tx.Rollback(ctx) }()
	for _, sql := range []string{
		"SET LOCAL session_replication_role = replica", // the triggers are there to stop exactly this
		fmt.Sprintf("UPDATE exams SET opens_at = opens_at - %[1]f * interval '1 s', closes_at = closes_at - %[1]f * interval '1 s'", d.Seconds()),
		fmt.Sprintf(`UPDATE attempts SET started_at = started_at - %[1]f * interval '1 s', due_at = due_at - %[1]f * interval '1 s',
  check_at = check_at - %[1]f * interval '1 s', submitted_at = submitted_at - %[1]f * interval '1 s'`, d.Seconds()),
		fmt.Sprintf("UPDATE attempt_operations SET received_at = received_at - %f * interval '1 s'", d.Seconds()),
		fmt.Sprintf("UPDATE attempt_late_operations SET received_at = received_at - %f * interval '1 s'", d.Seconds()),
	} {
		_, err := tx.Exec(ctx, sql)
		h.ok(err)
	}
	h.ok(tx.Commit(ctx))
}

// together runs do n times at once and gives the errors.
func together(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	ready.Add(1)
	for i := range n {
		done.Go(func() {
			ready.Wait()
			errs[i] = do(i)
		})
	}
	ready.Done()
	done.Wait()
	return errs
}

// sound fails the test when an invariant of attempts does not hold.
func (h *examHall) sound() {
	h.t.Helper()
	broken, err := h.store.BrokenInvariants(h.t.Context())
	h.ok(err)
	for _, b := range broken {
		h.t.Errorf("invariant %s: attempt %s", b.Name, b.AttemptID)
	}
}
