package course

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// Filter narrows the staff's list of courses.
type Filter struct {
	domain.Paging
	States   []State // any of these, empty for all
	Query    string  // words, see package bigram
	Category string
	Required *bool
}

// Summed is one course in the staff's list.
type Summed struct {
	Course
	LessonCount int // open lessons
	ReadyCount  int // of these, with a medium that plays
	HoursCenti  int
	DurationMS  int64
}

// Outline is a course with everything in it, closed lessons too.
type Outline struct {
	Summed
	Chapters []Chapter
	Lessons  []LessonMedium // in the order of chapters and places
}

// LessonMedium is a lesson with what its author wants to know of its medium.
type LessonMedium struct {
	Lesson
	MediumName  string
	MediumState string // "" without a medium
	DurationMS  int64
	HasRecords  bool // somebody has begun to watch
}

// Store keeps courses. Reading methods give course.not_found,
// course.chapter_not_found or course.lesson_not_found when there is none.
type Store interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx Store) error) error
	Now(ctx context.Context) (time.Time, error) // the database's clock

	Course(ctx context.Context, id string) (*Course, error)
	CourseForUpdate(ctx context.Context, id string) (*Course, error)
	Courses(ctx context.Context, f Filter) (domain.Page[Summed], error)
	Outline(ctx context.Context, id string) (*Outline, error)
	InsertCourse(ctx context.Context, c *Course) error
	SaveCourse(ctx context.Context, c *Course) error

	Chapter(ctx context.Context, id string) (*Chapter, error)
	Chapters(ctx context.Context, courseID string) ([]Chapter, error)
	InsertChapter(ctx context.Context, ch *Chapter) error
	SaveChapters(ctx context.Context, chs ...Chapter) error
	RemoveChapter(ctx context.Context, id string) error

	Lesson(ctx context.Context, id string) (*Lesson, error)
	Lessons(ctx context.Context, courseID string) ([]Lesson, error)
	InsertLesson(ctx context.Context, l *Lesson) error
	SaveLessons(ctx context.Context, ls ...Lesson) error
	// RemoveLesson removes a lesson nobody has begun to watch; a record that
	// slipped in between gives course.lesson_has_records.
	RemoveLesson(ctx context.Context, id string) error
	HasRecords(ctx context.Context, lessonID string) (bool, error)
	// Playable counts the course's open lessons whose medium is ready.
	Playable(ctx context.Context, courseID string) (int, error)
	// MediumUsable reports whether a medium exists and may be put into a
	// lesson: not cancelled, not rejected.
	MediumUsable(ctx context.Context, mediumID string) (bool, error)
	// AudienceKnown reports whether every unit that a rule names is there.
	AudienceKnown(ctx context.Context, a domain.Audience) (bool, error)

	// Catalogue and Opened show published courses whose audience holds the
	// person today; anything else is course.not_found.
	Catalogue(ctx context.Context, f CatalogueFilter) (domain.Page[Listed], error)
	Opened(ctx context.Context, personID, courseID string) (*Opened, error)
	// Cover finds the object of a course's cover picture. A learner sees what
	// the catalogue shows, staff everything.
	Cover(ctx context.Context, personID string, staff bool, courseID string) (key string, err error)
}
