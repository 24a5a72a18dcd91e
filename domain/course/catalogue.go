package course

import (
	"time"

	"zhixing/domain"
)

// Progress is how far one person is with a course.
type Progress string

// The three answers to "how far".
const (
	NotStarted Progress = "not_started"
	InProgress Progress = "in_progress"
	Done       Progress = "done" // every open lesson is completed
)

// CatalogueFilter narrows what a learner sees.
type CatalogueFilter struct {
	domain.Paging
	PersonID string
	Query    string   // words, see package bigram
	Required *bool    // only required, only elective, or both
	State    Progress // "" for any
}

// Listed is one course in the catalogue, with the reader's progress.
type Listed struct {
	ID            string
	Title         string
	Summary       string
	Category      string
	Tags          []string `bun:",array"`
	TeacherName   string
	Required      bool
	HasCover      bool
	PublishedAt   time.Time
	UpdatedAt     time.Time
	LessonCount   int // open lessons that can be played
	DoneCount     int
	DurationMS    int64
	HoursCenti    int
	EarnedCenti   int   // hours of the completed lessons
	CoveredMS     int64 // watched, of DurationMS
	State         Progress
	LastWatchedAt *time.Time
}

// Opened is one course as a learner reads it.
type Opened struct {
	Listed
	Chapters []OpenedChapter
}

// OpenedChapter is a chapter with its open lessons.
type OpenedChapter struct {
	ID      string
	Title   string
	Lessons []OpenedLesson
}

// OpenedLesson is a lesson with the reader's progress.
type OpenedLesson struct {
	ID               string
	Title            string
	DurationMS       int64
	HoursCenti       int
	ThresholdPercent int
	AllowSkip        bool
	MaxRatePercent   int
	Playable         bool // its medium is ready
	HasPoster        bool
	CoveredMS        int64
	CompletedAt      *time.Time
}

// Percent is how much of the duration has been watched, 0..100, rounded down.
func (l OpenedLesson) Percent() int {
	if l.DurationMS <= 0 {
		return 0
	}
	return int(min(100, l.CoveredMS*100/l.DurationMS))
}

// StateOf tells how far somebody is who completed done of count lessons and
// watched coveredMS of them.
func StateOf(done, count int, coveredMS int64) Progress {
	switch {
	case count > 0 && done >= count:
		return Done
	case done > 0 || coveredMS > 0:
		return InProgress
	}
	return NotStarted
}
