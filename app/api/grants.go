package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

type grantInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Role   string `json:"role" maxLength:"64" doc:"Id of a role"`
		UnitID string `json:"unit_id,omitempty" maxLength:"64" doc:"With its subtree; none is the whole institution"`
		From   string `json:"from,omitempty" maxLength:"32" doc:"First day, today when none is given"`
		Until  string `json:"until,omitempty" maxLength:"32" doc:"First day on which it no longer holds"`
		Reason string `json:"reason" maxLength:"500"`
	}
}

type grantBody struct {
	ID           string     `json:"id"`
	State        string     `json:"state" enum:"granted,requested" doc:"requested: it waits for a second person's word"`
	PersonID     string     `json:"person_id"`
	PersonName   string     `json:"person_name"`
	PersonNumber string     `json:"person_number"`
	Role         org.Role   `json:"role"`
	UnitID       *string    `json:"unit_id,omitempty"`
	UnitName     string     `json:"unit_name"`
	From         string     `json:"from" format:"date"`
	Until        *string    `json:"until,omitempty" format:"date"`
	Reason       string     `json:"reason"`
	GranterName  string     `json:"granter_name"`
	ApproverName string     `json:"approver_name"`
	GivenAt      time.Time  `json:"given_at"`
	EndedAt      *time.Time `json:"ended_at,omitempty"`
	EndedByName  string     `json:"ended_by_name"`
	EndReason    string     `json:"end_reason"`
}

func grantOut(g *org.Grant) grantBody {
	return grantBody{
		ID: g.ID, State: "granted", PersonID: g.PersonID, PersonName: g.PersonName, PersonNumber: g.PersonNumber, Role: g.Role, UnitID: g.UnitID,
		UnitName: g.UnitName, From: g.From, Until: g.Until, Reason: g.Reason, GranterName: g.GranterName, ApproverName: g.ApproverName,
		GivenAt: g.CreatedAt.UTC(), EndedAt: g.EndedAt, EndedByName: g.EndedByName, EndReason: g.EndReason,
	}
}

type grantOutput struct{ Body grantBody }

// giveGrant handles POST /api/v1/people/{id}/grants.
func (s *Server) giveGrant(ctx context.Context, who app.Actor, in *grantInput) (*grantOutput, error) {
	b := in.Body
	given, err := s.Grants.Give(ctx, who, app.NewGrant{PersonID: in.ID, Role: b.Role, UnitID: b.UnitID, From: b.From, Until: b.Until, Reason: b.Reason})
	if err != nil {
		return nil, err
	}
	if given.Request != nil {
		out := grantOut(&given.Request.Grant)
		out.State = "requested"
		return &grantOutput{out}, nil
	}
	return &grantOutput{grantOut(given.Grant)}, nil
}

type grantsInput struct {
	PersonID  string `query:"person_id" format:"uuid"`
	UnitID    string `query:"unit_id" format:"uuid" doc:"With its subtree"`
	Role      string `query:"role" maxLength:"64"`
	State     string `query:"state" enum:"current,coming,ended"`
	Limit     int    `query:"limit" minimum:"0" maximum:"200"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type grantsOutput struct {
	Body struct {
		Items         []grantBody `json:"items"`
		NextPageToken string      `json:"next_page_token"`
	}
}

// listGrants handles GET /api/v1/grants, latest first.
func (s *Server) listGrants(ctx context.Context, who app.Actor, in *grantsInput) (*grantsOutput, error) {
	f := org.GrantFilter{PersonID: in.PersonID, UnitID: in.UnitID, Role: org.Role(in.Role), State: in.State}
	page, err := s.Grants.List(ctx, who, f, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &grantsOutput{}
	out.Body.Items, out.Body.NextPageToken = make([]grantBody, len(page.Items)), page.NextPageToken
	for i := range page.Items {
		out.Body.Items[i] = grantOut(&page.Items[i])
	}
	return out, nil
}

// endGrant handles POST /api/v1/grants/{id}/end.
func (s *Server) endGrant(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Grants.End(ctx, who, in.ID, in.Body.Reason)
}

type grantRequestsInput struct {
	All       bool   `query:"all" doc:"Also those that are answered"`
	Limit     int    `query:"limit" minimum:"0" maximum:"200"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type grantRequestBody struct {
	ID            string     `json:"id"`
	State         string     `json:"state" enum:"requested,approved,refused,withdrawn"`
	PersonID      string     `json:"person_id"`
	PersonName    string     `json:"person_name"`
	PersonNumber  string     `json:"person_number"`
	Role          org.Role   `json:"role"`
	UnitName      string     `json:"unit_name" doc:"Empty: the whole institution"`
	From          string     `json:"from" format:"date"`
	Until         *string    `json:"until,omitempty" format:"date"`
	Reason        string     `json:"reason"`
	RequesterID   *string    `json:"requester_id,omitempty"`
	RequesterName string     `json:"requester_name"`
	RequestedAt   time.Time  `json:"requested_at"`
	DeciderName   string     `json:"decider_name"`
	DecidedAt     *time.Time `json:"decided_at,omitempty"`
	DecideReason  string     `json:"decide_reason"`
}

type grantRequestsOutput struct {
	Body struct {
		Items         []grantRequestBody `json:"items"`
		NextPageToken string             `json:"next_page_token"`
	}
}

// listGrantRequests handles GET /api/v1/grant-requests.
func (s *Server) listGrantRequests(ctx context.Context, who app.Actor, in *grantRequestsInput) (*grantRequestsOutput, error) {
	page, err := s.Grants.Requests(ctx, who, !in.All, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &grantRequestsOutput{}
	out.Body.Items, out.Body.NextPageToken = make([]grantRequestBody, len(page.Items)), page.NextPageToken
	for i, r := range page.Items {
		out.Body.Items[i] = grantRequestBody{
			ID: r.ID, State: r.State, PersonID: r.PersonID, PersonName: r.PersonName, PersonNumber: r.PersonNumber, Role: r.Role, UnitName: r.UnitName,
			From: r.From, Until: r.Until, Reason: r.Reason, RequesterID: r.GrantedBy, RequesterName: r.GranterName, RequestedAt: r.RequestedAt.UTC(),
			DeciderName: r.DeciderName, DecidedAt: r.DecidedAt, DecideReason: r.DecideReason,
		}
	}
	return out, nil
}

type requestInput struct {
	ID string `path:"id" maxLength:"64"`
}

// approveGrantRequest handles POST /api/v1/grant-requests/{id}/approve.
func (s *Server) approveGrantRequest(ctx context.Context, who app.Actor, in *requestInput) (*grantOutput, error) {
	g, err := s.Grants.Approve(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &grantOutput{grantOut(g)}, nil
}

// refuseGrantRequest handles POST /api/v1/grant-requests/{id}/refuse.
func (s *Server) refuseGrantRequest(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Grants.Refuse(ctx, who, in.ID, in.Body.Reason)
}

// withdrawGrantRequest handles POST /api/v1/grant-requests/{id}/withdraw.
func (s *Server) withdrawGrantRequest(ctx context.Context, who app.Actor, in *requestInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Grants.Withdraw(ctx, who, in.ID)
}
