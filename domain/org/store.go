package org

import (
	"context"
	"time"

	"zhixing/domain/audit"
	"zhixing/domain/job"
)

// SessionStore keeps accounts and sessions.
type SessionStore interface {
	job.Queue
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx SessionStore) error) error
	// Now is the clock of the database.
	Now(ctx context.Context) (time.Time, error)
	// AccountByNumber returns NotFound "session.no_account" for an unknown number.
	AccountByNumber(ctx context.Context, number string) (*Account, *Person, error)
	Account(ctx context.Context, personID string) (*Account, *Person, error)
	SaveAccount(ctx context.Context, a *Account) error
	// BlockedUntil returns the latest end of a block on any of the keys; zero if none.
	BlockedUntil(ctx context.Context, keys ...string) (time.Time, error)
	// CountFailure adds one failure to a key and returns the failures in a row.
	CountFailure(ctx context.Context, key string, wait func(failures int) time.Duration) (int, error)
	ClearFailures(ctx context.Context, keys ...string) error
	InsertSession(ctx context.Context, s *Session) error
	// Identity resolves a token hash. Unknown, expired, revoked and disabled are
	// all Unauthenticated "session.signed_out".
	Identity(ctx context.Context, tokenHash []byte) (*Identity, error)
	TouchSession(ctx context.Context, id string, expires time.Time) error
	Sessions(ctx context.Context, personID string) ([]Session, error)
	// RevokeSession ends one session of the person; NotFound "session.unknown".
	RevokeSession(ctx context.Context, personID, id string) error
	// RevokeSessions ends all sessions of the person but one ("" spares none).
	RevokeSessions(ctx context.Context, personID, except string) (int, error)
	Profile(ctx context.Context, personID string) (*Profile, error)
}

// PasswordHasher hashes slowly, a bounded number at a time.
type PasswordHasher interface {
	Hash(ctx context.Context, password string) (string, error)
	// Verify reports whether the password fits, and whether the hash is of an
	// older strength and should be made again.
	Verify(ctx context.Context, password, hash string) (ok, stale bool, err error)
}
