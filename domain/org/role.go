package org

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// Role names a set of permissions: a built-in one by its word, one of the
// institution's own by an id.
type Role string

// The built-in roles. Learner is held by everyone who can sign in.
const (
	RoleLearner      Role = "learner"
	RoleTrainer      Role = "trainer"
	RoleClassManager Role = "class_manager"
	RoleSecretary    Role = "secretary"
	RoleAuditor      Role = "auditor" // the organisation department
	RoleEditor       Role = "editor"
	RoleCounsellor   Role = "counsellor"
	RoleAdmin        Role = "admin"
)

// What a grant of a role may reach.
const (
	ReachAny   = "any"
	ReachUnit  = "unit"  // a unit with its subtree, never the whole institution
	ReachWhole = "whole" // the whole institution only
)

// RoleDefinition is a role as the table keeps it.
type RoleDefinition struct {
	Key                    Role
	BuiltIn                bool // written at every start, never changed by hand
	NameZH, NameEN         string
	Description            string
	Permissions            []Permission
	Reach                  string
	Approval               bool // a grant of it takes a second person's word
	SecondFactor           bool // whoever holds it needs a second factor
	Version                int
	RetiredAt              *time.Time
	RetireReason           string
	Holders                int // people who hold it today
	CreatedAt, ChangedAt   time.Time
	CreatedBy, CreatorName string
}

// builtIns are the roles that every institution has: the one place where they
// are defined. Each start writes them to the table that everything reads.
var builtIns = []RoleDefinition{
	{
		Key: RoleLearner, NameZH: "学员", NameEN: "Learner", Reach: ReachWhole,
		Permissions: []Permission{PermSelf, PermLearn, PermExamSit, PermHours},
	},
	{
		Key: RoleTrainer, NameZH: "教师", NameEN: "Trainer", Reach: ReachAny,
		Permissions: []Permission{
			PermMediaManage, PermCourseAuthor, PermQuestionAuthor, PermExamAuthor, PermExamResults, PermExamEvidence, PermExamAmend,
			PermExamApprove, PermUnitRead,
		},
	},
	{
		Key: RoleClassManager, NameZH: "班主任", NameEN: "Class manager", Reach: ReachAny,
		Permissions: []Permission{PermPeopleRead, PermUnitRead, PermHoursRead, PermHoursFile, PermExamResults},
	},
	{
		Key: RoleSecretary, NameZH: "支部书记", NameEN: "Branch secretary", Reach: ReachAny,
		Permissions: []Permission{PermPeopleRead, PermPeopleCorrect, PermUnitRead, PermHoursRead, PermHoursFile, PermExamResults},
	},
	{
		Key: RoleAuditor, NameZH: "组织部", NameEN: "Organisation department", Reach: ReachAny,
		Permissions: []Permission{
			PermPeopleRead, PermUnitRead, PermHoursRead, PermHoursAudit, PermHoursAdjust, PermHoursPolicy, PermHoursFile,
			PermExamResults, PermExamEvidence, PermExamApprove, PermAuditRead,
		},
	},
	{
		Key: RoleEditor, NameZH: "编辑", NameEN: "Editor", Reach: ReachAny,
		Permissions: []Permission{PermMediaManage, PermUnitRead},
	},
	{
		Key: RoleCounsellor, NameZH: "辅导员", NameEN: "Counsellor", Reach: ReachAny,
		Permissions: []Permission{PermPeopleRead, PermPeopleCorrect, PermUnitRead, PermHoursRead},
	},
	{
		Key: RoleAdmin, NameZH: "管理员", NameEN: "Administrator", Reach: ReachAny,
		Permissions: []Permission{
			PermMediaManage, PermCourseAuthor, PermQuestionAuthor, PermExamAuthor, PermExamResults,
			PermPeopleRead, PermPeopleManage, PermPeopleCorrect, PermPeopleImport, PermUnitRead, PermUnitManage, PermGrantManage, PermRoleManage,
			PermHoursRead, PermHoursFile, PermAuditRead, PermSupport, PermSystem,
		},
	},
}

// BuiltIns returns the built-in roles in the order that screens show them.
func BuiltIns() []RoleDefinition {
	out := slices.Clone(builtIns)
	for i := range out {
		out[i].BuiltIn, out[i].SecondFactor, out[i].Version = true, ReadsOthers(out[i].Permissions), 1
		out[i].Permissions = slices.Clone(out[i].Permissions)
	}
	return out
}

// FirstRoles are those of the first administrator. Duties are kept apart: no
// one role carries everything, and nobody grants what he does not hold, so
// whoever begins must hold all that can ever be granted.
func FirstRoles() []Role { return []Role{RoleAdmin, RoleTrainer, RoleAuditor} }

// Permissions returns what a built-in role carries, in a fixed order.
func (r Role) Permissions() []Permission {
	i := slices.IndexFunc(builtIns, func(d RoleDefinition) bool { return d.Key == r })
	if i < 0 {
		return nil
	}
	return slices.Clone(builtIns[i].Permissions)
}

