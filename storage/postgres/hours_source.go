package postgres

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"zhixing/domain/hours"
	"zhixing/domain/job"
	"zhixing/domain/learning"

	"github.com/uptrace/bun"
)

// completionFacts is what the digest of a lesson's evidence covers: the row of
// the completion, which is never changed.
type completionFacts struct {
	ID               string `json:"id"`
	PersonID         string `json:"person_id"`
	LessonID         string `json:"lesson_id"`
	MediaVersion     int    `json:"media_version"`
	PlayID           string `json:"play_id"`
	CoveredMS        int64  `json:"covered_ms"`
	DurationMS       int64  `json:"duration_ms"`
	ThresholdPercent int    `json:"threshold_percent"`
	CompletedAt      int64  `json:"completed_at"` // microseconds
}

// completion reads a completion with what it is worth.
func (s *HoursStore) completion(ctx context.Context, id string) (f completionFacts, at time.Time, lesson, course string, centi int, required bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT c.id, c.person_id, c.lesson_id, c.media_version, c.play_id, c.covered_ms, c.duration_ms, c.threshold_percent,
  c.completed_at, l.title, co.title, l.hours_centi, co.required
FROM completions c JOIN lessons l ON l.id = c.lesson_id JOIN courses co ON co.id = l.course_id WHERE c.id = ?`, id).
		Scan(&f.ID, &f.PersonID, &f.LessonID, &f.MediaVersion, &f.PlayID, &f.CoveredMS, &f.DurationMS, &f.ThresholdPercent, &at, &lesson, &course, &centi, &required)
	f.CompletedAt = at.UnixMicro()
	return f, at, lesson, course, centi, required, fail(err, "read completion", "hours.completion_unknown")
}

// LessonEarning implements hours.Ledger.
func (s *HoursStore) LessonEarning(ctx context.Context, completionID string) (*hours.Earning, error) {
	f, at, lesson, course, centi, required, err := s.completion(ctx, completionID)
	if err != nil {
		return nil, err
	}
	return &hours.Earning{
		PersonID: f.PersonID, Source: hours.OnlineVideo, Ref: f.ID, Subject: f.LessonID, Title: course + " · " + lesson,
		AmountCenti: centi, Required: required, At: at, Rule: hours.RuleLessonHours,
		Evidence: hours.Evidence{Kind: hours.EvidenceCompletion, ID: f.ID, Digest: hours.DigestOf(f)},
	}, nil
}

// LessonEvidence implements hours.Reports.
func (s *HoursStore) LessonEvidence(ctx context.Context, completionID string) (*hours.LessonEvidence, error) {
	f, at, lesson, course, _, _, err := s.completion(ctx, completionID)
	if err != nil {
		return nil, err
	}
	v := &hours.LessonEvidence{
		CompletionID: f.ID, LessonID: f.LessonID, LessonTitle: lesson, CourseTitle: course, MediaVersion: f.MediaVersion,
		DurationMS: f.DurationMS, CoveredMS: f.CoveredMS, ThresholdPercent: f.ThresholdPercent, CompletedAt: at, Digest: hours.DigestOf(f),
	}
	// The plays up to the completion; a play opened later earned nothing here.
	err = s.eachRow(ctx, "read plays", func(r scanner) error {
		var (
			p                  hours.PlayEvidence
			from, to           sql.NullInt64
			rate               sql.NullInt32
			wallFrom, wallTill sql.NullTime
		)
		if err := r.Scan(&p.ID, &p.DeviceID, &p.UserAgent, &p.OpenedAt, &from, &to, &rate, &wallFrom, &wallTill); err != nil {
			return err
		}
		if n := len(v.Plays); n == 0 || v.Plays[n-1].ID != p.ID {
			v.Plays = append(v.Plays, p)
		}
		if from.Valid {
			last := &v.Plays[len(v.Plays)-1]
			last.Spans = append(last.Spans, hours.SpanEvidence{
				FromMS: from.Int64, ToMS: to.Int64, RatePercent: int(rate.Int32),
				StartedAt: wallFrom.Time, EndedAt: wallTill.Time,
			})
		}
		return nil
	}, `SELECT p.id, p.device_id, p.user_agent, p.opened_at, lower(sp.media), upper(sp.media), sp.rate_percent, lower(sp.wall), upper(sp.wall)
FROM plays p LEFT JOIN play_spans sp ON sp.play_id = p.id
WHERE p.lesson_id = ? AND p.person_id = ? AND p.media_version = ? AND p.opened_at <= ?
ORDER BY p.opened_at, p.id, sp.seq LIMIT 2000`, f.LessonID, f.PersonID, f.MediaVersion, at)
	if err != nil {
		return nil, err
	}
	return v, s.checksOf(ctx, v.Plays)
}

// checksOf adds the presence checks to plays.
func (s *HoursStore) checksOf(ctx context.Context, plays []hours.PlayEvidence) error {
	by, ids := map[string]*hours.PlayEvidence{}, make([]string, len(plays))
	for i := range plays {
		ids[i], by[plays[i].ID] = plays[i].ID, &plays[i]
	}
	return s.eachRow(ctx, "read checks", func(r scanner) error {
		var id string
		var seq sql.NullInt32
		var asked, until sql.NullTime
		var c learning.Check
		var passed sql.NullBool
		if err := r.Scan(&id, &seq, &asked, &until, &c.AnsweredAt, &passed); err != nil {
			return err
		}
		p := by[id]
		if !seq.Valid {
			p.PastCheck = true
			return nil
		}
		c.AnswerBy, c.Passed = until.Time, passed.Bool
		p.Checks = append(p.Checks, hours.CheckEvidence{Seq: int(seq.Int32), AskedAt: asked.Time, Outcome: c.Outcome()})
		return nil
	}, `SELECT k.play_id, k.seq, k.asked_at, k.answer_by, k.answered_at, k.passed FROM play_checks k WHERE k.play_id IN (?0)
UNION ALL SELECT p.id, NULL, NULL, NULL, NULL, NULL FROM plays p WHERE p.id IN (?0) AND p.presence_missed_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM play_checks k WHERE k.play_id = p.id AND NOT k.passed) ORDER BY 1, 2 LIMIT 2000`, bun.List(ids))
}

// attemptFacts is what the digest of an exam's evidence covers: the grade, which
// is never changed, and what it was given for.
type attemptFacts struct {
	ID             string `json:"id"`
	PersonID       string `json:"person_id"`
	ExamID         string `json:"exam_id"`
	GradingVersion int    `json:"grading_version"`
	ScoreMilli     int    `json:"score_milli"`
	TotalMilli     int    `json:"total_milli"`
	PassMarkMilli  int    `json:"pass_mark_milli"`
	Passed         bool   `json:"passed"`
	SubmittedAt    int64  `json:"submitted_at"` // microseconds
}

type attemptRead struct {
	facts                      attemptFacts
	title, state               string
	by, reason                 string // of the last amendment
	number, centi              int
	started, submitted, graded sql.NullTime
}

// attempt reads an attempt that was graded at some time.
func (s *HoursStore) attempt(ctx context.Context, id string) (a attemptRead, err error) {
	f := &a.facts
	err = s.db.QueryRowContext(ctx, `SELECT a.id, a.person_id, a.exam_id, g.grading_version, g.score_milli, g.total_milli, e.pass_mark_milli, g.passed,
  a.started_at, a.submitted_at, a.graded_at, a.state, a.number, e.title,
  CASE e.state WHEN 'published' THEN e.hours_centi ELSE 0 END, -- a cancelled exam earns nothing
  coalesce(CASE WHEN v.attempt_id IS NOT NULL THEN v.voided_by WHEN e.state = 'cancelled' THEN coalesce(e.cancelled_by, e.created_by)
    ELSE coalesce(r.created_by, d.decided_by) END::text, ''),
  coalesce(CASE WHEN v.attempt_id IS NOT NULL THEN v.reason WHEN e.state = 'cancelled' THEN e.cancel_reason ELSE coalesce(r.reason, d.reason) END, '')
