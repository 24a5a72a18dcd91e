package api

import (
	"context"

	"zhixing/app"
	"zhixing/domain/org"
)

type unitBody struct {
	ID        string   `json:"id"`
	ParentID  *string  `json:"parent_id,omitempty"`
	Tree      string   `json:"tree" enum:"party,admin"`
	Name      string   `json:"name"`
	Kind      string   `json:"kind" enum:"committee,general_branch,branch,group,institution,department,office,class"`
	Position  int      `json:"position"`
	PathNames []string `json:"path_names" doc:"Names from the root down to the unit itself"`
	People    int      `json:"people" doc:"People of the subtree today"`
	OpenedOn  *string  `json:"opened_on,omitempty" format:"date" doc:"None: so long as is known"`
	ClosedOn  *string  `json:"closed_on,omitempty" format:"date"`
	Version   int      `json:"version" doc:"To be sent with a change"`
}

func unitOf(u *org.Unit) unitBody {
	return unitBody{
		ID: u.ID, ParentID: u.ParentID, Tree: u.Tree, Name: u.Name, Kind: u.Kind, Position: u.Position, PathNames: []string{u.Name},
		OpenedOn: u.OpenedOn, ClosedOn: u.ClosedOn, Version: u.Version,
	}
}

type unitOutput struct{ Body unitBody }

type listUnitsInput struct {
	Tree   string `query:"tree" enum:"party,admin" required:"true"`
	Closed bool   `query:"closed" doc:"Also those that are closed"`
	AsOf   string `query:"as_of" maxLength:"10" doc:"The tree, the names and the people of this day; today when none is given"`
}

type unitsOutput struct {
	Body struct {
		Items []unitBody `json:"items"`
	}
}

// listUnits handles GET /api/v1/units: one tree as a flat list, parents first.
func (s *Server) listUnits(ctx context.Context, who app.Actor, in *listUnitsInput) (*unitsOutput, error) {
	nodes, err := s.Units.List(ctx, who, org.UnitFilter{Tree: in.Tree, Closed: in.Closed, AsOf: in.AsOf})
	if err != nil {
		return nil, err
	}
	out := &unitsOutput{}
	out.Body.Items = make([]unitBody, len(nodes))
	for i := range nodes {
		out.Body.Items[i] = unitOf(&nodes[i].Unit)
		out.Body.Items[i].PathNames, out.Body.Items[i].People = nodes[i].PathNames, nodes[i].People
	}
	return out, nil
}

type createUnitInput struct {
	Body struct {
		Tree     string `json:"tree" enum:"party,admin"`
		ParentID string `json:"parent_id,omitempty" format:"uuid" doc:"None makes a root"`
		Name     string `json:"name" maxLength:"100"`
		Kind     string `json:"kind" maxLength:"32"`
		Position int    `json:"position,omitempty" minimum:"0" maximum:"1000000"`
		OpenedOn string `json:"opened_on,omitempty" maxLength:"10" doc:"First day of the unit; none is so long as is known"`
	}
}

// createUnit handles POST /api/v1/units.
func (s *Server) createUnit(ctx context.Context, who app.Actor, in *createUnitInput) (*unitOutput, error) {
	b := in.Body
	u, err := s.Units.Create(ctx, who, app.NewUnit{Tree: b.Tree, ParentID: b.ParentID, Name: b.Name, Kind: b.Kind, Position: b.Position, OpenedOn: b.OpenedOn})
	if err != nil {
		return nil, err
	}
	return &unitOutput{unitOf(u)}, nil
}

type updateUnitInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Name     string `json:"name" maxLength:"100"`
		Kind     string `json:"kind,omitempty" maxLength:"32" doc:"None keeps it"`
		Position int    `json:"position" minimum:"0" maximum:"1000000"`
		Version  int    `json:"version" minimum:"1" doc:"The version that was read; another one since then is a conflict"`
	}
}

// updateUnit handles PUT /api/v1/units/{id}.
func (s *Server) updateUnit(ctx context.Context, who app.Actor, in *updateUnitInput) (*unitOutput, error) {
	u, err := s.Units.Update(ctx, who, in.ID, in.Body.Version, in.Body.Name, in.Body.Kind, in.Body.Position)
	if err != nil {
		return nil, err
	}
	return &unitOutput{unitOf(u)}, nil
}

type closeUnitInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		On     string `json:"on" maxLength:"10" doc:"First day on which the unit no longer exists"`
		Reason string `json:"reason" maxLength:"500"`
	}
}

// closeUnit handles POST /api/v1/units/{id}/close.
func (s *Server) closeUnit(ctx context.Context, who app.Actor, in *closeUnitInput) (*unitChangeOutput, error) {
	c, err := s.Units.Close(ctx, who, in.ID, in.Body.On, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &unitChangeOutput{unitChangeOf(c)}, nil
}
