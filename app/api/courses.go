package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"zhixing/app"
	"zhixing/domain/course"

	"github.com/gofiber/fiber/v2"
)

// CoursePresenceBody is how a course asks whether somebody is there.
type CoursePresenceBody struct {
	EveryMin int    `json:"every_min" minimum:"0" maximum:"120" doc:"Minutes between two checks, on average; 0: never"`
	AnswerS  int    `json:"answer_s,omitempty" minimum:"20" maximum:"600" default:"60" doc:"Seconds to answer in"`
	Ask      string `json:"ask,omitempty" enum:"confirm,sum" default:"confirm" doc:"A button, or a small sum"`
	OnMiss   string `json:"on_miss,omitempty" enum:"pause,continue" default:"pause" doc:"After a missed check nothing counts until presence is confirmed; the video stops, or plays on"`
}

// CourseContentBody is what a trainer writes of a course.
type CourseContentBody struct {
	Title         string       `json:"title" maxLength:"500"`
	Summary       string       `json:"summary,omitempty" maxLength:"10000"`
	Category      string       `json:"category,omitempty" maxLength:"200"`
	Tags          []string     `json:"tags,omitempty" maxItems:"50" maxLength:"200"`
	TeacherName   string       `json:"teacher_name,omitempty" maxLength:"200"`
	Required      bool         `json:"required,omitempty" doc:"Required 必修, else elective 选修"`
	Audience      audienceBody `json:"audience,omitempty" doc:"Empty: everybody"`
	CoverMediumID string       `json:"cover_medium_id,omitempty" maxLength:"64" doc:"Take this medium's poster as the cover"`

	Presence CoursePresenceBody `json:"presence,omitempty"`
}

func (b CourseContentBody) content() course.Content {
	return course.Content{
		Title: b.Title, Summary: b.Summary, Category: b.Category, Tags: b.Tags, TeacherName: b.TeacherName, Required: b.Required,
		Audience:      b.Audience.audience(),
		CoverMediumID: b.CoverMediumID,
		Presence:      course.Presence{EveryMin: b.Presence.EveryMin, AnswerS: b.Presence.AnswerS, Ask: b.Presence.Ask, OnMiss: b.Presence.OnMiss},
	}
}

// CourseBody is a course without what is in it.
type CourseBody struct {
	ID            string       `json:"id"`
	Title         string       `json:"title"`
	Summary       string       `json:"summary"`
	Category      string       `json:"category"`
	Tags          []string     `json:"tags"`
	TeacherName   string       `json:"teacher_name"`
	Required      bool         `json:"required"`
	Audience      audienceBody `json:"audience"`
	State         course.State `json:"state" enum:"draft,published,unpublished"`
	CoverMediumID string       `json:"cover_medium_id" doc:"Empty unless a medium's poster is the cover"`
	CoverURL      string       `json:"cover_url" doc:"Empty if there is none"`
	Version       int          `json:"version" doc:"Counts the changes; a writer sends the last one"`
	LessonCount   int          `json:"lesson_count" doc:"Open lessons"`
	ReadyCount    int          `json:"ready_count" doc:"Open lessons that play"`
	HoursCenti    int          `json:"hours_centi" doc:"Sum of the open lessons, hundredths of an hour"`
	DurationMs    int64        `json:"duration_ms"`
	CreatedAt     time.Time    `json:"created_at"`
	UpdatedAt     time.Time    `json:"updated_at"`
	PublishedAt   *time.Time   `json:"published_at,omitempty"`

	Presence CoursePresenceBody `json:"presence"`
}

func courseOf(c course.Summed) CourseBody {
	b := CourseBody{
		ID: c.ID, Title: c.Title, Summary: c.Summary, Category: c.Category, Tags: c.Tags, TeacherName: c.TeacherName, Required: c.Required,
		Audience: audienceOf(c.Audience),
		Presence: CoursePresenceBody{c.Presence.EveryMin, c.Presence.AnswerS, c.Presence.Ask, c.Presence.OnMiss},
		State:    c.State, CoverMediumID: c.CoverMediumID, Version: c.Version, LessonCount: c.LessonCount, ReadyCount: c.ReadyCount,
		HoursCenti: c.HoursCenti, DurationMs: c.DurationMS, CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(), PublishedAt: utc(c.PublishedAt),
	}
	b.CoverURL = coverURL(c.ID, c.CoverKey != "" || c.CoverMediumID != "" || c.ReadyCount > 0)
	return b
}

func coverURL(id string, has bool) string {
	if !has {
		return ""
	}
	return apiPrefix + "/courses/" + id + "/cover"
}

type courseLessonBody struct {
	ID               string     `json:"id"`
	Title            string     `json:"title"`
	MediumID         string     `json:"medium_id" doc:"Empty without a medium"`
	MediumName       string     `json:"medium_name"`
	MediumState      string     `json:"medium_state"`
	MediaVersion     int        `json:"media_version" doc:"+1 whenever another medium is put in"`
	DurationMs       int64      `json:"duration_ms"`
	HoursCenti       int        `json:"hours_centi"`
	ThresholdPercent int        `json:"threshold_percent"`
	AllowSkip        bool       `json:"allow_skip"`
	MaxRatePercent   int        `json:"max_rate_percent"`
	HasRecords       bool       `json:"has_records" doc:"Somebody has begun to watch: it can be closed, not removed"`
	ClosedAt         *time.Time `json:"closed_at,omitempty"`
}