FROM attempts a JOIN exams e ON e.id = a.exam_id
JOIN LATERAL (SELECT * FROM grades g WHERE g.attempt_id = a.id ORDER BY g.grading_version DESC LIMIT 1) g ON true
LEFT JOIN attempt_voids v ON v.attempt_id = a.id LEFT JOIN regrades r ON r.id = g.regrade_id LEFT JOIN late_decisions d ON d.inclusion_id = g.inclusion_id
WHERE a.id = ?`, id).
		Scan(&f.ID, &f.PersonID, &f.ExamID, &f.GradingVersion, &f.ScoreMilli, &f.TotalMilli, &f.PassMarkMilli, &f.Passed,
			&a.started, &a.submitted, &a.graded, &a.state, &a.number, &a.title, &a.centi, &a.by, &a.reason)
	f.SubmittedAt = a.submitted.Time.UnixMicro()
	return a, fail(err, "read attempt", "hours.attempt_not_passed")
}

// ExamEarning implements hours.Ledger.
func (s *HoursStore) ExamEarning(ctx context.Context, attemptID string) (*hours.Earning, error) {
	a, err := s.attempt(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	e := &hours.Earning{
		PersonID: a.facts.PersonID, Source: hours.ExamPass, Ref: a.facts.ID, Subject: a.facts.ExamID, Title: a.title,
		AmountCenti: a.centi, At: a.submitted.Time, Rule: hours.RuleExamBonus, By: a.by, Reason: a.reason,
		Evidence: hours.Evidence{Kind: hours.EvidenceAttempt, ID: a.facts.ID, Digest: hours.DigestOf(a.facts)},
	}
	if a.state != "graded" || !a.facts.Passed { // voided, or not passed: nothing to earn, nothing to take away
		e.AmountCenti = 0
	}
	return e, nil
}

// AttemptEvidence implements hours.Reports.
func (s *HoursStore) AttemptEvidence(ctx context.Context, attemptID string) (*hours.AttemptEvidence, error) {
	a, err := s.attempt(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	v := &hours.AttemptEvidence{
		AttemptID: a.facts.ID, ExamID: a.facts.ExamID, ExamTitle: a.title, Number: a.number, State: a.state,
		StartedAt: timeOrNil(a.started), SubmittedAt: timeOrNil(a.submitted), GradedAt: timeOrNil(a.graded), GradingVersion: a.facts.GradingVersion,
		ScoreMilli: a.facts.ScoreMilli, TotalMilli: a.facts.TotalMilli, PassMarkMilli: a.facts.PassMarkMilli, Passed: a.facts.Passed,
		Digest: hours.DigestOf(a.facts),
	}
	// An entry stands on the grade of its time; a later one is no change of evidence.
	f := a.facts
	return v, s.eachRow(ctx, "read grades", func(r scanner) error {
		err := r.Scan(&f.GradingVersion, &f.ScoreMilli, &f.TotalMilli, &f.Passed)
		v.Earlier = append(v.Earlier, hours.DigestOf(f))
		return err
	}, `SELECT grading_version, score_milli, total_milli, passed FROM grades WHERE attempt_id = ? AND grading_version < ? ORDER BY grading_version`,
		attemptID, a.facts.GradingVersion)
}

// EntriesOf implements hours.Ledger.
func (s *HoursStore) EntriesOf(ctx context.Context, source hours.Source, ref string) ([]hours.Event, error) {
	var out []hours.Event
	return out, s.eachRow(ctx, "read entries of a source", func(r scanner) error {
		e, err := scanEvent(r)
		out = append(out, e)
		return err
	}, `WITH RECURSIVE line AS (
  SELECT id FROM hour_events WHERE kind = 'credit' AND source = ? AND source_ref = ?
  UNION ALL SELECT r.id FROM line JOIN hour_events r ON r.reverses_id = line.id)
