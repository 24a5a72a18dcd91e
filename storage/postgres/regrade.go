package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"zhixing/domain"
	"zhixing/domain/exam"
)

func parseUUID(s string) ([16]byte, error) {
	id, err := uuid.Parse(s)
	if err != nil {
		return id, fmt.Errorf("id %q: %w", s, err)
	}
	return id, nil
}

// Exam implements exam.AmendStore.
func (s *AmendStore) Exam(ctx context.Context, id string) (*exam.Exam, error) {
	return (&ExamStore{s.base}).readExam(ctx, id, false)
}

// ExamForUpdate implements exam.AmendStore.
func (s *AmendStore) ExamForUpdate(ctx context.Context, id string) (*exam.Exam, error) {
	return (&ExamStore{s.base}).readExam(ctx, id, true)
}

const regradeColumns = `r.id, r.exam_id, r.number, r.state, r.correction_hash, r.previous_hash, coalesce(r.undoes_id::text, ''), r.reason,
  r.attempts, r.graded, r.changed, r.to_pass, r.to_fail, coalesce(r.cursor::text, ''), r.created_by, coalesce(p.name, ''), r.created_at, r.finished_at`

const regradeTables = " FROM regrades r LEFT JOIN people p ON p.id = r.created_by "

func scanRegrade(row scanner) (*exam.Regrade, error) {
	var r exam.Regrade
	var state string
	var correction, previous []byte
	err := row.Scan(&r.ID, &r.ExamID, &r.Number, &state, &correction, &previous, &r.UndoesID, &r.Reason,
		&r.Attempts, &r.Graded, &r.Changed, &r.ToPass, &r.ToFail, &r.Cursor, &r.CreatedBy, &r.CreatorName, &r.CreatedAt, &r.FinishedAt)
	r.State = exam.RegradeState(state)
	copy(r.Correction[:], correction)
	copy(r.Previous[:], previous)
	return &r, err
}

func (s *AmendStore) regrade(ctx context.Context, where string, args ...any) (*exam.Regrade, error) {
	r, err := scanRegrade(s.db.QueryRowContext(ctx, "SELECT "+regradeColumns+regradeTables+where, args...))
	if err != nil {
		return nil, fail(err, "read regrade", "exam.regrade_not_found")
	}
	return r, nil
}

// UnitsInScope implements exam.AmendStore.
func (s *AmendStore) UnitsInScope(ctx context.Context, scope domain.Scope, ids []string) (all bool, err error) {
	err = s.db.NewRaw("SELECT NOT EXISTS (SELECT 1 FROM unnest(ARRAY[?]::uuid[]) AS asked (id) LEFT JOIN units u ON u.id = asked.id WHERE u.id IS NULL OR NOT ?)",
		bun.List(ids), scopeUnits(scope, "u.path")).Scan(ctx, &all)
	return all, fail(err, "read scope", "")
}

// LastRegrade implements exam.AmendStore.
func (s *AmendStore) LastRegrade(ctx context.Context, examID string) (*exam.Regrade, error) {
	r, err := s.regrade(ctx, "WHERE r.exam_id = ? ORDER BY r.number DESC LIMIT 1", examID)
	if domain.CodeOf(err) == domain.NotFound {
		return nil, nil //nolint:nilnil // most exams are never regraded
	}
	return r, err
}

// Regrade implements exam.AmendStore.
func (s *AmendStore) Regrade(ctx context.Context, id string) (*exam.Regrade, error) {
	return s.regrade(ctx, "WHERE r.id = ?", id)
}

// RegradeForUpdate implements exam.AmendStore.
func (s *AmendStore) RegradeForUpdate(ctx context.Context, id string) (*exam.Regrade, error) {
	return s.regrade(ctx, "WHERE r.id = ? FOR UPDATE OF r", id)
}

// Regrades implements exam.AmendStore: newest first.
func (s *AmendStore) Regrades(ctx context.Context, examID string, p domain.Paging) (domain.Page[exam.Regrade], error) {
	var page domain.Page[exam.Regrade]
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return page, err
	}
	where, args := "WHERE r.exam_id = ?", []any{examID}
	if key != nil {
		n, err := strconv.Atoi(key[0])
		if err != nil {
			return page, domain.E(domain.Invalid, "page.bad_token")
		}
		where, args = where+" AND r.number < ?", append(args, n)
	}
	var list []exam.Regrade
	err = s.eachRow(ctx, "list regrades", func(row scanner) error {
		r, err := scanRegrade(row)
		list = append(list, *r)
		return err
	}, "SELECT "+regradeColumns+regradeTables+where+fmt.Sprintf(" ORDER BY r.number DESC LIMIT %d", p.Size()+1), args...)
	return domain.Cut(list, p.Size(), func(r exam.Regrade) []string { return []string{strconv.Itoa(r.Number)} }), err
}

// InsertRegrade implements exam.AmendStore.
func (s *AmendStore) InsertRegrade(ctx context.Context, r *exam.Regrade) error {
	_, err := s.db.NewRaw(`INSERT INTO regrades (id, exam_id, number, state, correction_hash, previous_hash, undoes_id, reason, created_by, attempts)
SELECT ?0, ?1, ?2, 'running', ?3, ?4, ?5, ?6, ?7, count(*) FROM attempts a WHERE a.exam_id = ?1 AND a.state = 'graded'`,
		r.ID, r.ExamID, r.Number, hashOrNil(r.Correction), hashOrNil(r.Previous), nullable(r.UndoesID), r.Reason, r.CreatedBy).Exec(ctx)
	if err != nil {
		return fail(err, "insert regrade", "", "regrades_running_key", "exam.regrade_running", "regrades_exam_id_number_key", "exam.changed_meanwhile")
	}
	res, err := s.db.NewRaw("UPDATE exams SET correction_hash = ?, regrade_id = ?, updated_at = clock_timestamp() WHERE id = ?",
		hashOrNil(r.Correction), r.ID, r.ExamID).Exec(ctx)
	return mustAffect(res, err, "put correction in force", "exam.not_found")
}

