package app

import (
	"context"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/org"
)

// ResetPassword gives the person a one-time code in place of the password and
// ends his sessions; without an account it makes one. The code signs in once,
// for as long as the policy says, and a new password must be set then.
// Who holds roles can be reset only by those who may grant roles to anyone: a
// reset is a way to become that person. Errors: NotFound "person.unknown",
// Forbidden "person.account_self", "person.account_holds_roles".
func (u *People) ResetPassword(ctx context.Context, who Actor, id string) (code string, life time.Duration, err error) {
	if code, err = OneTimePassword(); err != nil {
		return "", 0, err
	}
	hash, err := u.Passwords.Hash(ctx, code)
	if err != nil {
		return "", 0, err
	}
	err = u.onAccount(ctx, who, id, func(ctx context.Context, tx org.PersonStore, id string) error {
		policy, err := tx.SignInPolicy(ctx)
		if err != nil {
			return err
		}
		life = time.Duration(policy.CodeHours) * time.Hour
		if err := tx.SetCode(ctx, id, hash, life); err != nil {
			return err
		}
		n, err := tx.RevokeSessions(ctx, id, "")
		if err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.reset_password", "person", id, "sessions", n))
	})
	if err != nil {
		return "", 0, err
	}
	return code, life, nil
}

// SetDisabled disables or enables an account; disabling ends its sessions.
// Errors: as ResetPassword, and NotFound "person.no_account", Invalid
// "person.reason_missing".
func (u *People) SetDisabled(ctx context.Context, who Actor, id string, disabled bool, reason string) error {
	if disabled && strings.TrimSpace(reason) == "" {
		return domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	return u.onAccount(ctx, who, id, func(ctx context.Context, tx org.PersonStore, id string) error {
		if err := tx.SetDisabled(ctx, id, disabled); err != nil {
			return err
		}
		action := "person.enable_account"
		if disabled {
			action = "person.disable_account"
			if _, err := tx.RevokeSessions(ctx, id, ""); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, who.Did(action, "person", id, "reason", reason))
	})
}

// ResetFactors helps who lost the phone and the recovery codes: TOTP, passkeys and
// recovery codes are gone and every session ends. The password stays as it is, and
// where a second factor is required the person sets up another. Errors: as
// ResetPassword, and NotFound "person.no_account", Invalid "person.reason_missing".
func (u *People) ResetFactors(ctx context.Context, who Actor, id, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	return u.onAccount(ctx, who, id, func(ctx context.Context, tx org.PersonStore, id string) error {
		had, err := tx.ResetFactors(ctx, id)
		if err != nil {
			return err
		}
		n, err := tx.RevokeSessions(ctx, id, "")
		if err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.reset_factors", "person", id, "totp", had.TOTP, "passkeys", had.Passkeys, "sessions", n, "reason", reason))
	})
}

// SessionsOf tells where a person is signed in; the look is recorded. Errors: as
// ResetPassword.
func (u *People) SessionsOf(ctx context.Context, who Actor, id string) (list []org.Session, err error) {
	err = u.onAccount(ctx, who, id, func(ctx context.Context, tx org.PersonStore, id string) error {
		if list, err = tx.Sessions(ctx, id); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.read_sessions", "person", id))
	})
	return list, err
}

// EndSessions signs a person out everywhere. Errors: as ResetPassword, and Invalid
// "person.reason_missing".
func (u *People) EndSessions(ctx context.Context, who Actor, id, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	return u.onAccount(ctx, who, id, func(ctx context.Context, tx org.PersonStore, id string) error {
		n, err := tx.RevokeSessions(ctx, id, "")
		if err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.end_sessions", "person", id, "sessions", n, "reason", reason))
	})
}

func (u *People) onAccount(ctx context.Context, who Actor, id string, fn func(ctx context.Context, tx org.PersonStore, id string) error) error {
	id, err := ParseID(id, "person.unknown")
	if err != nil {
		return err
	}
	if id == who.PersonID {
		return domain.E(domain.Forbidden, "person.account_self")
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.PersonStore) error {
		if _, err := tx.PersonForUpdate(ctx, who.Scope(org.PermPeopleManage), id); err != nil {
			return err
		}
		if err := mayHandle(ctx, tx, who, id); err != nil {
			return err
		}
		return fn(ctx, tx, id)
	})
}

// grantHolders is a store that knows who holds roles.
type grantHolders interface {
	HoldsGrant(ctx context.Context, personID string) (bool, error)
	Reaches(ctx context.Context, s domain.Scope) (bool, error)
}

// mayHandle refuses what would let somebody become a person who holds roles,
// unless he may grant roles to anyone: Forbidden "person.account_holds_roles".
func mayHandle(ctx context.Context, tx grantHolders, who Actor, id string) error {
	holds, err := tx.HoldsGrant(ctx, id)
	if err != nil || !holds {
		return err
	}
	all, err := tx.Reaches(ctx, who.Scope(org.PermGrantManage))
	if err == nil && !all {
		err = domain.E(domain.Forbidden, "person.account_holds_roles")
	}
	return err
}
