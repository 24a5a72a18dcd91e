package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/exam"
)

// A hall full of people starts, saves, submits and is graded in the same
// moments, so that their requests share statements. Each gets his own answer, and
// the ones that are out of order theirs, whoever they share it with.
// Seen red: with g.first not moved on (everybody's answers are the first one's),
// and with `a.epoch = r.epoch` taken out of saveTogetherSQL (the old device is
// acknowledged).
func TestManyAtOnce(t *testing.T) {
	const people, questions = 48, 8
	h := newExamHall(t, people, questions)
	ctx := context.WithoutCancel(t.Context())
	views := make([]*app.View, people)
	for _, err := range together(2*people, func(i int) error {
		v, err := h.attempts.Start(ctx, h.actor(i%people), h.examID, "d")
		if err == nil && (v.Attempt.PersonID != h.people[i%people] || v.Attempt.State != exam.InProgress || v.Sheet == nil) {
			err = fmt.Errorf("person %d was given %+v", i, v.Attempt)
		}
		if i < people {
			views[i] = v
		}
		return err
	}) {
		h.ok(err)
	}
	taken := 1 // the one whose attempt another device has taken over
	_, err := h.attempts.TakeOver(ctx, h.actor(taken), views[taken].Attempt.ID, "e")
	h.ok(err)

	// Of person i, i mod (questions+1) answers are right. Three of four saves are
	// new; one repeats, one is another's, one is of the device before.
	for _, err := range together(4*people, func(k int) error {
		i, part := k%people, k/people
		v := views[i]
		var ops []app.GivenAnswer
		for q := part * 2; q < part*2+2; q++ {
			ops = append(ops, given(v, q, q+1, map[bool]string{true: "B", false: "C"}[q < i%(questions+1)]))
		}
		epoch := 1
		if i == taken {
			if _, err := h.attempts.Save(ctx, h.actor(i), v.Attempt.ID, 1, ops); domain.ReasonOf(err) != "exam.taken_over" {
				return fmt.Errorf("the device before: %w", err)
			}
			epoch = 2
		}
		if _, err := h.attempts.Save(ctx, h.actor((i+1)%people), v.Attempt.ID, epoch, ops); domain.ReasonOf(err) != "exam.attempt_not_found" {
			return fmt.Errorf("another's attempt: %w", err)
		}
		for range 2 {
			ack, err := h.attempts.Save(ctx, h.actor(i), v.Attempt.ID, epoch, ops)
			if err != nil {
				return err
			}
			if !slices.Equal(ack.Saved, []string{ops[0].OpID, ops[1].OpID}) || ack.ServerSeq == 0 || !ack.DueAt.Equal(*v.Attempt.DueAt) {
				return fmt.Errorf("person %d, part %d: %+v", i, part, ack)
			}
		}
		return nil
	}) {
		h.ok(err)
	}
	if n := h.count("SELECT count(*) FROM attempt_operations"); n != people*questions {
		t.Errorf("%d operations kept of %d", n, people*questions)
	}

	ids := make([]string, people)
	for i, v := range views {
		ids[i] = v.Attempt.ID
	}
	for _, err := range together(2*people, func(k int) error {
		i := k % people
		epoch := map[bool]int{true: 2, false: 1}[i == taken]
		s, err := h.attempts.Submit(ctx, h.actor(i), views[i].Attempt.ID, epoch)
		if err == nil && (s.Attempt.ID != views[i].Attempt.ID || s.Attempt.State != exam.Submitted || s.Receipt == "") {
			err = fmt.Errorf("person %d: %+v", i, s)
		}
		return err
	}) {
		h.ok(err)
	}
	if n := h.count("SELECT count(DISTINCT payload->>'attempt_id') FROM outbox WHERE kind = 'exam:grade_attempt'"); n != people {
		t.Errorf("%d grading jobs of %d", n, people)
	}
	if n := h.count("SELECT count(*) FROM outbox WHERE kind = 'exam:grade_attempt'"); n != people {
		t.Errorf("%d grading jobs written", n)
	}
	for _, err := range together(6, func(k int) error {
		list := slices.Clone(ids)
		if k%2 == 1 {
			slices.Reverse(list)
		}
		return h.attempts.Grade(ctx, list...)
	}) {
		h.ok(err)
	}
	for i, v := range views {
		if score := h.count("SELECT score_milli FROM attempts WHERE id = $1 AND state = 'graded'", v.Attempt.ID); score != i%(questions+1)*1000 {
			t.Errorf("person %d has %d thousandths of %d", i, score, i%(questions+1)*1000)
		}
	}
	h.sound()
}

// Somebody who holds the lock of one attempt keeps nobody else's answer waiting.
// Seen red: with SKIP LOCKED taken out of saveTogetherSQL (the others' saves ran
// into their deadline).
func TestALockedAttemptStopsNobodyElse(t *testing.T) {
	const people = 12
	h := newExamHall(t, people, 2)
	ctx := t.Context()
	tx, err := h.db.Pool.Begin(ctx)
	h.ok(err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	locked := h.start(0)
	_, err = tx.Exec(ctx, "SELECT 1 FROM attempts WHERE id = $1 FOR UPDATE", locked.Attempt.ID)
	h.ok(err)
	views := []*app.View{locked}
	for i := 1; i < people; i++ {
		views = append(views, h.start(i))
	}
	first := make(chan error, 1)
	go func() {
		_, err := h.attempts.Save(ctx, h.actor(0), locked.Attempt.ID, 1, []app.GivenAnswer{given(locked, 0, 1, "B")})
		first <- err
	}()
	for h.count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0 {
		time.Sleep(time.Millisecond)
	}
	patience, cancel := context.WithTimeout(ctx, 5*time.Second) // half of the lock's own deadline
	defer cancel()
	for _, err := range together(people-1, func(i int) error {
		v := views[i+1]
		_, err := h.attempts.Save(patience, h.actor(i+1), v.Attempt.ID, 1, []app.GivenAnswer{given(v, 0, 1, "B")})
		return err
	}) {
		h.ok(err)
	}
	select {
	case err := <-first:
		h.ok(errors.Join(errors.New("the save did not wait for the lock"), err))
	default:
	}
	h.ok(tx.Rollback(ctx))
	h.ok(<-first)
	h.sound()
}
