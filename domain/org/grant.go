package org

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// Grant gives a person a role over a unit's subtree, or over the whole
// institution when UnitID is nil, in the period [From, Until).
type Grant struct {
	ID                                     string
	PersonID, PersonName, PersonNumber     string
	Role                                   Role
	UnitID                                 *string
	UnitName                               string
	From                                   string
	Until                                  *string
	Reason                                 string
	GrantedBy, ApprovedBy                  *string
	GranterName, ApproverName, EndedByName string
	CreatedAt                              time.Time
	EndedAt                                *time.Time
	EndReason                              string
}

// Check refuses a grant that must not be. by is who grants; role is what it
// gives, nil when there is none such; held are the grants of the person that have
// not ended. Errors: Forbidden "grant.self", Invalid "grant.role_unknown",
// "grant.date_form", "grant.period_empty", "grant.reason_missing",
// "grant.role_needs_unit", "grant.role_needs_whole", Conflict "grant.role_retired",
// "grant.already_held".
func (g *Grant) Check(by string, role *RoleDefinition, held []Grant) error {
	wrong := func(field, reason string) error { return domain.E(domain.Invalid, reason).At("body."+field, reason) }
	switch {
	case by == g.PersonID:
		return domain.E(domain.Forbidden, "grant.self")
	case role == nil || role.Key == RoleLearner: // everyone is a learner
		return wrong("role", "grant.role_unknown")
	case !ValidDate(g.From):
		return wrong("from", "grant.date_form")
	case g.Until != nil && !ValidDate(*g.Until):
		return wrong("until", "grant.date_form")
	case g.Until != nil && *g.Until <= g.From:
		return wrong("until", "grant.period_empty")
	case strings.TrimSpace(g.Reason) == "":
		return wrong("reason", "grant.reason_missing")
	case role.RetiredAt != nil:
		return domain.E(domain.Conflict, "grant.role_retired")
	case role.Reach == ReachUnit && g.UnitID == nil:
		return wrong("unit_id", "grant.role_needs_unit")
	case role.Reach == ReachWhole && g.UnitID != nil:
		return wrong("unit_id", "grant.role_needs_whole")
	}
	if slices.ContainsFunc(held, g.overlaps) {
		return domain.E(domain.Conflict, "grant.already_held")
	}
	return nil
}

func (g *Grant) overlaps(o Grant) bool {
	sameUnit := g.UnitID == nil && o.UnitID == nil || g.UnitID != nil && o.UnitID != nil && *g.UnitID == *o.UnitID
	before := func(until *string, from string) bool { return until != nil && *until <= from }
	return g.Role == o.Role && sameUnit && !before(o.Until, g.From) && !before(g.Until, o.From)
}

// End says whether a grant may be ended by a person for a reason. Errors:
// Forbidden "grant.self", Conflict "grant.ended", Invalid "grant.reason_missing".
func (g *Grant) End(by, reason, today string) error {
	switch {
	case by == g.PersonID:
		return domain.E(domain.Forbidden, "grant.self")
	case strings.TrimSpace(reason) == "":
		return domain.E(domain.Invalid, "grant.reason_missing").At("body.reason", "grant.reason_missing")
	case g.EndedAt != nil, g.Until != nil && *g.Until <= today:
		return domain.E(domain.Conflict, "grant.ended")
	}
	return nil
}

// The states of a request.
const (
	RequestOpen      = "requested"
	RequestApproved  = "approved"
	RequestRefused   = "refused"
	RequestWithdrawn = "withdrawn"
)

// GrantRequest is a grant that waits for, or got, the word of a second person.
// The requester is GrantedBy of the grant it asks for.
type GrantRequest struct {
	Grant
	State        string
	RequestedAt  time.Time
	DecidedBy    *string
	DeciderName  string
	DecidedAt    *time.Time
	DecideReason string
	GrantID      *string
}

// Decide says whether a person may answer the request. Errors: Forbidden
// "grant.request_own", "grant.self", Conflict "grant.request_decided",
// "grant.request_late", Invalid "grant.reason_missing".
func (r *GrantRequest) Decide(by string, approve bool, reason, today string) error {
	switch {
	case by == r.PersonID:
		return domain.E(domain.Forbidden, "grant.self")
	case r.GrantedBy != nil && by == *r.GrantedBy:
		return domain.E(domain.Forbidden, "grant.request_own")
	case r.State != RequestOpen:
		return domain.E(domain.Conflict, "grant.request_decided", "state", r.State)
	case !approve && strings.TrimSpace(reason) == "":
		return domain.E(domain.Invalid, "grant.reason_missing").At("body.reason", "grant.reason_missing")
	case approve && r.Until != nil && *r.Until <= today:
		return domain.E(domain.Conflict, "grant.request_late")
	}
	return nil
}

// Withdraw says whether a person may take the request back: who made it, while it
// waits. Errors: Forbidden "grant.request_not_yours", Conflict "grant.request_decided".
func (r *GrantRequest) Withdraw(by string) error {
	switch {
	case r.GrantedBy == nil || by != *r.GrantedBy:
		return domain.E(domain.Forbidden, "grant.request_not_yours")
	case r.State != RequestOpen:
		return domain.E(domain.Conflict, "grant.request_decided", "state", r.State)
	}
	return nil
}

// GrantFilter selects grants; zero fields do not limit.
type GrantFilter struct {
	PersonID string
	UnitID   string // with its subtree
	Role     Role
	State    string // current, coming, ended; "" is all
}

// GrantStore keeps who was granted what.
type GrantStore interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx GrantStore) error) error
	Today(ctx context.Context) (string, error)
	PersonForUpdate(ctx context.Context, s domain.Scope, id string) (*Person, error)
	UnitsForShare(ctx context.Context, s domain.Scope, ids []string) (map[string]Unit, error)
	Reaches(ctx context.Context, s domain.Scope) (bool, error)
	// RoleForShare locks a role against being changed; NotFound "role.unknown".
	RoleForShare(ctx context.Context, key Role) (*RoleDefinition, error)
	// Grants lists grants whose person and unit are within the scope, latest first.
	Grants(ctx context.Context, s domain.Scope, f GrantFilter, p domain.Paging) (domain.Page[Grant], error)
	// GrantsOf returns the grants of the person that have not ended.
	GrantsOf(ctx context.Context, personID string) ([]Grant, error)
	// Lacks returns what a person would need to hold, over the grant's unit and for
	// as long as it lasts, in order to give it, and does not: the permissions of its
	// role, and grant:manage itself.
	Lacks(ctx context.Context, personID string, g *Grant) ([]Permission, error)
	// GrantForUpdate returns NotFound "grant.unknown" unless its person and its
	// unit are within the scope.
	GrantForUpdate(ctx context.Context, s domain.Scope, id string) (*Grant, error)
	InsertGrant(ctx context.Context, g *Grant) error
	// EndGrant ends the grant at once: not tomorrow, but with this transaction.
	EndGrant(ctx context.Context, id, by, reason string) error

	// Requests lists requests within the scope, oldest first while they wait,
	// else latest first; open ones or all.
	Requests(ctx context.Context, s domain.Scope, open bool, p domain.Paging) (domain.Page[GrantRequest], error)
	// RequestForUpdate returns NotFound "grant.request_unknown" unless its person
	// and its unit are within the scope.
	RequestForUpdate(ctx context.Context, s domain.Scope, id string) (*GrantRequest, error)
	// InsertRequest returns Conflict "grant.request_open" when the same is asked for already.
	InsertRequest(ctx context.Context, r *GrantRequest) error
	SaveRequest(ctx context.Context, r *GrantRequest) error
}
