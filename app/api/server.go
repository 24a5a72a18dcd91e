// Package api is the HTTP edge: Fiber and huma live here and nowhere else.
// routes.go names every operation with its permission and scope.
package api

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/hours"
	"zhixing/domain/sheet"
)

// Server answers the API and ships the SPA. Its exported fields are set once
// before Handler; nothing changes them later.
type Server struct {
	Sessions    *app.Sessions
	Connections *app.Connections
	Media       *app.Media
	Streams     *app.Streams
	Courses     *app.Courses
	Catalogue   *app.Catalogue
	Learning    *app.Learning
	Idempotency Idempotency
	Units       *app.Units
	People      *app.People
	Grants      *app.Grants
	Roles       *app.Roles
	Rights      *app.Rights
	Imports     *app.Imports
	Tokens      *app.Tokens
	Pushes      *app.Pushes
	Webhooks    *app.Webhooks
	Sheets      hours.Sheets // of reports and templates
	Audits      *app.Audits
	Questions   *app.Questions
	Papers      *app.Papers
	Exams       *app.Exams
	Attempts    *app.Attempts
	Amends      *app.Amends
	Regrades    *app.Regrades
	Hours       *app.Hours
	Policies    *app.Policies
	Exports     *app.Exports
	Batches     *app.Batches
	Reads       audit.ReadLog // who was shown whose data
	Retention   *app.Retention
	Erasures    *app.Erasures

	Texts          Texts
	Dist           fs.FS // the built SPA; nil serves the API alone
	Now            func() time.Time
	Version        string
	TrustedProxies []string
	PasskeyHost    string // where browsers allow passkeys; "" nowhere
	SecureCookie   bool   // behind https: the cookie has the __Host- prefix
	Demo           *Demo
	Institution    string
	Ready          func(ctx context.Context) map[string]error // parts by name; nil error is well
	Unreachable    func(err error) bool                       // tells an outage from a defect
	Registry       *prometheus.Registry
	WriteTimeout   time.Duration // of an answer; 0 for writeTimeout

	huma       huma.API
	fiber      *fiber.App
	operations []*Operation
	metrics    *metrics
}

// Demo is shown on the sign-in page of a demonstration.
type Demo struct {
	Accounts []DemoAccount
}

// DemoAccount is one invented person to sign in as.
type DemoAccount struct {
	Number   string `json:"number"`
	Password string `json:"password"`
	Role     string `json:"role"`
	Name     string `json:"name"`
}

// LargestBody is the most bytes that any operation takes: the document of a batch
// of hours, 20 MiB and its frame. What stands in front of the server must let as
// much through.
const LargestBody = 21 << 20

const (
	apiPrefix      = "/api/v1"
	jsonBodyLimit  = 1 << 20
	partBodyLimit  = 17 << 20 // a part of an upload, 16 MiB at most
	requestTimeout = 15 * time.Second
	// partReadTimeout lets a part of 8 MiB come over a line of 30 kB/s.
	partReadTimeout = 5 * time.Minute
	// writeTimeout is how long the whole of an answer may take to leave us. Who
	// reads nothing holds a connection no longer; at 35 kB/s the largest document
	// (20 MiB) still comes through, and a video's range (1 MiB) in half a minute.
	writeTimeout = 10 * time.Minute
)

