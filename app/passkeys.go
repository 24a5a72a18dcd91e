package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Asked is a question to an authenticator: options go to the browser as they
// are, the answer comes back with the id.
type Asked struct {
	CeremonyID string
	Options    []byte
}

// holder is the actor's account with the passkeys it has.
func (u *Sessions) holder(ctx context.Context, who Actor) (*org.Account, *org.Person, []org.Passkey, error) {
	acc, person, err := u.Store.Account(ctx, who.PersonID)
	if err != nil {
		return nil, nil, nil, err
	}
	have, err := u.Store.Passkeys(ctx, who.PersonID)
	return acc, person, have, err
}

// BeginPasskey asks an authenticator for a new credential. Conflict
// "sign_in.passkeys_unavailable" where browsers do not allow them.
func (u *Sessions) BeginPasskey(ctx context.Context, who Actor) (*Asked, error) {
	if !u.Passkeys.Available() {
		return nil, domain.E(domain.Conflict, "sign_in.passkeys_unavailable")
	}
	_, person, have, err := u.holder(ctx, who)
	if err != nil {
		return nil, err
	}
	options, state, err := u.Passkeys.Register(person, have)
	if err != nil {
		return nil, err
	}
	return u.ask(ctx, org.CeremonyRegister, &who.PersonID, options, state)
}

// AddPasskey takes the new credential in; the first factor brings recovery codes
// with it, shown this once. Errors: Invalid "sign_in.passkey_refused",
// "sign_in.passkey_name", Conflict "sign_in.passkey_taken", NotFound
// "sign_in.ceremony_over".
func (u *Sessions) AddPasskey(ctx context.Context, who Actor, ceremonyID, name string, answer []byte) (codes []string, err error) {
	if name, err = checkName(name); err != nil {
		return nil, err
	}
	c, err := u.takeCeremony(ctx, ceremonyID, org.CeremonyRegister, who.PersonID)
	if err != nil {
		return nil, err
	}
	acc, person, have, err := u.holder(ctx, who)
	if err != nil {
		return nil, err
	}
	key, err := u.Passkeys.Registered(person, have, c.State, answer)
	if err != nil {
		return nil, err
	}
	key.ID, key.PersonID, key.Name, key.CreatedAt = NewID(), who.PersonID, name, u.Now()
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if err := tx.InsertPasskey(ctx, key); err != nil {
			return err
		}
		if acc.RecoveryLeft == 0 {
			if codes, err = newRecoveryCodes(ctx, tx, who.PersonID); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, who.Did("sign_in.add_passkey", "person", who.PersonID, "passkey_id", key.ID, "name", name))
	})
	u.cache.drop(who.PersonID)
	return codes, err
}

// RenamePasskey names one of the actor's passkeys. NotFound
// "sign_in.passkey_unknown", Invalid "sign_in.passkey_name".
func (u *Sessions) RenamePasskey(ctx context.Context, who Actor, id, name string) error {
	id, err := ParseID(id, "sign_in.passkey_unknown")
	if err != nil {
		return err
	}
	if name, err = checkName(name); err != nil {
		return err
	}
	return u.Store.RenamePasskey(ctx, who.PersonID, id, name)
}

// RemovePasskey takes one of the actor's passkeys away. NotFound
// "sign_in.passkey_unknown", Conflict "sign_in.factor_required".
func (u *Sessions) RemovePasskey(ctx context.Context, who Actor, id string) error {
	id, err := ParseID(id, "sign_in.passkey_unknown")
	if err != nil {
		return err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.SessionStore) error {
		if err := u.keepOne(ctx, tx, who, func(a *org.Account) bool { return a.TOTPSecret != "" || a.Passkeys > 1 }); err != nil {
			return err
		}
		if err := tx.RemovePasskey(ctx, who.PersonID, id); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("sign_in.remove_passkey", "person", who.PersonID, "passkey_id", id))
	})
	u.cache.drop(who.PersonID)
	return err
}

