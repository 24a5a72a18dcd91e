package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

type pushBody struct {
	ID         string         `json:"id"`
	Kind       string         `json:"kind" enum:"people,units,facts"`
	State      string         `json:"state" enum:"running,done" doc:"A push that was cut off stays running; send it again"`
	TokenName  string         `json:"token_name"`
	ImportID   string         `json:"import_id" doc:"Of people: the import by which the push can be looked at and undone"`
	Counts     pushCountsBody `json:"counts"`
	Items      []pushItemBody `json:"items" doc:"In the order of the request; empty in lists"`
	CreatedAt  time.Time      `json:"created_at"`
	FinishedAt *time.Time     `json:"finished_at"`
}

type pushCountsBody struct {
	Total   int `json:"total"`
	New     int `json:"new"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
	Refused int `json:"refused"`
	Stale   int `json:"stale" doc:"Changed by somebody else at the same moment, and left alone; send them again"`
}

type pushItemBody struct {
	Key      string            `json:"key"`
	Outcome  string            `json:"outcome" enum:"new,changed,same,refused,stale"`
	ID       string            `json:"id"`
	Changed  []string          `json:"changed"`
	Refusals []pushRefusalBody `json:"refusals"`
}

type pushRefusalBody struct {
	Field    string            `json:"field"`
	Reason   string            `json:"reason" doc:"Reason key, as in problems"`
	Messages map[string]string `json:"messages"`
}

func (s *Server) pushOf(p *org.Push) pushBody {
	b := pushBody{
		ID: p.ID, Kind: p.Kind, State: "done", TokenName: p.TokenName, ImportID: p.ImportID, CreatedAt: p.CreatedAt.UTC(), FinishedAt: p.FinishedAt,
		Counts: pushCountsBody{p.Counts.Total, p.Counts.New, p.Counts.Changed, p.Counts.Same, p.Counts.Refused, p.Counts.Stale},
		Items: bodies(p.Items, func(o org.PushOutcome) pushItemBody {
			return pushItemBody{o.Key, o.Outcome, o.ID, append([]string{}, o.Changed...), bodies(o.Refusals, func(r org.PushRefusal) pushRefusalBody {
				return pushRefusalBody{r.Field, r.Reason, s.Texts.sentences(r.Reason, r.Params)}
			})}
		}),
	}
	if p.Running {
		b.State = "running"
	}
	return b
}

type pushOutput struct{ Body pushBody }

// pushed keeps that a push arrived, does it, and keeps what came of it.
func (s *Server) pushed(ctx context.Context, who app.Actor, kind string, items int, do func() ([]org.PushOutcome, string, error)) (*pushOutput, error) {
	p, err := s.Pushes.Begin(ctx, who, kind, items)
	if err != nil {
		return nil, err
	}
	out, importID, err := do()
	if err != nil {
		return nil, err
	}
	if p, err = s.Pushes.End(ctx, who, p, out, importID); err != nil {
		return nil, err
	}
	return &pushOutput{s.pushOf(p)}, nil
}

type pushPeopleInput struct {
	Body struct {
		People []pushedPersonBody `json:"people" minItems:"1" maxItems:"500"`
		From   string             `json:"from,omitempty" maxLength:"32" doc:"First day of units, stages and ranks that name none; today when none is given"`
		Reason string             `json:"reason,omitempty" maxLength:"500"`
	}
}

type pushedPersonBody struct {
	Number    string `json:"number" maxLength:"64" doc:"The key: who has the number is brought in line, who is not known is made"`
	Name      string `json:"name" maxLength:"200"`
	Kind      string `json:"kind,omitempty" maxLength:"32" doc:"staff or student; needed of who is new"`
	Gender    string `json:"gender,omitempty" maxLength:"32" doc:"female or male"`
	BornOn    string `json:"born_on,omitempty" maxLength:"32"`
	IDCard    string `json:"id_card,omitempty" maxLength:"40"`
	Phone     string `json:"phone,omitempty" maxLength:"40"`
	Email     string `json:"email,omitempty" maxLength:"300"`
	PartyUnit string `json:"party_unit,omitempty" maxLength:"300" doc:"# and the key of a unit, or its name, or a path of names"`
	AdminUnit string `json:"admin_unit,omitempty" maxLength:"300"`
	Stage     string `json:"stage,omitempty" maxLength:"32"`
	StageOn   string `json:"stage_on,omitempty" maxLength:"32"`
	Rank      string `json:"rank,omitempty" maxLength:"32"`
	RankOn    string `json:"rank_on,omitempty" maxLength:"32"`
	Document  string `json:"document,omitempty" maxLength:"200"`
}

// pushPeople handles POST /api/v1/pushes/people.
func (s *Server) pushPeople(ctx context.Context, who app.Actor, in *pushPeopleInput) (*pushOutput, error) {
	people := bodies(in.Body.People, func(p pushedPersonBody) org.PushedPerson {
		return org.PushedPerson{
			org.FieldNumber: p.Number, org.FieldName: p.Name, org.FieldKind: p.Kind, org.FieldGender: p.Gender, org.FieldBornOn: p.BornOn,
			org.FieldIDCard: p.IDCard, org.FieldPhone: p.Phone, org.FieldEmail: p.Email, org.FieldPartyUnit: p.PartyUnit, org.FieldAdminUnit: p.AdminUnit,
			org.FieldStage: p.Stage, org.FieldStageOn: p.StageOn, org.FieldRank: p.Rank, org.FieldRankOn: p.RankOn, org.FieldDocument: p.Document,
		}
	})
	return s.pushed(ctx, who, org.PushPeople, len(people), func() ([]org.PushOutcome, string, error) {
		reason := in.Body.Reason
		if reason == "" {
			reason = "接口推送 " + who.TokenName
		}
		id, out, err := s.Imports.Push(ctx, who, people, in.Body.From, reason)
		return out, id, err
	})
}

type pushUnitsInput struct {
	Body struct {
		Units []pushedUnitBody `json:"units" minItems:"1" maxItems:"500"`
	}
}

type pushedUnitBody struct {
	Key       string `json:"key" maxLength:"200" doc:"As the other system knows the unit"`
	Tree      string `json:"tree" enum:"party,admin"`
	ParentKey string `json:"parent_key,omitempty" maxLength:"200" doc:"A key, or the id of a unit; none is a root"`
	Name      string `json:"name" maxLength:"200"`
	Kind      string `json:"kind" maxLength:"32"`
	OpenedOn  string `json:"opened_on,omitempty" maxLength:"32"`
}

// pushUnits handles POST /api/v1/pushes/units.
func (s *Server) pushUnits(ctx context.Context, who app.Actor, in *pushUnitsInput) (*pushOutput, error) {
	units := bodies(in.Body.Units, func(u pushedUnitBody) org.PushedUnit { return org.PushedUnit(u) })
	return s.pushed(ctx, who, org.PushUnits, len(units), func() ([]org.PushOutcome, string, error) {
		out, err := s.Units.Push(ctx, who, units)
		return out, "", err
	})
}

type pushFactsInput struct {
	Body struct {
		Facts []pushedFactBody `json:"facts" minItems:"1" maxItems:"500"`
	}
}

type pushedFactBody struct {
	Number   string `json:"number" maxLength:"64"`
	Kind     string `json:"kind" maxLength:"40" doc:"party_membership, admin_membership, stage, rank, post or status"`
	Value    string `json:"value,omitempty" maxLength:"64" doc:"Stage, rank, post or status"`
	Unit     string `json:"unit,omitempty" maxLength:"200" doc:"Key or id, of a membership and a post"`
	From     string `json:"from" maxLength:"32" doc:"First day, YYYY-MM-DD"`
	Document string `json:"document,omitempty" maxLength:"200"`
	Move     string `json:"move,omitempty" maxLength:"32" doc:"Of a stage: how it was reached"`
	Note     string `json:"note,omitempty" maxLength:"100" doc:"Of the post other: its name"`
	Reason   string `json:"reason,omitempty" maxLength:"500" doc:"Needed where the past is changed"`
}

// pushFacts handles POST /api/v1/pushes/facts.
func (s *Server) pushFacts(ctx context.Context, who app.Actor, in *pushFactsInput) (*pushOutput, error) {
	facts := bodies(in.Body.Facts, func(f pushedFactBody) org.PushedFact { return org.PushedFact(f) })
	return s.pushed(ctx, who, org.PushFacts, len(facts), func() ([]org.PushOutcome, string, error) {
		out, err := s.People.PushFacts(ctx, who, facts)
		return out, "", err
	})
}

type pushesOutput struct {
	Body struct {
		Items         []pushBody `json:"items"`
		NextPageToken string     `json:"next_page_token"`
	}
}

// listPushes handles GET /api/v1/pushes: a token's own, or those of the actor and
// of his tokens, newest first.
func (s *Server) listPushes(ctx context.Context, who app.Actor, in *listTokensInput) (*pushesOutput, error) {
	page, err := s.Pushes.List(ctx, who, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &pushesOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, func(p org.Push) pushBody { return s.pushOf(&p) }), page.NextPageToken
	return out, nil
}

// getPush handles GET /api/v1/pushes/{id}.
func (s *Server) getPush(ctx context.Context, who app.Actor, in *idInput) (*pushOutput, error) {
	p, err := s.Pushes.Get(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &pushOutput{s.pushOf(p)}, nil
}