SELECT `+eventColumns+` FROM hour_events e JOIN line ON line.id = e.id ORDER BY e.seq`, string(source), ref)
}

// CreditedAttempts implements hours.Ledger.
func (s *HoursStore) CreditedAttempts(ctx context.Context, examID, after string, limit int) ([]string, error) {
	if after == "" {
		after = zeroID
	}
	var ids []string
	err := s.db.NewRaw(`SELECT a.id FROM attempts a JOIN hour_events e ON e.kind = 'credit' AND e.source = 'exam_pass' AND e.source_ref = a.id::text
WHERE a.exam_id = ? AND a.id > ? ORDER BY a.id LIMIT ?`, examID, after, limit).Scan(ctx, &ids)
	return ids, fail(err, "find credited attempts", "")
}

// Uncredited implements hours.Ledger.
func (s *HoursStore) Uncredited(ctx context.Context, since time.Time, limit int) ([]job.Job, error) {
	var out []job.Job
	err := s.eachRow(ctx, "look for completions without credit", func(r scanner) error {
		var j job.CreditLesson
		err := r.Scan(&j.PersonID, &j.LessonID, &j.CompletionID)
		out = append(out, j)
		return err
	}, `SELECT c.person_id, c.lesson_id, c.id FROM completions c JOIN lessons l ON l.id = c.lesson_id AND l.hours_centi > 0
WHERE c.completed_at BETWEEN ? AND clock_timestamp() - interval '30 seconds'
  AND NOT EXISTS (SELECT 1 FROM hour_events e WHERE e.kind = 'credit' AND e.source = 'online_video' AND e.source_ref = c.id::text)
ORDER BY c.completed_at LIMIT ?`, since, limit)
	err = errors.Join(err, s.eachRow(ctx, "look for passed attempts without credit", func(r scanner) error {
		var j job.CreditExam
		err := r.Scan(&j.AttemptID)
		out = append(out, j)
		return err
	}, `SELECT a.id FROM attempts a JOIN exams x ON x.id = a.exam_id AND x.hours_centi > 0 AND x.state = 'published'
WHERE a.state = 'graded' AND a.passed AND a.graded_at BETWEEN ? AND clock_timestamp() - interval '30 seconds'
  AND NOT EXISTS (SELECT 1 FROM hour_events e WHERE e.kind = 'credit' AND e.source = 'exam_pass' AND e.source_ref = a.id::text)
ORDER BY a.graded_at LIMIT ?`, since, limit))
	return out, err
}

// UnitName returns the name of a unit, for the heading of a report; "" for all.
func (s *HoursStore) UnitName(ctx context.Context, id string) (string, error) {
	if strings.TrimSpace(id) == "" {
		return "", nil
	}
	var name string
	err := s.db.NewRaw("SELECT name FROM units WHERE id = ?", id).Scan(ctx, &name)
	return name, fail(err, "read unit", "hours.unit_unknown")
}
