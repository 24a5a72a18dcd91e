package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"zhixing/app"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

type reviewOutput struct {
	Body struct {
		ID          string           `json:"id"`
		ExamID      string           `json:"exam_id"`
		Title       string           `json:"title"`
		State       string           `json:"state"`
		SubmittedAt *time.Time       `json:"submitted_at"`
		SubmittedBy string           `json:"submitted_by"`
		Released    bool             `json:"released" doc:"The worked paper is shown"`
		ReleaseAt   *time.Time       `json:"release_at" doc:"When more will be shown, if that is known"`
		ScoreMilli  *int             `json:"score_milli"`
		TotalMilli  int              `json:"total_milli"`
		Passed      *bool            `json:"passed"`
		PassMark    *int             `json:"pass_mark_milli" doc:"As it counted; null until the result is shown"`
		Cause       string           `json:"cause,omitempty" enum:"first,regrade,late_included" doc:"Why it was graded last; only with the result"`
		GradedAt    *time.Time       `json:"graded_at"`
		VoidedAt    *time.Time       `json:"voided_at"`
		VoidReason  string           `json:"void_reason,omitempty"`
		Items       []reviewItemBody `json:"items,omitempty" doc:"Only when released"`
		ServerNow   time.Time        `json:"server_now"`
	}
}

type reviewItemBody struct {
	ID          string              `json:"id"`
	Kind        string              `json:"kind"`
	Stem        string              `json:"stem"`
	PointsMilli int                 `json:"points_milli"`
	ScoreMilli  int                 `json:"score_milli"`
	Options     []attemptOptionBody `json:"options"`
	YourAnswer  []string            `json:"your_answer"`
	Key         []string            `json:"key"`
	Explanation string              `json:"explanation"`
	Source      string              `json:"source"`
	Corrected   string              `json:"corrected,omitempty" enum:"key,full,void" doc:"How it was marked otherwise than first published"`
}

// reviewAttempt handles GET /api/v1/attempts/{id}/review.
func (s *Server) reviewAttempt(ctx context.Context, who app.Actor, in *idInput) (*reviewOutput, error) {
	v, err := s.Attempts.Review(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	out := &reviewOutput{}
	b := &out.Body
	b.ID, b.ExamID, b.Title, b.State = v.Attempt.ID, v.Attempt.ExamID, v.Exam.Title, string(v.Attempt.State)
	b.SubmittedAt, b.SubmittedBy, b.Released, b.ReleaseAt = inUTC(v.Attempt.SubmittedAt), string(v.Attempt.SubmittedBy), v.Sheet != nil, inUTC(v.ReleaseAt)
	b.TotalMilli, b.ServerNow = v.Exam.TotalMilli, v.Now.UTC()
	b.VoidedAt, b.VoidReason = inUTC(v.Attempt.VoidedAt), v.VoidReason
	if v.Grade != nil {
		b.ScoreMilli, b.Passed, b.TotalMilli = &v.Grade.ScoreMilli, &v.Grade.Passed, v.Grade.TotalMilli
		b.PassMark, b.Cause, b.GradedAt = &v.PassMarkMilli, string(v.Grade.Cause), inUTC(&v.GradedAt)
	}
	if v.Sheet == nil {
		return out, nil
	}
	b.Items = make([]reviewItemBody, len(v.Sheet.Items))
	for i := range v.Sheet.Items {
		q, item := v.Sheet.Frozen(i), v.Sheet.Items[i].Item
		b.Items[i] = reviewItemBody{
			ID: v.Sheet.Items[i].ID(), Kind: string(q.Kind), Stem: q.Stem, PointsMilli: q.WorthMilli(), ScoreMilli: v.Grade.Marks[item],
			Options: attemptOptions(v.Sheet, i), YourAnswer: v.Sheet.Chosen(i, v.Grade.Choices[item]), Key: v.Sheet.Chosen(i, q.KeyChoice()),
			Explanation: q.Explanation, Source: q.Source, Corrected: string(q.Corrected()),
		}
	}
	return out, nil
}

type resultBody struct {
	ID           string     `json:"id"`
	PersonID     string     `json:"person_id"`
	PersonName   string     `json:"person_name"`
	PersonNumber string     `json:"person_number"`
	UnitName     string     `json:"unit_name"`
	Number       int        `json:"number"`
	State        string     `json:"state"`
	StartedAt    *time.Time `json:"started_at"`
	DueAt        *time.Time `json:"due_at"`
	SubmittedAt  *time.Time `json:"submitted_at"`
	SubmittedBy  string     `json:"submitted_by"`
	GradedAt     *time.Time `json:"graded_at"`
	ScoreMilli   *int       `json:"score_milli" doc:"Null until graded"`
	Passed       *bool      `json:"passed" doc:"Null until graded"`
	LateSaves    int        `json:"late_saves"`
	Takeovers    int        `json:"takeovers"`
}

func resultOf(r exam.Result) resultBody {
	b := resultBody{
		ID: r.ID, PersonID: r.PersonID, PersonName: r.PersonName, PersonNumber: r.PersonNumber, UnitName: r.UnitName, Number: r.Number,
		State: string(r.State), StartedAt: inUTC(r.StartedAt), DueAt: inUTC(r.DueAt), SubmittedAt: inUTC(r.SubmittedAt), SubmittedBy: string(r.SubmittedBy),
		GradedAt: inUTC(r.GradedAt), LateSaves: r.LateSaves, Takeovers: r.Takeovers,
	}
	if r.State == exam.Graded {
		b.ScoreMilli, b.Passed = &r.ScoreMilli, &r.Passed
	}
	return b
}

type resultsOutput struct {
	Body struct {
		Items         []resultBody `json:"items"`
		NextPageToken string       `json:"next_page_token"`
		Summary       *summaryBody `json:"summary,omitempty" doc:"Of all within reach; with the first page"`
	}
}

type summaryBody struct {
	Minted       int `json:"minted" doc:"On the roster"`
	Started      int `json:"started"`
	Submitted    int `json:"submitted"`
	Graded       int `json:"graded"`
	Passed       int `json:"passed"`
	Voided       int `json:"voided"`
	AverageMilli int `json:"average_milli"`
}

type listAttemptsInput struct {
	PathID
	PageQuery
	State  string `query:"state" enum:"ready,in_progress,submitted,marking,graded,voided"`
	Passed string `query:"passed" enum:"true,false"`
	Query  string `query:"q" maxLength:"60" doc:"Beginning of a name or number"`
}

// listAttempts handles GET /api/v1/exams/{id}/attempts.
func (s *Server) listAttempts(ctx context.Context, who app.Actor, in *listAttemptsInput) (*resultsOutput, error) {
	f := exam.ResultFilter{ExamID: in.ID, State: exam.AttemptState(in.State), Query: in.Query}
	if in.Passed != "" {
		passed := in.Passed == "true"
		f.Passed = &passed
	}
	if _, err := s.Exams.Exam(ctx, who, in.ID); err != nil {
		return nil, err
	}
	page, sum, err := s.Attempts.Results(ctx, who, f, in.paging())
	if err != nil {
		return nil, err
	}
	out := &resultsOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, resultOf), page.NextPageToken
	if sum != nil {
		body := summaryBody(*sum)
		out.Body.Summary = &body
	}
	return out, nil
}

