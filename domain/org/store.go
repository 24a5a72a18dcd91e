package org

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/job"
)

// SessionStore keeps accounts, their factors and sessions.
type SessionStore interface {
	job.Queue
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx SessionStore) error) error
	// Now is the clock of the database.
	Now(ctx context.Context) (time.Time, error)
	// AccountByNumber returns NotFound "session.no_account" for an unknown number.
	AccountByNumber(ctx context.Context, number string) (*Account, *Person, error)
	Account(ctx context.Context, personID string) (*Account, *Person, error)
	// SaveAccount writes the password part: hash, must-change, disabled.
	SaveAccount(ctx context.Context, a *Account) error
	// RetirePassword remembers a hash for the history and forgets all but the
	// latest keep; PasswordHistory returns them, latest first.
	RetirePassword(ctx context.Context, id, personID, hash string, keep int) error
	PasswordHistory(ctx context.Context, personID string, limit int) ([]string, error)
	// UseCode takes the one-time code away, once; false when somebody was first.
	UseCode(ctx context.Context, personID, codeHash string) (bool, error)

	// Take takes a place in the lane. When it is full, wait is how long until a
	// place is free. GiveBack returns the place of a guess that was right.
	Take(ctx context.Context, l Lane) (wait time.Duration, err error)
	GiveBack(ctx context.Context, l Lane) error
	// KnowsDevice reports whether the device signed in to the account since a time.
	KnowsDevice(ctx context.Context, personID string, tokenHash []byte, since time.Time) (bool, error)
	RememberDevice(ctx context.Context, personID string, tokenHash []byte) error
	ForgetDevices(ctx context.Context, personID string) error

	InsertSession(ctx context.Context, s *Session) error
	// Identity resolves a token hash. Unknown, expired, revoked and disabled are
	// all Unauthenticated "session.signed_out".
	Identity(ctx context.Context, tokenHash []byte) (*Identity, error)
	TouchSession(ctx context.Context, id string, idle, absolute time.Duration) error
	// RotateToken replaces the token. The old one goes on for a minute for requests
	// under way, or, when hard, not at all. False: another request was first.
	RotateToken(ctx context.Context, id string, old, next []byte, hard bool) (bool, error)
	// Proved marks a fresh proof of who the person is: the second factor is no
	// longer owed. expires is the session's new end.
	Proved(ctx context.Context, id string, expires time.Time) error
	Sessions(ctx context.Context, personID string) ([]Session, error)
	// RevokeSession ends one session of the person; NotFound "session.unknown".
	RevokeSession(ctx context.Context, personID, id string) error
	// RevokeToken ends the session of a token, if there is one.
	RevokeToken(ctx context.Context, tokenHash []byte) error
	// ReplaceToken gives a session another token, whatever it has; the one that a request
	// brought goes on for a minute. NotFound "session.unknown".
	ReplaceToken(ctx context.Context, id string, brought, next []byte) error
	// RevokeSessions ends all sessions of the person but one ("" spares none).
	RevokeSessions(ctx context.Context, personID, except string) (int, error)
	Profile(ctx context.Context, personID string) (*Profile, error)
	// HeldRoles returns the roles that a person holds today, with what they carry.
	HeldRoles(ctx context.Context, personID string) ([]RoleDefinition, error)

	// SignInPolicy returns the policy in force.
	SignInPolicy(ctx context.Context) (SignInPolicy, error)
	SaveSignInPolicy(ctx context.Context, p SignInPolicy, by string) error
	// BreakGlass counts the administrators who can always sign in by password.
	BreakGlass(ctx context.Context) (int, error)

	FactorStore
}

