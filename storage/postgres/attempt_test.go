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
	for name, sql := range map[string]string{
		"answer to a graded attempt": `INSERT INTO attempt_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac)
  SELECT id, gen_random_uuid(), now(), 9, 2, 1, 1, '' FROM attempts`,
		"answer to no attempt": `INSERT INTO attempt_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac)
  VALUES (gen_random_uuid(), gen_random_uuid(), now(), 9, 2, 1, 1, '')`,
		"answer changed":   "UPDATE attempt_operations SET choice = 1",
		"answer removed":   "DELETE FROM attempt_operations",
		"answers emptied":  "TRUNCATE attempt_operations",
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
	h.sound()
}

// Promise 3: of 20 submits at once one ends the attempt, and all get its
// receipt; one grading job is written. Seen red with `AND state = 'in_progress'`
// taken out of Submit: the trigger refused, then without it 20 jobs were written.
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
// Seen red with `AND state = 'submitted'` taken out of KeepGrade (the primary key
// of grades refused the others loudly; without it there were 16 grades).
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
// FOR SHARE taken out of saveAnswersSQL: acknowledged answers came after the
// submit and were not graded.
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
// taken out, and with settle reading in the same statement (its snapshot missed
// what another request had just kept).
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

// The SQL that folds and exam.Fold agree on any operations.
func TestFoldInSQL(t *testing.T) {
	h := newExamHall(t, 1, 4)
	v := h.start(0)
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(rt, "operations")
		in := exam.Save{AttemptID: v.Attempt.ID, PersonID: h.people[0], Epoch: 1}
		for range n {
			in.Operations = append(in.Operations, exam.Operation{ID: uuid.New(), Item: rapid.IntRange(0, 3).Draw(rt, "item"),
				Seq: rapid.IntRange(1, 6).Draw(rt, "seq"), Choice: exam.Choice(rapid.IntRange(0, 15).Draw(rt, "choice"))})
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

// Promise 2: the sweep ends what is past due + grace, at the due time, without
// any queue; what comes then is sealed, not graded and not dropped. Seen red with
// the sweep comparing due_at, and with `late` taken out of saveAnswersSQL.
func TestSweepAndLateEvidence(t *testing.T) {
	h := newExamHall(t, 3, 2)
	ctx := t.Context()
	v, handedIn := h.start(0), h.start(1)
	_, err := h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, []app.GivenAnswer{given(v, 0, 1, "B")})
	h.ok(err)
	_, err = h.attempts.Submit(ctx, h.actor(1), handedIn.Attempt.ID, 1)
	h.ok(err)
	h.warp(time.Hour - 30*time.Second)
	h.ok(h.attempts.SubmitDue(ctx))
	if n := h.count("SELECT count(*) FROM attempts WHERE state = 'submitted'"); n != 1 {
		t.Fatalf("the sweep was early: %d submitted", n)
	}
	h.warp(33 * time.Second)
	late := given(v, 1, 2, "B")
	ack, err := h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, []app.GivenAnswer{late})
	h.ok(err)
	if len(ack.Saved) != 0 || !slices.Equal(ack.Sealed, []string{late.OpID}) {
		t.Errorf("before the sweep: saved %v, sealed %v", ack.Saved, ack.Sealed)
	}
	h.ok(h.attempts.SubmitDue(ctx))
	if n := h.count("SELECT count(*) FROM attempts WHERE id = $1 AND state = 'submitted' AND submitted_by = 'clock' AND submitted_at = due_at", v.Attempt.ID); n != 1 {
		t.Error("not ended by the clock at its due time")
	}
	later := given(v, 1, 3, "B")
	for range 2 {
		ack, err = h.attempts.Save(ctx, h.actor(0), v.Attempt.ID, 1, []app.GivenAnswer{later, late})
		h.ok(err)
		if len(ack.Saved) != 0 || len(ack.Sealed) != 2 {
			t.Errorf("after the sweep: saved %v, sealed %v", ack.Saved, ack.Sealed)
		}
	}
	if _, err := h.attempts.Save(ctx, h.actor(1), handedIn.Attempt.ID, 1, []app.GivenAnswer{given(handedIn, 0, 1, "B")}); domain.ReasonOf(err) != "exam.attempt_not_open" {
		t.Errorf("after a hand-in: %v", err)
	}
	h.warp(10 * time.Second)
	h.ok(h.attempts.GradeLeft(ctx))
	if n := h.count("SELECT score_milli FROM attempts WHERE id = $1 AND state = 'graded'", v.Attempt.ID); n != 1000 {
		t.Errorf("graded %d: late answers counted or the left attempt was not graded", n)
	}
	h.sound()
}

