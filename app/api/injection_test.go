package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhixing/domain/sheet"
)

// corpus reads the payloads by class. {{repeat:x:n}} stands for n times x.
func corpus(t *testing.T) (all []string) {
	t.Helper()
	raw, err := os.ReadFile("testdata/injection.json")
	if err != nil {
		t.Fatal(err)
	}
	var classes map[string][]string
	if err := json.Unmarshal(raw, &classes); err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(classes))
	for name := range classes {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, p := range classes[name] {
			if text, ok := strings.CutPrefix(p, "{{repeat:"); ok {
				unit, n, _ := strings.Cut(strings.TrimSuffix(text, "}}"), ":")
				times, err := strconv.Atoi(n)
				if err != nil {
					t.Fatal(err)
				}
				p = strings.Repeat(unit, times)
			}
			all = append(all, p)
		}
	}
	return append(all, "\xff\xfe", "a\xc0\xafb", "\xed\xa0\x80")
}

// injector asks every operation with payloads in place of every string it takes.
type injector struct {
	*matrix
	who   *matrixActor
	base  string
	http  *http.Client
	asked atomic.Int64
	taken atomic.Int64 // of them answered with 2xx

	mu       sync.Mutex
	findings []string
}

func (j *injector) found(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.findings = append(j.findings, fmt.Sprintf(format, args...))
}

// target is one place that takes a string: of the path, of the query, or of the body.
type target struct {
	o     operation
	s     sample
	in    string // "path", "query", "body"
	name  string
	steps []any // of the body: keys and indexes that lead to the string
	body  any
	other any // the other form of the body that has this place, nil when there is none
}

// inner are words that only the inside of the server knows.
var inner = []string{"SQLSTATE", "syntax error at", "pgconn", "bun:", "relation \"", "violates ", "goroutine ", "/storage/postgres", "fasthttp", "ERROR: "}

// ask sends one payload and looks at the answer.
func (j *injector) inject(g target, payload string) (taken int) {
	if g.in != "body" && len(payload) > 4000 {
		return 0 // no such line is read; TestFraming asks for that
	}
	path, query, body := g.o.path, "", any(nil)
	rel := "same"
	if g.o.Scope == "self" || g.o.Scope == "audience" {
		rel = "own"
	}
	object := ""
	if strings.Contains(path, "{id}") || strings.Contains(path, "{person_id}") {
		object = j.ids[""]["nothing"]
		if g.s.kind != "" {
			object = j.object(g.s.kind, j.who, rel)
		}
	}
	for name, v := range map[string]string{"id": object, "person_id": object, "n": "1", "seq": "1", "rendition": "360p"} {
		if g.in == "path" && g.name == name {
			v = url.PathEscape(payload)
		}
		path = strings.ReplaceAll(path, "{"+name+"}", v)
	}
	values := url.Values{}
	if g.s.query != "" {
		values, _ = url.ParseQuery(j.fill(g.s.query, j.who, rel))
	}
	if g.in == "query" {
		values.Set(g.name, payload)
	}
	if query = values.Encode(); query != "" {
		path += "?" + query
	}
	body = g.body
	if g.in == "body" {
		if body = withString(g.body, g.steps, payload); g.other != nil && len(payload)%2 == 1 {
			body = withString(g.other, g.steps, payload)
		}
	}
	return j.send(g, path, body, payload)
}

