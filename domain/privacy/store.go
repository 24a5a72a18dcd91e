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
