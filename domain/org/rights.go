package org

import (
	"context"
	"slices"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// Right is a grant that holds today or begins later, with what it opens and whom
// it reaches: what somebody can see, and why.
type Right struct {
	Grant
	PathNames   []string // of the unit, from the root; none is the whole institution
	Permissions []Permission
	Coming      bool // begins later
	People      int  // within reach today
}

// Sight is one reason why somebody can see data of a person: a grant whose
// reach the person is in today.
type Sight struct {
	Grant                      // of the one who sees
	Permissions   []Permission // those that open others' data
	ThroughUnitID *string      // of which the person is a member, nil for the whole institution
	ThroughUnit   string
}

// WatchingToken is a program outside that can see a person.
type WatchingToken struct {
	Name, UnitName, CreatorName string
	Permissions                 []Permission
	ExpiresAt                   time.Time
}

// OpeningOthers are the permissions that open data about other people.
func OpeningOthers() []Permission {
	var out []Permission
	for _, c := range catalogue {
		if !c.Harmless {
			out = append(out, c.Key)
		}
	}
	return out
}

// InOrder puts permissions into the order of the catalogue; unknown ones are left out.
func InOrder(perms []string) []Permission {
	var out []Permission
	for _, c := range catalogue {
		if slices.Contains(perms, string(c.Key)) {
			out = append(out, c.Key)
		}
	}
	return out
}

// Watching is who can see a person.
type Watching struct {
	Name   string // of the person
	Page   domain.Page[Sight]
	Tokens []WatchingToken // on the first page, at most 200
}

// RightStore reads who can see what, and who can see whom. Both return NotFound
// "person.unknown" for a person outside the scope.
type RightStore interface {
	audit.Log
	// Rights returns a person's name and what he holds today or later, at most 1,000.
	Rights(ctx context.Context, s domain.Scope, personID string) (string, []Right, error)
	// Watchers returns who can see a person today, by name.
	Watchers(ctx context.Context, s domain.Scope, personID string, p domain.Paging) (*Watching, error)
}
