package app

import (
	"context"
	"slices"
	"strings"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Roles is the sets of permissions that can be granted.
type Roles struct {
	Store org.RoleStore
}

// List returns all roles, built-in ones first, retired ones last.
func (u *Roles) List(ctx context.Context) ([]org.RoleDefinition, error) { return u.Store.Roles(ctx) }

// Read returns a role with its history. NotFound "role.unknown".
func (u *Roles) Read(ctx context.Context, key string) (*org.RoleDefinition, []org.RoleVersion, error) {
	d, err := u.Store.Role(ctx, org.Role(key))
	if err != nil {
		return nil, nil, err
	}
	versions, err := u.Store.Versions(ctx, d.Key)
	return d, versions, err
}

// Create makes a role out of permissions that its maker holds over the whole
// institution. Errors: those of org.RoleDefinition.Check and Within, Conflict
// "role.name_taken".
func (u *Roles) Create(ctx context.Context, who Actor, d org.RoleDefinition) (*org.RoleDefinition, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	if err := d.Within(who.Everywhere); err != nil {
		return nil, err
	}
	d.Key, d.Version, d.CreatedBy = org.Role(NewID()), 1, who.PersonID
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.RoleStore) error {
		if err := tx.InsertRole(ctx, &d); err != nil {
			return err
		}
		if err := tx.KeepVersion(ctx, d.Key, &org.RoleVersion{Version: 1, What: "create", Definition: d, By: who.PersonID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("role.create", "role", string(d.Key), roleDetail(&d)...))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Role(ctx, d.Key)
}

func roleDetail(d *org.RoleDefinition) []any {
	return []any{
		"name", d.NameZH, "permissions", d.Permissions, "reach", d.Reach, "approval", d.Approval, "second_factor", d.SecondFactor, "version", d.Version,
	}
}

// Preview says whom a change would reach, and changes nothing. Errors: those of
// Change.
func (u *Roles) Preview(ctx context.Context, who Actor, key string, next org.RoleDefinition) (*org.RoleEffect, error) {
	if err := next.Check(); err != nil {
		return nil, err
	}
	d, err := u.Store.Role(ctx, org.Role(key))
	if err != nil {
		return nil, err
	}
	if err := changeable(ctx, u.Store, who, d, &next); err != nil {
		return nil, err
	}
	out, err := u.Store.Effect(ctx, d.Key, next.SecondFactor && !d.SecondFactor)
	if err != nil {
		return nil, err
	}
	out.Added, out.Removed = lessOf(next.Permissions, d.Permissions), lessOf(d.Permissions, next.Permissions)
	return out, nil
}

func lessOf(a, b []org.Permission) []org.Permission {
	return slices.DeleteFunc(slices.Clone(a), func(p org.Permission) bool { return slices.Contains(b, p) })
}

func changeable(ctx context.Context, s org.RoleStore, who Actor, d, next *org.RoleDefinition) error {
	holder, err := s.HoldsRole(ctx, d.Key, who.PersonID)
	if err != nil {
		return err
	}
	held, err := s.Lasting(ctx, d.Key, who.PersonID)
	if err != nil {
		return err
	}
	return d.Change(next, holder, held)
}

// Change makes a role another, for everyone who holds it, at once. next.Version
// is the one that the actor saw. Errors: those of org.RoleDefinition.Check and
// Change, NotFound "role.unknown", Conflict "role.name_taken", Invalid
// "role.reason_missing".
func (u *Roles) Change(ctx context.Context, who Actor, key string, next org.RoleDefinition, reason string) (*org.RoleDefinition, error) {
	if err := next.Check(); err != nil {
		return nil, err
	}
	if strings.TrimSpace(reason) == "" {
		return nil, domain.E(domain.Invalid, "role.reason_missing").At("body.reason", "role.reason_missing")
	}
	next.Key = org.Role(key)
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.RoleStore) error {
		d, err := tx.RoleForUpdate(ctx, next.Key)
		if err != nil {
			return err
		}
		if err := changeable(ctx, tx, who, d, &next); err != nil {
			return err
		}
		if err := tx.SaveRole(ctx, &next); err != nil {
			return err
		}
		if err := tx.KeepVersion(ctx, next.Key, &org.RoleVersion{Version: next.Version, What: "change", Definition: next, Reason: reason, By: who.PersonID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("role.change", "role", key, append(roleDetail(&next), "reason", reason,
			"added", lessOf(next.Permissions, d.Permissions), "removed", lessOf(d.Permissions, next.Permissions))...))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Role(ctx, next.Key)
}

// Retire takes a role out of use: nobody gets it any more, and whoever holds it
// loses it at once. It returns how many grants ended. Errors: those of
// org.RoleDefinition.Retire, NotFound "role.unknown".
func (u *Roles) Retire(ctx context.Context, who Actor, key, reason string) (ended int, err error) {
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.RoleStore) error {
		d, err := tx.RoleForUpdate(ctx, org.Role(key))
		if err != nil {
			return err
		}
		holder, err := tx.HoldsRole(ctx, d.Key, who.PersonID)
		if err != nil {
			return err
		}
		if err := d.Retire(holder, reason); err != nil {
			return err
		}
		if ended, err = tx.RetireRole(ctx, d.Key, who.PersonID, reason); err != nil {
			return err
		}
		v := &org.RoleVersion{Version: d.Version + 1, What: "retire", Definition: *d, Reason: reason, By: who.PersonID, GrantsEnded: ended}
		if err := tx.KeepVersion(ctx, d.Key, v); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("role.retire", "role", key, "name", d.NameZH, "grants_ended", ended, "reason", reason))
	})
	return ended, err
}
