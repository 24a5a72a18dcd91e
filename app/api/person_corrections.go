package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

// getMe handles GET /api/v1/me: the actor's own record.
func (s *Server) getMe(ctx context.Context, who app.Actor, _ *struct{}) (*personRecordOutput, error) {
	r, err := s.People.Me(ctx, who)
	if err != nil {
		return nil, err
	}
	return &personRecordOutput{recordOf(r)}, nil
}

type lookBody struct {
	At     time.Time `json:"at"`
	By     string    `json:"by" doc:"Name of who looked"`
	What   string    `json:"what" enum:"read,reveal,impersonate,read_sessions,list,hours_list,hours,exam_list,exam,batch,grant,correction,import,export,photo,other" doc:"read: the record was opened; reveal: the whole id number was shown; impersonate: somebody looked at the pages as the person sees them; all others stand once a reader and day"`
	Reason string    `json:"reason"`
}

// PageInput is what a keyset list takes; exported because it is embedded.
type PageInput struct {
	Limit     int    `query:"limit" minimum:"0" maximum:"200"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type looksOutput struct {
	Body struct {
		Items         []lookBody `json:"items"`
		NextPageToken string     `json:"next_page_token"`
	}
}

// listLooks handles GET /api/v1/me/looks: who read the actor's record.
func (s *Server) listLooks(ctx context.Context, who app.Actor, in *PageInput) (*looksOutput, error) {
	page, err := s.People.Looks(ctx, who, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &looksOutput{}
	out.Body.NextPageToken = page.NextPageToken
	out.Body.Items = bodies(page.Items, func(l org.Look) lookBody { return lookBody{l.At.UTC(), l.By, l.What, l.Reason} })
	return out, nil
}

type personCorrectionBody struct {
	ID         string     `json:"id"`
	PersonID   string     `json:"person_id"`
	Number     string     `json:"number"`
	Name       string     `json:"name"`
	Field      string     `json:"field" enum:"name,gender,born_on,phone,email,stage,rank,party_membership,admin_membership"`
	Value      string     `json:"value"`
	ValueLabel string     `json:"value_label" doc:"Name of the unit, where the value is one"`
	Current    string     `json:"current" doc:"What the record says now; of a membership the unit's name"`
	From       *string    `json:"from,omitempty" format:"date"`
	Note       string     `json:"note"`
	State      string     `json:"state" enum:"open,approved,declined,withdrawn"`
	CreatedAt  time.Time  `json:"created_at"`
	DecidedBy  string     `json:"decided_by"`
	DecidedAt  *time.Time `json:"decided_at,omitempty"`
	Decision   string     `json:"decision"`
}

func personCorrectionOf(c org.Correction) personCorrectionBody {
	return personCorrectionBody{
		ID: c.ID, PersonID: c.PersonID, Number: c.Number, Name: c.Name, Field: c.Field, Value: c.Value, ValueLabel: c.ValueLabel, Current: c.Current,
		From: c.FromOn, Note: c.Note, State: c.State, CreatedAt: c.CreatedAt.UTC(), DecidedBy: c.DecidedBy, DecidedAt: c.DecidedAt, Decision: c.Decision,
	}
}

type personCorrectionsOutput struct {
	Body struct {
		Items         []personCorrectionBody `json:"items"`
		NextPageToken string                 `json:"next_page_token"`
	}
}

// listMyCorrections handles GET /api/v1/me/corrections.
func (s *Server) listMyCorrections(ctx context.Context, who app.Actor, _ *struct{}) (*personCorrectionsOutput, error) {
	list, err := s.People.MyCorrections(ctx, who)
	if err != nil {
		return nil, err
	}
	out := &personCorrectionsOutput{}
	out.Body.Items = bodies(list, personCorrectionOf)
	return out, nil
}

type askCorrectionInput struct {
	Body struct {
		Field string `json:"field" enum:"name,gender,born_on,phone,email,stage,rank,party_membership,admin_membership"`
		Value string `json:"value" minLength:"1" maxLength:"300"`
		From  string `json:"from,omitempty" maxLength:"10" doc:"Of what is dated: since when"`
		Note  string `json:"note" maxLength:"400" doc:"Why, and what shows it"`
	}
}

type personCorrectionOutput struct{ Body personCorrectionBody }

// askCorrection handles POST /api/v1/me/corrections.
func (s *Server) askCorrection(ctx context.Context, who app.Actor, in *askCorrectionInput) (*personCorrectionOutput, error) {
	b := in.Body
	c, err := s.People.AskCorrection(ctx, who, org.Correction{Field: b.Field, Value: b.Value, FromOn: given(b.From), Note: b.Note})
	if err != nil {
		return nil, err
	}
	return &personCorrectionOutput{personCorrectionOf(*c)}, nil
}

// withdrawCorrection handles POST /api/v1/me/corrections/{id}/withdraw.
func (s *Server) withdrawCorrection(ctx context.Context, who app.Actor, in *idInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.WithdrawCorrection(ctx, who, in.ID)
}

type listCorrectionsInput struct {
	PageInput
	All bool `query:"all" doc:"Also those that are settled"`
}

// listPersonCorrections handles GET /api/v1/person-corrections.
func (s *Server) listPersonCorrections(ctx context.Context, who app.Actor, in *listCorrectionsInput) (*personCorrectionsOutput, error) {
	page, err := s.People.Corrections(ctx, who, !in.All, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &personCorrectionsOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, personCorrectionOf), page.NextPageToken
	return out, nil
}

type decideCorrectionInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Reason   string `json:"reason,omitempty" maxLength:"500" doc:"Needed to decline"`
		Document string `json:"document,omitempty" maxLength:"300" doc:"The paper that a granted stage rests on"`
	}
}

// approvePersonCorrection handles POST /api/v1/person-corrections/{id}/approve.
func (s *Server) approvePersonCorrection(ctx context.Context, who app.Actor, in *decideCorrectionInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.DecideCorrection(ctx, who, in.ID, true, in.Body.Reason, in.Body.Document)
}

// declinePersonCorrection handles POST /api/v1/person-corrections/{id}/decline.
func (s *Server) declinePersonCorrection(ctx context.Context, who app.Actor, in *decideCorrectionInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.DecideCorrection(ctx, who, in.ID, false, in.Body.Reason, "")
}