func (j *injector) send(g target, path string, body any, payload string) (taken int) {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			j.found("%s: %v", g.o.ID, err)
			return 0
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(j.t.Context(), g.o.method, j.base+"/api/v1"+path, r)
	if err != nil {
		return 0 // no client could send it
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Zhixing", "1")
	req.Header.Set("Cookie", j.who.client.Cookie())
	resp, err := j.http.Do(req)
	if err != nil {
		j.found("%s %s %.60q: %v", g.o.ID, g.name, payload, err)
		return 0
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		j.found("%s %s %.60q: %v", g.o.ID, g.name, payload, err)
		return 0
	}
	j.asked.Add(1)
	if resp.StatusCode < 300 {
		j.taken.Add(1)
		taken = 1
	}
	if wrong := judgeInjected(resp, got, payload); wrong != "" {
		j.found("%s, %s %s = %.60q: %s: %d %.300s", g.o.ID, g.in, g.name, payload, wrong, resp.StatusCode, got)
	}
	return taken
}

// judgeInjected says what is wrong with an answer, "" when nothing.
func judgeInjected(resp *http.Response, body []byte, payload string) string {
	kind := resp.Header.Get("Content-Type")
	switch {
	case resp.StatusCode >= 500:
		return "a defect"
	case resp.Header.Get("X-Injected") != "":
		return "a header was made"
	case resp.StatusCode != http.StatusNoContent && len(body) > 0 && kind == "":
		return "an answer without a type"
	case strings.Contains(kind, "html") && bytes.Contains(body, []byte(payload)):
		return "reflected as HTML"
	case resp.Header.Get("X-Content-Type-Options") != "nosniff":
		return "an answer whose type may be guessed"
	case strings.Contains(string(body), `"reason":"session.`) && resp.StatusCode == http.StatusUnauthorized && !strings.Contains(string(body), "wrong"):
		return "signed out"
	}
	for _, w := range inner {
		if bytes.Contains(body, []byte(w)) && !strings.Contains(payload, w) {
			return "tells of the inside: " + w
		}
	}
	return ""
}

// targets lists every place of an operation that takes a string.
func (j *injector) targets(o operation, s sample) (out []target) {
	for name := range strings.SplitSeq(o.path, "{") {
		if name, _, ok := strings.Cut(name, "}"); ok {
			out = append(out, target{o: o, s: s, in: "path", name: name, body: j.plain(o, s)})
		}
	}
	seen := map[string]bool{}
	for _, p := range o.Parameters {
		if p.In == "query" {
			seen[p.Name] = true
		}
	}
	given, _ := url.ParseQuery(s.query)
	for name := range given {
		seen[name] = true
	}
	for name := range seen {
		out = append(out, target{o: o, s: s, in: "query", name: name, body: j.plain(o, s)})
	}
	schema := o.RequestBody.Content["application/json"].Schema
	if schema == nil {
		return out
	}
	full := j.example(schema, "", 0)
	var plain any
	if text, ok := j.plain(o, s).(string); ok && json.Unmarshal([]byte(text), &plain) != nil {
		plain = nil
	}
	places := map[string]bool{}
	for _, steps := range stringsOf(full, nil) {
		g := target{o: o, s: s, in: "body", name: fmt.Sprint(steps...), steps: steps, body: full}
		if places[g.name] = true; hasPlace(plain, steps) {
			g.other = plain
		}
		out = append(out, g)
	}
	for _, steps := range stringsOf(plain, nil) {
		if name := fmt.Sprint(steps...); !places[name] {
			out = append(out, target{o: o, s: s, in: "body", name: name, steps: steps, body: plain})
		}
	}
	return out
}

// plain is the body of the matrix's sample.
func (j *injector) plain(o operation, s sample) any {
	if s.body == "" {
		return nil
	}
	rel := "same"
	if o.Scope == "self" || o.Scope == "audience" {
		rel = "own"
	}
	return j.fill(s.body, j.who, rel)
}

// TestInjection puts every payload of the corpus in the place of every string
// that the API takes, as somebody with every right: no defect, no word of the
// database, no statement done, no answer split or shown as HTML, one log line a line.
//
// Seen red: without refuseNoText, NUL in a query is a defect of the server.
func TestInjection(t *testing.T) {
	log := captureLog(t)
	j := newInjector(t)
	payloads := corpus(t)
	j.Exec(t, "CREATE TABLE injection_canary (n int); ")
	j.Exec(t, "INSERT INTO injection_canary SELECT generate_series(1, 10)")
	var all []target
	for _, o := range j.doc.operations {
		all = append(all, j.targets(o, samples[o.ID])...)
	}
	// Reads first: what writes do, stands in their way.
	slices.SortStableFunc(all, func(a, b target) int {
		return strings.Compare(strings.TrimPrefix(a.o.method, "GET"), strings.TrimPrefix(b.o.method, "GET"))
	})
	share := 1
	if raceEnabled { // the detector makes it several times as slow: each place sees a share of the payloads, the next place the next
		share = 16
	}
	next := atomic.Int64{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return
				}
				took := 0
				for n, p := range payloads {
					if (n+i)%share != 0 {
						continue
					}
					if took > 8 && all[i].o.method != http.MethodGet && (n+i)%5 != 0 {
						continue // this place is taken as it is: the others of the operation see the other payloads
					}
					took += j.inject(all[i], p)
				}
			}
		})
	}
	wg.Wait()
	j.report(t)
	j.canary(t)
	wholeLines(t, log)
	t.Logf("injection: %d operations, %d places, %d payloads, %d requests, %d of them taken, %d findings",
		len(j.doc.operations), len(all), len(payloads), j.asked.Load(), j.taken.Load(), len(j.findings))
	if j.asked.Load() < int64(30000/share) || j.taken.Load() < int64(2000/share) {
		t.Error("the suite has lost its hold of the API")
	}
}

func (j *injector) report(t *testing.T) {
	t.Helper()
	said := map[string]int{}
	for _, f := range j.findings {
		key, _, _ := strings.Cut(f, " = ")
		if said[key]++; said[key] <= 2 {
			t.Error(f)
		}
	}
}

// canary counts the rows that no statement of ours touches.
func (j *injector) canary(t *testing.T) {
	t.Helper()
	var n, sum int
	if err := j.DB.Bun.NewRaw("SELECT count(*), coalesce(sum(n), 0) FROM injection_canary").Scan(t.Context(), &n, &sum); err != nil || n != 10 || sum != 55 {
		t.Errorf("%d rows that make %d, %v: a statement was done", n, sum, err)
	}
}

