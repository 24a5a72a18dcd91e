package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/exam"
)

type myExamBody struct {
	ID              string         `json:"id"`
	Title           string         `json:"title"`
	Description     string         `json:"description"`
	OpensAt         time.Time      `json:"opens_at"`
	ClosesAt        time.Time      `json:"closes_at"`
	DurationS       int            `json:"duration_s"`
	QuestionCount   int            `json:"question_count"`
	TotalMilli      int            `json:"total_milli"`
	PassMarkMilli   int            `json:"pass_mark_milli"`
	AttemptsAllowed int            `json:"attempts_allowed"`
	AttemptsUsed    int            `json:"attempts_used"`
	Review          string         `json:"review" enum:"never,after_submit,after_close"`
	HoursCenti      int            `json:"hours_centi"`
	Phase           string         `json:"phase" enum:"upcoming,open,closed"`
	Attempt         *myAttemptBody `json:"attempt" doc:"The newest one; null before it is made"`
	ServerNow       time.Time      `json:"server_now"`
}

type myAttemptBody struct {
	ID          string     `json:"id"`
	Number      int        `json:"number"`
	State       string     `json:"state"`
	DueAt       *time.Time `json:"due_at"`
	SubmittedAt *time.Time `json:"submitted_at"`
	ScoreMilli  *int       `json:"score_milli" doc:"Null until it is released"`
	TotalMilli  *int       `json:"total_milli" doc:"Of what it was graded by; null until it is released"`
	Passed      *bool      `json:"passed" doc:"Null until it is released"`
}

func myExamOf(m exam.MyExam, now time.Time) myExamBody {
	x := &m.Exam
	b := myExamBody{
		ID: x.ID, Title: x.Title, Description: x.Description, OpensAt: x.OpensAt.UTC(), ClosesAt: x.ClosesAt.UTC(),
		DurationS: int(x.Duration / time.Second), QuestionCount: x.QuestionCount, TotalMilli: x.TotalMilli, PassMarkMilli: x.PassMarkMilli,
		AttemptsAllowed: x.AttemptsAllowed, AttemptsUsed: m.AttemptsUsed, Review: string(x.Review), HoursCenti: x.HoursCenti,
		Phase: string(x.PhaseAt(now)), ServerNow: now.UTC(),
	}
	if a := m.Attempt; a != nil {
		b.Attempt = &myAttemptBody{ID: a.ID, Number: a.Number, State: string(a.State), DueAt: inUTC(a.DueAt), SubmittedAt: inUTC(a.SubmittedAt)}
		if exam.Visible(x, a, now).Result {
			b.Attempt.ScoreMilli, b.Attempt.TotalMilli, b.Attempt.Passed = &a.ScoreMilli, &m.TotalMilli, &a.Passed
		}
	}
	return b
}

type myExamsOutput struct {
	Body struct {
		Items         []myExamBody `json:"items"`
		NextPageToken string       `json:"next_page_token"`
		ServerNow     time.Time    `json:"server_now"`
	}
}

type listMyExamsInput struct {
	PageQuery
	State string `query:"state" enum:"upcoming,open,closed" doc:"Phase of the window"`
}

// listMyExams handles GET /api/v1/my-exams.
func (s *Server) listMyExams(ctx context.Context, who app.Actor, in *listMyExamsInput) (*myExamsOutput, error) {
	page, now, err := s.Attempts.MyExams(ctx, who, exam.MyFilter{Phase: exam.Phase(in.State)}, in.paging())
	if err != nil {
		return nil, err
	}
	out := &myExamsOutput{}
	out.Body.Items = bodies(page.Items, func(m exam.MyExam) myExamBody { return myExamOf(m, now) })
	out.Body.NextPageToken, out.Body.ServerNow = page.NextPageToken, now.UTC()
	return out, nil
}

type myExamOutput struct{ Body myExamBody }

