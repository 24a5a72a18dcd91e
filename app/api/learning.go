package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/learning"
)

type playLessonBody struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	CourseID    string `json:"course_id"`
	CourseTitle string `json:"course_title"`
	DurationMs  int64  `json:"duration_ms"`
	HoursCenti  int    `json:"hours_centi"`
	Ready       bool   `json:"ready" doc:"There is a video that plays"`
}

func playLessonOf(l *learning.Lesson) playLessonBody {
	return playLessonBody{
		ID: l.ID, Title: l.Title, CourseID: l.CourseID, CourseTitle: l.CourseTitle,
		DurationMs: l.DurationMs, HoursCenti: l.HoursCenti, Ready: l.Ready,
	}
}

type playMediaBody struct {
	Version    int    `json:"version"`
	DurationMs int64  `json:"duration_ms"`
	MasterURL  string `json:"master_url"`
	PosterURL  string `json:"poster_url" doc:"Empty if there is none"`
}

// mediaRange is [from_ms, to_ms).
type mediaRange [2]int64

func rangesOf(s learning.Set) []mediaRange {
	out := make([]mediaRange, len(s))
	for i, r := range s {
		out[i] = mediaRange{r.From, r.To}
	}
	return out
}

type notCountedBody struct {
	FromMs   int64             `json:"from_ms"`
	ToMs     int64             `json:"to_ms"`
	Reason   string            `json:"reason" doc:"Stable key, such as learning.other_device"`
	Messages map[string]string `json:"messages" doc:"The sentence for a person, by language tag"`
	At       time.Time         `json:"at"`
}

