package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/learning"
)

type spanBody struct {
	FromMs       int64     `json:"from_ms"`
	ToMs         int64     `json:"to_ms"`
	Rate         float64   `json:"rate"`
	WatchedFrom  time.Time `json:"watched_from" doc:"By the server's clock"`
	WatchedUntil time.Time `json:"watched_until"`
}

// PlayRecordBody is one opening of a lesson and what was watched in it.
type PlayRecordBody struct {
	ID         string           `json:"id"`
	DeviceID   string           `json:"device_id"`
	UserAgent  string           `json:"user_agent"`
	Version    int              `json:"media_version"`
	OpenedAt   time.Time        `json:"opened_at"`
	ClosedAt   *time.Time       `json:"closed_at" doc:"When another play of the person was opened"`
	CreditedMs int64            `json:"credited_ms"`
	Spans      []spanBody       `json:"spans"`
	NotCounted []notCountedBody `json:"not_counted"`
	Checks     []playCheckBody  `json:"checks" doc:"Presence checks that were asked"`
}

func (s *Server) playRecordOf(p *learning.PlayRecord) PlayRecordBody {
	b := PlayRecordBody{
		ID: p.ID, DeviceID: p.DeviceID, UserAgent: p.UserAgent, Version: p.MediaVersion, OpenedAt: p.OpenedAt.UTC(), ClosedAt: utc(p.ClosedAt),
		Spans: make([]spanBody, len(p.Runs)), NotCounted: s.notCountedOf(p.NotCounted), Checks: bodies(p.Checks, playCheckOf),
	}
	for i, r := range p.Runs {
		b.CreditedMs += r.Media.Len()
		b.Spans[i] = spanBody{r.Media.From, r.Media.To, float64(r.Rate) / 100, r.Wall.From.UTC(), r.Wall.To.UTC()}
	}
	return b
}

type earlierBody struct {
	Version     int        `json:"media_version"`
	CoveredMs   int64      `json:"covered_ms"`
	LastPlayAt  time.Time  `json:"last_play_at"`
	CompletedAt *time.Time `json:"completed_at"`
}

type completionBody struct {
	ID               string    `json:"id"`
	Version          int       `json:"media_version"`
	CoveredMs        int64     `json:"covered_ms"`
	DurationMs       int64     `json:"duration_ms"`
	ThresholdPercent int       `json:"threshold_percent"`
	CompletedAt      time.Time `json:"completed_at"`
}

func completionOf(c *learning.Completion) completionBody {
	return completionBody{c.ID, c.MediaVersion, c.CoveredMs, c.DurationMs, c.Threshold, c.CompletedAt.UTC()}
}

type lessonIDInput struct {
	ID string `path:"id"`
}

type learningRecordOutput struct{ Body learningRecordBody }

type learningRecordBody struct {
	Lesson           playLessonBody   `json:"lesson"`
	MediaVersion     int              `json:"media_version"`
	ThresholdPercent int              `json:"threshold_percent"`
	NeededMs         int64            `json:"needed_ms"`
	AllowSkip        bool             `json:"allow_skip"`
	MaxRate          float64          `json:"max_rate"`
	Coverage         []mediaRange     `json:"coverage"`
	CreditedMs       int64            `json:"credited_ms"`
	Percent          int              `json:"percent"`
	PositionMs       int64            `json:"position_ms"`
	LastPlayAt       *time.Time       `json:"last_play_at"`
	CompletedAt      *time.Time       `json:"completed_at"`
	NotCounted       []notCountedBody `json:"not_counted"`
	Plays            []PlayRecordBody `json:"plays" doc:"Newest first, at most 100"`
	Completions      []completionBody `json:"completions"`
	Earlier          []earlierBody    `json:"earlier_versions" doc:"What was watched of videos that were replaced"`
}

