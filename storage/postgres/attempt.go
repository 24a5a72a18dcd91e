package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/exam"
)

// AttemptStore is exam.AttemptStore. It speaks to the native pool: each step of
// a learner's exam is one prepared statement in one round trip.
type AttemptStore struct {
	*DB
	saves   *combiner[exam.Save, *exam.Saved]
	submits *combiner[submission, *exam.Sitting]
	starts  *combiner[beginning, *exam.Sitting]
}

// Attempts returns the store of attempts.
func (db *DB) Attempts() *AttemptStore {
	return &AttemptStore{
		DB:      db,
		starts:  &combiner[beginning, *exam.Sitting]{run: db.startTogether},
		saves:   &combiner[exam.Save, *exam.Saved]{run: db.saveTogether},
		submits: &combiner[submission, *exam.Sitting]{run: db.submitTogether},
	}
}

var _ exam.AttemptStore = (*AttemptStore)(nil)

// Audit implements audit.Log.
func (s *AttemptStore) Audit(ctx context.Context, e audit.Entry) error { return s.base().Audit(ctx, e) }

// ReceiptKey implements exam.AttemptStore.
func (s *AttemptStore) ReceiptKey(ctx context.Context) ([]byte, error) {
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, fmt.Errorf("receipt key: %w", err)
	}
	return s.SigningKey(ctx, "attempt.receipt", fresh)
}

// Frozen implements exam.AttemptStore.
func (s *AttemptStore) Frozen(ctx context.Context, h exam.Hash) ([]byte, error) {
	var content string
	err := s.Pool.QueryRow(ctx, "SELECT content FROM frozen_papers WHERE hash = $1", h[:]).Scan(&content)
	return []byte(content), fail(err, "read frozen paper", "exam.paper_not_found")
}

// Columns of an attempt (a) and its exam (x), in the order of scanSitting.
const (
	attemptColumns = `a.id, a.exam_id, a.person_id, a.number, a.state, a.seed, a.epoch, a.device_id, a.started_at, a.held_at, a.due_at, a.check_at,
  a.submitted_at, a.submitted_by, a.graded_at, a.grading_version, a.score_milli, a.passed, a.voided_at`
	examColumns = `x.id, x.title, x.state, x.opens_at, x.closes_at, x.duration_s, x.grace_ms, x.pass_mark_milli, x.attempts_allowed,
  x.shuffle_questions, x.shuffle_options, x.review, x.hours_centi, x.paper_hash, x.question_count, x.total_milli, x.correction_hash, clock_timestamp()`
	// What counts of an attempt: the highest counter of each item, as exam.Fold.
	answersColumn = `(SELECT array_agg(ARRAY[f.item::int, f.seq, f.choice]) FROM (
    SELECT DISTINCT ON (o.item) o.item, o.seq, o.choice FROM attempt_operations o WHERE o.attempt_id = a.id
    ORDER BY o.item, o.seq DESC, o.server_seq DESC) f)`
	// The same with the late ones that two persons included: what an attempt that
	// was graded before is graded by now.
	answersInForce = `(SELECT array_agg(ARRAY[f.item::int, f.seq, f.choice]) FROM (
    SELECT DISTINCT ON (o.item) o.item, o.seq, o.choice FROM (
      SELECT o.item, o.seq, o.choice, o.server_seq FROM attempt_operations o WHERE o.attempt_id = a.id
      UNION ALL SELECT l.item, l.seq, l.choice, l.server_seq FROM attempt_late_operations l WHERE l.attempt_id = a.id AND ` + includedColumn + `) o
    ORDER BY o.item, o.seq DESC, o.server_seq DESC) f)`
)

// Correction implements exam.AttemptStore.
func (s *AttemptStore) Correction(ctx context.Context, h exam.Hash) ([]byte, error) {
	var content string
	err := s.Pool.QueryRow(ctx, "SELECT content FROM paper_corrections WHERE hash = $1", h[:]).Scan(&content)
	return []byte(content), fail(err, "read correction", "exam.paper_not_found")
}

// attemptScan takes attemptColumns, also of an outer join that met no attempt.
type attemptScan struct {
	id, examID, personID, state, deviceID, submittedBy *string
	number, epoch, version, score                      *int
	passed                                             *bool
	exam.Attempt
}

func (r *attemptScan) into() []any {
	return []any{
		&r.id, &r.examID, &r.personID, &r.number, &r.state, &r.Seed, &r.epoch, &r.deviceID, &r.StartedAt, &r.HeldAt, &r.DueAt, &r.CheckAt,
		&r.SubmittedAt, &r.submittedBy, &r.GradedAt, &r.version, &r.score, &r.passed, &r.VoidedAt,
	}
}

