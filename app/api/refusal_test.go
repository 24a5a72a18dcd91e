//go:build !race

package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"zhixing/app"
)

// refusals asks one operation for what it cannot do.
type refusals struct {
	*injector
	digests string // the query that gives a line a table
	tables  map[string]string
	sent    int
	refused map[string]int // by reason
}

func newRefusals(t *testing.T) *refusals {
	t.Helper()
	x := &refusals{injector: newInjector(t), refused: map[string]int{}}
	var names []string
	if err := x.DB.Bun.NewRaw("SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1").Scan(t.Context(), &names); err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("SELECT '%s' AS name, md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) AS digest FROM %s t", name, name))
	}
	if len(parts) < 60 {
		t.Fatalf("only %d tables are watched", len(parts))
	}
	x.digests = strings.Join(parts, " UNION ALL ")
	x.tables = x.digest()
	return x
}

func (x *refusals) digest() map[string]string {
	x.t.Helper()
	var rows []struct{ Name, Digest string }
	if err := x.DB.Bun.NewRaw(x.digests).Scan(x.t.Context(), &rows); err != nil {
		x.t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.Name] = r.Digest
	}
	return out
}

// changed names the tables that are not what they were, and takes them as they are.
func (x *refusals) changed() (names []string) {
	x.t.Helper()
	now := x.digest()
	for name, d := range now {
		if x.tables[name] != d {
			names = append(names, name)
		}
	}
	x.tables = now
	slices.Sort(names)
	return names
}

// path of an operation on an object that is there, with another id when one is given.
func (x *refusals) path(o operation, s sample, id string) string {
	object := x.ids[""]["nothing"]
	if s.kind != "" {
		object = x.object(s.kind, x.who, x.relation(o))
	}
	if id != "" {
		object = id
	}
	path := o.path
	for name, v := range map[string]string{"id": object, "person_id": object, "n": "1", "seq": "1", "rendition": "360p"} {
		path = strings.ReplaceAll(path, "{"+name+"}", v)
	}
	if s.query != "" {
		path += "?" + x.fill(s.query, x.who, x.relation(o))
	}
	return path
}

func (x *refusals) relation(o operation) string {
	if o.Scope == "self" || o.Scope == "audience" {
		return "own"
	}
	return "same"
}

// post sends a body as it is and wants a problem that says in both languages what is wrong.
func (x *refusals) post(o operation, what, path, kind string, body []byte) {
	x.t.Helper()
	req, err := http.NewRequestWithContext(x.t.Context(), o.method, x.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("X-Zhixing", "1")
	req.Header.Set("Cookie", x.who.client.Cookie())
	resp, err := x.http.Do(req)
	if err != nil {
		x.t.Errorf("%s, %s: %v", o.ID, what, err)
		return
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	x.sent++
	var p struct {
		Reason   string
		Messages map[string]string
	}
	han := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	switch {
	case err != nil:
		x.t.Errorf("%s, %s: %v", o.ID, what, err)
	case resp.StatusCode < 400 || resp.StatusCode > 499:
		x.t.Errorf("%s, %s: %d %.200s", o.ID, what, resp.StatusCode, got)
	case resp.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal(got, &p) != nil:
		x.t.Errorf("%s, %s: no problem but %s %.200s", o.ID, what, resp.Header.Get("Content-Type"), got)
	case p.Reason == "" || !han(p.Messages["zh-CN"]) || p.Messages["en"] == "" || han(p.Messages["en"]):
		x.t.Errorf("%s, %s: what is wrong is not said in both languages: %.300s", o.ID, what, got)
	}
	x.refused[p.Reason]++
}

// bodies that no operation with a body of JSON can take, by what is wrong with them.
func (x *refusals) bodies(o operation, s sample) map[string][]byte {
	schema := o.RequestBody.Content["application/json"].Schema
	if ref, ok := schema["$ref"].(string); ok {
		schema = x.doc.schemas[ref[strings.LastIndex(ref, "/")+1:]]
	}
	whole := map[string]any{}
	if text, ok := x.plain(o, s).(string); !ok || json.Unmarshal([]byte(text), &whole) != nil {
		whole = x.example(schema, "", 0).(m)
	}
	raw := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			x.t.Fatal(err)
		}
		return b
	}
	good := raw(whole)
	var wide []byte
	for _, u := range utf16.Encode([]rune(string(good))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	out := map[string][]byte{
		"half an object": []byte(`{`), "a list": []byte(`[]`), "a text": []byte(`"内容"`), "a number": []byte(`7`), "no JSON": []byte("内容=1&a=2"),
		"no UTF-8": append([]byte("{\"\xff\xfe\":1,"), good[1:]...), "UTF-16": wide, "two objects": append(slices.Clone(good), good...),
		"10,000 lists in one another": bytes.Repeat([]byte("["), 10_000),
	}
	required, _ := schema["required"].([]any)
	if len(required) > 0 {
		out["nothing"], out["an empty object"], out["null"] = nil, []byte(`{}`), []byte(`null`)
	}
	for _, name := range required {
		less := maps.Clone(whole)
		delete(less, name.(string))
		out["without "+name.(string)] = raw(less)
	}
	props, _ := schema["properties"].(m)
	for name, p := range props {
		var wrong any = []any{[]any{m{"a": 1}}}
		if p, ok := p.(m); ok && (p["type"] == "array" || p["type"] == nil) {
			wrong = 7.5
		}
		more := maps.Clone(whole)
		more[name] = wrong
		out["a wrong kind of "+name] = raw(more)
	}
	return out
}

// TestRefusalsChangeNothing asks every operation that writes, as somebody with
// every right, with bodies and addresses that it cannot take: each is refused with
// a problem in Chinese and English, and no row of any table is another afterwards
// (promise 10). Seen red with Connections.Try noting the try before it looked for
// the connection, and with problems that have their sentence in one language only.
func TestRefusalsChangeNothing(t *testing.T) {
	x := newRefusals(t)
	operations := 0
	for _, o := range x.doc.operations {
		if o.method == http.MethodGet {
			continue
		}
		s, before := samples[o.ID], x.sent
		if o.RequestBody.Content["application/json"].Schema != nil {
			for what, body := range x.bodies(o, s) {
				x.post(o, what, x.path(o, s, ""), "application/json", body)
			}
		}
		if strings.Contains(o.path, "{id}") || strings.Contains(o.path, "{person_id}") {
			good, _ := x.plain(o, s).(string)
			for what, id := range map[string]string{
				"an id that nobody has": app.NewID(), "no id": "甲", "an id of zeros": "00000000-0000-0000-0000-000000000000", "half an id": "01900000-0000", "SQL": "1'%20OR%20'1'='1",
			} {
				x.post(o, what, x.path(o, s, id), "application/json", []byte(good))
			}
		}
		if x.sent > before {
			operations++
		}
		if names := x.changed(); len(names) > 0 {
			t.Errorf("%s changed %v though it refused", o.ID, names)
		}
	}
	t.Logf("refusals: %d operations, %d requests, %d reasons", operations, x.sent, len(x.refused))
	if operations < 120 || x.sent < 1500 {
		t.Error("the suite has lost its hold of the API")
	}
}
