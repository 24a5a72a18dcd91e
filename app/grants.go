package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Grants is who may do what, where and how long.
type Grants struct {
	Store org.GrantStore
}

// NewGrant is what is asked for. UnitID "" is the whole institution, From ""
// is today, Until "" is open.
type NewGrant struct {
	PersonID, Role, UnitID, From, Until, Reason string
}

// Give grants a role. It holds with the commit; what other processes remember
// of the person's rights is at most a second old. Errors: NotFound
// "person.unknown", "unit.unknown", Forbidden "grant.needs_all" for the whole
// institution by somebody who has only a part, those of org.Grant.Check.
func (u *Grants) Give(ctx context.Context, who Actor, in NewGrant) (*org.Grant, error) {
	personID, err := ParseID(in.PersonID, "person.unknown")
	if err != nil {
		return nil, err
	}
	g := &org.Grant{
		ID: NewID(), PersonID: personID, Role: org.Role(in.Role), From: in.From, Until: optional(in.Until), Reason: in.Reason,
		GrantedBy: optional(who.PersonID),
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.GrantStore) error {
		scope := who.Scope(org.PermGrantManage)
		if _, err := tx.PersonForUpdate(ctx, scope, personID); err != nil {
			return err
		}
		if err := u.place(ctx, tx, scope, g, in.UnitID); err != nil {
			return err
		}
		held, err := tx.GrantsOf(ctx, personID)
		if err != nil {
			return err
		}
		if err := g.Check(who.PersonID, held); err != nil {
			return err
		}
		if err := tx.InsertGrant(ctx, g); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("grant.give", "person", personID, "grant_id", g.ID, "role", in.Role, "unit_id", in.UnitID, "from", g.From,
			"until", in.Until, "reason", in.Reason))
	})
	if err != nil {
		return nil, err
	}
	return g, nil
}

func (u *Grants) place(ctx context.Context, tx org.GrantStore, scope domain.Scope, g *org.Grant, unitID string) (err error) {
	if g.From == "" {
		if g.From, err = tx.Today(ctx); err != nil {
			return err
		}
	}
	if unitID == "" {
		all, err := tx.Reaches(ctx, scope)
		if err == nil && !all {
			err = domain.E(domain.Forbidden, "grant.needs_all")
		}
		return err
	}
	id, err := ParseID(unitID, "unit.unknown")
	if err != nil {
		return err
	}
	units, err := tx.UnitsForShare(ctx, scope, []string{id})
	if err != nil {
		return err
	}
	unit, ok := units[id]
	if !ok {
		return domain.E(domain.NotFound, "unit.unknown").At("body.unit_id", "unit.unknown")
	}
	g.UnitID, g.UnitName = &id, unit.Name
	return nil
}

// End takes a grant away at once. Errors: NotFound "grant.unknown", those of
// org.Grant.End.
func (u *Grants) End(ctx context.Context, who Actor, id, reason string) error {
	id, err := ParseID(id, "grant.unknown")
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.GrantStore) error {
		g, err := tx.GrantForUpdate(ctx, who.Scope(org.PermGrantManage), id)
		if err != nil {
			return err
		}
		today, err := tx.Today(ctx)
		if err != nil {
			return err
		}
		if err := g.End(who.PersonID, reason, today); err != nil {
			return err
		}
		if err := tx.EndGrant(ctx, id, who.PersonID, reason); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("grant.end", "person", g.PersonID, "grant_id", id, "role", string(g.Role), "reason", reason))
	})
}
