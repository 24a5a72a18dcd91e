package media

import (
	"context"
	"io"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/job"
)

// Filter narrows the list of media.
type Filter struct {
	domain.Paging
	OwnerID string  // only this person's, "" for all
	States  []State // any of these, empty for all
	Query   string  // part of the file name
}

// Store keeps media. Reading methods give media.not_found when there is none.
type Store interface {
	job.Queue
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx Store) error) error
	Now(ctx context.Context) (time.Time, error) // the database's clock

	Medium(ctx context.Context, id string) (*Medium, error)
	MediumForUpdate(ctx context.Context, id string) (*Medium, error)
	Media(ctx context.Context, f Filter) (domain.Page[Medium], error)
	InsertMedium(ctx context.Context, m *Medium) error
	SaveMedium(ctx context.Context, m *Medium) error
	// OpenUploads counts a person's open uploads and holds the person's
	// uploads until the transaction ends, so that two at once cannot pass the
	// quota together.
	OpenUploads(ctx context.Context, ownerID string) (count int, bytes int64, err error)

	Parts(ctx context.Context, mediumID string) ([]Part, error)
	// Upload reads a medium with the part n if it is stored, in one statement.
	Upload(ctx context.Context, mediumID string, n int) (*Medium, *Part, error)
	// InsertPart keeps the first of two equal numbers and reports false for the
	// second, and when the medium is no longer uploading.
	InsertPart(ctx context.Context, p *Part) (bool, error)
	RemoveParts(ctx context.Context, mediumID string, numbers []int) error

	// Beat keeps the lease of a run and notes its progress; false when the run
	// has lost the medium. One statement, no transaction.
	Beat(ctx context.Context, mediumID, runID string, progress int) (bool, error)
	Renditions(ctx context.Context, mediumID, runID string) ([]Rendition, error)
	// SaveRenditions replaces a medium's renditions by those of a run.
	SaveRenditions(ctx context.Context, mediumID, runID string, rs []Rendition) error

	// Overdue lists uploads past their time and cancelled ones not yet cleaned.
	Overdue(ctx context.Context, limit int) ([]Medium, error)
	// Waiting lists media that wait for a run and that no living run holds.
	Waiting(ctx context.Context, limit int) ([]Medium, error)

	// LessonTrack finds what a lesson plays, with access checked in the same
	// statement: a learner by audience, staff always; course.lesson_not_found
	// when it is closed to the viewer or not ready.
	LessonTrack(ctx context.Context, v Viewer, lessonID string) (*Track, error)
	// MediumTrack finds what a medium plays: staff any, a learner only what an
	// open lesson holds; media.not_found otherwise.
	MediumTrack(ctx context.Context, v Viewer, mediumID string) (*Track, error)
}

// Viewer is who asks for bytes.
type Viewer struct {
	PersonID string
	Staff    bool // may see every lesson, published or not
}

// Track is the published output of a medium, as the byte routes need it.
type Track struct {
	MediumID   string
	RunID      string
	HasPoster  bool
	Renditions []Rendition // without their playlists
}

// Objects is the object store.
type Objects interface {
	StartUpload(ctx context.Context, key string) (uploadID string, err error)
	// PutPart stores one part; sum is its SHA-256 in hex, which the server checks.
	PutPart(ctx context.Context, key, uploadID string, n int, body []byte, sum string) (etag string, err error)
	// CompleteUpload joins the parts. A part that the server holds with another
	// ETag, or not at all, gives ErrParts; an upload that is gone ErrNoUpload.
	CompleteUpload(ctx context.Context, key, uploadID string, parts []Part) error
	// AbortUpload forgets an upload; one that is gone is no error.
	AbortUpload(ctx context.Context, key, uploadID string) error
	UploadParts(ctx context.Context, key, uploadID string) ([]Part, error)

	Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error
	// Get streams bytes from..to, both included; to < 0 means to the end. A
	// missing object gives ErrNoObject.
	Get(ctx context.Context, key string, from, to int64) (io.ReadCloser, error)
	Size(ctx context.Context, key string) (int64, error)
	// Keys lists at most limit keys under a prefix.
	Keys(ctx context.Context, prefix string, limit int) ([]string, error)
	RemovePrefix(ctx context.Context, prefix string) error
}

// Copies are whole copies of objects that play, near the reader.
type Copies interface {
	// Open gives the bytes of an object of that size, from byte from to its
	// end, when there is a copy that is known to be right; it never waits for
	// one. The caller closes it.
	Open(key string, size, from int64) (body io.ReadCloser, ok bool)
}

// Encoder looks at files and makes renditions, in a cage.
type Encoder interface {
	// Workspace makes a private folder for one run; call free when done.
	Workspace(runID string, need int64) (dir string, free func(), err error)
	// Probe reads a file's tracks. A file that cannot be read gives a
	// domain.Error (media.unreadable).
	Probe(ctx context.Context, dir, file string) (Source, error)
	// Encode makes plan's renditions and the poster of file in dir. percent is
	// called now and then with 0..100. A file that cannot be decoded gives a
	// domain.Error; anything else is worth another try.
	Encode(ctx context.Context, dir, file string, plan Plan, percent func(int)) (Output, error)
}
