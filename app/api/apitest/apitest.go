// Package apitest builds the whole API on a fresh database for scenario tests:
// who asks what, and what comes back.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/app/identity"
	"zhixing/domain/org"
	"zhixing/storage/postgres"
	"zhixing/storage/postgres/postgrestest"
)

// Env is a server with its database.
type Env struct {
	DB     *postgres.DB
	Server *api.Server
}

// Password is what every person of a test signs in with.
const Password = "correct horse 电池"

// New builds a server. wire sets the use cases of the context under test.
func New(t testing.TB, wire ...func(s *api.Server, db *postgres.DB)) *Env {
	t.Helper()
	db := postgrestest.New(t)
	texts, err := api.LoadTexts(os.DirFS(filepath.Join(root(), "frontend/src/locales")))
	if err != nil {
		t.Fatal(err)
	}
	peers := &identity.Peers{Now: time.Now, Private: true}
	s := &api.Server{
		Sessions: &app.Sessions{
			Stand: db.Impersonations(),
			Store: db.Sessions(), Passwords: identity.NewArgon2id(2), Seals: Seals(t), Codes: identity.TOTP{}, Passkeys: passkeys(t),
			Product: "test", Now: time.Now, Links: db.Connections(), Peers: peers, PublicURL: "http://zhixing.test",
		},
		Connections: &app.Connections{
			Store: db.Connections(), Seals: Seals(t), Peers: peers, Callback: func() string { return "http://zhixing.test/sign-in/callback" },
		},
		Units: &app.Units{Store: db.Units()}, People: &app.People{Store: db.People(), Passwords: identity.NewArgon2id(2), Seals: Seals(t)},
		Grants: &app.Grants{Store: db.Grants()}, Roles: &app.Roles{Store: db.Roles()}, Rights: &app.Rights{Store: db.Rights()}, Audits: &app.Audits{Store: db.AuditEvents()}, Reads: db.AuditEvents(), Retention: &app.Retention{Store: db.Privacy()}, Erasures: &app.Erasures{Store: db.Privacy()},
		Tokens: &app.Tokens{Store: db.Tokens()}, Pushes: &app.Pushes{Store: db.Pushes()}, Webhooks: &app.Webhooks{Store: db.Webhooks(), Seals: Seals(t)},
		Idempotency: db.Idempotency(), Texts: texts, Now: time.Now, Version: "test", Unreachable: postgres.Unreachable,
	}
	for _, w := range wire {
		w(s, db)
	}
	if err := s.Build(); err != nil {
		t.Fatal(err)
	}
	return &Env{DB: db, Server: s}
}

// Seals seals with a key of tests.
func Seals(t testing.TB) *identity.Seals {
	t.Helper()
	s, err := identity.NewSeals(strings.Repeat("test", 8))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func passkeys(t testing.TB) *identity.Passkeys {
	t.Helper()
	p, err := identity.NewPasskeys("test", "https://zhixing.test")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../..")
}

// Client asks as one person, or as nobody.
type Client struct {
	t        testing.TB
	env      *Env
	PersonID string
	cookie   string
	Headers  map[string]string // sent with every request
}

// Anyone asks without a session.
func (e *Env) Anyone(t testing.TB) *Client { return &Client{t: t, env: e} }

// hash of Password, made once: what it costs is tested elsewhere.
var hash = func() string {
	h, err := identity.NewArgon2id(1).Hash(context.Background(), Password)
	if err != nil {
		panic(err)
	}
	return h
}()

// Person inserts a person with an account, signs him in and returns his client.
// roles are "role" for the whole institution or "role@unitID".
func (e *Env) Person(t testing.TB, number, name string, roles ...string) *Client {
	t.Helper()
	ctx, id := t.Context(), app.NewID()
	e.Exec(t, "INSERT INTO people (id, number, name, kind) VALUES (?, ?, ?, 'staff')", id, number, name)
	if err := e.DB.Sessions().SaveAccount(ctx, &org.Account{PersonID: id, PasswordHash: hash}); err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		role, unit, _ := strings.Cut(r, "@")
		e.Exec(t, "INSERT INTO grants (id, person_id, role, unit_id, period) VALUES (?, ?, ?, NULLIF(?, '')::uuid, daterange('2020-01-01', NULL))",
			app.NewID(), id, role, unit)
	}
	return e.SignIn(t, number, id)
}

