package api

import (
	"context"

	"zhixing/app"
	"zhixing/domain/org"
)

type grantInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Role   string `json:"role" enum:"trainer,secretary,auditor,admin"`
		UnitID string `json:"unit_id,omitempty" maxLength:"64" doc:"With its subtree; none is the whole institution"`
		From   string `json:"from,omitempty" maxLength:"32" doc:"First day, today when none is given"`
		Until  string `json:"until,omitempty" maxLength:"32" doc:"First day on which it no longer holds"`
		Reason string `json:"reason" maxLength:"500"`
	}
}

type grantBody struct {
	ID       string   `json:"id"`
	PersonID string   `json:"person_id"`
	Role     org.Role `json:"role"`
	UnitID   *string  `json:"unit_id,omitempty"`
	UnitName string   `json:"unit_name"`
	From     string   `json:"from" format:"date"`
	Until    *string  `json:"until,omitempty" format:"date"`
	Reason   string   `json:"reason"`
}

type grantOutput struct{ Body grantBody }

// giveGrant handles POST /api/v1/people/{id}/grants.
func (s *Server) giveGrant(ctx context.Context, who app.Actor, in *grantInput) (*grantOutput, error) {
	b := in.Body
	g, err := s.Grants.Give(ctx, who, app.NewGrant{PersonID: in.ID, Role: b.Role, UnitID: b.UnitID, From: b.From, Until: b.Until, Reason: b.Reason})
	if err != nil {
		return nil, err
	}
	return &grantOutput{grantBody{
		ID: g.ID, PersonID: g.PersonID, Role: g.Role, UnitID: g.UnitID, UnitName: g.UnitName, From: g.From, Until: g.Until,
		Reason: g.Reason,
	}}, nil
}

// endGrant handles POST /api/v1/grants/{id}/end.
func (s *Server) endGrant(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Grants.End(ctx, who, in.ID, in.Body.Reason)
}
