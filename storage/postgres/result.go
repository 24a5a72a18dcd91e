package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/domain"
	"zhixing/domain/exam"
)

type resultRow struct {
	ID, ExamID, PersonID, State, DeviceID, SubmittedBy string
	Number, Epoch, GradingVersion, ScoreMilli          int
	Passed                                             bool
	StartedAt, HeldAt, DueAt, CheckAt, SubmittedAt     *time.Time
	GradedAt, VoidedAt                                 *time.Time
	PersonName, PersonNumber, UnitName                 string
	LateSaves, Takeovers                               int
}

const resultColumns = `a.id, a.exam_id, a.person_id, a.state, a.device_id, coalesce(a.submitted_by, '') AS submitted_by, a.number, a.epoch,
  a.grading_version, a.score_milli, a.passed, a.started_at, a.held_at, a.due_at, a.check_at, a.submitted_at, a.graded_at, a.voided_at,
  p.name AS person_name, p.number AS person_number,
  coalesce((SELECT u.name FROM memberships m JOIN units u ON u.id = m.unit_id
    WHERE m.person_id = p.id AND m.period @> civil_today() ORDER BY m.tree DESC LIMIT 1), '') AS unit_name,
  (SELECT count(*) FROM attempt_late_operations l WHERE l.attempt_id = a.id) AS late_saves,
  greatest(a.epoch - 1, 0) AS takeovers`

func (r *resultRow) result() exam.Result {
	return exam.Result{
		Attempt: exam.Attempt{
			ID: r.ID, ExamID: r.ExamID, PersonID: r.PersonID, Number: r.Number, State: exam.AttemptState(r.State),
			Epoch: r.Epoch, DeviceID: r.DeviceID, StartedAt: r.StartedAt, HeldAt: r.HeldAt, DueAt: r.DueAt, CheckAt: r.CheckAt,
			SubmittedAt: r.SubmittedAt, SubmittedBy: exam.Submitter(r.SubmittedBy), GradedAt: r.GradedAt, GradingVersion: r.GradingVersion,
			ScoreMilli: r.ScoreMilli, Passed: r.Passed, VoidedAt: r.VoidedAt,
		},
		PersonName: r.PersonName, PersonNumber: r.PersonNumber, UnitName: r.UnitName, LateSaves: r.LateSaves, Takeovers: r.Takeovers,
	}
}

// Results implements exam.AttemptStore: by staff or student number, then attempt.
func (s *AttemptStore) Results(ctx context.Context, scope domain.Scope, f exam.ResultFilter, p domain.Paging) (domain.Page[exam.Result], error) {
	var page domain.Page[exam.Result]
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return page, err
	}
	q := s.Bun.NewSelect().TableExpr("attempts AS a").Join("JOIN people AS p ON p.id = a.person_id").ColumnExpr(resultColumns).
		Where("a.exam_id = ?", f.ExamID).Where("?", scopePeople(scope, "p.id"))
	if f.State != "" {
		q = q.Where("a.state = ?", f.State)
	}
	if f.Passed != nil {
		q = q.Where("a.state = 'graded' AND a.passed = ?", *f.Passed)
	}
	if f.Query != "" {
		q = q.Where("(p.name LIKE ? OR p.number LIKE ?)", likePrefix(f.Query), likePrefix(f.Query))
	}
	if key != nil {
		q = q.Where("(p.number, a.id) > (?, ?)", key[0], key[1])
	}
	var rows []resultRow
	if err := q.OrderExpr("p.number, a.id").Limit(int64(p.Size()+1)).Scan(ctx, &rows); err != nil {
		return page, fmt.Errorf("list results: %w", err)
	}
	list := make([]exam.Result, len(rows))
	for i := range rows {
		list[i] = rows[i].result()
	}
	return domain.Cut(list, p.Size(), func(r exam.Result) []string { return []string{r.PersonNumber, r.ID} }), nil
}

