package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

// PersonBody is one person as lists and pages show him.
type PersonBody struct {
	ID            string     `json:"id" shows:"person"`
	Number        string     `json:"number"`
	Name          string     `json:"name"`
	Kind          string     `json:"kind" enum:"staff,student"`
	Gender        *string    `json:"gender,omitempty" enum:"female,male"`
	PartyUnitID   string     `json:"party_unit_id"`
	PartyUnitName string     `json:"party_unit_name"`
	AdminUnitID   string     `json:"admin_unit_id"`
	AdminUnitName string     `json:"admin_unit_name"`
	Stage         org.Stage  `json:"stage" doc:"Stage today, empty when none is recorded"`
	Rank          string     `json:"rank" doc:"Cadre rank today, empty when none"`
	Status        string     `json:"status" enum:"active,on_leave,suspended,retired,left,deceased"`
	Posts         []factBody `json:"posts" doc:"Held today"`
}

func personOf(p *org.Profile) PersonBody {
	return PersonBody{
		ID: p.ID, Number: p.Number, Name: p.Name, Kind: p.Kind, Gender: p.Gender, PartyUnitID: p.PartyUnitID, PartyUnitName: p.PartyUnitName,
		AdminUnitID: p.AdminUnitID, AdminUnitName: p.AdminUnitName, Stage: p.Stage, Rank: p.Rank,
		Status: string(p.Status), Posts: factBodies(p.Posts),
	}
}

