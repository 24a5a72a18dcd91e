package app

import (
	"bytes"
	"context"
	"log/slog"
	"slices"

	"zhixing/domain"
	"zhixing/domain/course"
	"zhixing/domain/media"
)

// Courses is authoring: what trainers do with courses, chapters and lessons.
// Every change locks the course, so that two trainers never mix.
type Courses struct {
	Store   course.Store
	Objects media.Objects // of cover pictures
}

// Create makes a draft. Errors: as course.New, course.bad_audience.
func (u *Courses) Create(ctx context.Context, who Actor, content course.Content) (*course.Outline, error) {
	id := NewID()
	err := u.Store.InTx(ctx, func(ctx context.Context, tx course.Store) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := checkContent(ctx, tx, &content); err != nil {
			return err
		}
		c, err := course.New(id, who.PersonID, content, now)
		if err != nil {
			return err
		}
		if err := tx.InsertCourse(ctx, c); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("course.create", "course", id, "title", c.Title))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Outline(ctx, id)
}

// checkContent looks up what a course refers to.
func checkContent(ctx context.Context, tx course.Store, c *course.Content) error {
	a := &c.Audience
	for _, list := range []*[]string{&a.Kinds, &a.Stages, &a.Ranks, &a.Units} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	known, err := tx.AudienceKnown(ctx, *a)
	if err != nil {
		return err
	}
	if !known {
		return domain.E(domain.Invalid, "course.bad_content").At("body.audience.units", "course.bad_audience")
	}
	return checkMedium(ctx, tx, c.CoverMediumID, "body.cover_medium_id")
}

func checkMedium(ctx context.Context, tx course.Store, mediumID, location string) error {
	if mediumID == "" {
		return nil
	}
	usable, err := tx.MediumUsable(ctx, mediumID)
	if err == nil && !usable {
		return domain.E(domain.Invalid, "course.bad_content").At(location, "course.medium_not_usable")
	}
	return err
}

