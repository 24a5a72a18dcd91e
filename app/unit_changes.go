package app

import (
	"context"
	"errors"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/org"
)

// Change changes a unit from a day on. What lies in the past or is today is done
// at once; what lies ahead is planned and done on its day. version is the one
// that the reader saw. Errors: NotFound "unit.unknown", Forbidden
// "unit.root_needs_all", Conflict "unit.changed_meanwhile", those of
// org.UnitChange.Check and of what the change does.
func (u *Units) Change(ctx context.Context, who Actor, c org.UnitChange, version int) (*org.UnitChange, error) {
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.UnitStore) error {
		unit, today, err := u.admitChange(ctx, tx, who, &c)
		if err != nil {
			return err
		}
		if version != AnyVersion && version != unit.Version {
			return domain.E(domain.Conflict, "unit.changed_meanwhile")
		}
		if c.EffectiveOn > today {
			c.State = org.ChangePlanned
			if c.Verb == org.UnitClose { // known ahead, so that nobody is put into it from that day on
				if err := u.close(ctx, tx, unit, &c); err != nil {
					return err
				}
			}
			if err := tx.InsertChange(ctx, &c); err != nil {
				return err
			}
			return tx.Audit(ctx, auditOfChange(who, "unit.plan_"+string(c.Verb), &c))
		}
		if err := u.apply(ctx, tx, unit, &c); err != nil {
			return err
		}
		if err := tx.InsertChange(ctx, &c); err != nil {
			return err
		}
		return tx.Audit(ctx, auditOfChange(who, "unit."+string(c.Verb), &c))
	})
	if err != nil {
		return nil, err
	}
	return &c, nil
}

func auditOfChange(who Actor, action string, c *org.UnitChange) audit.Entry {
	return who.Did(action, "unit", c.UnitID, "change_id", c.ID, "on", c.EffectiveOn, "target_id", text(c.TargetID), "name", c.Name, "kind", c.Kind,
		"reason", c.Reason, "people", c.People)
}

// admitChange checks what is asked for and locks the tree and the unit.
func (u *Units) admitChange(ctx context.Context, tx org.UnitStore, who Actor, c *org.UnitChange) (unit *org.Unit, today string, err error) {
	if c.UnitID, err = ParseID(c.UnitID, "unit.unknown"); err != nil {
		return nil, "", err
	}
	if c.TargetID != nil {
		id, err := ParseID(*c.TargetID, "unit.unknown")
		if err != nil {
			return nil, "", domain.E(domain.NotFound, "unit.unknown").At("body.target_id", "unit.unknown")
		}
		c.TargetID = &id
	}
	if today, err = tx.Today(ctx); err != nil {
		return nil, "", err
	}
	if c.EffectiveOn == "" {
		c.EffectiveOn = today
	}
	if err := c.Check(today); err != nil {
		return nil, "", err
	}
	now, err := tx.Now(ctx)
	if err != nil {
		return nil, "", err
	}
	c.ID, c.PlannedBy, c.PlannedAt = NewID(), optional(who.PersonID), now
	scope := who.Scope(org.PermUnitManage)
	if err := tx.LockTreeOf(ctx, c.UnitID); err != nil {
		return nil, "", err
	}
	if unit, err = tx.UnitForShare(ctx, scope, c.UnitID); err != nil {
		return nil, "", err
	}
	switch {
	case c.TargetID != nil:
		target, err := tx.UnitForShare(ctx, scope, *c.TargetID)
		if err != nil {
			return nil, "", err
		}
		if target.Tree != unit.Tree {
			return nil, "", domain.E(domain.Invalid, "unit.wrong_tree").At("body.target_id", "unit.wrong_tree")
		}
		c.TargetName = target.Name
	case c.Verb == org.UnitMove:
		all, err := tx.Reaches(ctx, scope)
		if err != nil {
			return nil, "", err
		}
		if !all {
			return nil, "", domain.E(domain.Forbidden, "unit.root_needs_all")
		}
	}
	if c.Verb == org.UnitRename {
		if c.Kind == "" {
			c.Kind = unit.Kind
		}
		named := *unit
		if err := named.Describe(c.Name, c.Kind); err != nil {
			return nil, "", err
		}
		c.Name = named.Name
	}
	unit, err = tx.UnitToChange(ctx, c.UnitID)
	return unit, today, err
}

