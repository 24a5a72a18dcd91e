//go:build !race

package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"zhixing/app/api/apitest"
)

// readHeaders are the headers that the server reads of a request to any
// operation, next to those that the document declares.
var readHeaders = []string{
	"User-Agent", "X-Request-Id", "Idempotency-Key", "Accept-Language", "Origin", "Sec-Fetch-Site", "X-Content-SHA256", "If-None-Match", "If-Range", "Range",
	"Authorization", "Cookie",
}

var requestID = regexp.MustCompile(`^[0-9a-fA-F-]{1,64}$`)

var oneLine = strings.NewReplacer("\r", "", "\n", "")

// injectHeader asks an operation with a payload in a header. What follows a line's
// end would be another header of the request, which TestFraming asks for; every
// other byte goes out as it stands, which no client of ours would send.
func (j *injector) injectHeader(o operation, name, payload string) {
	payload = oneLine.Replace(payload)
	if len(payload) > 3500 {
		return
	}
	s := samples[o.ID]
	path, body := o.path, ""
	object := j.ids[""]["nothing"]
	if strings.Contains(path, "{") && s.kind != "" {
		object = j.object(s.kind, j.who, "same")
	}
	for key, v := range map[string]string{"id": object, "person_id": object, "n": "1", "seq": "1", "rendition": "360p"} {
		path = strings.ReplaceAll(path, "{"+key+"}", v)
	}
	if s.query != "" {
		path += "?" + strings.ReplaceAll(j.fill(s.query, j.who, "same"), " ", "%20")
	}
	if text, ok := j.plain(o, s).(string); ok {
		body = text
	}
	headers := map[string]string{"Host": strings.TrimPrefix(j.base, "http://"), "Content-Type": "application/json", "X-Zhixing": "1", "Cookie": j.who.client.Cookie()}
	headers[name] = payload
	if name == "Cookie" && len(payload)%2 == 1 {
		headers[name] = "zhixing=" + payload + "; zhixing-device=" + payload
	}
	if name == "Authorization" {
		headers[name] = "Bearer " + payload
	}
	resp, got, err := j.raw(o.method, path, headers, body)
	if err != nil {
		j.found("%s, header %s = %.60q: no answer: %v", o.ID, name, payload, err)
		return
	}
	j.asked.Add(1)
	if resp.StatusCode < 300 {
		j.taken.Add(1)
	}
	wrong := judgeInjected(resp, got, payload)
	switch {
	case wrong == "signed out" && (name == "Cookie" || name == "Authorization"): // that is what they say
		wrong = ""
	case wrong == "" && bytes.Contains(got, []byte(`"reason":"input.malformed"`)): // a header that cannot be read is no request
	case wrong == "" && !requestID.MatchString(resp.Header.Get("X-Request-Id")):
		wrong = "no number of a request: " + resp.Header.Get("X-Request-Id")
	}
	if wrong != "" {
		j.found("%s, header %s = %.60q: %s: %d %.300s", o.ID, name, payload, wrong, resp.StatusCode, got)
	}
}

// raw sends a request whose headers no client would send, and reads the answer.
func (j *injector) raw(method, path string, headers map[string]string, body string) (*http.Response, []byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s /api/v1%s HTTP/1.1\r\nContent-Length: %d\r\nConnection: close\r\n", method, path, len(body))
	for k, v := range headers {
		b.WriteString(k + ": " + v + "\r\n")
	}
	b.WriteString("\r\n" + body)
	conn, err := (&net.Dialer{}).DialContext(j.t.Context(), "tcp", strings.TrimPrefix(j.base, "http://"))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return nil, nil, err
	}
	sendRaw(conn, b.String(), 0)
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return nil, nil, err
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return resp, got, err
}