// change runs fn on the locked course, counts the change and records it.
// version is what the writer has seen, 0 for one who does not say. Error:
// course.changed.
func (u *Courses) change(ctx context.Context, who Actor, id string, version int, action string, fn func(ctx context.Context, tx course.Store, c *course.Course) (detail []any, err error)) (*course.Outline, error) {
	err := u.Store.InTx(ctx, func(ctx context.Context, tx course.Store) error {
		c, err := tx.CourseForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if version != 0 {
			if err := c.Expect(version); err != nil {
				return err
			}
		}
		before := c.Version
		detail, err := fn(ctx, tx, c)
		if err != nil {
			return err
		}
		if c.Version == before {
			now, err := tx.Now(ctx)
			if err != nil {
				return err
			}
			c.Touch(now)
		}
		if err := tx.SaveCourse(ctx, c); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did(action, "course", id, detail...))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Outline(ctx, id)
}

// Change writes new content over version. Errors: course.changed,
// course.bad_content.
func (u *Courses) Change(ctx context.Context, who Actor, id string, version int, content course.Content) (*course.Outline, error) {
	return u.change(ctx, who, id, version, "course.change", func(ctx context.Context, tx course.Store, c *course.Course) ([]any, error) {
		now, err := tx.Now(ctx)
		if err != nil {
			return nil, err
		}
		if err := checkContent(ctx, tx, &content); err != nil {
			return nil, err
		}
		before := *c
		if err := c.Change(version, content, now); err != nil {
			return nil, err
		}
		return []any{"title", c.Title, "required", c.Required, "audience", c.Audience, "audience_before", before.Audience}, nil
	})
}

// Publish opens a course. Errors: course.no_ready_lesson, course.already_published.
func (u *Courses) Publish(ctx context.Context, who Actor, id string) (*course.Outline, error) {
	return u.change(ctx, who, id, 0, "course.publish", func(ctx context.Context, tx course.Store, c *course.Course) ([]any, error) {
		now, err := tx.Now(ctx)
		if err != nil {
			return nil, err
		}
		playable, err := tx.Playable(ctx, id)
		if err != nil {
			return nil, err
		}
		return []any{"playable", playable}, c.Publish(playable, now)
	})
}

// Unpublish takes a course back. Error: course.not_published.
func (u *Courses) Unpublish(ctx context.Context, who Actor, id string) (*course.Outline, error) {
	return u.change(ctx, who, id, 0, "course.unpublish", func(ctx context.Context, tx course.Store, c *course.Course) ([]any, error) {
		now, err := tx.Now(ctx)
		if err != nil {
			return nil, err
		}
		return nil, c.Unpublish(now)
	})
}

// SetCover makes a picture the cover. Errors: as coverJPEG.
func (u *Courses) SetCover(ctx context.Context, who Actor, id string, raw []byte) (*course.Outline, error) {
	if _, err := u.Store.Course(ctx, id); err != nil {
		return nil, err
	}
	jpeg, err := coverJPEG(ctx, raw)
	if err != nil {
		return nil, err
	}
	key := "covers/" + id + "/" + NewID() + ".jpg"
	if err := u.Objects.Put(ctx, key, "image/jpeg", int64(len(jpeg)), bytes.NewReader(jpeg)); err != nil {
		return nil, err
	}
	old := key
	o, err := u.change(ctx, who, id, 0, "course.set_cover", func(_ context.Context, _ course.Store, c *course.Course) ([]any, error) {
		old = c.CoverKey
		c.CoverKey, c.CoverMediumID = key, ""
		return nil, nil
	})
	if err != nil {
		old = key // what was stored is of no use
	}
	if old != "" {
		if rm := u.Objects.RemovePrefix(ctx, old); rm != nil {
			slog.WarnContext(ctx, "remove an old cover", "error", rm)
		}
	}
	return o, err
}

// AddChapter puts a chapter at the end. Errors: as course.NewChapter.
func (u *Courses) AddChapter(ctx context.Context, who Actor, courseID string, version int, title string) (*course.Outline, string, error) {
	id := NewID()
	o, err := u.change(ctx, who, courseID, version, "course.add_chapter", func(ctx context.Context, tx course.Store, _ *course.Course) ([]any, error) {
		chapters, err := tx.Chapters(ctx, courseID)
		if err != nil {
			return nil, err
		}
		ch, err := course.NewChapter(id, courseID, title, len(chapters))
		if err != nil {
			return nil, err
		}
		return []any{"chapter_id", id, "title", ch.Title}, tx.InsertChapter(ctx, ch)
	})
	return o, id, err
}

// RenameChapter changes a heading. Errors: as course.Chapter.Rename.
func (u *Courses) RenameChapter(ctx context.Context, who Actor, id string, version int, title string) (*course.Outline, error) {
	ch, err := u.Store.Chapter(ctx, id)
	if err != nil {
		return nil, err
	}
	return u.change(ctx, who, ch.CourseID, version, "course.rename_chapter", func(ctx context.Context, tx course.Store, _ *course.Course) ([]any, error) {
		ch, err := tx.Chapter(ctx, id) // again, now that the course is locked
		if err != nil {
			return nil, err
		}
		if err := ch.Rename(title); err != nil {
			return nil, err
		}
		return []any{"chapter_id", id, "title", ch.Title}, tx.SaveChapters(ctx, *ch)
	})
}

// RemoveChapter removes an empty chapter. Error: course.chapter_not_empty.
func (u *Courses) RemoveChapter(ctx context.Context, who Actor, id string, version int) (*course.Outline, error) {
	ch, err := u.Store.Chapter(ctx, id)
	if err != nil {
		return nil, err
	}
	return u.change(ctx, who, ch.CourseID, version, "course.remove_chapter", func(ctx context.Context, tx course.Store, _ *course.Course) ([]any, error) {
		return []any{"chapter_id", id, "title", ch.Title}, tx.RemoveChapter(ctx, id)
	})
}

// AddLesson puts a lesson at the end of a chapter. Errors: as course.NewLesson,
// course.medium_not_usable.
func (u *Courses) AddLesson(ctx context.Context, who Actor, chapterID string, version int, content course.LessonContent) (*course.Outline, string, error) {
	ch, err := u.Store.Chapter(ctx, chapterID)
	if err != nil {
		return nil, "", err
	}
	id := NewID()
	o, err := u.change(ctx, who, ch.CourseID, version, "course.add_lesson", func(ctx context.Context, tx course.Store, _ *course.Course) ([]any, error) {
		now, err := tx.Now(ctx)
		if err != nil {
			return nil, err
		}
		ch, err := tx.Chapter(ctx, chapterID)
		if err != nil {
			return nil, err
		}
		lessons, err := tx.Lessons(ctx, ch.CourseID)
		if err != nil {
			return nil, err
		}
		here := 0
		for _, l := range lessons {
			if l.ChapterID == chapterID {
				here++
			}
		}
		if err := checkMedium(ctx, tx, content.MediumID, "body.medium_id"); err != nil {
			return nil, err
		}
		l, err := course.NewLesson(id, *ch, content, len(lessons), here, now)
		if err != nil {
			return nil, err
		}
		return lessonDetail(l), tx.InsertLesson(ctx, l)
	})
	return o, id, err
}

func lessonDetail(l *course.Lesson) []any {
	return []any{
		"lesson_id", l.ID, "title", l.Title, "medium_id", l.MediumID, "hours_centi", l.HoursCenti, "threshold_percent", l.ThresholdPercent,
		"allow_skip", l.AllowSkip, "max_rate_percent", l.MaxRatePercent,
	}
}

// lesson runs fn on a lesson under the lock of its course and saves it.
func (u *Courses) lesson(ctx context.Context, who Actor, id string, version int, action string, fn func(ctx context.Context, tx course.Store, l *course.Lesson) error) (*course.Outline, error) {
	l, err := u.Store.Lesson(ctx, id)
	if err != nil {
		return nil, err
	}
	return u.change(ctx, who, l.CourseID, version, action, func(ctx context.Context, tx course.Store, _ *course.Course) ([]any, error) {
		l, err := tx.Lesson(ctx, id) // again, now that the course is locked
		if err != nil {
			return nil, err
		}
		if err := fn(ctx, tx, l); err != nil {
			return nil, err
		}
		return lessonDetail(l), tx.SaveLessons(ctx, *l)
	})
}

// ChangeLesson writes new content. Errors: as course.Lesson.Change,
// course.medium_not_usable.
func (u *Courses) ChangeLesson(ctx context.Context, who Actor, id string, version int, content course.LessonContent) (*course.Outline, error) {
	return u.lesson(ctx, who, id, version, "course.change_lesson", func(ctx context.Context, tx course.Store, l *course.Lesson) error {
		if content.MediumID != l.MediumID {
			if err := checkMedium(ctx, tx, content.MediumID, "body.medium_id"); err != nil {
				return err
			}
		}
		return l.Change(content)
	})
}

// CloseLesson takes a lesson out and keeps what was learnt. Error:
// course.lesson_closed.
func (u *Courses) CloseLesson(ctx context.Context, who Actor, id string) (*course.Outline, error) {
	return u.lesson(ctx, who, id, 0, "course.close_lesson", func(ctx context.Context, tx course.Store, l *course.Lesson) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		return l.Close(now)
	})
}

