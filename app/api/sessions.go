package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"zhixing/app"
	"zhixing/domain/org"
)

type settingsOutput struct {
	Body settingsBody
}

type settingsBody struct {
	Product      string        `json:"product"`
	Institution  string        `json:"institution"`
	Version      string        `json:"version"`
	DemoAccounts []DemoAccount `json:"demo_accounts"`
	Connections  []wayBody     `json:"connections" doc:"Other ways to sign in"`
	PasskeyHost  string        `json:"passkey_host" doc:"Host at which browsers allow passkeys; empty where they do not"`
	ServerNow    time.Time     `json:"server_now"`
}

type wayBody struct {
	ID   string `json:"id"`
	Kind string `json:"kind" enum:"oidc,cas,ldap,wecom,dingtalk"`
	Name string `json:"name"`
}

// getSettings handles GET /api/v1/settings: what the sign-in page must know.
func (s *Server) getSettings(ctx context.Context, _ app.Actor, _ *struct{}) (*settingsOutput, error) {
	out := &settingsOutput{Body: settingsBody{
		Product: "知行", Institution: s.Institution, Version: s.Version,
		DemoAccounts: []DemoAccount{}, Connections: []wayBody{}, ServerNow: s.Now().UTC(), PasskeyHost: s.PasskeyHost,
	}}
	ways, err := s.Sessions.Ways(ctx)
	if err != nil { // without the database the page still shows, with the password alone
		slog.WarnContext(ctx, "list ways to sign in", "error", err)
	}
	for _, c := range ways {
		out.Body.Connections = append(out.Body.Connections, wayBody{c.ID, c.Kind, c.Name})
	}
	if s.Demo != nil {
		out.Body.DemoAccounts = s.Demo.Accounts
	}
	return out, nil
}

// DoorInput is what the browser tells of itself with every way to sign in.
type DoorInput struct {
	UserAgent string `header:"User-Agent" maxLength:"2000"`
	Cookies   string `header:"Cookie" maxLength:"8000"`
}

// door reads the cookies by which we know a browser.
func (s *Server) door(in DoorInput, who app.Actor, deviceID string) app.Door {
	d := app.Door{DeviceID: deviceID, UserAgent: clip(in.UserAgent, 300), IP: who.IP, RequestID: who.RequestID}
	cookies, err := http.ParseCookie(in.Cookies)
	if err != nil { // a browser that sends nonsense is a strange one
		return d
	}
	for _, c := range cookies {
		switch c.Name {
		case s.cookieName():
			d.Token = c.Value
		case s.cookieName() + "-device":
			d.DeviceToken = c.Value
		}
	}
	return d
}

type signInInput struct {
	DoorInput
	Body struct {
		Number   string `json:"number" minLength:"1" maxLength:"32" doc:"Staff or student number"`
		Password string `json:"password" minLength:"1" maxLength:"512" doc:"Or a one-time code"`
		DeviceID string `json:"device_id,omitempty" maxLength:"64" doc:"Random id that the browser keeps"`
	}
}

type sessionOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      sessionBody
}

type sessionBody struct {
	Person             sessionPerson      `json:"person"`
	Roles              []org.Role         `json:"roles"`
	Permissions        []org.Permission   `json:"permissions"`
	Everywhere         []org.Permission   `json:"everywhere" doc:"Those that a grant for the whole institution gives"`
	HeldRoles          []heldRoleBody     `json:"held_roles" doc:"What the roles are called and carry"`
	MustChangePassword bool               `json:"must_change_password"`
	MustEnrol          bool               `json:"must_enrol" doc:"A second factor must be set up before anything else"`
	NeedsFactor        bool               `json:"needs_factor" doc:"The second factor has not been given yet"`
	Method             string             `json:"method" enum:"password,code,passkey,external" doc:"How the session began"`
	ExpiresAt          time.Time          `json:"expires_at"`
	Impersonation      *impersonationBody `json:"impersonation,omitempty" doc:"Who looks as the person, and can do nothing"`
	ServerNow          time.Time          `json:"server_now"`
}

type heldRoleBody struct {
	Key         org.Role         `json:"key"`
	BuiltIn     bool             `json:"built_in"`
	NameZH      string           `json:"name_zh"`
	NameEN      string           `json:"name_en"`
	Permissions []org.Permission `json:"permissions"`
}

type sessionPerson struct {
	ID            string    `json:"id"`
	Number        string    `json:"number"`
	Name          string    `json:"name"`
	Kind          string    `json:"kind" enum:"staff,student"`
	PartyUnitID   string    `json:"party_unit_id"`
	PartyUnitName string    `json:"party_unit_name"`
	AdminUnitID   string    `json:"admin_unit_id"`
	AdminUnitName string    `json:"admin_unit_name"`
	Stage         org.Stage `json:"stage"`
	Rank          string    `json:"rank"`
}

// signIn handles POST /api/v1/session.
func (s *Server) signIn(ctx context.Context, who app.Actor, in *signInInput) (*sessionOutput, error) {
	opened, err := s.Sessions.SignIn(ctx, app.SignIn{
		Number: in.Body.Number, Password: in.Body.Password, Door: s.door(in.DoorInput, who, in.Body.DeviceID),
	})
	if err != nil {
		return nil, err
	}
	return s.opened(ctx, opened)
}

