package org

import (
	"cmp"
	"slices"
	"strings"

	"zhixing/domain"
)

// Placement says under which parent a unit stands, and by which path, over a
// period [From, Until). "" is unbounded on either side.
type Placement struct {
	UnitID   string
	ParentID string // "" is a root
	Path     string
	From     string
	Until    string
}

// farDay is later than every day that is taken.
const farDay = "9999-12-31"

func untilOf(until string) string {
	if until == "" {
		return farDay
	}
	return until
}

// PlaceFrom returns the placements of a tree when a unit hangs under another
// parent ("" makes a root) from a day on until its next move, and everything
// below it with it. all are the placements of the whole tree. Errors: Conflict
// "unit.same_parent", "unit.moved_that_day", "unit.cycle",
// "unit.parent_not_open".
func PlaceFrom(all []Placement, unitID, parentID, on string) ([]Placement, error) {
	edges := edgesOf(all)
	i := slices.IndexFunc(edges, func(e Placement) bool { return e.UnitID == unitID && e.From <= on && on < untilOf(e.Until) })
	switch {
	case i < 0:
		return nil, domain.E(domain.Conflict, "unit.not_open")
	case edges[i].ParentID == parentID:
		return nil, domain.E(domain.Conflict, "unit.same_parent")
	case edges[i].From == on:
		return nil, domain.E(domain.Conflict, "unit.moved_that_day", "on", on)
	}
	moved := Placement{UnitID: unitID, ParentID: parentID, From: on, Until: edges[i].Until}
	edges[i].Until = on
	return placeAll(append(edges, moved))
}

// edgesOf joins placements that differ in the path alone.
func edgesOf(all []Placement) []Placement {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b Placement) int {
		return cmp.Or(strings.Compare(a.UnitID, b.UnitID), strings.Compare(a.From, b.From))
	})
	var out []Placement
	for _, p := range sorted {
		p.Path = ""
		if n := len(out) - 1; n >= 0 && out[n].UnitID == p.UnitID && out[n].ParentID == p.ParentID && out[n].Until == p.From && p.From != "" {
			out[n].Until = p.Until
			continue
		}
		out = append(out, p)
	}
	return out
}

// placeAll works out the paths: between two days on which anything moves, each
// unit's path is its parent's with its own label behind.
func placeAll(edges []Placement) ([]Placement, error) {
	byUnit := map[string][]Placement{}
	days := []string{""}
	for _, e := range edges {
		byUnit[e.UnitID] = append(byUnit[e.UnitID], e)
		days = append(days, e.From)
		if e.Until != "" {
			days = append(days, e.Until)
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	last := map[string]int{} // index of a unit's latest placement in out
	var out []Placement
	for n, day := range days {
		until := ""
		if n+1 < len(days) {
			until = days[n+1]
		}
		paths := map[string]string{}
		for unit := range byUnit {
			path, err := pathOn(byUnit, paths, unit, day)
			if err != nil {
				return nil, err
			}
			if path == "" {
				continue
			}
			parent := edgeOn(byUnit[unit], day).ParentID
			if i, ok := last[unit]; ok && out[i].Until == day && out[i].Path == path {
				out[i].Until = until
				continue
			}
			last[unit] = len(out)
			out = append(out, Placement{UnitID: unit, ParentID: parent, Path: path, From: day, Until: until})
		}
	}
	slices.SortFunc(out, func(a, b Placement) int {
		return cmp.Or(strings.Compare(a.UnitID, b.UnitID), strings.Compare(a.From, b.From))
	})
	return out, nil
}

func edgeOn(edges []Placement, day string) *Placement {
	for i := range edges {
		if edges[i].From <= day && day < untilOf(edges[i].Until) {
			return &edges[i]
		}
	}
	return nil
}

// climbing marks a unit whose path is being worked out: to meet it again is a cycle.
const climbing = "*"

func pathOn(byUnit map[string][]Placement, paths map[string]string, unit, day string) (string, error) {
	switch path, known := paths[unit]; {
	case path == climbing:
		return "", domain.E(domain.Conflict, "unit.cycle")
	case known:
		return path, nil
	}
	e := edgeOn(byUnit[unit], day)
	if e == nil {
		return "", nil
	}
	label := strings.ReplaceAll(unit, "-", "")
	if e.ParentID == "" {
		paths[unit] = label
		return label, nil
	}
	paths[unit] = climbing
	above, err := pathOn(byUnit, paths, e.ParentID, day)
	if err != nil {
		return "", err
	}
	if above == "" {
		return "", domain.E(domain.Conflict, "unit.parent_not_open")
	}
	paths[unit] = above + "." + label
	return paths[unit], nil
}
