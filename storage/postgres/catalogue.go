package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/course"
	"zhixing/domain/media"
)

type listedRow struct {
	bun.BaseModel `bun:"table:courses,alias:c"`
	course.Listed
}

// listed selects the published courses whose audience holds the person today,
// with his progress: completed counts whatever the version of the medium,
// watched only for the one that plays now.
func (s *CourseStore) listed(model any, personID string) *bun.SelectQuery {
	return s.db.NewSelect().Model(model).
		ColumnExpr("c.id, c.title, c.summary, c.category, c.tags, c.teacher_name, c.required, c.published_at, c.updated_at").
		ColumnExpr("t.*").
		ColumnExpr("(c.cover_key <> '' OR c.cover_medium_id IS NOT NULL OR t.lesson_count > 0) AS has_cover").
		ColumnExpr("CASE WHEN t.lesson_count > 0 AND t.done_count >= t.lesson_count THEN 'done' WHEN t.done_count > 0 OR t.covered_ms > 0 THEN 'in_progress' ELSE 'not_started' END AS state").
		Join(`CROSS JOIN LATERAL (
  SELECT count(*) AS lesson_count, count(p.completed_at) AS done_count,
    coalesce(sum(m.duration_ms), 0)::bigint AS duration_ms, coalesce(sum(l.hours_centi), 0) AS hours_centi,
    coalesce(sum(l.hours_centi) FILTER (WHERE p.completed_at IS NOT NULL), 0) AS earned_centi,
    coalesce(sum(p.covered_ms), 0)::bigint AS covered_ms, max(p.last_watched_at) AS last_watched_at
  FROM lessons l JOIN media m ON m.id = l.medium_id AND m.state = 'ready'
  LEFT JOIN LATERAL (`+progressOf+`) p ON true
  WHERE l.course_id = c.id AND l.closed_at IS NULL) t`, personID).
		Where("course_open(c, ?)", personID)
}

const progressOf = `SELECT min(q.completed_at) AS completed_at, max(q.covered_ms) FILTER (WHERE q.media_version = l.media_version) AS covered_ms,
    max(q.last_play_at) AS last_watched_at FROM lesson_progress q WHERE q.person_id = ? AND q.lesson_id = l.id`

// Catalogue implements course.Store.
func (s *CourseStore) Catalogue(ctx context.Context, f course.CatalogueFilter) (domain.Page[course.Listed], error) {
	var page domain.Page[course.Listed]
	key, err := domain.DecodeToken(f.Token, 2)
	if err != nil {
		return page, err
	}
	var rows []listedRow
	q := s.listed(&rows, f.PersonID).OrderExpr("c.published_at DESC, c.id DESC").Limit(int64(f.Size()) + 1)
	if f.Required != nil {
		q.Where("c.required = ?", *f.Required)
	}
	switch f.State {
	case course.Done:
		q.Where("t.lesson_count > 0 AND t.done_count >= t.lesson_count")
	case course.InProgress:
		q.Where("t.done_count < t.lesson_count AND (t.done_count > 0 OR t.covered_ms > 0)")
	case course.NotStarted:
		q.Where("t.done_count = 0 AND t.covered_ms = 0")
	}
	matching(q, f.Query)
	if key != nil {
		q.Where("(c.published_at, c.id) < (?::timestamptz, ?::uuid)", key[0], key[1])
	}
	if err := q.Scan(ctx); err != nil {
		return page, badToken(err, "list catalogue")
	}
	found := make([]course.Listed, len(rows))
	for i := range rows {
		found[i] = rows[i].Listed
	}
	return domain.Cut(found, f.Size(), func(c course.Listed) []string { return []string{c.PublishedAt.Format(time.RFC3339Nano), c.ID} }), nil
}

// Opened implements course.Store.
func (s *CourseStore) Opened(ctx context.Context, personID, courseID string) (*course.Opened, error) {
	head := &listedRow{}
	if err := s.listed(head, personID).Where("c.id = ?", courseID).Scan(ctx); err != nil {
		return nil, fail(err, "open course", "course.not_found")
	}
	var rows []struct {
		ChapterID    string
		ChapterTitle string
		course.OpenedLesson
	}
	err := s.db.NewSelect().TableExpr("lessons AS l").
		ColumnExpr("ch.id AS chapter_id, ch.title AS chapter_title").
		ColumnExpr("l.id, l.title, l.hours_centi, l.threshold_percent, l.allow_skip, l.max_rate_percent").
		ColumnExpr("coalesce(m.duration_ms, 0) AS duration_ms, coalesce(m.state = 'ready', false) AS playable, coalesce(m.state = 'ready' AND m.has_poster, false) AS has_poster").
		ColumnExpr("coalesce(p.covered_ms, 0) AS covered_ms, p.completed_at").
		Join("JOIN chapters AS ch ON ch.id = l.chapter_id").
		Join("LEFT JOIN media AS m ON m.id = l.medium_id").
		Join("LEFT JOIN LATERAL ("+progressOf+") AS p ON true", personID).
		Where("l.course_id = ?", courseID).Where("l.closed_at IS NULL").
		OrderExpr("ch.position, ch.id, l.position, l.id").Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "read open lessons", "")
	}
	o := &course.Opened{Listed: head.Listed, Chapters: []course.OpenedChapter{}}
	for _, r := range rows {
		if n := len(o.Chapters); n == 0 || o.Chapters[n-1].ID != r.ChapterID {
			o.Chapters = append(o.Chapters, course.OpenedChapter{ID: r.ChapterID, Title: r.ChapterTitle})
		}
		last := &o.Chapters[len(o.Chapters)-1]
		last.Lessons = append(last.Lessons, r.OpenedLesson)
	}
	return o, nil
}

// Cover implements course.Store: the picture that was uploaded, else the poster
// that was chosen, else the first lesson's.
func (s *CourseStore) Cover(ctx context.Context, personID string, staff bool, courseID string) (string, error) {
	var key, mediumID, runID string
	err := s.pool.QueryRow(ctx, `SELECT c.cover_key, coalesce(m.id::text, ''), coalesce(m.run_id::text, '')
FROM courses c
LEFT JOIN LATERAL (
  SELECT m.id, m.run_id FROM media m WHERE m.id = c.cover_medium_id AND m.state = 'ready' AND m.has_poster
  UNION ALL
  (SELECT m.id, m.run_id FROM lessons l JOIN chapters ch ON ch.id = l.chapter_id
   JOIN media m ON m.id = l.medium_id AND m.state = 'ready' AND m.has_poster
   WHERE l.course_id = c.id AND l.closed_at IS NULL ORDER BY ch.position, ch.id, l.position, l.id LIMIT 1)
  LIMIT 1) m ON c.cover_key = ''
WHERE c.id = $1 AND ($3 OR course_open(c, $2))`, courseID, personID, staff).Scan(&key, &mediumID, &runID)
	switch {
	case err != nil:
		return "", fail(err, "find cover", "course.not_found")
	case key != "":
		return key, nil
	case mediumID == "":
		return "", domain.E(domain.NotFound, "course.no_cover")
	}
	return media.PosterKey(mediumID, runID), nil
}
