package org

import (
	"slices"
	"time"

	"zhixing/domain"
)

// FactKind is what a dated fact says.
type FactKind string

// The kinds. The value is a unit id, a stage, a rank or a role.
const (
	FactParty FactKind = "party_membership"
	FactAdmin FactKind = "admin_membership"
	FactStage FactKind = "stage"
	FactRank  FactKind = "rank"
	FactGrant FactKind = "grant"
)

// Fact is something that holds of a person over a period [From, Until). Dates
// are civil; a nil Until is open. Facts are never edited: a later one closes
// the earlier.
type Fact struct {
	ID        string
	PersonID  string
	Kind      FactKind
	Value     string
	Label     string // the unit's name, where the fact has a unit
	From      string
	Until     *string
	Document  string // the paper it rests on; the reason of a grant
	CreatedAt time.Time
}

// MembershipKind is the kind of a membership in a tree.
func MembershipKind(tree string) FactKind {
	if tree == TreeParty {
		return FactParty
	}
	return FactAdmin
}

// Check refuses an unknown value or date. Errors: Invalid
// "person.stage_unknown", "person.rank_unknown", "person.date_form".
func (f *Fact) Check() error {
	switch {
	case f.Kind == FactStage && !Stage(f.Value).Known():
		return domain.E(domain.Invalid, "person.stage_unknown").At("body.value", "person.stage_unknown")
	case f.Kind == FactRank && !slices.Contains(Ranks(), f.Value):
		return domain.E(domain.Invalid, "person.rank_unknown").At("body.value", "person.rank_unknown")
	case !ValidDate(f.From):
		return domain.E(domain.Invalid, "person.date_form").At("body.from", "person.date_form")
	}
	return nil
}

// Succeed puts f after the facts of the same kind and person and returns the
// one it closes, with its new end, or nil. Errors: Conflict
// "person.fact_not_later" when f does not begin after every known fact,
// "person.fact_unchanged" when the open fact says the same.
func (f *Fact) Succeed(known []Fact) (*Fact, error) {
	if len(known) == 0 {
		return nil, nil //nolint:nilnil // nothing to close is an answer
	}
	last := slices.MaxFunc(known, func(a, b Fact) int {
		if a.From < b.From {
			return -1
		}
		return 1
	})
	switch {
	case f.From <= last.From:
		return nil, domain.E(domain.Conflict, "person.fact_not_later", "from", last.From).At("body.from", "person.fact_not_later", "from", last.From)
	case last.Until == nil && last.Value == f.Value:
		return nil, domain.E(domain.Conflict, "person.fact_unchanged", "from", last.From).At("body.value", "person.fact_unchanged", "from", last.From)
	case last.Until != nil && *last.Until <= f.From:
		return nil, nil //nolint:nilnil // it ended before
	}
	last.Until = &f.From
	return &last, nil
}

// ValidDate reports whether s is a civil date YYYY-MM-DD between 1900 and 2200.
func ValidDate(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() >= 1900 && t.Year() <= 2200
}
