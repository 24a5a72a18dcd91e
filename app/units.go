package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Units is the two trees of the institution.
type Units struct {
	Store org.UnitStore
}

// List returns the units of a tree that the actor may see.
func (u *Units) List(ctx context.Context, who Actor, f org.UnitFilter) ([]org.UnitNode, error) {
	return u.Store.Units(ctx, who.Scope(org.PermUnitRead), f)
}

// NewUnit is what a unit is made of. ParentID "" makes a root.
type NewUnit struct {
	Tree, ParentID, Name, Kind string
	Position                   int
}

// Create hangs a new unit under a parent within the actor's scope; only the
// whole institution may make a root. Errors: NotFound "unit.unknown",
// Forbidden "unit.root_needs_all", those of Describe and PlaceUnder, Conflict
// "unit.name_taken".
func (u *Units) Create(ctx context.Context, who Actor, in NewUnit) (*org.Unit, error) {
	unit := &org.Unit{ID: NewID(), Tree: in.Tree, Position: in.Position}
	if err := unit.Describe(in.Name, in.Kind); err != nil {
		return nil, err
	}
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.UnitStore) error {
		parent, err := u.parent(ctx, tx, who, in.ParentID)
		if err != nil {
			return err
		}
		if err := unit.PlaceUnder(parent); err != nil {
			return err
		}
		if err := tx.InsertUnit(ctx, unit); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("unit.create", "unit", unit.ID, "tree", unit.Tree, "name", unit.Name, "kind", unit.Kind, "parent_id", in.ParentID))
	})
	if err != nil {
		return nil, err
	}
	return unit, nil
}

func (u *Units) parent(ctx context.Context, tx org.UnitStore, who Actor, id string) (*org.Unit, error) {
	scope := who.Scope(org.PermUnitManage)
	if id != "" {
		return tx.UnitForShare(ctx, scope, id)
	}
	all, err := tx.Reaches(ctx, scope)
	if err != nil {
		return nil, err
	}
	if !all {
		return nil, domain.E(domain.Forbidden, "unit.root_needs_all")
	}
	return nil, nil //nolint:nilnil // a root has no parent
}

// Update sets name, kind and position. Errors: NotFound "unit.unknown", those
// of Describe, Conflict "unit.name_taken".
func (u *Units) Update(ctx context.Context, who Actor, id, name, kind string, position int) (*org.Unit, error) {
	return u.change(ctx, who, id, func(ctx context.Context, tx org.UnitStore, unit *org.Unit) error {
		was := *unit
		if kind == "" {
			kind = unit.Kind
		}
		if err := unit.Describe(name, kind); err != nil {
			return err
		}
		unit.Position = position
		if err := tx.SaveUnit(ctx, unit); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("unit.update", "unit", id, "from", []any{was.Name, was.Kind, was.Position}, "to", []any{unit.Name, unit.Kind, unit.Position}))
	})
}

// Close ends a unit from a day on; it is never deleted, because the past
// refers to it. Errors: NotFound "unit.unknown", those of org.Unit.Close.
func (u *Units) Close(ctx context.Context, who Actor, id, on, reason string) (*org.Unit, error) {
	return u.change(ctx, who, id, func(ctx context.Context, tx org.UnitStore, unit *org.Unit) error {
		if !org.ValidDate(on) {
			return unit.Close(on, reason, 0, 0)
		}
		children, members, err := tx.Occupants(ctx, id, on)
		if err != nil {
			return err
		}
		if err := unit.Close(on, reason, children, members); err != nil {
			return err
		}
		if err := tx.SaveUnit(ctx, unit); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("unit.close", "unit", id, "on", on, "reason", reason))
	})
}

func (u *Units) change(ctx context.Context, who Actor, id string, fn func(context.Context, org.UnitStore, *org.Unit) error) (*org.Unit, error) {
	id, err := ParseID(id, "unit.unknown")
	if err != nil {
		return nil, err
	}
	var unit *org.Unit
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.UnitStore) error {
		if unit, err = tx.UnitForUpdate(ctx, who.Scope(org.PermUnitManage), id); err != nil {
			return err
		}
		return fn(ctx, tx, unit)
	})
	if err != nil {
		return nil, err
	}
	return unit, nil
}
