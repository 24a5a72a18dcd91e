package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/domain"
	"zhixing/domain/exam"
)

// myExamsSQL reads exams as one person ($1) meets them: those that he has an
// attempt of, and those whose audience he is in.
var myExamsSQL = "SELECT " + attemptColumns + ", " + examColumns + `, x.description,
  (SELECT count(*) FROM attempts u WHERE u.exam_id = x.id AND u.person_id = $1 AND u.state <> 'ready' AND ` + usesUp("u") + `),
  CASE WHEN a.state = 'graded' THEN (SELECT g.total_milli FROM grades g WHERE g.attempt_id = a.id AND g.grading_version = a.grading_version) ELSE 0 END
FROM exams x LEFT JOIN LATERAL (
  SELECT * FROM attempts l WHERE l.exam_id = x.id AND l.person_id = $1
    AND (l.state <> 'voided' OR EXISTS (SELECT 1 FROM attempt_voids w WHERE w.attempt_id = l.id)) ORDER BY l.number DESC LIMIT 1) a ON true
WHERE x.state = 'published' AND (a.id IS NOT NULL OR audience_matches(x.audience, $1, civil_today()))`

func scanMyExam(row pgx.Row) (*exam.MyExam, time.Time, error) {
	var a attemptScan
	var x examScan
	var m exam.MyExam
	if err := row.Scan(append(append(a.into(), x.into()...), &x.Description, &m.AttemptsUsed, &m.TotalMilli)...); err != nil {
		return nil, time.Time{}, err
	}
	m.Exam, m.Attempt = x.exam(), a.attempt()
	return &m, x.now, nil
}

// MyExam implements exam.AttemptStore.
func (s *AttemptStore) MyExam(ctx context.Context, personID, examID string) (*exam.MyExam, time.Time, error) {
	m, now, err := scanMyExam(s.Pool.QueryRow(ctx, myExamsSQL+" AND x.id = $2", personID, examID))
	return m, now, fail(err, "read exam", "exam.not_found")
}

var phaseConditions = map[exam.Phase]string{
	"":            "",
	exam.Upcoming: " AND x.opens_at > clock_timestamp()",
	exam.Open:     " AND x.opens_at <= clock_timestamp() AND x.closes_at > clock_timestamp()",
	exam.Closed:   " AND x.closes_at <= clock_timestamp()",
}

// MyExams implements exam.AttemptStore: latest opening first.
func (s *AttemptStore) MyExams(ctx context.Context, personID string, f exam.MyFilter, p domain.Paging) (domain.Page[exam.MyExam], time.Time, error) {
	var page domain.Page[exam.MyExam]
	now := time.Time{}
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return page, now, err
	}
	sql, args := myExamsSQL+phaseConditions[f.Phase], []any{personID, p.Size() + 1}
	if key != nil {
		at, err := time.Parse(time.RFC3339Nano, key[0])
		if err != nil {
			return page, now, domain.E(domain.Invalid, "page.bad_token")
		}
		sql, args = sql+" AND (x.opens_at, x.id) < ($3, $4)", append(args, at, key[1])
	}
	rows, err := s.Pool.Query(ctx, sql+" ORDER BY x.opens_at DESC, x.id DESC LIMIT $2", args...)
	if err != nil {
		return page, now, fmt.Errorf("list exams: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (exam.MyExam, error) {
		m, at, err := scanMyExam(r)
		if err != nil {
			return exam.MyExam{}, err
		}
		now = at
		return *m, nil
	})
	if err != nil {
		return page, now, fmt.Errorf("list exams: %w", err)
	}
	if now.IsZero() {
		if err := s.Pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
			return page, now, fmt.Errorf("read the clock: %w", err)
		}
	}
	return domain.Cut(list, p.Size(), func(m exam.MyExam) []string {
		return []string{m.Exam.OpensAt.UTC().Format(time.RFC3339Nano), m.Exam.ID}
	}), now, nil
}
