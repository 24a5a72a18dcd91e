package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

type correctionBody struct {
	Number int      `json:"number" minimum:"1" maximum:"300" doc:"Of the question on the paper"`
	Rule   string   `json:"rule" enum:"key,full,void" doc:"Another key; full marks for everybody; out of the total"`
	Key    []string `json:"key,omitempty" maxItems:"26" doc:"With rule key: the right options"`
}

func correctionsFrom(in []correctionBody) []exam.CorrectedItem {
	out := make([]exam.CorrectedItem, len(in))
	for i, c := range in {
		out[i] = exam.CorrectedItem{Item: c.Number - 1, Rule: exam.CorrectionRule(c.Rule), Key: c.Key}
	}
	return out
}

type markingItemBody struct {
	Number      int               `json:"number"`
	Kind        string            `json:"kind"`
	Stem        string            `json:"stem"`
	PointsMilli int               `json:"points_milli"`
	Options     []question.Option `json:"options"`
	Key         []string          `json:"key" doc:"As it was published"`
}

type markingOutput struct {
	Body struct {
		ExamID        string            `json:"exam_id"`
		Title         string            `json:"title"`
		TotalMilli    int               `json:"total_milli" doc:"As it counts now"`
		PassMarkMilli int               `json:"pass_mark_milli" doc:"As it counts now"`
		Items         []markingItemBody `json:"items"`
		Corrections   []correctionBody  `json:"corrections" doc:"In force"`
		LastRegradeID string            `json:"last_regrade_id" doc:"Sent back with the next regrade; empty when there was none"`
	}
}