// FactorStore keeps TOTP, recovery codes and passkeys.
type FactorStore interface {
	SavePendingTOTP(ctx context.Context, personID, sealed string) error
	// ConfirmTOTP makes the pending secret the one in force; step is used up.
	ConfirmTOTP(ctx context.Context, personID string, step int64) error
	RemoveTOTP(ctx context.Context, personID string) error
	// UseTOTPStep marks a time step as used; false when it, or a later one, was.
	UseTOTPStep(ctx context.Context, personID string, step int64) (bool, error)
	ReplaceRecoveryCodes(ctx context.Context, personID string, hashes [][]byte) error
	// UseRecoveryCode uses a code up; false when there is none such left.
	UseRecoveryCode(ctx context.Context, personID string, hash []byte) (bool, error)
	Passkeys(ctx context.Context, personID string) ([]Passkey, error)
	// Passkey returns NotFound "sign_in.passkey_unknown".
	Passkey(ctx context.Context, credentialID []byte) (*Passkey, error)
	// InsertPasskey returns Conflict "sign_in.passkey_taken".
	InsertPasskey(ctx context.Context, k *Passkey) error
	RenamePasskey(ctx context.Context, personID, id, name string) error
	RemovePasskey(ctx context.Context, personID, id string) error
	// PasskeyUsed writes back the credential with its new counter.
	PasskeyUsed(ctx context.Context, id string, credential []byte) error
	InsertCeremony(ctx context.Context, c *Ceremony, life time.Duration) error
	// TakeCeremony returns a ceremony and forgets it; NotFound
	// "sign_in.ceremony_over" when it is unknown, over or answered.
	TakeCeremony(ctx context.Context, id, purpose string) (*Ceremony, error)
}

// OneTimeCodes is TOTP (RFC 6238: SHA-1, 6 digits, 30 s).
type OneTimeCodes interface {
	// New makes a secret; url is for the authenticator, qr its picture as PNG.
	New(issuer, account string) (secret, url string, qr []byte, err error)
	// Check returns the time step at which the code is right: the current one or a
	// neighbour.
	Check(secret, code string, now time.Time) (step int64, ok bool)
}

// PasskeyCeremony asks an authenticator and judges its answer. Options and
// answers are JSON of WebAuthn; state is kept between the two.
type PasskeyCeremony interface {
	// Available reports whether browsers allow passkeys at this address.
	Available() bool
	Register(of *Person, have []Passkey) (options, state []byte, err error)
	// Registered returns Invalid "sign_in.passkey_refused" for a bad answer.
	Registered(of *Person, have []Passkey, state, answer []byte) (*Passkey, error)
	// Ask asks for any passkey of the person, or of anybody when have is nil.
	Ask(of *Person, have []Passkey) (options, state []byte, err error)
	// Answered judges the answer by the credential that find returns.
	// Unauthenticated "sign_in.passkey_refused" for a bad one.
	Answered(state, answer []byte, find func(credentialID []byte) (*Passkey, error)) (*Passkey, error)
}

// PasswordHasher hashes slowly, a bounded number at a time.
type PasswordHasher interface {
	Hash(ctx context.Context, password string) (string, error)
	// Verify reports whether the password fits, and whether the hash is of an
	// older strength and should be made again.
	Verify(ctx context.Context, password, hash string) (ok, stale bool, err error)
}

// UnitKeys knows units by what another system calls them. Outside the scope is
// NotFound "unit.unknown".
type UnitKeys interface {
	// UnitByKey takes a key or an id; tree "" is either.
	UnitByKey(ctx context.Context, s domain.Scope, tree, key string) (*Unit, error)
	// UnitByName finds an open unit without a key below a parent, "" for a root.
	UnitByName(ctx context.Context, s domain.Scope, tree, parentID, name string) (*Unit, error)
	// SetUnitKey returns Conflict "unit.key_taken" when another unit of the tree has it.
	SetUnitKey(ctx context.Context, id, key string) error
}

// UnitStore keeps the two trees. What is outside the scope is NotFound
// "unit.unknown".
type UnitStore interface {
	UnitKeys
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx UnitStore) error) error
	// Units returns the units within the scope, parents before children.
	Units(ctx context.Context, s domain.Scope, f UnitFilter) ([]UnitNode, error)
	// UnitForUpdate locks the unit against new members and children.
	UnitForUpdate(ctx context.Context, s domain.Scope, id string) (*Unit, error)
	// UnitForShare locks the unit against being closed.
	UnitForShare(ctx context.Context, s domain.Scope, id string) (*Unit, error)
	// Reaches reports whether the scope is the whole institution.
	Reaches(ctx context.Context, s domain.Scope) (bool, error)
	// InsertUnit returns Conflict "unit.name_taken" for a sibling's name.
	InsertUnit(ctx context.Context, u *Unit) error
	// SaveUnit writes position, opening and closing, and counts the version up;
	// Conflict "unit.changed_meanwhile" unless it is still u.Version.
	SaveUnit(ctx context.Context, u *Unit) error
	UnitChangeStore
	// Occupants counts the children and members that are in the unit on or after a day.
	Occupants(ctx context.Context, id, from string) (children, members int, err error)
}

