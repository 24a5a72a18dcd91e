package app

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"zhixing/domain"
	"zhixing/domain/org"
)

// flowLife is how long a browser may be away at a peer.
const flowLife = 10 * time.Minute

// Begun is a browser sent to a peer. BrowserToken is a cookie that ties the way
// back to this browser.
type Begun struct{ URL, BrowserToken string }

// BeginExternal sends the browser to a peer. returnTo is where the page goes
// afterwards; inApp is inside WeChat Work's own browser. NotFound
// "identity.connection_unknown" for one that is unknown or off.
func (u *Sessions) BeginExternal(ctx context.Context, connectionID, returnTo string, inApp bool) (*Begun, error) {
	c, peer, err := u.peer(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	f := org.Flow{Callback: u.callback(), InApp: inApp}
	var stateHash []byte
	f.State, stateHash = newToken()
	f.Nonce, _ = newToken()
	f.Verifier, _ = newToken()
	address, err := peer.Begin(ctx, f)
	if err != nil {
		return nil, u.noted(ctx, c, err)
	}
	secrets, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode flow: %w", err)
	}
	sealed, err := u.Seals.Seal("identity_flows", secrets)
	if err != nil {
		return nil, err
	}
	token, browserHash := newToken()
	row := &org.FlowRow{StateHash: stateHash, BrowserHash: browserHash, ConnectionID: c.ID, Secrets: sealed, ReturnTo: org.SafeReturn(returnTo)}
	if err := u.Links.InsertFlow(ctx, row, flowLife); err != nil {
		return nil, err
	}
	return &Begun{URL: address, BrowserToken: token}, nil
}

func (u *Sessions) callback() string { return u.PublicURL + "/sign-in/callback" }

func (u *Sessions) peer(ctx context.Context, connectionID string) (*org.Connection, org.Peer, error) {
	id, err := ParseID(connectionID, "identity.connection_unknown")
	if err != nil {
		return nil, nil, err
	}
	c, err := u.Links.Connection(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if !c.Enabled {
		return nil, nil, domain.E(domain.NotFound, "identity.connection_unknown")
	}
	peer, err := u.peerOf(c)
	return c, peer, err
}

func (u *Sessions) peerOf(c *org.Connection) (org.Peer, error) {
	secret := ""
	if c.Secret != "" {
		open, err := u.Seals.Open(connectionPurpose(c.ID), c.Secret)
		if err != nil {
			return nil, fmt.Errorf("secret of connection %s: %w", c.ID, err)
		}
		secret = string(open)
	}
	return u.Peers.Peer(*c, secret)
}

// FinishExternal takes the browser back from a peer: query is the raw query
// string it came with. It opens a session for the person that the peer vouched
// for, and never makes one up. Errors: Unauthenticated "identity.…".
func (u *Sessions) FinishExternal(ctx context.Context, door Door, browserToken, query string) (*Opened, string, error) {
	params, err := single(query)
	if err != nil {
		return nil, "", err
	}
	stateHash, browserHash := sha256.Sum256([]byte(params["state"])), sha256.Sum256([]byte(browserToken))
	if params["state"] == "" || browserToken == "" {
		return nil, "", domain.E(domain.Unauthenticated, "identity.flow_over")
	}
	row, err := u.Links.TakeFlow(ctx, stateHash[:], browserHash[:])
	if err != nil {
		return nil, "", err
	}
	secrets, err := u.Seals.Open("identity_flows", row.Secrets)
	if err != nil {
		return nil, "", err
	}
	var f org.Flow
	if err := json.Unmarshal(secrets, &f); err != nil {
		return nil, "", fmt.Errorf("decode flow: %w", err)
	}
	c, peer, err := u.peer(ctx, row.ConnectionID)
	if err != nil {
		return nil, "", err
	}
	a, err := peer.Finish(ctx, f, params)
	if err != nil {
		return nil, "", u.noted(ctx, c, err)
	}
	opened, err := u.openFor(ctx, door, c, a)
	return opened, row.ReturnTo, err
}

// single reads a query whose every parameter comes once: two of one name are
// read differently by different readers.
func single(query string) (map[string]string, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, domain.E(domain.Unauthenticated, "identity.answer_malformed")
	}
	out := map[string]string{}
	for k, v := range values {
		if len(v) != 1 {
			return nil, domain.E(domain.Unauthenticated, "identity.duplicate_parameter")
		}
		out[k] = v[0]
	}
	return out, nil
}