// Sweeps of several processes at once end each attempt once.
func TestSweepsAtOnce(t *testing.T) {
	h := newExamHall(t, 40, 1)
	for i := range h.people {
		h.start(i)
	}
	h.warp(time.Hour + 5*time.Second)
	for _, err := range together(6, func(int) error { return h.attempts.SubmitDue(context.WithoutCancel(t.Context())) }) {
		h.ok(err)
	}
	if n := h.count("SELECT count(DISTINCT payload->>'attempt_id') FROM outbox WHERE kind = 'exam:grade_attempt'"); n != 40 {
		t.Errorf("%d of 40 have a job", n)
	}
	if n := h.count("SELECT count(*) FROM outbox WHERE kind = 'exam:grade_attempt'"); n != 40 {
		t.Errorf("%d jobs for 40", n)
	}
	h.sound()
}

// Minting twice and at once makes one attempt each; starting at once from two
// devices begins one. Seen red without the unique keys of attempts.
func TestMintAndStartAtOnce(t *testing.T) {
	h := newExamHall(t, 30, 1)
	ctx := context.WithoutCancel(t.Context())
	h.exec("INSERT INTO people (id, number, name, kind) VALUES ($1, 'S99999', '新生', 'student')", app.NewID())
	for _, err := range together(5, func(int) error { return h.exams.Mint(ctx, h.examID) }) {
		h.ok(err)
	}
	if n := h.count("SELECT count(*) FROM attempts"); n != 31 {
		t.Errorf("%d attempts for 31 people", n)
	}
	views := make([]*app.View, 12)
	for _, err := range together(12, func(i int) (err error) {
		views[i], err = h.attempts.Start(ctx, h.actor(0), h.examID, "device"+string(rune('a'+i)))
		return err
	}) {
		h.ok(err)
	}
	holders := 0
	for _, v := range views {
		if v.Attempt.ID != views[0].Attempt.ID {
			t.Error("two attempts of one person")
		}
		if !v.HeldElsewhere {
			holders++
		}
	}
	if holders != 1 {
		t.Errorf("%d devices believe that they hold it", holders)
	}
	late := app.NewID()
	h.exec("INSERT INTO people (id, number, name, kind) VALUES ($1, 'S99998', '插班生', 'student')", late)
	for _, err := range together(6, func(int) error {
		_, err := h.attempts.Start(ctx, app.Actor{PersonID: late}, h.examID, "desk")
		return err
	}) {
		h.ok(err)
	}
	if n := h.count("SELECT count(*) FROM attempts WHERE person_id = $1", late); n != 1 {
		t.Errorf("the person who was not minted has %d attempts", n)
	}
	h.sound()
}

// Starting races cancelling: nobody is left sitting a cancelled exam.
func TestStartRacesCancel(t *testing.T) {
	h := newExamHall(t, 20, 1)
	ctx := context.WithoutCancel(t.Context())
	for _, err := range together(21, func(i int) error {
		if i == 20 {
			_, err := h.exams.Cancel(ctx, h.staff, h.examID, "误发")
			return err
		}
		_, err := h.attempts.Start(ctx, h.actor(i), h.examID, "desk")
		if domain.CodeOf(err) == domain.Internal {
			return err
		}
		return nil
	}) {
		h.ok(err)
	}
	if n := h.count("SELECT count(*) FROM attempts WHERE state <> 'voided'"); n != 0 {
		t.Errorf("%d attempts live on", n)
	}
}

// A person finds only his own attempt; everything else is not found.
func TestOnlyOwnAttempt(t *testing.T) {
	h := newExamHall(t, 2, 1)
	v := h.start(0)
	ctx, id := t.Context(), v.Attempt.ID
	thief := h.actor(1)
	for name, do := range map[string]func() error{
		"view":   func() error { _, err := h.attempts.Attempt(ctx, thief, id, "x"); return err },
		"save":   func() error { _, err := h.attempts.Save(ctx, thief, id, 1, []app.GivenAnswer{given(v, 0, 1, "B")}); return err },
		"submit": func() error { _, err := h.attempts.Submit(ctx, thief, id, 1); return err },
		"review": func() error { _, err := h.attempts.Review(ctx, thief, id); return err },
		"save, other process": func() error {
			_, err := app.NewAttempts(h.db.Attempts()).Save(ctx, thief, id, 1, []app.GivenAnswer{given(v, 0, 1, "B")})
			return err
		},
	} {
		if err := do(); domain.ReasonOf(err) != "exam.attempt_not_found" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
