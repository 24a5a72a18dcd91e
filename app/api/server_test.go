package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"zhixing/app"
	"zhixing/domain/org"
)

func bare() *Server {
	return &Server{Texts: Texts{}, Now: time.Now, Version: "test", Reads: noReads{}}
}

// noReads notes nothing: a bare server shows nobody's data.
type noReads struct{}

func (noReads) NoteReads(context.Context, string, string, []string) error { return nil }

func nothing(context.Context, app.Actor, *struct{}) (*emptyOutput, error) { return &emptyOutput{}, nil }

// Default deny begins at boot.
//
// Seen red: with the call of checkOperations left out of Build, Build took the
// operation without permission; with the three checks left out of
// checkOperations, each case but "nothing added" got through.
func TestBootRefusesAnUndeclaredOperation(t *testing.T) {
	for name, c := range map[string]struct {
		add  func(s *Server)
		says string
	}{
		"no permission":      {func(s *Server) { route(s, GET, "/extra", "extra", "", ScopeAll, nothing) }, "extra has no known permission"},
		"unknown permission": {func(s *Server) { route(s, GET, "/extra", "extra", "extra:read", ScopeAll, nothing) }, "extra has no known permission"},
		"no scope":           {func(s *Server) { route(s, GET, "/extra", "extra", org.PermSelf, "", nothing) }, "extra has no scope"},
		"past the table": {func(s *Server) {
			s.fiber.Get(apiPrefix+"/extra", func(*fiber.Ctx) error { return nil })
		}, "GET /api/v1/extra is not declared"},
		"nothing added": {func(*Server) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := bare()
			if err := s.Build(); err != nil {
				t.Fatal(err)
			}
			c.add(s)
			err := s.checkOperations()
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("boot says %v, want %q", err, c.says)
			}
		})
	}
	s := bare() // Build itself asks
	s.operations = []*Operation{{ID: "extra", Method: GET, Path: "/extra", Scope: ScopeAll}}
	if err := s.Build(); err == nil || !strings.Contains(err.Error(), "extra has no known permission") {
		t.Errorf("Build says %v of an operation without permission", err)
	}
}

// Every operation is in the document, with its permission and scope, and only
// signing in and the settings are open to anyone.
func TestOperationsAreDocumented(t *testing.T) {
	s := bare()
	if err := s.Build(); err != nil {
		t.Fatal(err)
	}
	doc := s.huma.OpenAPI()
	var open []string
	for _, o := range s.Operations() {
		item := doc.Paths[o.Path]
		if item == nil {
			t.Errorf("%s %s is not in the document", o.Method, o.Path)
			continue
		}
		if o.Scope == ScopePublic {
			open = append(open, o.ID)
		}
	}
	if slices.Sort(open); !slices.Equal(open, []string{"askPasskey", "beginSignIn", "finishSignIn", "getSettings", "signIn", "signInByPasskey", "signInDirectory"}) {
		t.Errorf("open to anyone: %v", open)
	}
}

// The headers that keep a page safe, on every kind of answer.
func TestSecurityHeaders(t *testing.T) {
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY", "Server": "",
		"Permissions-Policy": "camera=(), microphone=(), geolocation=()",
		"Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; " +
			"style-src 'self' 'unsafe-inline'; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
	}
	for _, secure := range []bool{false, true} {
		s := bare()
		s.SecureCookie = secure
		if err := s.Build(); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/healthz", "/api/v1/settings", "/api/v1/session", "/api/v1/none", "/api/openapi.json", "/none"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://zhixing.test"+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := s.Test(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			for k, v := range want {
				if got := resp.Header.Get(k); got != v {
					t.Errorf("%s %s: %q, want %q", path, k, got, v)
				}
			}
			if got := resp.Header.Get("Strict-Transport-Security") != ""; got != secure {
				t.Errorf("%s: transport security sent: %v, behind https: %v", path, got, secure)
			}
			if got := resp.Header.Get("Cache-Control"); strings.HasPrefix(path, "/api/") && got != "no-store" {
				t.Errorf("%s: Cache-Control %q", path, got)
			}
			if len(resp.Header.Get("X-Request-Id")) == 0 {
				t.Errorf("%s: no request id", path)
			}
		}
	}
}
