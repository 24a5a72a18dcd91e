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

// What of a person a right opens, in the words that he is told it by: kinds of
// data, not the names of rights.
const (
	SeesRecord = "record" // what is registered of him
	SeesHours  = "hours"
	SeesExams  = "exams"
	SeesTrail  = "trail"  // what was done about him
	SeesUpkeep = "upkeep" // whatever keeping the system takes
)

// Sees returns what of a person permissions open, in a fixed order.
func Sees(perms []Permission) []string {
	kinds := map[string]string{"people": SeesRecord, "hours": SeesHours, "exam": SeesExams, "system": SeesUpkeep}
	seen := map[string]bool{}
	for _, p := range perms {
		if info, ok := infoOf(p); p == PermAuditRead {
			seen[SeesTrail] = true
		} else if ok && !info.Harmless {
			seen[kinds[info.Group]] = true
		}
	}
	var out []string
	for _, kind := range []string{SeesRecord, SeesHours, SeesExams, SeesTrail, SeesUpkeep} {
		if seen[kind] {
			out = append(out, kind)
		}
	}
	return out
}

// NamedRoles are those whose holders a person is told by name: they answer for
// him. Of the others he is told how many hold them, so that no list of the
// system's keepers is handed out.
func NamedRoles() []Role { return []Role{RoleClassManager, RoleSecretary, RoleAuditor, RoleCounsellor} }

// NamesShown is how many names stand in one watch.
const NamesShown = 20

// Watch is one line of the answer to somebody who asks who can see him: a role
// over a unit, or over the whole institution, and through which unit of his.
type Watch struct {
	Role        Role
	UnitName    string // "" is the whole institution
	ThroughUnit string
	People      int      // who hold it and can sign in
	Names       []string // of NamedRoles only, at most NamesShown
	Permissions []Permission
}

// RightStore reads who can see what, and who can see whom. Both return NotFound
// "person.unknown" for a person outside the scope.
type RightStore interface {
	audit.Log
	// Rights returns a person's name and what he holds today or later, at most 1,000.
	Rights(ctx context.Context, s domain.Scope, personID string) (string, []Right, error)
	// Watchers returns who can see a person today, by name.
	Watchers(ctx context.Context, s domain.Scope, personID string, p domain.Paging) (*Watching, error)
	// Watches returns the same by role and unit for the person himself, nearest
	// units first, at most 200, and the programs outside.
	Watches(ctx context.Context, personID string) ([]Watch, []WatchingToken, error)
}
