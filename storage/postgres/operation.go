package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/domain"
	"zhixing/domain/exam"
)

// saveAnswersSQL is the whole of a save. The row lock is shared: saves of one
// attempt run side by side, but none beside a submit, a take-over or the sweep,
// which lock it alone. The clock is read after the lock is held.
const saveAnswersSQL = `WITH held AS MATERIALIZED (
  SELECT id, state, epoch, submitted_by, due_at, check_at, held_at FROM attempts WHERE id = $1 AND person_id = $2 FOR SHARE),
guard AS MATERIALIZED (SELECT held.*, clock_timestamp() AS t FROM held),
kept AS (
  INSERT INTO attempt_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac)
  SELECT g.id, s.op_id, g.t, s.seq, s.choice, g.epoch, s.item, s.mac
  FROM guard g, unnest($4::uuid[], $5::int2[], $6::int4[], $7::int4[], $8::bytea[]) AS s (op_id, item, seq, choice, mac)
  WHERE g.state = 'in_progress' AND g.epoch = $3 AND g.t <= g.check_at
  ON CONFLICT DO NOTHING RETURNING server_seq)
SELECT g.state, g.epoch, coalesce(g.submitted_by, ''), g.due_at, g.check_at, g.held_at, g.t, k.n, k.last
FROM guard g, (SELECT count(*) AS n, coalesce(max(server_seq), 0) AS last FROM kept) k`

// sealLateSQL keeps what came after due + grace, unless it was kept in time
// before. It decides anew under its own lock.
const sealLateSQL = `WITH held AS MATERIALIZED (
  SELECT id, state, epoch, submitted_by, check_at FROM attempts WHERE id = $1 AND person_id = $2 FOR SHARE),
guard AS MATERIALIZED (SELECT held.*, clock_timestamp() AS t FROM held)
INSERT INTO attempt_late_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac)
SELECT g.id, s.op_id, g.t, s.seq, s.choice, g.epoch, s.item, s.mac
FROM guard g, unnest($4::uuid[], $5::int2[], $6::int4[], $7::int4[], $8::bytea[]) AS s (op_id, item, seq, choice, mac)
WHERE g.epoch = $3 AND ((g.state = 'in_progress' AND g.t > g.check_at)
    OR (g.state IN ('submitted', 'marking', 'graded') AND g.submitted_by = 'clock'))
  AND NOT EXISTS (SELECT 1 FROM attempt_operations o WHERE o.attempt_id = g.id AND o.op_id = s.op_id)
ON CONFLICT DO NOTHING`

// Save implements exam.AttemptStore.
func (s *AttemptStore) Save(ctx context.Context, in exam.Save) (*exam.Saved, error) {
	if out := plantedSave(s, in); out != nil {
		return out, nil
	}
	if out, err := s.saves.do(ctx, in); err == nil && out != nil {
		return out, nil
	}
	return s.saveNow(ctx, in) // it has an answer to everything
}

func (s *AttemptStore) saveNow(ctx context.Context, in exam.Save) (*exam.Saved, error) {
	n := len(in.Operations)
	ids, items := make([][16]byte, n), make([]int16, n)
	seqs, choices := make([]int32, n), make([]int32, n)
	for i, o := range in.Operations {
		ids[i], items[i], seqs[i], choices[i] = o.ID, int16(o.Item), int32(o.Seq), int32(o.Choice) //nolint:gosec // bounded by CheckBatch and the paper
	}
	out := &exam.Saved{}
	var count int
	var state, by string
	var due, check, held *time.Time
	args := []any{in.AttemptID, in.PersonID, in.Epoch, ids, items, seqs, choices, in.Seals}
	err := s.Pool.QueryRow(ctx, saveAnswersSQL, args...).
		Scan(&state, &out.Guard.Epoch, &by, &due, &check, &held, &out.Guard.Now, &count, &out.ServerSeq)
	if err != nil {
		return nil, fail(err, "save answers", "exam.attempt_not_found")
	}
	out.Guard.State, out.Guard.SubmittedBy = exam.AttemptState(state), exam.Submitter(by)
	if due != nil && check != nil {
		out.Guard.DueAt, out.Guard.CheckAt = *due, *check
	}
	if out.Guard.Epoch > 1 {
		out.Guard.TakenOverAt = held
	}
	if count == n {
		out.Kept = ids
		return out, nil
	}
	if verdict, _ := out.Guard.Judge(in.Epoch); verdict == exam.SealLate {
		if _, err := s.Pool.Exec(ctx, sealLateSQL, args...); err != nil {
			return nil, fail(err, "seal late answers", "")
		}
	}
	return out, s.settle(ctx, in, out)
}

// settle answers a save of which not everything was new: a repeat, something
// late, or something refused. It reads afterwards, so that it also sees what
// another request kept at the same moment.
func (s *AttemptStore) settle(ctx context.Context, in exam.Save, out *exam.Saved) error {
	sent := make(map[[16]byte]exam.Operation, len(in.Operations))
	ids := make([][16]byte, 0, len(in.Operations))
	for _, o := range in.Operations {
		sent[o.ID] = o
		ids = append(ids, o.ID)
	}
	rows, err := s.Pool.Query(ctx, operationsSQL+" WHERE k.op_id = ANY($2::uuid[]) ORDER BY k.server_seq", in.AttemptID, ids)
	if err != nil {
		return fmt.Errorf("settle answers: %w", err)
	}
	known, err := pgx.CollectRows(rows, scanKept)
	if err != nil {
		return fmt.Errorf("settle answers: %w", err)
	}
	out.Kept, out.Sealed = nil, nil
	for _, k := range known {
		if k.Operation != sent[k.ID] {
			return domain.E(domain.Conflict, "exam.operation_reused")
		}
		if k.Late {
			out.Sealed = append(out.Sealed, k.ID)
			continue
		}
		out.Kept, out.ServerSeq = append(out.Kept, k.ID), max(out.ServerSeq, k.ServerSeq)
	}
	if len(known) < len(in.Operations) {
		if _, err := out.Guard.Judge(in.Epoch); err != nil {
			return err
		}
		return fmt.Errorf("save answers: %d of %d operations are nowhere", len(in.Operations)-len(known), len(in.Operations))
	}
	return nil
}

const operationsSQL = `SELECT k.op_id, k.item, k.seq, k.choice, k.epoch, k.server_seq, k.received_at, k.mac, k.late FROM (
  SELECT op_id, item, seq, choice, epoch, server_seq, received_at, mac, false AS late FROM attempt_operations WHERE attempt_id = $1
  UNION ALL
  SELECT op_id, item, seq, choice, epoch, server_seq, received_at, mac, true FROM attempt_late_operations WHERE attempt_id = $1) k`

func scanKept(r pgx.CollectableRow) (k exam.Kept, err error) {
	var choice int32
	err = r.Scan(&k.ID, &k.Item, &k.Seq, &choice, &k.Epoch, &k.ServerSeq, &k.ReceivedAt, &k.MAC, &k.Late)
	k.Choice = exam.Choice(choice)
	return k, err
}

// Operations implements exam.AttemptStore.
func (s *AttemptStore) Operations(ctx context.Context, attemptID string, after int64, limit int) ([]exam.Kept, error) {
	rows, err := s.Pool.Query(ctx, operationsSQL+" WHERE k.server_seq > $2 ORDER BY k.server_seq LIMIT $3", attemptID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read operations: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanKept)
	return out, fail(err, "read operations", "")
}