type attemptEvidenceOutput struct {
	Body struct {
		Attempt       resultBody                     `json:"attempt"`
		ExamID        string                         `json:"exam_id"`
		Title         string                         `json:"title"`
		PaperHash     string                         `json:"paper_hash"`
		GraceMs       int64                          `json:"grace_ms"`
		Genuine       bool                           `json:"genuine" doc:"Every operation of this page still fits its keyed fingerprint"`
		Events        []attemptEventEvidenceBody     `json:"events"`
		Items         []attemptItemEvidenceBody      `json:"items"`
		Grades        []attemptGradeEvidenceBody     `json:"grades"`
		Operations    []attemptOperationEvidenceBody `json:"operations" doc:"In order of arrival"`
		Inclusions    []LateInclusionBody            `json:"inclusions" doc:"Proposals to include late answers, newest first"`
		Void          *attemptVoidBody               `json:"void"`
		NextPageToken string                         `json:"next_page_token"`
		ServerNow     time.Time                      `json:"server_now"`
	}
}

type attemptEventEvidenceBody struct {
	Kind     string    `json:"kind" enum:"started,taken_over,submitted,graded,voided"`
	At       time.Time `json:"at"`
	Epoch    int       `json:"epoch,omitempty"`
	DeviceID string    `json:"device_id,omitempty"`
	By       string    `json:"by,omitempty"`
}

type attemptItemEvidenceBody struct {
	Number      int               `json:"number" doc:"On the frozen paper"`
	Shown       int               `json:"shown" doc:"Place on the learner's sheet"`
	QuestionID  string            `json:"question_id"`
	Version     int               `json:"version"`
	Kind        string            `json:"kind"`
	Stem        string            `json:"stem"`
	PointsMilli int               `json:"points_milli"`
	Options     []question.Option `json:"options"`
	Key         []string          `json:"key" doc:"As it is marked now"`
	Corrected   string            `json:"corrected,omitempty" enum:"key,full,void"`
}

type attemptGradeEvidenceBody struct {
	Version    int        `json:"version"`
	Cause      string     `json:"cause" enum:"first,regrade,late_included"`
	Reason     string     `json:"reason" doc:"Of whoever had it graded again"`
	By         string     `json:"by"`
	At         time.Time  `json:"at"`
	ScoreMilli int        `json:"score_milli"`
	TotalMilli int        `json:"total_milli"`
	Passed     bool       `json:"passed"`
	Marks      []int      `json:"marks" doc:"By number"`
	Answers    [][]string `json:"answers" doc:"By number"`
}

