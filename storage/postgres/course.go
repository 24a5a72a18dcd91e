package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/bigram"
	"zhixing/domain/course"
)

// CourseStore is course.Store.
type CourseStore struct{ base }

// Courses returns the store of courses.
func (db *DB) Courses() *CourseStore { return &CourseStore{db.base()} }

var _ course.Store = (*CourseStore)(nil)

type courseRow struct {
	bun.BaseModel `bun:"table:courses,alias:c"`
	course.Course
}

// courseWriteRow also writes what the search reads.
type courseWriteRow struct {
	bun.BaseModel `bun:"table:courses,alias:c"`
	course.Course
	Search string `bun:"type:tsvector"`
}

func writeRow(c *course.Course) *courseWriteRow {
	return &courseWriteRow{Course: *c, Search: bigram.Vector(c.Title, c.TeacherName, strings.Join(c.Tags, " "), c.Category, c.Summary)}
}

type chapterRow struct {
	bun.BaseModel `bun:"table:chapters,alias:ch"`
	course.Chapter
}

type lessonRow struct {
	bun.BaseModel `bun:"table:lessons,alias:l"`
	course.Lesson
}

// InTx implements course.Store.
func (s *CourseStore) InTx(ctx context.Context, fn func(context.Context, course.Store) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &CourseStore{tx}) })
}

// Course implements course.Store.
func (s *CourseStore) Course(ctx context.Context, id string) (*course.Course, error) {
	row := &courseRow{}
	err := s.db.NewSelect().Model(row).Where("c.id = ?", id).Scan(ctx)
	return &row.Course, fail(err, "read course", "course.not_found")
}

// CourseForUpdate implements course.Store.
func (s *CourseStore) CourseForUpdate(ctx context.Context, id string) (*course.Course, error) {
	row := &courseRow{}
	err := s.db.NewSelect().Model(row).Where("c.id = ?", id).For("UPDATE").Scan(ctx)
	return &row.Course, fail(err, "lock course", "course.not_found")
}

type summedRow struct {
	bun.BaseModel `bun:"table:courses,alias:c"`
	course.Summed
}

// summed selects courses with the sums over their open lessons.
func (s *CourseStore) summed(model any) *bun.SelectQuery {
	return s.db.NewSelect().Model(model).
		ColumnExpr("c.id, c.title, c.summary, c.category, c.tags, c.teacher_name, c.required, c.audience, c.state, c.cover_key, c.cover_medium_id, c.presence_every_min, c.presence_answer_s, c.presence_ask, c.presence_on_miss, c.version, c.created_by, c.created_at, c.updated_at, c.published_at").
		ColumnExpr("t.lesson_count, t.ready_count, t.hours_centi, t.duration_ms").
		Join(`CROSS JOIN LATERAL (SELECT count(*) AS lesson_count, count(*) FILTER (WHERE m.state = 'ready') AS ready_count,
  coalesce(sum(l.hours_centi), 0) AS hours_centi, coalesce(sum(m.duration_ms), 0)::bigint AS duration_ms
  FROM lessons l LEFT JOIN media m ON m.id = l.medium_id WHERE l.course_id = c.id AND l.closed_at IS NULL) t`)
}

// Courses implements course.Store.
func (s *CourseStore) Courses(ctx context.Context, f course.Filter) (domain.Page[course.Summed], error) {
	var page domain.Page[course.Summed]
	key, err := domain.DecodeToken(f.Token, 2)
	if err != nil {
		return page, err
	}
	var rows []summedRow
	q := s.summed(&rows).OrderExpr("c.updated_at DESC, c.id DESC").Limit(int64(f.Size()) + 1)
	if len(f.States) > 0 {
		q.Where("c.state IN (?)", bun.List(f.States))
	}
	if f.Category != "" {
		q.Where("c.category = ?", f.Category)
	}
	if f.Required != nil {
		q.Where("c.required = ?", *f.Required)
	}
	matching(q, f.Query)
	if key != nil {
		q.Where("(c.updated_at, c.id) < (?::timestamptz, ?::uuid)", key[0], key[1])
	}
	if err := q.Scan(ctx); err != nil {
		return page, badToken(err, "list courses")
	}
	found := make([]course.Summed, len(rows))
	for i := range rows {
		found[i] = rows[i].Summed
	}
	return domain.Cut(found, f.Size(), func(c course.Summed) []string { return []string{c.UpdatedAt.Format(time.RFC3339Nano), c.ID} }), nil
}