// Summary implements exam.AttemptStore.
func (s *AttemptStore) Summary(ctx context.Context, scope domain.Scope, examID string) (*exam.Summary, error) {
	var v exam.Summary
	err := s.Bun.NewRaw(`SELECT count(*) AS minted, count(*) FILTER (WHERE a.started_at IS NOT NULL) AS started,
  count(*) FILTER (WHERE a.submitted_at IS NOT NULL) AS submitted, count(*) FILTER (WHERE a.state = 'graded') AS graded,
  count(*) FILTER (WHERE a.state = 'graded' AND a.passed) AS passed, count(*) FILTER (WHERE a.state = 'voided') AS voided,
  coalesce(round(avg(a.score_milli) FILTER (WHERE a.state = 'graded')), 0)::int AS average_milli
FROM attempts a WHERE a.exam_id = ? AND ?`, examID, scopePeople(scope, "a.person_id")).Scan(ctx, &v)
	return &v, fail(err, "sum results up", "")
}

// Evidence implements exam.AttemptStore.
func (s *AttemptStore) Evidence(ctx context.Context, scope domain.Scope, attemptID string) (*exam.Evidence, error) {
	var row resultRow
	err := s.Bun.NewSelect().TableExpr("attempts AS a").Join("JOIN people AS p ON p.id = a.person_id").ColumnExpr(resultColumns).
		Where("a.id = ?", attemptID).Where("?", scopePeople(scope, "p.id")).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "read evidence", "exam.attempt_not_found")
	}
	v, err := s.sitting(ctx, answersInForce, "a.id = $1", attemptID)
	if err != nil {
		return nil, err
	}
	e := &exam.Evidence{Result: row.result(), Exam: v.Exam, Now: v.Now, Answers: v.Answers}
	e.Seed = v.Attempt.Seed
	rows, err := s.Pool.Query(ctx, "SELECT kind, at, epoch, device_id, previous FROM attempt_events WHERE attempt_id = $1 ORDER BY epoch LIMIT 1000", attemptID)
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	e.Events, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (v exam.Event, err error) {
		return v, r.Scan(&v.Kind, &v.At, &v.Epoch, &v.DeviceID, &v.Previous)
	})
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	if e.Void, err = s.void(ctx, attemptID); err != nil {
		return nil, err
	}
	err = s.base().eachRow(ctx, "read proposals", func(r scanner) error {
		var p exam.LateInclusion
		err := scanInclusion(r, &p)
		e.Inclusions = append(e.Inclusions, p)
		return err
	}, "SELECT "+inclusionColumns+inclusionTables+"WHERE i.attempt_id = ? ORDER BY i.id DESC LIMIT 100", attemptID)
	if err != nil {
		return nil, err
	}
	rows, err = s.Pool.Query(ctx, "SELECT "+gradeColumns+`, coalesce(rg.reason, ld.reason, ''), coalesce(p.name, '') FROM grades g
LEFT JOIN regrades rg ON rg.id = g.regrade_id LEFT JOIN late_decisions ld ON ld.inclusion_id = g.inclusion_id
LEFT JOIN people p ON p.id = coalesce(rg.created_by, ld.decided_by)
WHERE g.attempt_id = $1 ORDER BY g.grading_version LIMIT 100`, attemptID)
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	e.Grades, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (exam.GradeRow, error) {
		var g gradeScan
		var reason, by string
		if err := r.Scan(append(g.into(), &reason, &by)...); err != nil {
			return exam.GradeRow{}, err
		}
		v := g.grade()
		v.Reason, v.By = reason, by
		return *v, nil
	})
	return e, fail(err, "read evidence", "")
}

// void is the decision that voided an attempt, nil if no person voided it.
func (s *AttemptStore) void(ctx context.Context, attemptID string) (*exam.Void, error) {
	v := exam.Void{AttemptID: attemptID}
	err := s.Pool.QueryRow(ctx, `SELECT w.reason, w.counts, w.voided_by, coalesce(p.name, ''), w.voided_at
FROM attempt_voids w LEFT JOIN people p ON p.id = w.voided_by WHERE w.attempt_id = $1`, attemptID).Scan(&v.Reason, &v.Counts, &v.By, &v.ByName, &v.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // most attempts are not voided
	}
	return &v, fail(err, "read void", "")
}
