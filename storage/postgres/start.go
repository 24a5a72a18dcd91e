package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"zhixing/domain/exam"
)

// beginning is one call of Start.
type beginning struct{ examID, personID, deviceID string }

const startSQL = `UPDATE attempts a SET state = 'in_progress', epoch = 1, device_id = $3, started_at = c.t, held_at = c.t,
  due_at = least(c.t + x.duration_s * interval '1 second', x.closes_at),
  check_at = least(c.t + x.duration_s * interval '1 second', x.closes_at) + x.grace_ms * interval '1 millisecond'
FROM exams x, (SELECT clock_timestamp() AS t) c
WHERE x.id = $1 AND a.exam_id = x.id AND a.person_id = $2 AND a.state = 'ready'
  AND x.state = 'published' AND c.t >= x.opens_at AND c.t < x.closes_at
RETURNING ` + attemptColumns + ", " + examColumns

// startTogetherSQL begins what is ready and that nobody has locked.
const startTogetherSQL = `WITH held AS MATERIALIZED (
  SELECT a.id, a.exam_id, r.device_id FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS r (exam_id, person_id, device_id)
  CROSS JOIN LATERAL (SELECT id, exam_id FROM attempts
    WHERE exam_id = r.exam_id AND person_id = r.person_id AND state = 'ready' FOR UPDATE SKIP LOCKED) a),
due AS MATERIALIZED (
  SELECT h.id, h.device_id, c.t, least(c.t + x.duration_s * interval '1 second', x.closes_at) AS due_at, x.grace_ms * interval '1 millisecond' AS grace
  FROM held h JOIN exams x ON x.id = h.exam_id, (SELECT clock_timestamp() AS t) c
  WHERE x.state = 'published' AND c.t >= x.opens_at AND c.t < x.closes_at),
up AS (UPDATE attempts a SET state = 'in_progress', epoch = 1, device_id = d.device_id, started_at = d.t, held_at = d.t,
    due_at = d.due_at, check_at = d.due_at + d.grace
  FROM due d WHERE a.id = d.id RETURNING a.*)
SELECT ` + attemptColumns + ", " + examColumns + ` FROM up a JOIN exams x ON x.id = a.exam_id`

// Start implements exam.AttemptStore.
func (s *AttemptStore) Start(ctx context.Context, examID, personID, deviceID string) (*exam.Sitting, error) {
	if v, err := s.starts.do(ctx, beginning{examID, personID, deviceID}); err == nil && v != nil {
		return v, nil
	}
	v, err := scanSitting(s.Pool.QueryRow(ctx, startSQL, examID, personID, deviceID))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing to begin is an answer, not a failure
	}
	return v, fail(err, "start attempt", "")
}

// startTogether begins what was asked for at the same moment. The answer to what
// it passed over is nil: that needs a statement of its own.
func (db *DB) startTogether(ctx context.Context, list []beginning) ([]*exam.Sitting, error) {
	type one struct{ examID, personID string }
	out := make([]*exam.Sitting, len(list))
	var exams, people, devices []string
	at := make(map[one]int, len(list))
	for i, in := range list {
		who := one{in.examID, in.personID}
		if _, twice := at[who]; twice {
			continue
		}
		at[who] = i
		exams, people, devices = append(exams, in.examID), append(people, in.personID), append(devices, in.deviceID)
	}
	rows, err := db.Pool.Query(ctx, startTogetherSQL, exams, people, devices)
	if err != nil {
		return nil, fmt.Errorf("start attempts together: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scanSitting(rows)
		if err != nil {
			return nil, fmt.Errorf("start attempts together: %w", err)
		}
		if i, ok := at[one{v.Attempt.ExamID, v.Attempt.PersonID}]; ok {
			out[i] = v
		}
	}
	return out, fail(rows.Err(), "start attempts together", "")
}
