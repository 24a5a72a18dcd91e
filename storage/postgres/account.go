package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/domain/org"
)

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
		org.Account
		Number, Name, Pinyin string
	}
	err := s.db.NewSelect().TableExpr("accounts AS a").Join("JOIN people AS p ON p.id = a.person_id").
		ColumnExpr("a.person_id, a.password_hash, a.must_change, a.changed_at, a.disabled_at, a.code_hash, a.code_expires_at, a.break_glass").
		ColumnExpr("a.totp_secret, a.totp_step, a.totp_pending, p.number, p.name, p.pinyin").
		ColumnExpr("(SELECT count(*) FROM passkeys k WHERE k.person_id = a.person_id) AS passkeys").
		ColumnExpr("(SELECT count(*) FROM recovery_codes r WHERE r.person_id = a.person_id AND r.used_at IS NULL) AS recovery_left").
		Where(where, arg).Scan(ctx, &row)
	if err != nil {
		return nil, nil, fail(err, "read account", "session.no_account")
	}
	return &row.Account, &org.Person{ID: row.PersonID, Number: row.Number, Name: row.Name, Pinyin: row.Pinyin}, nil
}

// SaveAccount implements org.SessionStore.
func (s *SessionStore) SaveAccount(ctx context.Context, a *org.Account) error {
	_, err := s.db.NewRaw(`INSERT INTO accounts AS a (person_id, password_hash, must_change, disabled_at) VALUES (?, ?, ?, ?)
ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash, must_change = excluded.must_change, disabled_at = excluded.disabled_at,
  changed_at = CASE WHEN a.must_change AND NOT excluded.must_change OR a.password_hash <> excluded.password_hash THEN clock_timestamp() ELSE a.changed_at END`,
		a.PersonID, a.PasswordHash, a.MustChange, a.DisabledAt).Exec(ctx)
	return fail(err, "save account", "")
}

// RetirePassword implements org.SessionStore.
func (s *SessionStore) RetirePassword(ctx context.Context, id, personID, hash string, keep int) error {
	_, err := s.db.NewRaw("INSERT INTO password_history (id, person_id, password_hash) VALUES (?, ?, ?)", id, personID, hash).Exec(ctx)
	if err != nil {
		return fail(err, "retire password", "")
	}
	_, err = s.db.NewRaw(`DELETE FROM password_history WHERE person_id = ?0 AND id NOT IN
(SELECT id FROM password_history WHERE person_id = ?0 ORDER BY retired_at DESC, id DESC LIMIT ?1)`, personID, keep).Exec(ctx)
	return fail(err, "forget passwords", "")
}

// PasswordHistory implements org.SessionStore.
func (s *SessionStore) PasswordHistory(ctx context.Context, personID string, limit int) ([]string, error) {
	var out []string
	err := s.db.NewRaw("SELECT password_hash FROM password_history WHERE person_id = ? ORDER BY retired_at DESC, id DESC LIMIT ?", personID, limit).Scan(ctx, &out)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return out, fail(err, "read password history", "")
}

// UseCode implements org.SessionStore.
func (s *SessionStore) UseCode(ctx context.Context, personID, codeHash string) (bool, error) {
	res, err := s.db.NewRaw(`UPDATE accounts SET code_hash = '', code_expires_at = NULL, must_change = true
WHERE person_id = ? AND code_hash = ? AND code_expires_at > clock_timestamp()`, personID, codeHash).Exec(ctx)
	return affected(res, err, "use one-time code")
}

// Take implements org.SessionStore in one statement, so that guesses at once are
// counted like guesses in a row. due_at is the time at which all places would be
// free again (GCRA).
func (s *SessionStore) Take(ctx context.Context, l org.Lane) (time.Duration, error) {
	var due, now time.Time
	err := s.pool.QueryRow(ctx, `INSERT INTO sign_in_lanes AS l (key, due_at) VALUES ($1, clock_timestamp() + $2 * interval '1 second')
ON CONFLICT (key) DO UPDATE SET due_at = greatest(l.due_at, clock_timestamp()) + $2 * interval '1 second'
WHERE l.due_at <= clock_timestamp() + ($3 - 1) * $2 * interval '1 second' RETURNING due_at, clock_timestamp()`,
		l.Key, l.Every.Seconds(), l.Burst).Scan(&due, &now)
	if err == nil || !errors.Is(err, pgx.ErrNoRows) {
		return 0, fail(err, "take a sign-in place", "")
	}
	if err = s.pool.QueryRow(ctx, "SELECT due_at, clock_timestamp() FROM sign_in_lanes WHERE key = $1", l.Key).Scan(&due, &now); err != nil {
		return 0, fmt.Errorf("read a sign-in lane: %w", err)
	}
	return max(time.Second, due.Sub(now)-time.Duration(l.Burst-1)*l.Every), nil
}

