package app

import (
	"context"
	"fmt"
	"time"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Setup is the first step of an installation: somebody must be able to grant
// before anybody can be granted.
type Setup struct {
	Store     org.SetupStore
	Passwords org.PasswordHasher
	// GraceDays is how long those who read others' data may do without a second
	// factor; 0, for demonstrations, asks for none.
	GraceDays int
}

// FactorGraceDays is how long a new installation has for its second factors.
const FactorGraceDays = 30

// FirstAdministrator makes a person who administers the whole institution. It
// works only while nobody holds any grant, and is recorded as the system's deed.
// From then on a second factor is asked of who reads others' data, and required
// once the days of grace are over.
// Errors: Conflict "setup.already_done", Invalid "setup.person_refused" with a
// field error per wrong value, Conflict "person.number_taken".
func (u *Setup) FirstAdministrator(ctx context.Context, in org.NewPerson, reason string) (*org.Person, error) {
	hash, err := u.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	p := &org.Person{ID: NewID()}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SetupStore) error {
		granted, err := tx.LockGrants(ctx)
		if err != nil {
			return err
		}
		if granted {
			return domain.E(domain.Conflict, "setup.already_done")
		}
		today, err := tx.Today(ctx)
		if err != nil {
			return err
		}
		if bad := in.Check(today); len(bad) > 0 || in.Password == "" {
			e := domain.E(domain.Invalid, "setup.person_refused")
			e.Fields = bad
			return e
		}
		p.Number, p.Name, p.Kind, p.Gender, p.BornOn = in.Number, in.Name, in.Kind, optional(in.Gender), optional(in.BornOn)
		account := org.Account{PersonID: p.ID, PasswordHash: hash, MustChange: in.MustChange}
		if err := tx.InsertPeople(ctx, []org.Person{*p}, nil, []org.Account{account}); err != nil {
			return err
		}
		for _, role := range org.FirstRoles() {
			if err := tx.InsertGrant(ctx, &org.Grant{ID: NewID(), PersonID: p.ID, Role: role, From: today, Reason: reason}); err != nil {
				return err
			}
		}
		if err := u.askFactors(ctx, tx, today); err != nil {
			return err
		}
		return tx.Audit(ctx, System().Did("setup.first_administrator", "person", p.ID, "reason", reason))
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (u *Setup) askFactors(ctx context.Context, tx org.SetupStore, today string) error {
	if u.GraceDays == 0 {
		return nil
	}
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return fmt.Errorf("read today: %w", err)
	}
	before, err := tx.SignInPolicy(ctx)
	if err != nil {
		return err
	}
	after := before
	after.SecondFactor, after.FactorFrom = org.FactorGrace, day.AddDate(0, 0, u.GraceDays).Format(time.DateOnly)
	if err := tx.SaveSignInPolicy(ctx, after, ""); err != nil {
		return err
	}
	return tx.Audit(ctx, System().Did("sign_in.change_policy", "sign_in_policy", "1", "before", before, "after", after))
}