// TestInjectionInHeaders puts every payload in every header that an operation
// declares, and in every header that the server reads of each request: there each
// operation sees some of the payloads, and each header all of them many times.
//
// Seen red: an Idempotency-Key that is no UTF-8 was a defect of the server at
// every operation that is a POST.
func TestInjectionInHeaders(t *testing.T) {
	log := captureLog(t)
	j := newInjector(t)
	j.Exec(t, "CREATE TABLE injection_canary (n int); ")
	j.Exec(t, "INSERT INTO injection_canary SELECT generate_series(1, 10)")
	payloads := corpus(t)
	share := 29 // a prime: no payload meets the same operations only
	type pair struct {
		o    operation
		name string
		p    string
	}
	var all []pair
	declared := 0
	for i, o := range j.doc.operations {
		for h, name := range readHeaders {
			for n, p := range payloads {
				if (n+i+3*h)%share == 0 {
					all = append(all, pair{o, name, p})
				}
			}
		}
		for _, p := range o.Parameters {
			if p.In != "header" {
				continue
			}
			declared++
			for _, payload := range payloads {
				all = append(all, pair{o, p.Name, payload})
			}
		}
	}
	var wg sync.WaitGroup
	next := atomic.Int64{}
	for range 4 {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return
				}
				if o := all[i].o; o.ID != "signOut" && o.ID != "signOutEverywhere" { // whoever asks stays signed in
					j.injectHeader(o, all[i].name, all[i].p)
				}
			}
		})
	}
	wg.Wait()
	j.report(t)
	j.canary(t)
	wholeLines(t, log)
	t.Logf("headers: %d operations, %d declared and %d read of each request, %d requests, %d of them taken, %d findings",
		len(j.doc.operations), declared, len(readHeaders), j.asked.Load(), j.taken.Load(), len(j.findings))
	if least := int64(20000 * 29 / share / len(readHeaders)); declared < 16 || j.asked.Load() < least || j.taken.Load() < least/10 {
		t.Error("the suite has lost its hold of the headers")
	}
}

// What a browser calls itself stands on the page of devices as it was sent, as
// text, or is cut: nothing else of it is done.
func TestUserAgentIsText(t *testing.T) {
	log := captureLog(t)
	j := newInjector(t)
	who := j.Person(t, "UA1", "设备")
	payloads := append(corpus(t), strings.Repeat("a", 299)+"甲", "a"+strings.Repeat("甲", 200))
	kept := 0
	for _, p := range payloads {
		if p = strings.TrimSpace(strings.ReplaceAll(oneLine.Replace(p), "\x00", "")); p == "" || len(p) > 2000 {
			continue
		}
		resp, got, err := j.raw("POST", "/session", map[string]string{
			"Host": strings.TrimPrefix(j.base, "http://"), "Content-Type": "application/json", "X-Zhixing": "1", "User-Agent": p,
		}, `{"number":"UA1","password":"`+apitest.Password+`","device_id":"d"}`)
		if err != nil || resp.StatusCode != http.StatusOK {
			if resp == nil || resp.StatusCode != http.StatusBadRequest { // a header that cannot be read is no request
				t.Errorf("%.60q: %v, %.200s", p, err, got)
			}
			continue
		}
		kept++
		var agents []string
		if err := j.DB.Bun.NewRaw("SELECT user_agent FROM sessions WHERE person_id = ? ORDER BY id DESC LIMIT 1", who.PersonID).Scan(t.Context(), &agents); err != nil {
			t.Fatal(err)
		}
		want, stands := strings.ToValidUTF8(p, ""), "" // what is no UTF-8 is gone, or stands as signs of replacement
		if len(agents) == 1 {
			stands = strings.ReplaceAll(agents[0], "\ufffd", "")
		}
		if len(agents) != 1 || stands != want && !(strings.HasPrefix(want, stands) && len(stands) > 295) {
			t.Errorf("%.60q stands as %.60q", p, agents)
			continue
		}
		var page struct {
			Items []struct {
				UserAgent string `json:"user_agent"`
			}
		}
		list := who.Do("GET", "/sessions", nil).Want(200)
		if list.Into(&page); !slices.ContainsFunc(page.Items, func(s struct {
			UserAgent string `json:"user_agent"`
		},
		) bool {
			return s.UserAgent == agents[0]
		}) {
			t.Errorf("%.60q is not on the page of devices", p)
		}
		if wrong := judgeInjected(resp, got, p); wrong != "" {
			t.Errorf("%.60q: %s", p, wrong)
		}
		j.Exec(t, "UPDATE sessions SET revoked_at = now() WHERE person_id = ? AND user_agent = ?", who.PersonID, agents[0])
	}
	wholeLines(t, log)
	t.Logf("User-Agent: %d stand on the page of devices", kept)
	if kept < 100 {
		t.Error("the suite has lost its hold of the devices")
	}
}

