package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// loadClient keeps connections open and costs little, so that the cores are
// the server's.
type loadClient struct {
	http *fasthttp.HostClient
	host string
}

func newLoadClient(host string, concurrency int) *loadClient {
	return &loadClient{host: host, http: &fasthttp.HostClient{
		Addr: host, Name: "zhixing-loadtest", MaxConns: concurrency + 16, MaxConnWaitTimeout: 30 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 30 * time.Second,
		MaxIdleConnDuration: 60 * time.Second, RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
		DisablePathNormalizing: true, DisableHeaderNamesNormalizing: false, NoDefaultUserAgentHeader: false, MaxResponseBodySize: 64 << 20,
	}}
}

// visitor is one person with a session.
type visitor struct {
	client   *loadClient
	id       string
	number   string
	password string
	device   string
	cookie   string
}

// refused is an answer that is not a success.
type refused struct {
	Status int
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

func (r *refused) Error() string { return fmt.Sprintf("%d %s %s", r.Status, r.Reason, r.Detail) }

// do asks and decodes the answer into out, unless that is nil. body is sent as
// it is when it is []byte, else as JSON.
func (v *visitor) do(method, path string, body, out any) error {
	return v.ask(method, path, body, func(b []byte) error {
		if out == nil {
			return nil
		}
		return json.Unmarshal(b, out)
	})
}

// ask is do that gives the answer's bytes to read; they are gone afterwards.
func (v *visitor) ask(method, path string, body any, read func(b []byte) error) error {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(method)
	req.SetRequestURI("http://" + v.client.host + "/api/v1" + path)
	if method != fasthttp.MethodGet {
		req.Header.Set("X-Zhixing", "1")
	}
	if v.cookie != "" {
		req.Header.Set("Cookie", v.cookie)
	}
	switch b := body.(type) {
	case nil:
	case []byte:
		req.Header.SetContentType("application/json")
		req.SetBodyRaw(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		req.Header.SetContentType("application/json")
		req.SetBodyRaw(j)
	}
	if err := v.client.http.Do(req, resp); err != nil {
		return err
	}
	if status := resp.StatusCode(); status >= 300 {
		r := &refused{}
		_ = json.Unmarshal(resp.Body(), r) // what is no problem document has no reason
		r.Status = status
		return r
	}
	if c := string(resp.Header.Peek("Set-Cookie")); c != "" && v.cookie == "" {
		v.cookie, _, _ = strings.Cut(c, ";")
	}
	return read(resp.Body())
}

// signIn opens the session.
func (v *visitor) signIn() error {
	return v.do("POST", "/session", map[string]any{"number": v.number, "password": v.password, "device_id": v.device}, nil)
}

// metric reads one number without labels from /metrics.
func (c *loadClient) metric(name string) (float64, error) {
	status, body, err := c.http.GetTimeout(nil, "http://"+c.host+"/metrics", 10*time.Second)
	if err != nil || status != fasthttp.StatusOK {
		return 0, fmt.Errorf("read /metrics: status %d: %w", status, err)
	}
	for line := range strings.Lines(string(body)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			var f float64
			if _, err := fmt.Sscan(rest, &f); err != nil {
				return 0, fmt.Errorf("read /metrics: %w", err)
			}
			return f, nil
		}
	}
	return 0, fmt.Errorf("/metrics has no %s", name)
}
