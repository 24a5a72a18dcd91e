package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Tokens are the keys of programs outside.
type Tokens struct {
	Store org.TokenStore
}

const (
	tokenMark   = "zx_" // by it a scanner of leaked secrets knows one of ours
	tokenPrefix = len(tokenMark) + 6
)

// NewToken is what a token is made of.
type NewToken struct {
	Name        string
	Permissions []org.Permission
	UnitID      string // "" is the whole institution
	PerMinute   int    // 0 is org.TokenRate
	ExpiresAt   time.Time
}

func newTokenSecret() (secret, prefix string, hash []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	secret = tokenMark + base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(secret))
	return secret, secret[:tokenPrefix], sum[:]
}

// Create makes a token and returns its secret, which nobody can read again.
// Nobody gives what he has not got himself. Errors: those of org.Token.Check,
// Forbidden "token.more_than_own", NotFound "unit.unknown".
func (u *Tokens) Create(ctx context.Context, who Actor, in NewToken) (*org.Token, string, error) {
	secret, prefix, hash := newTokenSecret()
	t := &org.Token{
		ID: NewID(), Name: in.Name, Prefix: prefix, SecretHash: hash, Permissions: in.Permissions, PerMinute: in.PerMinute, CreatedBy: who.PersonID,
		ExpiresAt: in.ExpiresAt,
	}
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.TokenStore) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := t.Check(now); err != nil {
			return err
		}
		if in.UnitID != "" {
			id, err := ParseID(in.UnitID, "unit.unknown")
			if err != nil {
				return err
			}
			t.UnitID = &id
		}
		for _, p := range t.Permissions {
			if err := within(ctx, tx, who, p, t.UnitID); err != nil {
				return err
			}
		}
		if err := tx.InsertToken(ctx, t); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("token.create", "token", t.ID, "name", t.Name, "prefix", t.Prefix, "permissions", t.Permissions, "unit_id", in.UnitID, "expires_at", t.ExpiresAt))
	})
	if err != nil {
		return nil, "", err
	}
	t, err = u.read(ctx, t.ID)
	return t, secret, err
}

// within refuses to give a permission further than who gives it reaches.
func within(ctx context.Context, tx org.TokenStore, who Actor, p org.Permission, unitID *string) error {
	if who.CanEverywhere(p) && unitID == nil {
		return nil
	}
	if unitID == nil {
		return domain.E(domain.Forbidden, "token.more_than_own", "permission", string(p)).At("body.permissions", "token.more_than_own", "permission", string(p))
	}
	found, err := tx.UnitsForShare(ctx, who.Scope(p), []string{*unitID})
	if err != nil {
		return err
	}
	if _, ok := found[*unitID]; !ok {
		return domain.E(domain.NotFound, "unit.unknown")
	}
	return nil
}

func (u *Tokens) read(ctx context.Context, id string) (t *org.Token, err error) {
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.TokenStore) error {
		t, err = tx.TokenForUpdate(ctx, id)
		return err
	})
	return t, err
}

// List returns every token, newest first, without secrets.
func (u *Tokens) List(ctx context.Context, p domain.Paging) (domain.Page[org.Token], error) {
	return u.Store.Tokens(ctx, p)
}

// Rotate gives a token a new secret; the one before lives on for a day, so that
// the program outside can be told. Errors: NotFound "token.unknown", Conflict
// "token.revoked".
func (u *Tokens) Rotate(ctx context.Context, who Actor, id string) (*org.Token, string, error) {
	secret, prefix, hash := newTokenSecret()
	t, err := u.change(ctx, id, func(ctx context.Context, tx org.TokenStore, t *org.Token, now time.Time) error {
		if err := t.Rotate(prefix, hash, now); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("token.rotate", "token", t.ID, "name", t.Name, "prefix", prefix))
	})
	return t, secret, err
}

// Revoke ends a token: the next request with it is refused. Errors: as Rotate,
// Invalid "person.reason_missing".
func (u *Tokens) Revoke(ctx context.Context, who Actor, id, reason string) (*org.Token, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return nil, domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	return u.change(ctx, id, func(ctx context.Context, tx org.TokenStore, t *org.Token, now time.Time) error {
		if err := t.Revoke(now); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("token.revoke", "token", t.ID, "name", t.Name, "prefix", t.Prefix, "reason", reason))
	})
}

func (u *Tokens) change(ctx context.Context, id string, edit func(ctx context.Context, tx org.TokenStore, t *org.Token, now time.Time) error) (*org.Token, error) {
	id, err := ParseID(id, "token.unknown")
	if err != nil {
		return nil, err
	}
	var t *org.Token
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.TokenStore) error {
		if t, err = tx.TokenForUpdate(ctx, id); err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := edit(ctx, tx, t, now); err != nil {
			return err
		}
		return tx.SaveToken(ctx, t)
	})
	return t, err
}

// Authenticate resolves the secret of a request to who acts. Nothing of it is
// remembered between requests: a token that was revoked is dead at once. Errors:
// Unauthenticated "token.unknown", TooMany "token.too_many".
func (u *Tokens) Authenticate(ctx context.Context, secret, ip string) (Actor, error) {
	if !strings.HasPrefix(secret, tokenMark) || len(secret) > 100 {
		return Actor{}, domain.E(domain.Unauthenticated, "token.unknown")
	}
	hash := sha256.Sum256([]byte(secret))
	t, err := u.Store.UseToken(ctx, hash[:], ip)
	if domain.CodeOf(err) == domain.NotFound {
		return Actor{}, domain.E(domain.Unauthenticated, "token.unknown")
	}
	if err != nil {
		return Actor{}, err
	}
	if t.Count > t.PerMinute {
		return Actor{}, domain.E(domain.TooMany, "token.too_many", "max", t.PerMinute, "seconds", t.Wait)
	}
	a := Actor{PersonID: t.CreatedBy, TokenID: t.ID, TokenName: t.Name, Permissions: append(t.Permissions, org.PermSelf)}
	if t.UnitID == nil {
		a.Everywhere = t.Permissions
	}
	return a, nil
}
