package identity

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"zhixing/domain"
	"zhixing/domain/org"
)

// ldapPeer is a directory: LDAP by TLS, or Active Directory. The name is looked
// up by the service account, then the password is tried as that entry.
type ldapPeer struct {
	config org.ConnectionConfig
	secret string
	out    *outbound
}

func newLDAP(c org.ConnectionConfig, secret string, private bool) (*ldapPeer, error) {
	out, err := newOutbound(c, private, hostOf(c.URL))
	if err != nil {
		return nil, err
	}
	return &ldapPeer{config: c, secret: secret, out: out}, nil
}

// Begin implements org.Peer.
func (p *ldapPeer) Begin(context.Context, org.Flow) (string, error) {
	return "", domain.E(domain.Invalid, "identity.kind_unknown")
}

// Finish implements org.Peer.
func (p *ldapPeer) Finish(context.Context, org.Flow, map[string]string) (*org.Assertion, error) {
	return nil, domain.E(domain.Invalid, "identity.kind_unknown")
}

// bounds an answer's bytes on the line.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLarge
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}

func (p *ldapPeer) dial(ctx context.Context) (*ldap.Conn, error) {
	u, err := url.Parse(p.config.URL)
	if err != nil {
		return nil, fmt.Errorf("directory address: %w", err)
	}
	secure := u.Scheme == "ldaps"
	port := u.Port()
	if port == "" {
		port = map[bool]string{true: "636", false: "389"}[secure]
	}
	raw, err := p.out.dialer().DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, unreachable("dial directory", err)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil, errors.Join(errors.New("no deadline"), raw.Close())
	}
	if err := raw.SetDeadline(deadline); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	bounded := &boundedConn{raw, peerAnswer}
	conn := ldap.NewConn(bounded, false)
	if secure {
		line := tls.Client(bounded, p.out.tls(u.Hostname()))
		if err := line.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(unreachable("directory by TLS", err), raw.Close())
		}
		conn = ldap.NewConn(line, true)
	}
	conn.SetTimeout(peerTimeout)
	conn.Start()
	if !secure {
		if err := conn.StartTLS(p.out.tls(u.Hostname())); err != nil {
			_ = conn.Close()
			if ldap.IsErrorAnyOf(err, ldap.LDAPResultProtocolError, ldap.LDAPResultUnavailable, ldap.LDAPResultOperationsError) {
				return nil, refused("no_start_tls", err.Error())
			}
			return nil, unreachable("directory by StartTLS", err)
		}
	}
	return conn, nil
}

// bindService signs the service account in. Without one the directory is read
// anonymously, as the administrator chose.
func (p *ldapPeer) bindService(conn *ldap.Conn) error {
	if p.config.BindDN == "" {
		return nil
	}
	if p.secret == "" { // an empty password would sign in as nobody, and succeed
		return refused("client_refused", "the service account has no password")
	}
	err := conn.Bind(p.config.BindDN, p.secret)
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax) {
		return refused("client_refused", err.Error())
	}
	return unreachable("bind service account", err)
}

func (p *ldapPeer) find(conn *ldap.Conn, name string) (*ldap.Entry, error) {
	filter := strings.Replace(p.config.Filter, "{name}", ldap.EscapeFilter(name), 1)
	found, err := conn.Search(ldap.NewSearchRequest(p.config.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 2, int(peerTimeout/time.Second), false,
		filter, []string{p.config.Number, p.config.Subject}, nil))
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded):
		return nil, refused("many_entries", "more than one entry")
	case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		return nil, refused("base_unknown", "no such base")
	case ldap.IsErrorWithCode(err, ldap.LDAPResultReferral):
		return nil, refused("redirected", "a referral")
	case ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights), ldap.IsErrorWithCode(err, ldap.LDAPResultInappropriateAuthentication):
		return nil, refused("client_refused", err.Error())
	case err != nil:
		return nil, unreachable("search directory", err)
	case len(found.Referrals) > 0 && len(found.Entries) == 0:
		return nil, refused("redirected", "a referral")
	case len(found.Entries) > 1:
		return nil, refused("many_entries", "more than one entry")
	case len(found.Entries) == 0:
		return nil, refused("password_wrong", "no entry")
	}
	return found.Entries[0], nil
}

// Password implements org.Peer.
func (p *ldapPeer) Password(ctx context.Context, name, password string) (*org.Assertion, error) {
	if password == "" { // RFC 4513 5.1.2: a bind without a password succeeds as nobody
		return nil, refused("password_empty", "no password")
	}
	if name == "" || utf8.RuneCountInString(name) > 64 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return nil, refused("password_wrong", "a name that no directory holds")
	}
	ctx, cancel := context.WithTimeout(ctx, peerTimeout)
	defer cancel()
	conn, err := p.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := p.bindService(conn); err != nil {
		return nil, err
	}
	entry, err := p.find(conn, name)
	if err != nil {
		return nil, err
	}
	if entry.DN == "" { // a bind as nobody succeeds with any password
		return nil, refused("answer_malformed", "an entry without a name")
	}
	err = conn.Bind(entry.DN, password)
	switch {
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultConstraintViolation,
		ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultNoSuchObject):
		return nil, refused("password_wrong", err.Error())
	case ldap.IsErrorWithCode(err, ldap.LDAPResultReferral):
		return nil, refused("redirected", "a referral")
	case err != nil:
		return nil, unreachable("bind", err)
	}
	subject := entry.GetRawAttributeValues(p.config.Subject)
	if len(subject) != 1 || len(subject[0]) == 0 || len(subject[0]) > 255 {
		return nil, refused("subject_missing", "the entry has not exactly one "+p.config.Subject)
	}
	a := &org.Assertion{Subject: string(subject[0])}
	if !utf8.Valid(subject[0]) || strings.EqualFold(p.config.Subject, "objectGUID") {
		a.Subject = hex.EncodeToString(subject[0])
	}
	if numbers := entry.GetAttributeValues(p.config.Number); len(numbers) == 1 {
		a.Number = numbers[0]
	}
	return a, nil
}

// Try implements org.Peer.
func (p *ldapPeer) Try(ctx context.Context, _ string) []org.Finding {
	ctx, cancel := context.WithTimeout(ctx, peerTimeout)
	defer cancel()
	conn, err := p.dial(ctx)
	out := []org.Finding{finding("reach", err)}
	if err != nil {
		return out
	}
	defer func() { _ = conn.Close() }()
	err = p.bindService(conn)
	if out = append(out, finding("bind", err)); err != nil {
		return out
	}
	// Nobody is called this: an empty answer is a good one.
	_, err = p.find(conn, "a-test-of-the-connection")
	if domain.ReasonOf(err) == "identity.password_wrong" {
		err = nil
	}
	return append(out, finding("search", err))
}
