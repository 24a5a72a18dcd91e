package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"zhixing/domain"
	"zhixing/domain/learning"

	"github.com/jackc/pgx/v5"
)

// What learning reads of lessons, courses and media is in this file alone.
const (
	lessonColumns = `l.id, l.title, c.id, c.title, coalesce(l.medium_id::text, ''), l.media_version, coalesce(m.duration_ms, 0), coalesce(m.has_poster, false),
  l.hours_centi, l.threshold_percent, l.max_rate_percent, l.allow_skip, coalesce(m.run_id IS NOT NULL, false), l.closed_at IS NOT NULL,
  c.presence_every_min * 60, c.presence_answer_s, c.presence_ask, c.presence_on_miss`
	lessonTables = `lessons l JOIN courses c ON c.id = l.course_id JOIN chapters h ON h.id = l.chapter_id LEFT JOIN media m ON m.id = l.medium_id`
)

func lessonFields(l *learning.Lesson) []any {
	return []any{
		&l.ID, &l.Title, &l.CourseID, &l.CourseTitle, &l.MediumID, &l.MediaVersion, &l.DurationMs, &l.HasPoster,
		&l.HoursCenti, &l.Threshold, &l.MaxRate, &l.AllowSkip, &l.Ready, &l.Closed,
		seconds{&l.Presence.Every},
		seconds{&l.Presence.Answer},
		&l.Presence.Ask, &l.Presence.OnMiss,
	}
}

// Lesson implements learning.Store.
func (s *LearningStore) Lesson(ctx context.Context, personID, lessonID string) (*learning.Lesson, error) {
	l := &learning.Lesson{}
	err := s.pool.QueryRow(ctx, "SELECT "+lessonColumns+" FROM "+lessonTables+
		" WHERE l.id = $2 AND l.closed_at IS NULL AND course_open(c, $1)", personID, lessonID).Scan(lessonFields(l)...)
	return l, fail(err, "read lesson", "learning.lesson_not_found")
}