// matching narrows to courses that hold every word of text; a text without any
// word finds nothing.
func matching(q *bun.SelectQuery, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if query := bigram.Query(text); query != "" {
		q.Where("c.search @@ ?::tsquery", query)
	} else {
		q.Where("false")
	}
}

// Outline implements course.Store.
func (s *CourseStore) Outline(ctx context.Context, id string) (*course.Outline, error) {
	head := &summedRow{}
	if err := s.summed(head).Where("c.id = ?", id).Scan(ctx); err != nil {
		return nil, fail(err, "read course", "course.not_found")
	}
	chapters, err := s.Chapters(ctx, id)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		bun.BaseModel `bun:"table:lessons,alias:l"`
		course.LessonMedium
	}
	err = s.db.NewSelect().Model(&rows).
		ColumnExpr("l.id, l.course_id, l.chapter_id, l.title, l.position, l.medium_id, l.media_version, l.hours_centi, l.threshold_percent, l.allow_skip, l.max_rate_percent, l.closed_at, l.created_at").
		ColumnExpr("coalesce(m.filename, '') AS medium_name, coalesce(m.state, '') AS medium_state, coalesce(m.duration_ms, 0) AS duration_ms").
		ColumnExpr("EXISTS (SELECT 1 FROM plays p WHERE p.lesson_id = l.id) AS has_records").
		Join("JOIN chapters ch ON ch.id = l.chapter_id").Join("LEFT JOIN media m ON m.id = l.medium_id").
		Where("l.course_id = ?", id).OrderExpr("ch.position, ch.id, l.position, l.id").Scan(ctx)
	if err != nil {
		return nil, fail(err, "read lessons", "")
	}
	o := &course.Outline{Summed: head.Summed, Chapters: chapters, Lessons: make([]course.LessonMedium, len(rows))}
	for i := range rows {
		o.Lessons[i] = rows[i].LessonMedium
	}
	return o, nil
}

// InsertCourse implements course.Store.
func (s *CourseStore) InsertCourse(ctx context.Context, c *course.Course) error {
	_, err := s.db.NewInsert().Model(writeRow(c)).Exec(ctx)
	return failCourse(err, "insert course")
}

// SaveCourse implements course.Store.
func (s *CourseStore) SaveCourse(ctx context.Context, c *course.Course) error {
	res, err := s.db.NewUpdate().Model(writeRow(c)).ExcludeColumn("created_by", "created_at").WherePK().Exec(ctx)
	if err != nil {
		return failCourse(err, "save course")
	}
	return mustAffect(res, nil, "save course", "course.not_found")
}

// failCourse tells a medium that does not exist from a defect.
func failCourse(err error, doing string) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasSuffix(pg.ConstraintName, "medium_id_fkey") {
		return domain.E(domain.Invalid, "course.medium_not_usable")
	}
	return fail(err, doing, "")
}

// Chapter implements course.Store.
func (s *CourseStore) Chapter(ctx context.Context, id string) (*course.Chapter, error) {
	row := &chapterRow{}
	err := s.db.NewSelect().Model(row).Where("ch.id = ?", id).Scan(ctx)
	return &row.Chapter, fail(err, "read chapter", "course.chapter_not_found")
}

// Chapters implements course.Store.
func (s *CourseStore) Chapters(ctx context.Context, courseID string) ([]course.Chapter, error) {
	var rows []chapterRow
	err := s.db.NewSelect().Model(&rows).Where("ch.course_id = ?", courseID).OrderExpr("ch.position, ch.id").Scan(ctx)
	found := make([]course.Chapter, len(rows))
	for i := range rows {
		found[i] = rows[i].Chapter
	}
	return found, fail(err, "read chapters", "")
}

// InsertChapter implements course.Store.
func (s *CourseStore) InsertChapter(ctx context.Context, ch *course.Chapter) error {
	_, err := s.db.NewInsert().Model(&chapterRow{Chapter: *ch}).Exec(ctx)
	return fail(err, "insert chapter", "")
}

// SaveChapters implements course.Store.
func (s *CourseStore) SaveChapters(ctx context.Context, chs ...course.Chapter) error {
	for _, ch := range chs {
		res, err := s.db.NewUpdate().Model(&chapterRow{Chapter: ch}).Column("title", "position").WherePK().Exec(ctx)
		if err := mustAffect(res, err, "save chapter", "course.chapter_not_found"); err != nil {
			return err
		}
	}
	return nil
}

