package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

// PeopleFilter is what lists of people are limited by; exported because it is embedded.
type PeopleFilter struct {
	UnitID  string `query:"unit_id" format:"uuid" doc:"With its subtree"`
	Stage   string `query:"stage" enum:"masses,applicant,activist,development_target,probationary_member,member"`
	StageOn string `query:"stage_on" maxLength:"10" doc:"The stage of this day; today when none is given"`
	Rank    string `query:"rank" enum:"section_deputy,section_head,division_deputy,division_head,bureau_deputy,bureau_head"`
	Post    string `query:"post" enum:"secretary,deputy_secretary,organisation,publicity,discipline,committee_member,leadership,class_manager,other"`
	Status  string `query:"status" enum:"active,on_leave,suspended,retired,left,deceased"`
	Kind    string `query:"kind" enum:"staff,student"`
	AgeFrom int    `query:"age_from" minimum:"0" maximum:"150" doc:"Full years today"`
	AgeTo   int    `query:"age_to" minimum:"0" maximum:"150"`
	Query   string `query:"q" maxLength:"60" doc:"Part of a name, start of a number, pinyin or initials"`
}

func (f *PeopleFilter) filter() org.PersonFilter {
	return org.PersonFilter{
		UnitID: f.UnitID, Stage: f.Stage, StageOn: f.StageOn, Rank: f.Rank, Post: f.Post, Status: f.Status, Kind: f.Kind, AgeFrom: f.AgeFrom,
		AgeTo: f.AgeTo, Query: f.Query,
	}
}

type peopleCountOutput struct {
	Body struct {
		Total int `json:"total" doc:"People within reach whom the filter takes"`
	}
}

// countPeople handles GET /api/v1/people-count: whom listPeople would give, counted.
func (s *Server) countPeople(ctx context.Context, who app.Actor, in *struct{ PeopleFilter }) (*peopleCountOutput, error) {
	n, err := s.People.Count(ctx, who, in.filter())
	if err != nil {
		return nil, err
	}
	out := &peopleCountOutput{}
	out.Body.Total = n
	return out, nil
}

type peopleViewBody struct {
	ID     string            `json:"id"`
	Name   string            `json:"name"`
	Shared bool              `json:"shared"`
	Own    bool              `json:"own"`
	Owner  string            `json:"owner" doc:"Who saved it"`
	Filter map[string]string `json:"filter" doc:"As it stands in the address of the list"`
}

type peopleViewsOutput struct {
	Body struct {
		Items []peopleViewBody `json:"items"`
	}
}

// listPeopleViews handles GET /api/v1/people-views.
func (s *Server) listPeopleViews(ctx context.Context, who app.Actor, _ *struct{}) (*peopleViewsOutput, error) {
	views, err := s.People.Views(ctx, who)
	if err != nil {
		return nil, err
	}
	out := &peopleViewsOutput{}
	out.Body.Items = bodies(views, func(v org.PeopleView) peopleViewBody {
		return peopleViewBody{v.ID, v.Name, v.Shared, v.OwnerID == who.PersonID, v.OwnerName, v.Filter}
	})
	return out, nil
}

type savePeopleViewInput struct {
	Body struct {
		Name   string            `json:"name" maxLength:"100"`
		Shared bool              `json:"shared,omitempty"`
		Filter map[string]string `json:"filter" maxProperties:"20"`
	}
}

type peopleViewOutput struct{ Body peopleViewBody }

// savePeopleView handles POST /api/v1/people-views.
func (s *Server) savePeopleView(ctx context.Context, who app.Actor, in *savePeopleViewInput) (*peopleViewOutput, error) {
	for k, v := range in.Body.Filter {
		if len(k) > 40 || len(v) > 200 {
			return nil, domain.E(domain.Invalid, "person.view_filter")
		}
	}
	v, err := s.People.SaveView(ctx, who, in.Body.Name, in.Body.Shared, in.Body.Filter)
	if err != nil {
		return nil, err
	}
	return &peopleViewOutput{peopleViewBody{ID: v.ID, Name: v.Name, Shared: v.Shared, Own: true, Filter: v.Filter}}, nil
}

// deletePeopleView handles DELETE /api/v1/people-views/{id}.
func (s *Server) deletePeopleView(ctx context.Context, who app.Actor, in *idInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.DeleteView(ctx, who, in.ID)
}

type bulkFilterBody struct {
	UnitID  string `json:"unit_id,omitempty" format:"uuid"`
	Stage   string `json:"stage,omitempty" maxLength:"32"`
	StageOn string `json:"stage_on,omitempty" maxLength:"10"`
	Rank    string `json:"rank,omitempty" maxLength:"32"`
	Post    string `json:"post,omitempty" maxLength:"32"`
	Status  string `json:"status,omitempty" maxLength:"32"`
	Kind    string `json:"kind,omitempty" maxLength:"32"`
	AgeFrom int    `json:"age_from,omitempty" minimum:"0" maximum:"150"`
	AgeTo   int    `json:"age_to,omitempty" minimum:"0" maximum:"150"`
	Query   string `json:"q,omitempty" maxLength:"60"`
}

