package org

import (
	"strings"
	"time"

	"zhixing/domain"
)

// Merge makes one person an alias of another who is the same human being. What
// refers to either stays where it is; readers follow the alias.
type Merge struct {
	ID       string
	PersonID string // the alias
	IntoID   string
	Reason   string
	MergedBy string
	MergedAt time.Time
	UndoneAt *time.Time
}

// CheckMerge refuses a merge that must not be. holdsGrant and hasAliases are
// about who becomes the alias. Errors: Invalid "person.reason_missing",
// Conflict "person.merge_self", "person.is_merged", "person.merge_into_alias",
// "person.merge_holds_roles", "person.merge_has_aliases".
func CheckMerge(alias, into *Person, reason string, holdsGrant, hasAliases bool) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	case alias.ID == into.ID:
		return domain.E(domain.Conflict, "person.merge_self")
	case alias.MergedInto != nil:
		return domain.E(domain.Conflict, "person.is_merged")
	case into.MergedInto != nil:
		return domain.E(domain.Conflict, "person.merge_into_alias")
	case holdsGrant:
		return domain.E(domain.Conflict, "person.merge_holds_roles")
	case hasAliases:
		return domain.E(domain.Conflict, "person.merge_has_aliases")
	}
	return nil
}

// Duplicate is a group of records that may be of one human being, and why.
type Duplicate struct {
	Why    string // id_card, name_born_on, number
	People []Profile
}
