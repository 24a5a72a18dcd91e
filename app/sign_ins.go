package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Door is from where somebody signs in. DeviceID is a random name that the page
// keeps; DeviceToken is the cookie of a device that signed in before; Token is
// that of the session the browser had, which ends.
type Door struct {
	DeviceID, DeviceToken, Token string
	UserAgent, IP, RequestID     string
}

// SignIn is what a person gives at the door. Password may be a one-time code.
type SignIn struct {
	Number, Password string
	Door
}

// SignIn checks number and password, or one-time code, and opens a session that
// may still owe a second factor.
// Errors: Unauthenticated "session.wrong_password" (also for an unknown number,
// after the same work) and "session.password_closed" when only break-glass
// administrators sign in by password, TooMany "session.throttled" with seconds.
func (u *Sessions) SignIn(ctx context.Context, in SignIn) (*Opened, error) {
	policy, err := u.policy(ctx)
	if err != nil {
		return nil, err
	}
	acc, person, err := u.Store.AccountByNumber(ctx, in.Number)
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return nil, err
	}
	lane, err := u.laneOf(ctx, policy, in, acc)
	if err != nil {
		return nil, err
	}
	wait, err := u.Store.Take(ctx, lane)
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		return nil, domain.E(domain.TooMany, "session.throttled", "seconds", int(wait.Seconds())+1)
	}
	method, ok, stale, err := u.judge(ctx, in, acc)
	if err != nil {
		return nil, err
	}
	byCode := method == org.MethodCode
	if policy.LocalOnly && !byCode && (acc == nil || !acc.BreakGlass || !ok) {
		// Right or wrong, known or not: one answer.
		return nil, u.refuse(ctx, in.Door, acc, "session.password_closed")
	}
	if acc == nil || !ok || acc.DisabledAt != nil {
		return nil, u.refuse(ctx, in.Door, acc, "session.wrong_password")
	}
	if byCode {
		if ok, err := u.Store.UseCode(ctx, acc.PersonID, acc.CodeHash); err != nil || !ok {
			return nil, first(err, u.refuse(ctx, in.Door, acc, "session.wrong_password"))
		}
		acc.MustChange = true
	}
	if stale {
		if acc.PasswordHash, err = u.Passwords.Hash(ctx, in.Password); err != nil {
			return nil, err
		}
	}
	if err := u.Store.GiveBack(ctx, lane); err != nil {
		return nil, err
	}
	return u.open(ctx, opening{policy: policy, door: in.Door, acc: acc, person: person, method: method, rehash: stale})
}

// laneOf chooses what bounds this guess.
func (u *Sessions) laneOf(ctx context.Context, policy org.SignInPolicy, in SignIn, acc *org.Account) (org.Lane, error) {
	if org.OneTimeCode(in.Password) {
		return org.CodeLane(in.Number), nil
	}
	known := ""
	if acc != nil && len(in.DeviceToken) == tokenLen {
		hash := sha256.Sum256([]byte(in.DeviceToken))
		knows, err := u.Store.KnowsDevice(ctx, acc.PersonID, hash[:], u.Now().AddDate(0, 0, -policy.RememberDays))
		if err != nil {
			return org.Lane{}, err
		}
		if knows {
			known = hex.EncodeToString(hash[:8])
		}
	}
	return org.PasswordLane(in.Number, known, policy.InHall(in.IP)), nil
}

// judge does the same slow work whoever asks and whatever is right.
func (u *Sessions) judge(ctx context.Context, in SignIn, acc *org.Account) (method string, ok, stale bool, err error) {
	hash := decoyHash
	method = org.MethodPassword
	switch {
	case org.OneTimeCode(in.Password) && acc != nil && acc.CodeHash != "" && acc.CodeExpiresAt.After(u.Now()):
		hash, method = acc.CodeHash, org.MethodCode
	case acc != nil && acc.PasswordHash != "":
		hash = acc.PasswordHash
	}
	ok, stale, err = u.Passwords.Verify(ctx, in.Password, hash)
	return method, ok && hash != decoyHash, stale && hash != decoyHash && method == org.MethodPassword, err
}

// decoyHash makes an unknown number cost as much as a known one. It is the hash
// of a random string that nobody kept.
const decoyHash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zt1gq0pFNX6Y0sT0Q0uF5o1mV0vJqkq6o4m8p1rYx3w"