type courseChapterBody struct {
	ID      string             `json:"id"`
	Title   string             `json:"title"`
	Lessons []courseLessonBody `json:"lessons"`
}

type outlineBody struct {
	CourseBody
	Chapters []courseChapterBody `json:"chapters"`
}

type outlineOutput struct {
	ETag string `header:"ETag"`
	Body outlineBody
}

func outlineOf(o *course.Outline) outlineBody {
	b := outlineBody{CourseBody: courseOf(o.Summed), Chapters: make([]courseChapterBody, len(o.Chapters))}
	at := map[string]int{}
	for i, ch := range o.Chapters {
		at[ch.ID] = i
		b.Chapters[i] = courseChapterBody{ID: ch.ID, Title: ch.Title, Lessons: []courseLessonBody{}}
	}
	for _, l := range o.Lessons {
		i, ok := at[l.ChapterID]
		if !ok {
			continue // moved while we read
		}
		b.Chapters[i].Lessons = append(b.Chapters[i].Lessons, courseLessonBody{
			ID: l.ID, Title: l.Title, MediumID: l.MediumID, MediumName: l.MediumName, MediumState: l.MediumState, MediaVersion: l.MediaVersion,
			DurationMs: l.DurationMS, HoursCenti: l.HoursCenti, ThresholdPercent: l.ThresholdPercent, AllowSkip: l.AllowSkip,
			MaxRatePercent: l.MaxRatePercent, HasRecords: l.HasRecords, ClosedAt: utc(l.ClosedAt),
		})
	}
	return b
}

func outline(o *course.Outline, err error) (*outlineOutput, error) {
	if err != nil {
		return nil, err
	}
	return &outlineOutput{ETag: `"` + strconv.Itoa(o.Version) + `"`, Body: outlineOf(o)}, nil
}

type listCoursesInput struct {
	PageQuery
	Query    string `query:"q" maxLength:"100"`
	State    string `query:"state" enum:"draft,published,unpublished"`
	Category string `query:"category" maxLength:"100"`
	Required string `query:"required" enum:"true,false"`
}

type coursesOutput struct {
	Body struct {
		Items         []CourseBody `json:"items"`
		NextPageToken string       `json:"next_page_token"`
	}
}

// listCourses handles GET /api/v1/courses.
func (s *Server) listCourses(ctx context.Context, _ app.Actor, in *listCoursesInput) (*coursesOutput, error) {
	f := course.Filter{Paging: in.paging(), Query: in.Query, Category: in.Category, Required: truth(in.Required)}
	if in.State != "" {
		f.States = []course.State{course.State(in.State)}
	}
	page, err := s.Courses.List(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &coursesOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, courseOf), page.NextPageToken
	return out, nil
}

// truth reads an optional "true" or "false".
func truth(s string) *bool {
	if s == "" {
		return nil
	}
	b := s == "true"
	return &b
}

type createCourseInput struct{ Body CourseContentBody }

// createCourse handles POST /api/v1/courses.
func (s *Server) createCourse(ctx context.Context, who app.Actor, in *createCourseInput) (*outlineOutput, error) {
	return outline(s.Courses.Create(ctx, who, in.Body.content()))
}

// getCourse handles GET /api/v1/courses/{id}.
func (s *Server) getCourse(ctx context.Context, _ app.Actor, in *idInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.not_found")
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.Outline(ctx, id))
}

type updateCourseInput struct {
	PathID
	Body struct {
		CourseContentBody
		Version int `json:"version" minimum:"1" doc:"The version that the writer has read"`
	}
}

// updateCourse handles PUT /api/v1/courses/{id}.
func (s *Server) updateCourse(ctx context.Context, who app.Actor, in *updateCourseInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.not_found")
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.Change(ctx, who, id, in.Body.Version, in.Body.content()))
}

// publishCourse handles POST /api/v1/courses/{id}/publish.
func (s *Server) publishCourse(ctx context.Context, who app.Actor, in *idInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.not_found")
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.Publish(ctx, who, id))
}

// unpublishCourse handles POST /api/v1/courses/{id}/unpublish.
func (s *Server) unpublishCourse(ctx context.Context, who app.Actor, in *idInput) (*outlineOutput, error) {
	id, err := app.ParseID(in.ID, "course.not_found")
	if err != nil {
		return nil, err
	}
	return outline(s.Courses.Unpublish(ctx, who, id))
}

// setCover handles POST /api/v1/courses/{id}/cover: the raw bytes of a JPEG,
// PNG or GIF, at most 4 MiB.
func (s *Server) setCover(c *fiber.Ctx, who app.Actor) error {
	id, err := app.ParseID(c.Params("id"), "course.not_found")
	if err != nil {
		return err
	}
	o, err := s.Courses.SetCover(c.UserContext(), who, id, c.Request().Body())
	if err != nil {
		return err
	}
	return c.JSON(outlineOf(o))
}

// getCover handles GET /api/v1/courses/{id}/cover.
func (s *Server) getCover(c *fiber.Ctx, who app.Actor) error {
	id, err := app.ParseID(c.Params("id"), "course.not_found")
	if err != nil {
		return err
	}
	key, err := s.Catalogue.Cover(c.UserContext(), who, id)
	if err != nil {
		return err
	}
	return s.picture(c, key, strings.NewReplacer("/", "-", ".jpg", "").Replace(key), "course.no_cover")
}
