package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/org"
)

// SessionStore is org.SessionStore.
type SessionStore struct{ base }

// Sessions returns the store of accounts and sessions.
func (db *DB) Sessions() *SessionStore { return &SessionStore{db.base()} }

var _ org.SessionStore = (*SessionStore)(nil)

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`
	org.Session
}

// InTx implements org.SessionStore.
func (s *SessionStore) InTx(ctx context.Context, fn func(context.Context, org.SessionStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &SessionStore{tx}) })
}

// AccountByNumber implements org.SessionStore.
func (s *SessionStore) AccountByNumber(ctx context.Context, number string) (*org.Account, *org.Person, error) {
	return s.account(ctx, "p.number = ?", number)
}

// Account implements org.SessionStore.
func (s *SessionStore) Account(ctx context.Context, personID string) (*org.Account, *org.Person, error) {
	return s.account(ctx, "p.id = ?", personID)
}

func (s *SessionStore) account(ctx context.Context, where string, arg any) (*org.Account, *org.Person, error) {
	var row struct {
		PersonID     string
		PasswordHash string
		MustChange   bool
		DisabledAt   *time.Time
		Number, Name string
	}
	err := s.db.NewSelect().TableExpr("accounts AS a").Join("JOIN people AS p ON p.id = a.person_id").
		ColumnExpr("a.person_id, a.password_hash, a.must_change, a.disabled_at, p.number, p.name").
		Where(where, arg).Scan(ctx, &row)
	if err != nil {
		return nil, nil, fail(err, "read account", "session.no_account")
	}
	return &org.Account{PersonID: row.PersonID, PasswordHash: row.PasswordHash, MustChange: row.MustChange, DisabledAt: row.DisabledAt},
		&org.Person{ID: row.PersonID, Number: row.Number, Name: row.Name}, nil
}

// SaveAccount implements org.SessionStore.
func (s *SessionStore) SaveAccount(ctx context.Context, a *org.Account) error {
	_, err := s.db.NewRaw(`INSERT INTO accounts (person_id, password_hash, must_change, disabled_at) VALUES (?, ?, ?, ?)
ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash, must_change = excluded.must_change,
  disabled_at = excluded.disabled_at, changed_at = clock_timestamp()`,
		a.PersonID, a.PasswordHash, a.MustChange, a.DisabledAt).Exec(ctx)
	return fail(err, "save account", "")
}

// BlockedUntil implements org.SessionStore.
func (s *SessionStore) BlockedUntil(ctx context.Context, keys ...string) (time.Time, error) {
	var t *time.Time
	err := s.db.NewRaw("SELECT max(blocked_until) FROM sign_in_failures WHERE key IN (?)", bun.List(keys)).Scan(ctx, &t)
	if err != nil || t == nil {
		return time.Time{}, fail(err, "read sign-in throttle", "")
	}
	return *t, nil
}

// CountFailure implements org.SessionStore.
func (s *SessionStore) CountFailure(ctx context.Context, key string, wait func(int) time.Duration) (int, error) {
	var n int
	err := s.db.NewRaw(`INSERT INTO sign_in_failures AS f (key, failures, last_at, blocked_until) VALUES (?, 1, clock_timestamp(), clock_timestamp())
ON CONFLICT (key) DO UPDATE SET last_at = clock_timestamp(),
  failures = CASE WHEN f.last_at < clock_timestamp() - interval '1 day' THEN 1 ELSE f.failures + 1 END
