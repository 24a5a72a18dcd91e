package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/exam"
)

type examInputBody struct {
	Title            string       `json:"title" maxLength:"500"`
	Description      string       `json:"description,omitempty" maxLength:"8000"`
	PaperID          string       `json:"paper_id" maxLength:"64"`
	OpensAt          time.Time    `json:"opens_at"`
	ClosesAt         time.Time    `json:"closes_at"`
	DurationS        int          `json:"duration_s" maximum:"86400"`
	GraceMs          *int         `json:"grace_ms,omitempty" maximum:"60000" doc:"2000 when left out"`
	PassMarkMilli    int          `json:"pass_mark_milli"`
	AttemptsAllowed  int          `json:"attempts_allowed"`
	ShuffleQuestions bool         `json:"shuffle_questions,omitempty"`
	ShuffleOptions   bool         `json:"shuffle_options,omitempty"`
	Audience         audienceBody `json:"audience,omitempty" doc:"Empty: everybody"`
	Review           string       `json:"review" enum:"never,after_submit,after_close"`
	HoursCenti       int          `json:"hours_centi,omitempty" doc:"What a pass earns, in hundredths of an hour"`
}

func (b examInputBody) exam() exam.Exam {
	grace := exam.DefaultGrace
	if b.GraceMs != nil {
		grace = time.Duration(*b.GraceMs) * time.Millisecond
	}
	return exam.Exam{
		Title: b.Title, Description: b.Description, PaperID: b.PaperID, OpensAt: b.OpensAt, ClosesAt: b.ClosesAt,
		Duration: time.Duration(b.DurationS) * time.Second, Grace: grace, PassMarkMilli: b.PassMarkMilli, AttemptsAllowed: b.AttemptsAllowed,
		ShuffleQuestions: b.ShuffleQuestions, ShuffleOptions: b.ShuffleOptions, Review: exam.Review(b.Review), HoursCenti: b.HoursCenti,
		Audience: b.Audience.audience(),
	}
}

type examBody struct {
	ID               string       `json:"id"`
	State            string       `json:"state" enum:"draft,published,cancelled"`
	Title            string       `json:"title"`
	Description      string       `json:"description"`
	PaperID          string       `json:"paper_id"`
	OpensAt          time.Time    `json:"opens_at"`
	ClosesAt         time.Time    `json:"closes_at"`
	DurationS        int          `json:"duration_s"`
	GraceMs          int64        `json:"grace_ms"`
	PassMarkMilli    int          `json:"pass_mark_milli"`
	AttemptsAllowed  int          `json:"attempts_allowed"`
	ShuffleQuestions bool         `json:"shuffle_questions"`
	ShuffleOptions   bool         `json:"shuffle_options"`
	Audience         audienceBody `json:"audience"`
	Review           string       `json:"review" enum:"never,after_submit,after_close"`
	HoursCenti       int          `json:"hours_centi"`
	PaperHash        string       `json:"paper_hash" doc:"Of the frozen paper; empty in a draft"`
	QuestionCount    int          `json:"question_count"`
	TotalMilli       int          `json:"total_milli"`
	SubmittedCount   int          `json:"submitted_count"`
	CreatedAt        time.Time    `json:"created_at"`
	UpdatedAt        time.Time    `json:"updated_at"`
	PublishedAt      *time.Time   `json:"published_at"`
	CancelledAt      *time.Time   `json:"cancelled_at"`
	CancelReason     string       `json:"cancel_reason"`
	ServerNow        time.Time    `json:"server_now"`
}

func (s *Server) examOf(x exam.Exam) examBody {
	return examBody{
		ID: x.ID, State: string(x.State), Title: x.Title, Description: x.Description, PaperID: x.PaperID, OpensAt: x.OpensAt.UTC(),
		ClosesAt: x.ClosesAt.UTC(), DurationS: int(x.Duration / time.Second), GraceMs: x.Grace.Milliseconds(), PassMarkMilli: x.PassMarkMilli,
		AttemptsAllowed: x.AttemptsAllowed, ShuffleQuestions: x.ShuffleQuestions, ShuffleOptions: x.ShuffleOptions,
		Audience: audienceOf(x.Audience),
		Review:   string(x.Review), HoursCenti: x.HoursCenti, PaperHash: x.PaperHash.String(), QuestionCount: x.QuestionCount, TotalMilli: x.TotalMilli,
		SubmittedCount: x.Attempts, CreatedAt: x.CreatedAt.UTC(), UpdatedAt: x.UpdatedAt.UTC(), PublishedAt: inUTC(x.PublishedAt),
		CancelledAt: inUTC(x.CancelledAt), CancelReason: x.CancelReason, ServerNow: s.Now().UTC(),
	}
}

// inUTC is t in UTC, nil for none.
func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

type examOutput struct{ Body examBody }

func (s *Server) examOut(x *exam.Exam, err error) (*examOutput, error) {
	if err != nil {
		return nil, err
	}
	return &examOutput{s.examOf(*x)}, nil
}

type examsOutput struct {
	Body struct {
		Items         []examBody `json:"items"`
		NextPageToken string     `json:"next_page_token"`
	}
}

type listExamsInput struct {
	PageQuery
	State string `query:"state" enum:"draft,published,cancelled"`
	Query string `query:"q" maxLength:"100"`
}

// listExams handles GET /api/v1/exams.
func (s *Server) listExams(ctx context.Context, who app.Actor, in *listExamsInput) (*examsOutput, error) {
	page, err := s.Exams.List(ctx, who, exam.ExamFilter{State: exam.State(in.State), Query: in.Query}, in.paging())
	if err != nil {
		return nil, err
	}
	out := &examsOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, s.examOf), page.NextPageToken
	return out, nil
}

type createExamInput struct{ Body examInputBody }

// createExam handles POST /api/v1/exams.
func (s *Server) createExam(ctx context.Context, who app.Actor, in *createExamInput) (*examOutput, error) {
	return s.examOut(s.Exams.Create(ctx, who, in.Body.exam()))
}

// getExam handles GET /api/v1/exams/{id}.
func (s *Server) getExam(ctx context.Context, who app.Actor, in *idInput) (*examOutput, error) {
	return s.examOut(s.Exams.Exam(ctx, who, in.ID))
}

type updateExamInput struct {
	PathID
	Body examInputBody
}

// updateExam handles PUT /api/v1/exams/{id}.
func (s *Server) updateExam(ctx context.Context, who app.Actor, in *updateExamInput) (*examOutput, error) {
	return s.examOut(s.Exams.Update(ctx, who, in.ID, in.Body.exam()))
}

// publishExam handles POST /api/v1/exams/{id}/publish.
func (s *Server) publishExam(ctx context.Context, who app.Actor, in *idInput) (*examOutput, error) {
	return s.examOut(s.Exams.Publish(ctx, who, in.ID))
}

type cancelExamInput struct {
	PathID
	Body struct {
		Reason string `json:"reason" maxLength:"2000"`
	}
}

// cancelExam handles POST /api/v1/exams/{id}/cancel.
func (s *Server) cancelExam(ctx context.Context, who app.Actor, in *cancelExamInput) (*examOutput, error) {
	return s.examOut(s.Exams.Cancel(ctx, who, in.ID, in.Body.Reason))
}