// attempt is nil when the join met none.
func (r *attemptScan) attempt() *exam.Attempt {
	if r.id == nil {
		return nil
	}
	a := r.Attempt
	a.ID, a.ExamID, a.PersonID, a.Number, a.State = *r.id, *r.examID, *r.personID, *r.number, exam.AttemptState(*r.state)
	a.Epoch, a.DeviceID, a.GradingVersion, a.ScoreMilli, a.Passed = *r.epoch, *r.deviceID, *r.version, *r.score, *r.passed
	if r.submittedBy != nil {
		a.SubmittedBy = exam.Submitter(*r.submittedBy)
	}
	return &a
}

// examScan takes examColumns.
type examScan struct {
	exam.Exam
	now              time.Time
	duration, grace  int
	state, reviewing string
	hash, correction []byte
}

func (r *examScan) into() []any {
	return []any{
		&r.ID, &r.Title, &r.state, &r.OpensAt, &r.ClosesAt, &r.duration, &r.grace, &r.PassMarkMilli, &r.AttemptsAllowed,
		&r.ShuffleQuestions, &r.ShuffleOptions, &r.reviewing, &r.HoursCenti, &r.hash, &r.QuestionCount, &r.TotalMilli, &r.correction, &r.now,
	}
}

func (r *examScan) exam() exam.Exam {
	x := r.Exam
	x.State, x.Review = exam.State(r.state), exam.Review(r.reviewing)
	x.Duration, x.Grace = time.Duration(r.duration)*time.Second, time.Duration(r.grace)*time.Millisecond
	copy(x.PaperHash[:], r.hash)
	copy(x.Correction[:], r.correction)
	return x
}

// scanSitting reads attemptColumns, examColumns and what more there is.
func scanSitting(row pgx.Row, more ...any) (*exam.Sitting, error) {
	var a attemptScan
	var x examScan
	if err := row.Scan(append(append(a.into(), x.into()...), more...)...); err != nil {
		return nil, err
	}
	return &exam.Sitting{Attempt: *a.attempt(), Exam: x.exam(), Now: x.now}, nil
}

func (s *AttemptStore) sitting(ctx context.Context, answers string, where string, args ...any) (*exam.Sitting, error) {
	sql, folded := "SELECT "+attemptColumns+", "+examColumns, [][]int32(nil)
	var more []any
	if answers != "" {
		sql += ", " + answers
		more = append(more, &folded)
	}
	v, err := scanSitting(s.Pool.QueryRow(ctx, sql+" FROM attempts a JOIN exams x ON x.id = a.exam_id WHERE "+where, args...), more...)
	if err != nil {
		return nil, fail(err, "read attempt", "exam.attempt_not_found")
	}
	for _, f := range folded {
		v.Answers = append(v.Answers, exam.Answer{Item: int(f[0]), Seq: int(f[1]), Choice: exam.Choice(f[2])})
		v.LastSeq = max(v.LastSeq, int(f[1]))
	}
	return v, nil
}

// Sitting implements exam.AttemptStore.
func (s *AttemptStore) Sitting(ctx context.Context, attemptID, personID string, answers bool) (*exam.Sitting, error) {
	column := ""
	if answers {
		column = answersColumn
	}
	return s.sitting(ctx, column, "a.id = $1 AND a.person_id = $2", attemptID, personID)
}

// Current implements exam.AttemptStore.
func (s *AttemptStore) Current(ctx context.Context, examID, personID string) (*exam.Sitting, error) {
	return s.sitting(ctx, answersColumn, "a.exam_id = $1 AND a.person_id = $2 AND a.state <> 'voided' ORDER BY a.number DESC LIMIT 1", examID, personID)
}

// ToGrade implements exam.AttemptStore.
func (s *AttemptStore) ToGrade(ctx context.Context, attemptID string) (*exam.Sitting, error) {
	return s.sitting(ctx, answersColumn, "a.id = $1", attemptID)
}

// MintNext implements exam.AttemptStore. The share lock keeps the exam from
// being cancelled between the look and the insert.
func (s *AttemptStore) MintNext(ctx context.Context, examID, personID string, m exam.Mint) error {
	tag, err := s.Pool.Exec(ctx, `INSERT INTO attempts (id, exam_id, person_id, number, seed)
SELECT $3, x.id, $2, (SELECT coalesce(max(a.number), 0) + 1 FROM attempts a WHERE a.exam_id = x.id AND a.person_id = $2), $4
FROM exams x WHERE x.id = $1 AND x.state = 'published' AND clock_timestamp() >= x.opens_at AND clock_timestamp() < x.closes_at
  AND (SELECT count(*) FROM attempts a WHERE a.exam_id = x.id AND a.person_id = $2 AND `+usesUp("a")+`) < x.attempts_allowed
  AND (audience_matches(x.audience, $2, civil_today()) OR EXISTS (SELECT 1 FROM attempts a WHERE a.exam_id = x.id AND a.person_id = $2))
FOR SHARE OF x ON CONFLICT DO NOTHING`, examID, personID, m.AttemptID, m.Seed)
	if err != nil || tag.RowsAffected() == 1 {
		return fail(err, "mint attempt", "")
	}
	mine, now, err := s.MyExam(ctx, personID, examID)
	switch {
	case err != nil:
		return err
	case mine.Attempt != nil && mine.Attempt.State.Open():
		return nil
	case mine.Exam.MayStart(now) != nil:
		return mine.Exam.MayStart(now)
	}
	return domain.E(domain.Conflict, "exam.no_attempts_left", "allowed", mine.Exam.AttemptsAllowed)
}

