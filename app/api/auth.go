package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

type actorKey struct{}

func actorOf(ctx context.Context) app.Actor {
	a, _ := ctx.Value(actorKey{}).(app.Actor)
	return a
}

func (s *Server) cookieName() string {
	if s.SecureCookie {
		return "__Host-zhixing"
	}
	return "zhixing"
}

// authenticate resolves the token of a program outside, else the session cookie,
// to the actor. A request without a good cookie goes on as nobody; the
// operation's permission refuses it. A bad token is refused here.
func (s *Server) authenticate(c *fiber.Ctx) error {
	ctx := c.UserContext()
	who := app.Actor{RequestID: infoOf(ctx).id, IP: c.IP(), UserAgent: clip(c.Get(fiber.HeaderUserAgent), 300)}
	if secret := bearer(c); secret != "" {
		var err error
		if who, err = s.actingByToken(ctx, who, secret); err != nil {
			return err
		}
	} else if token := c.Cookies(s.cookieName()); token != "" {
		id, err := s.Sessions.Authenticate(ctx, token)
		switch {
		case err == nil:
			who = actingAs(who, id)
			if err := s.rotate(c, id, token); err != nil {
				return err
			}
		case domain.CodeOf(err) != domain.Unauthenticated:
			return err
		}
	}
	c.SetUserContext(context.WithValue(ctx, actorKey{}, who))
	return c.Next()
}

// actingAs adds to what is known of a request who its session belongs to.
func actingAs(who app.Actor, id *org.Identity) app.Actor {
	who.PersonID, who.SessionID, who.Method, who.Today = id.PersonID, id.SessionID, id.Method, id.Today
	who.MustChange, who.MustEnrol, who.NeedsFactor, who.Recent = id.MustChange, id.MustEnrol, id.NeedsFactor, id.Recent
	who.Roles, who.Permissions, who.Everywhere, who.Careful = id.Roles, id.Permissions, id.Everywhere, id.Careful
	who.Acting = id.Acting
	return who
}

// rotate replaces the token of somebody whose rights changed.
func (s *Server) rotate(c *fiber.Ctx, id *org.Identity, token string) error {
	if !id.RotateDue {
		return nil
	}
	opened, err := s.Sessions.Rotate(c.UserContext(), id, token)
	if err != nil || opened == nil {
		return err
	}
	cookie := s.cookie(opened.Token, opened.ExpiresAt)
	c.Response().Header.Add(fiber.HeaderSetCookie, cookie.String())
	return nil
}

// refuseForgery stops state changes that another site made the browser send: a
// custom header, which a form cannot set, and the origin where it is told.
func (s *Server) refuseForgery(c *fiber.Ctx) error {
	switch c.Method() {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return c.Next()
	}
	if actorOf(c.UserContext()).TokenID != "" { // no browser sends a bearer token by itself
		return c.Next()
	}
	forged := c.Get("X-Zhixing") != "1"
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		forged = true
	}
	if origin := c.Get(fiber.HeaderOrigin); origin != "" {
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, string(c.Request().Host())) {
			forged = true
		}
	}
	if forged {
		return domain.E(domain.Forbidden, "session.cross_site")
	}
	return c.Next()
}

// Idempotency remembers the answer of a create, so that a repeat gets the same.
type Idempotency interface {
	// Begin claims the key; when it is known, the stored answer comes back
	// (status 0: the first request is still under way).
	Begin(ctx context.Context, personID, operation, key string, bodyHash []byte) (fresh bool, sameBody bool, status int, body []byte, err error)
	// End stores the answer; status 0 forgets the key.
	End(ctx context.Context, personID, operation, key string, status int, body []byte) error
}

// idempotent honours Idempotency-Key on POST.
func (s *Server) idempotent(c *fiber.Ctx) error {
	key, who := c.Get("Idempotency-Key"), actorOf(c.UserContext())
	if c.Method() != http.MethodPost || key == "" || who.PersonID == "" || s.Idempotency == nil || secret(c) {
		return c.Next()
	}
	if len(key) > 100 || !utf8.ValidString(key) {
		return domain.E(domain.Invalid, "input.idempotency_key")
	}
	ctx, op, owner := c.UserContext(), c.Path(), who.PersonID
	if who.TokenID != "" {
		owner = who.TokenID
	}
	hash := sha256.Sum256(c.Body())
	fresh, same, status, body, err := s.Idempotency.Begin(ctx, owner, op, key, hash[:])
	switch {
	case err != nil:
		return err
	case !fresh && !same:
		return domain.E(domain.Conflict, "input.idempotency_reused")
	case !fresh && status == 0:
		return domain.E(domain.Conflict, "input.idempotency_running")
	case !fresh:
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
		c.Set("Idempotency-Replayed", "true")
		return c.Status(status).Send(body)
	}
	err = c.Next()
	status, body = c.Response().StatusCode(), c.Response().Body()
	if err != nil || status >= http.StatusBadRequest { // nothing was created: the next try is a first one
		status, body = 0, nil
	}
	if endErr := s.Idempotency.End(ctx, owner, op, key, status, body); endErr != nil {
		slog.ErrorContext(ctx, "store idempotent answer", "error", endErr, "request_id", who.RequestID)
	}
	return err
}

// secret reports whether the request or its answer holds a password or an id number: neither a
// quick hash of the one nor the other is ever stored.
func secret(c *fiber.Ctx) bool {
	path := strings.TrimPrefix(c.Path(), apiPrefix)
	return path == "/session" || path == "/password" || strings.HasPrefix(path, "/session/") || strings.HasPrefix(path, "/sign-in/") ||
		strings.HasPrefix(path, "/identity-connections") || strings.HasPrefix(path, "/api-tokens") || strings.HasPrefix(path, "/webhooks") || strings.HasSuffix(path, "/reset-password") || strings.HasSuffix(path, "/reveal") ||
		bytes.Contains(c.Body(), []byte(`"password"`)) || bytes.Contains(c.Body(), []byte(`"id_card"`))
}

func (s *Server) writeProblem(ctx huma.Context, p *Problem) {
	ctx.SetStatus(p.Status)
	ctx.SetHeader("Content-Type", "application/problem+json")
	if err := json.NewEncoder(ctx.BodyWriter()).Encode(p); err != nil {
		slog.ErrorContext(ctx.Context(), "write problem", "error", err)
	}
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}
