package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

type paperItemBody struct {
	QuestionID  string `json:"question_id" maxLength:"64"`
	PointsMilli int    `json:"points_milli,omitempty" doc:"0 takes the question's own"`
}

type blueprintRowBody struct {
	BankID      string `json:"bank_id" maxLength:"64"`
	Kind        string `json:"kind,omitempty" enum:"single,multiple,judgement," doc:"Empty takes any"`
	Tag         string `json:"tag,omitempty" maxLength:"100" doc:"Empty takes any"`
	Count       int    `json:"count"`
	PointsMilli int    `json:"points_milli,omitempty" doc:"Of each; 0 takes the question's own"`
}

type paperInputBody struct {
	Title     string             `json:"title" maxLength:"500"`
	Partial   string             `json:"partial,omitempty" enum:"full,half" doc:"What a right but incomplete multiple choice earns: nothing, or half"`
	Items     []paperItemBody    `json:"items,omitempty" maxItems:"1000"`
	Blueprint []blueprintRowBody `json:"blueprint,omitempty" maxItems:"100"`
	Version   int                `json:"version,omitempty" doc:"The version that was edited; refused when it is no longer the newest"`
}

func (b paperInputBody) paper() exam.Paper {
	return exam.Paper{
		Title: b.Title, Partial: exam.Partial(b.Partial), Version: b.Version,
		Items: bodies(b.Items, func(it paperItemBody) exam.PaperItem { return exam.PaperItem(it) }),
		Blueprint: bodies(b.Blueprint, func(r blueprintRowBody) exam.BlueprintRow {
			return exam.BlueprintRow{BankID: r.BankID, Kind: question.Kind(r.Kind), Tag: r.Tag, Count: r.Count, PointsMilli: r.PointsMilli}
		}),
	}
}

type paperBody struct {
	ID            string             `json:"id"`
	Title         string             `json:"title"`
	Mode          string             `json:"mode" enum:"hand,blueprint"`
	Partial       string             `json:"partial" enum:"full,half"`
	Items         []paperItemBody    `json:"items"`
	Blueprint     []blueprintRowBody `json:"blueprint"`
	QuestionCount int                `json:"question_count"`
	Version       int                `json:"version"`
	UsedBy        int                `json:"used_by" doc:"Exams that were published on it"`
	CreatedAt     time.Time          `json:"created_at"`
	UpdatedAt     time.Time          `json:"updated_at"`
	Draw          *drawBody          `json:"draw,omitempty" doc:"What it gives now; only when one paper is read"`
}

func paperOf(p exam.Paper) paperBody {
	b := paperBody{
		ID: p.ID, Title: p.Title, Mode: "hand", Partial: string(p.Partial), QuestionCount: p.Count(), Version: p.Version, UsedBy: p.UsedBy,
		Items: bodies(p.Items, func(it exam.PaperItem) paperItemBody { return paperItemBody(it) }),
		Blueprint: bodies(p.Blueprint, func(r exam.BlueprintRow) blueprintRowBody {
			return blueprintRowBody{r.BankID, string(r.Kind), r.Tag, r.Count, r.PointsMilli}
		}),
		CreatedAt: p.CreatedAt.UTC(), UpdatedAt: p.UpdatedAt.UTC(),
	}
	if len(p.Blueprint) > 0 {
		b.Mode = "blueprint"
	}
	return b
}

type drawBody struct {
	Seed          uint64          `json:"seed"`
	Complete      bool            `json:"complete" doc:"Nothing is missing: an exam can be published on it"`
	QuestionCount int             `json:"question_count"`
	TotalMilli    int             `json:"total_milli"`
	Items         []drawnItemBody `json:"items"`
	Rows          []drawnRowBody  `json:"rows" doc:"By row of the blueprint; empty for a paper by hand"`
}

type drawnItemBody struct {
	QuestionID  string   `json:"question_id"`
	Version     int      `json:"version"`
	State       string   `json:"state" enum:"active,retired"`
	Kind        string   `json:"kind"`
	Stem        string   `json:"stem"`
	Tags        []string `json:"tags"`
	PointsMilli int      `json:"points_milli"`
}

type drawnRowBody struct {
	Wanted    int `json:"wanted"`
	Available int `json:"available" doc:"Questions that fit the row, other rows aside"`
	Drawn     int `json:"drawn"`
	Short     int `json:"short"`
}

func drawOf(d *app.PaperDraw) *drawBody {
	b := &drawBody{
		Seed: d.Seed, Complete: d.Complete(), QuestionCount: len(d.Questions), TotalMilli: d.TotalMilli,
		Rows: bodies(d.Rows, func(r exam.RowDraw) drawnRowBody { return drawnRowBody{r.Wanted, r.Available, r.Drawn, r.Short()} }),
	}
	b.Items = make([]drawnItemBody, len(d.Questions))
	for i, q := range d.Questions {
		b.Items[i] = drawnItemBody{q.ID, q.Version, string(q.State), string(q.Kind), q.Stem, append([]string{}, q.Tags...), d.Points[i]}
	}
	return b
}

type paperOutput struct{ Body paperBody }

func paperOut(p *exam.Paper, err error) (*paperOutput, error) {
	if err != nil {
		return nil, err
	}
	return &paperOutput{paperOf(*p)}, nil
}

type papersOutput struct {
	Body struct {
		Items         []paperBody `json:"items"`
		NextPageToken string      `json:"next_page_token"`
	}
}

type listPapersInput struct {
	PageQuery
	Query string `query:"q" maxLength:"100"`
}

// listPapers handles GET /api/v1/papers.
func (s *Server) listPapers(ctx context.Context, who app.Actor, in *listPapersInput) (*papersOutput, error) {
	page, err := s.Papers.List(ctx, who, in.Query, in.paging())
	if err != nil {
		return nil, err
	}
	out := &papersOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, paperOf), page.NextPageToken
	return out, nil
}

type createPaperInput struct{ Body paperInputBody }

// createPaper handles POST /api/v1/papers.
func (s *Server) createPaper(ctx context.Context, who app.Actor, in *createPaperInput) (*paperOutput, error) {
	return paperOut(s.Papers.Create(ctx, who, in.Body.paper()))
}

// getPaper handles GET /api/v1/papers/{id}.
func (s *Server) getPaper(ctx context.Context, who app.Actor, in *idInput) (*paperOutput, error) {
	p, d, err := s.Papers.Paper(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	body := paperOf(*p)
	body.Draw = drawOf(d)
	return &paperOutput{body}, nil
}

type updatePaperInput struct {
	PathID
	Body paperInputBody
}

// updatePaper handles PUT /api/v1/papers/{id}.
func (s *Server) updatePaper(ctx context.Context, who app.Actor, in *updatePaperInput) (*paperOutput, error) {
	return paperOut(s.Papers.Update(ctx, who, in.ID, in.Body.paper()))
}

type drawPaperInput struct {
	PathID
	Body struct {
		Seed uint64 `json:"seed,omitempty" maximum:"4294967296" doc:"0 or left out: a fresh draw"`
		Keep bool   `json:"keep,omitempty" doc:"Keep this draw: an exam is then published on what is shown"`
	}
}

type drawOutput struct{ Body drawBody }

// drawPaper handles POST /api/v1/papers/{id}/draw.
func (s *Server) drawPaper(ctx context.Context, who app.Actor, in *drawPaperInput) (*drawOutput, error) {
	d, err := s.Papers.Draw(ctx, who, in.ID, in.Body.Seed, in.Body.Keep)
	if err != nil {
		return nil, err
	}
	return &drawOutput{*drawOf(d)}, nil
}