// ReopenLesson undoes CloseLesson. Error: course.lesson_open.
func (u *Courses) ReopenLesson(ctx context.Context, who Actor, id string) (*course.Outline, error) {
	return u.lesson(ctx, who, id, 0, "course.reopen_lesson", func(_ context.Context, _ course.Store, l *course.Lesson) error { return l.Reopen() })
}

// RemoveLesson removes a lesson that nobody has begun to watch. Error:
// course.lesson_has_records.
func (u *Courses) RemoveLesson(ctx context.Context, who Actor, id string, version int) (*course.Outline, error) {
	l, err := u.Store.Lesson(ctx, id)
	if err != nil {
		return nil, err
	}
	return u.change(ctx, who, l.CourseID, version, "course.remove_lesson", func(ctx context.Context, tx course.Store, _ *course.Course) ([]any, error) {
		has, err := tx.HasRecords(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := l.CheckRemove(has); err != nil {
			return nil, err
		}
		return lessonDetail(l), tx.RemoveLesson(ctx, id)
	})
}

// Reorder puts chapters and lessons in a new order. Error:
// course.order_incomplete.
func (u *Courses) Reorder(ctx context.Context, who Actor, courseID string, version int, order []course.Place) (*course.Outline, error) {
	return u.change(ctx, who, courseID, version, "course.reorder", func(ctx context.Context, tx course.Store, _ *course.Course) ([]any, error) {
		chapters, err := tx.Chapters(ctx, courseID)
		if err != nil {
			return nil, err
		}
		lessons, err := tx.Lessons(ctx, courseID)
		if err != nil {
			return nil, err
		}
		oldChapters, oldLessons := slices.Clone(chapters), slices.Clone(lessons)
		if err := course.Reorder(chapters, lessons, order); err != nil {
			return nil, err
		}
		if err := tx.SaveChapters(ctx, moved(chapters, oldChapters)...); err != nil {
			return nil, err
		}
		return nil, tx.SaveLessons(ctx, moved(lessons, oldLessons)...)
	})
}

// moved gives what differs from before.
func moved[T comparable](now, before []T) []T {
	var out []T
	for i := range now {
		if now[i] != before[i] {
			out = append(out, now[i])
		}
	}
	return out
}

// Outline reads a course with everything in it.
func (u *Courses) Outline(ctx context.Context, id string) (*course.Outline, error) {
	return u.Store.Outline(ctx, id)
}

// List gives one page of all courses.
func (u *Courses) List(ctx context.Context, f course.Filter) (domain.Page[course.Summed], error) {
	return u.Store.Courses(ctx, f)
}