func (s *Server) notCountedOf(list []learning.NotCounted) []notCountedBody {
	out := make([]notCountedBody, len(list))
	for i, n := range list {
		out[i] = notCountedBody{n.From, n.To, n.Reason, s.Texts.sentences(n.Reason, nil), n.At.UTC()}
	}
	return out
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

type openPlayInput struct {
	ID   string `path:"id"`
	Body struct {
		DeviceID string `json:"device_id" minLength:"1" maxLength:"64" doc:"Random id that the browser keeps"`
	}
}

type playOutput struct{ Body playBody }

type playBody struct {
	ID               string           `json:"id"`
	Lesson           playLessonBody   `json:"lesson"`
	ServerNow        time.Time        `json:"server_now"`
	ResumeMs         int64            `json:"resume_ms"`
	MaxRate          float64          `json:"max_rate" doc:"Highest playback rate that counts; 1 is normal speed"`
	ReportEveryS     int              `json:"report_every_s"`
	ThresholdPercent int              `json:"threshold_percent"`
	NeededMs         int64            `json:"needed_ms" doc:"Coverage that completes the lesson"`
	AllowSkip        bool             `json:"allow_skip"`
	Media            playMediaBody    `json:"media"`
	Coverage         []mediaRange     `json:"coverage"`
	CreditedMs       int64            `json:"credited_ms"`
	CompletedAt      *time.Time       `json:"completed_at"`
	NotCounted       []notCountedBody `json:"not_counted"`
	Presence         *presenceBody    `json:"presence,omitempty" doc:"Absent if the course does not ask, or the lesson is complete"`
}

// openPlay handles POST /api/v1/lessons/{id}/plays.
func (s *Server) openPlay(ctx context.Context, who app.Actor, in *openPlayInput) (*playOutput, error) {
	o, err := s.Learning.Open(ctx, who, in.ID, in.Body.DeviceID)
	if err != nil {
		return nil, err
	}
	l := o.Lesson
	return &playOutput{Body: playBody{
		ID: o.Play.ID, Lesson: playLessonOf(l), ServerNow: o.Play.OpenedAt.UTC(), ResumeMs: o.ResumeMs, MaxRate: float64(l.MaxRate) / 100,
		ReportEveryS: int(learning.ReportEvery.Seconds()), ThresholdPercent: l.Threshold, NeededMs: learning.Needed(l.DurationMs, l.Threshold),
		AllowSkip: l.AllowSkip,
		Media:     playMediaBody{Version: l.MediaVersion, DurationMs: l.DurationMs, MasterURL: apiPrefix + "/lessons/" + l.ID + "/hls/master.m3u8", PosterURL: posterURL(l)},
		Coverage:  rangesOf(o.Progress.Covered), CreditedMs: o.Progress.Covered.Len(), CompletedAt: utc(o.Progress.CompletedAt),
		NotCounted: s.notCountedOf(o.NotCounted), Presence: presenceOf(o.Play.Presence),
	}}, nil
}

func posterURL(l *learning.Lesson) string {
	if !l.HasPoster {
		return ""
	}
	return apiPrefix + "/lessons/" + l.ID + "/poster"
}

type reportPlayInput struct {
	ID   string `path:"id"`
	Body struct {
		Seq        int64       `json:"seq,omitempty" doc:"The player's own count; order does not matter"`
		PositionMs int64       `json:"position_ms" doc:"Where the player is"`
		Spans      []claimBody `json:"spans" maxItems:"500" doc:"All that was played since the play was opened, in that order"`
	}
}

type claimBody struct {
	FromMs int64   `json:"from_ms"`
	ToMs   int64   `json:"to_ms"`
	Rate   float64 `json:"rate" doc:"1 is normal speed"`
}

type reportOutput struct{ Body reportBody }

type reportBody struct {
	ServerNow   time.Time        `json:"server_now"`
	Coverage    []mediaRange     `json:"coverage"`
	CreditedMs  int64            `json:"credited_ms"`
	CompletedAt *time.Time       `json:"completed_at"`
	Superseded  bool             `json:"superseded" doc:"The person opened a lesson elsewhere; that play counts now"`
	Refused     []notCountedBody `json:"refused"`
}

// reportPlay handles POST /api/v1/plays/{id}/reports.
func (s *Server) reportPlay(ctx context.Context, who app.Actor, in *reportPlayInput) (*reportOutput, error) {
	claims := make([]learning.Claim, len(in.Body.Spans))
	for i, c := range in.Body.Spans {
		claims[i] = learning.Claim{FromMs: c.FromMs, ToMs: c.ToMs, Rate: c.Rate}
	}
	r, err := s.Learning.Report(ctx, who, in.ID, in.Body.PositionMs, claims)
	if err != nil {
		return nil, err
	}
	out := reportBody{
		ServerNow: r.At.UTC(), Coverage: rangesOf(r.Progress.Covered), CreditedMs: r.Progress.Covered.Len(),
		CompletedAt: utc(r.Progress.CompletedAt), Superseded: r.Outcome.Closed == learning.ClosedOtherPlay, Refused: []notCountedBody{},
	}
	for _, n := range r.Outcome.Refused {
		out.Refused = append(out.Refused, notCountedBody{n.From, n.To, n.Reason, s.Texts.sentences(n.Reason, nil), out.ServerNow})
	}
	return &reportOutput{Body: out}, nil
}

type entryBody struct {
	Lesson      playLessonBody `json:"lesson"`
	PosterURL   string         `json:"poster_url"`
	PositionMs  int64          `json:"position_ms"`
	CoveredMs   int64          `json:"covered_ms"`
	Percent     int            `json:"percent"`
	LastPlayAt  *time.Time     `json:"last_play_at"`
	CompletedAt *time.Time     `json:"completed_at"`
}

func entryOf(e *learning.Entry) entryBody {
	return entryBody{
		Lesson: playLessonOf(&e.Lesson), PosterURL: posterURL(&e.Lesson), PositionMs: e.PositionMs, CoveredMs: e.CoveredMs,
		Percent: learning.Percent(e.CoveredMs, e.DurationMs), LastPlayAt: utc(e.LastPlayAt), CompletedAt: utc(e.CompletedAt),
	}
}

type continueOutput struct {
	Body *continueBody `doc:"Null if nothing was begun or all is complete"`
}

type continueBody struct {
	LessonID      string     `json:"lesson_id"`
	LessonTitle   string     `json:"lesson_title"`
	CourseID      string     `json:"course_id"`
	CourseTitle   string     `json:"course_title"`
	ChapterTitle  string     `json:"chapter_title"`
	ChapterNumber int        `json:"chapter_number"`
	PosterURL     string     `json:"poster_url" doc:"Empty if there is none"`
	DurationMs    int64      `json:"duration_ms"`
	ResumeMs      int64      `json:"resume_ms"`
	CoveredMs     int64      `json:"covered_ms"`
	Percent       int        `json:"percent"`
	LastPlayAt    *time.Time `json:"last_play_at" doc:"Null if not begun: the next lesson of the course"`
}

// continueLearning handles GET /api/v1/learning/continue.
func (s *Server) continueLearning(ctx context.Context, who app.Actor, _ *struct{}) (*continueOutput, error) {
	e, err := s.Learning.Continue(ctx, who)
	if err != nil || e == nil {
		return &continueOutput{}, err
	}
	return &continueOutput{Body: &continueBody{
		LessonID: e.ID, LessonTitle: e.Title, CourseID: e.CourseID, CourseTitle: e.CourseTitle,
		ChapterTitle: e.ChapterTitle, ChapterNumber: e.ChapterNumber, PosterURL: posterURL(&e.Lesson), DurationMs: e.DurationMs, ResumeMs: e.PositionMs,
		CoveredMs: e.CoveredMs, Percent: learning.Percent(e.CoveredMs, e.DurationMs), LastPlayAt: utc(e.LastPlayAt),
	}}, nil
}

type recentInput struct {
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type recentOutput struct {
	Body struct {
		Items         []entryBody `json:"items"`
		NextPageToken string      `json:"next_page_token"`
	}
}

// recentLessons handles GET /api/v1/learning/recent.
func (s *Server) recentLessons(ctx context.Context, who app.Actor, in *recentInput) (*recentOutput, error) {
	page, err := s.Learning.Recent(ctx, who, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &recentOutput{}
	out.Body.Items, out.Body.NextPageToken = make([]entryBody, len(page.Items)), page.NextPageToken
	for i := range page.Items {
		out.Body.Items[i] = entryOf(&page.Items[i])
	}
	return out, nil
}
