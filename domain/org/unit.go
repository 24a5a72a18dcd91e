package org

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// Trees of units.
const (
	TreeParty = "party"
	TreeAdmin = "admin"
)

// Unit is a node of one of the two trees. Path is the ltree path of ids from
// the root, dashes left out. ClosedOn is the first day it no longer exists.
type Unit struct {
	ID        string `bun:",pk"`
	Tree      string
	ParentID  *string
	Path      string
	Name      string
	Kind      string
	Position  int
	OpenedOn  *string // nil: so long as is known
	ClosedOn  *string
	Version   int // grows with each change
	CreatedAt time.Time
}

// UnitNode is a unit as a tree shows it: the names from the root down to it,
// and how many people its subtree holds today.
type UnitNode struct {
	Unit
	PathNames   []string
	People      int
	ExternalKey string // as another system calls it; read by imports alone
}

// UnitFilter selects units. Closed also gives those that are closed today.
type UnitFilter struct {
	Tree   string
	Closed bool
	AsOf   string // the tree of this day; "" is today
}

// MaxUnits bounds the flat list of one tree.
const MaxUnits = 10_000

// UnitKinds lists what a unit of a tree can be, from the top down.
func UnitKinds(tree string) []string {
	switch tree {
	case TreeParty: // 党委 党总支 党支部 党小组
		return []string{"committee", "general_branch", "branch", "group"}
	case TreeAdmin: // 学校 部门或二级学院 科室 班级
		return []string{"institution", "department", "office", "class"}
	}
	return nil
}

// Describe sets name and kind. Errors: Invalid "unit.name_form",
// "unit.kind_unknown", "unit.tree_unknown".
func (u *Unit) Describe(name, kind string) error {
	name = strings.Join(strings.Fields(name), " ")
	kinds := UnitKinds(u.Tree)
	switch n := utf8.RuneCountInString(name); {
	case kinds == nil:
		return domain.E(domain.Invalid, "unit.tree_unknown").At("body.tree", "unit.tree_unknown")
	case n < 1 || n > 100 || strings.ContainsFunc(name, unprintable):
		return domain.E(domain.Invalid, "unit.name_form").At("body.name", "unit.name_form")
	case !slices.Contains(kinds, kind):
		return domain.E(domain.Invalid, "unit.kind_unknown").At("body.kind", "unit.kind_unknown")
	}
	u.Name, u.Kind = name, kind
	return nil
}

// PlaceUnder hangs the unit under parent, nil for a root. Errors: Invalid
// "unit.wrong_tree", Conflict "unit.cycle", "unit.parent_closed".
func (u *Unit) PlaceUnder(parent *Unit) error {
	label := strings.ReplaceAll(u.ID, "-", "")
	if parent == nil {
		u.ParentID, u.Path = nil, label
		return nil
	}
	switch {
	case parent.Tree != u.Tree:
		return domain.E(domain.Invalid, "unit.wrong_tree").At("body.parent_id", "unit.wrong_tree")
	case slices.Contains(strings.Split(parent.Path, "."), label):
		return domain.E(domain.Conflict, "unit.cycle")
	case parent.ClosedOn != nil:
		return domain.E(domain.Conflict, "unit.parent_closed", "unit", parent.Name, "on", *parent.ClosedOn)
	}
	u.ParentID, u.Path = &parent.ID, parent.Path+"."+label
	return nil
}

// Close ends the unit on a day. children and members are those that would
// still be in it from that day. Errors: Invalid "unit.date_form",
// "unit.reason_missing", Conflict "unit.already_closed", "unit.has_children",
// "unit.has_members".
func (u *Unit) Close(on, reason string, children, members int) error {
	switch {
	case !ValidDate(on):
		return domain.E(domain.Invalid, "unit.date_form").At("body.on", "unit.date_form")
	case strings.TrimSpace(reason) == "":
		return domain.E(domain.Invalid, "unit.reason_missing").At("body.reason", "unit.reason_missing")
	case u.ClosedOn != nil:
		return domain.E(domain.Conflict, "unit.already_closed", "on", *u.ClosedOn)
	case children > 0:
		return domain.E(domain.Conflict, "unit.has_children", "count", children)
	case members > 0:
		return domain.E(domain.Conflict, "unit.has_members", "count", members)
	}
	u.ClosedOn = &on
	return nil
}

// OpenOn reports whether the unit exists on a day.
func (u *Unit) OpenOn(day string) bool {
	return (u.OpenedOn == nil || *u.OpenedOn <= day) && (u.ClosedOn == nil || day < *u.ClosedOn)
}
