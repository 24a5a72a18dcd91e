package course

import (
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// Defaults of a new lesson.
const (
	DefaultThreshold = 90
	DefaultMaxRate   = 200
)

// LessonContent is a lesson as a trainer writes it.
type LessonContent struct {
	Title            string
	MediumID         string
	HoursCenti       int
	ThresholdPercent int // 0 for the default
	AllowSkip        bool
	MaxRatePercent   int // 0 for the default
}

// NewChapter makes a chapter at the end. count is how many there are. Errors:
// course.too_many_chapters, course.title_missing, course.too_long.
func NewChapter(id, courseID, title string, count int) (*Chapter, error) {
	if count >= MaxChapters {
		return nil, domain.E(domain.Conflict, "course.too_many_chapters", "limit", MaxChapters)
	}
	ch := &Chapter{ID: id, CourseID: courseID, Position: count}
	return ch, ch.Rename(title)
}

// Rename sets the heading. Errors: course.title_missing, course.too_long.
func (ch *Chapter) Rename(title string) error {
	title, err := cleanTitle(title)
	if err == nil {
		ch.Title = title
	}
	return err
}

func cleanTitle(title string) (string, error) {
	title = strings.TrimSpace(title)
	e := domain.E(domain.Invalid, "course.bad_content")
	if title == "" {
		return "", e.At("body.title", "course.title_missing")
	}
	if utf8.RuneCountInString(title) > MaxTitle {
		return "", e.At("body.title", "course.too_long", "limit", MaxTitle)
	}
	return title, nil
}

// NewLesson makes a lesson at the end of a chapter. inCourse is how many the
// course has, inChapter the chapter. Errors: course.too_many_lessons, as Change.
func NewLesson(id string, ch Chapter, c LessonContent, inCourse, inChapter int, now time.Time) (*Lesson, error) {
	if inCourse >= MaxLessons {
		return nil, domain.E(domain.Conflict, "course.too_many_lessons", "limit", MaxLessons)
	}
	l := &Lesson{ID: id, CourseID: ch.CourseID, ChapterID: ch.ID, Position: inChapter, CreatedAt: now}
	return l, l.Change(c)
}

// Change writes new content. Putting another medium in begins a new media
// version. Error: course.bad_content with one field error per fault.
func (l *Lesson) Change(c LessonContent) error {
	if c.ThresholdPercent == 0 {
		c.ThresholdPercent = DefaultThreshold
	}
	if c.MaxRatePercent == 0 {
		c.MaxRatePercent = DefaultMaxRate
	}
	title, err := cleanTitle(c.Title)
	e := domain.E(domain.Invalid, "course.bad_content")
	if de, ok := err.(*domain.Error); ok { //nolint:errorlint // made two lines above, never wrapped
		e = de
	}
	if c.HoursCenti < 0 || c.HoursCenti > MaxHoursCenti {
		e = e.At("body.hours_centi", "course.bad_hours", "limit", MaxHoursCenti/100)
	}
	if c.ThresholdPercent < 1 || c.ThresholdPercent > 100 {
		e = e.At("body.threshold_percent", "course.bad_threshold")
	}
	if c.MaxRatePercent < 100 || c.MaxRatePercent > 300 {
		e = e.At("body.max_rate_percent", "course.bad_rate")
	}
	if len(e.Fields) > 0 {
		return e
	}
	if c.MediumID != l.MediumID {
		l.MediumID = c.MediumID
		l.MediaVersion++
	}
	l.Title, l.HoursCenti, l.ThresholdPercent = title, c.HoursCenti, c.ThresholdPercent
	l.AllowSkip, l.MaxRatePercent = c.AllowSkip, c.MaxRatePercent
	return nil
}

// CheckRemove refuses to remove a lesson that somebody has begun to watch: its
// evidence must stay. Error: course.lesson_has_records.
func (l *Lesson) CheckRemove(hasRecords bool) error {
	if hasRecords {
		return domain.E(domain.Conflict, "course.lesson_has_records")
	}
	return nil
}

// Close takes the lesson out of the course without removing what was learnt.
// Error: course.lesson_closed.
func (l *Lesson) Close(now time.Time) error {
	if l.ClosedAt != nil {
		return domain.E(domain.Conflict, "course.lesson_closed")
	}
	l.ClosedAt = &now
	return nil
}

// Reopen undoes Close. Error: course.lesson_open.
func (l *Lesson) Reopen() error {
	if l.ClosedAt == nil {
		return domain.E(domain.Conflict, "course.lesson_open")
	}
	l.ClosedAt = nil
	return nil
}

// Place is one chapter with the ids of its lessons, in the order wanted.
type Place struct {
	ChapterID string
	LessonIDs []string
}

// Reorder gives chapters and lessons new places; lessons may change chapters.
// Every chapter and lesson of the course must be named once. Error:
// course.order_incomplete.
func Reorder(chapters []Chapter, lessons []Lesson, order []Place) error {
	incomplete := domain.E(domain.Conflict, "course.order_incomplete")
	byChapter, byLesson := map[string]*Chapter{}, map[string]*Lesson{}
	for i := range chapters {
		byChapter[chapters[i].ID] = &chapters[i]
	}
	for i := range lessons {
		byLesson[lessons[i].ID] = &lessons[i]
	}
	for i, p := range order {
		ch := byChapter[p.ChapterID]
		if ch == nil {
			return incomplete
		}
		delete(byChapter, p.ChapterID)
		ch.Position = i
		for j, id := range p.LessonIDs {
			l := byLesson[id]
			if l == nil {
				return incomplete
			}
			delete(byLesson, id)
			l.ChapterID, l.Position = p.ChapterID, j
		}
	}
	if len(byChapter)+len(byLesson) > 0 {
		return incomplete
	}
	return nil
}

// HoursCenti sums what the open lessons are worth.
func HoursCenti(lessons []Lesson) int {
	sum := 0
	for _, l := range lessons {
		if l.ClosedAt == nil {
			sum += l.HoursCenti
		}
	}
	return sum
}
