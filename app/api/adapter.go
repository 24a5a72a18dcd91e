package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
)

// fiberAdapter puts huma operations on a Fiber v2 router.
type fiberAdapter struct{ router fiber.Router }

// Handle implements huma.Adapter.
func (a fiberAdapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	path := strings.NewReplacer("{", ":", "}", "").Replace(op.Path)
	a.router.Add(op.Method, path, func(c *fiber.Ctx) error {
		handler(&fiberContext{op: op, c: c, ctx: c.UserContext()})
		return nil
	})
}

// ServeHTTP implements huma.Adapter; nothing here speaks net/http.
func (a fiberAdapter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "served by Fiber only", http.StatusNotImplemented)
}

// fiberContext is huma.Context on a Fiber request. The app runs with
// Immutable, so the strings it hands out outlive the request.
type fiberContext struct {
	op     *huma.Operation
	c      *fiber.Ctx
	ctx    context.Context
	status int
}

var _ huma.Context = (*fiberContext)(nil)

func (f *fiberContext) Operation() *huma.Operation { return f.op }
func (f *fiberContext) Context() context.Context   { return f.ctx }
func (f *fiberContext) TLS() *tls.ConnectionState  { return f.c.Context().TLSConnectionState() }
func (f *fiberContext) Version() huma.ProtoVersion {
	return huma.ProtoVersion{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
}
func (f *fiberContext) Method() string     { return f.c.Method() }
func (f *fiberContext) Host() string       { return f.c.Hostname() }
func (f *fiberContext) RemoteAddr() string { return f.c.IP() }
func (f *fiberContext) URL() url.URL {
	u, err := url.Parse(string(f.c.Request().RequestURI()))
	if err != nil {
		return url.URL{}
	}
	return *u
}
func (f *fiberContext) Param(name string) string  { return f.c.Params(name) }
func (f *fiberContext) Query(name string) string  { return f.c.Query(name) }
func (f *fiberContext) Header(name string) string { return f.c.Get(name) }

func (f *fiberContext) EachHeader(cb func(name, value string)) {
	for k, v := range f.c.Request().Header.All() {
		cb(string(k), string(v))
	}
}

func (f *fiberContext) BodyReader() io.Reader { return bytes.NewReader(f.c.Body()) }

func (f *fiberContext) GetMultipartForm() (*multipart.Form, error) {
	return nil, errors.New("multipart forms are not accepted")
}

func (f *fiberContext) SetReadDeadline(time.Time) error { return nil } // the server's own timeout holds
func (f *fiberContext) SetStatus(code int)              { f.status = code; f.c.Status(code) }
func (f *fiberContext) Status() int                     { return f.status }
func (f *fiberContext) SetHeader(name, value string)    { f.c.Set(name, value) }
func (f *fiberContext) AppendHeader(name, value string) {
	if name == "Set-Cookie" { // one line each; Append would join them by a comma
		f.c.Response().Header.Add(name, value)
		return
	}
	f.c.Append(name, value)
}
func (f *fiberContext) BodyWriter() io.Writer { return f.c.Response().BodyWriter() }