// Check refuses a definition that must not be, with a field error at each wrong
// field: Invalid "role.refused". It puts the permissions into the order of the
// catalogue. Wherever others' data is opened it asks for a second factor, and adds
// that the units may be read: people are looked up by their units.
func (d *RoleDefinition) Check() error {
	d.NameZH, d.NameEN, d.Description = strings.TrimSpace(d.NameZH), strings.TrimSpace(d.NameEN), strings.TrimSpace(d.Description)
	if d.NameZH == "" {
		d.NameZH = d.NameEN
	}
	if d.NameEN == "" {
		d.NameEN = d.NameZH
	}
	bad := domain.E(domain.Invalid, "role.refused")
	if d.NameZH == "" || utf8.RuneCountInString(d.NameZH) > 40 || utf8.RuneCountInString(d.NameEN) > 40 {
		bad = bad.At("body.name_zh", "role.name_form")
	}
	if utf8.RuneCountInString(d.Description) > 500 {
		bad = bad.At("body.description", "role.description_long")
	}
	if !slices.Contains([]string{ReachAny, ReachUnit, ReachWhole}, d.Reach) {
		bad = bad.At("body.reach", "role.reach_unknown")
	}
	if ReadsOthers(d.Permissions) && !slices.Contains(d.Permissions, PermUnitRead) {
		d.Permissions = append(slices.Clone(d.Permissions), PermUnitRead)
	}
	var ordered []Permission
	for _, c := range catalogue {
		if !c.Everyone && slices.Contains(d.Permissions, c.Key) {
			ordered = append(ordered, c.Key)
		}
	}
	switch {
	case len(d.Permissions) == 0:
		bad = bad.At("body.permissions", "role.permissions_missing")
	case len(ordered) != len(d.Permissions):
		bad = bad.At("body.permissions", "role.permission_unknown")
	}
	d.Permissions = ordered
	d.SecondFactor = d.SecondFactor || ReadsOthers(d.Permissions)
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// Within refuses a new definition that carries more than its maker holds over
// the whole institution: Forbidden "role.more_than_own".
func (d *RoleDefinition) Within(held []Permission) error { return within(d.Permissions, held) }

func within(asked, held []Permission) error {
	if lacking := minus(asked, held); len(lacking) > 0 {
		return domain.E(domain.Forbidden, "role.more_than_own", "permissions", lacking)
	}
	return nil
}

// Change says whether a role may become next by somebody who holds these
// permissions over the whole institution, and for as long as anybody holds the
// role; holder is whether he holds the role
// himself, today or later. Errors: Forbidden "role.built_in", "role.held_by_you",
// "role.more_than_own", Conflict "role.retired", "role.changed_meanwhile".
func (d *RoleDefinition) Change(next *RoleDefinition, holder bool, held []Permission) error {
	added, removed := minus(next.Permissions, d.Permissions), minus(d.Permissions, next.Permissions)
	switch {
	case d.BuiltIn:
		return domain.E(domain.Forbidden, "role.built_in")
	case d.RetiredAt != nil:
		return domain.E(domain.Conflict, "role.retired")
	case next.Version != d.Version:
		return domain.E(domain.Conflict, "role.changed_meanwhile")
	case holder && len(added)+len(removed) > 0:
		return domain.E(domain.Forbidden, "role.held_by_you")
	}
	return within(added, held)
}

// Retire says whether a role may be taken out of use. Errors: Forbidden
// "role.built_in", "role.held_by_you", Conflict "role.retired", Invalid
// "role.reason_missing".
func (d *RoleDefinition) Retire(holder bool, reason string) error {
	switch {
	case d.BuiltIn:
		return domain.E(domain.Forbidden, "role.built_in")
	case d.RetiredAt != nil:
		return domain.E(domain.Conflict, "role.retired")
	case holder:
		return domain.E(domain.Forbidden, "role.held_by_you")
	case strings.TrimSpace(reason) == "":
		return domain.E(domain.Invalid, "role.reason_missing").At("body.reason", "role.reason_missing")
	}
	return nil
}

// RoleVersion is one step in the history of a role.
type RoleVersion struct {
	Version     int
	What        string // create, change, retire
	Definition  RoleDefinition
	Reason      string
	By, ByName  string
	At          time.Time
	GrantsEnded int // by a retirement
}

// RoleEffect is whom a change of a role would reach.
type RoleEffect struct {
	Added, Removed []Permission
	People         []RoleHolder // at most 100
	Count          int          // of people
	Requests       int          // that wait for a second person
	Factorless     int          // would need a second factor and have none
}

// RoleHolder is somebody who holds a role.
type RoleHolder struct{ PersonID, Name, Number, UnitName string }

// RoleStore keeps the roles.
type RoleStore interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx RoleStore) error) error
	// Roles lists all roles, built-in ones first, retired ones last.
	Roles(ctx context.Context) ([]RoleDefinition, error)
	// Role returns NotFound "role.unknown".
	Role(ctx context.Context, key Role) (*RoleDefinition, error)
	// RoleForUpdate is Role, locked against grants of it and other changes.
	RoleForUpdate(ctx context.Context, key Role) (*RoleDefinition, error)
	// InsertRole and SaveRole return Conflict "role.name_taken". SaveRole counts
	// the version up and has the tokens of all holders replaced.
	InsertRole(ctx context.Context, d *RoleDefinition) error
	SaveRole(ctx context.Context, d *RoleDefinition) error
	// RetireRole ends every grant of the role and refuses what waits for approval.
	RetireRole(ctx context.Context, key Role, by, reason string) (ended int, err error)
	KeepVersion(ctx context.Context, key Role, v *RoleVersion) error
	// Versions returns the history, latest first, at most 200.
	Versions(ctx context.Context, key Role) ([]RoleVersion, error)
	// HoldsRole reports whether a person holds the role today or later, or waits for it.
	HoldsRole(ctx context.Context, key Role, personID string) (bool, error)
	Effect(ctx context.Context, key Role, factor bool) (*RoleEffect, error)
	// Lasting returns what a person holds over the whole institution for at least as
	// long as anybody holds the role.
	Lasting(ctx context.Context, key Role, personID string) ([]Permission, error)
}
