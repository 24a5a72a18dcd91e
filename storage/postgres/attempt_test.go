package postgres_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/job"
)

func hours(centi int) hallOption { return func(x *exam.Exam) { x.HoursCenti = centi } }

// The trigger and exam.transitions are the same table, pair by pair. Seen red
// with 'marking' -> 'submitted' added to the trigger, and without the trigger.
func TestStateTriggerIsTheTransitionTable(t *testing.T) {
	h := newExamHall(t, 1, 1)
	ctx := t.Context()
	for _, from := range exam.AttemptStates() {
		for _, to := range exam.AttemptStates() {
			if from == to {
				continue
			}
			tx, err := h.db.Pool.Begin(ctx)
			h.ok(err)
			_, err = tx.Exec(ctx, "SET LOCAL session_replication_role = replica")
			h.ok(err)
			_, err = tx.Exec(ctx, `UPDATE attempts SET state = $1, epoch = 1, started_at = now(), due_at = now(), check_at = now(),
submitted_at = now(), submitted_by = 'person', graded_at = now(), grading_version = 1`, from)
			h.ok(err)
			_, err = tx.Exec(ctx, "SET LOCAL session_replication_role = origin")
			h.ok(err)
			_, err = tx.Exec(ctx, "UPDATE attempts SET state = $1", to)
			if (err == nil) != from.MayBecome(to) {
				t.Errorf("%s -> %s: the rule says %v, the trigger %v", from, to, from.MayBecome(to), err)
			}
			h.ok(tx.Rollback(ctx))
		}
	}
}

// What was given, graded or frozen does not change, whoever writes. Seen red
// with each of the triggers dropped from the migration.
func TestTriggersRefuse(t *testing.T) {
	h := newExamHall(t, 1, 2)
	v := h.start(0)
	ctx := t.Context()
	_, err := h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, []app.GivenAnswer{given(v, 0, 1, "B")})
	h.ok(err)
	_, err = h.attempts.Submit(ctx, h.actor(0), v.Attempt.ID, 1)
	h.ok(err)
	h.ok(h.attempts.Grade(ctx, v.Attempt.ID))
	h.exec(`INSERT INTO attempt_late_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac)
  SELECT id, gen_random_uuid(), now(), 9, 2, 1, 1, '' FROM attempts`)
	h.exec("INSERT INTO attempt_events (attempt_id, epoch, kind, device_id, previous) SELECT id, 2, 'taken_over', 'a', 'b' FROM attempts")
	for name, sql := range map[string]string{
		"answer to a graded attempt": `INSERT INTO attempt_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac)
  SELECT id, gen_random_uuid(), now(), 9, 2, 1, 1, '' FROM attempts`,
		"answer to no attempt": `INSERT INTO attempt_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac)
  VALUES (gen_random_uuid(), gen_random_uuid(), now(), 9, 2, 1, 1, '')`,
		"answer changed":   "UPDATE attempt_operations SET choice = 1",
		"answer removed":   "DELETE FROM attempt_operations",
		"answers emptied":  "TRUNCATE attempt_operations",
		"evidence changed": "UPDATE attempt_late_operations SET choice = 1",
		"evidence removed": "DELETE FROM attempt_late_operations",
		"event removed":    "DELETE FROM attempt_events",
		"papers emptied":   "TRUNCATE frozen_papers CASCADE",
		"grade changed":    "UPDATE grades SET score_milli = 0",
		"grade removed":    "DELETE FROM grades",
		"attempt removed":  "DELETE FROM attempts",
		"back to progress": "UPDATE attempts SET state = 'in_progress'",
		"other seed":       "UPDATE attempts SET seed = '\\x00000000000000000000000000000000'",
		"other hand-in":    "UPDATE attempts SET submitted_at = submitted_at - interval '1 s'",
		"paper changed":    "UPDATE frozen_papers SET total_milli = 1",
		"paper forged":     "INSERT INTO frozen_papers (hash, content, item_count, total_milli) VALUES ('\\x00', '{}', 1, 1)",
		"window changed":   "UPDATE exams SET closes_at = closes_at + interval '1 h'",
		"back to draft":    "UPDATE exams SET state = 'draft', paper_hash = NULL",
		"old version":      "UPDATE question_versions SET stem = ''",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.db.Pool.Exec(ctx, sql)
			if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "23001" && pg.Code != "23514" {
				t.Errorf("not refused: %v", err)
			}
		})
	}
}