// PreviewChange tells what a change would bring about if it were done today, in
// a transaction that is taken back. Errors: as Change.
func (u *Units) PreviewChange(ctx context.Context, who Actor, c org.UnitChange) (*org.UnitConsequences, error) {
	var out org.UnitConsequences
	if c.Reason == "" {
		c.Reason = "-" // asked for when it is done
	}
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.UnitStore) error {
		unit, today, err := u.admitChange(ctx, tx, who, &c)
		if err != nil {
			return err
		}
		c.EffectiveOn = min(c.EffectiveOn, today)
		before, err := tx.PathNames(ctx, unit.ID)
		if err != nil {
			return err
		}
		saw, err := tx.UnitWatchers(ctx, unit.ID)
		if err != nil {
			return err
		}
		if out.People, err = tx.SubtreePeople(ctx, unit.ID); err != nil {
			return err
		}
		if err := u.apply(ctx, tx, unit, &c); err != nil {
			return err
		}
		seen := unit.ID
		if c.Verb == org.UnitMerge {
			seen = *c.TargetID
		}
		after, err := tx.PathNames(ctx, seen)
		if err != nil {
			return err
		}
		sees, err := tx.UnitWatchers(ctx, seen)
		if err != nil {
			return err
		}
		out.Describe(before, after, saw, sees)
		return errPreview
	})
	if !errors.Is(err, errPreview) {
		return nil, err
	}
	return &out, nil
}

// Changes lists what was done to units within the actor's scope, or with planned
// what is still to come and what could not be done.
func (u *Units) Changes(ctx context.Context, who Actor, unitID string, planned bool) ([]org.UnitChange, error) {
	return u.Store.Changes(ctx, who.Scope(org.PermUnitRead), unitID, planned)
}

// CancelChange takes a planned change back. Errors: NotFound
// "unit.change_unknown", Conflict "unit.change_not_planned".
func (u *Units) CancelChange(ctx context.Context, who Actor, id, reason string) error {
	id, err := ParseID(id, "unit.change_unknown")
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.UnitStore) error {
		c, err := tx.ChangeForUpdate(ctx, who.Scope(org.PermUnitManage), id)
		if err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := c.Cancel(who.PersonID, now, reason); err != nil {
			return err
		}
		if c.Verb == org.UnitClose {
			unit, err := tx.UnitToChange(ctx, c.UnitID)
			if err != nil {
				return err
			}
			unit.ClosedOn = nil
			if err := tx.SaveUnit(ctx, unit); err != nil {
				return err
			}
		}
		if err := tx.SaveChange(ctx, c); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("unit.cancel_change", "unit", c.UnitID, "change_id", c.ID, "verb", string(c.Verb), "on", c.EffectiveOn, "reason", reason))
	})
}

// ApplyDue does the planned changes whose day has come, in their order. One that
// is no longer possible is marked as failed with its reason and stops no other.
func (u *Units) ApplyDue(ctx context.Context) error {
	for {
		var c *org.UnitChange
		err := u.Store.InTx(ctx, func(ctx context.Context, tx org.UnitStore) (err error) {
			if c, err = tx.DueChange(ctx); err != nil || c == nil {
				return err
			}
			if err := tx.LockTreeOf(ctx, c.UnitID); err != nil {
				return err
			}
			unit, err := tx.UnitToChange(ctx, c.UnitID)
			if err != nil {
				return err
			}
			if err := u.apply(ctx, tx, unit, c); err != nil {
				return err
			}
			if err := tx.SaveChange(ctx, c); err != nil {
				return err
			}
			return tx.Audit(ctx, auditOfChange(System(), "unit."+string(c.Verb), c))
		})
		if c == nil {
			return err
		}
		if err != nil {
			if domain.CodeOf(err) == domain.Internal {
				return err
			}
			if err := u.fail(ctx, c, domain.ReasonOf(err)); err != nil {
				return err
			}
		}
	}
}

func (u *Units) fail(ctx context.Context, c *org.UnitChange, reason string) error {
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.UnitStore) error {
		c.State, c.Failure, c.AppliedAt, c.People = org.ChangeFailed, reason, nil, 0
		if err := tx.SaveChange(ctx, c); err != nil {
			return err
		}
		return tx.Audit(ctx, System().Did("unit.fail_change", "unit", c.UnitID, "change_id", c.ID, "verb", string(c.Verb), "on", c.EffectiveOn, "failure", reason))
	})
}
