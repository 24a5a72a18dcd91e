package postgres

import (
	"context"
	"fmt"
	"time"

	"zhixing/domain/org"
)

// SetPassword implements org.PersonStore.
func (s *PersonStore) SetPassword(ctx context.Context, personID, hash string, mustChange bool) error {
	_, err := s.db.NewRaw(`INSERT INTO accounts (person_id, password_hash, must_change) VALUES (?, ?, ?)
ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash, must_change = excluded.must_change, changed_at = clock_timestamp(),
  code_hash = '', code_expires_at = NULL`,
		personID, hash, mustChange).Exec(ctx)
	return fail(err, "set password", "")
}

// SetCode implements org.PersonStore. Devices that knew the old password are
// strangers again.
func (s *PersonStore) SetCode(ctx context.Context, personID, codeHash string, life time.Duration) error {
	_, err := s.db.NewRaw(`INSERT INTO accounts (person_id, password_hash, must_change, code_hash, code_expires_at)
VALUES (?0, '', true, ?1, clock_timestamp() + ?2::interval)
ON CONFLICT (person_id) DO UPDATE SET password_hash = '', must_change = true, code_hash = excluded.code_hash, code_expires_at = excluded.code_expires_at`,
		personID, codeHash, fmt.Sprintf("%d seconds", int(life.Seconds()))).Exec(ctx)
	if err != nil {
		return fail(err, "set one-time code", "")
	}
	_, err = s.db.NewRaw("DELETE FROM known_devices WHERE person_id = ?", personID).Exec(ctx)
	return fail(err, "forget devices", "")
}

// ResetFactors implements org.PersonStore.
func (s *PersonStore) ResetFactors(ctx context.Context, personID string) (f org.Factors, err error) {
	err = s.db.NewRaw(`SELECT a.totp_secret <> '', (SELECT count(*) FROM passkeys k WHERE k.person_id = a.person_id)
FROM accounts a WHERE a.person_id = ? FOR UPDATE`, personID).Scan(ctx, &f.TOTP, &f.Passkeys)
	if err != nil {
		return f, fail(err, "read factors", "person.no_account")
	}
	_, err = s.db.NewRaw(`WITH keys AS (DELETE FROM passkeys WHERE person_id = ?0), codes AS (DELETE FROM recovery_codes WHERE person_id = ?0),
  devices AS (DELETE FROM known_devices WHERE person_id = ?0)
UPDATE accounts SET totp_secret = '', totp_pending = '' WHERE person_id = ?0`, personID).Exec(ctx)
	return f, fail(err, "reset factors", "")
}

// SetDisabled implements org.PersonStore. Disabling twice keeps the first time.
func (s *PersonStore) SetDisabled(ctx context.Context, personID string, disabled bool) error {
	res, err := s.db.NewRaw("UPDATE accounts SET disabled_at = CASE WHEN ? THEN coalesce(disabled_at, clock_timestamp()) END, closed_for = '' WHERE person_id = ?",
		disabled, personID).Exec(ctx)
	return mustAffect(res, err, "disable account", "person.no_account")
}

// RevokeSessions implements org.PersonStore and org.SessionStore.
func (b base) RevokeSessions(ctx context.Context, personID, except string) (int, error) {
	res, err := b.db.NewRaw("UPDATE sessions SET revoked_at = clock_timestamp() WHERE person_id = ? AND id IS DISTINCT FROM ? AND revoked_at IS NULL",
		personID, nullable(except)).Exec(ctx)
	if err != nil {
		return 0, fail(err, "revoke sessions", "")
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "revoke sessions", "")
}

// accountsOfGone tells for each account what the person's status asks of it.
const accountsOfGone = `SELECT a.person_id, st.status, (a.disabled_at IS NULL AND st.status IS NOT NULL) AS close, (a.closed_for IN ('left', 'deceased') AND st.status IS NULL) AS open
FROM accounts a
LEFT JOIN status_facts st ON st.person_id = a.person_id AND st.period @> civil_today() AND st.status IN ('left', 'deceased')`

// SyncAccount implements org.PersonStore.
func (s *PersonStore) SyncAccount(ctx context.Context, personID string) (change string, err error) {
	err = s.db.NewRaw(`WITH due AS (`+accountsOfGone+` WHERE a.person_id = ?0 FOR UPDATE OF a),
done AS (UPDATE accounts a SET disabled_at = CASE WHEN d.close THEN clock_timestamp() END, closed_for = CASE WHEN d.close THEN d.status ELSE '' END
  FROM due d WHERE a.person_id = d.person_id AND (d.close OR d.open) RETURNING d.close)
SELECT coalesce((SELECT CASE WHEN close THEN 'closed' ELSE 'opened' END FROM done), '')`, personID).Scan(ctx, &change)
	if err == nil && change == "closed" {
		_, err = s.RevokeSessions(ctx, personID, "")
	}
	return change, fail(err, "bring account up to date", "")
}

// UnsyncedAccounts implements org.PersonStore.
func (s *PersonStore) UnsyncedAccounts(ctx context.Context, limit int) ([]string, error) {
	var ids []string
	err := s.db.NewRaw(`SELECT a.person_id FROM status_facts st JOIN accounts a ON a.person_id = st.person_id AND a.disabled_at IS NULL
WHERE st.status IN ('left', 'deceased') AND st.period @> civil_today()
UNION ALL
SELECT a.person_id FROM accounts a WHERE a.closed_for IN ('left', 'deceased') AND NOT EXISTS (SELECT 1 FROM status_facts st
  WHERE st.person_id = a.person_id AND st.status IN ('left', 'deceased') AND st.period @> civil_today())
LIMIT ?`, limit).Scan(ctx, &ids)
	return ids, fail(err, "look for accounts of people who are gone", "")
}

// Acting implements org.RosterStore.
func (s *PersonStore) Acting(ctx context.Context, number string) (personID string, held []org.Permission, err error) {
	var row struct {
		ID   string
		Held []string `bun:",array"`
	}
	err = s.db.NewRaw(`SELECT p.id, ARRAY(SELECT DISTINCT r.permission FROM grants g JOIN role_permissions r ON r.role = g.role
  WHERE g.person_id = p.id AND g.period @> civil_today()) AS held
FROM people p JOIN accounts a ON a.person_id = p.id AND a.disabled_at IS NULL WHERE p.number = ? AND p.merged_into IS NULL`, number).Scan(ctx, &row)
	for _, p := range row.Held {
		held = append(held, org.Permission(p))
	}
	return row.ID, held, fail(err, "read who acts", "person.unknown")
}