// Promise 3: of 20 submits at once one ends the attempt, and all get its
// receipt; one grading job is written. Seen red with `AND state = 'in_progress'`
// taken out of Submit: the trigger refused the others loudly.
func TestSubmitAtOnce(t *testing.T) {
	h := newExamHall(t, 1, 1)
	v := h.start(0)
	receipts := make([]string, 20)
	for _, err := range together(20, func(i int) error {
		s, err := h.attempts.Submit(context.WithoutCancel(t.Context()), h.actor(0), v.Attempt.ID, 1)
		if err == nil {
			receipts[i] = s.Receipt
		}
		return err
	}) {
		h.ok(err)
	}
	slices.Sort(receipts)
	if len(slices.Compact(receipts)) != 1 || receipts[0] == "" {
		t.Errorf("receipts differ: %v", receipts)
	}
	if n := h.count("SELECT count(*) FROM outbox WHERE kind = 'exam:grade_attempt'"); n != 1 {
		t.Errorf("%d grading jobs", n)
	}
	h.sound()
}

// Promise 3: of 16 graders at once one grade is kept, and one credit job written.
// Seen red with `AND state = 'submitted'` taken out of KeepGrades: the primary key
// of grades refused the others loudly.
func TestGradeAtOnce(t *testing.T) {
	h := newExamHall(t, 1, 3, hours(200))
	v := h.start(0)
	ctx := context.WithoutCancel(t.Context())
	_, err := h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, []app.GivenAnswer{given(v, 0, 1, "B"), given(v, 1, 2, "B"), given(v, 2, 3, "A")})
	h.ok(err)
	_, err = h.attempts.Submit(ctx, h.actor(0), v.Attempt.ID, 1)
	h.ok(err)
	for _, err := range together(16, func(int) error { return h.attempts.Grade(ctx, v.Attempt.ID) }) {
		h.ok(err)
	}
	if n := h.count("SELECT count(*) FROM grades WHERE score_milli = 2000 AND passed"); n != 1 {
		t.Errorf("%d grades of 2 points", n)
	}
	if n := h.count("SELECT count(*) FROM outbox WHERE kind = $1 AND payload->>'attempt_id' = $2", job.CreditExam{}.Kind(), v.Attempt.ID); n != 1 {
		t.Errorf("%d credit jobs", n)
	}
	h.sound()
}

// A fail earns nothing, and a pass of an exam without hours neither.
func TestGradeEnqueuesNoCredit(t *testing.T) {
	for name, pass := range map[string]int{"failed": 2000, "no hours": 0} {
		t.Run(name, func(t *testing.T) {
			h := newExamHall(t, 1, 2, func(x *exam.Exam) {
				x.PassMarkMilli = pass
				if pass > 0 {
					x.HoursCenti = 100
				}
			})
			v := h.start(0)
			_, err := h.attempts.Submit(t.Context(), h.actor(0), v.Attempt.ID, 1)
			h.ok(err)
			h.ok(h.attempts.Grade(t.Context(), v.Attempt.ID))
			if n := h.count("SELECT count(*) FROM outbox WHERE kind = 'hours:credit_exam'"); n != 0 {
				t.Errorf("%d credit jobs", n)
			}
		})
	}
}

// Promises 1 and 3: saves race a submit. What was acknowledged as saved counts,
// what was refused is nowhere, and nothing lands after the end. Seen red with
// FOR SHARE taken out of saveAnswersSQL (the trigger on the table refused what
// came after the submit), and with operations of counter 3 acknowledged but not
// inserted.
func TestSaveRacesSubmit(t *testing.T) {
	const rounds, savers = 25, 8
	h := newExamHall(t, rounds, savers)
	ctx := context.WithoutCancel(t.Context())
	var accepted, refused atomic.Int64
	for r := range rounds {
		v := h.start(r)
		acked := make([]string, savers)
		errs := together(savers+1, func(i int) error {
			if i == savers {
				time.Sleep(time.Duration(r%5) * 300 * time.Microsecond) // only to meet the saves at different points
				_, err := h.attempts.Submit(ctx, h.actor(r), v.Attempt.ID, 1)
				return err
			}
			op := given(v, i, i+1, "B")
			ack, err := h.attempts.Save(ctx, h.actor(r), v.Attempt.ID, 1, []app.GivenAnswer{op})
			if err == nil && slices.Contains(ack.Saved, op.OpID) {
				acked[i] = op.OpID
				accepted.Add(1)
			}
			if domain.ReasonOf(err) == "exam.attempt_not_open" {
				refused.Add(1)
				return nil
			}
			return err
		})
		for _, err := range errs {
			h.ok(err)
		}
		h.ok(h.attempts.Grade(ctx, v.Attempt.ID))
		n := 0
		for _, id := range acked {
			if id != "" {
				n++
			}
		}
		if score := h.count("SELECT score_milli FROM attempts WHERE id = $1", v.Attempt.ID); score != 1000*n {
			t.Fatalf("round %d: %d answers acknowledged, %d thousandths graded", r, n, score)
		}
		if kept := h.count("SELECT count(*) FROM attempt_operations WHERE attempt_id = $1", v.Attempt.ID); kept != n {
			t.Fatalf("round %d: %d acknowledged, %d kept", r, n, kept)
		}
	}
	t.Logf("%d saves accepted, %d refused", accepted.Load(), refused.Load())
	h.sound()
}

