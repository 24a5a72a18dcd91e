package identity

import (
	"context"
	"sync"
	"time"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Peers is org.PeerMaker. It keeps what it made for a while, so that keys and
// access tokens of a peer are not fetched for each sign-in.
type Peers struct {
	Now     func() time.Time
	Private bool // lets tests speak to loopback

	mu   sync.Mutex
	made map[string]madePeer
}

type madePeer struct {
	version int
	until   time.Time
	peer    org.Peer
}

var _ org.PeerMaker = (*Peers)(nil)

const peerLife = 10 * time.Minute

// Peer implements org.PeerMaker.
func (m *Peers) Peer(c org.Connection, secret string) (org.Peer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.Now()
	if p, ok := m.made[c.ID]; ok && c.ID != "" && p.version == c.Version && now.Before(p.until) {
		return p.peer, nil
	}
	peer, err := m.peer(c, secret)
	if err != nil || c.ID == "" {
		return peer, err
	}
	if m.made == nil {
		m.made = map[string]madePeer{}
	}
	m.made[c.ID] = madePeer{c.Version, now.Add(peerLife), peer}
	return peer, nil
}

func (m *Peers) peer(c org.Connection, secret string) (org.Peer, error) {
	switch c.Kind {
	case org.ConnectionOIDC:
		return newOIDC(c.Config, secret, m.Now, m.Private)
	case org.ConnectionCAS:
		return newCAS(c.Config, m.Private)
	case org.ConnectionLDAP:
		return newLDAP(c.Config, secret, m.Private)
	case org.ConnectionWeCom:
		return newWeCom(c.Config, secret, m.Now, m.Private)
	case org.ConnectionDingTalk:
		return newDingTalk(c.Config, secret, m.Now, m.Private)
	}
	return nil, domain.E(domain.Invalid, "identity.kind_unknown")
}

// noPassword is what a peer without a password form says to one.
type noPassword struct{}

// Password implements org.Peer.
func (noPassword) Password(context.Context, string, string) (*org.Assertion, error) {
	return nil, domain.E(domain.Invalid, "identity.kind_unknown")
}

// accessToken keeps a peer's access token until shortly before its end.
type accessToken struct {
	mu    sync.Mutex
	value string
	until time.Time
}

func (t *accessToken) get(ctx context.Context, now time.Time, fetch func(context.Context) (string, time.Duration, error)) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value != "" && now.Before(t.until) {
		return t.value, nil
	}
	value, life, err := fetch(ctx)
	if err != nil {
		return "", err
	}
	t.value, t.until = value, now.Add(min(max(life-5*time.Minute, 0), 2*time.Hour))
	return value, nil
}
