package app

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Push brings the trees in line with what another system says of units: makes
// those that it names first, renames and moves those that it knows by their key,
// takes over those of the same name in the same place. Parents may stand after
// their children. Nothing is closed: what is not named stays. Errors: Invalid
// "push.too_many".
func (u *Units) Push(ctx context.Context, who Actor, units []org.PushedUnit) ([]org.PushOutcome, error) {
	if len(units) > org.MaxPush {
		return nil, domain.E(domain.Invalid, "push.too_many", "max", org.MaxPush)
	}
	out := make([]org.PushOutcome, len(units))
	waiting := map[string]int{} // keys that are still to come
	for n, p := range units {
		out[n].Key = p.Key
		if _, twice := waiting[p.Tree+p.Key]; twice {
			continue
		}
		waiting[p.Tree+p.Key] = n
	}
	for left := len(units); left > 0; {
		before := left
		for n, p := range units {
			if out[n].Outcome != "" {
				continue
			}
			if first := waiting[p.Tree+p.Key]; first != n && out[first].Outcome == "" {
				continue
			}
			if above, comes := waiting[p.Tree+p.ParentKey]; p.ParentKey != "" && comes && out[above].Outcome == "" {
				continue
			}
			if err := u.pushOne(ctx, who, p, &out[n]); err != nil {
				return out, err
			}
			left--
		}
		if left == before { // each waits for another
			for n := range out {
				if out[n].Outcome == "" {
					if err := out[n].Refuse("parent_key", domain.E(domain.Invalid, "push.parent_cycle")); err != nil {
						return out, err
					}
				}
			}
			return out, nil
		}
	}
	return out, nil
}

func (u *Units) pushOne(ctx context.Context, who Actor, p org.PushedUnit, o *org.PushOutcome) error {
	scope := who.Scope(org.PermUnitManage)
	if n := utf8.RuneCountInString(p.Key); n < 1 || n > 64 || strings.TrimSpace(p.Key) != p.Key {
		return o.Refuse("key", domain.E(domain.Invalid, "push.key_form"))
	}
	parentID := ""
	if p.ParentKey != "" {
		parent, err := u.Store.UnitByKey(ctx, scope, p.Tree, p.ParentKey)
		if domain.CodeOf(err) == domain.NotFound {
			return o.Refuse("parent_key", domain.E(domain.NotFound, "push.parent_unknown", "key", p.ParentKey))
		}
		if err != nil {
			return err
		}
		parentID = parent.ID
	}
	unit, err := u.Store.UnitByKey(ctx, scope, p.Tree, p.Key)
	if domain.CodeOf(err) == domain.NotFound {
		return u.pushNew(ctx, who, p, parentID, o)
	}
	if err != nil {
		return err
	}
	return u.pushKnown(ctx, who, p, parentID, unit, o)
}

// pushNew makes a unit, or takes over one of the same name in the same place.
func (u *Units) pushNew(ctx context.Context, who Actor, p org.PushedUnit, parentID string, o *org.PushOutcome) error {
	unit, err := u.Store.UnitByName(ctx, who.Scope(org.PermUnitManage), p.Tree, parentID, strings.Join(strings.Fields(p.Name), " "))
	switch {
	case domain.CodeOf(err) == domain.NotFound:
		if unit, err = u.Create(ctx, who, NewUnit{Tree: p.Tree, ParentID: parentID, Name: p.Name, Kind: p.Kind, OpenedOn: p.OpenedOn}); err != nil {
			return o.Refuse("", err)
		}
		o.Outcome = org.OutcomeNew
	case err != nil:
		return err
	default:
		o.Changed = []string{"key"}
	}
	known := o.Outcome == ""
	o.ID = unit.ID
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.UnitStore) error {
		if err := tx.SetUnitKey(ctx, unit.ID, p.Key); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("unit.set_key", "unit", unit.ID, "key", p.Key))
	})
	if err != nil {
		return o.Refuse("key", err)
	}
	if known {
		return u.pushKnown(ctx, who, p, parentID, unit, o)
	}
	return nil
}

