package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/org"
)

// ChangePassword sets a new password and ends every other session. Who came in
// by a one-time code has none to tell: current is not asked for then.
// Errors: Invalid "session.wrong_current_password", "session.password_…",
// TooMany "session.throttled".
func (u *Sessions) ChangePassword(ctx context.Context, who Actor, current, next string) error {
	acc, person, err := u.Store.Account(ctx, who.PersonID)
	if err != nil {
		return err
	}
	policy, err := u.policy(ctx)
	if err != nil {
		return err
	}
	if !(who.Method == org.MethodCode && acc.MustChange) {
		if err := u.askAgain(ctx, who, acc, current); err != nil {
			return domain.E(domain.CodeOf(err), domain.ReasonOf(err)).At("body.current", domain.ReasonOf(err))
		}
	}
	if err := policy.CheckPassword(next, org.Owner{Number: person.Number, Name: person.Name, Pinyin: person.Pinyin}); err != nil {
		return err
	}
	if err := u.refuseEarlier(ctx, policy, acc, next); err != nil {
		return err
	}
	before := acc.PasswordHash
	if acc.PasswordHash, err = u.Passwords.Hash(ctx, next); err != nil {
		return err
	}
	acc.MustChange = false
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if before != "" && policy.History > 0 {
			if err := tx.RetirePassword(ctx, NewID(), who.PersonID, before, policy.History); err != nil {
				return err
			}
		}
		if err := tx.SaveAccount(ctx, acc); err != nil {
			return err
		}
		if _, err := tx.RevokeSessions(ctx, who.PersonID, who.SessionID); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("session.change_password", "person", who.PersonID))
	})
	u.cache.drop(who.PersonID)
	return err
}

// askAgain checks the password of an open session, a few times a minute.
func (u *Sessions) askAgain(ctx context.Context, who Actor, acc *org.Account, password string) error {
	lane := org.StepUpLane(who.PersonID)
	if err := u.take(ctx, lane); err != nil {
		return err
	}
	hash := acc.PasswordHash
	if hash == "" {
		hash = decoyHash
	}
	ok, _, err := u.Passwords.Verify(ctx, password, hash)
	switch {
	case err != nil:
		return err
	case !ok || acc.PasswordHash == "":
		return domain.E(domain.Invalid, "session.wrong_current_password")
	}
	return u.Store.GiveBack(ctx, lane)
}

func (u *Sessions) take(ctx context.Context, lane org.Lane) error {
	wait, err := u.Store.Take(ctx, lane)
	if err == nil && wait > 0 {
		err = domain.E(domain.TooMany, "session.throttled", "seconds", int(wait.Seconds())+1)
	}
	return err
}

// refuseEarlier refuses the password in force, and those before it as far as
// the policy remembers.
func (u *Sessions) refuseEarlier(ctx context.Context, policy org.SignInPolicy, acc *org.Account, next string) error {
	var hashes []string
	if policy.History > 0 {
		earlier, err := u.Store.PasswordHistory(ctx, acc.PersonID, policy.History)
		if err != nil {
			return err
		}
		hashes = earlier
	}
	if acc.PasswordHash != "" {
		hashes = append(hashes, acc.PasswordHash)
	}
	for _, h := range hashes {
		same, _, err := u.Passwords.Verify(ctx, next, h)
		if err != nil {
			return err
		}
		if same {
			return domain.E(domain.Invalid, "session.password_used_before", "count", policy.History)
		}
	}
	return nil
}

// Policy returns the sign-in policy in force.
func (u *Sessions) Policy(ctx context.Context) (org.SignInPolicy, error) { return u.policy(ctx) }

// SavePolicy puts a sign-in policy in force; other processes follow within a
// second. Errors: those of org.SignInPolicy.Check, Conflict
// "sign_in.no_break_glass" when nobody could sign in by password any more.
func (u *Sessions) SavePolicy(ctx context.Context, who Actor, p org.SignInPolicy) error {
	if err := p.Check(); err != nil {
		return err
	}
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		before, err := tx.SignInPolicy(ctx)
		if err != nil {
			return err
		}
		if err := tx.SaveSignInPolicy(ctx, p, who.PersonID); err != nil {
			return err
		}
		if p.LocalOnly { // counted with the policy's row in hand, so that nobody takes the last one away meanwhile
			if n, err := tx.BreakGlass(ctx); err != nil || n == 0 {
				return first(err, domain.E(domain.Conflict, "sign_in.no_break_glass"))
			}
		}
		return tx.Audit(ctx, who.Did("sign_in.change_policy", "sign_in_policy", "1", "before", before, "after", p))
	})
	u.policies.drop()
	return err
}
