package api

import (
	"context"
	"time"

	"zhixing/app"
)

type impersonationBody struct {
	ByID   string    `json:"by_id"`
	ByName string    `json:"by_name"`
	Reason string    `json:"reason"`
	EndsAt time.Time `json:"ends_at"`
}

type impersonateInput struct {
	DoorInput
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Reason  string `json:"reason" maxLength:"500"`
		Minutes int    `json:"minutes,omitempty" doc:"15 when none are given, 60 at most; never past midnight"`
	}
}

// impersonatePerson handles POST /api/v1/people/{id}/impersonate: the session
// shows what the person sees, and can do nothing.
func (s *Server) impersonatePerson(ctx context.Context, who app.Actor, in *impersonateInput) (*sessionOutput, error) {
	opened, err := s.Sessions.Impersonate(ctx, who, in.ID, in.Body.Reason, in.Body.Minutes, s.door(in.DoorInput, who, "").Token)
	if err != nil {
		return nil, err
	}
	return s.opened(ctx, opened)
}

// endImpersonation handles POST /api/v1/session/end-impersonation.
func (s *Server) endImpersonation(ctx context.Context, who app.Actor, in *DoorInput) (*sessionOutput, error) {
	opened, err := s.Sessions.EndImpersonation(ctx, who, s.door(*in, who, "").Token)
	if err != nil {
		return nil, err
	}
	return s.opened(ctx, opened)
}

func impersonationOf(who app.Actor) *impersonationBody {
	if who.Acting == nil {
		return nil
	}
	return &impersonationBody{who.Acting.ActorID, who.Acting.ActorName, who.Acting.Reason, who.Acting.EndsAt.UTC()}
}
