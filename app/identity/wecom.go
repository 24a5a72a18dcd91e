package identity

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"zhixing/domain/org"
)

// weComPeer is WeChat Work (企业微信): by QR code in a browser, or directly inside
// its own. A private deployment has its own API address.
type weComPeer struct {
	noPassword
	config org.ConnectionConfig
	secret string
	api    string
	now    func() time.Time
	client *http.Client
	token  accessToken
}

const weComAPI = "https://qyapi.weixin.qq.com"

func newWeCom(c org.ConnectionConfig, secret string, now func() time.Time, private bool) (*weComPeer, error) {
	p := &weComPeer{config: c, secret: secret, api: weComAPI, now: now}
	if c.URL != "" {
		p.api = c.URL
	}
	out, err := newOutbound(c, private, hostOf(p.api))
	if err != nil {
		return nil, err
	}
	p.client = out.client()
	return p, nil
}

// Begin implements org.Peer.
func (p *weComPeer) Begin(_ context.Context, f org.Flow) (string, error) {
	q := url.Values{"appid": {p.config.ClientID}, "agentid": {p.config.AgentID}, "redirect_uri": {f.Callback}, "state": {f.State}}
	if f.InApp {
		q.Set("response_type", "code")
		q.Set("scope", "snsapi_base")
		return "https://open.weixin.qq.com/connect/oauth2/authorize?" + q.Encode() + "#wechat_redirect", nil
	}
	q.Set("login_type", "CorpApp")
	return "https://login.work.weixin.qq.com/wwlogin/sso/login?" + q.Encode(), nil
}

type weComStatus struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// judge tells our mistakes from the visitor's.
func (s weComStatus) judge() error {
	switch s.Code {
	case 0:
		return nil
	case 40029, 40163, 41008: // a code that is wrong, used or missing
		return refused("ticket_refused", s.Message)
	case 40001, 40013, 40014, 41004, 42001, 40056, 60020, 301002: // secret, corp, token, address not allowed
		return refused("client_refused", fmt.Sprintf("%d %s", s.Code, s.Message))
	}
	return refused("answer_malformed", fmt.Sprintf("%d %s", s.Code, s.Message))
}

func (p *weComPeer) accessToken(ctx context.Context) (string, error) {
	return p.token.get(ctx, p.now(), func(ctx context.Context) (string, time.Duration, error) {
		var a struct {
			weComStatus
			Token string `json:"access_token"`
			Life  int    `json:"expires_in"`
		}
		err := p.get(ctx, "/cgi-bin/gettoken", url.Values{"corpid": {p.config.ClientID}, "corpsecret": {p.secret}}, &a)
		if err == nil {
			err = a.judge()
		}
		if err == nil && a.Token == "" {
			err = refused("answer_malformed", "no access token")
		}
		return a.Token, time.Duration(a.Life) * time.Second, err
	})
}

func (p *weComPeer) get(ctx context.Context, path string, q url.Values, into any) error {
	return call(ctx, p.client, http.MethodGet, p.api+path+"?"+q.Encode(), nil, nil, into)
}

// Finish implements org.Peer.
func (p *weComPeer) Finish(ctx context.Context, _ org.Flow, params map[string]string) (*org.Assertion, error) {
	if params["code"] == "" {
		return nil, refused("parameter_missing", "no code")
	}
	token, err := p.accessToken(ctx)
	if err != nil {
		return nil, err
	}
	var who struct {
		weComStatus
		UserID string `json:"userid"`
		OpenID string `json:"openid"`
	}
	if err := p.get(ctx, "/cgi-bin/auth/getuserinfo", url.Values{"access_token": {token}, "code": {params["code"]}}, &who); err != nil {
		return nil, err
	}
	if err := who.judge(); err != nil {
		return nil, err
	}
	if who.UserID == "" || len(who.UserID) > 64 { // an openid alone is somebody outside the institution
		return nil, refused("outsider", "no userid")
	}
	a := &org.Assertion{Subject: who.UserID, Number: who.UserID}
	if p.config.Number != "userid" {
		if a.Number, err = p.attribute(ctx, token, who.UserID); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// attribute reads a member's field, or a custom one by its name.
func (p *weComPeer) attribute(ctx context.Context, token, userID string) (string, error) {
	var member struct {
		weComStatus
		UserID string `json:"userid"`
		Alias  string `json:"alias"`
		Extra  struct {
			Attributes []struct {
				Name string `json:"name"`
				Text struct {
					Value string `json:"value"`
				} `json:"text"`
			} `json:"attrs"`
		} `json:"extattr"`
	}
	if err := p.get(ctx, "/cgi-bin/user/get", url.Values{"access_token": {token}, "userid": {userID}}, &member); err != nil {
		return "", err
	}
	if err := member.judge(); err != nil {
		return "", err
	}
	if member.UserID != userID {
		return "", refused("answer_malformed", "asked of one member, told of another")
	}
	if p.config.Number == "alias" {
		return member.Alias, nil
	}
	for _, a := range member.Extra.Attributes {
		if a.Name == p.config.Number {
			return a.Text.Value, nil
		}
	}
	return "", nil
}

// Try implements org.Peer.
func (p *weComPeer) Try(ctx context.Context, _ string) []org.Finding {
	_, err := p.accessToken(ctx)
	return []org.Finding{finding("token", err)}
}
