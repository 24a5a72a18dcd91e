package api

import (
	"context"
	"slices"
	"time"

	"zhixing/app"
	"zhixing/domain/org"
)

type permissionBody struct {
	Key         org.Permission `json:"key"`
	Group       string         `json:"group" enum:"own,teaching,exam,hours,people,system"`
	ReadsOthers bool           `json:"reads_others" doc:"Opens data about other people: whoever holds it needs a second factor"`
	Whole       bool           `json:"whole" doc:"Does most of its work only over the whole institution"`
	Everyone    bool           `json:"everyone" doc:"Held by everyone who can sign in"`
	Yours       bool           `json:"yours" doc:"The actor holds it over the whole institution and may put it into a role"`
}

type permissionsOutput struct {
	Body struct {
		Items []permissionBody `json:"items"`
	}
}

// listPermissions handles GET /api/v1/permissions.
func (s *Server) listPermissions(_ context.Context, who app.Actor, _ *struct{}) (*permissionsOutput, error) {
	out := &permissionsOutput{}
	for _, p := range org.PermissionList() {
		out.Body.Items = append(out.Body.Items, permissionBody{
			Key: p.Key, Group: p.Group, ReadsOthers: !p.Harmless, Whole: p.Whole, Everyone: p.Everyone, Yours: who.CanEverywhere(p.Key),
		})
	}
	return out, nil
}

type roleNameBody struct {
	Key     org.Role `json:"key"`
	BuiltIn bool     `json:"built_in"`
	NameZH  string   `json:"name_zh"`
	NameEN  string   `json:"name_en"`
	Retired bool     `json:"retired"`
}

type roleNamesOutput struct {
	Body struct {
		Items []roleNameBody `json:"items"`
	}
}

// listRoleNames handles GET /api/v1/role-names: what roles are called, for
// everyone who meets one.
func (s *Server) listRoleNames(ctx context.Context, _ app.Actor, _ *struct{}) (*roleNamesOutput, error) {
	list, err := s.Roles.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &roleNamesOutput{}
	out.Body.Items = make([]roleNameBody, len(list))
	for i, d := range list {
		out.Body.Items[i] = roleNameBody{Key: d.Key, BuiltIn: d.BuiltIn, NameZH: d.NameZH, NameEN: d.NameEN, Retired: d.RetiredAt != nil}
	}
	return out, nil
}

type roleBody struct {
	ID           org.Role         `json:"id"`
	BuiltIn      bool             `json:"built_in" doc:"Comes with the product and cannot be changed"`
	NameZH       string           `json:"name_zh"`
	NameEN       string           `json:"name_en"`
	Description  string           `json:"description"`
	Permissions  []org.Permission `json:"permissions"`
	Reach        string           `json:"reach" enum:"any,unit,whole"`
	Approval     bool             `json:"approval" doc:"A grant takes a second person's word"`
	SecondFactor bool             `json:"second_factor"`
	Version      int              `json:"version"`
	Holders      int              `json:"holders" doc:"People who hold it today"`
	RetiredAt    *time.Time       `json:"retired_at,omitempty"`
	RetireReason string           `json:"retire_reason"`
	ChangedAt    time.Time        `json:"changed_at"`
	CreatorName  string           `json:"creator_name"`
}

func roleOut(d *org.RoleDefinition) roleBody {
	return roleBody{
		ID: d.Key, BuiltIn: d.BuiltIn, NameZH: d.NameZH, NameEN: d.NameEN, Description: d.Description, Permissions: listed(d.Permissions), Reach: d.Reach,
		Approval: d.Approval, SecondFactor: d.SecondFactor, Version: d.Version, Holders: d.Holders, RetiredAt: d.RetiredAt,
		RetireReason: d.RetireReason, ChangedAt: d.ChangedAt.UTC(), CreatorName: d.CreatorName,
	}
}

// listed is a list that is never null.
func listed[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return slices.Clone(s)
}

type rolesOutput struct {
	Body struct {
		Items []roleBody `json:"items"`
	}
}

// listRoles handles GET /api/v1/roles.
func (s *Server) listRoles(ctx context.Context, _ app.Actor, _ *struct{}) (*rolesOutput, error) {
	list, err := s.Roles.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &rolesOutput{}
	out.Body.Items = make([]roleBody, len(list))
	for i := range list {
		out.Body.Items[i] = roleOut(&list[i])
	}
	return out, nil
}

type roleVersionBody struct {
	Version     int              `json:"version"`
	What        string           `json:"what" enum:"create,change,retire"`
	NameZH      string           `json:"name_zh"`
	Permissions []org.Permission `json:"permissions"`
	Approval    bool             `json:"approval"`
	Reason      string           `json:"reason"`
	ByName      string           `json:"by_name"`
	At          time.Time        `json:"at"`
	GrantsEnded int              `json:"grants_ended"`
}