// opened tells the browser its new token, and what it is signed in as.
func (s *Server) opened(ctx context.Context, o *app.Opened) (*sessionOutput, error) {
	body, err := s.sessionBody(ctx, actingAs(app.Actor{}, o.Identity))
	if err != nil {
		return nil, err
	}
	body.ExpiresAt = o.ExpiresAt
	out := &sessionOutput{SetCookie: []http.Cookie{s.cookie(o.Token, o.ExpiresAt)}, Body: *body}
	if o.DeviceToken != "" {
		device := s.cookie(o.DeviceToken, s.Now().AddDate(1, 0, 0)) //nolint:gosec // G124: as s.cookie says
		device.Name += "-device"
		out.SetCookie = append(out.SetCookie, device)
	}
	return out, nil
}

type getSessionOutput struct{ Body sessionBody }

// getSession handles GET /api/v1/session.
func (s *Server) getSession(ctx context.Context, who app.Actor, _ *struct{}) (*getSessionOutput, error) {
	body, err := s.sessionBody(ctx, who)
	if err != nil {
		return nil, err
	}
	return &getSessionOutput{Body: *body}, nil
}

func (s *Server) sessionBody(ctx context.Context, who app.Actor) (*sessionBody, error) {
	p, err := s.Sessions.Profile(ctx, who)
	if err != nil {
		return nil, err
	}
	roles, err := s.Sessions.Roles(ctx, who)
	if err != nil {
		return nil, err
	}
	held := make([]heldRoleBody, len(roles))
	for i, r := range roles {
		held[i] = heldRoleBody{Key: r.Key, BuiltIn: r.BuiltIn, NameZH: r.NameZH, NameEN: r.NameEN, Permissions: listed(r.Permissions)}
	}
	return &sessionBody{
		HeldRoles: held, Everywhere: listed(who.Everywhere), Impersonation: impersonationOf(who),
		Person: sessionPerson{
			ID: p.ID, Number: p.Number, Name: p.Name, Kind: p.Kind, PartyUnitID: p.PartyUnitID, PartyUnitName: p.PartyUnitName,
			AdminUnitID: p.AdminUnitID, AdminUnitName: p.AdminUnitName, Stage: p.Stage, Rank: p.Rank,
		},
		Roles: who.Roles, Permissions: who.Permissions, MustChangePassword: who.MustChange, MustEnrol: who.MustEnrol,
		NeedsFactor: who.NeedsFactor, Method: who.Method, ServerNow: s.Now().UTC(),
	}, nil
}

func (s *Server) cookie(token string, expires time.Time) http.Cookie {
	return http.Cookie{ //nolint:gosec // G124: Secure behind https; on plain http a Secure cookie would never come back
		Name: s.cookieName(), Value: token, Path: "/", Expires: expires.UTC(), HttpOnly: true,
		Secure: s.SecureCookie, SameSite: http.SameSiteLaxMode,
	}
}

type signedOutOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Sessions int `json:"sessions" doc:"How many devices were signed out"`
	}
}

// signOut handles DELETE /api/v1/session.
func (s *Server) signOut(ctx context.Context, who app.Actor, _ *struct{}) (*signedOutOutput, error) {
	if err := s.Sessions.SignOut(ctx, who); err != nil {
		return nil, err
	}
	return s.signedOut(1), nil
}

// signOutEverywhere handles POST /api/v1/session/sign-out-everywhere.
func (s *Server) signOutEverywhere(ctx context.Context, who app.Actor, _ *struct{}) (*signedOutOutput, error) {
	n, err := s.Sessions.SignOutEverywhere(ctx, who)
	if err != nil {
		return nil, err
	}
	return s.signedOut(n), nil
}

func (s *Server) signedOut(n int) *signedOutOutput {
	out := &signedOutOutput{SetCookie: s.cookie("", time.Unix(0, 0))}
	out.Body.Sessions = n
	return out
}

type sessionsOutput struct {
	Body struct {
		Items []deviceBody `json:"items"`
	}
}

type deviceBody struct {
	ID         string    `json:"id"`
	Current    bool      `json:"current"`
	UserAgent  string    `json:"user_agent"`
	IP         string    `json:"ip"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	ExpiresAt  time.Time `json:"expires_at"`
}

// listSessions handles GET /api/v1/sessions: the devices signed in.
func (s *Server) listSessions(ctx context.Context, who app.Actor, _ *struct{}) (*sessionsOutput, error) {
	list, err := s.Sessions.List(ctx, who)
	if err != nil {
		return nil, err
	}
	return devicesOf(list, who), nil
}

type idInput struct {
	ID string `path:"id" maxLength:"64"`
}

type emptyOutput struct{}

// revokeSession handles DELETE /api/v1/sessions/{id}.
func (s *Server) revokeSession(ctx context.Context, who app.Actor, in *idInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Sessions.Revoke(ctx, who, in.ID)
}

type changePasswordInput struct {
	Body struct {
		Current string `json:"current,omitempty" maxLength:"512" doc:"Not asked for after a one-time code"`
		Next    string `json:"next" minLength:"1" maxLength:"512"`
	}
}

// changePassword handles POST /api/v1/password.
func (s *Server) changePassword(ctx context.Context, who app.Actor, in *changePasswordInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Sessions.ChangePassword(ctx, who, in.Body.Current, in.Body.Next)
}
