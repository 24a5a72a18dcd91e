package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Broken is an attempt that an invariant does not hold for.
type Broken struct {
	Name      string
	AttemptID string
}

// attemptInvariants gives, by name, the attempts for which a promise is broken.
// Tests and drills run them after every fault; no row is the right answer.
var attemptInvariants = []struct{ name, sql string }{
	{
		"a graded attempt has a grade of its version",
		`SELECT a.id FROM attempts a WHERE a.state = 'graded' AND NOT EXISTS
  (SELECT 1 FROM grades g WHERE g.attempt_id = a.id AND g.grading_version = a.grading_version AND g.score_milli = a.score_milli AND g.passed = a.passed)`,
	},
	{
		"one grade per version, and only for what was submitted",
		`SELECT g.attempt_id FROM grades g JOIN attempts a ON a.id = g.attempt_id
GROUP BY g.attempt_id, g.grading_version, a.submitted_at HAVING count(*) > 1 OR a.submitted_at IS NULL`,
	},
	{
		"a grade is the sum of its marks",
		`SELECT g.attempt_id FROM grades g WHERE g.score_milli <> (SELECT coalesce(sum(m), 0) FROM unnest(g.marks) m) OR g.score_milli > g.total_milli`,
	},
	{
		"what was graded is what counts",
		`SELECT g.attempt_id FROM grades g JOIN (
  SELECT DISTINCT ON (attempt_id, item) attempt_id, item, choice FROM attempt_operations ORDER BY attempt_id, item, seq DESC, server_seq DESC) f
  ON f.attempt_id = g.attempt_id WHERE g.grading_version = 1 AND g.choices[f.item + 1] <> f.choice`,
	},
	{
		"what is graded now is what counts with what two persons included",
		`SELECT g.attempt_id FROM grades g JOIN attempts a ON a.id = g.attempt_id AND a.grading_version = g.grading_version JOIN (
  SELECT DISTINCT ON (attempt_id, item) attempt_id, item, choice FROM (
    SELECT attempt_id, item, choice, seq, server_seq FROM attempt_operations
    UNION ALL SELECT l.attempt_id, l.item, l.choice, l.seq, l.server_seq FROM attempt_late_operations l WHERE ` + includedColumn + `) o
  ORDER BY attempt_id, item, seq DESC, server_seq DESC) f
  ON f.attempt_id = g.attempt_id WHERE g.grading_version > 1 AND g.choices[f.item + 1] <> f.choice`,
	},
	{
		"a later grade has a decision behind it, and none is left out",
		`SELECT a.id FROM attempts a JOIN grades g ON g.attempt_id = a.id GROUP BY a.id
HAVING count(*) <> max(g.grading_version) OR max(g.grading_version) <> a.grading_version`,
	},
	{
		"ended by its due time, due within the window",
		`SELECT a.id FROM attempts a JOIN exams x ON x.id = a.exam_id
WHERE a.submitted_at > a.due_at OR a.due_at > x.closes_at OR a.due_at > a.started_at + x.duration_s * interval '1 second'
   OR a.started_at < x.opens_at OR a.check_at <> a.due_at + x.grace_ms * interval '1 millisecond'`,
	},
	{
		"no answer counts that came after due + grace, before the start, or after a hand-in",
		`SELECT o.attempt_id FROM attempt_operations o LEFT JOIN attempts a ON a.id = o.attempt_id
WHERE a.id IS NULL OR a.started_at IS NULL OR o.received_at > a.check_at OR o.received_at < a.started_at
   OR (a.submitted_by = 'person' AND a.submitted_at < a.due_at AND o.received_at > a.submitted_at)`,
	},
	{
		"no answer is both kept and sealed",
		`SELECT l.attempt_id FROM attempt_late_operations l JOIN attempt_operations o USING (attempt_id, op_id)`,
	},
	{
		"what is sealed came late",
		`SELECT l.attempt_id FROM attempt_late_operations l JOIN attempts a ON a.id = l.attempt_id WHERE l.received_at <= a.check_at`,
	},
	{
		"an epoch above 1 has its take-over",
		`SELECT a.id FROM attempts a WHERE a.epoch > 1 AND a.epoch - 1 <> (SELECT count(*) FROM attempt_events e WHERE e.attempt_id = a.id AND e.kind = 'taken_over')`,
	},
	{
		"one open attempt per person and exam",
		`SELECT min(a.id::text)::uuid FROM attempts a WHERE a.state IN ('ready', 'in_progress') GROUP BY a.exam_id, a.person_id HAVING count(*) > 1`,
	},
	{
		"a submitted attempt has a job or is graded",
		`SELECT a.id FROM attempts a WHERE a.state = 'submitted' AND NOT EXISTS
  (SELECT 1 FROM outbox o WHERE o.kind = 'exam:grade_attempt' AND o.payload->>'attempt_id' = a.id::text)`,
	},
}

// BrokenInvariants runs every invariant of attempts and gives what breaks one,
// at most 100 of each.
func (s *AttemptStore) BrokenInvariants(ctx context.Context) ([]Broken, error) {
	var out []Broken
	for _, v := range attemptInvariants {
		rows, err := s.Pool.Query(ctx, v.sql+" LIMIT 100")
		if err != nil {
			return nil, fmt.Errorf("invariant %s: %w", v.name, err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("invariant %s: %w", v.name, err)
		}
		for _, id := range ids {
			out = append(out, Broken{v.name, id})
		}
	}
	return out, nil
}