type attemptOperationEvidenceBody struct {
	OpID       string    `json:"op_id"`
	ServerSeq  int64     `json:"server_seq"`
	ReceivedAt time.Time `json:"received_at"`
	Epoch      int       `json:"epoch"`
	Seq        int       `json:"seq"`
	Number     int       `json:"number"`
	Value      []string  `json:"value"`
	Late       bool      `json:"late"`
	Included   bool      `json:"included" doc:"Late, but two persons decided that it counts"`
	Counts     bool      `json:"counts"`
	Genuine    bool      `json:"genuine"`
}

type attemptEvidenceInput struct {
	PathID
	PageQuery
}

// getAttemptEvidence handles GET /api/v1/attempts/{id}/evidence.
func (s *Server) getAttemptEvidence(ctx context.Context, who app.Actor, in *attemptEvidenceInput) (*attemptEvidenceOutput, error) {
	e, err := s.Attempts.Evidence(ctx, who, in.ID, in.paging())
	if err != nil {
		return nil, err
	}
	out := &attemptEvidenceOutput{}
	b := &out.Body
	b.Attempt, b.ExamID, b.Title, b.PaperHash = resultOf(e.Result), e.Exam.ID, e.Exam.Title, e.Exam.PaperHash.String()
	b.GraceMs, b.ServerNow, b.NextPageToken, b.Events = e.Exam.Grace.Milliseconds(), e.Now.UTC(), e.NextToken, attemptEvents(e)
	b.Items = make([]attemptItemEvidenceBody, len(e.Sheet.Items))
	for i := range e.Sheet.Items {
		q, n := e.Sheet.Frozen(i), e.Sheet.Items[i].Item
		b.Items[n] = attemptItemEvidenceBody{n + 1, i + 1, q.QuestionID, q.Version, string(q.Kind), q.Stem, q.PointsMilli, q.Options, q.Key, string(q.Corrected())}
	}
	p := e.Sheet.Paper
	b.Grades = bodies(e.Grades, func(g exam.GradeRow) attemptGradeEvidenceBody {
		v := attemptGradeEvidenceBody{g.Version, string(g.Cause), g.Reason, g.By, g.At.UTC(), g.ScoreMilli, g.TotalMilli, g.Passed, g.Marks, make([][]string, len(g.Choices))}
		for i, c := range g.Choices {
			v.Answers[i] = p.Items[i].OptionIDs(c)
		}
		return v
	})
	b.Inclusions, b.Void = bodies(e.Inclusions, lateInclusionOf), attemptVoidOf(e.Void)
	b.Genuine = true
	b.Operations = bodies(e.Operations, func(o app.EvidentOperation) attemptOperationEvidenceBody {
		b.Genuine = b.Genuine && o.Genuine
		return attemptOperationEvidenceBody{
			OpID: uuid.UUID(o.ID).String(), ServerSeq: o.ServerSeq, ReceivedAt: o.ReceivedAt.UTC(), Epoch: o.Epoch, Seq: o.Seq,
			Number: o.Item + 1, Value: p.Items[o.Item].OptionIDs(o.Choice), Late: o.Late, Included: o.Included, Counts: o.Counts, Genuine: o.Genuine,
		}
	})
	return out, nil
}

// attemptEvents tells an attempt's life in order.
func attemptEvents(e *app.Evidence) []attemptEventEvidenceBody {
	out := []attemptEventEvidenceBody{}
	add := func(at *time.Time, v attemptEventEvidenceBody) {
		if at != nil {
			v.At = at.UTC()
			out = append(out, v)
		}
	}
	first := e.DeviceID
	if len(e.Events) > 0 {
		first = e.Events[0].Previous
	}
	add(e.StartedAt, attemptEventEvidenceBody{Kind: "started", Epoch: 1, DeviceID: first})
	for _, v := range e.Events {
		add(&v.At, attemptEventEvidenceBody{Kind: v.Kind, Epoch: v.Epoch, DeviceID: v.DeviceID})
	}
	add(e.SubmittedAt, attemptEventEvidenceBody{Kind: "submitted", By: string(e.SubmittedBy)})
	add(e.GradedAt, attemptEventEvidenceBody{Kind: "graded"})
	add(e.VoidedAt, attemptEventEvidenceBody{Kind: "voided"})
	return out
}

type checkReceiptInput struct {
	PathID
	Body struct {
		Receipt string `json:"receipt" minLength:"1" maxLength:"200"`
	}
}

type checkReceiptOutput struct {
	Body struct {
		Kind      string    `json:"kind" enum:"save,submit"`
		At        time.Time `json:"at"`
		ServerSeq int64     `json:"server_seq" doc:"Of the last operation covered; 0 for a submit"`
	}
}

// checkReceipt handles POST /api/v1/attempts/{id}/check-receipt.
func (s *Server) checkReceipt(ctx context.Context, who app.Actor, in *checkReceiptInput) (*checkReceiptOutput, error) {
	r, err := s.Attempts.CheckReceipt(ctx, who, in.ID, in.Body.Receipt)
	if err != nil {
		return nil, err
	}
	out := &checkReceiptOutput{}
	out.Body.Kind, out.Body.At, out.Body.ServerSeq = "save", r.At, r.ServerSeq
	if r.Submit {
		out.Body.Kind = "submit"
	}
	return out, nil
}
