// Package course holds the rules of courses: chapters and lessons, what may be
// published, what may still be changed when people have begun to learn, and
// the hours that a lesson is worth. It is pure: no I/O and no clock.
package course

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// State is where a course stands.
type State string

// The states of a course.
const (
	Draft       State = "draft"       // being written; learners do not see it
	Published   State = "published"   // open to its audience
	Unpublished State = "unpublished" // taken back; what was learnt stays
)

// Bounds of the texts and numbers.
const (
	MaxTitle      = 120 // runes
	MaxSummary    = 2000
	MaxTag        = 20
	MaxTags       = 10
	MaxChapters   = 100
	MaxLessons    = 500    // of a course
	MaxHoursCenti = 10_000 // of a lesson: 100 学时
)

// Course is a set of chapters of lessons for an audience.
type Course struct {
	ID            string `bun:",pk"`
	Title         string
	Summary       string
	Category      string
	Tags          []string `bun:",array"`
	TeacherName   string
	Required      bool            // required 必修, else elective 选修
	Audience      domain.Audience `bun:"type:jsonb"`
	State         State
	CoverKey      string   // object of the cover picture, "" for none
	CoverMediumID string   `bun:",nullzero"` // or the medium whose poster is the cover
	Presence      Presence `bun:"embed:presence_"`
	Version       int      // counts the changes; a writer must know the last one
	CreatedBy     string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	PublishedAt   *time.Time // the first time
}

// Chapter is a heading with lessons under it.
type Chapter struct {
	ID       string `bun:",pk"`
	CourseID string
	Title    string
	Position int
}

// Lesson is one video with the rules by which it counts.
type Lesson struct {
	ID               string `bun:",pk"`
	CourseID         string
	ChapterID        string
	Title            string
	Position         int
	MediumID         string `bun:",nullzero"`
	MediaVersion     int    // +1 whenever another medium is put in; coverage belongs to one
	HoursCenti       int    // 100 = 1 学时
	ThresholdPercent int    // of the duration that must be watched, 1..100
	AllowSkip        bool   // may be watched in any order; else only up to what was watched
	MaxRatePercent   int    // fastest playback that counts, 100..300
	ClosedAt         *time.Time
	CreatedAt        time.Time
}

// Draft content of a course, as a trainer writes it.
type Content struct {
	Title         string
	Summary       string
	Category      string
	Tags          []string
	TeacherName   string
	Required      bool
	Audience      domain.Audience
	CoverMediumID string
	Presence      Presence
}

// New makes a draft. Errors: as Change.
func New(id, by string, c Content, now time.Time) (*Course, error) {
	course := &Course{ID: id, State: Draft, Version: 1, CreatedBy: by, CreatedAt: now}
	if err := course.set(c, now); err != nil {
		return nil, err
	}
	return course, nil
}

// Change writes new content over version. Errors: course.changed when somebody
// else was faster; course.bad_content with one field error per fault.
func (c *Course) Change(version int, content Content, now time.Time) error {
	if err := c.Expect(version); err != nil {
		return err
	}
	if err := c.set(content, now); err != nil {
		return err
	}
	c.Touch(now)
	return nil
}

// Expect refuses a writer who does not know the last version: course.changed.
func (c *Course) Expect(version int) error {
	if version != c.Version {
		return domain.E(domain.Conflict, "course.changed", "version", c.Version)
	}
	return nil
}

// Touch counts a change of the course or of anything in it.
func (c *Course) Touch(now time.Time) { c.Version, c.UpdatedAt = c.Version+1, now }

func (c *Course) set(in Content, now time.Time) error {
	e := domain.E(domain.Invalid, "course.bad_content")
	bad := func(field, reason string, params ...any) { e = e.At("body."+field, reason, params...) }
	title, summary := strings.TrimSpace(in.Title), strings.TrimSpace(in.Summary)
	if title == "" {
		bad("title", "course.title_missing")
	}
	tooLong := func(field, s string, limit int) {
		if utf8.RuneCountInString(s) > limit {
			bad(field, "course.too_long", "limit", limit)
		}
	}
	tooLong("title", title, MaxTitle)
	tooLong("summary", summary, MaxSummary)
	tooLong("category", in.Category, MaxTag)
	tooLong("teacher_name", in.TeacherName, 50)
	tags := cleanTags(in.Tags)
	if len(tags) > MaxTags {
		bad("tags", "course.too_many_tags", "limit", MaxTags)
	}
	for _, t := range tags {
		tooLong("tags", t, MaxTag)
	}
	presence := in.Presence.filled()
	for _, f := range presence.faults() {
		bad(f, "course.bad_presence")
	}
	if len(e.Fields) > 0 {
		return e
	}
	c.Presence = presence
	c.Title, c.Summary, c.Category, c.Tags = title, summary, strings.TrimSpace(in.Category), tags
	c.TeacherName, c.Required, c.Audience = strings.TrimSpace(in.TeacherName), in.Required, in.Audience
	if in.CoverMediumID != "" {
		c.CoverMediumID, c.CoverKey = in.CoverMediumID, ""
	} else {
		c.CoverMediumID = ""
	}
	c.UpdatedAt = now
	return nil
}

func cleanTags(tags []string) []string {
	out := []string{}
	for _, t := range tags {
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// Publish opens the course. playable counts its open lessons whose medium is
// ready. Errors: course.already_published, course.no_ready_lesson.
func (c *Course) Publish(playable int, now time.Time) error {
	if c.State == Published {
		return domain.E(domain.Conflict, "course.already_published")
	}
	if playable == 0 {
		return domain.E(domain.Conflict, "course.no_ready_lesson")
	}
	c.State = Published
	if c.PublishedAt == nil {
		c.PublishedAt = &now
	}
	c.Touch(now)
	return nil
}

// Unpublish takes the course back. Error: course.not_published.
func (c *Course) Unpublish(now time.Time) error {
	if c.State != Published {
		return domain.E(domain.Conflict, "course.not_published")
	}
	c.State = Unpublished
	c.Touch(now)
	return nil
}