// AskPasskey asks for a passkey: anybody's to sign in, the actor's own as second
// factor or for a step-up. Conflict "sign_in.passkeys_unavailable",
// "sign_in.no_factor".
func (u *Sessions) AskPasskey(ctx context.Context, who Actor) (*Asked, error) {
	if !u.Passkeys.Available() {
		return nil, domain.E(domain.Conflict, "sign_in.passkeys_unavailable")
	}
	if who.PersonID == "" {
		options, state, err := u.Passkeys.Ask(nil, nil)
		if err != nil {
			return nil, err
		}
		return u.ask(ctx, org.CeremonySignIn, nil, options, state)
	}
	_, person, have, err := u.holder(ctx, who)
	if err != nil {
		return nil, err
	}
	if len(have) == 0 {
		return nil, domain.E(domain.Conflict, "sign_in.no_factor")
	}
	options, state, err := u.Passkeys.Ask(person, have)
	if err != nil {
		return nil, err
	}
	purpose := org.CeremonyStepUp
	if who.NeedsFactor {
		purpose = org.CeremonyFactor
	}
	return u.ask(ctx, purpose, &who.PersonID, options, state)
}

func (u *Sessions) ask(ctx context.Context, purpose string, personID *string, options, state []byte) (*Asked, error) {
	c := &org.Ceremony{ID: NewID(), PersonID: personID, Purpose: purpose, State: state}
	if err := u.Store.InsertCeremony(ctx, c, ceremonyLife); err != nil {
		return nil, err
	}
	return &Asked{CeremonyID: c.ID, Options: options}, nil
}

func (u *Sessions) takeCeremony(ctx context.Context, id, purpose, personID string) (*org.Ceremony, error) {
	id, err := ParseID(id, "sign_in.ceremony_over")
	if err != nil {
		return nil, err
	}
	c, err := u.Store.TakeCeremony(ctx, id, purpose)
	if err != nil {
		return nil, err
	}
	if (c.PersonID == nil) != (personID == "") || c.PersonID != nil && *c.PersonID != personID {
		return nil, domain.E(domain.NotFound, "sign_in.ceremony_over")
	}
	return c, nil
}

// answered judges an authenticator's answer; personID "" is anybody's.
func (u *Sessions) answered(ctx context.Context, p Proof, purpose, personID string) (*org.Passkey, error) {
	c, err := u.takeCeremony(ctx, p.CeremonyID, purpose, personID)
	if err != nil {
		return nil, err
	}
	key, err := u.Passkeys.Answered(c.State, p.Answer, func(credentialID []byte) (*org.Passkey, error) {
		k, err := u.Store.Passkey(ctx, credentialID)
		if err == nil && personID != "" && k.PersonID != personID {
			err = domain.E(domain.NotFound, "sign_in.passkey_unknown")
		}
		return k, err
	})
	if err != nil {
		return nil, err
	}
	return key, u.Store.PasskeyUsed(ctx, key.ID, key.Credential)
}

// SignInByPasskey opens a session by a passkey alone: possession and the
// device's own check of its holder are two factors. Errors: Unauthenticated
// "sign_in.passkey_refused", NotFound "sign_in.ceremony_over",
// "sign_in.passkey_unknown".
func (u *Sessions) SignInByPasskey(ctx context.Context, door Door, p Proof) (*Opened, error) {
	key, err := u.answered(ctx, p, org.CeremonySignIn, "")
	if err != nil {
		return nil, err
	}
	policy, err := u.policy(ctx)
	if err != nil {
		return nil, err
	}
	acc, person, err := u.Store.Account(ctx, key.PersonID)
	if err != nil {
		return nil, err
	}
	if acc.DisabledAt != nil {
		return nil, u.refuse(ctx, door, acc, "sign_in.passkey_refused")
	}
	return u.open(ctx, opening{policy: policy, door: door, acc: acc, person: person, method: org.MethodPasskey, factorDone: true})
}
