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

// List returns the units of a tree that the actor may see. Invalid "unit.date_form".
func (u *Units) List(ctx context.Context, who Actor, f org.UnitFilter) ([]org.UnitNode, error) {
	if f.AsOf != "" && !org.ValidDate(f.AsOf) {
		return nil, domain.E(domain.Invalid, "unit.date_form").At("query.as_of", "unit.date_form")
	}
	return u.Store.Units(ctx, who.Scope(org.PermUnitRead), f)
}

// NewUnit is what a unit is made of. ParentID "" makes a root.
type NewUnit struct {
	Tree, ParentID, Name, Kind string
	Position                   int
	OpenedOn                   string // "" is so long as is known
}

// Create hangs a new unit under a parent within the actor's scope; only the
// whole institution may make a root. Errors: NotFound "unit.unknown",
// Forbidden "unit.root_needs_all", those of Describe and PlaceUnder, Conflict
// "unit.name_taken".
func (u *Units) Create(ctx context.Context, who Actor, in NewUnit) (*org.Unit, error) {
	unit := &org.Unit{ID: NewID(), Tree: in.Tree, Position: in.Position, OpenedOn: optional(in.OpenedOn)}
	if in.OpenedOn != "" && !org.ValidDate(in.OpenedOn) {
		return nil, domain.E(domain.Invalid, "unit.date_form").At("body.opened_on", "unit.date_form")
	}
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

// Update sets name and kind from today on, and the position. version is the one
// that the reader saw. Errors: NotFound "unit.unknown", those of Describe,
// Conflict "unit.name_taken", "unit.changed_meanwhile".
func (u *Units) Update(ctx context.Context, who Actor, id string, version int, name, kind string, position int) (*org.Unit, error) {
	id, err := ParseID(id, "unit.unknown")
	if err != nil {
		return nil, err
	}
	var unit *org.Unit
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.UnitStore) error {
		if err := tx.LockTreeOf(ctx, id); err != nil {
			return err
		}
		if unit, err = tx.UnitForUpdate(ctx, who.Scope(org.PermUnitManage), id); err != nil {
			return err
		}
		if version != unit.Version {
			return domain.E(domain.Conflict, "unit.changed_meanwhile")
		}
		if kind == "" {
			kind = unit.Kind
		}
		was := *unit
		if err := unit.Describe(name, kind); err != nil {
			return err
		}
		unit.Position = position
		if err := tx.SaveUnit(ctx, unit); err != nil {
			return err
		}
		if was.Name != unit.Name || was.Kind != unit.Kind {
			if err := u.renameToday(ctx, tx, unit); err != nil {
				return err
			}
			unit.Version++
		}
		return tx.Audit(ctx, who.Did("unit.update", "unit", id, "from", []any{was.Name, was.Kind, was.Position}, "to", []any{unit.Name, unit.Kind, unit.Position}))
	})
	if err != nil {
		return nil, err
	}
	return unit, nil
}

func (u *Units) renameToday(ctx context.Context, tx org.UnitStore, unit *org.Unit) error {
	today, err := tx.Today(ctx)
	if err != nil {
		return err
	}
	if err := tx.RenameFrom(ctx, unit.ID, unit.Name, unit.Kind, today); err != nil {
		return err
	}
	_, err = tx.SyncUnits(ctx, unit.Tree)
	return err
}

// Close ends a unit from a day on, past, today or ahead; it is never deleted,
// because the past refers to it. Errors: as Change.
func (u *Units) Close(ctx context.Context, who Actor, id, on, reason string) (*org.UnitChange, error) {
	if !org.ValidDate(on) { // said before what is missing is said
		return nil, domain.E(domain.Invalid, "unit.date_form").At("body.on", "unit.date_form")
	}
	return u.Change(ctx, who, org.UnitChange{UnitID: id, Verb: org.UnitClose, EffectiveOn: on, Reason: reason}, AnyVersion)
}

// AnyVersion takes a unit as it is, for deeds that do not rest on what was read.
const AnyVersion = -1