// UnitChangeStore keeps the history of the trees and what is planned.
type UnitChangeStore interface {
	job.Queue
	Now(ctx context.Context) (time.Time, error)
	// Today is the civil date of the database's clock.
	Today(ctx context.Context) (string, error)
	// LockTreeOf lets one change of a unit's tree follow another. It comes before
	// any lock of a unit, or two changes wait for each other.
	LockTreeOf(ctx context.Context, unitID string) error
	// Placements returns the whole history of a tree.
	Placements(ctx context.Context, tree string) ([]Placement, error)
	// SavePlacements replaces the placements of the units that appear in them.
	SavePlacements(ctx context.Context, units []string, all []Placement) error
	// RenameFrom calls a unit otherwise from a day on until its next name.
	RenameFrom(ctx context.Context, unitID, name, kind, on string) error
	// SyncUnits brings what units say of today in line with the history and
	// returns how many changed; Conflict "unit.name_taken".
	SyncUnits(ctx context.Context, tree string) (int, error)
	// MembersOf returns the facts of the people who are members of the unit on or
	// after a day: their memberships of the unit's tree and their posts, by person.
	MembersOf(ctx context.Context, unitID, tree, from string) ([]Fact, error)
	// PostsIn returns the posts held in the unit on or after a day.
	PostsIn(ctx context.Context, unitID, from string) ([]Fact, error)
	// ApplyOperations is FactStore.ApplyOperation of many.
	ApplyOperations(ctx context.Context, ops []Operation) error
	InsertChange(ctx context.Context, c *UnitChange) error
	// ChangeForUpdate returns NotFound "unit.change_unknown" unless its unit is within the scope.
	ChangeForUpdate(ctx context.Context, s domain.Scope, id string) (*UnitChange, error)
	SaveChange(ctx context.Context, c *UnitChange) error
	// Changes lists changes of units within the scope, what comes first first; planned alone or all, at most 500.
	Changes(ctx context.Context, s domain.Scope, unitID string, planned bool) ([]UnitChange, error)
	// DueChange locks the first planned change whose day has come, or returns nil.
	DueChange(ctx context.Context) (*UnitChange, error)
	// UnitToChange is a unit without a scope, for what was planned within one.
	UnitToChange(ctx context.Context, id string) (*Unit, error)
	// RecomputeBelow asks for the obligations of everybody in a unit's subtree
	// today, for the years that a day bears on, at most this and the last.
	RecomputeBelow(ctx context.Context, unitID, from string) error
	// UnitWatchers returns who sees the people of a unit today; SubtreePeople counts them.
	UnitWatchers(ctx context.Context, unitID string) ([]Watcher, error)
	SubtreePeople(ctx context.Context, unitID string) (int, error)
	// PathNames returns the names from the root down to each unit of a subtree today, by id.
	PathNames(ctx context.Context, unitID string) (map[string][]string, error)
}

