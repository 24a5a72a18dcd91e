package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/privacy"
)

type erasureBody struct {
	ID            string     `json:"id"`
	PersonID      string     `json:"person_id"`
	Number        string     `json:"number"`
	Name          string     `json:"name"`
	Reason        string     `json:"reason"`
	Own           bool       `json:"own" doc:"The person himself asked"`
	Yours         bool       `json:"yours" doc:"Who asks now asked for it, or it is about him: another one decides"`
	RequesterName string     `json:"requester_name"`
	RequestedAt   time.Time  `json:"requested_at"`
	State         string     `json:"state" enum:"requested,approved,done,stopped,refused,withdrawn"`
	DeciderName   string     `json:"decider_name"`
	DecidedAt     *time.Time `json:"decided_at,omitempty"`
	DecideReason  string     `json:"decide_reason"`
	DoneAt        *time.Time `json:"done_at,omitempty"`
}

func erasureOf(e *privacy.Erasure, who app.Actor) erasureBody {
	return erasureBody{
		ID: e.ID, PersonID: e.PersonID, Number: e.Number, Name: e.Name, Reason: e.Reason, Own: e.RequestedBy == e.PersonID,
		Yours: who.PersonID == e.RequestedBy || who.PersonID == e.PersonID, RequesterName: e.RequesterName, RequestedAt: e.RequestedAt.UTC(),
		State: e.State, DeciderName: e.DeciderName, DecidedAt: e.DecidedAt, DecideReason: e.DecideReason, DoneAt: e.DoneAt,
	}
}

type erasureOutput struct{ Body erasureBody }

type erasurePreviewItemBody struct {
	ID     string `json:"id" doc:"Of privacy/items"`
	Erase  string `json:"erase" enum:"blank,remove,keep"`
	Until  string `json:"until" doc:"Why it is kept: of privacy/items"`
	Amount int    `json:"amount" doc:"Rows there are"`
}

type erasurePreviewOutput struct {
	Body struct {
		PersonID string                   `json:"person_id"`
		Number   string                   `json:"number"`
		Name     string                   `json:"name"`
		Blockers []string                 `json:"blockers" enum:"in_service,attempts,grants,batches,merged,break_glass" doc:"What stands in the way today"`
		Items    []erasurePreviewItemBody `json:"items"`
		Latest   *erasureBody             `json:"latest,omitempty"`
		ErasedAt *time.Time               `json:"erased_at,omitempty"`
	}
}

func (s *Server) preview(ctx context.Context, who app.Actor, personID string) (*erasurePreviewOutput, error) {
	p, err := s.Erasures.Preview(ctx, who, personID)
	if err != nil {
		return nil, err
	}
	out := &erasurePreviewOutput{}
	out.Body.PersonID, out.Body.Number, out.Body.Name = p.Subject.ID, p.Subject.Number, p.Subject.Name
	out.Body.Blockers, out.Body.ErasedAt, out.Body.Items = append([]string{}, p.Blockers...), p.Subject.ErasedAt, []erasurePreviewItemBody{}
	for _, i := range privacy.Items() {
		if n := p.Amounts[i.Key]; n > 0 {
			out.Body.Items = append(out.Body.Items, erasurePreviewItemBody{i.Key, i.Erase, i.Until, n})
		}
	}
	if p.Latest != nil {
		b := erasureOf(p.Latest, who)
		out.Body.Latest = &b
	}
	return out, nil
}

// previewMyErasure handles GET /api/v1/me/erasure.
func (s *Server) previewMyErasure(ctx context.Context, who app.Actor, _ *struct{}) (*erasurePreviewOutput, error) {
	return s.preview(ctx, who, who.PersonID)
}

type ownReasonInput struct {
	Body struct {
		Reason string `json:"reason" maxLength:"500"`
	}
}

// askMyErasure handles POST /api/v1/me/erasure.
func (s *Server) askMyErasure(ctx context.Context, who app.Actor, in *ownReasonInput) (*erasureOutput, error) {
	e, err := s.Erasures.Request(ctx, who, who.PersonID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &erasureOutput{erasureOf(e, who)}, nil
}

// previewErasure handles GET /api/v1/people/{id}/erasure.
func (s *Server) previewErasure(ctx context.Context, who app.Actor, in *idInput) (*erasurePreviewOutput, error) {
	return s.preview(ctx, who, in.ID)
}

// askErasure handles POST /api/v1/people/{id}/erasure.
func (s *Server) askErasure(ctx context.Context, who app.Actor, in *reasonInput) (*erasureOutput, error) {
	e, err := s.Erasures.Request(ctx, who, in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &erasureOutput{erasureOf(e, who)}, nil
}

type listErasuresInput struct {
	PageInput
	All bool `query:"all" doc:"Also those that are settled"`
}

type erasuresOutput struct {
	Body struct {
		Items         []erasureBody `json:"items"`
		NextPageToken string        `json:"next_page_token"`
	}
}

// listErasures handles GET /api/v1/erasures.
func (s *Server) listErasures(ctx context.Context, who app.Actor, in *listErasuresInput) (*erasuresOutput, error) {
	page, err := s.Erasures.List(ctx, who, !in.All, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &erasuresOutput{}
	out.Body.NextPageToken = page.NextPageToken
	out.Body.Items = bodies(page.Items, func(e privacy.Erasure) erasureBody { return erasureOf(&e, who) })
	return out, nil
}

type approveErasureInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Number string `json:"number" maxLength:"64" doc:"The person's number, typed: it cannot be undone"`
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

// approveErasure handles POST /api/v1/erasures/{id}/approve.
func (s *Server) approveErasure(ctx context.Context, who app.Actor, in *approveErasureInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Erasures.Decide(ctx, who, in.ID, true, in.Body.Reason, in.Body.Number)
}

// refuseErasure handles POST /api/v1/erasures/{id}/refuse.
func (s *Server) refuseErasure(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Erasures.Decide(ctx, who, in.ID, false, in.Body.Reason, "")
}

// withdrawErasure handles POST /api/v1/erasures/{id}/withdraw.
func (s *Server) withdrawErasure(ctx context.Context, who app.Actor, in *idInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Erasures.Withdraw(ctx, who, in.ID)
}