// SignInDirectory opens a session by name and password of a directory. Errors:
// Unauthenticated "identity.password_wrong", TooMany "session.throttled".
func (u *Sessions) SignInDirectory(ctx context.Context, door Door, connectionID, name, password string) (*Opened, error) {
	c, peer, err := u.peer(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	if c.Kind != org.ConnectionLDAP {
		return nil, domain.E(domain.NotFound, "identity.connection_unknown")
	}
	lane := org.DirectoryLane(c.ID, name)
	if err := u.take(ctx, lane); err != nil {
		return nil, err
	}
	a, err := peer.Password(ctx, name, password)
	if err != nil {
		if domain.CodeOf(err) == domain.Unavailable { // nothing was guessed
			return nil, first(u.Store.GiveBack(ctx, lane), u.noted(ctx, c, err))
		}
		return nil, u.noted(ctx, c, err)
	}
	if err := u.Store.GiveBack(ctx, lane); err != nil {
		return nil, err
	}
	return u.openFor(ctx, door, c, a)
}

// noted logs what a peer said; people are told the reason alone.
func (u *Sessions) noted(ctx context.Context, c *org.Connection, err error) error {
	slog.WarnContext(ctx, "identity peer refused or refuses", "connection_id", c.ID, "kind", c.Kind, "error", err)
	return err
}

// openFor finds the person: by the link, or once by the number, and opens a
// session. Who cannot be let in is noted for staff.
func (u *Sessions) openFor(ctx context.Context, door Door, c *org.Connection, a *org.Assertion) (*Opened, error) {
	link, err := u.Links.Link(ctx, c.ID, a.Subject)
	if domain.CodeOf(err) == domain.NotFound {
		link, err = u.linkByNumber(ctx, door, c, a)
	}
	if err != nil {
		return nil, err
	}
	policy, err := u.policy(ctx)
	if err != nil {
		return nil, err
	}
	acc, person, err := u.Store.Account(ctx, link.PersonID)
	if err != nil {
		return nil, err
	}
	if acc.DisabledAt != nil {
		return nil, u.refuse(ctx, door, acc, "identity.account_disabled")
	}
	if err := u.Links.LinkUsed(ctx, link.ID); err != nil {
		return nil, err
	}
	acc.MustChange = false // no password was used
	return u.open(ctx, opening{policy: policy, door: door, acc: acc, person: person, method: org.MethodExternal, link: c.ID})
}

func (u *Sessions) linkByNumber(ctx context.Context, door Door, c *org.Connection, a *org.Assertion) (*org.Link, error) {
	link := &org.Link{ID: NewID(), ConnectionID: c.ID, Subject: a.Subject}
	reason := ""
	switch {
	case !c.Config.LinkNumber:
		reason = "identity.not_linked"
	case a.Number == "":
		reason = "identity.number_missing"
	}
	if reason == "" {
		err := u.Links.InTx(ctx, func(ctx context.Context, tx org.ConnectionStore) error {
			person, err := tx.PersonByNumber(ctx, a.Number)
			if err != nil {
				return err
			}
			// What such a person may do is too much to rest on a number that staff keep.
			switch holds, err := tx.HoldsGrant(ctx, person.ID); {
			case err != nil:
				return err
			case holds:
				return domain.E(domain.Conflict, "identity.holds_roles")
			}
			link.PersonID = person.ID
			if err := tx.OpenAccount(ctx, person.ID); err != nil {
				return err
			}
			if err := tx.InsertLink(ctx, link); err != nil {
				return err
			}
			actor := Actor{PersonID: person.ID, RequestID: door.RequestID, IP: door.IP}
			return tx.Audit(ctx, actor.Did("identity.link", "person", person.ID, "connection_id", c.ID, "subject", a.Subject))
		})
		if err == nil {
			return link, nil
		}
		if code := domain.CodeOf(err); code != domain.NotFound && code != domain.Conflict {
			return nil, err
		}
		reason = domain.ReasonOf(err)
	}
	noted := u.Links.NoteConflict(ctx, &org.IdentityConflict{ID: NewID(), ConnectionID: c.ID, Subject: a.Subject, Number: clip(a.Number, 64), Reason: reason})
	return nil, first(noted, domain.E(domain.Unauthenticated, reason))
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// Ways lists the peers that the sign-in page offers; at most a second old.
func (u *Sessions) Ways(ctx context.Context) ([]org.Connection, error) {
	now := u.Now()
	u.ways.mu.Lock()
	defer u.ways.mu.Unlock()
	if now.Before(u.ways.until) {
		return u.ways.list, nil
	}
	all, err := u.Links.Connections(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]org.Connection, 0, len(all))
	for _, c := range all {
		if c.Enabled {
			list = append(list, c)
		}
	}
	u.ways.list, u.ways.until = list, now.Add(identityTTL)
	return list, nil
}

// MyLinks tells by which peers the actor signs in.
func (u *Sessions) MyLinks(ctx context.Context, who Actor) ([]org.Link, error) {
	return u.Links.LinksOf(ctx, who.PersonID)
}

// Unlink takes one of the actor's own links away. NotFound "identity.not_linked".
func (u *Sessions) Unlink(ctx context.Context, who Actor, id string) error {
	return unlink(ctx, u.Links, who, id, who.PersonID)
}

func unlink(ctx context.Context, store org.ConnectionStore, who Actor, id, personID string) error {
	id, err := ParseID(id, "identity.not_linked")
	if err != nil {
		return err
	}
	return store.InTx(ctx, func(ctx context.Context, tx org.ConnectionStore) error {
		l, err := tx.RemoveLink(ctx, id, personID)
		if err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("identity.unlink", "person", l.PersonID, "connection_id", l.ConnectionID, "subject", l.Subject))
	})
}