// PersonStore keeps people and their dated facts. Who is outside the scope is
// NotFound "person.unknown".
type PersonStore interface {
	audit.Log
	job.Queue
	InTx(ctx context.Context, fn func(ctx context.Context, tx PersonStore) error) error
	Now(ctx context.Context) (time.Time, error)
	// Today is the civil date of the database's clock.
	Today(ctx context.Context) (string, error)
	People(ctx context.Context, s domain.Scope, f PersonFilter, p domain.Paging) (domain.Page[Profile], error)
	Record(ctx context.Context, s domain.Scope, id string) (*Record, error)
	// InScope reports whether the person is within the scope.
	InScope(ctx context.Context, s domain.Scope, personID string) (bool, error)
	// PersonForUpdate locks the person: facts of one person are added one after another.
	PersonForUpdate(ctx context.Context, s domain.Scope, id string) (*Person, error)
	// TakenNumbers returns those of the numbers that some person has.
	TakenNumbers(ctx context.Context, numbers []string) ([]string, error)
	// UnitsForShare returns the units of the ids that are within the scope, by id.
	UnitsForShare(ctx context.Context, s domain.Scope, ids []string) (map[string]Unit, error)
	Reaches(ctx context.Context, s domain.Scope) (bool, error)
	// InsertPeople writes people with their first facts and accounts; pinyin is
	// made here. Conflict "person.number_taken" when another request was first.
	InsertPeople(ctx context.Context, people []Person, facts []Fact, accounts []Account) error
	// SaveDetails writes what is not dated and counts the version up; Conflict
	// "person.changed_meanwhile" unless the version is still p.Version,
	// "person.number_taken". Pinyin is made here.
	SaveDetails(ctx context.Context, p *Person) error
	// PhotoKey returns the key of the photo of the person himself or of one within
	// the scope, "" when there is none; NotFound "person.unknown".
	PhotoKey(ctx context.Context, s domain.Scope, personID string) (string, error)
	// SyncAccount closes the account of a person who is gone today, with his
	// sessions, and opens one that only such a status had closed. It returns
	// "closed", "opened" or "" when nothing changed.
	SyncAccount(ctx context.Context, personID string) (change string, err error)
	// UnsyncedAccounts lists people for whom SyncAccount would do something.
	UnsyncedAccounts(ctx context.Context, limit int) ([]string, error)
	FactStore
	// HoldsGrant reports whether the person has any grant today or later.
	HoldsGrant(ctx context.Context, personID string) (bool, error)
	// SetCode makes the account or gives it a one-time code in place of its
	// password, and enables nothing.
	SetCode(ctx context.Context, personID, codeHash string, life time.Duration) error
	// ResetFactors takes TOTP, passkeys, recovery codes and known devices away;
	// NotFound "person.no_account".
	ResetFactors(ctx context.Context, personID string) (Factors, error)
	SignInPolicy(ctx context.Context) (SignInPolicy, error)
	// SetPassword makes the account or gives it a new password, and enables nothing.
	SetPassword(ctx context.Context, personID, hash string, mustChange bool) error
	// SetDisabled disables or enables the account; NotFound "person.no_account".
	SetDisabled(ctx context.Context, personID string, disabled bool) error
	RevokeSessions(ctx context.Context, personID, except string) (int, error)
	// Sessions lists where the person is signed in, the latest used first, at most 100.
	Sessions(ctx context.Context, personID string) ([]Session, error)
}