// NotCounted implements learning.Store.
func (s *LearningStore) NotCounted(ctx context.Context, g *learning.Progress) ([]learning.NotCounted, error) {
	rows, err := s.pool.Query(ctx, `SELECT q.reason, lower(x), upper(x), q.last_at FROM (
  SELECT r.reason, range_agg(r.media) - $4::text::int4multirange AS media, max(r.last_at) AS last_at
  FROM plays p JOIN play_refusals r ON r.play_id = p.id
  WHERE p.person_id = $1 AND p.lesson_id = $2 AND p.media_version = $3 GROUP BY r.reason) q
CROSS JOIN LATERAL unnest(q.media) x ORDER BY 2, 3, 1 LIMIT 200`, g.PersonID, g.LessonID, g.MediaVersion, formatSet(g.Covered))
	if err != nil {
		return nil, fmt.Errorf("read refusals: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanNotCounted)
	if err != nil {
		return nil, fmt.Errorf("read refusals: %w", err)
	}
	return list, nil
}

func scanNotCounted(r pgx.CollectableRow) (n learning.NotCounted, err error) {
	return n, r.Scan(&n.Reason, &n.From, &n.To, &n.At)
}

// Record implements learning.Store. The record of a lesson that was begun
// stays readable when the course is closed to the person.
func (s *LearningStore) Record(ctx context.Context, personID, lessonID string) (*learning.Record, error) {
	rec := &learning.Record{}
	err := s.pool.QueryRow(ctx, "SELECT "+lessonColumns+" FROM "+lessonTables+` WHERE l.id = $2 AND (l.closed_at IS NULL AND course_open(c, $1)
  OR EXISTS (SELECT 1 FROM lesson_progress g WHERE g.person_id = $1 AND g.lesson_id = l.id))`, personID, lessonID).Scan(lessonFields(&rec.Lesson)...)
	if err != nil {
		return nil, fail(err, "read lesson", "learning.lesson_not_found")
	}
	rec.Progress = learning.Progress{PersonID: personID, LessonID: lessonID, MediaVersion: rec.Lesson.MediaVersion}
	rows, err := s.pool.Query(ctx, `SELECT media_version, covered::text, last_position_ms, last_play_at, completed_at, revision
FROM lesson_progress WHERE person_id = $1 AND lesson_id = $2 ORDER BY media_version DESC LIMIT 50`, personID, lessonID)
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (g learning.Progress, err error) {
		var covered string
		if err := r.Scan(&g.MediaVersion, &covered, &g.LastPositionMs, &g.LastPlayAt, &g.CompletedAt, &g.Revision); err != nil {
			return g, err
		}
		g.PersonID, g.LessonID = personID, lessonID
		g.Covered, err = parseSet(covered)
		return g, err
	})
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	for _, g := range all {
		if g.MediaVersion == rec.Progress.MediaVersion {
			rec.Progress = g
		} else {
			rec.Earlier = append(rec.Earlier, g)
		}
	}
	if rec.NotCounted, err = s.NotCounted(ctx, &rec.Progress); err != nil {
		return nil, err
	}
	if rec.Completions, err = s.completions(ctx, "person_id = $1 AND lesson_id = $2", personID, lessonID); err != nil {
		return nil, err
	}
	rec.Plays, err = s.plays(ctx, "p.person_id = $1 AND p.lesson_id = $2", personID, lessonID)
	return rec, err
}

func (s *LearningStore) completions(ctx context.Context, where string, args ...any) ([]learning.Completion, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, person_id, lesson_id, media_version, play_id, covered_ms, duration_ms, threshold_percent, completed_at
FROM completions WHERE `+where+" ORDER BY completed_at DESC, id LIMIT 50", args...)
	if err != nil {
		return nil, fmt.Errorf("read completions: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c learning.Completion, err error) {
		return c, r.Scan(&c.ID, &c.PersonID, &c.LessonID, &c.MediaVersion, &c.PlayID, &c.CoveredMs, &c.DurationMs, &c.Threshold, &c.CompletedAt)
	})
	if err != nil {
		return nil, fmt.Errorf("read completions: %w", err)
	}
	return list, nil
}

// plays reads the newest plays under a condition on p, with their spans,
// refusals and marks.
func (s *LearningStore) plays(ctx context.Context, where string, args ...any) ([]learning.PlayRecord, error) {
	rows, err := s.pool.Query(ctx, `SELECT p.id, p.person_id, p.lesson_id, p.media_version, p.device_id, p.user_agent, p.duration_ms, p.max_rate_percent, p.allow_skip,
  p.opened_at, p.closed_at FROM plays p WHERE `+where+fmt.Sprintf(" ORDER BY p.opened_at DESC, p.id DESC LIMIT %d", learning.RecordPlays), args...)
	if err != nil {
		return nil, fmt.Errorf("read plays: %w", err)
	}
	plays, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p learning.PlayRecord, err error) {
		return p, r.Scan(&p.ID, &p.PersonID, &p.LessonID, &p.MediaVersion, &p.DeviceID, &p.UserAgent, &p.DurationMs, &p.MaxRate, &p.AllowSkip, &p.OpenedAt, &p.ClosedAt)
	})
	if err != nil {
		return nil, fmt.Errorf("read plays: %w", err)
	}
	ids := make([]string, len(plays))
	at := map[string]*learning.PlayRecord{}
	for i := range plays {
		ids[i] = plays[i].ID
		at[ids[i]] = &plays[i]
	}
	if err := s.addSpans(ctx, ids, at); err != nil {
		return nil, err
	}
	if err := s.addChecks(ctx, ids, at); err != nil {
		return nil, err
	}
	return plays, s.addMarks(ctx, ids, at)
}

func (s *LearningStore) addSpans(ctx context.Context, ids []string, at map[string]*learning.PlayRecord) error {
	rows, err := s.pool.Query(ctx, `SELECT play_id, seq, lower(media), upper(media), rate_percent, lower(wall), upper(wall)
FROM play_spans WHERE play_id = ANY($1) ORDER BY play_id, seq`, ids)
	if err != nil {
		return fmt.Errorf("read spans: %w", err)
	}
	var id string
	var r learning.Run
	_, err = pgx.ForEachRow(rows, []any{&id, &r.Seq, &r.Media.From, &r.Media.To, &r.Rate, &r.Wall.From, &r.Wall.To}, func() error {
		at[id].Runs = append(at[id].Runs, r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read spans: %w", err)
	}
	rows, err = s.pool.Query(ctx, `SELECT r.play_id, r.reason, lower(x), upper(x), r.last_at FROM play_refusals r
JOIN plays p ON p.id = r.play_id
JOIN lesson_progress g ON g.person_id = p.person_id AND g.lesson_id = p.lesson_id AND g.media_version = p.media_version
CROSS JOIN LATERAL (SELECT x FROM unnest(r.media - g.covered) x ORDER BY x LIMIT 200) u
WHERE r.play_id = ANY($1) ORDER BY r.play_id, 3, 2`, ids)
	if err != nil {
		return fmt.Errorf("read refusals: %w", err)
	}
	var n learning.NotCounted
	_, err = pgx.ForEachRow(rows, []any{&id, &n.Reason, &n.From, &n.To, &n.At}, func() error {
		at[id].NotCounted = append(at[id].NotCounted, n)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read refusals: %w", err)
	}
	return nil
}

func (s *LearningStore) addMarks(ctx context.Context, ids []string, at map[string]*learning.PlayRecord) error {
	rows, err := s.pool.Query(ctx, "SELECT play_id, kind, detail, times, flagged_at, last_at FROM learning_flags WHERE play_id = ANY($1) ORDER BY play_id, flagged_at, kind", ids)
	if err != nil {
		return fmt.Errorf("read marks: %w", err)
	}
	var id, kind string
	var detail []byte
	var times int
	var first, last time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &kind, &detail, &times, &first, &last}, func() error {
		m := learning.Mark{Kind: kind, Times: times, FlaggedAt: first, LastAt: last}
		if err := json.Unmarshal(detail, &m.Detail); err != nil {
			return err
		}
		at[id].Marks = append(at[id].Marks, m)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read marks: %w", err)
	}
	return nil
}

const entryColumns = lessonColumns + ", h.title, (SELECT count(*) FROM chapters b WHERE b.course_id = c.id AND (b.position, b.id) <= (h.position, h.id)), coalesce(g.covered_ms, 0), coalesce(g.last_position_ms, 0), g.last_play_at, g.completed_at"

func entryFields(e *learning.Entry) []any {
	return append(lessonFields(&e.Lesson), &e.ChapterTitle, &e.ChapterNumber, &e.CoveredMs, &e.PositionMs, &e.LastPlayAt, &e.CompletedAt)
}

// Continue implements learning.Store: the lesson last played that is not
// complete; else the first lesson not complete of the course last played.
func (s *LearningStore) Continue(ctx context.Context, personID string) (*learning.Entry, error) {
	const open = " AND l.closed_at IS NULL AND m.run_id IS NOT NULL AND course_open(c, $1) "
	e := &learning.Entry{}
	err := s.pool.QueryRow(ctx, "SELECT "+entryColumns+" FROM "+lessonTables+`
JOIN lesson_progress g ON g.lesson_id = l.id AND g.media_version = l.media_version AND g.person_id = $1
WHERE g.completed_at IS NULL`+open+"ORDER BY g.last_play_at DESC, l.id LIMIT 1", personID).Scan(entryFields(e)...)
	if found, err := none(e, err); err != nil || found != nil {
		return found, fail(err, "read lesson to continue", "")
	}
	err = s.pool.QueryRow(ctx, "SELECT "+entryColumns+" FROM "+lessonTables+`
LEFT JOIN lesson_progress g ON g.lesson_id = l.id AND g.media_version = l.media_version AND g.person_id = $1
WHERE g.completed_at IS NULL AND c.id = (SELECT lg.course_id FROM lesson_progress g JOIN lessons lg ON lg.id = g.lesson_id
  WHERE g.person_id = $1 ORDER BY g.last_play_at DESC LIMIT 1)`+open+"ORDER BY h.position, h.id, l.position, l.id LIMIT 1", personID).Scan(entryFields(e)...)
	found, err := none(e, err)
	return found, fail(err, "read lesson to continue", "")
}

// Recent implements learning.Store. A lesson stands once, with its newest version.
func (s *LearningStore) Recent(ctx context.Context, personID string, p domain.Paging) (domain.Page[learning.Entry], error) {
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return domain.Page[learning.Entry]{}, err
	}
	before, id := "infinity", ""
	if key != nil {
		before, id = key[0], key[1]
		if _, err := time.Parse(time.RFC3339Nano, before); err != nil {
			return domain.Page[learning.Entry]{}, domain.E(domain.Invalid, "page.bad_token")
		}
	}
	rows, err := s.pool.Query(ctx, "SELECT "+entryColumns+" FROM "+lessonTables+`
JOIN lesson_progress g ON g.lesson_id = l.id AND g.person_id = $1
WHERE g.media_version = (SELECT max(n.media_version) FROM lesson_progress n WHERE n.person_id = $1 AND n.lesson_id = l.id)
  AND course_open(c, $1) AND l.closed_at IS NULL AND (g.last_play_at, l.id::text) < ($2::text::timestamptz, $3::text)
ORDER BY g.last_play_at DESC, l.id::text DESC LIMIT $4`, personID, before, id, p.Size()+1)
	if err != nil {
		return domain.Page[learning.Entry]{}, fmt.Errorf("read recent lessons: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e learning.Entry, err error) { return e, r.Scan(entryFields(&e)...) })
	if err != nil {
		return domain.Page[learning.Entry]{}, fmt.Errorf("read recent lessons: %w", err)
	}
	return domain.Cut(list, p.Size(), func(e learning.Entry) []string {
		return []string{e.LastPlayAt.UTC().Format(time.RFC3339Nano), e.ID}
	}), nil
}

// Evidence implements learning.Store.
func (s *LearningStore) Evidence(ctx context.Context, scope domain.Scope, completionID string) (*learning.Evidence, error) {
	e := &learning.Evidence{}
	err := s.db.NewSelect().TableExpr("completions AS k").Join("JOIN people AS p ON p.id = k.person_id").
		Join("JOIN lessons AS l ON l.id = k.lesson_id").Join("JOIN courses AS c ON c.id = l.course_id").
		ColumnExpr("p.name, l.title, c.title").Where("k.id = ?", completionID).Where("?", scopePeople(scope, "p.id")).
		Scan(ctx, &e.PersonName, &e.LessonTitle, &e.CourseTitle)
	if err != nil {
		return nil, fail(err, "read completion", "learning.completion_not_found")
	}
	list, err := s.completions(ctx, "id = $1", completionID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	e.Completion = list[0]
	c := e.Completion
	e.Plays, err = s.plays(ctx, "p.person_id = $1 AND p.lesson_id = $2 AND p.media_version = $3 AND p.opened_at <= $4", c.PersonID, c.LessonID, c.MediaVersion, c.CompletedAt)
	for _, p := range e.Plays {
		for _, r := range p.Runs {
			e.Covered = e.Covered.Union(learning.NewSet(r.Media))
		}
	}
	return e, err
}
