package postgres_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/domain"
)

// Promise 2: the sweep ends what is past due + grace, at the due time, without
// any queue; what comes then is sealed, not graded and not dropped. Seen red with
// the sweep running early, with sealLateSQL keeping nothing, and with the check of
// the time taken out of saveAnswersSQL.
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

// Sweeps of several processes at once end each attempt once: the first is held in
// the middle of its work until the others have ended or wait for it. Seen red
// without FOR UPDATE SKIP LOCKED in SubmitDue: those who waited made second jobs.
func TestSweepsAtOnce(t *testing.T) {
	h := newExamHall(t, 40, 1)
	for i := range h.people {
		h.start(i)
	}
	h.warp(time.Hour + 5*time.Second)
	h.exec(`CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END'`)
	h.exec("CREATE TRIGGER held BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION held()")
	gate, err := h.db.Pool.Begin(t.Context())
	h.ok(err)
	_, err = gate.Exec(t.Context(), "SELECT pg_advisory_xact_lock(1)")
	h.ok(err)
	var ended atomic.Int64
	open := make(chan error, 1)
	go func() {
		for {
			var waiting int64
			err := h.db.Pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting)
			if err != nil || waiting+ended.Load() == 6 {
				open <- errors.Join(err, gate.Rollback(t.Context()))
				return
			}
		}
	}()
	for _, err := range together(6, func(int) error {
		defer ended.Add(1)
		return h.attempts.SubmitDue(context.WithoutCancel(t.Context()))
	}) {
		h.ok(err)
	}
	h.ok(<-open)
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

// Starting races cancelling: nobody is left sitting a cancelled exam. Seen red
// with VoidAttempts leaving those in progress.
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

// A person finds only his own attempt; everything else is not found. Seen red
// with the person taken out of Sitting.
func TestOnlyOwnAttempt(t *testing.T) {
	h := newExamHall(t, 2, 1)
	v := h.start(0)
	ctx, id := t.Context(), v.Attempt.ID
	thief := h.actor(1)
	for name, do := range map[string]func() error{
		"view": func() error { _, err := h.attempts.Attempt(ctx, thief, id, "x"); return err },
		"save": func() error {
			_, err := h.attempts.Save(ctx, thief, id, 1, []app.GivenAnswer{given(v, 0, 1, "B")})
			return err
		},
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
