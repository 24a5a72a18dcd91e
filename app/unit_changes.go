package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	if unit, err = tx.UnitForShare(ctx, scope, c.UnitID); err != nil {
		return nil, "", err
	}
	if err := tx.LockTree(ctx, unit.Tree); err != nil {
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

// apply does a change whose day has come.
func (u *Units) apply(ctx context.Context, tx org.UnitStore, unit *org.Unit, c *org.UnitChange) error {
	if c.Verb != org.UnitClose && !unit.OpenOn(c.EffectiveOn) {
		return domain.E(domain.Conflict, "unit.not_open")
	}
	var err error
	switch c.Verb {
	case org.UnitRename:
		err = tx.RenameFrom(ctx, unit.ID, c.Name, c.Kind, c.EffectiveOn)
	case org.UnitMove:
		err = u.place(ctx, tx, unit.Tree, []string{unit.ID}, c.TargetID, c.EffectiveOn)
	case org.UnitMerge:
		err = u.merge(ctx, tx, unit, c)
	case org.UnitClose: // below
	}
	if err != nil {
		return err
	}
	if _, err := tx.SyncUnits(ctx, unit.Tree); err != nil {
		return err
	}
	planned := c.State == org.ChangePlanned // then a closing was written when it was planned
	if c.Verb == org.UnitMerge || c.Verb == org.UnitClose && !planned {
		if err := u.close(ctx, tx, unit, c); err != nil {
			return err
		}
	}
	if c.Verb == org.UnitMove || c.Verb == org.UnitMerge {
		below := unit.ID
		if c.Verb == org.UnitMerge {
			below = *c.TargetID
		}
		if err := tx.RecomputeBelow(ctx, below, c.EffectiveOn); err != nil {
			return err
		}
	}
	now, err := tx.Now(ctx)
	c.State, c.AppliedAt = org.ChangeApplied, &now
	return err
}

func (u *Units) close(ctx context.Context, tx org.UnitStore, unit *org.Unit, c *org.UnitChange) error {
	fresh, err := tx.UnitToChange(ctx, unit.ID)
	if err != nil {
		return err
	}
	children, members, err := tx.Occupants(ctx, unit.ID, c.EffectiveOn)
	if err != nil {
		return err
	}
	if err := fresh.Close(c.EffectiveOn, c.Reason, children, members); err != nil {
		return err
	}
	return tx.SaveUnit(ctx, fresh)
}

// place hangs units under another parent from a day on and writes what changed
// in the tree's history.
func (u *Units) place(ctx context.Context, tx org.UnitStore, tree string, units []string, parent *string, on string) error {
	if parent != nil {
		p, err := tx.UnitToChange(ctx, *parent)
		if err != nil {
			return err
		}
		if !p.OpenOn(on) {
			return domain.E(domain.Conflict, "unit.parent_closed", "unit", p.Name, "on", text(p.ClosedOn))
		}
	}
	before, err := tx.Placements(ctx, tree)
	if err != nil {
		return err
	}
	after := before
	for _, id := range units {
		if after, err = org.PlaceFrom(after, id, text(parent), on); err != nil {
			return err
		}
	}
	touched := map[string]bool{}
	for _, p := range slices.Concat(before, after) {
		if !slices.Contains(before, p) || !slices.Contains(after, p) {
			touched[p.UnitID] = true
		}
	}
	var rows []org.Placement
	for _, p := range after {
		if touched[p.UnitID] {
			rows = append(rows, p)
		}
	}
	return tx.SavePlacements(ctx, slices.Sorted(maps.Keys(touched)), rows)
}

// merge moves what is in the unit into the target: its children, its members
// from the day on, and ends the posts held in it.
func (u *Units) merge(ctx context.Context, tx org.UnitStore, unit *org.Unit, c *org.UnitChange) error {
	target, err := tx.UnitToChange(ctx, *c.TargetID)
	if err != nil {
		return err
	}
	switch {
	case !target.OpenOn(c.EffectiveOn):
		return domain.E(domain.Conflict, "unit.parent_closed", "unit", target.Name, "on", text(target.ClosedOn))
	case slices.Contains(strings.Split(target.Path, "."), strings.ReplaceAll(unit.ID, "-", "")):
		return domain.E(domain.Conflict, "unit.merge_into_child")
	}
	placements, err := tx.Placements(ctx, unit.Tree)
	if err != nil {
		return err
	}
	var children []string
	for _, p := range placements {
		if p.ParentID == unit.ID && p.From <= c.EffectiveOn && (p.Until == "" || p.Until > c.EffectiveOn) {
			children = append(children, p.UnitID)
		}
	}
	if len(children) > 0 {
		if err := u.place(ctx, tx, unit.Tree, children, c.TargetID, c.EffectiveOn); err != nil {
			return err
		}
	}
	ops, err := u.moveMembers(ctx, tx, unit, c)
	if err != nil {
		return err
	}
	for i := range ops {
		ops[i].ID, ops[i].Reason, ops[i].BulkID = NewID(), c.Reason, &c.ID
		ops[i].ActorID = text(c.PlannedBy)
		if err := recompute(ctx, tx, ops[i].PersonID, ops[i].FirstDay); err != nil {
			return err
		}
	}
	return tx.ApplyOperations(ctx, ops)
}

func (u *Units) moveMembers(ctx context.Context, tx org.UnitStore, unit *org.Unit, c *org.UnitChange) ([]org.Operation, error) {
	facts, err := tx.MembersOf(ctx, unit.ID, unit.Tree, c.EffectiveOn)
	if err != nil {
		return nil, err
	}
	document := fmt.Sprintf("%s并入%s", unit.Name, c.TargetName)
	var ops []org.Operation
	byPerson := map[string][]org.Fact{}
	for _, f := range facts {
		byPerson[f.PersonID] = append(byPerson[f.PersonID], f)
	}
	for _, person := range slices.Sorted(maps.Keys(byPerson)) {
		known := byPerson[person]
		moved := false
		for _, f := range slices.Clone(known) {
			if f.Value != unit.ID {
				continue
			}
			at := slices.IndexFunc(known, func(k org.Fact) bool { return k.ID == f.ID })
			if at < 0 {
				continue
			}
			op, err := org.MoveMember(known, &known[at], NewID(), *c.TargetID, c.EffectiveOn, document)
			if err != nil {
				return nil, err
			}
			if op == nil {
				continue
			}
			if moved { // a second stay in the unit touches rows of the first: told apart by a batch of its own
				if err := tx.ApplyOperations(ctx, u.stamped(ops, c)); err != nil {
					return nil, err
				}
				ops = nil
			}
			known, moved = op.Apply(known), true
			ops = append(ops, *op)
		}
		if moved {
			c.People++
		}
	}
	posts, err := tx.PostsIn(ctx, unit.ID, c.EffectiveOn)
	if err != nil {
		return nil, err
	}
	for i := range posts {
		plan := func() (*org.Operation, error) { return org.End(posts[i:i+1], posts[i].ID, c.EffectiveOn) }
		if posts[i].From >= c.EffectiveOn {
			plan = func() (*org.Operation, error) { return org.Remove(posts[i:i+1], posts[i].ID) }
		}
		op, err := plan()
		if err != nil {
			return nil, err
		}
		ops = append(ops, *op)
	}
	return ops, nil
}

func (u *Units) stamped(ops []org.Operation, c *org.UnitChange) []org.Operation {
	for i := range ops {
		ops[i].ID, ops[i].Reason, ops[i].BulkID, ops[i].ActorID = NewID(), c.Reason, &c.ID, text(c.PlannedBy)
	}
	return ops
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
			unit, err := tx.UnitToChange(ctx, c.UnitID)
			if err != nil {
				return err
			}
			if err := tx.LockTree(ctx, unit.Tree); err != nil {
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