// RosterStore is what lists of many people and deeds on many rest on.
type RosterStore interface {
	UnitKeys
	// PersonByNumber returns the id of who has the number, in scope or not;
	// NotFound "person.unknown".
	PersonByNumber(ctx context.Context, number string) (string, error)
	// KeptNumber returns the number of the person whom the record with a number was
	// merged into, "" when it was not.
	KeptNumber(ctx context.Context, number string) (string, error)
	// Acting returns who has the number and may sign in, with what some grant of
	// today gives him; NotFound "person.unknown".
	Acting(ctx context.Context, number string) (personID string, held []Permission, err error)
	PersonStore
	InRosterTx(ctx context.Context, fn func(ctx context.Context, tx RosterStore) error) error
	// PersonIDs returns the ids that the filter selects, at most limit.
	PersonIDs(ctx context.Context, s domain.Scope, f PersonFilter, limit int) ([]string, error)
	// CountPeople counts those whom the filter selects.
	CountPeople(ctx context.Context, s domain.Scope, f PersonFilter) (int, error)
	// Views lists the person's own filters and those that others share.
	Views(ctx context.Context, ownerID string) ([]PeopleView, error)
	// InsertView returns Conflict "person.view_name_taken".
	InsertView(ctx context.Context, v *PeopleView) error
	// DeleteView returns NotFound "person.view_unknown" for what is not the owner's.
	DeleteView(ctx context.Context, ownerID, id string) error
	InsertBulk(ctx context.Context, b *Bulk) error
	// Bulk returns a bulk change of its maker ("" reads any); NotFound "person.bulk_unknown".
	Bulk(ctx context.Context, actorID, id string) (*Bulk, error)
	// BulkForUpdate locks it, or returns nil when another works on it.
	BulkForUpdate(ctx context.Context, id string) (*Bulk, error)
	SaveBulk(ctx context.Context, b *Bulk) error
	// StuckBulks lists those that are under way and untouched for a while.
	StuckBulks(ctx context.Context, limit int) ([]string, error)
	// Duplicates returns groups of records within the scope that may be of one person.
	Duplicates(ctx context.Context, s domain.Scope, limit int) ([]Duplicate, error)
	// HasAliases reports whether others were merged into the person.
	HasAliases(ctx context.Context, personID string) (bool, error)
	// SaveMerge makes the alias and closes its account; UndoMerge takes it back.
	SaveMerge(ctx context.Context, m *Merge) error
	// MergeOf returns the merge of an alias that stands; NotFound "person.not_merged".
	MergeOf(ctx context.Context, personID string) (*Merge, error)
	UndoMerge(ctx context.Context, m *Merge, by, reason string) error
	// OwnRecord is Record of the person himself.
	OwnRecord(ctx context.Context, personID string) (*Record, error)
	InsertCorrection(ctx context.Context, c *Correction) error
	// OpenCorrections counts a person's open requests.
	OpenCorrections(ctx context.Context, personID string) (int, error)
	// CorrectionForUpdate returns NotFound "person.correction_unknown" unless the
	// person is within the scope, or is the actor of a scope without permission.
	CorrectionForUpdate(ctx context.Context, s domain.Scope, id string) (*Correction, error)
	SaveCorrection(ctx context.Context, c *Correction, by string) error
	// Corrections lists requests within the scope, open ones or all, oldest first.
	Corrections(ctx context.Context, s domain.Scope, open bool, p domain.Paging) (domain.Page[Correction], error)
	// CorrectionsOf lists a person's own, latest first, at most 100.
	CorrectionsOf(ctx context.Context, personID string) ([]Correction, error)
	// Looks lists who read the person's record, latest first.
	Looks(ctx context.Context, personID string, p domain.Paging) (domain.Page[Look], error)
}

// FactStore keeps dated facts and the operations that change them.
type FactStore interface {
	// Facts returns the facts of one kind, oldest first.
	Facts(ctx context.Context, personID string, kind FactKind) ([]Fact, error)
	// Fact returns one fact of the person; NotFound "person.fact_unknown".
	Fact(ctx context.Context, personID, id string) (*Fact, error)
	// ApplyOperation puts the rows of o.After in the place of those of o.Before
	// and keeps the operation.
	ApplyOperation(ctx context.Context, o *Operation) error
	// Operation returns one operation of the person; NotFound "person.operation_unknown".
	Operation(ctx context.Context, personID, id string) (*Operation, error)
	// Operations returns the person's operations, oldest first, of one kind or,
	// for "", of all.
	Operations(ctx context.Context, personID string, kind FactKind) ([]Operation, error)
	// Standing is what follows from a person's facts today, within the transaction.
	Standing(ctx context.Context, personID string) (*Standing, error)
}

// SetupStore is what the first step of an installation writes.
type SetupStore interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx SetupStore) error) error
	Today(ctx context.Context) (string, error)
	// LockGrants keeps others from granting and reports whether anybody ever was granted anything.
	LockGrants(ctx context.Context) (granted bool, err error)
	InsertPeople(ctx context.Context, people []Person, facts []Fact, accounts []Account) error
	InsertGrant(ctx context.Context, g *Grant) error
	// SignInPolicy and SaveSignInPolicy are those of SessionStore.
	SignInPolicy(ctx context.Context) (SignInPolicy, error)
	SaveSignInPolicy(ctx context.Context, p SignInPolicy, by string) error
}
