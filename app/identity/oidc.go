package identity

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"zhixing/domain"
	"zhixing/domain/org"
)

// oidcPeer is an OpenID provider, by authorization code with PKCE, state and
// nonce. Issuer and audience are compared exactly; a person is keyed by issuer
// and sub, never by mail. A number that the id token does not hold is asked for at
// the userinfo endpoint.
type oidcPeer struct {
	noPassword
	config org.ConnectionConfig
	secret string
	now    func() time.Time
	client *http.Client

	mu       sync.Mutex
	provider *oidc.Provider
}

func newOIDC(c org.ConnectionConfig, secret string, now func() time.Time, private bool) (*oidcPeer, error) {
	out, err := newOutbound(c, private, hostOf(c.URL))
	if err != nil {
		return nil, err
	}
	return &oidcPeer{config: c, secret: secret, now: now, client: out.client()}, nil
}

// asymmetric lists the signatures that are believed: none, and a key shared with
// the client, are not among them whatever the provider says.
var asymmetric = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

func (p *oidcPeer) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.provider != nil {
		return p.provider, nil
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.config.URL)
	if err != nil {
		if strings.Contains(err.Error(), "issuer") && strings.Contains(err.Error(), "did not match") {
			return nil, refused("issuer_wrong", err.Error())
		}
		return nil, unreachable("discover provider", err)
	}
	p.provider = provider
	return provider, nil
}

func (p *oidcPeer) oauth(provider *oidc.Provider, callback string) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID}
	for _, s := range strings.Fields(p.config.Scopes) {
		if s != oidc.ScopeOpenID {
			scopes = append(scopes, s)
		}
	}
	if len(scopes) == 1 {
		scopes = append(scopes, "profile")
	}
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.secret, Endpoint: provider.Endpoint(), RedirectURL: callback, Scopes: scopes,
	}
}

// Begin implements org.Peer.
func (p *oidcPeer) Begin(ctx context.Context, f org.Flow) (string, error) {
	provider, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	return p.oauth(provider, f.Callback).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), nil
}

// Finish implements org.Peer.
func (p *oidcPeer) Finish(ctx context.Context, f org.Flow, params map[string]string) (*org.Assertion, error) {
	if params["error"] != "" {
		return nil, refused("denied_by_peer", "provider says "+params["error"])
	}
	if iss, ok := params["iss"]; ok && iss != p.config.URL { // RFC 9207
		return nil, refused("issuer_wrong", "the answer comes from "+iss)
	}
	if params["code"] == "" {
		return nil, refused("parameter_missing", "no code")
	}
	provider, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	token, err := p.oauth(provider, f.Callback).Exchange(oidc.ClientContext(ctx, p.client), params["code"], oauth2.VerifierOption(f.Verifier))
	if err != nil {
		if _, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
			return nil, refused("ticket_refused", "the provider refused the code: "+err.Error())
		}
		if strings.Contains(err.Error(), "cannot parse") || strings.Contains(err.Error(), "missing access_token") {
			return nil, refused("answer_malformed", err.Error())
		}
		return nil, unreachable("exchange code", err)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return nil, refused("answer_malformed", "no id_token")
	}
	return p.judge(ctx, provider, token, raw, f.Nonce)
}

func (p *oidcPeer) judge(ctx context.Context, provider *oidc.Provider, access *oauth2.Token, raw, nonce string) (*org.Assertion, error) {
	verifier := provider.VerifierContext(oidc.ClientContext(ctx, p.client), &oidc.Config{
		ClientID: p.config.ClientID, SupportedSigningAlgs: asymmetric, Now: p.now,
	})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, tokenRefused(err)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return nil, refused("answer_malformed", "claims: "+err.Error())
	}
	azp, _ := claims["azp"].(string)
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return nil, refused("nonce_wrong", "the nonce is not ours")
	case len(token.Audience) > 1 && azp != p.config.ClientID, azp != "" && azp != p.config.ClientID:
		return nil, refused("audience_wrong", "issued for "+azp)
	case token.IssuedAt.After(p.now().Add(time.Minute)):
		return nil, refused("issued_in_future", "iat is "+token.IssuedAt.String())
	case token.IssuedAt.Before(p.now().Add(-15 * time.Minute)):
		return nil, refused("expired", "iat is "+token.IssuedAt.String())
	case token.Subject == "" || len(token.Subject) > 255:
		return nil, refused("answer_malformed", "sub is empty or too long")
	}
	number, ok := claims[p.config.Number]
	if !ok && provider.UserInfoEndpoint() != "" {
		if number, err = p.ask(ctx, provider, access, token.Subject); err != nil {
			return nil, err
		}
	}
	return &org.Assertion{Subject: token.Issuer + " " + token.Subject, Number: text(number)}, nil
}