// pushKnown renames and moves, as far as something differs.
func (u *Units) pushKnown(ctx context.Context, who Actor, p org.PushedUnit, parentID string, unit *org.Unit, o *org.PushOutcome) error {
	o.ID, o.Outcome = unit.ID, org.OutcomeSame
	if len(o.Changed) > 0 { // it was taken over just now
		o.Outcome = org.OutcomeChanged
	}
	if unit.Name != strings.Join(strings.Fields(p.Name), " ") || unit.Kind != p.Kind {
		if _, err := u.Update(ctx, who, unit.ID, unit.Version, p.Name, p.Kind, unit.Position); err != nil {
			return o.Refuse("name", err)
		}
		o.Outcome, o.Changed = org.OutcomeChanged, append(o.Changed, "name")
	}
	was := ""
	if unit.ParentID != nil {
		was = *unit.ParentID
	}
	// Who has a part of the institution does not name what is above it.
	if was == parentID || p.ParentKey == "" && !who.CanEverywhere(org.PermUnitManage) {
		return nil
	}
	today, err := u.Store.Today(ctx)
	if err != nil {
		return err
	}
	c := org.UnitChange{UnitID: unit.ID, Verb: org.UnitMove, TargetID: optional(parentID), EffectiveOn: today, Reason: "push"}
	if _, err := u.Change(ctx, who, c, AnyVersion); err != nil {
		return o.Refuse("parent_key", err)
	}
	o.Outcome, o.Changed = org.OutcomeChanged, append(o.Changed, "parent_key")
	return nil
}

// PushFacts adds dated facts that another system knows of, oldest first whatever
// their order in the request. A fact that is there already is the same. Errors:
// Invalid "push.too_many".
func (u *People) PushFacts(ctx context.Context, who Actor, facts []org.PushedFact) ([]org.PushOutcome, error) {
	if len(facts) > org.MaxPush {
		return nil, domain.E(domain.Invalid, "push.too_many", "max", org.MaxPush)
	}
	out := make([]org.PushOutcome, len(facts))
	order := make([]int, len(facts))
	for n := range facts {
		order[n], out[n].Key = n, facts[n].Number
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(facts[a].From, facts[b].From) })
	for _, n := range order {
		if err := u.pushFact(ctx, who, facts[n], &out[n]); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (u *People) pushFact(ctx context.Context, who Actor, p org.PushedFact, o *org.PushOutcome) error {
	scope := who.Scope(org.PermPeopleManage)
	id, err := u.Store.PersonByNumber(ctx, p.Number)
	if err == nil {
		var in bool
		if in, err = u.Store.InScope(ctx, scope, id); err == nil && !in {
			err = domain.E(domain.NotFound, "person.unknown")
		}
	}
	if err != nil {
		return o.Refuse("number", err)
	}
	f := org.Fact{PersonID: id, Kind: org.FactKind(p.Kind), Value: p.Value, From: p.From, Document: p.Document, Move: org.StageMove(p.Move), Note: p.Note}
	if !slices.Contains(org.FactKinds(), f.Kind) {
		return o.Refuse("kind", domain.E(domain.Invalid, "push.kind_unknown"))
	}
	if p.Unit != "" {
		tree := map[org.FactKind]string{org.FactParty: org.TreeParty, org.FactAdmin: org.TreeAdmin}[f.Kind]
		unit, err := u.Store.UnitByKey(ctx, scope, tree, p.Unit)
		if err != nil {
			return o.Refuse("unit", err)
		}
		if f.Kind == org.FactPost {
			f.UnitID = unit.ID
		} else {
			f.Value = unit.ID
		}
	}
	known, err := u.Store.Facts(ctx, id, f.Kind)
	if err != nil {
		return err
	}
	o.ID, o.Outcome = id, org.OutcomeSame
	if slices.ContainsFunc(known, func(k org.Fact) bool {
		return k.Value == f.Value && k.From == f.From && k.UnitID == f.UnitID && k.Note == f.Note
	}) {
		return nil
	}
	if _, err := u.ChangeFacts(ctx, who, FactDeed{PersonID: id, Verb: org.VerbAdd, Fact: f, Reason: p.Reason}); err != nil {
		return o.Refuse("", err)
	}
	o.Outcome = org.OutcomeNew
	return nil
}