type listPeopleInput struct {
	PeopleFilter
	Limit     int    `query:"limit" minimum:"0" maximum:"200"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type peopleOutput struct {
	Body struct {
		Items         []PersonBody `json:"items"`
		NextPageToken string       `json:"next_page_token"`
	}
}

// listPeople handles GET /api/v1/people, by pinyin.
func (s *Server) listPeople(ctx context.Context, who app.Actor, in *listPeopleInput) (*peopleOutput, error) {
	page, err := s.People.List(ctx, who, in.filter(), domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &peopleOutput{}
	out.Body.Items, out.Body.NextPageToken = make([]PersonBody, len(page.Items)), page.NextPageToken
	for i := range page.Items {
		out.Body.Items[i] = personOf(&page.Items[i])
	}
	return out, nil
}

type personRecordBody struct {
	PersonBody
	Version    int               `json:"version" doc:"To be sent with a change"`
	BornOn     *string           `json:"born_on,omitempty" format:"date"`
	Phone      string            `json:"phone" doc:"Masked for those who do not keep the person's data"`
	Email      string            `json:"email" doc:"Masked likewise"`
	IDCardMask string            `json:"id_card_mask" doc:"The first three and the last four characters; empty when there is none"`
	PhotoURL   string            `json:"photo_url" doc:"Empty when there is none"`
	MergedInto string            `json:"merged_into" doc:"Number of the person he turned out to be; empty as a rule"`
	ErasedAt   *time.Time        `json:"erased_at,omitempty" doc:"When the data was erased; what is shown of it is a pseudonym"`
	Aliases    []aliasBody       `json:"aliases" doc:"Records that were merged into this one"`
	Account    accountBody       `json:"account"`
	NextStages []stageChoiceBody `json:"next_stages" doc:"The legal steps from the stage of today"`
	Timeline   []factBody        `json:"timeline" doc:"Everything dated about the person, latest first"`
}

type aliasBody struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Name   string `json:"name"`
}

type stageChoiceBody struct {
	To     string `json:"to" enum:"masses,applicant,activist,development_target,probationary_member,member"`
	Move   string `json:"move" enum:",advance,stop,withdraw,cancel,extend,leave,expel,restore"`
	Source string `json:"source" doc:"The clause it rests on"`
}

type accountBody struct {
	State      string     `json:"state" enum:"none,active,must_change_password,disabled"`
	DisabledAt *time.Time `json:"disabled_at,omitempty"`
}

type personRecordOutput struct{ Body personRecordBody }

// getPerson handles GET /api/v1/people/{id}; the reading is recorded.
func (s *Server) getPerson(ctx context.Context, who app.Actor, in *idInput) (*personRecordOutput, error) {
	r, err := s.People.Read(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &personRecordOutput{recordOf(r)}, nil
}

func recordOf(r *org.Record) personRecordBody {
	b := personRecordBody{
		PersonBody: personOf(&r.Profile), BornOn: r.BornOn, Account: accountBody{State: "active", DisabledAt: r.DisabledAt},
		Timeline: factBodies(r.Timeline), Version: r.Version, Phone: r.Phone, Email: r.Email, IDCardMask: r.IDCardMask, PhotoURL: photoURL(&r.Person),
		MergedInto: r.MergedInto, ErasedAt: r.ErasedAt, Aliases: bodies(r.Aliases, func(a org.Alias) aliasBody { return aliasBody(a) }),
		NextStages: bodies(org.NextStages(r.Stage), func(c org.StageChoice) stageChoiceBody {
			return stageChoiceBody{string(c.To), string(c.Move), c.Source}
		}),
	}
	switch {
	case !r.HasAccount:
		b.Account.State = "none"
	case r.DisabledAt != nil:
		b.Account.State = "disabled"
	case r.MustChange:
		b.Account.State = "must_change_password"
	}
	return b
}

type newPersonBody struct {
	Number      string `json:"number" maxLength:"64"`
	Name        string `json:"name" maxLength:"200"`
	Kind        string `json:"kind" maxLength:"32" doc:"staff or student"`
	Gender      string `json:"gender,omitempty" maxLength:"32" doc:"female or male"`
	BornOn      string `json:"born_on,omitempty" maxLength:"32" doc:"YYYY-MM-DD"`
	IDCard      string `json:"id_card,omitempty" maxLength:"40"`
	Phone       string `json:"phone,omitempty" maxLength:"40"`
	Email       string `json:"email,omitempty" maxLength:"300"`
	PartyUnitID string `json:"party_unit_id,omitempty" maxLength:"64"`
	AdminUnitID string `json:"admin_unit_id,omitempty" maxLength:"64"`
	Stage       string `json:"stage,omitempty" maxLength:"32"`
	Rank        string `json:"rank,omitempty" maxLength:"32"`
	From        string `json:"from,omitempty" maxLength:"32" doc:"First day of unit, stage and rank; today when none is given"`
	Password    string `json:"password,omitempty" maxLength:"512" doc:"Makes the account; at most 200 people of a request may have one"`
	MustChange  bool   `json:"must_change_password,omitempty" doc:"The password must be changed at the first sign-in"`
}

type createPeopleInput struct {
	Body struct {
		People []newPersonBody `json:"people" minItems:"1" maxItems:"500"`
	}
}

type createdPeopleOutput struct {
	Body struct {
		Items []createdPersonBody `json:"items" doc:"In the order of the request"`
	}
}

type createdPersonBody struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Name   string `json:"name"`
}

// createPeople handles POST /api/v1/people: all rows or none.
func (s *Server) createPeople(ctx context.Context, who app.Actor, in *createPeopleInput) (*createdPeopleOutput, error) {
	rows := make([]org.NewPerson, len(in.Body.People))
	for i, p := range in.Body.People {
		rows[i] = org.NewPerson{
			Number: p.Number, Name: p.Name, Kind: p.Kind, Gender: p.Gender, BornOn: p.BornOn, IDCard: p.IDCard, Phone: p.Phone, Email: p.Email, PartyUnitID: p.PartyUnitID,
			AdminUnitID: p.AdminUnitID, Stage: org.Stage(p.Stage), Rank: p.Rank, From: p.From, Password: p.Password, MustChange: p.MustChange,
		}
	}
	people, err := s.People.Create(ctx, who, rows)
	if err != nil {
		return nil, err
	}
	out := &createdPeopleOutput{}
	out.Body.Items = make([]createdPersonBody, len(people))
	for i, p := range people {
		out.Body.Items[i] = createdPersonBody{ID: p.ID, Number: p.Number, Name: p.Name}
	}
	return out, nil
}
