package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Sessions is signing in and out.
type Sessions struct {
	Store     org.SessionStore
	Stand     org.ImpersonationStore
	Passwords org.PasswordHasher
	Seals     org.Sealer
	Codes     org.OneTimeCodes
	Passkeys  org.PasskeyCeremony
	Links     org.ConnectionStore
	Peers     org.PeerMaker
	PublicURL string // how browsers reach us; peers send them back there
	Product   string // how authenticators call us
	Now       func() time.Time

	cache    identityCache
	policies policyCache
	ways     waysCache
}

// Opened is a new session, or an old one with a new token. Token and DeviceToken
// are shown once, to the browser only; DeviceToken is "" when the browser has one.
type Opened struct {
	Token, DeviceToken string
	ExpiresAt          time.Time
	Identity           *org.Identity
}

// Authenticate resolves a token to who holds it. Answers are kept for one
// second, which bounds how long a revoked session lives on.
func (u *Sessions) Authenticate(ctx context.Context, token string) (*org.Identity, error) {
	if len(token) != tokenLen {
		return nil, domain.E(domain.Unauthenticated, "session.signed_out")
	}
	hash := sha256.Sum256([]byte(token))
	now := u.Now()
	if id := u.cache.get(hash, now); id != nil {
		return id, nil
	}
	id, policy, err := u.resolve(ctx, hash[:])
	if err != nil {
		return nil, err
	}
	// A limit that was shortened holds for sessions that were open before.
	if now.After(policy.SessionEnds(id.CreatedAt, id.LastSeenAt)) {
		return nil, domain.E(domain.Unauthenticated, "session.signed_out")
	}
	if now.Sub(id.LastSeenAt) > time.Minute {
		if err := u.Store.TouchSession(ctx, id.SessionID, policy.Idle(), policy.Absolute()); err != nil {
			return nil, err
		}
	}
	u.cache.put(hash, id, now)
	return id, nil
}

// resolve reads whose a token is, and what the policy asks of him.
func (u *Sessions) resolve(ctx context.Context, hash []byte) (*org.Identity, org.SignInPolicy, error) {
	id, err := u.Store.Identity(ctx, hash)
	if err != nil {
		return nil, org.SignInPolicy{}, err
	}
	policy, err := u.policy(ctx)
	if err != nil {
		return nil, policy, err
	}
	id.MustEnrol = !id.HasFactor && policy.FactorRequired(id.Careful, id.Today)
	return id, policy, nil
}

// Rotate replaces the token of a session whose holder's rights changed. The old
// one goes on for a minute, for requests under way. Nil: another request was first.
func (u *Sessions) Rotate(ctx context.Context, id *org.Identity, token string) (*Opened, error) {
	return u.rotate(ctx, id.PersonID, id.SessionID, token, false)
}

func (u *Sessions) rotate(ctx context.Context, personID, sessionID, token string, hard bool) (*Opened, error) {
	next, hash := newToken()
	old := sha256.Sum256([]byte(token))
	ok, err := u.Store.RotateToken(ctx, sessionID, old[:], hash, hard)
	u.cache.drop(personID)
	if err != nil || !ok {
		return nil, err
	}
	fresh, _, err := u.resolve(ctx, hash)
	if err != nil {
		return nil, err
	}
	return &Opened{Token: next, ExpiresAt: fresh.ExpiresAt, Identity: fresh}, nil
}

// policy is the sign-in policy in force, at most a second old.
func (u *Sessions) policy(ctx context.Context) (org.SignInPolicy, error) {
	now := u.Now()
	u.policies.mu.Lock()
	defer u.policies.mu.Unlock()
	if now.Before(u.policies.until) {
		return u.policies.policy, nil
	}
	p, err := u.Store.SignInPolicy(ctx)
	if err != nil {
		return p, err
	}
	u.policies.policy, u.policies.until = p, now.Add(identityTTL)
	return p, nil
}

type policyCache struct {
	mu     sync.Mutex
	policy org.SignInPolicy
	until  time.Time
}

type waysCache struct {
	mu    sync.Mutex
	list  []org.Connection
	until time.Time
}

func (c *policyCache) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Time{}
}

// Profile returns the actor's own person and units.
func (u *Sessions) Profile(ctx context.Context, who Actor) (*org.Profile, error) {
	return u.Store.Profile(ctx, who.PersonID)
}

// Roles returns the actor's roles of today, with what they carry.
func (u *Sessions) Roles(ctx context.Context, who Actor) ([]org.RoleDefinition, error) {
	return u.Store.HeldRoles(ctx, who.PersonID)
}

// List returns the devices on which the actor is signed in, latest first.
func (u *Sessions) List(ctx context.Context, who Actor) ([]org.Session, error) {
	return u.Store.Sessions(ctx, who.PersonID)
}

// SignOut ends the session of this request.
func (u *Sessions) SignOut(ctx context.Context, who Actor) error {
	if who.Acting != nil { // the session is not of whom he looks as
		defer u.cache.drop(who.PersonID)
		who.PersonID, who.Acting = who.Acting.ActorID, nil
	}
	return u.Revoke(ctx, who, who.SessionID)
}

// Revoke ends one session of the actor. NotFound "session.unknown".
func (u *Sessions) Revoke(ctx context.Context, who Actor, sessionID string) error {
	id, err := ParseID(sessionID, "session.unknown")
	if err != nil {
		return err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if err := tx.RevokeSession(ctx, who.PersonID, id); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("session.close", "session", id))
	})
	u.cache.drop(who.PersonID)
	return err
}

// SignOutEverywhere ends every session of the actor and returns how many.
func (u *Sessions) SignOutEverywhere(ctx context.Context, who Actor) (n int, err error) {
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if n, err = tx.RevokeSessions(ctx, who.PersonID, ""); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("session.close_all", "person", who.PersonID, "sessions", n))
	})
	u.cache.drop(who.PersonID)
	return n, err
}

const tokenLen = 43 // 256 bits in base64url

func newToken() (token string, hash []byte) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil { // never fails since Go 1.24
		panic(fmt.Sprintf("read random bytes: %v", err))
	}
	token = base64.RawURLEncoding.EncodeToString(b[:])
	h := sha256.Sum256([]byte(token))
	return token, h[:]
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// identityCache spares a query per request; entries live one second.
type identityCache struct {
	mu sync.RWMutex
	m  map[[32]byte]cachedIdentity
}

type cachedIdentity struct {
	id    *org.Identity
	until time.Time
}

const (
	identityTTL      = time.Second
	identityCacheMax = 100_000
)

func (c *identityCache) get(k [32]byte, now time.Time) *org.Identity {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if e, ok := c.m[k]; ok && now.Before(e.until) {
		return e.id
	}
	return nil
}

func (c *identityCache) put(k [32]byte, id *org.Identity, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= identityCacheMax {
		c.m = make(map[[32]byte]cachedIdentity)
	}
	c.m[k] = cachedIdentity{id, now.Add(identityTTL)}
}

func (c *identityCache) forget(k [32]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, k)
}

func (c *identityCache) drop(personID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, e := range c.m {
		if e.id.PersonID == personID {
			delete(c.m, k)
		}
	}
}