// TakeOver implements exam.AttemptStore.
func (s *AttemptStore) TakeOver(ctx context.Context, attemptID, personID, deviceID string, e audit.Entry) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("encode audit detail: %w", err)
	}
	tag, err := s.Pool.Exec(ctx, `WITH old AS (
  SELECT id, device_id FROM attempts WHERE id = $1 AND person_id = $2 AND state = 'in_progress' AND clock_timestamp() <= check_at FOR UPDATE),
up AS (UPDATE attempts a SET epoch = epoch + 1, device_id = $3, held_at = clock_timestamp() FROM old WHERE a.id = old.id
  RETURNING a.id, a.epoch, a.device_id, a.held_at, old.device_id AS previous),
event AS (INSERT INTO attempt_events (attempt_id, epoch, kind, at, device_id, previous) SELECT id, epoch, 'taken_over', held_at, device_id, previous FROM up)
SELECT audit_append($2, $4, $5, $6, $7::jsonb || jsonb_build_object('epoch', up.epoch), $8, $9) FROM up`,
		attemptID, personID, deviceID, e.Action, e.SubjectType, e.SubjectID, string(detail), e.RequestID, e.IP)
	if err != nil || tag.RowsAffected() == 1 {
		return fail(err, "take attempt over", "")
	}
	v, err := s.Sitting(ctx, attemptID, personID, false)
	if err != nil {
		return err
	}
	if v.Attempt.State == exam.InProgress {
		return exam.NotOpen(exam.Submitted) // past its time: the sweep is about to end it
	}
	return exam.NotOpen(v.Attempt.State)
}

// Reviewed implements exam.AttemptStore.
func (s *AttemptStore) Reviewed(ctx context.Context, attemptID, personID string) (*exam.Sitting, *exam.GradeRow, error) {
	var g gradeScan
	var uncounted int
	var reason *string
	v, err := scanSitting(s.Pool.QueryRow(ctx, "SELECT "+attemptColumns+", "+examColumns+", "+gradeColumns+`,
  CASE WHEN a.number > 1 THEN (SELECT count(*) FROM attempts o WHERE o.exam_id = a.exam_id AND o.person_id = a.person_id AND o.number < a.number
    AND NOT `+usesUp("o")+`) ELSE 0 END,
  CASE WHEN a.state = 'voided' THEN (SELECT w.reason FROM attempt_voids w WHERE w.attempt_id = a.id) END
FROM attempts a JOIN exams x ON x.id = a.exam_id LEFT JOIN grades g ON g.attempt_id = a.id AND g.grading_version = a.grading_version
WHERE a.id = $1 AND a.person_id = $2`, attemptID, personID), append(g.into(), &uncounted, &reason)...)
	if err != nil {
		return nil, nil, fail(err, "read attempt", "exam.attempt_not_found")
	}
	v.Attempt.Uncounted = uncounted
	if reason != nil {
		v.VoidReason = *reason
	}
	return v, g.grade(), nil
}

// usesUp is the condition that an attempt takes one of the attempts allowed:
// every one does but those voided without counting.
func usesUp(attempt string) string {
	return "(" + attempt + ".state <> 'voided' OR EXISTS (SELECT 1 FROM attempt_voids w WHERE w.attempt_id = " + attempt + ".id AND w.counts))"
}

const gradeColumns = "g.grading_version, g.score_milli, g.total_milli, g.passed, g.marks, g.choices, g.graded_at, g.cause, g.correction_hash"

type gradeScan struct {
	version, score, total *int
	passed                *bool
	marks, choices        []int32
	at                    *time.Time
	cause                 *string
	correction            []byte
}

func (r *gradeScan) into() []any {
	return []any{&r.version, &r.score, &r.total, &r.passed, &r.marks, &r.choices, &r.at, &r.cause, &r.correction}
}

// grade is nil when the join met none.
func (r *gradeScan) grade() *exam.GradeRow {
	if r.version == nil {
		return nil
	}
	g := &exam.GradeRow{Grade: exam.Grade{
		Version: *r.version, Cause: exam.Cause(*r.cause), ScoreMilli: *r.score, TotalMilli: *r.total, Passed: *r.passed,
	}, At: *r.at}
	copy(g.Correction[:], r.correction)
	for i := range r.marks {
		g.Marks = append(g.Marks, int(r.marks[i]))
		g.Choices = append(g.Choices, exam.Choice(r.choices[i]))
	}
	return g
}