// Build prepares the routes. It fails when an operation lacks a permission or
// a scope: default deny begins at boot.
func (s *Server) Build() error {
	if s.Reads == nil {
		return errors.New("nobody would note who reads whose data")
	}
	if s.Registry == nil {
		s.Registry = prometheus.NewRegistry()
	}
	s.metrics = newMetrics(s.Registry)
	s.fiber = fiber.New(fiber.Config{
		AppName: "zhixing", Immutable: true, DisableStartupMessage: true, CaseSensitive: true, StrictRouting: true,
		BodyLimit: LargestBody, ReadBufferSize: 16 << 10, ReadTimeout: 60 * time.Second, WriteTimeout: cmp.Or(s.WriteTimeout, writeTimeout), IdleTimeout: 75 * time.Second,
		ErrorHandler: s.handleError, ServerHeader: "", EnableTrustedProxyCheck: true, TrustedProxies: s.TrustedProxies,
		ProxyHeader: fiber.HeaderXForwardedFor, EnableIPValidation: true,
		// Nobody sends forms: none is read ahead into files before rights are checked.
		DisablePreParseMultipartForm: true,
	})
	s.limitBodies()
	s.fiber.Use(s.prepare, s.refuseAmbiguous, s.recover, s.observe, s.refuseNoText)
	s.fiber.Get("/healthz", s.healthz)
	s.fiber.Get("/readyz", s.readyz)
	s.fiber.Get("/metrics", adaptor.HTTPHandler(promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{})))
	s.buildAPI()
	if s.Dist != nil {
		s.fiber.Use(s.spa)
	}
	return s.checkOperations()
}

func (s *Server) buildAPI() {
	cfg := huma.DefaultConfig("知行 Zhixing", s.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath, cfg.CreateHooks = "", "", "", nil
	cfg.Formats = textFormats(cfg.Formats)
	cfg.Servers = []*huma.Server{{URL: apiPrefix}}
	cfg.Info.Description = "Online learning and examinations. Errors are RFC 9457 problems with a stable reason. Every request of a session that is not a GET carries the header X-Zhixing: 1. Programs outside send Authorization: Bearer with a token; operations marked x-token are open to them."
	huma.DefaultArrayNullable = false
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return s.fromHuma(ctx.Context(), status, msg, errs...)
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return s.fromHuma(context.Background(), status, msg, errs...)
	}
	group := s.fiber.Group(apiPrefix, s.authenticate, s.refuseForgery, s.idempotent)
	s.huma = huma.NewAPI(cfg, fiberAdapter{group})
	s.routes()
	s.fiber.Get("/api/openapi.json", s.openapi)
	s.fiber.Get("/api/docs", s.apiDocs)
}

// OpenAPI returns the OpenAPI 3.1 document, indented JSON.
func (s *Server) OpenAPI() ([]byte, error) { return s.huma.OpenAPI().MarshalJSON() }

func (s *Server) openapi(c *fiber.Ctx) error {
	b, err := s.OpenAPI()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(b)
}

// Serve answers on the listener until ctx is done, then drains at most 4 s.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	done := make(chan error, 1)
	go func() { done <- s.fiber.Listener(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return s.fiber.ShutdownWithTimeout(4 * time.Second)
	}
}

// Test answers one request without a socket, for tests.
func (s *Server) Test(r *http.Request) (*http.Response, error) { return s.fiber.Test(r, -1) }

// limitBodies lets only upload parts be large: everything else is refused
// before its body is read.
func (s *Server) limitBodies() {
	s.fiber.Server().HeaderReceived = func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
		cfg := fasthttp.RequestConfig{MaxRequestBodySize: jsonBodyLimit}
		uri := string(h.RequestURI())
		if h.IsPut() && strings.HasPrefix(uri, apiPrefix+"/media/") && strings.Contains(uri, "/parts/") {
			cfg.MaxRequestBodySize, cfg.ReadTimeout = partBodyLimit, partReadTimeout
		}
		if h.IsPost() && (strings.HasPrefix(uri, apiPrefix+"/courses/") && strings.HasSuffix(uri, "/cover") ||
			strings.HasPrefix(uri, apiPrefix+"/people/") && strings.Contains(uri, "/photo")) {
			cfg.MaxRequestBodySize, cfg.ReadTimeout = 5<<20, partReadTimeout
		}
		if h.IsPost() && strings.HasPrefix(uri, apiPrefix+"/hour-batches/") && strings.Contains(uri, "/file") {
			cfg.MaxRequestBodySize, cfg.ReadTimeout = LargestBody, partReadTimeout
		}
		if path, _, _ := strings.Cut(uri, "?"); h.IsPost() && path == apiPrefix+"/imports" {
			cfg.MaxRequestBodySize, cfg.ReadTimeout = sheet.MaxBytes+1<<10, partReadTimeout
		}
		return cfg
	}
}

