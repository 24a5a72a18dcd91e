package org

import (
	"slices"
	"testing"
	"time"

	"zhixing/domain"
)

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"张三": "张三", " 张 三 ": "张三", "张　三": "张三", "阿依古丽•买买提": "阿依古丽·买买提", "迪丽热巴・迪力木拉提": "迪丽热巴·迪力木拉提",
		"买买提 · 艾力": "买买提·艾力", "John  Smith": "John Smith", "𠮷 田": "𠮷田", "": "", "　": "",
	} {
		if got := CleanName(in); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNewPersonCheck(t *testing.T) {
	good := NewPerson{Number: "2024001", Name: "龙䶮", Kind: "student", Gender: "female", BornOn: "2005-01-31", Stage: StageActivist, Password: "long enough"}
	if bad := good.Check("2026-11-23"); len(bad) != 0 || good.From != "2026-11-23" {
		t.Fatalf("good row: %v, from %q", bad, good.From)
	}
	many := NewPerson{Number: "a b", Name: "", Kind: "", Gender: "x", BornOn: "1", Stage: "x", Rank: "x", From: "x", Password: "x"}
	if bad := many.Check("2026-11-23"); len(bad) != 9 {
		t.Errorf("%d of 9 wrong values told: %v", len(bad), bad)
	}
}

func TestPlaceUnder(t *testing.T) {
	closed := "2025-01-01"
	root := &Unit{ID: "a-1", Tree: TreeParty, Path: "a1"}
	child := &Unit{ID: "b-2", Tree: TreeParty}
	if err := child.PlaceUnder(root); err != nil || child.Path != "a1.b2" || *child.ParentID != "a-1" {
		t.Fatalf("child %+v: %v", child, err)
	}
	for name, c := range map[string]struct {
		unit, parent *Unit
		reason       string
	}{
		"below its child": {root, child, "unit.cycle"},
		"below itself":    {root, root, "unit.cycle"},
		"wrong tree":      {&Unit{ID: "c", Tree: TreeAdmin}, root, "unit.wrong_tree"},
		"closed parent":   {&Unit{ID: "c", Tree: TreeParty}, &Unit{ID: "d", Tree: TreeParty, Path: "d", ClosedOn: &closed}, "unit.parent_closed"},
	} {
		t.Run(name, func(t *testing.T) {
			before := *c.unit
			if err := c.unit.PlaceUnder(c.parent); domain.ReasonOf(err) != c.reason {
				t.Errorf("error %v, want %s", err, c.reason)
			}
			if *c.unit != before {
				t.Error("a refused move changed the unit")
			}
		})
	}
}

func TestGrantCheck(t *testing.T) {
	unit, until, early := "u", "2026-06-01", "2025-01-01"
	held := []Grant{{Role: RoleSecretary, UnitID: &unit, From: "2026-01-01", Until: &until}}
	roles := map[Role]*RoleDefinition{"king": nil}
	for _, d := range BuiltIns() {
		roles[d.Key] = &d
	}
	retired := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	roles["gone"], roles["wide"], roles["narrow"] = &RoleDefinition{Key: "gone", RetiredAt: &retired}, &RoleDefinition{Key: "wide", Reach: ReachWhole}, &RoleDefinition{Key: "narrow", Reach: ReachUnit}
	good := Grant{PersonID: "p", Role: RoleSecretary, UnitID: &unit, From: "2026-06-01", Reason: "任职文件"}
	for name, c := range map[string]struct {
		change func(*Grant)
		by     string
		reason string
	}{
		"good":           {func(*Grant) {}, "admin", ""},
		"other unit":     {func(g *Grant) { g.UnitID, g.From = nil, "2026-02-01" }, "admin", ""},
		"himself":        {func(*Grant) {}, "p", "grant.self"},
		"learner":        {func(g *Grant) { g.Role = RoleLearner }, "admin", "grant.role_unknown"},
		"unknown role":   {func(g *Grant) { g.Role = "king" }, "admin", "grant.role_unknown"},
		"retired":        {func(g *Grant) { g.Role = "gone" }, "admin", "grant.role_retired"},
		"part of whole":  {func(g *Grant) { g.Role = "wide" }, "admin", "grant.role_needs_whole"},
		"whole of part":  {func(g *Grant) { g.Role, g.UnitID = "narrow", nil }, "admin", "grant.role_needs_unit"},
		"no such day":    {func(g *Grant) { g.From = "2026-02-30" }, "admin", "grant.date_form"},
		"ends before":    {func(g *Grant) { g.Until = &early }, "admin", "grant.period_empty"},
		"no reason":      {func(g *Grant) { g.Reason = " " }, "admin", "grant.reason_missing"},
		"held meanwhile": {func(g *Grant) { g.From = "2026-05-31" }, "admin", "grant.already_held"},
	} {
		t.Run(name, func(t *testing.T) {
			g := good
			c.change(&g)
			if err := g.Check(c.by, roles[g.Role], held); domain.ReasonOf(err) != c.reason {
				t.Errorf("error %v, want %q", err, c.reason)
			}
		})
	}
}

// Separation of duties: who administers grants does not adjust hours, and who
// audits grants nothing.
func TestRolesKeepDutiesApart(t *testing.T) {
	if slices.Contains(RoleAdmin.Permissions(), PermHoursAdjust) || slices.Contains(RoleAuditor.Permissions(), PermGrantManage) {
		t.Error("a role both grants and adjusts")
	}
	var first []Permission
	for _, r := range FirstRoles() {
		first = append(first, r.Permissions()...)
	}
	for _, d := range BuiltIns() {
		if ps := d.Permissions; len(ps) == 0 || len(slices.Compact(slices.Sorted(slices.Values(ps)))) != len(ps) {
			t.Errorf("role %s carries %v", d.Key, ps)
		}
		for _, p := range d.Permissions {
			if info, known := infoOf(p); !known || !info.Everyone && !slices.Contains(first, p) {
				t.Errorf("nobody could ever grant %s: the first administrator lacks %s", d.Key, p)
			}
		}
	}
}