// SignIn opens a session for a person that exists.
func (e *Env) SignIn(t testing.TB, number, personID string) *Client {
	t.Helper()
	opened, err := e.Server.Sessions.SignIn(t.Context(), app.SignIn{Number: number, Password: Password})
	if err != nil {
		t.Fatal(err)
	}
	return &Client{t: t, env: e, PersonID: personID, cookie: "zhixing=" + opened.Token}
}

// Unit inserts a unit below parent ("" makes a root) and returns its id.
func (e *Env) Unit(t testing.TB, tree, parent, name string) string {
	t.Helper()
	id := app.NewID()
	e.Exec(t, `INSERT INTO units (id, tree, parent_id, path, name, kind) SELECT ?0, ?1, NULLIF(?2, '')::uuid,
  (coalesce((SELECT path::text || '.' FROM units WHERE id = NULLIF(?2, '')::uuid), '') || replace(?0, '-', ''))::ltree, ?3, 'branch'`, id, tree, parent, name)
	return id
}

// Join makes a person a member of a unit from 2020 on.
func (e *Env) Join(t testing.TB, personID, unitID, tree string) {
	t.Helper()
	e.Exec(t, "INSERT INTO memberships (id, person_id, unit_id, tree, period) VALUES (?, ?, ?, ?, daterange('2020-01-01', NULL))",
		app.NewID(), personID, unitID, tree)
}

// Today is the civil date of the database, moved by days.
func (e *Env) Today(t testing.TB, move int) string {
	t.Helper()
	var day string
	if err := e.DB.Bun.NewRaw("SELECT (civil_today() + ?::int)::text", move).Scan(t.Context(), &day); err != nil {
		t.Fatal(err)
	}
	return day
}

// SetToday makes it another day in this test's own database, by putting another
// function in the place of civil_today; nothing of the product can do that.
func (e *Env) SetToday(t testing.TB, day string) {
	t.Helper()
	e.Exec(t, "CREATE OR REPLACE FUNCTION civil_today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT date '"+day+"' $$")
}

// Exec runs SQL that arranges a test.
func (e *Env) Exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := e.DB.Bun.NewRaw(query, args...).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// With is the same client with one more header.
func (c *Client) With(name, value string) *Client {
	next := *c
	next.Headers = map[string]string{name: value}
	for k, v := range c.Headers {
		if k != name {
			next.Headers[k] = v
		}
	}
	return &next
}

// Cookie is the header value that proves the session, for clients over TCP.
func (c *Client) Cookie() string { return c.cookie }

// Reply is an answer read to its end.
type Reply struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// Do asks. body is marshalled to JSON unless it is nil, []byte or string.
func (c *Client) Do(method, path string, body any) *Reply {
	c.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		r = bytes.NewReader(b)
	case string:
		r = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	if !strings.HasPrefix(path, "/api/") {
		path = "/api/v1" + path
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://zhixing.test"+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet {
		req.Header.Set("X-Zhixing", "1")
	}
	if c.cookie != "" {
		req.Header.Set("Cookie", c.cookie)
	}
	for k, v := range c.Headers {
		if v == "" {
			req.Header.Del(k)
		} else {
			req.Header.Set(k, v)
		}
	}
	resp, err := c.env.Server.Test(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return &Reply{t: c.t, Status: resp.StatusCode, Header: resp.Header, Body: b}
}

// Want fails the test unless the status is as told, and the problem's reason if
// one is given. It returns the reply.
func (r *Reply) Want(status int, reason ...string) *Reply {
	r.t.Helper()
	if r.Status != status {
		r.t.Fatalf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	if len(reason) > 0 && r.Reason() != reason[0] {
		r.t.Fatalf("reason %q, want %q: %s", r.Reason(), reason[0], r.Body)
	}
	return r
}

// Reason returns the problem's reason, "" when the body is none.
func (r *Reply) Reason() string {
	var p struct{ Reason string }
	if json.Unmarshal(r.Body, &p) != nil {
		return ""
	}
	return p.Reason
}

// Into decodes the body.
func (r *Reply) Into(v any) *Reply {
	r.t.Helper()
	if err := json.Unmarshal(r.Body, v); err != nil {
		r.t.Fatalf("decode: %v: %s", err, r.Body)
	}
	return r
}

// JSON decodes the body into a map.
func (r *Reply) JSON() map[string]any {
	m := map[string]any{}
	r.Into(&m)
	return m
}
