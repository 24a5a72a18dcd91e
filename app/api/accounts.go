package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/org"
)

type passwordOutput struct {
	Body struct {
		Password  string    `json:"password" doc:"One-time code, shown this once; signs in once and must then be replaced"`
		ExpiresAt time.Time `json:"expires_at" doc:"When the code ends"`
	}
}

// resetPassword handles POST /api/v1/people/{id}/reset-password.
func (s *Server) resetPassword(ctx context.Context, who app.Actor, in *idInput) (*passwordOutput, error) {
	code, life, err := s.People.ResetPassword(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	out := &passwordOutput{}
	out.Body.Password, out.Body.ExpiresAt = code, s.Now().Add(life).UTC()
	return out, nil
}

type reasonInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Reason string `json:"reason" maxLength:"500"`
	}
}

// disableAccount handles POST /api/v1/people/{id}/disable-account.
func (s *Server) disableAccount(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.SetDisabled(ctx, who, in.ID, true, in.Body.Reason)
}

// enableAccount handles POST /api/v1/people/{id}/enable-account.
func (s *Server) enableAccount(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.SetDisabled(ctx, who, in.ID, false, in.Body.Reason)
}

// resetFactors handles POST /api/v1/people/{id}/reset-factors.
func (s *Server) resetFactors(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.ResetFactors(ctx, who, in.ID, in.Body.Reason)
}

// listPersonSessions handles GET /api/v1/people/{id}/sessions: where a person is
// signed in; the look is recorded.
func (s *Server) listPersonSessions(ctx context.Context, who app.Actor, in *idInput) (*sessionsOutput, error) {
	list, err := s.People.SessionsOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return devicesOf(list, who), nil
}

// endPersonSessions handles POST /api/v1/people/{id}/end-sessions.
func (s *Server) endPersonSessions(ctx context.Context, who app.Actor, in *reasonInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.People.EndSessions(ctx, who, in.ID, in.Body.Reason)
}

func devicesOf(list []org.Session, who app.Actor) *sessionsOutput {
	out := &sessionsOutput{}
	out.Body.Items = make([]deviceBody, len(list))
	for i, v := range list {
		out.Body.Items[i] = deviceBody{
			ID: v.ID, Current: v.ID == who.SessionID, UserAgent: v.UserAgent, IP: v.IP,
			CreatedAt: v.CreatedAt, LastSeenAt: v.LastSeenAt, ExpiresAt: v.ExpiresAt,
		}
	}
	return out
}
