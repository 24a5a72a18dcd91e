package org

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// FactKind is what a dated fact says.
type FactKind string

// The kinds. The value is a unit id, a stage, a rank, a status, a post or a role.
const (
	FactParty  FactKind = "party_membership"
	FactAdmin  FactKind = "admin_membership"
	FactStage  FactKind = "stage"
	FactRank   FactKind = "rank"
	FactStatus FactKind = "status"
	FactPost   FactKind = "post"
	FactGrant  FactKind = "grant"
)

// Fact is something that holds of a person over a period [From, Until). Dates
// are civil; a nil Until is open. Nothing of a fact is lost when it changes: the
// operation that changed it keeps it as it was.
type Fact struct {
	ID        string
	PersonID  string
	Kind      FactKind
	Value     string
	UnitID    string    // of a post: where it is held
	Note      string    // of a post that the list lacks: its name
	Move      StageMove // of a stage: how it was reached
	DueOn     *string   // of an extended probation: its last day
	Label     string    // the unit's name, where the fact has a unit
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

// FactKinds lists the kinds that operations change.
func FactKinds() []FactKind {
	return []FactKind{FactParty, FactAdmin, FactStage, FactRank, FactStatus, FactPost}
}

// Status is whether and how a person belongs to the institution.
type Status string

// The statuses. A person of whom nothing is recorded is active.
const (
	StatusActive    Status = "active"
	StatusOnLeave   Status = "on_leave"
	StatusSuspended Status = "suspended"
	StatusRetired   Status = "retired"
	StatusLeft      Status = "left"
	StatusDeceased  Status = "deceased"
)

// Statuses lists every status.
func Statuses() []Status {
	return []Status{StatusActive, StatusOnLeave, StatusSuspended, StatusRetired, StatusLeft, StatusDeceased}
}

// Gone reports whether the person no longer belongs to the institution: his
// account is closed and nothing is demanded of him.
func (s Status) Gone() bool { return s == StatusLeft || s == StatusDeceased }

// Posts lists the posts that a person can hold in a unit: 书记, 副书记, 组织委员,
// 宣传委员, 纪检委员, 支委, 班子成员, 班主任, 其他.
func Posts() []string {
	return []string{
		"secretary", "deputy_secretary", "organisation", "publicity", "discipline", "committee_member", "leadership", "class_manager", PostOther,
	}
}

// PostOther is a post that its note names.
const PostOther = "other"

// maxNote bounds the name of a post in characters.
const maxNote = 40

// Check cleans the fact and refuses an unknown value or date. Errors: Invalid
// "person.stage_unknown", "person.rank_unknown", "person.status_unknown",
// "person.post_unknown", "person.post_note", "person.date_form".
func (f *Fact) Check() error {
	at := func(field, reason string) error { return domain.E(domain.Invalid, reason).At("body."+field, reason) }
	f.Note, f.Document = strings.TrimSpace(f.Note), strings.TrimSpace(f.Document)
	if f.Kind != FactPost {
		f.Note, f.UnitID = "", ""
	}
	if f.Kind != FactStage {
		f.Move, f.DueOn = "", nil
	}
	switch {
	case f.Kind == FactStage && !Stage(f.Value).Known():
		return at("value", "person.stage_unknown")
	case f.Kind == FactRank && !slices.Contains(Ranks(), f.Value):
		return at("value", "person.rank_unknown")
	case f.Kind == FactStatus && !slices.Contains(Statuses(), Status(f.Value)):
		return at("value", "person.status_unknown")
	case f.Kind == FactPost && !slices.Contains(Posts(), f.Value):
		return at("value", "person.post_unknown")
	case f.Kind == FactPost && ((f.Value == PostOther) != (f.Note != "") || utf8.RuneCountInString(f.Note) > maxNote || strings.ContainsFunc(f.Note, unprintable)):
		return at("note", "person.post_note")
	case !ValidDate(f.From):
		return at("from", "person.date_form")
	case f.Until != nil && !ValidDate(*f.Until):
		return at("until", "person.date_form")
	case f.Until != nil && *f.Until <= f.From:
		return at("until", "person.period_empty")
	}
	return nil
}

// track names what a fact follows and closes: facts of one track never overlap.
// Posts are tracks of their own, one for each post in each unit.
func (f *Fact) track() string {
	if f.Kind == FactPost {
		return f.UnitID + "\x00" + f.Value + "\x00" + f.Note
	}
	return ""
}

// same reports whether two facts say the same, whenever they hold.
func (f *Fact) same(o *Fact) bool { return f.Value == o.Value && f.track() == o.track() }

// covers reports whether the fact holds on a day.
func (f *Fact) covers(day string) bool {
	return f.From <= day && (f.Until == nil || day < *f.Until)
}

// AsOf returns the facts that hold on a day.
func AsOf(facts []Fact, day string) []Fact {
	var out []Fact
	for i := range facts {
		if facts[i].covers(day) {
			out = append(out, facts[i])
		}
	}
	return out
}

// ValidDate reports whether s is a civil date YYYY-MM-DD between 1900 and 2200.
func ValidDate(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() >= 1900 && t.Year() <= 2200
}
