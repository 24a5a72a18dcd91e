package api

import (
	"context"
	"net/http"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

// flowCookie ties the way back from a peer to the browser that went.
func (s *Server) flowCookie(token string) http.Cookie {
	c := s.cookie(token, s.Now().Add(10*time.Minute)) //nolint:gosec // G124: as s.cookie says
	c.Name += "-flow"
	if token == "" {
		c.Expires = time.Unix(0, 0).UTC()
	}
	return c
}

type beginInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		ReturnTo string `json:"return_to,omitempty" maxLength:"2000" doc:"Address of this application to go on to"`
		InApp    bool   `json:"in_app,omitempty" doc:"Inside WeChat Work's own browser"`
	}
}

type beginOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      struct {
		URL string `json:"url" doc:"Where the browser goes"`
	}
}

// beginSignIn handles POST /api/v1/sign-in/connections/{id}/begin.
func (s *Server) beginSignIn(ctx context.Context, _ app.Actor, in *beginInput) (*beginOutput, error) {
	b, err := s.Sessions.BeginExternal(ctx, in.ID, in.Body.ReturnTo, in.Body.InApp)
	if err != nil {
		return nil, err
	}
	out := &beginOutput{SetCookie: []http.Cookie{s.flowCookie(b.BrowserToken)}}
	out.Body.URL = b.URL
	return out, nil
}

type finishInput struct {
	DoorInput
	Body struct {
		Query    string `json:"query" maxLength:"8000" doc:"Query string with which the browser came back, as it is"`
		DeviceID string `json:"device_id,omitempty" maxLength:"64"`
	}
}

type finishOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Session  sessionBody `json:"session"`
		ReturnTo string      `json:"return_to"`
	}
}

// finishSignIn handles POST /api/v1/sign-in/finish.
func (s *Server) finishSignIn(ctx context.Context, who app.Actor, in *finishInput) (*finishOutput, error) {
	browser := ""
	if cookies, err := http.ParseCookie(in.Cookies); err == nil {
		for _, c := range cookies {
			if c.Name == s.cookieName()+"-flow" {
				browser = c.Value
			}
		}
	}
	opened, back, err := s.Sessions.FinishExternal(ctx, s.door(in.DoorInput, who, in.Body.DeviceID), browser, in.Body.Query)
	if err != nil {
		return nil, err
	}
	session, err := s.opened(ctx, opened)
	if err != nil {
		return nil, err
	}
	out := &finishOutput{SetCookie: append(session.SetCookie, s.flowCookie(""))}
	out.Body.Session, out.Body.ReturnTo = session.Body, back
	return out, nil
}