// getMarking handles GET /api/v1/exams/{id}/marking.
func (s *Server) getMarking(ctx context.Context, who app.Actor, in *idInput) (*markingOutput, error) {
	m, err := s.Regrades.Marking(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	out := &markingOutput{}
	b := &out.Body
	b.ExamID, b.Title, b.TotalMilli, b.PassMarkMilli = m.Exam.ID, m.Exam.Title, m.InForce.TotalMilli, m.InForce.PassMark(m.Exam.PassMarkMilli)
	b.Items, b.Corrections = make([]markingItemBody, len(m.Paper.Items)), []correctionBody{}
	for i := range m.Paper.Items {
		q := &m.Paper.Items[i]
		b.Items[i] = markingItemBody{i + 1, string(q.Kind), q.Stem, q.PointsMilli, q.Options, q.Key}
	}
	for _, c := range m.Correction.Items {
		b.Corrections = append(b.Corrections, correctionBody{c.Item + 1, string(c.Rule), c.Key})
	}
	if m.Last != nil {
		b.LastRegradeID = m.Last.ID
	}
	return out, nil
}

type previewRegradeInput struct {
	PathID
	Body struct {
		Items []correctionBody `json:"items" maxItems:"300" doc:"All corrections of the paper; none: as it was published"`
	}
}

type regradeRowBody struct {
	AttemptID    string `json:"attempt_id"`
	PersonName   string `json:"person_name" doc:"Empty outside the reader's scope"`
	PersonNumber string `json:"person_number"`
	BeforeMilli  int    `json:"before_milli"`
	AfterMilli   int    `json:"after_milli"`
	BeforePassed bool   `json:"before_passed"`
	AfterPassed  bool   `json:"after_passed"`
}

type previewRegradeOutput struct {
	Body struct {
		Attempts           int              `json:"attempts"`
		Changed            int              `json:"changed"`
		Up                 int              `json:"up"`
		Down               int              `json:"down"`
		ToPass             int              `json:"to_pass"`
		ToFail             int              `json:"to_fail"`
		TotalBeforeMilli   int              `json:"total_before_milli"`
		TotalAfterMilli    int              `json:"total_after_milli"`
		PassBeforeMilli    int              `json:"pass_before_milli"`
		PassAfterMilli     int              `json:"pass_after_milli"`
		AverageBeforeMilli int              `json:"average_before_milli"`
		AverageAfterMilli  int              `json:"average_after_milli"`
		Before             []int            `json:"before" doc:"Attempts by tenth of the total"`
		After              []int            `json:"after"`
		Rows               []regradeRowBody `json:"rows" doc:"The 200 that change most"`
	}
}

// previewRegrade handles POST /api/v1/exams/{id}/regrades/preview. It changes nothing.
func (s *Server) previewRegrade(ctx context.Context, who app.Actor, in *previewRegradeInput) (*previewRegradeOutput, error) {
	d, err := s.Regrades.Preview(ctx, who, in.ID, correctionsFrom(in.Body.Items))
	if err != nil {
		return nil, err
	}
	out := &previewRegradeOutput{}
	b := &out.Body
	b.Attempts, b.Changed, b.Up, b.Down, b.ToPass, b.ToFail = d.Attempts, d.Changed, d.Up, d.Down, d.ToPass, d.ToFail
	b.TotalBeforeMilli, b.TotalAfterMilli, b.PassBeforeMilli, b.PassAfterMilli = d.TotalBefore, d.TotalAfter, d.PassBefore, d.PassAfter
	b.AverageBeforeMilli, b.AverageAfterMilli, b.Before, b.After = d.AverageBefore, d.AverageAfter, d.Before[:], d.After[:]
	b.Rows = bodies(d.Rows, func(r exam.DiffRow) regradeRowBody {
		p := d.People[r.PersonID]
		return regradeRowBody{r.AttemptID, p.Name, p.Number, r.BeforeMilli, r.AfterMilli, r.BeforePassed, r.AfterPassed}
	})
	return out, nil
}

type regradeBody struct {
	ID            string     `json:"id"`
	ExamID        string     `json:"exam_id"`
	Number        int        `json:"number"`
	State         string     `json:"state" enum:"running,done"`
	Progress      int        `json:"progress" doc:"Percent"`
	Attempts      int        `json:"attempts"`
	Graded        int        `json:"graded"`
	Changed       int        `json:"changed"`
	ToPass        int        `json:"to_pass"`
	ToFail        int        `json:"to_fail"`
	UndoesID      string     `json:"undoes_id" doc:"The regrade that this one takes back"`
	AsPublished   bool       `json:"as_published" doc:"No correction is in force after it"`
	Reason        string     `json:"reason"`
	CreatedByName string     `json:"created_by_name"`
	CreatedAt     time.Time  `json:"created_at"`
	FinishedAt    *time.Time `json:"finished_at"`
}

func regradeOf(r exam.Regrade) regradeBody {
	b := regradeBody{
		ID: r.ID, ExamID: r.ExamID, Number: r.Number, State: string(r.State), Attempts: r.Attempts, Graded: r.Graded, Changed: r.Changed,
		ToPass: r.ToPass, ToFail: r.ToFail, UndoesID: r.UndoesID, AsPublished: r.Correction == (exam.Hash{}), Reason: r.Reason,
		CreatedByName: r.CreatorName, CreatedAt: r.CreatedAt.UTC(), FinishedAt: inUTC(r.FinishedAt),
	}
	switch {
	case r.State == exam.RegradeDone:
		b.Progress = 100
	case r.Attempts > 0:
		b.Progress = min(99, r.Graded*100/r.Attempts)
	}
	return b
}

type regradeOutput struct{ Body regradeBody }

func regradeOut(r *exam.Regrade, err error) (*regradeOutput, error) {
	if err != nil {
		return nil, err
	}
	return &regradeOutput{regradeOf(*r)}, nil
}

type applyRegradeInput struct {
	PathID
	Body struct {
		Items         []correctionBody `json:"items" maxItems:"300" doc:"All corrections of the paper; none: as it was published"`
		LastRegradeID string           `json:"last_regrade_id,omitempty" maxLength:"64" doc:"From the marking that was edited"`
		Reason        string           `json:"reason" maxLength:"2000"`
	}
}

// applyRegrade handles POST /api/v1/exams/{id}/regrades.
func (s *Server) applyRegrade(ctx context.Context, who app.Actor, in *applyRegradeInput) (*regradeOutput, error) {
	return regradeOut(s.Regrades.Apply(ctx, who, in.ID, correctionsFrom(in.Body.Items), in.Body.LastRegradeID, in.Body.Reason))
}

type listRegradesInput struct {
	PathID
	PageQuery
}

type regradesOutput struct {
	Body struct {
		Items         []regradeBody `json:"items"`
		NextPageToken string        `json:"next_page_token"`
	}
}

// listRegrades handles GET /api/v1/exams/{id}/regrades.
func (s *Server) listRegrades(ctx context.Context, who app.Actor, in *listRegradesInput) (*regradesOutput, error) {
	page, err := s.Regrades.List(ctx, who, in.ID, in.paging())
	if err != nil {
		return nil, err
	}
	out := &regradesOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, regradeOf), page.NextPageToken
	return out, nil
}

// getRegrade handles GET /api/v1/regrades/{id}.
func (s *Server) getRegrade(ctx context.Context, who app.Actor, in *idInput) (*regradeOutput, error) {
	return regradeOut(s.Regrades.Regrade(ctx, who, in.ID))
}

// undoRegrade handles POST /api/v1/regrades/{id}/undo.
func (s *Server) undoRegrade(ctx context.Context, who app.Actor, in *amendReasonInput) (*regradeOutput, error) {
	return regradeOut(s.Regrades.Undo(ctx, who, in.ID, in.Body.Reason))
}