type startBulkInput struct {
	Body struct {
		PersonIDs []string        `json:"person_ids,omitempty" maxItems:"5000" doc:"Those that were ticked"`
		Filter    *bulkFilterBody `json:"filter,omitempty" doc:"Or everybody whom the filter selects, at most 5,000"`
		Kind      string          `json:"kind" enum:"membership,stage,rank,status,post"`
		Value     string          `json:"value" minLength:"1" maxLength:"64"`
		UnitID    string          `json:"unit_id,omitempty" maxLength:"64"`
		Note      string          `json:"note,omitempty" maxLength:"100"`
		From      string          `json:"from" maxLength:"10"`
		Document  string          `json:"document,omitempty" maxLength:"300"`
		Reason    string          `json:"reason,omitempty" maxLength:"500"`
	}
}

type refusalBody struct {
	PersonID string            `json:"person_id"`
	Number   string            `json:"number"`
	Name     string            `json:"name"`
	Reason   string            `json:"reason"`
	Messages map[string]string `json:"messages"`
}

type bulkBody struct {
	ID         string        `json:"id"`
	State      string        `json:"state" enum:"checking,checked,running,done"`
	Total      int           `json:"total"`
	Position   int           `json:"position" doc:"How many the present pass has come to"`
	Accepted   int           `json:"accepted"`
	Refused    []refusalBody `json:"refused" doc:"At most 500"`
	FinishedAt *time.Time    `json:"finished_at,omitempty"`
}

type bulkOutput struct{ Body bulkBody }

func (s *Server) bulkOf(b *org.Bulk, err error) (*bulkOutput, error) {
	if err != nil {
		return nil, err
	}
	return &bulkOutput{bulkBody{
		ID: b.ID, State: b.State, Total: len(b.PersonIDs), Position: b.Position, Accepted: b.Accepted, FinishedAt: b.FinishedAt,
		Refused: bodies(b.Refused, func(r org.Refusal) refusalBody {
			return refusalBody{r.PersonID, r.Number, r.Name, r.Reason, s.Texts.sentences(r.Reason, r.Params)}
		}),
	}}, nil
}

// startBulk handles POST /api/v1/people-bulks: everybody is checked, nothing changes.
func (s *Server) startBulk(ctx context.Context, who app.Actor, in *startBulkInput) (*bulkOutput, error) {
	b := in.Body
	n := app.NewBulk{PersonIDs: b.PersonIDs, Reason: b.Reason, Fact: org.Fact{
		Kind: org.FactKind(b.Kind), Value: b.Value, UnitID: b.UnitID, Note: b.Note, From: b.From, Document: b.Document,
	}}
	if b.Kind == "membership" {
		n.Fact.Kind = ""
	}
	if f := b.Filter; f != nil {
		filter := org.PersonFilter(*f)
		n.Filter = &filter
	}
	return s.bulkOf(s.People.StartBulk(ctx, who, n))
}

// getBulk handles GET /api/v1/people-bulks/{id}.
func (s *Server) getBulk(ctx context.Context, who app.Actor, in *idInput) (*bulkOutput, error) {
	return s.bulkOf(s.People.Bulk(ctx, who, in.ID))
}

// applyBulk handles POST /api/v1/people-bulks/{id}/apply.
func (s *Server) applyBulk(ctx context.Context, who app.Actor, in *idInput) (*bulkOutput, error) {
	return s.bulkOf(s.People.ApplyBulk(ctx, who, in.ID))
}

type duplicateBody struct {
	Why    string       `json:"why" enum:"id_card,number,name_born_on"`
	People []PersonBody `json:"people"`
}

type duplicatesOutput struct {
	Body struct {
		Items []duplicateBody `json:"items" doc:"At most 200 groups, the surest first"`
	}
}

// listDuplicates handles GET /api/v1/people-duplicates.
func (s *Server) listDuplicates(ctx context.Context, who app.Actor, _ *struct{}) (*duplicatesOutput, error) {
	groups, err := s.People.Duplicates(ctx, who)
	if err != nil {
		return nil, err
	}
	out := &duplicatesOutput{}
	out.Body.Items = bodies(groups, func(d org.Duplicate) duplicateBody {
		return duplicateBody{d.Why, bodies(d.People, func(p org.Profile) PersonBody { return personOf(&p) })}
	})
	return out, nil
}

type mergePersonInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		IntoID string `json:"into_id" maxLength:"64" doc:"The record that stays"`
		Reason string `json:"reason" maxLength:"500"`
	}
}

// mergePerson handles POST /api/v1/people/{id}/merge: {id} becomes an alias.
func (s *Server) mergePerson(ctx context.Context, who app.Actor, in *mergePersonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.Merge(ctx, who, in.ID, in.Body.IntoID, in.Body.Reason)
}

// unmergePerson handles POST /api/v1/people/{id}/unmerge.
func (s *Server) unmergePerson(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.Unmerge(ctx, who, in.ID, in.Body.Reason)
}
