// Package org is about people, the two trees of units, their dated facts and
// the roles they are granted.
package org

import (
	"time"
)

// Stage is a step on the way into the party (发展阶段).
type Stage string

// The stages in their legal order (《中国共产党发展党员工作细则》).
const (
	StageMasses      Stage = "masses"
	StageApplicant   Stage = "applicant"
	StageActivist    Stage = "activist"
	StageTarget      Stage = "development_target"
	StageProbationer Stage = "probationary_member"
	StageMember      Stage = "member"
)

// Stages lists every stage in order.
func Stages() []Stage {
	return []Stage{StageMasses, StageApplicant, StageActivist, StageTarget, StageProbationer, StageMember}
}

// Ranks lists the cadre ranks from 副科 to 正厅.
func Ranks() []string {
	return []string{"section_deputy", "section_head", "division_deputy", "division_head", "bureau_deputy", "bureau_head"}
}

// Kinds lists what a person can be.
func Kinds() []string { return []string{"staff", "student"} }

// Trees of units.
const (
	TreeParty = "party"
	TreeAdmin = "admin"
)

// Unit is a node of one of the two trees. Path is the ltree path of its id.
type Unit struct {
	ID        string `bun:",pk"`
	Tree      string
	ParentID  *string
	Path      string
	Name      string
	Kind      string
	Position  int
	ClosedOn  *string
	CreatedAt time.Time
}

// Person is one human being. Number is the staff or student number, by which
// he signs in.
type Person struct {
	ID        string `bun:",pk"`
	Number    string
	Name      string
	Pinyin    string
	Initials  string
	Kind      string
	Gender    *string
	BornOn    *string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Profile is a person with what holds today.
type Profile struct {
	Person
	PartyUnitID   string
	PartyUnitName string
	AdminUnitID   string
	AdminUnitName string
	Stage         Stage
	Rank          string
}

// Account is how a person signs in.
type Account struct {
	PersonID     string
	PasswordHash string
	MustChange   bool
	DisabledAt   *time.Time
}

// Session is one signed-in device.
type Session struct {
	ID         string `bun:",pk"`
	TokenHash  []byte
	PersonID   string
	DeviceID   string
	UserAgent  string
	IP         string
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time
	RevokedAt  *time.Time
}

// Identity is who a session belongs to and what he may do, read in one query.
type Identity struct {
	SessionID   string
	PersonID    string
	LastSeenAt  time.Time
	ExpiresAt   time.Time
	MustChange  bool
	Roles       []Role
	Permissions []Permission
}
