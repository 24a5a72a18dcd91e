package api_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixing/app/api/apitest"
)

// Every answer names the request that it answers, so that a request which was
// smuggled in the body of another is known by its id.
const (
	askedID    = "a11ce"
	smuggledID = "bad"
	canaryID   = "ca0a12"

	hostLine = "Host: zhixing.test\r\n"
	idLine   = "X-Request-Id: " + askedID + "\r\n"
	smuggled = "GET /api/v1/settings HTTP/1.1\r\n" + hostLine + "X-Request-Id: " + smuggledID + "\r\n\r\n"
	canary   = "GET /api/v1/settings HTTP/1.1\r\n" + hostLine + "X-Request-Id: " + canaryID + "\r\n\r\n"
)

// framingCase is bytes as they are sent, and what may come back.
type framingCase struct {
	name  string
	send  string
	want  []int // statuses of the first answer; 0 is a connection closed without one
	keep  bool  // the connection must go on: the canary is answered
	half  bool  // not a whole request: the sender stops in the middle of it
	waits bool  // not a whole request without what follows
	none  bool  // no request at all
	step  int   // bytes a write; 0 is all at once
}

// frameServer is the real server on a real port.
func frameServer(t *testing.T) string {
	t.Helper()
	e := apitest.New(t)
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- e.Server.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

func dialRaw(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil { // a hang is a failure, not a wait
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// sendRaw writes bytes in steps; a server that closed early is no failure of the test.
func sendRaw(conn net.Conn, text string, step int) {
	if step == 0 {
		step = len(text)
	}
	for len(text) > 0 {
		n := min(step, len(text))
		if _, err := io.WriteString(conn, text[:n]); err != nil {
			return
		}
		text = text[n:]
	}
}

// rawAnswer is one answer: its status and the request it says it belongs to.
type rawAnswer struct {
	status int
	id     string
	body   string
}

// readAnswers reads until the server closes; interim answers are left out.
func readAnswers(t *testing.T, r *bufio.Reader, most int, method string) (out []rawAnswer) {
	t.Helper()
	for most < 0 || len(out) < most {
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				t.Error("the server neither answers nor closes")
			}
			return out
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			return out
		}
		method = http.MethodGet // what follows is the canary
		if resp.StatusCode >= 200 {
			out = append(out, rawAnswer{resp.StatusCode, resp.Header.Get("X-Request-Id"), string(body)})
		}
	}
	return out
}

// run sends a case and the canary, together or one after the other.
func (f framingCase) run(t *testing.T, addr string, together bool) []rawAnswer {
	t.Helper()
	conn := dialRaw(t, addr)
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	method, _, _ := strings.Cut(f.send, " ")
	if method != http.MethodHead {
		method = http.MethodGet
	}
	switch {
	case f.half:
		sendRaw(conn, f.send, f.step)
		_ = conn.CloseWrite()
		return readAnswers(t, r, -1, method)
	case together:
		sendRaw(conn, f.send+canary, f.step)
		_ = conn.CloseWrite()
		return readAnswers(t, r, -1, method)
	}
	sendRaw(conn, f.send, f.step)
	out := readAnswers(t, r, 1, method)
	sendRaw(conn, canary, 0)
	_ = conn.CloseWrite()
	return append(out, readAnswers(t, r, -1, http.MethodGet)...)
}

// judge says what is wrong with the answers, "" when nothing.
func (f framingCase) judge(got []rawAnswer) string {
	first := 0
	if len(got) > 0 && got[0].id != canaryID {
		first = got[0].status
	}
	canaries := 0
	for i, a := range got {
		switch {
		case a.id == smuggledID:
			return "DESYNC: the smuggled request was answered"
		case a.id == canaryID:
			canaries++
			if a.status != http.StatusOK || i != len(got)-1 {
				return "DESYNC: the canary was answered as another request"
			}
		case i > 0:
			return "DESYNC: more answers than requests"
		case strings.Contains(a.body, "goroutine") || strings.Contains(a.body, "fasthttp"):
			return "the answer tells of the inside"
		}
	}
	switch {
	case !slices.Contains(f.want, first):
		return "status " + http.StatusText(first)
	case f.keep && canaries != 1:
		return "the connection was not kept for a request in good order"
	case !f.half && !f.none && first == 0 && canaries > 0:
		return "a request went unanswered and the connection went on"
	}
	return ""
}

// No reading of a request's end but one: of every case the answer is a refusal
// or the right one, and what follows on the connection is answered as itself or
// not at all.
//
// Seen red: without refuseAmbiguous, 33 cases are taken and the smuggled request is
// answered in 14 runs.
func TestFraming(t *testing.T) {
	addr := frameServer(t)
	cases, desync := framingCases(), 0
	names := map[string]bool{}
	for _, f := range cases {
		if names[f.name] {
			t.Errorf("two cases are called %q", f.name)
		}
		names[f.name] = true
		for _, together := range []bool{true, false} {
			if !together && (f.half || f.waits) {
				continue
			}
			got := f.run(t, addr, together)
			if wrong := f.judge(got); wrong != "" {
				if strings.HasPrefix(wrong, "DESYNC") {
					desync++
				}
				t.Errorf("%s (together %v): %s; want one of %v: %v", f.name, together, wrong, f.want, short(got))
			}
		}
	}
	t.Logf("framing: %d cases, %d desyncs", len(cases), desync)
	if len(cases) < 60 {
		t.Errorf("only %d cases", len(cases))
	}
}

func short(got []rawAnswer) (out []rawAnswer) {
	for _, a := range got {
		if len(a.body) > 80 {
			a.body = a.body[:80]
		}
		out = append(out, a)
	}
	return out
}

// Requests in a row are answered each as itself, in order, though they come in
// pieces of any size.
func TestPipelining(t *testing.T) {
	addr := frameServer(t)
	ids := []string{"01", "02", "03", "04", "05", "06", "07", "08"}
	var all bytes.Buffer
	for i, id := range ids {
		if i%2 == 0 {
			all.WriteString("GET /api/v1/settings HTTP/1.1\r\n" + hostLine + "X-Request-Id: " + id + "\r\n\r\n")
			continue
		}
		all.WriteString("POST /api/v1/units HTTP/1.1\r\n" + hostLine + "X-Zhixing: 1\r\nContent-Type: application/json\r\nX-Request-Id: " + id +
			"\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
	}
	for _, step := range []int{0, 1, 7, 64} {
		conn := dialRaw(t, addr)
		sendRaw(conn, all.String(), step)
		_ = conn.CloseWrite()
		got := readAnswers(t, bufio.NewReader(conn), -1, http.MethodGet)
		_ = conn.Close()
		if len(got) != len(ids) {
			t.Fatalf("in steps of %d: %d answers to %d requests", step, len(got), len(ids))
		}
		for i, a := range got {
			if want := []int{http.StatusOK, http.StatusUnauthorized}[i%2]; a.id != ids[i] || a.status != want {
				t.Errorf("in steps of %d, answer %d: %+v", step, i, a)
			}
		}
	}
}