func (u *Sessions) refuse(ctx context.Context, door Door, acc *org.Account, reason string) error {
	refused := domain.E(domain.Unauthenticated, reason)
	if acc == nil { // unknown numbers would let anyone grow the log
		return refused
	}
	actor := Actor{PersonID: acc.PersonID, RequestID: door.RequestID, IP: door.IP}
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		return tx.Audit(ctx, actor.Did("session.refuse", "person", acc.PersonID, "reason", reason))
	})
	return first(err, refused)
}

// opening is a session about to be opened: everything was checked but the second
// factor.
type opening struct {
	policy     org.SignInPolicy
	door       Door
	acc        *org.Account
	person     *org.Person
	method     string
	rehash     bool
	factorDone bool // the first proof was two factors in one
	link       string
}

func (u *Sessions) open(ctx context.Context, o opening) (*Opened, error) {
	now, err := u.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	token, hash := newToken()
	s := &org.Session{
		ID: NewID(), TokenHash: hash, PersonID: o.person.ID, DeviceID: o.door.DeviceID, UserAgent: o.door.UserAgent, IP: o.door.IP,
		Method: o.method, NeedsFactor: o.acc.HasFactor() && !o.factorDone, AuthAt: now, CreatedAt: now, LastSeenAt: now,
		ExpiresAt: o.policy.SessionEnds(now, now),
	}
	if s.NeedsFactor {
		s.ExpiresAt = now.Add(org.HalfwayFor)
	}
	ended := o.method == org.MethodPassword && !o.acc.MustChange && o.policy.PasswordEnded(o.acc.ChangedAt, now)
	out := &Opened{Token: token, ExpiresAt: s.ExpiresAt}
	device := sha256.Sum256([]byte(o.door.DeviceToken))
	deviceHash := device[:]
	if len(o.door.DeviceToken) != tokenLen {
		out.DeviceToken, deviceHash = newToken()
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if o.rehash || ended {
			o.acc.MustChange = o.acc.MustChange || ended
			if err := tx.SaveAccount(ctx, o.acc); err != nil {
				return err
			}
		}
		if len(o.door.Token) == tokenLen { // the browser's session before this one
			before := sha256.Sum256([]byte(o.door.Token))
			if err := tx.RevokeToken(ctx, before[:]); err != nil {
				return err
			}
		}
		if err := tx.RememberDevice(ctx, o.person.ID, deviceHash); err != nil {
			return err
		}
		if err := tx.InsertSession(ctx, s); err != nil {
			return err
		}
		return u.auditOpen(ctx, tx, o, s)
	})
	if err != nil {
		return nil, err
	}
	u.cache.forget(sha256.Sum256([]byte(o.door.Token)))
	out.Identity, _, err = u.resolve(ctx, hash)
	return out, err
}

func (u *Sessions) auditOpen(ctx context.Context, tx org.SessionStore, o opening, s *org.Session) error {
	actor := Actor{PersonID: o.person.ID, RequestID: o.door.RequestID, IP: o.door.IP}
	if o.acc.BreakGlass && o.method == org.MethodPassword && o.policy.LocalOnly {
		slog.WarnContext(ctx, "break-glass sign-in", "person_id", o.person.ID, "ip", o.door.IP, "request_id", o.door.RequestID)
		if err := tx.Audit(ctx, actor.Did("session.break_glass", "session", s.ID)); err != nil {
			return err
		}
	}
	detail := []any{"device_id", o.door.DeviceID, "method", o.method, "needs_factor", s.NeedsFactor}
	if o.link != "" {
		detail = append(detail, "connection_id", o.link)
	}
	return tx.Audit(ctx, actor.Did("session.open", "session", s.ID, detail...))
}

// proved finishes a second factor or a step-up: the proof is fresh and the token
// is replaced at once.
func (u *Sessions) proved(ctx context.Context, who Actor, token, action, method string) (*Opened, error) {
	policy, err := u.policy(ctx)
	if err != nil {
		return nil, err
	}
	now, err := u.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if err := tx.Proved(ctx, who.SessionID, policy.SessionEnds(now, now)); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did(action, "session", who.SessionID, "method", method))
	})
	if err != nil {
		return nil, err
	}
	opened, err := u.rotate(ctx, who.PersonID, who.SessionID, token, true)
	if err == nil && opened == nil { // a proof at the same moment rotated it
		return nil, domain.E(domain.Unauthenticated, "session.signed_out")
	}
	return opened, err
}
