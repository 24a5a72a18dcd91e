package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"zhixing/domain"
	"zhixing/domain/org"
)

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
