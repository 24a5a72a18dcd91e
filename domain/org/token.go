package org

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// Token is a key by which a program outside acts: within some permissions, within
// one unit's subtree or the whole institution, until a day. Who made it answers
// for it.
type Token struct {
	ID          string
	Name        string
	Prefix      string // of the secret: by it people know one key from another
	SecretHash  []byte
	OldHash     []byte // of the secret before, good until OldUntil
	OldUntil    *time.Time
	Permissions []Permission
	UnitID      *string // nil: the whole institution
	UnitName    string  // read only
	PerMinute   int
	CreatedBy   string
	CreatorName string // read only
	CreatedAt   time.Time
	ExpiresAt   time.Time
	RevokedAt   *time.Time
	LastUsedAt  *time.Time
	LastIP      string
	Count       int // requests of this minute, this one too
	Wait        int // seconds until the next minute
}

// TokenPermissions lists what a token can be made for.
func TokenPermissions() []Permission {
	return []Permission{PermPeopleImport, PermPeopleManage, PermUnitManage}
}

// Bounds of tokens. The old secret lives on for TokenOverlap after an exchange.
const (
	TokenLife    = 366 * 24 * time.Hour
	TokenOverlap = 24 * time.Hour
	TokenRate    = 120 // requests a minute, unless another bound is given
)

// Check refuses a token that cannot be made at now. Errors: Invalid
// "token.name_form", "token.permission_unknown", "token.permission_missing",
// "token.expiry_form", "token.rate_form".
func (t *Token) Check(now time.Time) error {
	at := func(field, reason string, params ...any) error {
		return domain.E(domain.Invalid, reason, params...).At("body."+field, reason, params...)
	}
	if t.PerMinute == 0 {
		t.PerMinute = TokenRate
	}
	t.Name = strings.TrimSpace(t.Name)
	switch n := utf8.RuneCountInString(t.Name); {
	case n < 1 || n > 60 || strings.ContainsFunc(t.Name, unprintable):
		return at("name", "token.name_form")
	case len(t.Permissions) == 0:
		return at("permissions", "token.permission_missing")
	case !t.ExpiresAt.After(now) || t.ExpiresAt.Sub(now) > TokenLife:
		return at("expires_on", "token.expiry_form")
	case t.PerMinute < 1 || t.PerMinute > 6000:
		return at("per_minute", "token.rate_form", "max", 6000)
	}
	for _, p := range t.Permissions {
		if !slices.Contains(TokenPermissions(), p) {
			return at("permissions", "token.permission_unknown", "permission", string(p))
		}
	}
	slices.Sort(t.Permissions)
	t.Permissions = slices.Compact(t.Permissions)
	return nil
}

// Rotate puts a new secret in the place of the one before. Conflict
// "token.revoked".
func (t *Token) Rotate(prefix string, hash []byte, now time.Time) error {
	if t.RevokedAt != nil || !now.Before(t.ExpiresAt) {
		return domain.E(domain.Conflict, "token.revoked")
	}
	until := now.Add(TokenOverlap)
	t.OldHash, t.OldUntil, t.SecretHash, t.Prefix = t.SecretHash, &until, hash, prefix
	return nil
}

// Revoke ends a token for good; Conflict "token.revoked" when it has ended.
func (t *Token) Revoke(now time.Time) error {
	if t.RevokedAt != nil {
		return domain.E(domain.Conflict, "token.revoked")
	}
	t.RevokedAt, t.OldHash, t.OldUntil = &now, nil, nil
	return nil
}

// TokenStore keeps tokens. One that does not exist is NotFound "token.unknown".
type TokenStore interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx TokenStore) error) error
	Now(ctx context.Context) (time.Time, error)
	UnitsForShare(ctx context.Context, s domain.Scope, ids []string) (map[string]Unit, error)
	InsertToken(ctx context.Context, t *Token) error
	// Tokens lists newest first.
	Tokens(ctx context.Context, p domain.Paging) (domain.Page[Token], error)
	TokenForUpdate(ctx context.Context, id string) (*Token, error)
	SaveToken(ctx context.Context, t *Token) error
	// UseToken finds the living token of a secret's hash, and counts and dates its
	// use, in one round trip.
	UseToken(ctx context.Context, hash []byte, ip string) (*Token, error)
}