// getLearningRecord handles GET /api/v1/learning/lessons/{id}.
func (s *Server) getLearningRecord(ctx context.Context, who app.Actor, in *lessonIDInput) (*learningRecordOutput, error) {
	r, err := s.Learning.Record(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	l, g := &r.Lesson, &r.Progress
	b := learningRecordBody{
		Lesson: playLessonOf(l), MediaVersion: l.MediaVersion, ThresholdPercent: l.Threshold, NeededMs: learning.Needed(l.DurationMs, l.Threshold),
		AllowSkip: l.AllowSkip, MaxRate: float64(l.MaxRate) / 100, Coverage: rangesOf(g.Covered), CreditedMs: g.Covered.Len(),
		Percent: learning.Percent(g.Covered.Len(), l.DurationMs), PositionMs: g.LastPositionMs, CompletedAt: utc(g.CompletedAt),
		NotCounted: s.notCountedOf(r.NotCounted), Plays: make([]PlayRecordBody, len(r.Plays)),
		Completions: make([]completionBody, len(r.Completions)), Earlier: make([]earlierBody, len(r.Earlier)),
	}
	if !g.LastPlayAt.IsZero() {
		b.LastPlayAt = utc(&g.LastPlayAt)
	}
	for i := range r.Plays {
		b.Plays[i] = s.playRecordOf(&r.Plays[i])
	}
	for i := range r.Completions {
		b.Completions[i] = completionOf(&r.Completions[i])
	}
	for i, e := range r.Earlier {
		b.Earlier[i] = earlierBody{e.MediaVersion, e.Covered.Len(), e.LastPlayAt.UTC(), utc(e.CompletedAt)}
	}
	return &learningRecordOutput{Body: b}, nil
}

type markBody struct {
	Kind      string         `json:"kind" doc:"What was remarkable, such as impossible_claim; it took nothing away by itself"`
	Detail    map[string]any `json:"detail"`
	Times     int            `json:"times"`
	FlaggedAt time.Time      `json:"flagged_at"`
	LastAt    time.Time      `json:"last_at"`
}

type evidencePlayBody struct {
	PlayRecordBody
	Marks []markBody `json:"marks"`
}

type yearShareBody struct {
	Year      int   `json:"year" doc:"Civil year in Asia/Shanghai"`
	WatchedMs int64 `json:"watched_ms"`
}

type evidenceOutput struct{ Body evidenceBody }

type evidenceBody struct {
	Completion  completionBody     `json:"completion"`
	PersonID    string             `json:"person_id"`
	PersonName  string             `json:"person_name"`
	LessonID    string             `json:"lesson_id"`
	LessonTitle string             `json:"lesson_title"`
	CourseTitle string             `json:"course_title"`
	Coverage    []mediaRange       `json:"coverage"`
	Plays       []evidencePlayBody `json:"plays"`
	Years       []yearShareBody    `json:"years" doc:"Wall time of the spans by civil year"`
}

// getCompletionEvidence handles GET /api/v1/completions/{id}/evidence.
func (s *Server) getCompletionEvidence(ctx context.Context, who app.Actor, in *lessonIDInput) (*evidenceOutput, error) {
	e, err := s.Learning.Evidence(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	b := evidenceBody{
		Completion: completionOf(&e.Completion), PersonID: e.Completion.PersonID, PersonName: e.PersonName, LessonID: e.Completion.LessonID,
		LessonTitle: e.LessonTitle, CourseTitle: e.CourseTitle, Coverage: rangesOf(e.Covered), Plays: make([]evidencePlayBody, len(e.Plays)), Years: []yearShareBody{},
	}
	for i := range e.Plays {
		p := evidencePlayBody{s.playRecordOf(&e.Plays[i]), make([]markBody, len(e.Plays[i].Marks))}
		for j, m := range e.Plays[i].Marks {
			p.Marks[j] = markBody{m.Kind, m.Detail, m.Times, m.FlaggedAt.UTC(), m.LastAt.UTC()}
		}
		b.Plays[i] = p
	}
	for _, y := range e.Years() {
		b.Years = append(b.Years, yearShareBody{y.Year, y.Wall.Milliseconds()})
	}
	return &evidenceOutput{Body: b}, nil
}
