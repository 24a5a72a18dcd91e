package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"zhixing/domain/learning"
)

// seconds scans a number of seconds into a duration.
type seconds struct{ d *time.Duration }

// ScanInt64 implements pgtype.Int64Scanner.
func (s seconds) ScanInt64(v pgtype.Int8) error {
	*s.d = time.Duration(v.Int64) * time.Second
	return nil
}

// dueMs is what plays.presence_due_ms holds of a play.
func dueMs(p *learning.Play) int64 {
	if p.Presence == nil {
		return 0
	}
	return p.Presence.DueMs
}

// planChecks begins the checks of a play that was just opened. What is left of
// the time to the person's next check goes over from the last play that had
// checks; a check of it that was asked and not answered in time is missed now.
func (s *LearningStore) planChecks(ctx context.Context, p *learning.Play) error {
	q := p.Presence
	if q == nil {
		return nil
	}
	var id string
	var closed time.Time
	before := &learning.Presence{}
	err := s.db.NewRaw(`SELECT p.id, p.closed_at, p.presence_interval_ms, p.presence_since,
  p.presence_missed_at IS NOT NULL OR EXISTS (SELECT 1 FROM play_checks k WHERE k.play_id = p.id AND NOT k.passed)
FROM plays p WHERE p.person_id = ? AND p.presence_every_s > 0 AND p.id <> ? ORDER BY p.opened_at DESC, p.id DESC LIMIT 1`, p.PersonID, p.ID).
		Scan(ctx, &id, &closed, &before.IntervalMs, &before.Since, &before.Missed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		before = nil
	case err != nil:
		return fmt.Errorf("read presence before: %w", err)
	}
	q.Begin(before, closed, p.OpenedAt)
	if _, err = s.db.NewRaw(`UPDATE plays SET presence_every_s = ?, presence_answer_s = ?, presence_ask = ?, presence_on_miss = ?, presence_seed = ?,
  presence_interval_ms = ?, presence_due_ms = ?, presence_since = opened_at WHERE id = ?`, int(q.Every.Seconds()), int(q.Answer.Seconds()), q.Ask, q.OnMiss,
		q.Seed, q.IntervalMs, q.DueMs, p.ID).Exec(ctx); err != nil {
		return fmt.Errorf("plan checks: %w", err)
	}
	if before == nil {
		return nil
	}
	return s.missUnanswered(ctx, id, p.PersonID)
}

// missUnanswered marks a check of a closed play whose time to answer is over.
func (s *LearningStore) missUnanswered(ctx context.Context, playID, personID string) error {
	_, err := s.db.NewRaw(`WITH k AS (
  UPDATE plays p SET presence_missed_at = k.answer_by FROM play_checks k
  WHERE p.id = ?0 AND p.presence_missed_at IS NULL AND k.play_id = p.id AND k.answered_at IS NULL AND k.answer_by < clock_timestamp()
  RETURNING k.seq, k.answer_by)
INSERT INTO learning_flags (play_id, kind, person_id, detail, flagged_at, last_at)
SELECT ?0, ?1, ?2, jsonb_build_object('check', k.seq, 'unanswered', true), k.answer_by, k.answer_by FROM k
ON CONFLICT (play_id, kind) DO NOTHING`, playID, learning.FlagPresence, personID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("mark unanswered check: %w", err)
	}
	return nil
}

