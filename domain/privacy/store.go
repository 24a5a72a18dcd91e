package privacy

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/job"
)

// RetentionStore keeps the terms, and takes away what is past them.
type RetentionStore interface {
	job.Queue
	audit.Log
	InRetentionTx(ctx context.Context, fn func(ctx context.Context, tx RetentionStore) error) error
	Today(ctx context.Context) (string, error)
	Now(ctx context.Context) (time.Time, error)
	// Terms returns what was set.
	Terms(ctx context.Context) ([]Term, error)
	SaveTerm(ctx context.Context, t *Term) error
	// Runs returns the latest runs, the newest day first.
	Runs(ctx context.Context, limit int) ([]Run, error)
	// BeginRun makes today's run of a rule; false when there is one that was
	// finished or touched since the time.
	BeginRun(ctx context.Context, rule string, days int, touched time.Duration) (bool, error)
	// RunForUpdate locks a run; NotFound "privacy.run_unknown".
	RunForUpdate(ctx context.Context, rule, day string) (*Run, error)
	SaveRun(ctx context.Context, r *Run) error
	// RemoveDue takes up to limit of what is past the term away and returns how much.
	RemoveDue(ctx context.Context, rule string, days, limit int) (int, error)
	// DuePhotos returns up to limit people whose photo is past the term.
	DuePhotos(ctx context.Context, days, limit int) ([]Photo, error)
	// DropPhoto empties the field if it still names the same photo.
	DropPhoto(ctx context.Context, p Photo) (bool, error)
}

// Photo is that of a person, by its key in the object store.
type Photo struct{ PersonID, Key string }

// ArchiveStore reads everything about one person.
type ArchiveStore interface {
	// Reaches reports whether the person is within the scope.
	Reaches(ctx context.Context, s domain.Scope, personID string) (bool, error)
	// Rows gives the rows of a source as text, in the order of the columns it gives.
	Rows(ctx context.Context, src Source, personID string, fn func(cells []string) error) error
	// Attached is what an archive holds beside rows: the sealed id number, nil for
	// none, and the key of the photo, "" for none.
	Attached(ctx context.Context, personID string) (card *string, photo string, err error)
}

// Subject is whom an erasure is about.
type Subject struct {
	ID, Number, Name string
	ErasedAt         *time.Time
}

// ErasureStore keeps requests and erases.
type ErasureStore interface {
	job.Queue
	audit.Log
	InErasureTx(ctx context.Context, fn func(ctx context.Context, tx ErasureStore) error) error
	Now(ctx context.Context) (time.Time, error)
	// SubjectForUpdate locks a person within the scope; a scope without a permission
	// reaches the actor alone. NotFound "person.unknown".
	SubjectForUpdate(ctx context.Context, s domain.Scope, personID string) (*Subject, error)
	// Standing is what stands in the way today.
	Standing(ctx context.Context, personID string) (Standing, error)
	// Amounts counts what there is of a person, by item.
	Amounts(ctx context.Context, personID string) (map[string]int, error)
	// InsertErasure: Conflict "privacy.erasure_open" while another one is open.
	InsertErasure(ctx context.Context, e *Erasure) error
	// ErasureForUpdate locks one about a person within the scope; no scope at all
	// (the zero value) is a job's. NotFound "privacy.erasure_unknown".
	ErasureForUpdate(ctx context.Context, s domain.Scope, id string) (*Erasure, error)
	SaveErasure(ctx context.Context, e *Erasure) error
	// Erasures lists those about people within the scope, newest first.
	Erasures(ctx context.Context, s domain.Scope, open bool, p domain.Paging) (domain.Page[Erasure], error)
	// LatestErasure of a person; nil when there never was one.
	LatestErasure(ctx context.Context, personID string) (*Erasure, error)
	// Erase empties and removes what Items says, and counts it by item.
	Erase(ctx context.Context, personID string) (map[string]int, error)
	// FilesOf lists exports by and about a person, whose files go as well.
	FilesOf(ctx context.Context, personID string) ([]string, error)
	// LeftErasures lists those that were decided before the time and not done.
	LeftErasures(ctx context.Context, before time.Time, limit int) ([]string, error)
}