// getMyExam handles GET /api/v1/my-exams/{id}.
func (s *Server) getMyExam(ctx context.Context, who app.Actor, in *idInput) (*myExamOutput, error) {
	m, now, err := s.Attempts.MyExam(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &myExamOutput{myExamOf(*m, now)}, nil
}

// attemptBody has no field for a key, a weight or feedback: what a body cannot
// say, it cannot leak.
type attemptBody struct {
	ID            string            `json:"id"`
	ExamID        string            `json:"exam_id"`
	Title         string            `json:"title"`
	State         string            `json:"state"`
	Epoch         int               `json:"epoch" doc:"Sent with every save; 0 unless this device holds the attempt"`
	HeldElsewhere bool              `json:"held_elsewhere"`
	StartedAt     *time.Time        `json:"started_at"`
	DueAt         *time.Time        `json:"due_at"`
	GraceMs       int64             `json:"grace_ms"`
	ServerNow     time.Time         `json:"server_now"`
	SubmittedAt   *time.Time        `json:"submitted_at"`
	Receipt       string            `json:"receipt,omitempty" doc:"Of the submit"`
	LastSeq       int               `json:"last_seq" doc:"Highest counter kept; the next operation takes one more"`
	Items         []attemptItemBody `json:"items" doc:"Empty unless in progress"`
}

type attemptItemBody struct {
	ID          string              `json:"id"`
	Kind        string              `json:"kind" enum:"single,multiple,judgement"`
	Stem        string              `json:"stem"`
	PointsMilli int                 `json:"points_milli"`
	Options     []attemptOptionBody `json:"options"`
	Answer      []string            `json:"answer" nullable:"true" doc:"Null when nothing was ever answered"`
	AnswerSeq   int                 `json:"answer_seq"`
}

type attemptOptionBody struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

func attemptOf(v *app.View) attemptBody {
	a := &v.Attempt
	b := attemptBody{
		ID: a.ID, ExamID: a.ExamID, Title: v.Exam.Title, State: string(a.State), Epoch: a.Epoch, HeldElsewhere: v.HeldElsewhere,
		StartedAt: inUTC(a.StartedAt), DueAt: inUTC(a.DueAt), GraceMs: v.Exam.Grace.Milliseconds(), ServerNow: v.Now.UTC(),
		SubmittedAt: inUTC(a.SubmittedAt), Receipt: v.Receipt, LastSeq: v.LastSeq, Items: []attemptItemBody{},
	}
	if v.HeldElsewhere {
		b.Epoch = 0
	}
	if v.Sheet == nil {
		return b
	}
	answers := make(map[int]exam.Answer, len(v.Answers))
	for _, given := range v.Answers {
		answers[given.Item] = given
	}
	b.Items = make([]attemptItemBody, len(v.Sheet.Items))
	for i := range v.Sheet.Items {
		q := v.Sheet.Frozen(i)
		it := attemptItemBody{ID: v.Sheet.Items[i].ID(), Kind: string(q.Kind), Stem: q.Stem, PointsMilli: q.PointsMilli, Options: attemptOptions(v.Sheet, i)}
		if given, ok := answers[v.Sheet.Items[i].Item]; ok {
			it.Answer, it.AnswerSeq = v.Sheet.Chosen(i, given.Choice), given.Seq
		}
		b.Items[i] = it
	}
	return b
}

func attemptOptions(sheet *exam.Sheet, i int) []attemptOptionBody {
	return bodies(sheet.Options(i), func(o exam.SheetOption) attemptOptionBody { return attemptOptionBody(o) })
}

type attemptOutput struct{ Body attemptBody }

func attemptOut(v *app.View, err error) (*attemptOutput, error) {
	if err != nil {
		return nil, err
	}
	return &attemptOutput{attemptOf(v)}, nil
}

type deviceInput struct {
	PathID
	Body struct {
		DeviceID string `json:"device_id" minLength:"1" maxLength:"64" doc:"Random id that the browser keeps"`
	}
}

// startAttempt handles POST /api/v1/exams/{id}/start.
func (s *Server) startAttempt(ctx context.Context, who app.Actor, in *deviceInput) (*attemptOutput, error) {
	return attemptOut(s.Attempts.Start(ctx, who, in.ID, in.Body.DeviceID))
}

type getAttemptInput struct {
	PathID
	DeviceID string `query:"device_id" maxLength:"64"`
}

// getAttempt handles GET /api/v1/attempts/{id}.
func (s *Server) getAttempt(ctx context.Context, who app.Actor, in *getAttemptInput) (*attemptOutput, error) {
	return attemptOut(s.Attempts.Attempt(ctx, who, in.ID, in.DeviceID))
}

// takeOverAttempt handles POST /api/v1/attempts/{id}/take-over.
func (s *Server) takeOverAttempt(ctx context.Context, who app.Actor, in *deviceInput) (*attemptOutput, error) {
	return attemptOut(s.Attempts.TakeOver(ctx, who, in.ID, in.Body.DeviceID))
}

type saveAnswersInput struct {
	PathID
	Body struct {
		Epoch      int             `json:"epoch" minimum:"0" maximum:"1000000"`
		Operations []operationBody `json:"operations" minItems:"1" maxItems:"200"`
	}
}

type operationBody struct {
	OpID  string   `json:"op_id" maxLength:"64" doc:"UUID made by the browser; a repeat is acknowledged, not kept twice"`
	Item  string   `json:"item" maxLength:"64"`
	Seq   int      `json:"seq" doc:"The browser's counter; of one item the highest counts"`
	Value []string `json:"value" maxItems:"30" doc:"Ids of the options chosen; empty takes the answer back"`
}

type saveAnswersOutput struct {
	Body struct {
		State     string    `json:"state"`
		ServerNow time.Time `json:"server_now"`
		ServerSeq int64     `json:"server_seq"`
		DueAt     time.Time `json:"due_at"`
		Saved     []string  `json:"saved" doc:"Durable, and counts"`
		Sealed    []string  `json:"sealed" doc:"Durable, but too late: kept as evidence, not graded"`
		Receipt   string    `json:"receipt"`
	}
}

// saveAnswers handles POST /api/v1/attempts/{id}/answers.
func (s *Server) saveAnswers(ctx context.Context, who app.Actor, in *saveAnswersInput) (*saveAnswersOutput, error) {
	ack, err := s.Attempts.Save(ctx, who, in.ID, in.Body.Epoch, bodies(in.Body.Operations, func(o operationBody) app.GivenAnswer {
		return app.GivenAnswer(o)
	}))
	if err != nil {
		return nil, err
	}
	out := &saveAnswersOutput{}
	b := &out.Body
	b.State, b.ServerNow, b.ServerSeq, b.DueAt = string(ack.State), ack.Now.UTC(), ack.ServerSeq, ack.DueAt.UTC()
	b.Saved, b.Sealed, b.Receipt = ack.Saved, ack.Sealed, ack.Receipt
	return out, nil
}

type submitAttemptInput struct {
	PathID
	Body struct {
		Epoch int `json:"epoch" minimum:"0" maximum:"1000000"`
	}
}

type submitAttemptOutput struct {
	Body struct {
		ID          string     `json:"id"`
		State       string     `json:"state"`
		SubmittedAt *time.Time `json:"submitted_at"`
		SubmittedBy string     `json:"submitted_by" enum:"person,clock"`
		ServerNow   time.Time  `json:"server_now"`
		Receipt     string     `json:"receipt"`
	}
}

// submitAttempt handles POST /api/v1/attempts/{id}/submit.
func (s *Server) submitAttempt(ctx context.Context, who app.Actor, in *submitAttemptInput) (*submitAttemptOutput, error) {
	v, err := s.Attempts.Submit(ctx, who, in.ID, in.Body.Epoch)
	if err != nil {
		return nil, err
	}
	out := &submitAttemptOutput{}
	b := &out.Body
	b.ID, b.State, b.SubmittedAt, b.SubmittedBy = v.Attempt.ID, string(v.Attempt.State), inUTC(v.Attempt.SubmittedAt), string(v.Attempt.SubmittedBy)
	b.ServerNow, b.Receipt = v.Now.UTC(), v.Receipt
	return out, nil
}