type roleRecordOutput struct {
	Body struct {
		Role     roleBody          `json:"role"`
		Versions []roleVersionBody `json:"versions"`
	}
}

type roleInput struct {
	ID string `path:"id" maxLength:"64"`
}

// getRole handles GET /api/v1/roles/{id}.
func (s *Server) getRole(ctx context.Context, _ app.Actor, in *roleInput) (*roleRecordOutput, error) {
	d, versions, err := s.Roles.Read(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &roleRecordOutput{}
	out.Body.Role, out.Body.Versions = roleOut(d), make([]roleVersionBody, len(versions))
	for i, v := range versions {
		out.Body.Versions[i] = roleVersionBody{
			Version: v.Version, What: v.What, NameZH: v.Definition.NameZH, Permissions: listed(v.Definition.Permissions), Approval: v.Definition.Approval,
			Reason: v.Reason, ByName: v.ByName, At: v.At.UTC(), GrantsEnded: v.GrantsEnded,
		}
	}
	return out, nil
}

// RoleFields is what a role of the institution is made of.
type RoleFields struct {
	NameZH       string           `json:"name_zh" maxLength:"200"`
	NameEN       string           `json:"name_en,omitempty" maxLength:"200" doc:"The Chinese one when none is given"`
	Description  string           `json:"description,omitempty" maxLength:"2000"`
	Permissions  []org.Permission `json:"permissions" maxItems:"100"`
	Reach        string           `json:"reach" maxLength:"10" doc:"any, unit or whole: what a grant of it may reach"`
	Approval     bool             `json:"approval"`
	SecondFactor bool             `json:"second_factor,omitempty" doc:"Always so when a permission opens others' data"`
	Version      int              `json:"version,omitempty" doc:"Of a change: the version that it is made from"`
	Reason       string           `json:"reason,omitempty" maxLength:"500" doc:"Of a change"`
}

func (b RoleFields) definition() org.RoleDefinition {
	return org.RoleDefinition{
		NameZH: b.NameZH, NameEN: b.NameEN, Description: b.Description, Permissions: b.Permissions, Reach: b.Reach, Approval: b.Approval,
		SecondFactor: b.SecondFactor, Version: b.Version,
	}
}

type createRoleInput struct{ Body RoleFields }

type roleOutput struct{ Body roleBody }

// createRole handles POST /api/v1/roles.
func (s *Server) createRole(ctx context.Context, who app.Actor, in *createRoleInput) (*roleOutput, error) {
	d, err := s.Roles.Create(ctx, who, in.Body.definition())
	if err != nil {
		return nil, err
	}
	return &roleOutput{roleOut(d)}, nil
}

type changeRoleInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body RoleFields
}

// changeRole handles PUT /api/v1/roles/{id}.
func (s *Server) changeRole(ctx context.Context, who app.Actor, in *changeRoleInput) (*roleOutput, error) {
	d, err := s.Roles.Change(ctx, who, in.ID, in.Body.definition(), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &roleOutput{roleOut(d)}, nil
}

type roleHolderBody struct {
	PersonID string `json:"person_id"`
	Name     string `json:"name"`
	Number   string `json:"number"`
	UnitName string `json:"unit_name" doc:"Empty: the whole institution"`
}

type roleEffectOutput struct {
	Body struct {
		Added      []org.Permission `json:"added"`
		Removed    []org.Permission `json:"removed"`
		Count      int              `json:"count" doc:"People who hold the role, today or later"`
		People     []roleHolderBody `json:"people" doc:"At most 100 of them"`
		Requests   int              `json:"requests" doc:"Grants that wait for a second person"`
		Factorless int              `json:"factorless" doc:"Would need a second factor and have none"`
	}
}

// previewRole handles POST /api/v1/roles/{id}/preview.
func (s *Server) previewRole(ctx context.Context, who app.Actor, in *changeRoleInput) (*roleEffectOutput, error) {
	e, err := s.Roles.Preview(ctx, who, in.ID, in.Body.definition())
	if err != nil {
		return nil, err
	}
	out := &roleEffectOutput{}
	b := &out.Body
	b.Added, b.Removed, b.Count, b.Requests, b.Factorless = listed(e.Added), listed(e.Removed), e.Count, e.Requests, e.Factorless
	b.People = make([]roleHolderBody, len(e.People))
	for i, p := range e.People {
		b.People[i] = roleHolderBody(p)
	}
	return out, nil
}

type retiredOutput struct {
	Body struct {
		GrantsEnded int `json:"grants_ended"`
	}
}

// retireRole handles POST /api/v1/roles/{id}/retire.
func (s *Server) retireRole(ctx context.Context, who app.Actor, in *reasonInput) (*retiredOutput, error) {
	n, err := s.Roles.Retire(ctx, who, in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	out := &retiredOutput{}
	out.Body.GrantsEnded = n
	return out, nil
}