// GiveBack implements org.SessionStore.
func (s *SessionStore) GiveBack(ctx context.Context, l org.Lane) error {
	_, err := s.pool.Exec(ctx, "UPDATE sign_in_lanes SET due_at = due_at - $2 * interval '1 second' WHERE key = $1", l.Key, l.Every.Seconds())
	return fail(err, "give back a sign-in place", "")
}

// KnowsDevice implements org.SessionStore.
func (s *SessionStore) KnowsDevice(ctx context.Context, personID string, tokenHash []byte, since time.Time) (known bool, err error) {
	err = s.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM known_devices WHERE person_id = $1 AND token_hash = $2 AND last_at > $3)",
		personID, tokenHash, since).Scan(&known)
	return known, fail(err, "read known device", "")
}

// RememberDevice implements org.SessionStore.
func (s *SessionStore) RememberDevice(ctx context.Context, personID string, tokenHash []byte) error {
	_, err := s.db.NewRaw(`INSERT INTO known_devices (person_id, token_hash) VALUES (?, ?)
ON CONFLICT (person_id, token_hash) DO UPDATE SET last_at = clock_timestamp()`, personID, tokenHash).Exec(ctx)
	return fail(err, "remember device", "")
}

// ForgetDevices implements org.SessionStore.
func (s *SessionStore) ForgetDevices(ctx context.Context, personID string) error {
	_, err := s.db.NewRaw("DELETE FROM known_devices WHERE person_id = ?", personID).Exec(ctx)
	return fail(err, "forget devices", "")
}

// SignInPolicy implements org.SessionStore and org.PersonStore.
func (b base) SignInPolicy(ctx context.Context) (org.SignInPolicy, error) {
	p := org.DefaultSignInPolicy() // a field that an older version did not write keeps its default
	var raw []byte
	err := b.db.NewRaw("SELECT policy FROM sign_in_settings").Scan(ctx, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	return p, fail(err, "read sign-in policy", "")
}

// SaveSignInPolicy implements org.SessionStore and org.SetupStore.
func (b base) SaveSignInPolicy(ctx context.Context, p org.SignInPolicy, by string) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode sign-in policy: %w", err)
	}
	_, err = b.db.NewRaw(`INSERT INTO sign_in_settings (policy, changed_by) VALUES (?::jsonb, ?)
ON CONFLICT (one) DO UPDATE SET policy = excluded.policy, changed_by = excluded.changed_by, changed_at = clock_timestamp()`, string(raw), nullable(by)).Exec(ctx)
	return fail(err, "save sign-in policy", "")
}

// breakGlassReady is whether account a could sign in by password and mend the settings.
const breakGlassReady = `(a.disabled_at IS NULL AND a.password_hash <> '' AND EXISTS (
SELECT 1 FROM grants g JOIN role_permissions rp ON rp.role = g.role WHERE g.person_id = a.person_id AND g.period @> civil_today() AND g.unit_id IS NULL AND rp.permission = ?))`

// BreakGlass implements org.SessionStore and org.ConnectionStore.
func (b base) BreakGlass(ctx context.Context) (n int, err error) {
	err = b.db.NewRaw("SELECT count(*) FROM accounts a WHERE a.break_glass AND "+breakGlassReady, org.PermSystem).Scan(ctx, &n)
	return n, fail(err, "count break-glass administrators", "")
}

// affected reports whether a statement changed a row.
func affected(res sql.Result, err error, what string) (bool, error) {
	if err != nil {
		return false, fail(err, what, "")
	}
	n, err := res.RowsAffected()
	return n > 0, fail(err, what, "")
}
