package org

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/job"
	"zhixing/domain/sheet"
)

// ImportStore keeps imports of people, their rows and what was left out. An
// import of another is NotFound "import.unknown", except to who reaches the whole
// institution.
type ImportStore interface {
	audit.Log
	job.Queue
	InTx(ctx context.Context, fn func(ctx context.Context, tx ImportStore) error) error
	Now(ctx context.Context) (time.Time, error)
	Today(ctx context.Context) (string, error)
	Reaches(ctx context.Context, s domain.Scope) (bool, error)

	InsertImport(ctx context.Context, i *Import) error
	Import(ctx context.Context, s domain.Scope, id string) (*Import, error)
	// ImportUnderWay reads an import for the job that works on it, without a lock.
	ImportUnderWay(ctx context.Context, id string) (*Import, error)
	// ImportForUpdate locks an import, whoever's it is.
	ImportForUpdate(ctx context.Context, id string) (*Import, error)
	SaveImport(ctx context.Context, i *Import) error
	// Imports lists newest first.
	Imports(ctx context.Context, s domain.Scope, p domain.Paging) (domain.Page[Import], error)
	// TakeTurn makes the steps of one import follow each other until the
	// transaction ends, while the import's own row stays free to show progress.
	TakeTurn(ctx context.Context, id string) error
	// ShowProgress is seen by others at once; it opens no transaction.
	ShowProgress(ctx context.Context, id string, state ImportState, percent int) error
	// LeftImports lists imports whose job was not heard of since a time.
	LeftImports(ctx context.Context, since time.Time, limit int) ([]Import, error)
	// OldImports lists imports made before a time whose file is still kept.
	OldImports(ctx context.Context, before time.Time, limit int) ([]Import, error)

	ClearRows(ctx context.Context, id string) error
	InsertRows(ctx context.Context, id string, rows []*ImportRow) error
	InsertRemarks(ctx context.Context, id string, remarks []sheet.Remark) error
	// ImportRows lists rows in the order of the file.
	ImportRows(ctx context.Context, id string, f ImportFilter, p domain.Paging) (domain.Page[ImportRow], error)
	// EachRow and EachRemark go through everything that the file held, in its order.
	EachRow(ctx context.Context, id string, fn func(*ImportRow) error) error
	EachRemark(ctx context.Context, id string, fn func(sheet.Remark) error) error
	// NextRows are rows that are still to be applied, in the order of the file.
	NextRows(ctx context.Context, id string, limit int) ([]*ImportRow, error)
	// SaveRows writes what applying made of rows.
	SaveRows(ctx context.Context, id string, rows []*ImportRow) error
	// AppliedRows are applied rows after a line.
	AppliedRows(ctx context.Context, id string, after, limit int) ([]*ImportRow, error)

	// UnitsForShare is PersonStore.UnitsForShare.
	UnitsForShare(ctx context.Context, s domain.Scope, ids []string) (map[string]Unit, error)
	// UnitsWithin returns the units of both trees within the scope.
	UnitsWithin(ctx context.Context, s domain.Scope) ([]UnitNode, error)
	// KnownPeople returns people by number, whether in scope or not; locked when
	// lock is set.
	KnownPeople(ctx context.Context, s domain.Scope, numbers []string, lock bool) (map[string]*ImportKnown, error)
	// CardOwners returns the number of the person by digest of his id number.
	CardOwners(ctx context.Context, digests [][]byte) (map[string]string, error)

	// InsertPeople is PersonStore.InsertPeople.
	InsertPeople(ctx context.Context, people []Person, facts []Fact, accounts []Account) error
	SaveDetails(ctx context.Context, p *Person) error
	ApplyOperations(ctx context.Context, ops []Operation) error
	Facts(ctx context.Context, personID string, kind FactKind) ([]Fact, error)
	Operation(ctx context.Context, personID, id string) (*Operation, error)
	// RecomputePeople asks for the obligations of people for this year and the last.
	RecomputePeople(ctx context.Context, ids []string) error
	// HoldHours makes who works out the hours of these people wait. Whoever locks
	// the people too, does it after this.
	HoldHours(ctx context.Context, ids []string) error
	// Clinging lists those of the people who have a history that a removal would lose.
	Clinging(ctx context.Context, ids []string) ([]string, error)
	// RemovePeople takes away people who have no history.
	RemovePeople(ctx context.Context, ids []string) error
}
