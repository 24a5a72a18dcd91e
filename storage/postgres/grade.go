package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// Gradable implements exam.AttemptStore.
func (s *AttemptStore) Gradable(ctx context.Context, attemptIDs []string) ([]exam.Gradable, error) {
	rows, err := s.Pool.Query(ctx, `SELECT a.id, a.pass_mark_milli, a.hours_centi, a.exam_state, a.paper_hash, a.correction_hash, `+answersColumn+`
FROM unnest($1::uuid[]) AS r (id) CROSS JOIN LATERAL (
  SELECT a.id, x.pass_mark_milli, x.hours_centi, x.state AS exam_state, x.paper_hash, x.correction_hash
  FROM attempts a JOIN exams x ON x.id = a.exam_id WHERE a.id = r.id AND a.state = 'submitted' OFFSET 0) a`, attemptIDs)
	if err != nil {
		return nil, fmt.Errorf("read submitted attempts: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (g exam.Gradable, err error) {
		var state string
		var hash, correction []byte
		var folded [][]int32
		err = r.Scan(&g.AttemptID, &g.PassMarkMilli, &g.HoursCenti, &state, &hash, &correction, &folded)
		g.ExamState = exam.State(state)
		copy(g.PaperHash[:], hash)
		copy(g.Correction[:], correction)
		for _, f := range folded {
			g.Answers = append(g.Answers, exam.Answer{Item: int(f[0]), Seq: int(f[1]), Choice: exam.Choice(f[2])})
		}
		return g, err
	})
	return list, fail(err, "read submitted attempts", "")
}

// KeepGrades implements exam.AttemptStore. Nothing can add an answer to a
// submitted attempt, so what was read without a lock is still what counts; the
// change of state decides which of several graders keeps its grade. Locked in
// the order of their ids, so that two graders of the same attempts take turns.
func (s *AttemptStore) KeepGrades(ctx context.Context, list []exam.NewGrade) (int, error) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b exam.NewGrade) int { return strings.Compare(a.AttemptID, b.AttemptID) })
	n := len(list)
	ids, marks, choices := make([]string, n), make([]string, n), make([]string, n)
	versions, scores, totals, passed := make([]int32, n), make([]int32, n), make([]int32, n), make([]bool, n)
	corrections := make([][]byte, n)
	var owners, kinds, queues, payloads []string
	for i, in := range list {
		g := &in.Grade
		ids[i], marks[i], choices[i], passed[i] = in.AttemptID, array(g.Marks), array(g.Choices), g.Passed
		versions[i], scores[i], totals[i] = int32(g.Version), int32(g.ScoreMilli), int32(g.TotalMilli) //nolint:gosec // bounded by the paper's rules
		corrections[i] = hashOrNil(g.Correction)
		for _, j := range in.Jobs {
			b, err := json.Marshal(j)
			if err != nil {
				return 0, fmt.Errorf("encode job %s: %w", j.Kind(), err)
			}
			owners, kinds, queues, payloads = append(owners, in.AttemptID), append(kinds, j.Kind()), append(queues, job.QueueOf(j)), append(payloads, string(b))
		}
	}
	var kept int
	err := s.Pool.QueryRow(ctx, `WITH asked AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::int4[], $3::int4[], $4::int4[], $5::bool[], $6::text[], $7::text[], $8::bytea[])
    AS g (id, version, score, total, passed, marks, choices, correction)),
held AS MATERIALIZED (SELECT g.* FROM asked g CROSS JOIN LATERAL (
  SELECT id FROM attempts WHERE id = g.id AND state = 'submitted' FOR UPDATE) a),
up AS (UPDATE attempts a SET state = 'graded', graded_at = clock_timestamp(), grading_version = h.version, score_milli = h.score, passed = h.passed
  FROM held h WHERE a.id = h.id RETURNING h.*),
kept AS (INSERT INTO grades (attempt_id, grading_version, score_milli, total_milli, passed, marks, choices, correction_hash)
  SELECT id, version, score, total, passed, marks::int4[], choices::int4[], correction FROM up),
queued AS (INSERT INTO outbox (id, kind, queue, payload) SELECT gen_random_uuid(), j.kind, j.queue, j.payload::jsonb
  FROM up JOIN unnest($9::uuid[], $10::text[], $11::text[], $12::text[]) AS j (owner, kind, queue, payload) ON j.owner = up.id)
SELECT count(*) FROM up`, ids, versions, scores, totals, passed, marks, choices, corrections, owners, kinds, queues, payloads).Scan(&kept)
	return kept, fail(err, "keep grades", "")
}

// array writes numbers as PostgreSQL's array literal.
func array[N ~int | ~int32](list []N) string {
	b := []byte{'{'}
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return string(append(b, '}'))
}
