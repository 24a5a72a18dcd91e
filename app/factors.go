package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Factors is what a person has set up beside the password.
type Factors struct {
	HasPassword, HasTOTP, PasskeysAvailable bool
	RecoveryLeft                            int
	Passkeys                                []org.Passkey
	Asked, Required                         bool // by the policy, of this person
	RequiredFrom                            string
}

// Factors tells the actor's own second factors.
func (u *Sessions) Factors(ctx context.Context, who Actor) (*Factors, error) {
	acc, _, err := u.Store.Account(ctx, who.PersonID)
	if err != nil {
		return nil, err
	}
	keys, err := u.Store.Passkeys(ctx, who.PersonID)
	if err != nil {
		return nil, err
	}
	policy, err := u.policy(ctx)
	if err != nil {
		return nil, err
	}
	f := &Factors{
		HasPassword: acc.PasswordHash != "", HasTOTP: acc.TOTPSecret != "", PasskeysAvailable: u.Passkeys.Available(),
		RecoveryLeft: acc.RecoveryLeft, Passkeys: keys, Asked: policy.FactorAsked(who.Careful), Required: policy.SecondFactor == org.FactorOn,
	}
	if f.Asked && policy.SecondFactor == org.FactorGrace {
		f.RequiredFrom = policy.FactorFrom
	}
	return f, nil
}

// NewTOTP is a secret to be put into an authenticator: as text, as a link and as
// a picture (PNG). It counts once ConfirmTOTP has seen a code of it.
type NewTOTP struct {
	Secret, URL string
	QR          []byte
}

func totpPurpose(personID string) string { return "accounts.totp:" + personID }

// BeginTOTP makes a new secret; one in force goes on until the new is confirmed.
func (u *Sessions) BeginTOTP(ctx context.Context, who Actor) (*NewTOTP, error) {
	_, person, err := u.Store.Account(ctx, who.PersonID)
	if err != nil {
		return nil, err
	}
	secret, url, qr, err := u.Codes.New(u.Product, person.Number)
	if err != nil {
		return nil, err
	}
	sealed, err := u.Seals.Seal(totpPurpose(who.PersonID), []byte(secret))
	if err != nil {
		return nil, err
	}
	if err := u.Store.SavePendingTOTP(ctx, who.PersonID, sealed); err != nil {
		return nil, err
	}
	return &NewTOTP{Secret: secret, URL: url, QR: qr}, nil
}

// ConfirmTOTP puts the pending secret in force by a code of it and returns fresh
// recovery codes, shown this once. Errors: Conflict "sign_in.totp_not_pending",
// Invalid "sign_in.code_wrong", TooMany "session.throttled".
func (u *Sessions) ConfirmTOTP(ctx context.Context, who Actor, code string) (codes []string, err error) {
	acc, _, err := u.Store.Account(ctx, who.PersonID)
	if err != nil {
		return nil, err
	}
	if acc.TOTPPending == "" {
		return nil, domain.E(domain.Conflict, "sign_in.totp_not_pending")
	}
	lane := org.FactorLane(who.PersonID)
	if err := u.take(ctx, lane); err != nil {
		return nil, err
	}
	step, ok, err := u.checkTOTP(ctx, who.PersonID, acc.TOTPPending, code)
	if err != nil || !ok {
		return nil, first(err, domain.E(domain.Invalid, "sign_in.code_wrong").At("body.code", "sign_in.code_wrong"))
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if err := tx.ConfirmTOTP(ctx, who.PersonID, step); err != nil {
			return err
		}
		if codes, err = newRecoveryCodes(ctx, tx, who.PersonID); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("sign_in.add_totp", "person", who.PersonID))
	})
	u.cache.drop(who.PersonID)
	if err != nil {
		return nil, err
	}
	return codes, u.Store.GiveBack(ctx, lane)
}

