// Package notify tells systems outside that something happened.
package notify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"zhixing/domain/org"
)

// Webhooks sends messages to addresses that administrators gave. What a name
// resolves to is looked at for each connection, when it is made: only public
// addresses are spoken to, and those that Allow names.
type Webhooks struct {
	Allow []netip.Prefix // networks of the institution's own that may be spoken to
}

var _ org.WebhookSender = (*Webhooks)(nil)

const (
	webhookTimeout = 15 * time.Second
	webhookAnswer  = 64 << 10
)

var (
	errAddress  = errors.New("address not allowed")
	errRedirect = errors.New("redirect refused")
)

// notPublic are ranges that netip's own questions leave out: carrier NAT, the
// ranges for tests and documents, and IPv6 that carries IPv4 inside.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// allowed reports whether an address may be spoken to.
func (s *Webhooks) allowed(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	in := func(p netip.Prefix) bool { return p.Contains(a) }
	if a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() { // where clouds keep their keys
		return false
	}
	if slices.ContainsFunc(s.Allow, in) {
		return true
	}
	return a.IsGlobalUnicast() && !a.IsPrivate() && !a.IsLoopback() && !slices.ContainsFunc(notPublic, in)
}

// Send implements org.WebhookSender. Redirects are not followed, no proxy is
// asked, and what the other side writes is read to be thrown away.
func (s *Webhooks) Send(ctx context.Context, url string, header map[string]string, body []byte) (int, string) {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !s.allowed(ap.Addr()) {
			return errAddress
		}
		return nil
	}}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 10 * time.Second,
		MaxResponseHeaderBytes: webhookAnswer, DisableKeepAlives: true,
	}
	client := &http.Client{
		Transport: transport, Timeout: webhookTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, "address_wrong"
	}
	req.Header.Set("User-Agent", "Zhixing-Webhooks/1")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, failureOf(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, webhookAnswer))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return resp.StatusCode, "answer"
	}
	return resp.StatusCode, ""
}

// failureOf names what went wrong by a word that the page has a sentence for.
func failureOf(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, errAddress):
		return "address_refused"
	case errors.Is(err, errRedirect):
		return "redirect"
	case errors.As(err, &dns):
		return "name_unknown"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return "no_connection"
}
