package identity

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"zhixing/domain/org"
)

// dingTalkPeer is DingTalk (钉钉). A person is keyed by unionId; the number is the
// job number that the institution keeps in its directory.
type dingTalkPeer struct {
	noPassword
	config      org.ConnectionConfig
	secret      string
	api, oldAPI string
	now         func() time.Time
	client      *http.Client
	token       accessToken
}

const (
	dingTalkAPI    = "https://api.dingtalk.com"
	dingTalkOldAPI = "https://oapi.dingtalk.com"
)

func newDingTalk(c org.ConnectionConfig, secret string, now func() time.Time, private bool) (*dingTalkPeer, error) {
	p := &dingTalkPeer{config: c, secret: secret, api: dingTalkAPI, oldAPI: dingTalkOldAPI, now: now}
	if c.URL != "" {
		p.api, p.oldAPI = c.URL, c.URL
	}
	out, err := newOutbound(c, private, hostOf(p.api), hostOf(p.oldAPI))
	if err != nil {
		return nil, err
	}
	p.client = out.client()
	return p, nil
}

// Begin implements org.Peer.
func (p *dingTalkPeer) Begin(_ context.Context, f org.Flow) (string, error) {
	q := url.Values{
		"client_id": {p.config.ClientID}, "redirect_uri": {f.Callback}, "state": {f.State}, "response_type": {"code"},
		"scope": {"openid"}, "prompt": {"consent"},
	}
	return "https://login.dingtalk.com/oauth2/auth?" + q.Encode(), nil
}

// dingTalkError is how the new API refuses.
type dingTalkError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e dingTalkError) judge(reason string) error {
	if e.Code == "" {
		return nil
	}
	return refused(reason, e.Code+" "+e.Message)
}

// dingTalkStatus is how the old API answers.
type dingTalkStatus struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

func (s dingTalkStatus) judge(reason string) error {
	if s.Code == 0 {
		return nil
	}
	return refused(reason, s.Message)
}

// Finish implements org.Peer.
func (p *dingTalkPeer) Finish(ctx context.Context, _ org.Flow, params map[string]string) (*org.Assertion, error) {
	code := params["authCode"]
	if code == "" {
		code = params["code"]
	}
	if code == "" {
		return nil, refused("parameter_missing", "no authCode")
	}
	var user struct {
		dingTalkError
		Token string `json:"accessToken"`
	}
	err := call(ctx, p.client, http.MethodPost, p.api+"/v1.0/oauth2/userAccessToken", nil, map[string]string{
		"clientId": p.config.ClientID, "clientSecret": p.secret, "code": code, "grantType": "authorization_code",
	}, &user)
	if err != nil {
		return nil, err
	}
	if err := user.judge("ticket_refused"); err != nil {
		return nil, err
	}
	if user.Token == "" {
		return nil, refused("answer_malformed", "no user token")
	}
	var me struct {
		dingTalkError
		UnionID string `json:"unionId"`
	}
	err = call(ctx, p.client, http.MethodGet, p.api+"/v1.0/contact/users/me", http.Header{"X-Acs-Dingtalk-Access-Token": {user.Token}}, nil, &me)
	if err != nil {
		return nil, err
	}
	if err := me.judge("ticket_refused"); err != nil {
		return nil, err
	}
	if me.UnionID == "" || len(me.UnionID) > 128 {
		return nil, refused("answer_malformed", "no unionId")
	}
	number, err := p.number(ctx, me.UnionID)
	if err != nil {
		return nil, err
	}
	return &org.Assertion{Subject: me.UnionID, Number: number}, nil
}

func (p *dingTalkPeer) accessToken(ctx context.Context) (string, error) {
	return p.token.get(ctx, p.now(), func(ctx context.Context) (string, time.Duration, error) {
		var a struct {
			dingTalkError
			Token string `json:"accessToken"`
			Life  int    `json:"expireIn"`
		}
		err := call(ctx, p.client, http.MethodPost, p.api+"/v1.0/oauth2/accessToken", nil,
			map[string]string{"appKey": p.config.ClientID, "appSecret": p.secret}, &a)
		if err == nil {
			err = a.judge("client_refused")
		}
		if err == nil && a.Token == "" {
			err = refused("answer_malformed", "no access token")
		}
		return a.Token, time.Duration(a.Life) * time.Second, err
	})
}

// number finds the member in the institution's own directory: who is not in it
// is an outsider, whatever he calls himself.
func (p *dingTalkPeer) number(ctx context.Context, unionID string) (string, error) {
	token, err := p.accessToken(ctx)
	if err != nil {
		return "", err
	}
	q := "?" + url.Values{"access_token": {token}}.Encode()
	var found struct {
		dingTalkStatus
		Result struct {
			UserID string `json:"userid"`
		} `json:"result"`
	}
	err = call(ctx, p.client, http.MethodPost, p.oldAPI+"/topapi/user/getbyunionid"+q, nil, map[string]string{"unionid": unionID}, &found)
	if err == nil {
		err = found.judge("outsider")
	}
	if err != nil {
		return "", err
	}
	if found.Result.UserID == "" {
		return "", refused("outsider", "no userid")
	}
	if p.config.Number == "userid" {
		return found.Result.UserID, nil
	}
	var member struct {
		dingTalkStatus
		Result struct {
			UserID    string `json:"userid"`
			UnionID   string `json:"unionid"`
			JobNumber string `json:"job_number"`
		} `json:"result"`
	}
	err = call(ctx, p.client, http.MethodPost, p.oldAPI+"/topapi/v2/user/get"+q, nil, map[string]string{"userid": found.Result.UserID}, &member)
	if err == nil {
		err = member.judge("client_refused")
	}
	if err == nil && member.Result.UnionID != "" && member.Result.UnionID != unionID {
		err = refused("answer_malformed", "asked of one member, told of another")
	}
	return member.Result.JobNumber, err
}

// Try implements org.Peer.
func (p *dingTalkPeer) Try(ctx context.Context, _ string) []org.Finding {
	_, err := p.accessToken(ctx)
	return []org.Finding{finding("token", err)}
}
