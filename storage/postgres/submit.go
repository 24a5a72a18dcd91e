package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"zhixing/domain/exam"
	"zhixing/domain/job"
)

// submission is one call of Submit.
type submission struct {
	attemptID, personID  string
	epoch                int
	kind, queue, payload string // of the grading job
}

// The clock may have won already: then the attempt ends as if the sweep had come
// first. The lock comes before the clock is read, so that no save that it waited
// for is later than the submit.
const submittedSQL = `up AS (UPDATE attempts u SET state = 'submitted', submitted_at = least(clock_timestamp(), due_at),
    submitted_by = CASE WHEN clock_timestamp() <= check_at THEN 'person' ELSE 'clock' END
  FROM held WHERE u.id = held.id RETURNING u.*, held.kind, held.queue, held.payload),
queued AS (INSERT INTO outbox (id, kind, queue, payload) SELECT gen_random_uuid(), kind, queue, payload::jsonb FROM up)
SELECT ` + attemptColumns + ", " + examColumns + ` FROM up a JOIN exams x ON x.id = a.exam_id`

const submitSQL = `WITH held AS MATERIALIZED (
  SELECT id, $4::text AS kind, $5::text AS queue, $6::text AS payload FROM attempts
  WHERE id = $1 AND person_id = $2 AND state = 'in_progress' AND epoch = $3 FOR UPDATE),
` + submittedSQL

// submitTogetherSQL passes over what is locked, so that nobody waits for
// another's lock.
const submitTogetherSQL = `WITH held AS MATERIALIZED (
  SELECT a.id, r.kind, r.queue, r.payload
  FROM unnest($1::uuid[], $2::uuid[], $3::int4[], $4::text[], $5::text[], $6::text[]) AS r (id, person, epoch, kind, queue, payload)
  CROSS JOIN LATERAL (SELECT id FROM attempts
    WHERE id = r.id AND person_id = r.person AND state = 'in_progress' AND epoch = r.epoch FOR UPDATE SKIP LOCKED) a),
` + submittedSQL

// Submit implements exam.AttemptStore.
func (s *AttemptStore) Submit(ctx context.Context, attemptID, personID string, epoch int, j job.Job) (*exam.Sitting, bool, error) {
	payload, err := json.Marshal(j)
	if err != nil {
		return nil, false, fmt.Errorf("encode job: %w", err)
	}
	in := submission{attemptID, personID, epoch, j.Kind(), job.QueueOf(j), string(payload)}
	if v, err := s.submits.do(ctx, in); err == nil && v != nil {
		return v, true, nil
	}
	v, err := scanSitting(s.Pool.QueryRow(ctx, submitSQL, attemptID, personID, epoch, in.kind, in.queue, in.payload))
	if errors.Is(err, pgx.ErrNoRows) {
		v, err = s.Sitting(ctx, attemptID, personID, false)
		return v, false, err
	}
	return v, err == nil, fail(err, "submit attempt", "")
}

// submitTogether ends what was handed in at the same moment. The answer to what
// it passed over is nil: that needs a statement of its own.
func (db *DB) submitTogether(ctx context.Context, list []submission) ([]*exam.Sitting, error) {
	out := make([]*exam.Sitting, len(list))
	var attempts, people, kinds, queues, payloads []string
	var epochs []int32
	at := make(map[string]int, len(list)) // of an attempt: which submission
	for i, in := range list {
		if _, twice := at[in.attemptID]; twice {
			continue
		}
		at[in.attemptID] = i
		attempts, people, epochs = append(attempts, in.attemptID), append(people, in.personID), append(epochs, int32(in.epoch)) //nolint:gosec // bounded by the API
		kinds, queues, payloads = append(kinds, in.kind), append(queues, in.queue), append(payloads, in.payload)
	}
	rows, err := db.Pool.Query(ctx, submitTogetherSQL, attempts, people, epochs, kinds, queues, payloads)
	if err != nil {
		return nil, fmt.Errorf("submit attempts together: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scanSitting(rows)
		if err != nil {
			return nil, fmt.Errorf("submit attempts together: %w", err)
		}
		if i, ok := at[v.Attempt.ID]; ok {
			out[i] = v
		}
	}
	return out, fail(rows.Err(), "submit attempts together", "")
}