// SaveRegrade implements exam.AmendStore.
func (s *AmendStore) SaveRegrade(ctx context.Context, r *exam.Regrade) error {
	res, err := s.db.NewRaw(`UPDATE regrades SET state = ?, graded = ?, changed = ?, to_pass = ?, to_fail = ?, cursor = ?,
  finished_at = CASE WHEN ? = 'done' THEN clock_timestamp() END WHERE id = ?`,
		string(r.State), r.Graded, r.Changed, r.ToPass, r.ToFail, nullable(r.Cursor), string(r.State), r.ID).Exec(ctx)
	return mustAffect(res, err, "save regrade", "exam.regrade_not_found")
}

// GradedAttempts implements exam.AmendStore. The locks come first and the grades
// are read after them, in a statement of its own: a grade that was being written
// meanwhile is seen.
func (s *AmendStore) GradedAttempts(ctx context.Context, examID, after string, limit int, lock bool) ([]exam.GradedAttempt, error) {
	if after == "" {
		after = zeroID
	}
	query := "SELECT a.id FROM attempts a WHERE a.exam_id = ? AND a.state = 'graded' AND a.id > ? ORDER BY a.id" + fmt.Sprintf(" LIMIT %d", limit)
	if lock {
		query += " FOR UPDATE"
	}
	var ids []string
	if err := s.db.NewRaw(query, examID, after).Scan(ctx, &ids); err != nil || len(ids) == 0 {
		return nil, fail(err, "find graded attempts", "")
	}
	return s.gradesInForce(ctx, ids)
}

// GradedAttempt implements exam.AmendStore.
func (s *AmendStore) GradedAttempt(ctx context.Context, attemptID string) (*exam.GradedAttempt, error) {
	if _, err := s.db.NewRaw("SELECT 1 FROM attempts WHERE id = ? FOR UPDATE", attemptID).Exec(ctx); err != nil {
		return nil, fail(err, "lock attempt", "")
	}
	as, err := s.gradesInForce(ctx, []string{attemptID})
	if err != nil || len(as) == 0 {
		return nil, err
	}
	return &as[0], nil
}

func (s *AmendStore) gradesInForce(ctx context.Context, ids []string) ([]exam.GradedAttempt, error) {
	var out []exam.GradedAttempt
	err := s.eachRow(ctx, "read grades", func(r scanner) error {
		var v exam.GradedAttempt
		var choices []int
		var correction []byte
		err := r.Scan(&v.AttemptID, &v.PersonID, &v.Grade.Version, &v.Grade.ScoreMilli, &v.Grade.TotalMilli, &v.Grade.Passed, pgdialect.Array(&choices), &correction)
		copy(v.Grade.Correction[:], correction)
		for _, c := range choices {
			v.Grade.Choices = append(v.Grade.Choices, exam.Choice(c)) //nolint:gosec // written from one
		}
		out = append(out, v)
		return err
	}, `SELECT a.id, a.person_id, g.grading_version, g.score_milli, g.total_milli, g.passed, g.choices, g.correction_hash
FROM attempts a JOIN grades g ON g.attempt_id = a.id AND g.grading_version = a.grading_version
WHERE a.id IN (?) AND a.state = 'graded' ORDER BY a.id`, bun.List(ids))
	return out, err
}

// AddGrades implements exam.AmendStore.
func (s *AmendStore) AddGrades(ctx context.Context, regradeID string, as []exam.GradedAttempt) error {
	if len(as) == 0 {
		return nil
	}
	rows, ids := make([]gradeInsert, len(as)), make([]string, len(as))
	for i := range as {
		rows[i], ids[i] = rowOfGrade(as[i].AttemptID, &as[i].Grade), as[i].AttemptID
		rows[i].RegradeID = &regradeID
	}
	if _, err := s.db.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fail(err, "add grades", "")
	}
	return s.putInForce(ctx, "g.regrade_id = ? AND a.id IN (?)", regradeID, bun.List(ids))
}

// LeftBehind implements exam.AmendStore. A grader holds its answers for seconds,
// so ten minutes after a regrade nobody can be left behind any more.
func (s *AmendStore) LeftBehind(ctx context.Context, limit int) ([]exam.Straggler, error) {
	var out []exam.Straggler
	return out, s.eachRow(ctx, "look for attempts left behind by a regrade", func(r scanner) error {
		var v exam.Straggler
		err := r.Scan(&v.AttemptID, &v.ExamID, &v.RegradeID)
		out = append(out, v)
		return err
	}, fmt.Sprintf(`SELECT a.id, x.id, x.regrade_id FROM regrades r JOIN exams x ON x.regrade_id = r.id
JOIN attempts a ON a.exam_id = x.id AND a.state = 'graded'
JOIN grades g ON g.attempt_id = a.id AND g.grading_version = a.grading_version
WHERE r.finished_at > clock_timestamp() - interval '10 minutes' AND g.correction_hash IS DISTINCT FROM x.correction_hash
ORDER BY a.id LIMIT %d`, limit))
}
