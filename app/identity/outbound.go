package identity

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Bounds of every word exchanged with a peer.
const (
	peerTimeout = 10 * time.Second
	peerAnswer  = 1 << 20
)

// outbound is the only way to a peer: to its own hosts and no other, by https,
// without following redirects, with a bound on time and size.
type outbound struct {
	hosts   []string // host or host:port, lower case
	roots   *x509.CertPool
	private bool // tests speak to loopback; nobody else does
}

// Reasons why a connection was not even tried.
var (
	errHost     = domain.E(domain.Unauthenticated, "identity.host_not_allowed")
	errRedirect = domain.E(domain.Unauthenticated, "identity.redirected")
	errTooLarge = domain.E(domain.Unauthenticated, "identity.answer_too_large")
)

func newOutbound(c org.ConnectionConfig, private bool, hosts ...string) (*outbound, error) {
	o := &outbound{private: private}
	for _, h := range append(hosts, strings.Split(c.Hosts, ",")...) {
		if h = strings.ToLower(strings.TrimSpace(h)); h != "" {
			o.hosts = append(o.hosts, h)
		}
	}
	if c.Authorities != "" {
		var err error
		if o.roots, err = x509.SystemCertPool(); err != nil {
			o.roots = x509.NewCertPool()
		}
		if !o.roots.AppendCertsFromPEM([]byte(c.Authorities)) {
			return nil, domain.E(domain.Invalid, "identity.connection_wrong").At("body.authorities", "identity.authorities_form")
		}
	}
	return o, nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func (o *outbound) tls(name string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.roots, ServerName: name}
}

// dialer refuses addresses that no peer has: what a name resolves to is looked
// at for each connection, so that it cannot change in between.
func (o *outbound) dialer() *net.Dialer {
	return &net.Dialer{Timeout: peerTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return errHost
		}
		a := ap.Addr().Unmap()
		if a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a.IsLoopback() && !o.private {
			return errHost
		}
		return nil
	}}
}

// client is an http.Client within the bounds.
func (o *outbound) client() *http.Client {
	transport := &http.Transport{
		DialContext: o.dialer().DialContext, TLSClientConfig: o.tls(""), TLSHandshakeTimeout: peerTimeout,
		ResponseHeaderTimeout: peerTimeout, MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second,
		ForceAttemptHTTP2: true,
	}
	return &http.Client{
		Transport: bounded{transport, o}, Timeout: peerTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}
}

// bounded looks at each request before it leaves and cuts answers that are too long.
type bounded struct {
	next http.RoundTripper
	out  *outbound
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" || !slices.Contains(b.out.hosts, strings.ToLower(r.URL.Host)) {
		return nil, errHost
	}
	resp, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &cut{ReadCloser: resp.Body, left: peerAnswer}
	return resp, nil
}

// cut ends in an error, and not as if it were whole, when there is more.
type cut struct {
	io.ReadCloser
	left int
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLarge
	}
	if len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.ReadCloser.Read(p)
	c.left -= n
	return n, err
}

// unreachable turns what the network said into a reason for people; what a rule
// of ours said stays.
func unreachable(doing string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*domain.Error](err); ok {
		return fmt.Errorf("%s: %w", doing, err)
	}
	reason := "identity.unreachable"
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		reason = "identity.tls_wrong"
	} else if strings.Contains(err.Error(), "failed to verify certificate") { // go-ldap keeps the text alone
		reason = "identity.tls_wrong"
	} else if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		reason = "identity.tls_wrong"
	}
	return fmt.Errorf("%s: %w: %w", doing, err, domain.E(domain.Unavailable, reason))
}

// refused is a bad answer: detail is for the log.
func refused(reason, detail string) error {
	return fmt.Errorf("%s: %w", detail, domain.E(domain.Unauthenticated, "identity."+reason))
}

// call sends a request and reads a JSON object.
func call(ctx context.Context, client *http.Client, method, address string, header http.Header, body, into any) error {
	var r io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, r)
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return unreachable("call peer", err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return unreachable("read peer", err)
	}
	if resp.StatusCode >= http.StatusInternalServerError {
		return unreachable("call peer", fmt.Errorf("status %d", resp.StatusCode))
	}
	if err := json.Unmarshal(b, into); err != nil {
		return refused("answer_malformed", "not JSON")
	}
	return nil
}

// finding turns the end of a step into one line of a test.
func finding(step string, err error) org.Finding {
	f := org.Finding{Step: step}
	if e, ok := errors.AsType[*domain.Error](err); ok {
		f.Reason, f.Params = e.Reason, e.Params
	} else if err != nil {
		f.Reason = "identity.unreachable"
	}
	return f
}
