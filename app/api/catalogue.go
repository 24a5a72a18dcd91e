package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/course"
)

type catalogueCourseBody struct {
	ID            string          `json:"id"`
	Title         string          `json:"title"`
	Summary       string          `json:"summary"`
	Category      string          `json:"category"`
	Tags          []string        `json:"tags"`
	TeacherName   string          `json:"teacher_name"`
	Required      bool            `json:"required"`
	CoverURL      string          `json:"cover_url" doc:"Empty if there is none"`
	PublishedAt   time.Time       `json:"published_at"`
	LessonCount   int             `json:"lesson_count" doc:"Open lessons that play"`
	DoneCount     int             `json:"done_count"`
	DurationMs    int64           `json:"duration_ms"`
	CoveredMs     int64           `json:"covered_ms" doc:"Watched, of duration_ms"`
	HoursCenti    int             `json:"hours_centi"`
	EarnedCenti   int             `json:"earned_centi" doc:"Hours of the completed lessons"`
	State         course.Progress `json:"state" enum:"not_started,in_progress,done"`
	LastWatchedAt *time.Time      `json:"last_watched_at,omitempty"`
}

func catalogueCourseOf(c course.Listed) catalogueCourseBody {
	return catalogueCourseBody{
		ID: c.ID, Title: c.Title, Summary: c.Summary, Category: c.Category, Tags: c.Tags, TeacherName: c.TeacherName, Required: c.Required,
		CoverURL: coverURL(c.ID, c.HasCover), PublishedAt: c.PublishedAt.UTC(), LessonCount: c.LessonCount, DoneCount: c.DoneCount,
		DurationMs: c.DurationMS, CoveredMs: c.CoveredMS, HoursCenti: c.HoursCenti, EarnedCenti: c.EarnedCenti, State: c.State,
		LastWatchedAt: utc(c.LastWatchedAt),
	}
}

type catalogueInput struct {
	PageQuery
	Query    string `query:"q" maxLength:"100" doc:"Words; Chinese needs no spaces"`
	Required string `query:"required" enum:"true,false" doc:"Only required, or only elective"`
	State    string `query:"state" enum:"not_started,in_progress,done"`
}

type catalogueOutput struct {
	Body struct {
		Items         []catalogueCourseBody `json:"items"`
		NextPageToken string                `json:"next_page_token"`
	}
}

// listCatalogue handles GET /api/v1/catalogue.
func (s *Server) listCatalogue(ctx context.Context, who app.Actor, in *catalogueInput) (*catalogueOutput, error) {
	page, err := s.Catalogue.List(ctx, who, course.CatalogueFilter{
		Paging: in.paging(), Query: in.Query, Required: truth(in.Required), State: course.Progress(in.State),
	})
	if err != nil {
		return nil, err
	}
	out := &catalogueOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, catalogueCourseOf), page.NextPageToken
	return out, nil
}

type catalogueLessonBody struct {
	ID               string                `json:"id"`
	Title            string                `json:"title"`
	DurationMs       int64                 `json:"duration_ms"`
	HoursCenti       int                   `json:"hours_centi"`
	ThresholdPercent int                   `json:"threshold_percent"`
	AllowSkip        bool                  `json:"allow_skip"`
	MaxRatePercent   int                   `json:"max_rate_percent"`
	Playable         bool                  `json:"playable" doc:"Its video is ready"`
	PosterURL        string                `json:"poster_url" doc:"Empty if there is none"`
	Progress         catalogueProgressBody `json:"progress"`
}

type catalogueProgressBody struct {
	CoveredMs   int64      `json:"covered_ms"`
	Percent     int        `json:"percent"`
	CompletedAt *time.Time `json:"completed_at,omitempty"`
}

type catalogueChapterBody struct {
	ID      string                `json:"id"`
	Title   string                `json:"title"`
	Lessons []catalogueLessonBody `json:"lessons"`
}

type catalogueDetailOutput struct {
	Body struct {
		Course   catalogueCourseBody    `json:"course"`
		Chapters []catalogueChapterBody `json:"chapters"`
	}
}

// getCatalogueCourse handles GET /api/v1/catalogue/{id}.
func (s *Server) getCatalogueCourse(ctx context.Context, who app.Actor, in *idInput) (*catalogueDetailOutput, error) {
	id, err := app.ParseID(in.ID, "course.not_found")
	if err != nil {
		return nil, err
	}
	o, err := s.Catalogue.Course(ctx, who, id)
	if err != nil {
		return nil, err
	}
	out := &catalogueDetailOutput{}
	out.Body.Course = catalogueCourseOf(o.Listed)
	out.Body.Chapters = bodies(o.Chapters, func(ch course.OpenedChapter) catalogueChapterBody {
		return catalogueChapterBody{ID: ch.ID, Title: ch.Title, Lessons: bodies(ch.Lessons, catalogueLessonOf)}
	})
	return out, nil
}

func catalogueLessonOf(l course.OpenedLesson) catalogueLessonBody {
	b := catalogueLessonBody{
		ID: l.ID, Title: l.Title, DurationMs: l.DurationMS, HoursCenti: l.HoursCenti, ThresholdPercent: l.ThresholdPercent,
		AllowSkip: l.AllowSkip, MaxRatePercent: l.MaxRatePercent, Playable: l.Playable,
		Progress: catalogueProgressBody{CoveredMs: l.CoveredMS, Percent: l.Percent(), CompletedAt: utc(l.CompletedAt)},
	}
	if l.HasPoster {
		b.PosterURL = apiPrefix + "/lessons/" + l.ID + "/poster"
	}
	return b
}
