package org

import "slices"

// Permission is the right to one kind of deed. What it reaches is the scope of
// the grant that carries it.
type Permission string

// Everyone who can sign in holds these for himself.
const (
	PermSelf    Permission = "self:use" // own session, own data
	PermLearn   Permission = "learning:learn"
	PermExamSit Permission = "exam:sit"
	PermHours   Permission = "hours:own"
)

// Permissions that only a grant gives.
const (
	PermMediaManage    Permission = "media:manage"
	PermCourseAuthor   Permission = "course:author"
	PermQuestionAuthor Permission = "question:author"
	PermExamAuthor     Permission = "exam:author"
	PermExamResults    Permission = "exam:results"
	PermExamEvidence   Permission = "exam:evidence"
	PermExamAmend      Permission = "exam:amend"   // propose late answers, void, regrade
	PermExamApprove    Permission = "exam:approve" // be the second person
	PermHoursRead      Permission = "hours:read"
	PermHoursAudit     Permission = "hours:audit"
	PermHoursAdjust    Permission = "hours:adjust"
	PermHoursPolicy    Permission = "hours:policy"
	PermHoursFile      Permission = "hours:file" // file offline hours for people of the unit
	PermPeopleRead     Permission = "people:read"
	PermPeopleManage   Permission = "people:manage"
	PermPeopleCorrect  Permission = "people:correct" // decide what people ask to have corrected
	PermPeopleImport   Permission = "people:import"
	PermUnitRead       Permission = "unit:read"
	PermUnitManage     Permission = "unit:manage"
	PermGrantManage    Permission = "grant:manage"
	PermRoleManage     Permission = "role:manage" // make and change the institution's own roles
	PermAuditRead      Permission = "audit:read"
	PermSystem         Permission = "system:manage"
	PermSupport        Permission = "support:impersonate" // look at the pages as somebody else sees them
)

// PermissionInfo is what is known of a permission besides its name. How it is
// called stands in the page's texts (rights.permission.*), which a test holds
// against this list.
type PermissionInfo struct {
	Key      Permission
	Group    string // own, teaching, exam, hours, people, system
	Harmless bool   // opens no data about other people
	Whole    bool   // does most of its work only over the whole institution
	Everyone bool   // held by everyone who can sign in; no role of the institution carries it
}

// catalogue is every permission there is, in the order that screens show them.
// One that is not marked harmless opens others' data: a new permission is on the
// careful side by itself.
var catalogue = []PermissionInfo{
	{Key: PermSelf, Group: "own", Harmless: true, Everyone: true},
	{Key: PermLearn, Group: "own", Harmless: true, Everyone: true},
	{Key: PermExamSit, Group: "own", Harmless: true, Everyone: true},
	{Key: PermHours, Group: "own", Harmless: true, Everyone: true},
	{Key: PermMediaManage, Group: "teaching", Harmless: true},
	{Key: PermCourseAuthor, Group: "teaching", Harmless: true},
	{Key: PermQuestionAuthor, Group: "exam", Harmless: true},
	{Key: PermExamAuthor, Group: "exam", Harmless: true},
	{Key: PermExamResults, Group: "exam"},
	{Key: PermExamEvidence, Group: "exam"},
	{Key: PermExamAmend, Group: "exam"},
	{Key: PermExamApprove, Group: "exam"},
	{Key: PermHoursRead, Group: "hours"},
	{Key: PermHoursFile, Group: "hours"},
	{Key: PermHoursAudit, Group: "hours"},
	{Key: PermHoursAdjust, Group: "hours"},
	{Key: PermHoursPolicy, Group: "hours", Whole: true},
	{Key: PermPeopleRead, Group: "people"},
	{Key: PermPeopleCorrect, Group: "people"},
	{Key: PermPeopleManage, Group: "people"},
	{Key: PermPeopleImport, Group: "people"},
	{Key: PermUnitRead, Group: "people", Harmless: true},
	{Key: PermUnitManage, Group: "people"},
	{Key: PermGrantManage, Group: "system"},
	{Key: PermRoleManage, Group: "system", Whole: true},
	{Key: PermAuditRead, Group: "system"},
	{Key: PermSupport, Group: "system"},
	{Key: PermSystem, Group: "system", Whole: true},
}

// PermissionList returns every permission in the order that screens show them.
func PermissionList() []PermissionInfo { return slices.Clone(catalogue) }

func infoOf(p Permission) (PermissionInfo, bool) {
	i := slices.IndexFunc(catalogue, func(c PermissionInfo) bool { return c.Key == p })
	if i < 0 {
		return PermissionInfo{}, false
	}
	return catalogue[i], true
}

// Known reports whether p is in the catalogue; a route with an unknown
// permission stops the boot.
func (p Permission) Known() bool { _, ok := infoOf(p); return ok }

// ReadsOthers reports whether the permissions open data about other people.
func ReadsOthers(perms []Permission) bool {
	return slices.ContainsFunc(perms, func(p Permission) bool { info, _ := infoOf(p); return !info.Harmless })
}
