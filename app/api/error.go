package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"zhixing/domain"
)

// Problem is the body of every error (RFC 9457). Reason is stable; messages
// holds the same sentence in each language.
type Problem struct {
	Type      string            `json:"type"`
	Title     string            `json:"title"`
	Status    int               `json:"status"`
	Detail    string            `json:"detail"`
	Reason    string            `json:"reason" doc:"Stable key of what went wrong, such as exam.taken_over"`
	Params    map[string]any    `json:"params,omitempty"`
	Messages  map[string]string `json:"messages" doc:"The sentence for a person, by language tag"`
	Errors    []FieldProblem    `json:"errors,omitempty"`
	RequestID string            `json:"request_id,omitempty"`
	ServerNow time.Time         `json:"server_now"`
}

// FieldProblem points at one wrong field, such as body.title.
type FieldProblem struct {
	Location string            `json:"location"`
	Reason   string            `json:"reason"`
	Messages map[string]string `json:"messages"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Reason }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma's content type filter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[domain.Code]int{
	domain.Invalid: http.StatusUnprocessableEntity, domain.Unauthenticated: http.StatusUnauthorized,
	domain.Forbidden: http.StatusForbidden, domain.NotFound: http.StatusNotFound, domain.Conflict: http.StatusConflict,
	domain.TooLarge: http.StatusRequestEntityTooLarge, domain.TooMany: http.StatusTooManyRequests,
	domain.Unavailable: http.StatusServiceUnavailable, domain.Internal: http.StatusInternalServerError,
}

// Texts holds the sentences of every reason by language tag and reason.
type Texts map[string]map[string]string

// Languages that every reason has a sentence in; the first is the default.
func Languages() []string { return []string{"zh-CN", "en"} }

// LoadTexts reads <lang>/problem.<context>.json files; key k of context c is
// the sentence of reason "c.k".
func LoadTexts(locales fs.FS) (Texts, error) {
	t := Texts{}
	for _, lang := range Languages() {
		t[lang] = map[string]string{}
		files, err := fs.Glob(locales, path.Join(lang, "problem.*.json"))
		if err != nil {
			return nil, fmt.Errorf("problem texts: %w", err)
		}
		for _, f := range files {
			b, err := fs.ReadFile(locales, f)
			if err != nil {
				return nil, fmt.Errorf("problem texts: %w", err)
			}
			var m map[string]string
			if err := json.Unmarshal(b, &m); err != nil {
				return nil, fmt.Errorf("problem texts %s: %w", f, err)
			}
			context := strings.TrimSuffix(strings.TrimPrefix(path.Base(f), "problem."), ".json")
			for k, v := range m {
				t[lang][context+"."+k] = v
			}
		}
	}
	return t, nil
}

func (t Texts) sentences(reason string, params map[string]any) map[string]string {
	out := make(map[string]string, len(t))
	for lang, m := range t {
		text, ok := m[reason]
		if !ok {
			text = reason
		}
		for k, v := range params {
			text = strings.ReplaceAll(text, "{{"+k+"}}", fmt.Sprint(v))
		}
		out[lang] = text
	}
	return out
}

// Sentence is what a reason means in one language; the reason itself when no
// text is known.
func (t Texts) Sentence(lang, reason string, params map[string]any) string {
	return t.sentences(reason, params)[lang]
}

type requestKey struct{}

// requestInfo travels in the context: what errors and logs need to know.
type requestInfo struct{ id, lang string }

func infoOf(ctx context.Context) requestInfo {
	i, _ := ctx.Value(requestKey{}).(requestInfo)
	return i
}

// problem turns any error into the body that the client gets. What is not a
// domain error is logged here, once, and hidden.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	e, ok := errors.AsType[*domain.Error](err)
	switch {
	case ok:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		slog.WarnContext(ctx, "request ran out of time", "error", err, "request_id", infoOf(ctx).id)
		e = domain.E(domain.Unavailable, "server.busy")
	case s.Unreachable != nil && s.Unreachable(err):
		slog.WarnContext(ctx, "a part is unreachable", "error", err, "request_id", infoOf(ctx).id)
		e = domain.E(domain.Unavailable, "server.unavailable")
	default:
		slog.ErrorContext(ctx, "request failed", "error", err, "request_id", infoOf(ctx).id)
		e = domain.E(domain.Internal, "server.defect")
	}
	return s.body(ctx, statuses[e.Code], e)
}

// refusal is problem with the headers that belong to it.
func (s *Server) refusal(ctx context.Context, err error) error {
	p := s.problem(ctx, err)
	if wait := p.retryAfter(); wait != "" {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {wait}})
	}
	return p
}

// retryAfter is how many seconds a client should wait, "" when waiting is no help.
func (p *Problem) retryAfter() string {
	switch {
	case p.Params["seconds"] != nil:
		return fmt.Sprint(p.Params["seconds"])
	case p.Status == http.StatusServiceUnavailable, p.Status == http.StatusTooManyRequests:
		return "2"
	}
	return ""
}

func (s *Server) body(ctx context.Context, status int, e *domain.Error) *Problem {
	info := infoOf(ctx)
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Reason: e.Reason, Params: e.Params,
		Messages: s.Texts.sentences(e.Reason, e.Params), RequestID: info.id, ServerNow: s.Now().UTC(),
	}
	if p.Detail = p.Messages[info.lang]; p.Detail == "" {
		p.Detail = p.Messages[Languages()[0]]
	}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, FieldProblem{f.Location, f.Reason, s.Texts.sentences(f.Reason, f.Params)})
	}
	return p
}

// fromHuma maps huma's own refusals (validation, bad JSON, body size) to ours.
func (s *Server) fromHuma(ctx context.Context, status int, msg string, errs ...error) *Problem {
	if status == 0 { // huma looks at the type while routes are declared
		return &Problem{}
	}
	reason := map[int]string{
		http.StatusBadRequest: "input.malformed", http.StatusUnprocessableEntity: "input.invalid",
		http.StatusRequestEntityTooLarge: "input.too_large", http.StatusUnsupportedMediaType: "input.media_type",
		http.StatusNotAcceptable: "input.not_acceptable", http.StatusRequestTimeout: "input.timeout",
	}[status]
	if reason == "" {
		reason = "server.defect"
		slog.ErrorContext(ctx, "unexpected refusal", "status", status, "error", msg, "request_id", infoOf(ctx).id)
	}
	e := domain.E(domain.Invalid, reason)
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok { //nolint:errorlint // huma's own contract
			det := d.ErrorDetail()
			key, arg, _ := strings.Cut(det.Message, "|")
			if key == "input.min_length" && arg == "1" { // nothing was written
				key, arg = "input.empty", ""
			}
			if !strings.HasPrefix(key, "input.") {
				key, arg = "input.field", det.Message
			}
			e = e.At(det.Location, key, "arg", arg)
		}
	}
	return s.body(ctx, status, e)
}

// Validation speaks in reason keys with one argument, so that its sentences
// can be in both languages.
func init() { //nolint:gochecknoinits // huma's messages are package variables
	validation.MsgUnexpectedProperty = "input.unexpected"
	validation.MsgExpectedRFC3339DateTime = "input.date_time"
	validation.MsgExpectedRFC3339Date = "input.date"
	validation.MsgExpectedRFC4122UUID = "input.uuid|%v"
	validation.MsgExpectedBoolean = "input.boolean"
	validation.MsgExpectedNumber = "input.number"
	validation.MsgExpectedInteger = "input.integer"
	validation.MsgExpectedString = "input.string"
	validation.MsgExpectedArray = "input.array"
	validation.MsgExpectedObject = "input.object"
	validation.MsgExpectedArrayItemsUnique = "input.unique"
	validation.MsgExpectedOneOf = "input.one_of|%s"
	validation.MsgExpectedMinimumNumber = "input.minimum|%v"
	validation.MsgExpectedMaximumNumber = "input.maximum|%v"
	validation.MsgExpectedMinLength = "input.min_length|%d"
	validation.MsgExpectedMaxLength = "input.max_length|%d"
	validation.MsgExpectedMatchPattern = "input.pattern|%s"
	validation.MsgExpectedBePattern = "input.pattern|%s"
	validation.MsgExpectedMinItems = "input.min_items|%d"
	validation.MsgExpectedMaxItems = "input.max_items|%d"
	validation.MsgExpectedRequiredProperty = "input.required|%s"
}

// problemStatus tells the status that an error will have, without logging it.
func (s *Server) problemStatus(err error) int {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Status
	}
	return statuses[domain.CodeOf(err)]
}
