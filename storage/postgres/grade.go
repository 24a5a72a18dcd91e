package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/domain/exam"
	"zhixing/domain/job"
)

// SubmitDue implements exam.AttemptStore. What a save is holding at this moment
// is skipped and met by the next sweep.
func (s *AttemptStore) SubmitDue(ctx context.Context, limit int) ([]string, error) {
	kind := job.GradeAttempt{}
	rows, err := s.Pool.Query(ctx, `WITH due AS (
  SELECT id FROM attempts WHERE state = 'in_progress' AND check_at < clock_timestamp() ORDER BY check_at LIMIT $1 FOR UPDATE SKIP LOCKED),
up AS (UPDATE attempts a SET state = 'submitted', submitted_at = a.due_at, submitted_by = 'clock' FROM due WHERE a.id = due.id RETURNING a.id),
queued AS (INSERT INTO outbox (id, kind, queue, payload) SELECT gen_random_uuid(), $2, $3, jsonb_build_object('attempt_id', up.id) FROM up)
SELECT id FROM up`, limit, kind.Kind(), kind.Queue())
	if err != nil {
		return nil, fmt.Errorf("submit due attempts: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, fail(err, "submit due attempts", "")
}

// Ungraded implements exam.AttemptStore.
func (s *AttemptStore) Ungraded(ctx context.Context, olderThan time.Duration, limit int) ([]string, error) {
	rows, err := s.Pool.Query(ctx, `SELECT id FROM attempts WHERE state = 'submitted' AND submitted_at < clock_timestamp() - $1 * interval '1 second'
ORDER BY submitted_at LIMIT $2`, olderThan.Seconds(), limit)
	if err != nil {
		return nil, fmt.Errorf("find ungraded attempts: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, fail(err, "find ungraded attempts", "")
}

// KeepGrade implements exam.AttemptStore. Nothing can add an answer to a
// submitted attempt, so what was read without a lock is still what counts; the
// change of state decides which of several graders keeps its grade.
func (s *AttemptStore) KeepGrade(ctx context.Context, attemptID string, g exam.Grade, jobs ...job.Job) (bool, error) {
	kinds, queues, payloads := make([]string, len(jobs)), make([]string, len(jobs)), make([]string, len(jobs))
	for i, j := range jobs {
		b, err := json.Marshal(j)
		if err != nil {
			return false, fmt.Errorf("encode job %s: %w", j.Kind(), err)
		}
		kinds[i], queues[i], payloads[i] = j.Kind(), job.QueueOf(j), string(b)
	}
	marks, choices := make([]int32, len(g.Marks)), make([]int32, len(g.Choices))
	for i := range g.Marks {
		marks[i], choices[i] = int32(g.Marks[i]), int32(g.Choices[i]) //nolint:gosec // bounded by the paper's rules
	}
	var n int
	err := s.Pool.QueryRow(ctx, `WITH up AS (
  UPDATE attempts SET state = 'graded', graded_at = clock_timestamp(), grading_version = $2, score_milli = $3, passed = $4
  WHERE id = $1 AND state = 'submitted' RETURNING id),
kept AS (INSERT INTO grades (attempt_id, grading_version, score_milli, total_milli, passed, marks, choices, correction_hash)
  SELECT id, $2, $3, $5, $4, $6, $7, $11 FROM up),
queued AS (INSERT INTO outbox (id, kind, queue, payload) SELECT gen_random_uuid(), j.kind, j.queue, j.payload::jsonb
  FROM up, unnest($8::text[], $9::text[], $10::text[]) AS j (kind, queue, payload))
SELECT count(*) FROM up`, attemptID, g.Version, g.ScoreMilli, g.Passed, g.TotalMilli, marks, choices, kinds, queues, payloads, hashOrNil(g.Correction)).Scan(&n)
	return n == 1, fail(err, "keep grade", "")
}