// PlayForUpdate implements learning.Store.
func (s *LearningStore) PlayForUpdate(ctx context.Context, personID, playID string) (*learning.Play, error) {
	p := &learning.Play{ID: playID, PersonID: personID}
	q := &learning.Presence{}
	var every, answer int
	var since *time.Time
	err := s.db.NewRaw(`SELECT lesson_id, media_version, duration_ms, max_rate_percent, allow_skip, opened_at, closed_at, presence_every_s, presence_answer_s,
  presence_ask, presence_on_miss, presence_seed, presence_passed, presence_interval_ms, presence_due_ms, presence_since, presence_missed_at IS NOT NULL
FROM plays WHERE id = ? AND person_id = ? FOR UPDATE`, playID, personID).
		Scan(ctx, &p.LessonID, &p.MediaVersion, &p.DurationMs, &p.MaxRate, &p.AllowSkip, &p.OpenedAt, &p.ClosedAt, &every, &answer,
			&q.Ask, &q.OnMiss, &q.Seed, &q.Passed, &q.IntervalMs, &q.DueMs, &since, &q.Missed)
	if err != nil {
		return nil, fail(err, "lock play", "learning.play_not_found")
	}
	if every > 0 {
		q.Every, q.Answer, q.Since = time.Duration(every)*time.Second, time.Duration(answer)*time.Second, *since
		p.Presence = q
	}
	return p, nil
}

// Check implements learning.Store.
func (s *LearningStore) Check(ctx context.Context, playID string, seq int) (*learning.Check, error) {
	c := &learning.Check{Seq: seq}
	err := s.db.NewRaw("SELECT asked_at, answer_by, answered_at, answer, passed FROM play_checks WHERE play_id = ? AND seq = ?", playID, seq).
		Scan(ctx, &c.AskedAt, &c.AnswerBy, &c.AnsweredAt, &c.Answer, &c.Passed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // not asked yet, and that is an answer
	}
	if err != nil {
		return nil, fmt.Errorf("read check: %w", err)
	}
	return c, nil
}

// InsertCheck implements learning.Store.
func (s *LearningStore) InsertCheck(ctx context.Context, playID string, c *learning.Check) error {
	_, err := s.db.NewRaw("INSERT INTO play_checks (play_id, seq, asked_at, answer_by) VALUES (?, ?, ?, ?)", playID, c.Seq, c.AskedAt, c.AnswerBy).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert check: %w", err)
	}
	return nil
}

// SaveAnswer implements learning.Store.
func (s *LearningStore) SaveAnswer(ctx context.Context, p *learning.Play, c *learning.Check) error {
	_, err := s.db.NewRaw("UPDATE play_checks SET answered_at = ?, answer = ?, passed = ? WHERE play_id = ? AND seq = ?", c.AnsweredAt, c.Answer, c.Passed, p.ID, c.Seq).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save answer: %w", err)
	}
	q := p.Presence
	if !c.Passed {
		return s.MissCheck(ctx, p, *c.AnsweredAt)
	}
	_, err = s.db.NewRaw("UPDATE plays SET presence_passed = ?, presence_interval_ms = ?, presence_due_ms = ?, presence_since = ? WHERE id = ?",
		q.Passed, q.IntervalMs, q.DueMs, q.Since, p.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save presence: %w", err)
	}
	return nil
}

// MissCheck implements learning.Store.
func (s *LearningStore) MissCheck(ctx context.Context, p *learning.Play, at time.Time) error {
	_, err := s.db.NewRaw("UPDATE plays SET presence_missed_at = ? WHERE id = ? AND presence_missed_at IS NULL AND presence_due_ms = ?", at, p.ID, dueMs(p)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("miss check: %w", err)
	}
	return nil
}

// addChecks reads the checks that were asked in plays.
func (s *LearningStore) addChecks(ctx context.Context, ids []string, at map[string]*learning.PlayRecord) error {
	rows, err := s.pool.Query(ctx, `SELECT play_id, seq, asked_at, answer_by, answered_at, answer, passed
FROM play_checks WHERE play_id = ANY($1) ORDER BY play_id, seq`, ids)
	if err != nil {
		return fmt.Errorf("read checks: %w", err)
	}
	var id string
	var c learning.Check
	_, err = pgx.ForEachRow(rows, []any{&id, &c.Seq, &c.AskedAt, &c.AnswerBy, &c.AnsweredAt, &c.Answer, &c.Passed}, func() error {
		at[id].Checks = append(at[id].Checks, c)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read checks: %w", err)
	}
	return nil
}