// Promise 1: the same operations sent many times at once, in any grouping, are
// kept once and acknowledged each time. Seen red with ON CONFLICT DO NOTHING
// taken out.
func TestSaveIsIdempotent(t *testing.T) {
	h := newExamHall(t, 1, 10)
	v := h.start(0)
	ctx := context.WithoutCancel(t.Context())
	ops := make([]app.GivenAnswer, 10)
	for i := range ops {
		ops[i] = given(v, i, i+1, "B")
	}
	for _, err := range together(24, func(i int) error {
		from := i % 6
		batch := ops[from : from+4+i%2]
		ack, err := h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, batch)
		if err == nil && len(ack.Saved) != len(batch) {
			return errors.New("not everything was acknowledged")
		}
		return err
	}) {
		h.ok(err)
	}
	if n := h.count("SELECT count(*) FROM attempt_operations"); n != 10 {
		t.Errorf("%d operations kept of 10", n)
	}
	other := ops[0]
	other.Value = given(v, 0, 1, "C").Value
	if _, err := h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, []app.GivenAnswer{other}); domain.ReasonOf(err) != "exam.operation_reused" {
		t.Errorf("an id used again for another answer: %v", err)
	}
	h.sound()
}

// The SQL that folds and exam.Fold agree on any operations. Seen red with the SQL
// ordering by arrival.
func TestFoldInSQL(t *testing.T) {
	h := newExamHall(t, 1, 4)
	v := h.start(0)
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(rt, "operations")
		in := exam.Save{AttemptID: v.Attempt.ID, PersonID: h.people[0], Epoch: 1}
		for range n {
			in.Operations = append(in.Operations, exam.Operation{
				ID: uuid.New(), Item: rapid.IntRange(0, 3).Draw(rt, "item"),
				Seq: rapid.IntRange(1, 6).Draw(rt, "seq"), Choice: exam.Choice(rapid.IntRange(0, 15).Draw(rt, "choice")),
			})
			in.Seals = append(in.Seals, []byte{})
		}
		if _, err := h.store.Save(ctx, in); err != nil {
			rt.Fatal(err)
		}
		got, err := h.store.Sitting(ctx, v.Attempt.ID, h.people[0], true)
		if err != nil {
			rt.Fatal(err)
		}
		var all []exam.Kept
		for after := int64(0); ; after = all[len(all)-1].ServerSeq {
			ops, err := h.store.Operations(ctx, v.Attempt.ID, after, 500)
			if err != nil {
				rt.Fatal(err)
			}
			all = append(all, ops...)
			if len(ops) < 500 {
				break
			}
		}
		slices.SortFunc(got.Answers, func(a, b exam.Answer) int { return a.Item - b.Item })
		if want := exam.Fold(all); !slices.Equal(got.Answers, want) {
			rt.Fatalf("SQL %v, Go %v", got.Answers, want)
		}
	})
}

// Promise 3: a take-over fences the device before, is written down twice, and a
// storm of take-overs leaves one writer. Seen red with `g.epoch = $3` taken out
// of saveAnswersSQL.
func TestTakeOver(t *testing.T) {
	h := newExamHall(t, 2, 2)
	v := h.start(0)
	ctx := context.WithoutCancel(t.Context())
	id := v.Attempt.ID
	phone, err := h.attempts.TakeOver(ctx, h.actor(0), id, "phone")
	h.ok(err)
	if phone.Attempt.Epoch != 2 || phone.HeldElsewhere {
		t.Fatalf("taken over: %+v", phone.Attempt)
	}
	_, err = h.attempts.Save(ctx, h.actor(0), id, 1, []app.GivenAnswer{given(v, 0, 1, "B")})
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Reason != "exam.taken_over" || e.Params["at"] == nil {
		t.Errorf("the desk may still write: %v", err)
	}
	if _, err = h.attempts.Submit(ctx, h.actor(0), id, 1); domain.ReasonOf(err) != "exam.taken_over" {
		t.Errorf("the desk may still submit: %v", err)
	}
	if _, err := h.attempts.TakeOver(ctx, h.actor(1), id, "thief"); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("another person took over: %v", err)
	}
	for _, err := range together(8, func(int) error { _, err := h.attempts.TakeOver(ctx, h.actor(0), id, "tab"); return err }) {
		h.ok(err)
	}
	if n := h.count("SELECT count(*) FROM attempt_events WHERE kind = 'taken_over'"); n != 9 {
		t.Errorf("%d events of 9", n)
	}
	if n := h.count("SELECT count(*) FROM audit_events WHERE action = 'exam.take_over'"); n != 9 {
		t.Errorf("%d audit entries of 9", n)
	}
	_, err = h.attempts.Save(ctx, h.actor(0), id, 10, []app.GivenAnswer{given(v, 0, 1, "B")})
	h.ok(err)
	h.sound()
}