// What is stored comes back as it went in, or was refused: nothing is stripped,
// escaped twice or cut on the way.
func TestStoredTextComesBack(t *testing.T) {
	j := newInjector(t)
	who, kept, refused := j.who.client, 0, 0
	seen := func(s string) string { // names are kept without what cannot be seen
		return strings.Map(func(r rune) rune {
			if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
				return r
			}
			return -1
		}, s)
	}
	back := func(what, want, got string) {
		t.Helper()
		if kept++; got != strings.TrimSpace(want) && got != want && (what != "a name" || seen(got) != seen(want)) {
			t.Errorf("%s: %.80q came back as %.80q", what, want, got)
		}
	}
	_, chapter, _ := j.media.courseWith(t, j.hall.trainer, "往返", nil)
	for i, p := range corpus(t) {
		if !utf8.ValidString(p) {
			continue // no client of ours writes that as JSON
		}
		read := func(r interface{ JSON() map[string]any }) map[string]any { return r.JSON() }
		if r := who.Do("POST", "/banks", m{"name": fmt.Sprintf("%d%s", i, p), "description": p}); r.Status < 300 {
			got := read(who.Do("GET", "/banks/"+r.JSON()["id"].(string), nil).Want(200))
			back("a bank's name", fmt.Sprintf("%d%s", i, p), got["name"].(string))
			back("a bank's description", p, got["description"].(string))
		} else if refused++; r.Status != 422 && r.Status != 400 {
			t.Errorf("a bank: %d %s", r.Status, r.Body)
		}
		if r := who.Do("POST", "/courses", m{"title": "课" + p, "description": p}); r.Status < 300 {
			got := read(who.Do("GET", "/courses/"+r.JSON()["id"].(string), nil).Want(200))
			back("a course's title", "课"+p, got["title"].(string))
		} else if refused++; r.Status != 422 && r.Status != 400 {
			t.Errorf("a course: %d %s", r.Status, r.Body)
		}
		if r := who.Do("PUT", "/chapters/"+chapter, m{"title": "章" + p}); r.Status >= 500 {
			t.Errorf("a chapter: %d %s", r.Status, r.Body)
		}
		body := m{"kind": "single", "stem": "题" + p, "options": []m{{"id": "A", "text": "甲" + p}, {"id": "B", "text": "乙"}}, "key": []string{"A"}, "explanation": p}
		if r := who.Do("POST", "/banks/"+j.hall.bank+"/questions", body); r.Status < 300 {
			got := read(who.Do("GET", "/questions/"+r.JSON()["id"].(string), nil).Want(200))
			back("a question's stem", "题"+p, got["stem"].(string))
			back("a question's option", "甲"+p, got["options"].([]any)[0].(map[string]any)["text"].(string))
		} else if refused++; r.Status != 422 && r.Status != 400 {
			t.Errorf("a question: %d %s", r.Status, r.Body)
		}
		number := fmt.Sprintf("T%04d", i)
		if r := who.Do("POST", "/people", m{"people": []m{{"number": number, "name": "名" + p, "kind": "staff"}}}); r.Status < 300 {
			var list struct{ Items []struct{ Name string } }
			who.Do("GET", "/people?q="+number, nil).Want(200).Into(&list)
			if len(list.Items) != 1 {
				t.Errorf("%d people have the number %s", len(list.Items), number)
			} else {
				back("a name", "名"+p, list.Items[0].Name)
			}
		} else if refused++; r.Status != 422 && r.Status != 400 {
			t.Errorf("a person: %d %s", r.Status, r.Body)
		}
	}
	t.Logf("round trips: %d texts came back, %d were refused", kept, refused)
	if kept < 300 {
		t.Errorf("only %d texts were kept", kept)
	}
}
