package org

import (
	"cmp"
	"slices"
	"strings"
)

// Standing is what follows from a person's facts at a moment: who sees him, what
// is demanded of him, what is open to him.
type Standing struct {
	Watchers []Watcher
	Duties   []Duty
	Open     []Opening
}

// Watcher is a holder of a grant that reaches the person today.
type Watcher struct {
	PersonID, Name string
	Role           string
	Unit           string // whose subtree the grant covers
}

// Duty is an obligation of a year.
type Duty struct {
	Policy        string
	Year          int
	RequiredCenti int
	CountedCenti  int
}

// Opening is an exam or a course whose audience the person is in.
type Opening struct {
	What  string // exam, course
	ID    string
	Title string
}

// Consequences is what an operation would change besides the facts themselves.
type Consequences struct {
	SightGained []Watcher
	SightLost   []Watcher
	Duties      []DutyChange
	Opened      []Opening
	Closed      []Opening
}

// DutyChange is an obligation before and after; nil where there is none.
type DutyChange struct {
	Policy        string
	Year          int
	Before, After *Duty
}

// Compare tells what changed from one standing to another, in a fixed order.
func Compare(before, after *Standing) *Consequences {
	c := &Consequences{
		SightGained: minus(after.Watchers, before.Watchers), SightLost: minus(before.Watchers, after.Watchers),
		Opened: minus(after.Open, before.Open), Closed: minus(before.Open, after.Open),
	}
	type key struct {
		policy string
		year   int
	}
	changes := map[key]*DutyChange{}
	at := func(d Duty) *DutyChange {
		k := key{d.Policy, d.Year}
		if changes[k] == nil {
			changes[k] = &DutyChange{Policy: d.Policy, Year: d.Year}
		}
		return changes[k]
	}
	for _, d := range before.Duties {
		at(d).Before = &d
	}
	for _, d := range after.Duties {
		at(d).After = &d
	}
	for _, d := range changes {
		if d.Before == nil || d.After == nil || *d.Before != *d.After {
			c.Duties = append(c.Duties, *d)
		}
	}
	slices.SortFunc(c.Duties, func(a, b DutyChange) int {
		return cmp.Or(cmp.Compare(a.Year, b.Year), strings.Compare(a.Policy, b.Policy))
	})
	return c
}

func minus[T comparable](a, b []T) []T {
	return slices.DeleteFunc(slices.Clone(a), func(v T) bool { return slices.Contains(b, v) })
}
