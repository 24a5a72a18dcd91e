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

// InsertSession implements org.SessionStore.
func (s *SessionStore) InsertSession(ctx context.Context, v *org.Session) error {
	row := sessionRow{Session: *v}
	if row.Method == "" {
		row.Method = org.MethodPassword
	}
	if row.AuthAt.IsZero() {
		row.AuthAt = row.CreatedAt
	}
	_, err := s.db.NewInsert().Model(&row).Exec(ctx)
	return fail(err, "insert session", "")
}

const selectIdentity = `
SELECT s.id, coalesce(i.person_id, s.person_id), s.method, s.created_at, s.last_seen_at, s.expires_at, a.must_change AND s.method IN ('password', 'code'), s.needs_factor,
  a.totp_secret <> '' OR EXISTS (SELECT 1 FROM passkeys k WHERE k.person_id = s.person_id),
  s.auth_at > clock_timestamp() - $2 * interval '1 second', s.rotate_due AND s.token_hash = $1, civil_today()::text,
  coalesce(h.roles, '{}'), coalesce(h.permissions, '{}'), coalesce(h.everywhere, '{}'), coalesce(h.careful, false),
  i.id::text, i.actor_id::text, ip.name, i.reason, i.ends_at
FROM sessions s JOIN accounts a ON a.person_id = s.person_id AND a.disabled_at IS NULL
LEFT JOIN impersonations i ON i.session_id = s.id AND i.ended_at IS NULL AND i.ends_at > clock_timestamp()
  AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.person_id IN (i.person_id, i.actor_id) AND t.state = 'in_progress')
LEFT JOIN people ip ON ip.id = i.actor_id
CROSS JOIN LATERAL (
  SELECT array_agg(DISTINCT g.role) AS roles, array_agg(DISTINCT rp.permission) AS permissions,
    array_agg(DISTINCT rp.permission) FILTER (WHERE g.unit_id IS NULL) AS everywhere, bool_or(r.second_factor) AS careful
  FROM grants g JOIN roles r ON r.key = g.role JOIN role_permissions rp ON rp.role = g.role
  WHERE g.person_id = coalesce(i.person_id, s.person_id) AND g.period @> civil_today()) h
WHERE `

// Identity implements org.SessionStore in one round trip; a token that was just
// replaced takes a second.
func (s *SessionStore) Identity(ctx context.Context, tokenHash []byte) (*org.Identity, error) {
	id, err := s.identity(ctx, "s.token_hash = $1", tokenHash)
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = s.identity(ctx, "s.prev_token_hash = $1 AND s.prev_until > clock_timestamp()", tokenHash)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, domain.E(domain.Unauthenticated, "session.signed_out")
	}
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	return id, nil
}

func (s *SessionStore) identity(ctx context.Context, where string, tokenHash []byte) (*org.Identity, error) {
	id := &org.Identity{}
	var roles, perms, everywhere []string
	var acting, by, byName, reason *string
	var ends *time.Time
	err := s.pool.QueryRow(ctx, selectIdentity+where+" AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()", tokenHash, org.RecentFor.Seconds()).
		Scan(&id.SessionID, &id.PersonID, &id.Method, &id.CreatedAt, &id.LastSeenAt, &id.ExpiresAt, &id.MustChange, &id.NeedsFactor,
			&id.HasFactor, &id.Recent, &id.RotateDue, &id.Today, &roles, &perms, &everywhere, &id.Careful, &acting, &by, &byName, &reason, &ends)
	if err != nil {
		return nil, err
	}
	if acting != nil {
		id.Acting = &org.Impersonation{ID: *acting, SessionID: id.SessionID, ActorID: *by, ActorName: *byName, PersonID: id.PersonID, Reason: *reason, EndsAt: *ends}
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
	for _, p := range everywhere {
		id.Everywhere = append(id.Everywhere, org.Permission(p))
	}
	return id, nil
}

// TouchSession implements org.SessionStore; it never goes past the absolute end.
func (s *SessionStore) TouchSession(ctx context.Context, id string, idle, absolute time.Duration) error {
	_, err := s.pool.Exec(ctx, `UPDATE sessions SET last_seen_at = clock_timestamp(),
expires_at = least(clock_timestamp() + $2 * interval '1 second', created_at + $3 * interval '1 second')
WHERE id = $1 AND revoked_at IS NULL AND NOT needs_factor`, id, idle.Seconds(), absolute.Seconds())
	return fail(err, "touch session", "")
}

// RotateToken implements org.SessionStore.
func (s *SessionStore) RotateToken(ctx context.Context, id string, old, next []byte, hard bool) (bool, error) {
	res, err := s.db.NewRaw(`UPDATE sessions SET token_hash = ?, rotate_due = false,
prev_token_hash = CASE WHEN ? THEN NULL ELSE ?::bytea END, prev_until = clock_timestamp() + interval '1 minute'
WHERE id = ? AND token_hash = ? AND revoked_at IS NULL`, next, hard, old, id, old).Exec(ctx)
	return affected(res, err, "rotate session")
}

// ReplaceToken implements org.SessionStore.
func (s *SessionStore) ReplaceToken(ctx context.Context, id string, brought, next []byte) error {
	res, err := s.db.NewRaw(`UPDATE sessions SET prev_token_hash = ?, prev_until = clock_timestamp() + interval '1 minute', token_hash = ?, rotate_due = false
WHERE id = ? AND revoked_at IS NULL`, brought, next, id).Exec(ctx)
	return mustAffect(res, err, "replace token", "session.unknown")
}

// Proved implements org.SessionStore.
func (s *SessionStore) Proved(ctx context.Context, id string, expires time.Time) error {
	res, err := s.db.NewRaw(`UPDATE sessions SET auth_at = clock_timestamp(), needs_factor = false, last_seen_at = clock_timestamp(), expires_at = ?
WHERE id = ? AND revoked_at IS NULL`, expires, id).Exec(ctx)
	return mustAffect(res, err, "prove session", "session.unknown")
}

// Sessions implements org.SessionStore and org.PersonStore.
func (b base) Sessions(ctx context.Context, personID string) ([]org.Session, error) {
	var rows []sessionRow
	err := b.db.NewSelect().Model(&rows).Where("person_id = ? AND revoked_at IS NULL AND expires_at > clock_timestamp()", personID).
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

// RevokeToken implements org.SessionStore.
func (s *SessionStore) RevokeToken(ctx context.Context, tokenHash []byte) error {
	_, err := s.db.NewRaw("UPDATE sessions SET revoked_at = clock_timestamp() WHERE token_hash = ? AND revoked_at IS NULL", tokenHash).Exec(ctx)
	return fail(err, "revoke session", "")
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

// HeldRoles implements org.SessionStore.
func (s *SessionStore) HeldRoles(ctx context.Context, personID string) ([]org.RoleDefinition, error) {
	var rows []roleRow
	err := s.db.NewRaw("SELECT "+roleColumns+` FROM roles r LEFT JOIN people c ON c.id = r.created_by
WHERE r.key = ? OR r.key IN (SELECT role FROM grants WHERE person_id = ? AND period @> civil_today()) ORDER BY r.position, r.name_zh, r.key`,
		string(org.RoleLearner), personID).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "read held roles", "")
	}
	out := make([]org.RoleDefinition, len(rows))
	for i := range rows {
		out[i] = rows[i].definition()
	}
	return out, nil
}