func captureLog(t *testing.T) *logBuffer {
	t.Helper()
	log := &logBuffer{}
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(old) })
	return log
}

func newInjector(t *testing.T) *injector {
	t.Helper()
	j := &injector{matrix: &matrix{matrixWorld: newMatrixWorld(t), doc: readDocument(t), unknowns: map[string]string{}}}
	j.who = &matrixActor{name: "everything", reach: "whole", client: j.Person(t, "Z999", "全权", "trainer", "auditor", "admin", "secretary")}
	own := map[string]string{"person": j.who.client.PersonID}
	for kind, id := range j.ids["actor:admin whole"] {
		if own[kind] == "" {
			own[kind] = id
		}
	}
	j.ids["actor:everything"] = own
	j.Exec(t, "UPDATE sessions SET rotate_due = false")
	j.ahead = 0 // the proof of who one is stays fresh
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- j.Server.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	j.base = "http://" + ln.Addr().String()
	j.http = &http.Client{
		Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return j
}

// example is a value that a schema takes; strings are guessed by their name.
func (j *injector) example(schema m, name string, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		schema = j.doc.schemas[ref[strings.LastIndex(ref, "/")+1:]]
	}
	if e, ok := schema["enum"].([]any); ok {
		return e[0]
	}
	switch schema["type"] {
	case "object":
		out := m{}
		props, _ := schema["properties"].(m)
		for k, p := range props {
			if p, ok := p.(m); ok && depth < 6 {
				out[k] = j.example(p, k, depth+1)
			}
		}
		return out
	case "array":
		items, _ := schema["items"].(m)
		return []any{j.example(items, strings.TrimSuffix(name, "s"), depth+1)}
	case "integer", "number":
		if least, ok := schema["minimum"].(float64); ok {
			return max(least, 1)
		}
		return 1
	case "boolean":
		return false
	case "string":
		return j.text(schema, name)
	}
	return nil
}

func (j *injector) text(schema m, name string) string {
	switch {
	case schema["format"] == "uuid", strings.HasSuffix(name, "_id"), name == "id":
		if kind := strings.TrimSuffix(name, "_id"); kind != name {
			for k, id := range j.ids["same"] {
				if k == kind || strings.HasSuffix(kind, "_"+k) {
					return id
				}
			}
		}
		return j.ids[""]["nothing"]
	case schema["format"] == "date-time":
		return "2026-11-23T00:00:00Z"
	case schema["format"] == "date", strings.HasSuffix(name, "_on"), name == "from", name == "to":
		return "2026-11-01"
	}
	return "内容"
}

// stringsOf lists the ways to every string of a value.
func stringsOf(v any, at []any) (out [][]any) {
	switch v := v.(type) {
	case string:
		return [][]any{slices.Clone(at)}
	case m:
		for k, e := range v {
			out = append(out, stringsOf(e, append(slices.Clone(at), k))...)
		}
	case []any:
		for i, e := range v {
			out = append(out, stringsOf(e, append(slices.Clone(at), i))...)
		}
	}
	return out
}

// withString is the value with another string at one place.
func withString(v any, steps []any, text string) any {
	if len(steps) == 0 {
		return text
	}
	switch v := v.(type) {
	case m:
		out := m{}
		for k, e := range v {
			if out[k] = e; k == steps[0] {
				out[k] = withString(e, steps[1:], text)
			}
		}
		return out
	case []any:
		out := slices.Clone(v)
		if i, ok := steps[0].(int); ok {
			out[i] = withString(v[i], steps[1:], text)
		}
		return out
	}
	return v
}

// Cells that a spreadsheet would count are text in every file that leaves. Seen red
// with a Safe that looks at "=+-" only.
func TestExportedCellsAreText(t *testing.T) {
	for _, p := range corpus(t) {
		safe := sheet.Safe(p)
		if safe == "" {
			continue
		}
		if strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(safe)[0]) {
			if _, err := strconv.ParseFloat(safe, 64); err != nil {
				t.Errorf("%.40q stays %.40q", p, safe)
			}
		}
	}
}

func hasPlace(v any, steps []any) bool {
	if len(steps) == 0 {
		_, ok := v.(string)
		return ok
	}
	switch v := v.(type) {
	case m:
		key, ok := steps[0].(string)
		return ok && hasPlace(v[key], steps[1:])
	case []any:
		i, ok := steps[0].(int)
		return ok && i < len(v) && hasPlace(v[i], steps[1:])
	}
	return false
}

// wholeLines wants each line of the log to be one object of ours.
func wholeLines(t *testing.T, log *logBuffer) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		if !json.Valid([]byte(line)) || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\x1b\r\x07\x08") || strings.Contains(line, `"msg":"forged"`) {
			t.Errorf("a log line is not one object of ours: %.200q", line)
			return
		}
	}
}
