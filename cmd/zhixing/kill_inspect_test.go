package main

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/uptrace/bun"

	"zhixing/storage/postgres"
	"zhixing/storage/postgres/postgrestest"
)

// wrongs are what a drill may leave wrong in attempts, each with the query that
// counts it. TestInspectionSees shows that each can see.
var wrongs = []struct{ what, query string }{
	{
		"attempts with another number of grades than one",
		`SELECT count(*) FROM attempts a WHERE a.state <> 'ready' AND (SELECT count(*) FROM grades g WHERE g.attempt_id = a.id AND g.grading_version = 1) <> 1`,
	},
	{"attempts recorded as finished after their time", `SELECT count(*) FROM attempts WHERE submitted_at > due_at`},
	{"attempts submitted by the clock at another time", `SELECT count(*) FROM attempts WHERE submitted_by = 'clock' AND submitted_at <> due_at`},
	{"people with two attempts", `SELECT count(*) FROM (SELECT person_id FROM attempts GROUP BY person_id HAVING count(*) > 1) x`},
	{"answers kept that came after the time", `SELECT count(*) FROM attempt_operations o JOIN attempts a ON a.id = o.attempt_id WHERE o.received_at > a.check_at`},
}

// inspect compares what the learners were told with what the database holds.
func (a *arena) inspect(t *testing.T, learners []*sitter) findings {
	t.Helper()
	var f findings
	kept := map[string]bool{}
	var ids []string
	if err := a.db.Bun.NewRaw("SELECT op_id::text FROM attempt_operations").Scan(t.Context(), &ids); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		kept[id] = true
	}
	for _, l := range learners {
		for id := range l.acked {
			f.acked++
			if !kept[id] {
				f.lost++
			}
		}
		f.problems = append(f.problems, l.problems...)
	}
	for _, w := range wrongs {
		if n := a.count(t, w.query); n != 0 {
			f.problems = append(f.problems, fmt.Sprintf("%d %s", n, w.what))
		}
	}
	var broken []postgres.Broken
	eventually(t, "the invariants looked at", func() bool {
		var err error
		if broken, err = a.db.Attempts().BrokenInvariants(t.Context()); err != nil {
			t.Log(err) // PostgreSQL may be on its way back
		}
		return err == nil
	})
	for _, b := range broken {
		f.problems = append(f.problems, fmt.Sprintf("invariant %s: attempt %s", b.Name, b.AttemptID))
	}
	clock := a.count(t, "SELECT count(*) FROM attempts WHERE submitted_by = 'clock'")
	if clock == 0 {
		f.problems = append(f.problems, "the clock submitted nobody")
	}
	late := a.count(t, `SELECT coalesce(max(extract(epoch FROM o.created_at - a.check_at) * 1000), 0)::int FROM attempts a
JOIN outbox o ON o.kind = 'exam:grade_attempt' AND o.payload->>'attempt_id' = a.id::text WHERE a.submitted_by = 'clock'`)
	t.Logf("%d answers acknowledged, %d lost; %d attempts submitted by the clock, at most %d ms after due + grace", f.acked, f.lost, clock, late)
	return f
}

// Each thing that the kill test looks for is seen where it is: an attempt as it
// should be, spoilt in one way at a time, by hand and past every trigger and
// constraint that forbids it.
// Seen red: with the five queries made blind, each in the case of its own.
func TestInspectionSees(t *testing.T) {
	db := postgrestest.New(t)
	const id = "00000000-0000-7000-8000-000000000001"
	grade := `INSERT INTO grades (attempt_id, grading_version, score_milli, total_milli, passed, marks, choices) VALUES ('` + id + `', 1, 0, 0, true, '{}', '{}')`
	attempt := func(id string, number int) string {
		return fmt.Sprintf(`INSERT INTO attempts (id, exam_id, person_id, number, state, seed, epoch, started_at, due_at, check_at, submitted_at, submitted_by, graded_at, grading_version)
VALUES ('%s', '00000000-0000-7000-8000-00000000000e', '00000000-0000-7000-8000-00000000000a', %d, 'graded', decode(repeat('00', 16), 'hex'), 1,
  '2026-11-23 08:00Z', '2026-11-23 09:00Z', '2026-11-23 09:00:02Z', '2026-11-23 09:00Z', 'clock', '2026-11-23 09:00:03Z', 1)`, id, number)
	}
	answer := func(at string) string {
		return `INSERT INTO attempt_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac) VALUES ('` + id + `', gen_random_uuid(), '` + at + `', 1, 1, 1, 0, '')`
	}
	sound := []string{"SET LOCAL session_replication_role = replica", attempt(id, 1), grade, answer("2026-11-23 09:00:02Z")}
	tests := []struct {
		name  string
		spoil []string
		want  []string
	}{
		{"nothing", nil, nil},
		{"no grade", []string{"DELETE FROM grades"}, []string{"attempts with another number of grades than one"}},
		{"two grades", []string{"ALTER TABLE grades DROP CONSTRAINT grades_pkey", grade}, []string{"attempts with another number of grades than one"}},
		{"never ended", []string{"DELETE FROM grades", "UPDATE attempts SET state = 'in_progress', submitted_at = NULL, submitted_by = NULL"}, []string{"attempts with another number of grades than one"}},
		{"handed in late", []string{"ALTER TABLE attempts DROP CONSTRAINT attempts_submitted_check", "UPDATE attempts SET submitted_by = 'person', submitted_at = due_at + interval '1 ms'"}, []string{"attempts recorded as finished after their time"}},
		{"ended early", []string{"UPDATE attempts SET submitted_at = due_at - interval '1 ms'"}, []string{"attempts submitted by the clock at another time"}},
		{"a second attempt", []string{attempt("00000000-0000-7000-8000-000000000002", 2), "INSERT INTO grades SELECT '00000000-0000-7000-8000-000000000002', 1, 0, 0, true, '{}', '{}'"}, []string{"people with two attempts"}},
		{"a late answer", []string{answer("2026-11-23 09:00:02.001Z")}, []string{"answers kept that came after the time"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tx, err := db.Bun.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			for _, sql := range slices.Concat(sound, tt.spoil) {
				if _, err := tx.NewRaw(sql).Exec(t.Context()); err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
			}
			if got := seen(t, tx); !slices.Equal(got, tt.want) {
				t.Errorf("seen: %v, want %v", got, tt.want)
			}
		})
	}
}

func seen(t *testing.T, tx bun.IDB) (found []string) {
	t.Helper()
	for _, w := range wrongs {
		var n int
		if err := tx.NewRaw(w.query).Scan(context.WithoutCancel(t.Context()), &n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			found = append(found, w.what)
		}
	}
	return found
}