// RemoveChapter implements course.Store.
func (s *CourseStore) RemoveChapter(ctx context.Context, id string) error {
	res, err := s.db.NewDelete().Model((*chapterRow)(nil)).Where("id = ?", id).Exec(ctx)
	return mustAffect(res, err, "remove chapter", "course.chapter_not_found", "lessons_chapter_id_fkey", "course.chapter_not_empty")
}

// Lesson implements course.Store.
func (s *CourseStore) Lesson(ctx context.Context, id string) (*course.Lesson, error) {
	row := &lessonRow{}
	err := s.db.NewSelect().Model(row).Where("l.id = ?", id).Scan(ctx)
	return &row.Lesson, fail(err, "read lesson", "course.lesson_not_found")
}

// Lessons implements course.Store.
func (s *CourseStore) Lessons(ctx context.Context, courseID string) ([]course.Lesson, error) {
	var rows []lessonRow
	err := s.db.NewSelect().Model(&rows).Where("l.course_id = ?", courseID).OrderExpr("l.chapter_id, l.position, l.id").Scan(ctx)
	found := make([]course.Lesson, len(rows))
	for i := range rows {
		found[i] = rows[i].Lesson
	}
	return found, fail(err, "read lessons", "")
}

// InsertLesson implements course.Store.
func (s *CourseStore) InsertLesson(ctx context.Context, l *course.Lesson) error {
	_, err := s.db.NewInsert().Model(&lessonRow{Lesson: *l}).Exec(ctx)
	return failCourse(err, "insert lesson")
}

// SaveLessons implements course.Store.
func (s *CourseStore) SaveLessons(ctx context.Context, ls ...course.Lesson) error {
	for _, l := range ls {
		res, err := s.db.NewUpdate().Model(&lessonRow{Lesson: l}).ExcludeColumn("course_id", "created_at").WherePK().Exec(ctx)
		if err != nil {
			return failCourse(err, "save lesson")
		}
		if err := mustAffect(res, nil, "save lesson", "course.lesson_not_found"); err != nil {
			return err
		}
	}
	return nil
}

// RemoveLesson implements course.Store.
func (s *CourseStore) RemoveLesson(ctx context.Context, id string) error {
	res, err := s.db.NewDelete().Model((*lessonRow)(nil)).Where("id = ?", id).Exec(ctx)
	return mustAffect(res, err, "remove lesson", "course.lesson_not_found",
		"plays_lesson_id_fkey", "course.lesson_has_records", "lesson_progress_lesson_id_fkey", "course.lesson_has_records",
		"completions_lesson_id_fkey", "course.lesson_has_records")
}

// HasRecords implements course.Store.
func (s *CourseStore) HasRecords(ctx context.Context, lessonID string) (has bool, err error) {
	err = s.db.NewRaw("SELECT EXISTS (SELECT 1 FROM plays WHERE lesson_id = ?)", lessonID).Scan(ctx, &has)
	return has, fail(err, "look for records", "")
}

// Playable implements course.Store.
func (s *CourseStore) Playable(ctx context.Context, courseID string) (n int, err error) {
	err = s.db.NewRaw(`SELECT count(*) FROM lessons l JOIN media m ON m.id = l.medium_id AND m.state = 'ready'
WHERE l.course_id = ? AND l.closed_at IS NULL`, courseID).Scan(ctx, &n)
	return n, fail(err, "count playable lessons", "")
}

// MediumUsable implements course.Store.
func (s *CourseStore) MediumUsable(ctx context.Context, mediumID string) (ok bool, err error) {
	err = s.db.NewRaw("SELECT EXISTS (SELECT 1 FROM media WHERE id = ? AND state NOT IN ('rejected', 'cancelled'))", mediumID).Scan(ctx, &ok)
	return ok, fail(err, "look for medium", "")
}

// AudienceKnown implements course.Store.
func (s *CourseStore) AudienceKnown(ctx context.Context, a domain.Audience) (bool, error) {
	if len(a.Units) == 0 {
		return true, nil
	}
	var n int
	err := s.db.NewRaw("SELECT count(DISTINCT id) FROM units WHERE id::text IN (?) AND closed_on IS NULL", bun.List(a.Units)).Scan(ctx, &n)
	return n == len(a.Units), fail(err, "look for units", "")
}
