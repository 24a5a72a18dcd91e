package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"zhixing/domain/exam"
)

// saveTogetherSQL is saveAnswersSQL for several attempts in one statement, and
// only for what is ordinary in each: an attempt that is not open to its writer
// just now, or that somebody has locked, is passed over. It waits for nobody, so
// no learner waits for another's lock. $1 to $5 say of each save attempt, person,
// epoch and its stretch of the operations, whose seals are 16 bytes like a uuid.
const saveTogetherSQL = `WITH held AS MATERIALIZED (
  SELECT r.first, r.last, a.* FROM unnest($1::uuid[], $2::uuid[], $3::int4[], $4::int4[], $5::int4[]) AS r (id, person, epoch, first, last)
  CROSS JOIN LATERAL (SELECT id, epoch, due_at, check_at, held_at FROM attempts
    WHERE id = r.id AND person_id = r.person AND state = 'in_progress' AND epoch = r.epoch FOR SHARE SKIP LOCKED) a),
guard AS MATERIALIZED (SELECT held.*, clock_timestamp() AS t FROM held),
kept AS (
  INSERT INTO attempt_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac)
  SELECT g.id, ($6::uuid[])[i], g.t, ($8::int4[])[i], ($9::int4[])[i], g.epoch, ($7::int2[])[i], uuid_send(($10::uuid[])[i])
  FROM guard g CROSS JOIN LATERAL generate_series(g.first, g.last) i WHERE g.t <= g.check_at
  ON CONFLICT DO NOTHING RETURNING attempt_id, server_seq)
SELECT g.id, g.due_at, g.check_at, g.held_at, g.t, k.n, k.last
FROM guard g JOIN (SELECT attempt_id, count(*) AS n, max(server_seq) AS last FROM kept GROUP BY attempt_id) k ON k.attempt_id = g.id`

// saveTogether keeps what came in at the same moment. The answer to a save that
// was not kept whole and anew is nil: it needs a statement of its own.
func (db *DB) saveTogether(ctx context.Context, saves []exam.Save) ([]*exam.Saved, error) {
	out := make([]*exam.Saved, len(saves))
	var attempts, people, ids, seals [][16]byte
	var epochs, firsts, lasts, seqs, choices []int32
	var items []int16
	at := make(map[[16]byte]int, len(saves)) // of an attempt: which save
	for i, in := range saves {
		attempt, err := uuid.Parse(in.AttemptID)
		person, err2 := uuid.Parse(in.PersonID)
		if _, twice := at[attempt]; twice || err != nil || err2 != nil || !sealed(in.Seals) {
			continue
		}
		at[attempt] = i
		attempts, people, epochs = append(attempts, attempt), append(people, person), append(epochs, int32(in.Epoch)) //nolint:gosec // bounded by the API
		firsts = append(firsts, int32(len(ids)+1))                                                                    //nolint:gosec // a few thousand at most
		for k, o := range in.Operations {
			ids, seals = append(ids, o.ID), append(seals, [16]byte(in.Seals[k]))
			items, seqs, choices = append(items, int16(o.Item)), append(seqs, int32(o.Seq)), append(choices, int32(o.Choice)) //nolint:gosec // bounded by CheckBatch and the paper
		}
		lasts = append(lasts, int32(len(ids))) //nolint:gosec // a few thousand at most
	}
	rows, err := db.Pool.Query(ctx, saveTogetherSQL, attempts, people, epochs, firsts, lasts, ids, items, seqs, choices, seals)
	if err != nil {
		return nil, fmt.Errorf("save answers together: %w", err)
	}
	var attempt [16]byte
	var due, check, now time.Time
	var held *time.Time
	var n int
	var last int64
	_, err = pgx.ForEachRow(rows, []any{&attempt, &due, &check, &held, &now, &n, &last}, func() error {
		i := at[attempt]
		in := &saves[i]
		if n != len(in.Operations) {
			return nil
		}
		v := &exam.Saved{ServerSeq: last, Kept: make([][16]byte, n)}
		for k, o := range in.Operations {
			v.Kept[k] = o.ID
		}
		v.Guard = exam.Guard{State: exam.InProgress, Epoch: in.Epoch, DueAt: due, CheckAt: check, Now: now}
		if in.Epoch > 1 {
			v.Guard.TakenOverAt = held
		}
		out[i] = v
		return nil
	})
	return out, fail(err, "save answers together", "")
}

func sealed(seals [][]byte) bool {
	for _, s := range seals {
		if len(s) != 16 {
			return false
		}
	}
	return true
}