// prepare gives the request an id, a language, a deadline and the security headers.
func (s *Server) prepare(c *fiber.Ctx) error {
	id := c.Get("X-Request-Id")
	if len(id) == 0 || len(id) > 64 || strings.Trim(id, "0123456789abcdefABCDEF-") != "" {
		id = app.NewID()
	}
	lang := Languages()[0]
	if strings.HasPrefix(strings.ToLower(c.Get(fiber.HeaderAcceptLanguage)), "en") {
		lang = "en"
	}
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), requestKey{}, requestInfo{id, lang}), requestTimeout)
	defer cancel()
	c.SetUserContext(ctx)
	c.Set("X-Request-Id", id)
	s.secure(c)
	return c.Next()
}

func (s *Server) secure(c *fiber.Ctx) {
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("Referrer-Policy", "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set("X-Frame-Options", "DENY")
	c.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	// blob: for the player's media source and worker; inline styles come from the UI kit.
	c.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; "+
		"style-src 'self' 'unsafe-inline'; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'")
	if s.SecureCookie {
		c.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	if strings.HasPrefix(c.Path(), "/api/") {
		c.Set(fiber.HeaderCacheControl, "no-store")
	}
}

// recover turns a panic into a defect that is logged with its stack.
func (s *Server) recover(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			slog.ErrorContext(c.UserContext(), "panic", "error", r, "stack", string(debug.Stack()), "request_id", infoOf(c.UserContext()).id)
			err = domain.E(domain.Internal, "server.defect")
		}
	}()
	return c.Next()
}

// handleError is the one place where an error becomes a response.
func (s *Server) handleError(c *fiber.Ctx, err error) error {
	ctx := c.UserContext()
	var p *Problem
	if fe, ok := errors.AsType[*fiber.Error](err); ok {
		reason := map[int]string{
			http.StatusNotFound: "server.no_route", http.StatusMethodNotAllowed: "server.method",
			http.StatusRequestEntityTooLarge: "input.too_large", http.StatusRequestHeaderFieldsTooLarge: "input.header_too_large",
			http.StatusRequestTimeout: "input.timeout", http.StatusBadRequest: "input.malformed",
		}[fe.Code]
		if reason == "" {
			reason = "input.malformed"
		}
		p = s.body(ctx, fe.Code, domain.E(domain.Invalid, reason))
	} else {
		p = s.problem(ctx, err)
	}
	if wait := p.retryAfter(); wait != "" {
		c.Set(fiber.HeaderRetryAfter, wait)
	}
	if infoOf(ctx).id == "" { // fasthttp could not read the request: nothing of ours ran
		s.secure(c)
	}
	return s.answer(c, p)
}

// answer writes a problem.
func (s *Server) answer(c *fiber.Ctx, p *Problem) error {
	c.Status(p.Status)
	if err := c.JSON(p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return nil
}

func (s *Server) healthz(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) }

func (s *Server) readyz(c *fiber.Ctx) error {
	parts := fiber.Map{}
	status := http.StatusOK
	if s.Ready != nil {
		for name, err := range s.Ready(c.UserContext()) {
			parts[name] = "ok"
			if err != nil {
				parts[name] = "down"
				if _, degraded := errors.AsType[*degradedError](err); !degraded {
					status = http.StatusServiceUnavailable
				}
				slog.WarnContext(c.UserContext(), "not ready", "part", name, "error", err)
			}
		}
	}
	return c.Status(status).JSON(fiber.Map{"parts": parts})
}
