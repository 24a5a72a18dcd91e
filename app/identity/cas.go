package identity

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"zhixing/domain/org"
)

// casPeer is a CAS 3.0 or 2.0 server. The service is our own callback with the
// flow's state in it, so a ticket given for any other place, or to any other
// browser, is refused by the server itself.
type casPeer struct {
	noPassword
	config org.ConnectionConfig
	client *http.Client
}

func newCAS(c org.ConnectionConfig, private bool) (*casPeer, error) {
	out, err := newOutbound(c, private, hostOf(c.URL))
	if err != nil {
		return nil, err
	}
	return &casPeer{config: c, client: out.client()}, nil
}

func casService(f org.Flow) string { return f.Callback + "?state=" + url.QueryEscape(f.State) }

// Begin implements org.Peer.
func (p *casPeer) Begin(_ context.Context, f org.Flow) (string, error) {
	return p.config.URL + "/login?service=" + url.QueryEscape(casService(f)), nil
}

// casTicket is a service ticket. Proxy tickets are not taken.
var casTicket = regexp.MustCompile(`^ST-[A-Za-z0-9._-]{1,256}$`)

// Finish implements org.Peer.
func (p *casPeer) Finish(ctx context.Context, f org.Flow, params map[string]string) (*org.Assertion, error) {
	if params["ticket"] == "" {
		return nil, refused("parameter_missing", "no ticket")
	}
	if !casTicket.MatchString(params["ticket"]) {
		return nil, refused("ticket_refused", "not a service ticket")
	}
	a, code, err := p.validate(ctx, casService(f), params["ticket"])
	if err != nil {
		return nil, err
	}
	if code != "" {
		return nil, refused("ticket_refused", "CAS says "+code)
	}
	return a, nil
}

func (p *casPeer) validate(ctx context.Context, service, ticket string) (a *org.Assertion, code string, err error) {
	path := "/p3/serviceValidate"
	if p.config.CASVersion == "2" {
		path = "/serviceValidate"
	}
	q := url.Values{"service": {service}, "ticket": {ticket}, "format": {"XML"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.config.URL+path+"?"+q.Encode(), http.NoBody)
	if err != nil {
		return nil, "", fmt.Errorf("request: %w", err)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, "", unreachable("ask CAS", err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, "", unreachable("read CAS", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, "", unreachable("ask CAS", fmt.Errorf("status %d", resp.StatusCode))
	}
	answer, err := readCAS(b)
	if err != nil {
		return nil, "", err
	}
	if answer.failure != "" {
		return nil, answer.failure, nil
	}
	a = &org.Assertion{Subject: answer.user, Number: answer.user}
	if p.config.Number != "user" {
		values := answer.attributes[p.config.Number]
		if a.Number = ""; len(values) == 1 {
			a.Number = values[0]
		}
	}
	return a, "", nil
}

type casAnswer struct {
	user, failure string
	attributes    map[string][]string
}

const (
	casSpace = "http://www.yale.edu/tp/cas"
	casDepth = 8
)

// readCAS reads a serviceResponse token by token. What a lax reader would pass
// over is refused: a document type (entities), comments and instructions inside
// a value (`admin<!-- -->@x` reads as two different names), a second answer, an
// element in another name space, proxies.
func readCAS(b []byte) (*casAnswer, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = true
	out := &casAnswer{attributes: map[string][]string{}}
	var path []string
	var value strings.Builder
	answers := 0
	for {
		token, err := d.Token()
		if err == io.EOF { //nolint:errorlint // the decoder's own sentinel
			break
		}
		if err != nil {
			return nil, refused("answer_malformed", "XML: "+err.Error())
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, refused("answer_malformed", "a document type")
		case xml.Comment:
			if len(path) > 1 {
				return nil, refused("answer_malformed", "a comment inside the answer")
			}
		case xml.ProcInst:
			if t.Target != "xml" || len(path) > 0 {
				return nil, refused("answer_malformed", "a processing instruction")
			}
		case xml.StartElement:
			if t.Name.Space != casSpace || len(path) >= casDepth {
				return nil, refused("answer_malformed", "element "+t.Name.Local)
			}
			path = append(path, t.Name.Local)
			value.Reset()
			switch strings.Join(path, "/") {
			case "serviceResponse/authenticationSuccess":
				answers++
			case "serviceResponse/authenticationFailure":
				answers++
				out.failure = "UNKNOWN"
				for _, a := range t.Attr {
					if a.Name.Local == "code" {
						out.failure = a.Value
					}
				}
			case "serviceResponse/authenticationSuccess/proxies":
				return nil, refused("ticket_refused", "a proxied sign-in")
			}
		case xml.CharData:
			value.Write(t)
		case xml.EndElement:
			if err := out.take(strings.Join(path, "/"), strings.TrimSpace(value.String())); err != nil {
				return nil, err
			}
			path = path[:len(path)-1]
			value.Reset()
		}
	}
	if answers != 1 || out.failure == "" && (out.user == "" || len(out.user) > 255) {
		return nil, refused("answer_malformed", "not exactly one answer with a user")
	}
	return out, nil
}

func (a *casAnswer) take(path, value string) error {
	const success = "serviceResponse/authenticationSuccess/"
	switch name, inside := strings.CutPrefix(path, success+"attributes/"); {
	case path == success+"user":
		if a.user != "" {
			return refused("answer_malformed", "two users")
		}
		a.user = value
	case inside && !strings.Contains(name, "/"):
		a.attributes[name] = append(a.attributes[name], value)
	}
	return nil
}

// Try implements org.Peer: a ticket that cannot be right must be refused as such.
func (p *casPeer) Try(ctx context.Context, callback string) []org.Finding {
	_, code, err := p.validate(ctx, callback, "ST-0-a-test-of-the-connection")
	out := []org.Finding{finding("validate", err)}
	switch {
	case err != nil:
		return out
	case code == "INVALID_SERVICE", code == "UNAUTHORIZED_SERVICE":
		return append(out, finding("service", refused("service_unknown", code)))
	case code == "INVALID_TICKET", code == "INVALID_TICKET_SPEC":
		return append(out, finding("service", nil))
	}
	return append(out, finding("service", refused("answer_malformed", "CAS says "+code)))
}