// ask reads the number from the userinfo endpoint: a provider that follows the
// specification closely says there, and not in the id token, what the scopes ask
// for. An answer about another subject is none (OpenID Connect Core 5.3.2).
func (p *oidcPeer) ask(ctx context.Context, provider *oidc.Provider, access *oauth2.Token, subject string) (any, error) {
	info, err := provider.UserInfo(oidc.ClientContext(ctx, p.client), oauth2.StaticTokenSource(access))
	if _, ok := errors.AsType[*url.Error](err); ok {
		return nil, unreachable("ask for user", err)
	}
	var claims map[string]any
	switch {
	case err != nil:
		return nil, refused("answer_malformed", "userinfo: "+err.Error())
	case info.Subject != subject:
		return nil, refused("answer_malformed", "userinfo is about another subject")
	}
	if err := info.Claims(&claims); err != nil {
		return nil, refused("answer_malformed", "userinfo: "+err.Error())
	}
	return claims[p.config.Number], nil
}

func tokenRefused(err error) error {
	if _, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		return refused("expired", err.Error())
	}
	if _, ok := errors.AsType[*domain.Error](err); ok {
		return err
	}
	says := err.Error()
	for _, known := range [][2]string{ // the first that fits: a failure to fetch keys is also one to verify
		{"identity.host_not_allowed", "host_not_allowed"},
		{"identity.redirected", "redirected"},
		{"fetching keys", "unreachable"},
		{"issued by a different provider", "issuer_wrong"},
		{"expected audience", "audience_wrong"},
		{"before the nbf", "issued_in_future"},
		{"failed to verify", "signature_wrong"},
		{"unexpected signature", "signature_wrong"},
		{"unsupported algorithm", "signature_wrong"},
		{"not signed", "signature_wrong"},
		{"malformed jwt", "answer_malformed"},
	} {
		if strings.Contains(says, known[0]) {
			return refused(known[1], says)
		}
	}
	return refused("answer_malformed", says)
}

// text is a claim that is a text or a list of exactly one.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		if len(v) == 1 {
			return text(v[0])
		}
	}
	return ""
}

// Try implements org.Peer.
func (p *oidcPeer) Try(ctx context.Context, _ string) []org.Finding {
	provider, err := p.discover(ctx)
	out := []org.Finding{finding("discovery", err)}
	if err != nil {
		return out
	}
	var doc struct {
		JWKS       string   `json:"jwks_uri"`
		Revocation string   `json:"revocation_endpoint"`
		Challenges []string `json:"code_challenge_methods_supported"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := provider.Claims(&doc); err != nil {
		return append(out, finding("discovery", refused("answer_malformed", err.Error())))
	}
	var keys struct {
		Keys []map[string]any `json:"keys"`
	}
	err = call(ctx, p.client, http.MethodGet, doc.JWKS, nil, nil, &keys)
	if err == nil && len(keys.Keys) == 0 {
		err = refused("no_keys", "no keys")
	}
	out = append(out, finding("keys", err))
	var strong error
	if len(doc.Algorithms) > 0 && !slices.ContainsFunc(doc.Algorithms, func(a string) bool { return slices.Contains(asymmetric, a) }) {
		strong = refused("signature_wrong", fmt.Sprint(doc.Algorithms))
	}
	out = append(out, finding("signatures", strong))
	// A code that cannot be right: the provider must know us and refuse only the code.
	_, err = p.oauth(provider, "https://invalid.example/").Exchange(oidc.ClientContext(ctx, p.client), "a-test-of-the-connection", oauth2.VerifierOption(oauth2.GenerateVerifier()))
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && (e.ErrorCode == "invalid_client" || e.ErrorCode == "unauthorized_client") {
		return append(out, finding("client", refused("client_refused", e.Error())))
	} else if err != nil && !ok {
		return append(out, finding("client", unreachable("exchange", err)))
	}
	if doc.Revocation != "" { // some look at the code before they look at who asks
		return append(out, finding("client", p.known(ctx, provider, doc.Revocation)))
	}
	return append(out, finding("client", nil))
}

// known revokes a token that does not exist: that is granted to whoever is known
// and refused to all others (RFC 7009).
func (p *oidcPeer) known(ctx context.Context, provider *oidc.Provider, endpoint string) error {
	var last error
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		if set := provider.Endpoint().AuthStyle; set != oauth2.AuthStyleAutoDetect && set != style {
			continue
		}
		form := url.Values{"token": {"a-test-of-the-connection"}}
		if style == oauth2.AuthStyleInParams {
			form.Set("client_id", p.config.ClientID)
			form.Set("client_secret", p.secret)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
		if err != nil {
			return fmt.Errorf("request: %w", err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if style == oauth2.AuthStyleInHeader {
			req.SetBasicAuth(url.QueryEscape(p.config.ClientID), url.QueryEscape(p.secret))
		}
		resp, err := p.client.Do(req)
		if err != nil {
			return unreachable("revoke", err)
		}
		var said struct {
			Error string `json:"error"`
		}
		_ = json.NewDecoder(resp.Body).Decode(&said) // an answer that says nothing is none of refusal
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized && said.Error != "invalid_client" && said.Error != "unauthorized_client" {
			return nil
		}
		last = refused("client_refused", "revocation: "+resp.Status+" "+said.Error)
	}
	return last
}
