package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/domain/learning"
)

// A class reports at the same moments, so that reports share statements. Each
// counts for its own person and play, and one that breaks a rule of the table
// takes no other with it.
// Seen red: with u.first and u.last left at 1 (everybody's span is the first one's),
// and with a joint statement that failed taken for one that passed over (the
// honest reports failed with the one that claims a life twice).
func TestReportsOfManyAtOnce(t *testing.T) {
	const people = 24
	s := newSchool(t, 600_000, 100, true)
	actors, plays := make([]app.Actor, people), make([]string, people)
	for i := range people {
		actors[i] = app.Actor{PersonID: app.NewID()}
		exec(t, s.db, "INSERT INTO people (id, number, name, kind) VALUES ($1, $2, '热依拉', 'staff')", actors[i].PersonID, fmt.Sprintf("m%d", i))
		o, err := s.learning.Open(t.Context(), actors[i], s.lesson, "device")
		if err != nil {
			t.Fatal(err)
		}
		plays[i] = o.Play.ID
		s.ago(t, plays[i], 100*time.Second)
	}
	// Person 0 has, by another way, been credited for the time that he claims.
	other := app.NewID()
	exec(t, s.db, `INSERT INTO plays (id, person_id, lesson_id, media_version, device_id, duration_ms, max_rate_percent, allow_skip, opened_at, closed_at)
SELECT $1, person_id, lesson_id, media_version, 'x', duration_ms, max_rate_percent, allow_skip, opened_at, opened_at + interval '1 hour' FROM plays WHERE id = $2`, other, plays[0])
	exec(t, s.db, `INSERT INTO play_spans (play_id, seq, person_id, media, rate_percent, wall)
SELECT $1, 1, person_id, '[0,3000)', 100, tstzrange(opened_at, opened_at + interval '1 hour') FROM plays WHERE id = $1`, other)
	for round := range 4 {
		for i, err := range together(people, func(i int) error {
			if i == 0 && round > 0 { // or no statement would ever be a joint one
				return nil
			}
			to := int64(1000*(i+1)) + int64(round)*500
			r, err := s.learning.Report(context.Background(), actors[i], plays[i], to, []learning.Claim{{FromMs: 0, ToMs: to, Rate: 1}})
			if err == nil && (r.Progress.Covered.Len() != to || r.Progress.PersonID != actors[i].PersonID || r.Progress.LastPositionMs != to) {
				return fmt.Errorf("covered %v, at %d", r.Progress.Covered, r.Progress.LastPositionMs)
			}
			return err
		}) {
			if (err != nil) != (i == 0 && round == 0) {
				t.Errorf("round %d, person %d: %v", round, i, err)
			}
		}
	}
	for i := 1; i < people; i++ {
		want := 1000*(i+1) + 1500
		if n := s.count(t, "SELECT sum(upper(media) - lower(media)) FROM play_spans WHERE play_id = $1 AND person_id = $2", plays[i], actors[i].PersonID); n != want {
			t.Errorf("person %d has spans of %d ms, not %d", i, n, want)
		}
		if n := s.count(t, "SELECT covered_ms FROM lesson_progress WHERE person_id = $1", actors[i].PersonID); n != want {
			t.Errorf("person %d has covered %d ms, not %d", i, n, want)
		}
	}
}

// A report that was decided on before a check of presence was answered is passed
// over, in a statement of its own and in one that it shares, and takes no other
// with it.
// Seen red: with r.due taken for what the play itself says in saveReportsSQL, some
// of the stale reports were written.
func TestStaleCheckInAJointReport(t *testing.T) {
	const people = 24
	s := newSchool(t, 600_000, 100, true)
	store := s.db.Learning()
	ids, changes := make([]string, people), make([]learning.Change, people)
	for i := range people {
		ids[i] = app.NewID()
		who := app.Actor{PersonID: ids[i]}
		exec(t, s.db, "INSERT INTO people (id, number, name, kind) VALUES ($1, $2, '热依拉', 'staff')", ids[i], fmt.Sprintf("m%d", i))
		o, err := s.learning.Open(t.Context(), who, s.lesson, "device")
		if err != nil {
			t.Fatal(err)
		}
		st, err := store.State(t.Context(), ids[i], o.Play.ID)
		if err != nil {
			t.Fatal(err)
		}
		revision := st.Progress.Revision
		st.Progress.LastPositionMs = 7000
		changes[i] = learning.Change{State: st, Revision: revision}
		if i%2 == 1 { // its check is answered meanwhile: the next one is due later
			exec(t, s.db, "UPDATE plays SET presence_due_ms = presence_due_ms + 180000 WHERE id = $1", o.Play.ID)
		}
	}
	for i, err := range together(people, func(i int) error {
		saved, err := store.Save(context.Background(), changes[i])
		if err == nil && saved != (i%2 == 0) {
			return fmt.Errorf("saved: %v", saved)
		}
		return err
	}) {
		if err != nil {
			t.Errorf("person %d: %v", i, err)
		}
	}
	for i, id := range ids {
		if n := s.count(t, "SELECT count(*) FROM lesson_progress WHERE person_id = $1 AND last_position_ms = 7000", id); n != 1-i%2 {
			t.Errorf("person %d: %d written", i, n)
		}
	}
}
