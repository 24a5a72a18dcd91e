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

// Given is what came of it: a grant, or a request that waits for a second person.
type Given struct {
	Grant   *org.Grant
	Request *org.GrantRequest
}

// List returns the grants within the actor's scope, latest first.
func (u *Grants) List(ctx context.Context, who Actor, f org.GrantFilter, p domain.Paging) (domain.Page[org.Grant], error) {
	return u.Store.Grants(ctx, who.Scope(org.PermGrantManage), f, p)
}

// Requests returns the requests within the actor's scope, those that wait or all.
func (u *Grants) Requests(ctx context.Context, who Actor, open bool, p domain.Paging) (domain.Page[org.GrantRequest], error) {
	return u.Store.Requests(ctx, who.Scope(org.PermGrantManage), open, p)
}

// Give grants a role, or asks for it where the role wants a second person's word.
// It holds with the commit; what other processes remember of the person's rights
// is at most a second old. Nobody gives what he does not hold himself, there and
// for as long. Errors: NotFound "person.unknown", "unit.unknown", Forbidden
// "grant.needs_all" for the whole institution by somebody who has only a part,
// "grant.more_than_own", Conflict "grant.request_open", those of org.Grant.Check.
func (u *Grants) Give(ctx context.Context, who Actor, in NewGrant) (*Given, error) {
	personID, err := ParseID(in.PersonID, "person.unknown")
	if err != nil {
		return nil, err
	}
	g := &org.Grant{
		ID: NewID(), PersonID: personID, Role: org.Role(in.Role), From: in.From, Until: optional(in.Until), Reason: in.Reason,
		GrantedBy: optional(who.PersonID),
	}
	out := &Given{Grant: g}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.GrantStore) error {
		role, err := u.prepare(ctx, tx, who, g, in.UnitID)
		if err != nil {
			return err
		}
		if role.Approval {
			out.Grant, out.Request = nil, &org.GrantRequest{Grant: *g, State: org.RequestOpen}
			err = tx.InsertRequest(ctx, out.Request)
		} else {
			err = tx.InsertGrant(ctx, g)
		}
		if err != nil {
			return err
		}
		action := "grant.give"
		if role.Approval {
			action = "grant.request"
		}
		return tx.Audit(ctx, who.Did(action, "person", personID, "grant_id", g.ID, "role", in.Role, "unit_id", in.UnitID, "from", g.From,
			"until", in.Until, "reason", in.Reason))
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// prepare locks what a grant rests on and says whether the actor may give it.
func (u *Grants) prepare(ctx context.Context, tx org.GrantStore, who Actor, g *org.Grant, unitID string) (*org.RoleDefinition, error) {
	scope := who.Scope(org.PermGrantManage)
	if _, err := tx.PersonForUpdate(ctx, scope, g.PersonID); err != nil {
		return nil, err
	}
	if err := u.place(ctx, tx, scope, g, unitID); err != nil {
		return nil, err
	}
	role, err := tx.RoleForShare(ctx, g.Role)
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return nil, err
	}
	held, err := tx.GrantsOf(ctx, g.PersonID)
	if err != nil {
		return nil, err
	}
	if err := g.Check(who.PersonID, role, held); err != nil {
		return nil, err
	}
	return role, u.within(ctx, tx, who.PersonID, g)
}

// within refuses what a person does not hold himself.
func (u *Grants) within(ctx context.Context, tx org.GrantStore, personID string, g *org.Grant) error {
	lacking, err := tx.Lacks(ctx, personID, g)
	if err == nil && len(lacking) > 0 {
		err = domain.E(domain.Forbidden, "grant.more_than_own", "permissions", lacking)
	}
	return err
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

// Approve is the second person's word: the grant holds with it. What was right
// when it was asked for is asked again of today, of the approver and of who asked.
// Errors: NotFound "grant.request_unknown", Forbidden "grant.requester_lost",
// those of org.GrantRequest.Decide and of Give.
func (u *Grants) Approve(ctx context.Context, who Actor, id string) (*org.Grant, error) {
	var g *org.Grant
	err := u.decide(ctx, who, id, true, "", func(ctx context.Context, tx org.GrantStore, r *org.GrantRequest, today string) error {
		c := r.Grant
		g = &c
		g.ID, g.From, g.ApprovedBy = NewID(), max(r.From, today), optional(who.PersonID)
		unitID := ""
		if g.UnitID != nil {
			unitID = *g.UnitID
		}
		if _, err := u.prepare(ctx, tx, who, g, unitID); err != nil {
			return err
		}
		lacking, err := tx.Lacks(ctx, *r.GrantedBy, g)
		if err != nil {
			return err
		}
		if len(lacking) > 0 {
			return domain.E(domain.Conflict, "grant.requester_lost")
		}
		r.GrantID = &g.ID
		return tx.InsertGrant(ctx, g)
	})
	if err != nil {
		return nil, err
	}
	return g, nil
}

// Refuse answers a request with no. Errors: NotFound "grant.request_unknown",
// those of org.GrantRequest.Decide.
func (u *Grants) Refuse(ctx context.Context, who Actor, id, reason string) error {
	return u.decide(ctx, who, id, false, reason, nil)
}

func (u *Grants) decide(ctx context.Context, who Actor, id string, approve bool, reason string,
	do func(ctx context.Context, tx org.GrantStore, r *org.GrantRequest, today string) error,
) error {
	id, err := ParseID(id, "grant.request_unknown")
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.GrantStore) error {
		r, err := tx.RequestForUpdate(ctx, who.Scope(org.PermGrantManage), id)
		if err != nil {
			return err
		}
		today, err := tx.Today(ctx)
		if err != nil {
			return err
		}
		if err := r.Decide(who.PersonID, approve, reason, today); err != nil {
			return err
		}
		action := "grant.refuse"
		r.State, r.DecidedBy, r.DecideReason = org.RequestRefused, optional(who.PersonID), reason
		if approve {
			action, r.State = "grant.approve", org.RequestApproved
			if err := do(ctx, tx, r, today); err != nil {
				return err
			}
		}
		if err := tx.SaveRequest(ctx, r); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did(action, "person", r.PersonID, "request_id", id, "grant_id", r.GrantID, "role", string(r.Role),
			"requested_by", *r.GrantedBy, "reason", reason))
	})
}

// Withdraw takes back what the actor asked for. Errors: NotFound
// "grant.request_unknown", those of org.GrantRequest.Withdraw.
func (u *Grants) Withdraw(ctx context.Context, who Actor, id string) error {
	id, err := ParseID(id, "grant.request_unknown")
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.GrantStore) error {
		r, err := tx.RequestForUpdate(ctx, who.Scope(org.PermGrantManage), id)
		if err != nil {
			return err
		}
		if err := r.Withdraw(who.PersonID); err != nil {
			return err
		}
		r.State, r.DecidedBy = org.RequestWithdrawn, optional(who.PersonID)
		if err := tx.SaveRequest(ctx, r); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("grant.withdraw", "person", r.PersonID, "request_id", id, "role", string(r.Role)))
	})
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
