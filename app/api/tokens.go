package api

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/org"
)

// bearer is the secret of a program outside, "" when the request has none.
func bearer(c *fiber.Ctx) string {
	kind, secret, ok := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	if !ok || !strings.EqualFold(kind, "Bearer") {
		return ""
	}
	return strings.TrimSpace(secret)
}

// actingByToken is who a bearer token acts for. A cookie beside it means nothing.
func (s *Server) actingByToken(ctx context.Context, who app.Actor, secret string) (app.Actor, error) {
	if s.Tokens == nil {
		return who, domain.E(domain.Unauthenticated, "token.unknown")
	}
	a, err := s.Tokens.Authenticate(ctx, secret, who.IP)
	if err != nil {
		return who, err
	}
	a.RequestID, a.IP, a.UserAgent = who.RequestID, who.IP, who.UserAgent
	return a, nil
}

// refuseToken keeps programs outside from operations that need no sign-in, too:
// what is not marked for them is closed to them.
func (s *Server) refuseToken(ctx huma.Context, next func(huma.Context)) {
	if actorOf(ctx.Context()).TokenID != "" {
		s.writeProblem(ctx, s.problem(ctx.Context(), domain.E(domain.Forbidden, "token.not_open")))
		return
	}
	next(ctx)
}

type tokenBody struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Prefix      string     `json:"prefix" doc:"The first characters of the secret"`
	Permissions []string   `json:"permissions"`
	UnitID      *string    `json:"unit_id,omitempty" doc:"With its subtree; none is the whole institution"`
	UnitName    string     `json:"unit_name"`
	PerMinute   int        `json:"per_minute" doc:"Requests a minute"`
	CreatedBy   string     `json:"created_by" doc:"Name of who made it and answers for it"`
	CreatedAt   time.Time  `json:"created_at"`
	ExpiresAt   time.Time  `json:"expires_at"`
	RevokedAt   *time.Time `json:"revoked_at"`
	OldUntil    *time.Time `json:"old_until" doc:"Until when the secret before the last exchange lives on"`
	LastUsedAt  *time.Time `json:"last_used_at"`
	LastIP      string     `json:"last_ip"`
	State       string     `json:"state" enum:"active,expired,revoked"`
}

func (s *Server) tokenOf(t *org.Token) tokenBody {
	b := tokenBody{
		ID: t.ID, Name: t.Name, Prefix: t.Prefix, UnitID: t.UnitID, UnitName: t.UnitName, PerMinute: t.PerMinute, CreatedBy: t.CreatorName,
		CreatedAt: t.CreatedAt.UTC(), ExpiresAt: t.ExpiresAt.UTC(), RevokedAt: t.RevokedAt, OldUntil: t.OldUntil, LastUsedAt: t.LastUsedAt, LastIP: t.LastIP,
		State: "active", Permissions: bodies(t.Permissions, func(p org.Permission) string { return string(p) }),
	}
	switch {
	case t.RevokedAt != nil:
		b.State = "revoked"
	case !s.Now().Before(t.ExpiresAt):
		b.State = "expired"
	}
	return b
}

type listTokensInput struct {
	Limit     int    `query:"limit" minimum:"0" maximum:"200"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type tokensOutput struct {
	Body struct {
		Items         []tokenBody `json:"items"`
		NextPageToken string      `json:"next_page_token"`
		Permissions   []string    `json:"permissions" doc:"What a token can be made for"`
	}
}

// listTokens handles GET /api/v1/api-tokens, newest first.
func (s *Server) listTokens(ctx context.Context, _ app.Actor, in *listTokensInput) (*tokensOutput, error) {
	page, err := s.Tokens.List(ctx, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &tokensOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, func(t org.Token) tokenBody { return s.tokenOf(&t) }), page.NextPageToken
	out.Body.Permissions = bodies(org.TokenPermissions(), func(p org.Permission) string { return string(p) })
	return out, nil
}

type createTokenInput struct {
	Body struct {
		Name        string   `json:"name" maxLength:"120"`
		Permissions []string `json:"permissions" maxItems:"10"`
		UnitID      string   `json:"unit_id,omitempty" maxLength:"64" doc:"With its subtree; none is the whole institution"`
		ExpiresOn   string   `json:"expires_on" maxLength:"32" doc:"Last day, YYYY-MM-DD; a year ahead at most"`
		PerMinute   int      `json:"per_minute,omitempty" minimum:"0" maximum:"6000" doc:"Requests a minute; 120 when none is given"`
	}
}

type tokenSecretOutput struct {
	Body struct {
		Token  tokenBody `json:"token"`
		Secret string    `json:"secret" doc:"Shown this once: Authorization: Bearer <secret>"`
	}
}

// createToken handles POST /api/v1/api-tokens.
func (s *Server) createToken(ctx context.Context, who app.Actor, in *createTokenInput) (*tokenSecretOutput, error) {
	day, err := time.ParseInLocation(time.DateOnly, in.Body.ExpiresOn, hours.Zone)
	if err != nil {
		return nil, domain.E(domain.Invalid, "token.expiry_form").At("body.expires_on", "token.expiry_form")
	}
	n := app.NewToken{Name: in.Body.Name, UnitID: in.Body.UnitID, PerMinute: in.Body.PerMinute, ExpiresAt: day.AddDate(0, 0, 1)}
	for _, p := range in.Body.Permissions {
		n.Permissions = append(n.Permissions, org.Permission(p))
	}
	return s.tokenSecret(s.Tokens.Create(ctx, who, n))
}

func (s *Server) tokenSecret(t *org.Token, secret string, err error) (*tokenSecretOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &tokenSecretOutput{}
	out.Body.Token, out.Body.Secret = s.tokenOf(t), secret
	return out, nil
}

// rotateToken handles POST /api/v1/api-tokens/{id}/rotate.
func (s *Server) rotateToken(ctx context.Context, who app.Actor, in *idInput) (*tokenSecretOutput, error) {
	return s.tokenSecret(s.Tokens.Rotate(ctx, who, in.ID))
}

type tokenOutput struct{ Body tokenBody }

// revokeToken handles POST /api/v1/api-tokens/{id}/revoke.
func (s *Server) revokeToken(ctx context.Context, who app.Actor, in *reasonInput) (*tokenOutput, error) {
	t, err := s.Tokens.Revoke(ctx, who, in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &tokenOutput{s.tokenOf(t)}, nil
}