type directoryInput struct {
	DoorInput
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"64"`
		Password string `json:"password" maxLength:"512"`
		DeviceID string `json:"device_id,omitempty" maxLength:"64"`
	}
}

// signInDirectory handles POST /api/v1/sign-in/connections/{id}/password.
func (s *Server) signInDirectory(ctx context.Context, who app.Actor, in *directoryInput) (*sessionOutput, error) {
	opened, err := s.Sessions.SignInDirectory(ctx, s.door(in.DoorInput, who, in.Body.DeviceID), in.ID, in.Body.Name, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return s.opened(ctx, opened)
}

type connectionBody struct {
	ID          string `json:"id"`
	Kind        string `json:"kind" enum:"oidc,cas,ldap,wecom,dingtalk"`
	Name        string `json:"name"`
	Enabled     bool   `json:"enabled"`
	Position    int    `json:"position"`
	Version     int    `json:"version"`
	HasSecret   bool   `json:"has_secret"`
	URL         string `json:"url"`
	ClientID    string `json:"client_id"`
	AgentID     string `json:"agent_id"`
	Scopes      string `json:"scopes"`
	Number      string `json:"number" doc:"The verified attribute that holds the staff or student number"`
	Subject     string `json:"subject"`
	BindDN      string `json:"bind_dn"`
	BaseDN      string `json:"base_dn"`
	Filter      string `json:"filter"`
	StartTLS    bool   `json:"start_tls"`
	CASVersion  string `json:"cas_version"`
	Authorities string `json:"authorities"`
	Hosts       string `json:"hosts"`
	LinkNumber  bool   `json:"link_number"`
}

func connectionOf(c *org.Connection) connectionBody {
	f := c.Config
	return connectionBody{
		c.ID, c.Kind, c.Name, c.Enabled, c.Position, c.Version, c.Secret != "", f.URL, f.ClientID, f.AgentID, f.Scopes, f.Number, f.Subject,
		f.BindDN, f.BaseDN, f.Filter, f.StartTLS, f.CASVersion, f.Authorities, f.Hosts, f.LinkNumber,
	}
}

type connectionsOutput struct {
	Body struct {
		Items    []connectionBody `json:"items"`
		Callback string           `json:"callback" doc:"Address to register at the peer"`
	}
}

// listConnections handles GET /api/v1/identity-connections.
func (s *Server) listConnections(ctx context.Context, _ app.Actor, _ *struct{}) (*connectionsOutput, error) {
	list, err := s.Connections.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &connectionsOutput{}
	out.Body.Callback = s.Connections.Callback()
	out.Body.Items = make([]connectionBody, len(list))
	for i := range list {
		out.Body.Items[i] = connectionOf(&list[i])
	}
	return out, nil
}

type saveConnectionBody struct {
	Kind        string `json:"kind" maxLength:"16"`
	Name        string `json:"name" maxLength:"200"`
	Enabled     bool   `json:"enabled"`
	Position    int    `json:"position,omitempty" minimum:"0" maximum:"1000"`
	Version     int    `json:"version,omitempty"`
	Secret      string `json:"secret,omitempty" maxLength:"2000" doc:"Client secret or password of the service account; empty keeps the one that is there"`
	URL         string `json:"url,omitempty" maxLength:"500"`
	ClientID    string `json:"client_id,omitempty" maxLength:"200"`
	AgentID     string `json:"agent_id,omitempty" maxLength:"64"`
	Scopes      string `json:"scopes,omitempty" maxLength:"500"`
	Number      string `json:"number,omitempty" maxLength:"100"`
	Subject     string `json:"subject,omitempty" maxLength:"100"`
	BindDN      string `json:"bind_dn,omitempty" maxLength:"500"`
	BaseDN      string `json:"base_dn,omitempty" maxLength:"500"`
	Filter      string `json:"filter,omitempty" maxLength:"500"`
	StartTLS    bool   `json:"start_tls,omitempty"`
	CASVersion  string `json:"cas_version,omitempty" maxLength:"4"`
	Authorities string `json:"authorities,omitempty" maxLength:"50000"`
	Hosts       string `json:"hosts,omitempty" maxLength:"1000"`
	LinkNumber  bool   `json:"link_number,omitempty"`
}

func (b *saveConnectionBody) connection(id string) org.Connection {
	return org.Connection{ID: id, Kind: b.Kind, Name: b.Name, Enabled: b.Enabled, Position: b.Position, Version: b.Version, Config: org.ConnectionConfig{
		URL: b.URL, ClientID: b.ClientID, AgentID: b.AgentID, Scopes: b.Scopes, Number: b.Number, Subject: b.Subject, BindDN: b.BindDN,
		BaseDN: b.BaseDN, Filter: b.Filter, StartTLS: b.StartTLS, CASVersion: b.CASVersion, Authorities: b.Authorities, Hosts: b.Hosts,
		LinkNumber: b.LinkNumber,
	}}
}

type connectionOutput struct{ Body connectionBody }

func connectionOutputOf(c *org.Connection, err error) (*connectionOutput, error) {
	if err != nil {
		return nil, err
	}
	return &connectionOutput{connectionOf(c)}, nil
}

// addConnection handles POST /api/v1/identity-connections.
func (s *Server) addConnection(ctx context.Context, who app.Actor, in *struct{ Body saveConnectionBody }) (*connectionOutput, error) {
	return connectionOutputOf(s.Connections.Save(ctx, who, in.Body.connection(""), in.Body.Secret))
}

type saveConnectionInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body saveConnectionBody
}

// saveConnection handles PUT /api/v1/identity-connections/{id}.
func (s *Server) saveConnection(ctx context.Context, who app.Actor, in *saveConnectionInput) (*connectionOutput, error) {
	return connectionOutputOf(s.Connections.Save(ctx, who, in.Body.connection(in.ID), in.Body.Secret))
}

// removeConnection handles DELETE /api/v1/identity-connections/{id}.
func (s *Server) removeConnection(ctx context.Context, who app.Actor, in *idInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Connections.Remove(ctx, who, in.ID)
}

type findingsOutput struct {
	Body struct {
		Findings []findingBody `json:"findings"`
	}
}

type findingBody struct {
	Step     string            `json:"step"`
	OK       bool              `json:"ok"`
	Reason   string            `json:"reason"`
	Messages map[string]string `json:"messages"`
}

// testConnection handles POST /api/v1/identity-connections/{id}/test.
func (s *Server) testConnection(ctx context.Context, who app.Actor, in *idInput) (*findingsOutput, error) {
	found, err := s.Connections.Try(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	out := &findingsOutput{}
	for _, f := range found {
		b := findingBody{Step: f.Step, OK: f.Reason == "", Reason: f.Reason, Messages: map[string]string{}}
		if f.Reason != "" {
			b.Messages = s.Texts.sentences(f.Reason, f.Params)
		}
		out.Body.Findings = append(out.Body.Findings, b)
	}
	return out, nil
}

type conflictBody struct {
	ID             string            `json:"id"`
	ConnectionName string            `json:"connection_name"`
	Subject        string            `json:"subject"`
	Number         string            `json:"number"`
	Reason         string            `json:"reason"`
	Messages       map[string]string `json:"messages"`
	Tries          int               `json:"tries"`
	FirstAt        time.Time         `json:"first_at"`
	LastAt         time.Time         `json:"last_at"`
}

type conflictsOutput struct {
	Body struct {
		Items         []conflictBody `json:"items"`
		NextPageToken string         `json:"next_page_token"`
	}
}

type conflictsInput struct {
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	PageToken string `query:"page_token" maxLength:"500"`
}

// listConflicts handles GET /api/v1/identity-conflicts.
func (s *Server) listConflicts(ctx context.Context, _ app.Actor, in *conflictsInput) (*conflictsOutput, error) {
	page, err := s.Connections.Conflicts(ctx, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &conflictsOutput{}
	out.Body.Items, out.Body.NextPageToken = make([]conflictBody, len(page.Items)), page.NextPageToken
	for i, c := range page.Items {
		out.Body.Items[i] = conflictBody{
			c.ID, c.ConnectionName, c.Subject, c.Number, c.Reason, s.Texts.sentences(c.Reason, nil), c.Tries, c.FirstAt, c.LastAt,
		}
	}
	return out, nil
}

// resolveConflict handles POST /api/v1/identity-conflicts/{id}/resolve.
func (s *Server) resolveConflict(ctx context.Context, who app.Actor, in *idInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Connections.Resolve(ctx, who, in.ID)
}

type linkConflictInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Number string `json:"number" minLength:"1" maxLength:"64" doc:"Number of the person that the visitor is"`
		Reason string `json:"reason" maxLength:"500"`
	}
}

// linkConflict handles POST /api/v1/identity-conflicts/{id}/link.
func (s *Server) linkConflict(ctx context.Context, who app.Actor, in *linkConflictInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Connections.LinkConflict(ctx, who, in.ID, in.Body.Number, in.Body.Reason)
}

type linkBody struct {
	ID             string     `json:"id"`
	ConnectionName string     `json:"connection_name"`
	Kind           string     `json:"kind"`
	Subject        string     `json:"subject"`
	LinkedAt       time.Time  `json:"linked_at"`
	LastUsedAt     *time.Time `json:"last_used_at"`
}

type linksOutput struct {
	Body struct {
		Items []linkBody `json:"items"`
	}
}

func linksOf(list []org.Link, err error) (*linksOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &linksOutput{}
	out.Body.Items = make([]linkBody, len(list))
	for i, l := range list {
		out.Body.Items[i] = linkBody{l.ID, l.ConnectionName, l.Kind, l.Subject, l.LinkedAt, l.LastUsedAt}
	}
	return out, nil
}

// listMyIdentities handles GET /api/v1/my-identities.
func (s *Server) listMyIdentities(ctx context.Context, who app.Actor, _ *struct{}) (*linksOutput, error) {
	return linksOf(s.Sessions.MyLinks(ctx, who))
}

// removeMyIdentity handles DELETE /api/v1/my-identities/{id}.
func (s *Server) removeMyIdentity(ctx context.Context, who app.Actor, in *idInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Sessions.Unlink(ctx, who, in.ID)
}

// listIdentities handles GET /api/v1/people/{id}/identities.
func (s *Server) listIdentities(ctx context.Context, _ app.Actor, in *idInput) (*linksOutput, error) {
	return linksOf(s.Connections.LinksOf(ctx, in.ID))
}

// removeIdentity handles DELETE /api/v1/identity-links/{id}.
func (s *Server) removeIdentity(ctx context.Context, who app.Actor, in *idInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Connections.Unlink(ctx, who, in.ID)
}
