package app

import (
	"context"
	"crypto/sha256"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Impersonate shows the actor the pages as a person sees them, read only, for a
// number of minutes (0: 15). token is the session's; it has another afterwards.
// Nobody sees more by it than he could with his own rights. Errors: NotFound
// "person.unknown", those of org.Impersonation.Check.
func (u *Sessions) Impersonate(ctx context.Context, who Actor, personID, reason string, minutes int, token string) (*Opened, error) {
	id, err := ParseID(personID, "person.unknown")
	if err != nil {
		return nil, err
	}
	if minutes == 0 {
		minutes = org.ImpersonationDefault
	}
	i := &org.Impersonation{ID: NewID(), SessionID: who.SessionID, ActorID: who.PersonID, PersonID: id, Reason: reason}
	err = u.Stand.InTx(ctx, func(ctx context.Context, tx org.ImpersonationStore) error {
		if _, err := tx.PersonForUpdate(ctx, who.Scope(org.PermSupport), id); err != nil {
			return err
		}
		lacking, err := tx.LacksOf(ctx, who.PersonID, id)
		if err != nil {
			return err
		}
		inExam, err := tx.InExam(ctx, who.PersonID, id)
		if err != nil {
			return err
		}
		if err := i.Check(minutes, lacking, inExam); err != nil {
			return err
		}
		if err := tx.InsertImpersonation(ctx, i, minutes); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.impersonate", "person", id, "reason", reason, "minutes", minutes))
	})
	if err != nil {
		return nil, err
	}
	return u.reopened(ctx, who, token)
}

// EndImpersonation shows the actor his own pages again. Conflict "impersonation.none".
func (u *Sessions) EndImpersonation(ctx context.Context, who Actor, token string) (*Opened, error) {
	err := u.Stand.InTx(ctx, func(ctx context.Context, tx org.ImpersonationStore) error {
		if who.Acting == nil {
			return domain.E(domain.Conflict, "impersonation.none")
		}
		if err := tx.EndImpersonation(ctx, who.SessionID); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.impersonate_end", "person", who.PersonID))
	})
	if err != nil {
		return nil, err
	}
	return u.reopened(ctx, who, token)
}

// reopened gives a session a new token, so that nothing remembers whose it was.
func (u *Sessions) reopened(ctx context.Context, who Actor, token string) (*Opened, error) {
	next, hash := newToken()
	old := sha256.Sum256([]byte(token))
	if err := u.Store.ReplaceToken(ctx, who.SessionID, old[:], hash); err != nil {
		return nil, err
	}
	u.cache.drop(who.PersonID)
	fresh, _, err := u.resolve(ctx, hash)
	if err != nil {
		return nil, err
	}
	return &Opened{Token: next, ExpiresAt: fresh.ExpiresAt, Identity: fresh}, nil
}