func (u *Sessions) checkTOTP(ctx context.Context, personID, sealed, code string) (step int64, ok bool, err error) {
	secret, err := u.Seals.Open(totpPurpose(personID), sealed)
	if err != nil {
		return 0, false, fmt.Errorf("TOTP secret of %s: %w", personID, err)
	}
	now, err := u.Store.Now(ctx)
	if err != nil {
		return 0, false, err
	}
	step, ok = u.Codes.Check(string(secret), strings.ReplaceAll(code, " ", ""), now)
	return step, ok, nil
}

// RemoveTOTP takes TOTP and the recovery codes away. Conflict
// "sign_in.factor_required" when it is the last factor and one is required.
func (u *Sessions) RemoveTOTP(ctx context.Context, who Actor) error {
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if err := u.keepOne(ctx, tx, who, func(a *org.Account) bool { return a.Passkeys > 0 }); err != nil {
			return err
		}
		if err := tx.RemoveTOTP(ctx, who.PersonID); err != nil {
			return err
		}
		if err := tx.ReplaceRecoveryCodes(ctx, who.PersonID, nil); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("sign_in.remove_totp", "person", who.PersonID))
	})
	u.cache.drop(who.PersonID)
	return err
}

func (u *Sessions) keepOne(ctx context.Context, tx org.SessionStore, who Actor, left func(*org.Account) bool) error {
	acc, _, err := tx.Account(ctx, who.PersonID)
	if err != nil {
		return err
	}
	policy, err := tx.SignInPolicy(ctx)
	if err != nil {
		return err
	}
	if policy.FactorRequired(who.Careful, who.Today) && !left(acc) {
		return domain.E(domain.Conflict, "sign_in.factor_required")
	}
	return nil
}

// NewRecoveryCodes replaces the recovery codes; they are shown this once.
// Conflict "sign_in.no_factor" without a second factor.
func (u *Sessions) NewRecoveryCodes(ctx context.Context, who Actor) (codes []string, err error) {
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		acc, _, err := tx.Account(ctx, who.PersonID)
		if err != nil {
			return err
		}
		if !acc.HasFactor() {
			return domain.E(domain.Conflict, "sign_in.no_factor")
		}
		if codes, err = newRecoveryCodes(ctx, tx, who.PersonID); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("sign_in.new_recovery_codes", "person", who.PersonID))
	})
	return codes, err
}

const recoveryCodes = 10

func newRecoveryCodes(ctx context.Context, tx org.SessionStore, personID string) ([]string, error) {
	codes, hashes := make([]string, recoveryCodes), make([][]byte, recoveryCodes)
	for i := range codes {
		var err error
		if codes[i], err = OneTimePassword(); err != nil {
			return nil, err
		}
		h := sha256.Sum256([]byte(codes[i]))
		hashes[i] = h[:]
	}
	return codes, tx.ReplaceRecoveryCodes(ctx, personID, hashes)
}

// Proof is one way to prove again who one is: a password, a code of TOTP, a
// recovery code, or the answer of an authenticator to a ceremony.
type Proof struct {
	Password, Code, Recovery string
	CeremonyID               string
	Answer                   []byte
}

// GiveFactor gives the second factor that a session owes and returns the session
// with a new token. Errors: Invalid "sign_in.code_wrong",
// "sign_in.recovery_wrong", Unauthenticated "sign_in.passkey_refused", Conflict
// "sign_in.factor_not_owed", TooMany "session.throttled".
func (u *Sessions) GiveFactor(ctx context.Context, who Actor, token string, p Proof) (*Opened, error) {
	if !who.NeedsFactor {
		return nil, domain.E(domain.Conflict, "sign_in.factor_not_owed")
	}
	p.Password = "" // what opened the session is no second factor
	method, err := u.prove(ctx, who, p, org.CeremonyFactor)
	if err != nil {
		return nil, err
	}
	return u.proved(ctx, who, token, "session.second_factor", method)
}

