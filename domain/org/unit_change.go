package org

import (
	"maps"
	"slices"
	"strings"
	"time"

	"zhixing/domain"
)

// UnitVerb is what a change does to a unit.
type UnitVerb string

// The verbs.
const (
	UnitRename UnitVerb = "rename"
	UnitMove   UnitVerb = "move"  // with everything below it
	UnitMerge  UnitVerb = "merge" // members and children go into another, the unit closes
	UnitClose  UnitVerb = "close"
)

// States of a change.
const (
	ChangePlanned   = "planned"
	ChangeApplied   = "applied"
	ChangeCancelled = "cancelled"
	ChangeFailed    = "failed" // on its day it was no longer possible; Failure says why
)

// UnitChange is a change of a tree from a day on: applied at once when the day
// has come, else planned and applied on it.
type UnitChange struct {
	ID           string
	UnitID       string
	UnitName     string // of today; read only
	Verb         UnitVerb
	TargetID     *string // the new parent (nil makes a root), or the unit that takes in
	TargetName   string  // read only
	Name, Kind   string  // rename
	EffectiveOn  string
	Reason       string
	State        string
	Failure      string
	People       int
	PlannedBy    *string
	PlannedAt    time.Time
	AppliedAt    *time.Time
	CancelledBy  *string
	CancelledAt  *time.Time
	CancelReason string
}

// maxAhead is how many days ahead a change can be planned.
const maxAhead = 3 * 366

// Check refuses a change that cannot be asked for. Errors: Invalid
// "unit.verb_unknown", "unit.date_form", "unit.date_far",
// "unit.reason_missing" for the past, for closing and for merging,
// "unit.target_missing", Conflict "unit.merge_self".
func (c *UnitChange) Check(today string) error {
	at := func(field, reason string) error { return domain.E(domain.Invalid, reason).At("body."+field, reason) }
	c.Reason = strings.TrimSpace(c.Reason)
	switch {
	case c.Verb != UnitRename && c.Verb != UnitMove && c.Verb != UnitMerge && c.Verb != UnitClose:
		return at("verb", "unit.verb_unknown")
	case !ValidDate(c.EffectiveOn):
		return at("on", "unit.date_form")
	case DaysBetween(today, c.EffectiveOn) > maxAhead:
		return at("on", "unit.date_far")
	case c.Reason == "" && (c.EffectiveOn < today || c.Verb == UnitClose || c.Verb == UnitMerge):
		return at("reason", "unit.reason_missing")
	case c.Verb == UnitMerge && c.TargetID == nil:
		return at("target_id", "unit.target_missing")
	case c.TargetID != nil && *c.TargetID == c.UnitID:
		return domain.E(domain.Conflict, "unit.merge_self").At("body.target_id", "unit.merge_self")
	}
	if c.Verb != UnitMove && c.Verb != UnitMerge {
		c.TargetID = nil
	}
	if c.Verb != UnitRename {
		c.Name, c.Kind = "", ""
	}
	return nil
}

// Cancel takes a planned change back. Errors: Conflict "unit.change_not_planned".
func (c *UnitChange) Cancel(by string, now time.Time, reason string) error {
	if c.State != ChangePlanned {
		return domain.E(domain.Conflict, "unit.change_not_planned")
	}
	c.State, c.CancelledBy, c.CancelledAt, c.CancelReason = ChangeCancelled, &by, &now, reason
	return nil
}

// MoveMember plans that a person's membership of one unit goes to another from
// a day on. from is the fact of the old unit; f is the new one. nil means that
// there is nothing to do.
func MoveMember(known []Fact, from *Fact, newID, to, on, document string) (*Operation, error) {
	if from.Until != nil && *from.Until <= on {
		return nil, nil //nolint:nilnil // it ended before
	}
	f := Fact{ID: newID, PersonID: from.PersonID, Kind: from.Kind, Value: to, From: on, Document: document}
	if from.From >= on { // was to begin later: it begins in the other unit
		f.From = from.From
		return Correct(known, from.ID, f)
	}
	if _, next := around(known, &Fact{ID: from.ID, Kind: from.Kind, From: from.From}); next != nil && from.Until != nil && next.From == *from.Until && next.Value == to {
		f.From = on
		return Correct(known, next.ID, f)
	}
	return Add(known, f)
}

// UnitShift is one unit's place before and after a change.
type UnitShift struct {
	UnitID        string
	Before, After []string // names from the root down; nil when it is not there
}

// UnitConsequences is what a change would bring about today.
type UnitConsequences struct {
	Units       []UnitShift // at most 100
	UnitCount   int
	People      int // whose place in the tree changes
	SightGained []Watcher
	SightLost   []Watcher
}

// maxShifts bounds the units that a preview names.
const maxShifts = 100

// Describe compares the names of paths and the watchers before and after.
func (c *UnitConsequences) Describe(before, after map[string][]string, saw, sees []Watcher) {
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if slices.Equal(before[id], after[id]) {
			continue
		}
		c.UnitCount++
		if len(c.Units) < maxShifts {
			c.Units = append(c.Units, UnitShift{UnitID: id, Before: before[id], After: after[id]})
		}
	}
	slices.SortFunc(c.Units, func(a, b UnitShift) int { return slices.Compare(a.Before, b.Before) })
	c.SightGained, c.SightLost = minus(sees, saw), minus(saw, sees)
}
