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
	Passwords org.PasswordHasher
	Now       func() time.Time

	cache identityCache
}

// SignIn is what a person gives at the door. Device is a random id that the
// browser keeps.
type SignIn struct {
	Number, Password, DeviceID, UserAgent, IP, RequestID string
}

// Opened is a new session. Token is shown once, to the browser only.
type Opened struct {
	Token     string
	ExpiresAt time.Time
	Identity  *org.Identity
}

// SignIn checks number and password and opens a session.
// Errors: Unauthenticated "session.wrong_password" (also for an unknown number,
// after the same work), TooMany "session.throttled" with seconds to wait.
func (u *Sessions) SignIn(ctx context.Context, in SignIn) (*Opened, error) {
	keys := []string{"account:" + in.Number}
	if in.DeviceID != "" {
		keys = append(keys, "device:"+in.DeviceID)
	}
	now, err := u.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	until, err := u.Store.BlockedUntil(ctx, keys...)
	if err != nil {
		return nil, err
	}
	if until.After(now) {
		return nil, domain.E(domain.TooMany, "session.throttled", "seconds", int(until.Sub(now).Seconds())+1)
	}
	acc, person, err := u.Store.AccountByNumber(ctx, in.Number)
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return nil, err
	}
	hash := decoyHash
	if acc != nil {
		hash = acc.PasswordHash
	}
	ok, stale, err := u.Passwords.Verify(ctx, in.Password, hash)
	if err != nil {
		return nil, err
	}
	if acc == nil || !ok || acc.DisabledAt != nil {
		return nil, u.refuse(ctx, in, acc, keys)
	}
	if stale {
		if acc.PasswordHash, err = u.Passwords.Hash(ctx, in.Password); err != nil {
			return nil, err
		}
	}
	return u.open(ctx, in, acc, person, keys, now, stale)
}

// decoyHash makes an unknown number cost as much as a known one. It is the hash
// of a random string that nobody kept.
const decoyHash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zt1gq0pFNX6Y0sT0Q0uF5o1mV0vJqkq6o4m8p1rYx3w"

func (u *Sessions) refuse(ctx context.Context, in SignIn, acc *org.Account, keys []string) error {
	actor := Actor{RequestID: in.RequestID, IP: in.IP}
	if acc != nil {
		actor.PersonID = acc.PersonID
	}
	return first(
		u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
			for _, k := range keys {
				if _, err := tx.CountFailure(ctx, k, org.ThrottleWait); err != nil {
					return err
				}
			}
			if acc == nil { // unknown numbers would let anyone grow the log
				return nil
			}
			return tx.Audit(ctx, actor.Did("session.refuse", "person", acc.PersonID))
		}),
		domain.E(domain.Unauthenticated, "session.wrong_password"))
}

func (u *Sessions) open(ctx context.Context, in SignIn, acc *org.Account, person *org.Person, keys []string, now time.Time, rehash bool) (*Opened, error) {
	token, hash := newToken()
	s := &org.Session{
		ID: NewID(), TokenHash: hash, PersonID: person.ID, DeviceID: in.DeviceID, UserAgent: in.UserAgent,
		IP: in.IP, CreatedAt: now, LastSeenAt: now, ExpiresAt: org.SessionEnds(now, now),
	}
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if rehash {
			if err := tx.SaveAccount(ctx, acc); err != nil {
				return err
			}
		}
		if err := tx.ClearFailures(ctx, keys...); err != nil {
			return err
		}
		if err := tx.InsertSession(ctx, s); err != nil {
			return err
		}
		actor := Actor{PersonID: person.ID, RequestID: in.RequestID, IP: in.IP}
		return tx.Audit(ctx, actor.Did("session.open", "session", s.ID, "device_id", in.DeviceID))
	})
	if err != nil {
		return nil, err
	}
	id, err := u.Store.Identity(ctx, hash)
	if err != nil {
		return nil, err
	}
	return &Opened{Token: token, ExpiresAt: s.ExpiresAt, Identity: id}, nil
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
	id, err := u.Store.Identity(ctx, hash[:])
	if err != nil {
		return nil, err
	}
	if now.Sub(id.LastSeenAt) > time.Minute {
		if err := u.Store.TouchSession(ctx, id.SessionID, now.Add(org.SessionIdle)); err != nil {
			return nil, err
		}
	}
	u.cache.put(hash, id, now)
	return id, nil
}

// Profile returns the actor's own person and units.
func (u *Sessions) Profile(ctx context.Context, who Actor) (*org.Profile, error) {
	return u.Store.Profile(ctx, who.PersonID)
}

// List returns the devices on which the actor is signed in, latest first.
func (u *Sessions) List(ctx context.Context, who Actor) ([]org.Session, error) {
	return u.Store.Sessions(ctx, who.PersonID)
}

// SignOut ends the session of this request.
func (u *Sessions) SignOut(ctx context.Context, who Actor) error {
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

// ChangePassword sets a new password and ends every other session.
// Errors: Invalid "session.wrong_current_password", "session.password_…".
func (u *Sessions) ChangePassword(ctx context.Context, who Actor, current, next string) error {
	acc, person, err := u.Store.Account(ctx, who.PersonID)
	if err != nil {
		return err
	}
	ok, _, err := u.Passwords.Verify(ctx, current, acc.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return domain.E(domain.Invalid, "session.wrong_current_password").At("body.current", "session.wrong_current_password")
	}
	if err := org.CheckPassword(next, person.Number); err != nil {
		return err
	}
	if acc.PasswordHash, err = u.Passwords.Hash(ctx, next); err != nil {
		return err
	}
	acc.MustChange = false
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if err := tx.SaveAccount(ctx, acc); err != nil {
			return err
		}
		if _, err := tx.RevokeSessions(ctx, who.PersonID, who.SessionID); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("session.change_password", "person", who.PersonID))
	})
	u.cache.drop(who.PersonID)
	return err
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

func (c *identityCache) drop(personID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, e := range c.m {
		if e.id.PersonID == personID {
			delete(c.m, k)
		}
	}
}