RETURNING failures`, key).Scan(ctx, &n)
	if err != nil {
		return 0, fail(err, "count sign-in failure", "")
	}
	_, err = s.db.NewRaw("UPDATE sign_in_failures SET blocked_until = clock_timestamp() + ?::interval WHERE key = ?",
		fmt.Sprintf("%d milliseconds", wait(n).Milliseconds()), key).Exec(ctx)
	return n, fail(err, "count sign-in failure", "")
}

// ClearFailures implements org.SessionStore.
func (s *SessionStore) ClearFailures(ctx context.Context, keys ...string) error {
	_, err := s.db.NewRaw("DELETE FROM sign_in_failures WHERE key IN (?)", bun.List(keys)).Exec(ctx)
	return fail(err, "clear sign-in failures", "")
}

// InsertSession implements org.SessionStore.
func (s *SessionStore) InsertSession(ctx context.Context, v *org.Session) error {
	_, err := s.db.NewInsert().Model(&sessionRow{Session: *v}).Exec(ctx)
	return fail(err, "insert session", "")
}

// Identity implements org.SessionStore in one round trip.
func (s *SessionStore) Identity(ctx context.Context, tokenHash []byte) (*org.Identity, error) {
	id := &org.Identity{}
	var roles, perms []string
	err := s.pool.QueryRow(ctx, `
SELECT s.id, s.person_id, s.last_seen_at, s.expires_at, a.must_change,
  coalesce((SELECT array_agg(DISTINCT g.role) FROM grants g WHERE g.person_id = s.person_id AND g.period @> civil_today()), '{}'),
  coalesce((SELECT array_agg(DISTINCT rp.permission) FROM grants g JOIN role_permissions rp ON rp.role = g.role
            WHERE g.person_id = s.person_id AND g.period @> civil_today()), '{}')
FROM sessions s JOIN accounts a ON a.person_id = s.person_id AND a.disabled_at IS NULL
WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()`, tokenHash).
		Scan(&id.SessionID, &id.PersonID, &id.LastSeenAt, &id.ExpiresAt, &id.MustChange, &roles, &perms)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, domain.E(domain.Unauthenticated, "session.signed_out")
	}
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	id.Roles = append(id.Roles, org.RoleLearner)
	id.Permissions = append(id.Permissions, org.RoleLearner.Permissions()...)
	for _, r := range roles {
		if r != string(org.RoleLearner) {
			id.Roles = append(id.Roles, org.Role(r))
		}
	}
	for _, p := range perms {
		id.Permissions = append(id.Permissions, org.Permission(p))
	}
	return id, nil
}

// TouchSession implements org.SessionStore; it never goes past the absolute end.
func (s *SessionStore) TouchSession(ctx context.Context, id string, expires time.Time) error {
	_, err := s.pool.Exec(ctx, `UPDATE sessions SET last_seen_at = clock_timestamp(),
expires_at = least($2, created_at + $3 * interval '1 second') WHERE id = $1 AND revoked_at IS NULL`,
		id, expires, org.SessionAbsolute.Seconds())
	return fail(err, "touch session", "")
}

// Sessions implements org.SessionStore.
func (s *SessionStore) Sessions(ctx context.Context, personID string) ([]org.Session, error) {
	var rows []sessionRow
	err := s.db.NewSelect().Model(&rows).Where("person_id = ? AND revoked_at IS NULL AND expires_at > clock_timestamp()", personID).
		OrderExpr("last_seen_at DESC, id DESC").Limit(100).Scan(ctx)
	if err != nil {
		return nil, fail(err, "list sessions", "")
	}
	out := make([]org.Session, len(rows))
	for i, r := range rows {
		out[i] = r.Session
	}
	return out, nil
}

// RevokeSession implements org.SessionStore.
func (s *SessionStore) RevokeSession(ctx context.Context, personID, id string) error {
	res, err := s.db.NewRaw("UPDATE sessions SET revoked_at = clock_timestamp() WHERE id = ? AND person_id = ? AND revoked_at IS NULL", id, personID).Exec(ctx)
	return mustAffect(res, err, "revoke session", "session.unknown")
}

// Profile implements org.SessionStore.
func (s *SessionStore) Profile(ctx context.Context, personID string) (*org.Profile, error) {
	var row profileRow
	if err := s.db.NewRaw("SELECT "+profileColumns+" FROM people p"+profileJoins+" WHERE p.id = ?", personID).Scan(ctx, &row); err != nil {
		return nil, fail(err, "read profile", "person.unknown")
	}
	p := row.profile()
	return &p, nil
}