// StepUp proves again who the actor is, so that dangerous deeds are open for ten
// minutes, and returns the session with a new token. Who has a second factor must
// use it. Errors: those of GiveFactor, Invalid "session.wrong_current_password",
// Conflict "sign_in.step_up_factor", "sign_in.step_up_again".
func (u *Sessions) StepUp(ctx context.Context, who Actor, token string, p Proof) (*Opened, error) {
	method, err := u.prove(ctx, who, p, org.CeremonyStepUp)
	if err != nil {
		return nil, err
	}
	return u.proved(ctx, who, token, "session.step_up", method)
}

func (u *Sessions) prove(ctx context.Context, who Actor, p Proof, ceremony string) (method string, err error) {
	acc, _, err := u.Store.Account(ctx, who.PersonID)
	if err != nil {
		return "", err
	}
	switch {
	case p.Answer != nil:
		_, err := u.answered(ctx, p, ceremony, who.PersonID)
		return "passkey", err
	case p.Code != "":
		return "totp", u.proveTOTP(ctx, acc, p.Code)
	case p.Recovery != "":
		return "recovery", u.proveRecovery(ctx, acc, p.Recovery)
	case acc.HasFactor():
		return "", domain.E(domain.Conflict, "sign_in.step_up_factor")
	case acc.PasswordHash == "":
		return "", domain.E(domain.Conflict, "sign_in.step_up_again")
	}
	return "password", u.askAgain(ctx, who, acc, p.Password)
}

func (u *Sessions) proveTOTP(ctx context.Context, acc *org.Account, code string) error {
	wrong := domain.E(domain.Invalid, "sign_in.code_wrong").At("body.code", "sign_in.code_wrong")
	lane := org.FactorLane(acc.PersonID)
	if err := u.take(ctx, lane); err != nil {
		return err
	}
	if acc.TOTPSecret == "" {
		return wrong
	}
	step, ok, err := u.checkTOTP(ctx, acc.PersonID, acc.TOTPSecret, code)
	if err != nil || !ok {
		return first(err, wrong)
	}
	// A code that was used, here or on another device, counts no more.
	if ok, err = u.Store.UseTOTPStep(ctx, acc.PersonID, step); err != nil || !ok {
		return first(err, wrong)
	}
	return u.Store.GiveBack(ctx, lane)
}

func (u *Sessions) proveRecovery(ctx context.Context, acc *org.Account, code string) error {
	lane := org.FactorLane(acc.PersonID)
	if err := u.take(ctx, lane); err != nil {
		return err
	}
	h := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(code))))
	ok, err := u.Store.UseRecoveryCode(ctx, acc.PersonID, h[:])
	if err != nil || !ok {
		return first(err, domain.E(domain.Invalid, "sign_in.recovery_wrong").At("body.recovery", "sign_in.recovery_wrong"))
	}
	return u.Store.GiveBack(ctx, lane)
}

// OneTimePassword is 12 characters that cannot be taken for one another when
// read aloud or copied from paper: 59 bits.
func OneTimePassword() (string, error) {
	const alphabet = org.CodeAlphabet
	out := make([]byte, 0, 14)
	var b [1]byte
	for n := 0; n < 12; {
		if _, err := rand.Read(b[:]); err != nil {
			return "", fmt.Errorf("random password: %w", err)
		}
		if int(b[0]) >= 256-256%len(alphabet) { // keep the draw even
			continue
		}
		if n > 0 && n%4 == 0 {
			out = append(out, '-')
		}
		out = append(out, alphabet[int(b[0])%len(alphabet)])
		n++
	}
	return string(out), nil
}

// checkName cleans the name of a passkey. Invalid "sign_in.passkey_name".
func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n < 1 || n > 60 {
		return "", domain.E(domain.Invalid, "sign_in.passkey_name").At("body.name", "sign_in.passkey_name")
	}
	return name, nil
}

// ceremonyLife is how long an authenticator may take.
const ceremonyLife = 5 * time.Minute
