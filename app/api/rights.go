package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

type rightBody struct {
	GrantID      string           `json:"grant_id"`
	Role         org.Role         `json:"role"`
	UnitID       *string          `json:"unit_id,omitempty" doc:"None is the whole institution"`
	PathNames    []string         `json:"path_names" doc:"Of the unit, from the root"`
	From         string           `json:"from" format:"date"`
	Until        *string          `json:"until,omitempty" format:"date"`
	Coming       bool             `json:"coming" doc:"Begins later"`
	Reason       string           `json:"reason"`
	GranterName  string           `json:"granter_name"`
	ApproverName string           `json:"approver_name"`
	Permissions  []org.Permission `json:"permissions"`
	People       int              `json:"people" doc:"Within reach today"`
}

type rightsOutput struct {
	Body struct {
		PersonID string           `json:"person_id"`
		Name     string           `json:"name"`
		Own      []org.Permission `json:"own" doc:"What everyone holds for himself"`
		Items    []rightBody      `json:"items"`
	}
}

// getPersonRights handles GET /api/v1/people/{id}/rights: what a person can see, and why.
func (s *Server) getPersonRights(ctx context.Context, who app.Actor, in *idInput) (*rightsOutput, error) {
	name, list, err := s.Rights.Of(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	out := &rightsOutput{}
	out.Body.PersonID, out.Body.Name, out.Body.Own = in.ID, name, org.RoleLearner.Permissions()
	out.Body.Items = bodies(list, func(r org.Right) rightBody {
		return rightBody{
			GrantID: r.ID, Role: r.Role, UnitID: r.UnitID, PathNames: listed(r.PathNames), From: r.From, Until: r.Until, Coming: r.Coming,
			Reason: r.Reason, GranterName: r.GranterName, ApproverName: r.ApproverName, Permissions: listed(r.Permissions), People: r.People,
		}
	})
	return out, nil
}

type sightBody struct {
	GrantID      string           `json:"grant_id"`
	PersonID     string           `json:"person_id"`
	PersonName   string           `json:"person_name"`
	PersonNumber string           `json:"person_number"`
	Role         org.Role         `json:"role"`
	UnitName     string           `json:"unit_name" doc:"Empty: the whole institution"`
	ThroughUnit  string           `json:"through_unit" doc:"Within it, of which the person is a member"`
	From         string           `json:"from" format:"date"`
	Until        *string          `json:"until,omitempty" format:"date"`
	Permissions  []org.Permission `json:"permissions" doc:"Those that open others' data"`
}

type watchingTokenBody struct {
	Name        string           `json:"name"`
	UnitName    string           `json:"unit_name"`
	CreatorName string           `json:"creator_name"`
	ExpiresAt   time.Time        `json:"expires_at"`
	Permissions []org.Permission `json:"permissions"`
}

type watchersInput struct {
	ID        string `path:"id" maxLength:"64"`
	Limit     int    `query:"limit" minimum:"0" maximum:"200"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type watchersOutput struct {
	Body struct {
		PersonID      string              `json:"person_id"`
		Name          string              `json:"name"`
		Items         []sightBody         `json:"items"`
		Tokens        []watchingTokenBody `json:"tokens" doc:"Programs outside, on the first page"`
		NextPageToken string              `json:"next_page_token"`
	}
}

// listPersonWatchers handles GET /api/v1/people/{id}/watchers: who can see a person, and why.
func (s *Server) listPersonWatchers(ctx context.Context, who app.Actor, in *watchersInput) (*watchersOutput, error) {
	w, err := s.Rights.On(ctx, who, in.ID, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &watchersOutput{}
	out.Body.PersonID, out.Body.Name, out.Body.NextPageToken = in.ID, w.Name, w.Page.NextPageToken
	out.Body.Items = bodies(w.Page.Items, func(r org.Sight) sightBody {
		return sightBody{
			GrantID: r.ID, PersonID: r.PersonID, PersonName: r.PersonName, PersonNumber: r.PersonNumber, Role: r.Role, UnitName: r.UnitName,
			ThroughUnit: r.ThroughUnit, From: r.From, Until: r.Until, Permissions: listed(r.Permissions),
		}
	})
	out.Body.Tokens = bodies(w.Tokens, func(t org.WatchingToken) watchingTokenBody {
		return watchingTokenBody{t.Name, t.UnitName, t.CreatorName, t.ExpiresAt.UTC(), listed(t.Permissions)}
	})
	return out, nil
}

type watchBody struct {
	Role        org.Role `json:"role"`
	UnitName    string   `json:"unit_name" doc:"Empty: the whole institution"`
	ThroughUnit string   `json:"through_unit" doc:"Within it, of which one is a member"`
	People      int      `json:"people" doc:"Who hold the role there"`
	Names       []string `json:"names" doc:"Theirs, of roles that answer for people; 20 at most"`
	Sees        []string `json:"sees" enum:"record,hours,exams,trail,upkeep"`
}

type watchingProgramBody struct {
	Name     string   `json:"name"`
	UnitName string   `json:"unit_name" doc:"Empty: the whole institution"`
	Sees     []string `json:"sees" enum:"record,hours,exams,trail,upkeep"`
}

type watchesOutput struct {
	Body struct {
		Items    []watchBody           `json:"items"`
		Programs []watchingProgramBody `json:"programs" doc:"Systems outside that act by a token"`
	}
}

// listMyWatchers handles GET /api/v1/me/watchers: who can see the actor, and why.
func (s *Server) listMyWatchers(ctx context.Context, who app.Actor, _ *struct{}) (*watchesOutput, error) {
	watches, programs, err := s.Rights.OnMe(ctx, who)
	if err != nil {
		return nil, err
	}
	out := &watchesOutput{}
	out.Body.Items = bodies(watches, func(w org.Watch) watchBody {
		return watchBody{w.Role, w.UnitName, w.ThroughUnit, w.People, listed(w.Names), listed(org.Sees(w.Permissions))}
	})
	out.Body.Programs = bodies(programs, func(t org.WatchingToken) watchingProgramBody {
		return watchingProgramBody{t.Name, t.UnitName, listed(org.Sees(t.Permissions))}
	})
	return out, nil
}
