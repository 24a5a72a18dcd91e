package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/question"
)

// PathID is the id in the path of an operation on one thing.
type PathID struct {
	ID string `path:"id" maxLength:"64"`
}

// PageQuery is what every list of this context takes.
type PageQuery struct {
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	PageToken string `query:"page_token" maxLength:"500"`
}

func (p PageQuery) paging() domain.Paging { return domain.Paging{Limit: p.Limit, Token: p.PageToken} }

// bodies turns a list into bodies, never null.
func bodies[T, B any](list []T, body func(T) B) []B {
	out := make([]B, len(list))
	for i, v := range list {
		out[i] = body(v)
	}
	return out
}

type bankBody struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Description   string    `json:"description"`
	QuestionCount int       `json:"question_count" doc:"Active questions"`
	Tags          []tagBody `json:"tags,omitempty" doc:"Only when one bank is read"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
}

type tagBody struct {
	Name          string `json:"name"`
	QuestionCount int    `json:"question_count"`
}

func bankOf(b question.Bank) bankBody {
	return bankBody{ID: b.ID, Name: b.Name, Description: b.Description, QuestionCount: b.Questions, CreatedAt: b.CreatedAt.UTC(), UpdatedAt: b.UpdatedAt.UTC()}
}

type bankOutput struct{ Body bankBody }

type banksOutput struct {
	Body struct {
		Items         []bankBody `json:"items"`
		NextPageToken string     `json:"next_page_token"`
	}
}

type listBanksInput struct {
	PageQuery
	Query string `query:"q" maxLength:"100"`
}

// listBanks handles GET /api/v1/banks.
func (s *Server) listBanks(ctx context.Context, who app.Actor, in *listBanksInput) (*banksOutput, error) {
	page, err := s.Questions.Banks(ctx, who, in.Query, in.paging())
	if err != nil {
		return nil, err
	}
	out := &banksOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, bankOf), page.NextPageToken
	return out, nil
}

type bankInputBody struct {
	Name        string `json:"name" minLength:"1" maxLength:"200"`
	Description string `json:"description,omitempty" maxLength:"2000"`
}

type createBankInput struct{ Body bankInputBody }

// createBank handles POST /api/v1/banks.
func (s *Server) createBank(ctx context.Context, who app.Actor, in *createBankInput) (*bankOutput, error) {
	b, err := s.Questions.CreateBank(ctx, who, question.Bank{Name: in.Body.Name, Description: in.Body.Description})
	if err != nil {
		return nil, err
	}
	return &bankOutput{bankOf(*b)}, nil
}

// getBank handles GET /api/v1/banks/{id}.
func (s *Server) getBank(ctx context.Context, who app.Actor, in *idInput) (*bankOutput, error) {
	b, tags, err := s.Questions.Bank(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	body := bankOf(*b)
	body.Tags = bodies(tags, func(t question.Tag) tagBody { return tagBody{t.Name, t.Questions} })
	return &bankOutput{body}, nil
}

type updateBankInput struct {
	PathID
	Body bankInputBody
}

// updateBank handles PUT /api/v1/banks/{id}.
func (s *Server) updateBank(ctx context.Context, who app.Actor, in *updateBankInput) (*bankOutput, error) {
	b, err := s.Questions.UpdateBank(ctx, who, in.ID, question.Bank{Name: in.Body.Name, Description: in.Body.Description})
	if err != nil {
		return nil, err
	}
	return &bankOutput{bankOf(*b)}, nil
}

// questionOptionBody is one option as its author names it. Learners never get it.
type questionOptionBody struct {
	ID   string `json:"id,omitempty" maxLength:"64" doc:"A, B, C… when left out"`
	Text string `json:"text" maxLength:"4000"`
}

// QuestionContentBody is what one version of a question says, for its authors.
type QuestionContentBody struct {
	Kind        string               `json:"kind" enum:"single,multiple,judgement"`
	Stem        string               `json:"stem" maxLength:"20000"`
	Options     []questionOptionBody `json:"options,omitempty" maxItems:"30" doc:"Left out for a judgement"`
	Key         []string             `json:"key" maxItems:"30" doc:"Ids of the right options; true or false for a judgement"`
	PointsMilli int                  `json:"points_milli,omitempty" doc:"Worth when the paper does not say, in thousandths"`
	Explanation string               `json:"explanation,omitempty" maxLength:"20000"`
	Source      string               `json:"source,omitempty" maxLength:"2000"`
	Tags        []string             `json:"tags,omitempty" maxItems:"50"`
	Difficulty  int                  `json:"difficulty,omitempty" doc:"1 (easy) to 5"`
}

func (b QuestionContentBody) content() question.Content {
	return question.Content{
		Kind: question.Kind(b.Kind), Stem: b.Stem, Key: b.Key, PointsMilli: b.PointsMilli, Explanation: b.Explanation,
		Options: bodies(b.Options, func(o questionOptionBody) question.Option { return question.Option{ID: o.ID, Text: o.Text} }),
		Source:  b.Source, Tags: b.Tags, Difficulty: b.Difficulty,
	}
}

func contentBody(c question.Content) QuestionContentBody {
	return QuestionContentBody{
		Kind: string(c.Kind), Stem: c.Stem, Key: c.Key, PointsMilli: c.PointsMilli, Explanation: c.Explanation, Source: c.Source,
		Options: bodies(c.Options, func(o question.Option) questionOptionBody { return questionOptionBody{o.ID, o.Text} }),
		Tags:    append([]string{}, c.Tags...), Difficulty: c.Difficulty,
	}
}

type questionBody struct {
	ID      string `json:"id"`
	BankID  string `json:"bank_id"`
	Version int    `json:"version"`
	State   string `json:"state" enum:"active,retired"`
	QuestionContentBody
	UsedBy    int                   `json:"used_by" doc:"Published exams that hold any version"`
	CreatedAt time.Time             `json:"created_at"`
	UpdatedAt time.Time             `json:"updated_at"`
	Versions  []questionVersionBody `json:"versions,omitempty" doc:"Newest first; only when one question is read"`
}

type questionVersionBody struct {
	Version int `json:"version"`
	QuestionContentBody
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
}

func questionOf(q question.Question) questionBody {
	return questionBody{
		ID: q.ID, BankID: q.BankID, Version: q.Version, State: string(q.State), QuestionContentBody: contentBody(q.Content),
		UsedBy: q.UsedBy, CreatedAt: q.CreatedAt.UTC(), UpdatedAt: q.UpdatedAt.UTC(),
	}
}

type questionOutput struct{ Body questionBody }

func questionOut(q *question.Question, err error) (*questionOutput, error) {
	if err != nil {
		return nil, err
	}
	return &questionOutput{questionOf(*q)}, nil
}

type questionsOutput struct {
	Body struct {
		Items         []questionBody `json:"items"`
		NextPageToken string         `json:"next_page_token"`
	}
}

type listQuestionsInput struct {
	PathID
	PageQuery
	Kind    string `query:"kind" enum:"single,multiple,judgement"`
	Tag     string `query:"tag" maxLength:"100"`
	Query   string `query:"q" maxLength:"100"`
	Retired bool   `query:"retired" doc:"Show retired ones too"`
}

// listQuestions handles GET /api/v1/banks/{id}/questions.
func (s *Server) listQuestions(ctx context.Context, who app.Actor, in *listQuestionsInput) (*questionsOutput, error) {
	page, err := s.Questions.List(ctx, who, question.Filter{BankID: in.ID, Kind: question.Kind(in.Kind), Tag: in.Tag, Query: in.Query, Retired: in.Retired}, in.paging())
	if err != nil {
		return nil, err
	}
	out := &questionsOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, questionOf), page.NextPageToken
	return out, nil
}

type createQuestionInput struct {
	PathID
	Body QuestionContentBody
}

// createQuestion handles POST /api/v1/banks/{id}/questions.
func (s *Server) createQuestion(ctx context.Context, who app.Actor, in *createQuestionInput) (*questionOutput, error) {
	return questionOut(s.Questions.Create(ctx, who, in.ID, in.Body.content()))
}

// getQuestion handles GET /api/v1/questions/{id}.
func (s *Server) getQuestion(ctx context.Context, who app.Actor, in *idInput) (*questionOutput, error) {
	q, versions, err := s.Questions.Question(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	body := questionOf(*q)
	body.Versions = bodies(versions, func(v question.Version) questionVersionBody {
		return questionVersionBody{Version: v.Number, QuestionContentBody: contentBody(v.Content), CreatedBy: v.CreatedBy, CreatedAt: v.CreatedAt.UTC()}
	})
	return &questionOutput{body}, nil
}

type updateQuestionInput struct {
	PathID
	Body struct {
		QuestionContentBody
		Version int `json:"version,omitempty" doc:"The version that was edited; refused when it is no longer the newest"`
	}
}

// updateQuestion handles PUT /api/v1/questions/{id}: it makes a new version.
func (s *Server) updateQuestion(ctx context.Context, who app.Actor, in *updateQuestionInput) (*questionOutput, error) {
	return questionOut(s.Questions.Revise(ctx, who, in.ID, in.Body.Version, in.Body.content()))
}

type retireQuestionInput struct {
	PathID
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"Written into the audit log"`
	}
}

// retireQuestion handles POST /api/v1/questions/{id}/retire.
func (s *Server) retireQuestion(ctx context.Context, who app.Actor, in *retireQuestionInput) (*questionOutput, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	return questionOut(s.Questions.Retire(ctx, who, in.ID, reason))
}
