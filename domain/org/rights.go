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

// RightStore reads who can see what, and who can see whom.
type RightStore interface {
	audit.Log
	// VisibleName returns a person's name; NotFound "person.unknown" outside the scope.
	VisibleName(ctx context.Context, s domain.Scope, personID string) (string, error)
	// Rights lists what a person within the scope holds today or later, at most 1,000.
	Rights(ctx context.Context, s domain.Scope, personID string) ([]Right, error)
	// Watchers lists who can see a person within the scope today, by name.
	Watchers(ctx context.Context, s domain.Scope, personID string, p domain.Paging) (domain.Page[Sight], error)
	// WatchingTokens lists the programs that can, at most 200.
	WatchingTokens(ctx context.Context, s domain.Scope, personID string) ([]WatchingToken, error)
}
