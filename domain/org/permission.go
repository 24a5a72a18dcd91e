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
	PermAuditRead      Permission = "audit:read"
	PermSystem         Permission = "system:manage"
)

// Role is a named set of permissions.
type Role string

// The built-in roles. Learner is held by everyone who can sign in.
const (
	RoleLearner   Role = "learner"
	RoleTrainer   Role = "trainer"
	RoleSecretary Role = "secretary"
	RoleAuditor   Role = "auditor" // the organisation department
	RoleAdmin     Role = "admin"
)

var rolePermissions = map[Role][]Permission{
	RoleLearner: {PermSelf, PermLearn, PermExamSit, PermHours},
	RoleTrainer: {
		PermMediaManage, PermCourseAuthor, PermQuestionAuthor, PermExamAuthor, PermExamResults, PermExamEvidence, PermExamAmend,
		PermExamApprove, PermUnitRead,
	},
	RoleSecretary: {PermPeopleRead, PermPeopleCorrect, PermUnitRead, PermHoursRead, PermHoursFile, PermExamResults},
	RoleAuditor: {
		PermPeopleRead, PermUnitRead, PermHoursRead, PermHoursAudit, PermHoursAdjust, PermHoursPolicy, PermHoursFile,
		PermExamResults, PermExamEvidence, PermExamApprove, PermAuditRead,
	},
	RoleAdmin: {
		PermMediaManage, PermCourseAuthor, PermQuestionAuthor, PermExamAuthor, PermExamResults,
		PermPeopleRead, PermPeopleManage, PermPeopleCorrect, PermPeopleImport, PermUnitRead, PermUnitManage, PermGrantManage, PermHoursRead, PermAuditRead,
		PermSystem,
	},
}

// Roles lists the built-in roles in the order that screens show them.
func Roles() []Role {
	return []Role{RoleLearner, RoleTrainer, RoleSecretary, RoleAuditor, RoleAdmin}
}

// Permissions returns what a role carries, in a fixed order.
func (r Role) Permissions() []Permission { return slices.Clone(rolePermissions[r]) }

// Known reports whether r is a built-in role.
func (r Role) Known() bool { _, ok := rolePermissions[r]; return ok }

// Known reports whether some built-in role carries p; a route with an unknown
// permission stops the boot.
func (p Permission) Known() bool {
	for _, ps := range rolePermissions {
		if slices.Contains(ps, p) {
			return true
		}
	}
	return false
}
