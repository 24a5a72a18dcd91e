package org

import (
	"slices"
	"strings"
	"time"

	"zhixing/domain"
)

// Grant gives a person a role over a unit's subtree, or over the whole
// institution when UnitID is nil, in the period [From, Until).
type Grant struct {
	ID        string
	PersonID  string
	Role      Role
	UnitID    *string
	UnitName  string
	From      string
	Until     *string
	Reason    string
	GrantedBy *string
	EndedAt   *time.Time
}

// Check refuses a grant that must not be. by is who grants; held are the
// grants of the person that have not ended. Errors: Forbidden "grant.self",
// Invalid "grant.role_unknown", "grant.date_form", "grant.period_empty",
// "grant.reason_missing", Conflict "grant.already_held".
func (g *Grant) Check(by string, held []Grant) error {
	switch {
	case by == g.PersonID:
		return domain.E(domain.Forbidden, "grant.self")
	case !g.Role.Known() || g.Role == RoleLearner: // everyone is a learner
		return domain.E(domain.Invalid, "grant.role_unknown").At("body.role", "grant.role_unknown")
	case !ValidDate(g.From):
		return domain.E(domain.Invalid, "grant.date_form").At("body.from", "grant.date_form")
	case g.Until != nil && !ValidDate(*g.Until):
		return domain.E(domain.Invalid, "grant.date_form").At("body.until", "grant.date_form")
	case g.Until != nil && *g.Until <= g.From:
		return domain.E(domain.Invalid, "grant.period_empty").At("body.until", "grant.period_empty")
	case strings.TrimSpace(g.Reason) == "":
		return domain.E(domain.Invalid, "grant.reason_missing").At("body.reason", "grant.reason_missing")
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
