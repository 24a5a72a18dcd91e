package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

func TestLoadtestStaysOnThisMachine(t *testing.T) {
	for _, url := range []string{"http://10.0.0.1", "http://0.0.0.0:8080", "https://127.0.0.1", "http://192.0.2.1:8080", "http://user:pw@127.0.0.1", "127.0.0.1:8080", "ftp://127.0.0.1", ""} {
		if host, err := loopback(t.Context(), url); err == nil {
			t.Errorf("%q is taken as %s", url, host)
		}
	}
	for url, want := range map[string]string{"http://127.0.0.1": "127.0.0.1:80", "http://127.0.0.1:8080/": "127.0.0.1:8080", "http://[::1]:9": "[::1]:9"} {
		if host, err := loopback(t.Context(), url); err != nil || host != want {
			t.Errorf("%q is taken as %s, %v", url, host, err)
		}
	}
}

// slowServer answers the metrics, and everything else after a while.
func slowServer(t *testing.T, wait time.Duration) *loadClient {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var cpu atomic.Int64
	s := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) {
		if string(c.Path()) == "/metrics" {
			c.SetBodyString("# HELP x\nprocess_cpu_seconds_total " + string('0'+rune(cpu.Add(1))) + ".5\n")
			return
		}
		time.Sleep(wait)
		c.SetBodyString("{}")
	}}
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Shutdown() })
	return newLoadClient(ln.Addr().String(), 4)
}

// At a rate, a request that had to wait for the one before counts its wait: ten
// due within 9 ms at a server that takes 20 ms each, one at a time, end with
// one that took 190 ms.
// Seen red: with the time taken from when the request was sent.
func TestLoadtestCountsTheWait(t *testing.T) {
	l := &loadtest{client: slowServer(t, 20*time.Millisecond), concurrency: 1, rate: 1000}
	v := &visitor{client: l.client}
	err := l.drive(context.Background(), "start", 10, func(w *loadWorker, _ int, due time.Time) error {
		return w.time("start", due, func() error { return v.do("GET", "/x", nil, nil) })
	})
	if err != nil {
		t.Fatal(err)
	}
	r := l.result
	if r.Done != 10 || r.Errors != 0 || r.Loop != "open" || r.P99 < 190 || r.Steps[0].Max != r.P99 || r.P50 < 95 {
		t.Errorf("result %+v", r)
	}
	if r.ServerCPUMsPerAttempt != 100 {
		t.Errorf("%v ms of processor for each of ten in a second", r.ServerCPUMsPerAttempt)
	}
}

func TestLoadtestCountsErrors(t *testing.T) {
	l := &loadtest{client: slowServer(t, 0), concurrency: 2}
	err := l.drive(context.Background(), "start", 6, func(w *loadWorker, i int, due time.Time) error {
		return w.time("start", due, func() error {
			if i%2 == 0 {
				return &refused{Status: 409, Reason: "exam.closed"}
			}
			return nil
		})
	})
	if r := l.result; err != nil || r.Done != 3 || r.Errors != 3 || r.Steps[0].Count != 3 || len(r.FirstErrors) != 1 {
		t.Errorf("result %+v, %v", l.result, err)
	}
}

func TestLoadtestResultLine(t *testing.T) {
	r := loadResult{Kind: "exam", Seconds: 2, Done: 10, Steps: []stepResult{summary("save", []int64{1000, 3000, 2000, 4000})}}
	r.AttemptsPerSecond = r.perSecond(10)
	var out bytes.Buffer
	if err := r.print(&out, true); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("%q, %v", out.String(), err)
	}
	var m struct {
		Attempts *float64 `json:"attempts_per_second"`
		Errors   *int     `json:"errors"`
		CPU      *float64 `json:"server_cpu_ms_per_attempt"`
		Steps    []stepResult
	}
	if err := json.Unmarshal(out.Bytes(), &m); err != nil || m.Attempts == nil || *m.Attempts != 5 || m.Errors == nil || m.CPU == nil {
		t.Fatalf("%s: %v", out.String(), err)
	}
	if s := m.Steps[0]; s.P50 != 2 || s.P95 != 4 || s.P99 != 4 || s.Max != 4 || s.Count != 4 {
		t.Errorf("steps %+v", m.Steps)
	}
	out.Reset()
	if err := r.print(&out, false); err != nil || !strings.Contains(out.String(), "5.0 attempts a second") {
		t.Errorf("table %q, %v", out.String(), err)
	}
}

// A save is JSON with five operations, each with an option of its own item.
func TestLoadtestSaveBody(t *testing.T) {
	var a loadAttempt
	for range loadQuestions {
		a.Items = append(a.Items, struct {
			ID      string `json:"id"`
			Options []struct {
				ID string `json:"id"`
			} `json:"options"`
		}{ID: "q1", Options: []struct {
			ID string `json:"id"`
		}{{"A"}, {"B"}}})
	}
	for s := range loadSaves {
		var b struct {
			Operations []struct {
				OpID, Item string
				Seq        int
				Value      []string
			}
		}
		body, ids := saveBody(&a, s)
		if err := json.Unmarshal(body, &b); err != nil || len(ids) != 5 || len(b.Operations) != 5 || b.Operations[0].Seq != s*5+1 || len(b.Operations[0].Value) != 1 {
			t.Errorf("%+v, %v", b, err)
		}
	}
}

// An acknowledgement counts only if it names every answer as saved, none sealed.
func TestLoadtestLooksAtTheAcknowledgement(t *testing.T) {
	ids := []string{"a1", "b2"}
	for body, good := range map[string]bool{
		`{"saved":["a1","b2"],"sealed":[]}`: true, `{"saved":["a1"],"sealed":[]}`: false, `{"saved":["a1"],"sealed":["b2"]}`: false,
		`{"saved":["a1","b2"],"sealed":["c"]}`: false, `{"saved":[],"sealed":[],"x":"a1 b2"}`: false, `{}`: false, ``: false,
	} {
		if err := acknowledged([]byte(body), ids); (err == nil) != good {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// The plain server beside serves just the bytes it is given, by ranges.
func TestLoadtestPlainServer(t *testing.T) {
	name, addr, stop, err := plainServer(t.Context(), []byte("0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/video.m4s", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Range", "bytes=3-5")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusPartialContent || string(b) != "345" {
		t.Errorf("%s: %d %q, %v", name, resp.StatusCode, b, err)
	}
	if cpu, err := newLoadClient(addr, 1).metric("process_cpu_seconds_total"); err != nil || cpu != 0 {
		t.Errorf("metrics: %v, %v", cpu, err)
	}
}
