package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"zhixing/domain"
	"zhixing/domain/org"
)

// ResetPassword gives the person a one-time password, to be changed at the
// first sign-in, and ends his sessions; without an account it makes one.
// Who holds roles can be reset only by those who may grant roles to anyone: a
// reset is a way to become that person. Errors: NotFound "person.unknown",
// Forbidden "person.account_self", "person.account_holds_roles".
func (u *People) ResetPassword(ctx context.Context, who Actor, id string) (password string, err error) {
	if password, err = OneTimePassword(); err != nil {
		return "", err
	}
	hash, err := u.Passwords.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = u.onAccount(ctx, who, id, func(ctx context.Context, tx org.PersonStore, id string) error {
		if err := tx.SetPassword(ctx, id, hash, true); err != nil {
			return err
		}
		n, err := tx.RevokeSessions(ctx, id, "")
		if err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.reset_password", "person", id, "sessions", n))
	})
	if err != nil {
		return "", err
	}
	return password, nil
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
		holds, err := tx.HoldsGrant(ctx, id)
		if err != nil {
			return err
		}
		if holds {
			all, err := tx.Reaches(ctx, who.Scope(org.PermGrantManage))
			if err != nil {
				return err
			}
			if !all {
				return domain.E(domain.Forbidden, "person.account_holds_roles")
			}
		}
		return fn(ctx, tx, id)
	})
}

// OneTimePassword is 12 characters that cannot be taken for one another when
// read aloud or copied from paper: 59 bits.
func OneTimePassword() (string, error) {
	const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
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
