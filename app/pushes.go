package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Pushes keeps what programs outside pushed, and what came of it.
type Pushes struct {
	Store org.PushStore
}

// Begin keeps that a push has arrived: should it be cut off, there is a trace.
func (u *Pushes) Begin(ctx context.Context, who Actor, kind string, items int) (*org.Push, error) {
	p := &org.Push{ID: NewID(), Kind: kind, Running: true, TokenID: who.TokenID, CreatedBy: who.PersonID}
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.PushStore) error {
		if err := tx.InsertPush(ctx, p); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("push."+kind, "push", p.ID, "items", items))
	})
	return p, err
}

// End keeps what came of each item.
func (u *Pushes) End(ctx context.Context, who Actor, p *org.Push, items []org.PushOutcome, importID string) (*org.Push, error) {
	now, err := u.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	p.Done(items, importID, now)
	if err := u.Store.SavePush(ctx, p); err != nil {
		return nil, err
	}
	return u.Get(ctx, who, p.ID)
}

// Get returns one push of the actor's, or of his token's. NotFound "push.unknown".
func (u *Pushes) Get(ctx context.Context, who Actor, id string) (*org.Push, error) {
	id, err := ParseID(id, "push.unknown")
	if err != nil {
		return nil, err
	}
	return u.Store.Push(ctx, who.PersonID, who.TokenID, id)
}

// List returns the actor's pushes, newest first: a token's own, or all that a
// person's tokens made.
func (u *Pushes) List(ctx context.Context, who Actor, p domain.Paging) (domain.Page[org.Push], error) {
	return u.Store.Pushes(ctx, who.PersonID, who.TokenID, p)
}
