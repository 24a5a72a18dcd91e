package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"zhixing/domain/org"
)

// SavePendingTOTP implements org.FactorStore.
func (s *SessionStore) SavePendingTOTP(ctx context.Context, personID, sealed string) error {
	res, err := s.db.NewRaw("UPDATE accounts SET totp_pending = ? WHERE person_id = ?", sealed, personID).Exec(ctx)
	return mustAffect(res, err, "save pending TOTP", "session.no_account")
}

// ConfirmTOTP implements org.FactorStore.
func (s *SessionStore) ConfirmTOTP(ctx context.Context, personID string, step int64) error {
	res, err := s.db.NewRaw("UPDATE accounts SET totp_secret = totp_pending, totp_pending = '', totp_step = ? WHERE person_id = ? AND totp_pending <> ''", step, personID).Exec(ctx)
	return mustAffect(res, err, "confirm TOTP", "sign_in.totp_not_pending")
}

// RemoveTOTP implements org.FactorStore.
func (s *SessionStore) RemoveTOTP(ctx context.Context, personID string) error {
	_, err := s.db.NewRaw("UPDATE accounts SET totp_secret = '', totp_pending = '' WHERE person_id = ?", personID).Exec(ctx)
	return fail(err, "remove TOTP", "")
}

// UseTOTPStep implements org.FactorStore.
func (s *SessionStore) UseTOTPStep(ctx context.Context, personID string, step int64) (bool, error) {
	res, err := s.db.NewRaw("UPDATE accounts SET totp_step = ?0 WHERE person_id = ?1 AND totp_step < ?0", step, personID).Exec(ctx)
	return affected(res, err, "use TOTP step")
}

// ReplaceRecoveryCodes implements org.FactorStore.
func (s *SessionStore) ReplaceRecoveryCodes(ctx context.Context, personID string, hashes [][]byte) error {
	if _, err := s.db.NewRaw("DELETE FROM recovery_codes WHERE person_id = ?", personID).Exec(ctx); err != nil {
		return fail(err, "forget recovery codes", "")
	}
	for _, h := range hashes {
		if _, err := s.db.NewRaw("INSERT INTO recovery_codes (person_id, code_hash) VALUES (?, ?)", personID, h).Exec(ctx); err != nil {
			return fail(err, "insert recovery code", "")
		}
	}
	return nil
}

// UseRecoveryCode implements org.FactorStore.
func (s *SessionStore) UseRecoveryCode(ctx context.Context, personID string, hash []byte) (bool, error) {
	res, err := s.db.NewRaw("UPDATE recovery_codes SET used_at = clock_timestamp() WHERE person_id = ? AND code_hash = ? AND used_at IS NULL", personID, hash).Exec(ctx)
	return affected(res, err, "use recovery code")
}

// Passkeys implements org.FactorStore.
func (s *SessionStore) Passkeys(ctx context.Context, personID string) ([]org.Passkey, error) {
	var rows []passkeyRow
	if err := s.db.NewSelect().Model(&rows).Where("person_id = ?", personID).OrderExpr("created_at, id").Limit(50).Scan(ctx); err != nil {
		return nil, fail(err, "list passkeys", "")
	}
	out := make([]org.Passkey, len(rows))
	for i, r := range rows {
		out[i] = r.Passkey
	}
	return out, nil
}

// Passkey implements org.FactorStore.
func (s *SessionStore) Passkey(ctx context.Context, credentialID []byte) (*org.Passkey, error) {
	var row passkeyRow
	if err := s.db.NewSelect().Model(&row).Where("credential_id = ?", credentialID).Scan(ctx); err != nil {
		return nil, fail(err, "read passkey", "sign_in.passkey_unknown")
	}
	return &row.Passkey, nil
}

// InsertPasskey implements org.FactorStore.
func (s *SessionStore) InsertPasskey(ctx context.Context, k *org.Passkey) error {
	_, err := s.db.NewInsert().Model(&passkeyRow{Passkey: *k}).Exec(ctx)
	return fail(err, "insert passkey", "", "passkeys_credential_id_key", "sign_in.passkey_taken")
}

// RenamePasskey implements org.FactorStore.
func (s *SessionStore) RenamePasskey(ctx context.Context, personID, id, name string) error {
	res, err := s.db.NewRaw("UPDATE passkeys SET name = ? WHERE id = ? AND person_id = ?", name, id, personID).Exec(ctx)
	return mustAffect(res, err, "rename passkey", "sign_in.passkey_unknown")
}

// RemovePasskey implements org.FactorStore.
func (s *SessionStore) RemovePasskey(ctx context.Context, personID, id string) error {
	res, err := s.db.NewRaw("DELETE FROM passkeys WHERE id = ? AND person_id = ?", id, personID).Exec(ctx)
	return mustAffect(res, err, "remove passkey", "sign_in.passkey_unknown")
}

// PasskeyUsed implements org.FactorStore.
func (s *SessionStore) PasskeyUsed(ctx context.Context, id string, credential []byte) error {
	_, err := s.db.NewRaw("UPDATE passkeys SET credential = ?, last_used_at = clock_timestamp() WHERE id = ?", credential, id).Exec(ctx)
	return fail(err, "use passkey", "")
}

// InsertCeremony implements org.FactorStore.
func (s *SessionStore) InsertCeremony(ctx context.Context, c *org.Ceremony, life time.Duration) error {
	_, err := s.db.NewRaw("INSERT INTO passkey_ceremonies (id, person_id, purpose, state, expires_at) VALUES (?, ?, ?, ?, clock_timestamp() + ?::interval)",
		c.ID, c.PersonID, c.Purpose, c.State, fmt.Sprintf("%d seconds", int(life.Seconds()))).Exec(ctx)
	return fail(err, "insert passkey ceremony", "")
}

// TakeCeremony implements org.FactorStore.
func (s *SessionStore) TakeCeremony(ctx context.Context, id, purpose string) (*org.Ceremony, error) {
	var c org.Ceremony
	err := s.db.NewRaw("DELETE FROM passkey_ceremonies WHERE id = ? AND purpose = ? AND expires_at > clock_timestamp() RETURNING id, person_id, purpose, state", id, purpose).
		Scan(ctx, &c.ID, &c.PersonID, &c.Purpose, &c.State)
	if err != nil {
		return nil, fail(err, "take passkey ceremony", "sign_in.ceremony_over")
	}
	return &c, nil
}

type passkeyRow struct {
	bun.BaseModel `bun:"table:passkeys,alias:k"`
	org.Passkey
}
