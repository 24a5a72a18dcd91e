// Package media holds the rules of video material: how a file is taken in by
// parts, what is accepted, which renditions are made, and how a medium moves
// from upload to playable. It is pure: no I/O and no clock.
package media

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zhixing/domain"
)

// State is where a medium stands. See next for the moves that exist.
type State string

// The states, in the order of the usual life.
const (
	Uploading   State = "uploading"   // parts are arriving
	Uploaded    State = "uploaded"    // the source is whole; waiting for a worker
	Probing     State = "probing"     // a worker looks at what it is
	Transcoding State = "transcoding" // a worker makes the renditions
	Ready       State = "ready"       // playable
	Rejected    State = "rejected"    // cannot be played; Reason says why
	Cancelled   State = "cancelled"   // given up by the uploader or after 24 h
)

// States lists every state.
var States = []State{Uploading, Uploaded, Probing, Transcoding, Ready, Rejected, Cancelled}

// next is the one table of moves. A run that lost its lease starts again at
// probing; a rejected medium may be tried again from its source.
var next = map[State][]State{
	Uploading:   {Uploaded, Cancelled},
	Uploaded:    {Probing, Rejected},
	Probing:     {Probing, Transcoding, Rejected},
	Transcoding: {Probing, Ready, Rejected},
	Rejected:    {Uploaded},
}

// CanMove reports whether a medium may go from one state to another.
func CanMove(from, to State) bool { return slices.Contains(next[from], to) }

// Limits of one upload and of one person's open uploads.
const (
	MaxBytes      = 20 << 30         // of one source file
	MaxOpenCount  = 8                // uploads that one person may have open
	MaxOpenBytes  = 60 << 30         // announced bytes of one person's open uploads
	MaxNameRunes  = 200              // of a file name
	UploadTTL     = 24 * time.Hour   // after which an unfinished upload is reaped
	LeaseTTL      = 12 * time.Second // how long a silent worker keeps a medium; under job.LeaseFor
	MaxRuns       = 3                // runs that may die before the medium is rejected
	SmallPart     = 8 << 20
	LargePart     = 16 << 20
	largePartFrom = 4 << 30 // files from this size are cut into large parts
)

// Medium is one video file and what was made of it.
type Medium struct {
	ID        string `bun:",pk"`
	OwnerID   string // person who uploads
	OwnerName string `bun:",scanonly"` // read with single media and lists
	Filename  string // as the uploader named it, cleaned
	Size      int64  // bytes, as announced and later verified
	State     State

	UploadID  string // of the object store's multipart upload, "" before and after
	PartSize  int64  // bytes of every part but the last
	PartCount int

	Progress     int            // 0..100 of the transcoding
	Reason       string         // why it was rejected, a problem reason
	ReasonParams map[string]any `bun:"type:jsonb"`

	Version    int    // counts the publications; 0 before the first
	RunID      string `bun:",nullzero"` // of the published output
	DurationMS int64  // of the output, probed
	Width      int    // of the best rendition, as displayed
	Height     int
	HasPoster  bool

	WorkRunID  string     `bun:",nullzero"` // of the run at work
	LeaseUntil *time.Time // the run at work is alive until then
	Runs       int        // runs begun since the source came in or was retried

	CreatedAt  time.Time
	ExpiresAt  time.Time // of the upload
	UploadedAt *time.Time
	FinishedAt *time.Time // ready, rejected or cancelled
	CleanedAt  *time.Time // leftovers of a cancelled upload are gone
}

// New announces an upload. The name may hold any writing; control and
// direction characters and paths are taken off. Errors: media.name_missing,
// media.name_too_long, media.empty, media.too_large.
func New(id, ownerID, filename string, size int64, now time.Time) (*Medium, error) {
	name := CleanName(filename)
	switch {
	case name == "":
		return nil, domain.E(domain.Invalid, "media.name_missing")
	case utf8.RuneCountInString(name) > MaxNameRunes:
		return nil, domain.E(domain.Invalid, "media.name_too_long", "limit", MaxNameRunes)
	case size <= 0:
		return nil, domain.E(domain.Invalid, "media.empty")
	case size > MaxBytes:
		return nil, domain.E(domain.TooLarge, "media.too_large", "limit_gb", MaxBytes>>30)
	}
	partSize := int64(SmallPart)
	if size >= largePartFrom {
		partSize = LargePart
	}
	return &Medium{
		ID: id, OwnerID: ownerID, Filename: name, Size: size, State: Uploading,
		PartSize: partSize, PartCount: int((size + partSize - 1) / partSize),
		CreatedAt: now, ExpiresAt: now.Add(UploadTTL),
	}, nil
}

// CleanName takes paths, control and direction-changing characters off a file
// name; invalid UTF-8 becomes U+FFFD.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, name)
	return strings.TrimSpace(name)
}

// Quota refuses one more upload of size bytes beside count open ones of
// openBytes in all. Error: media.too_many_uploads.
func Quota(count int, openBytes, size int64) error {
	if count >= MaxOpenCount || openBytes+size > MaxOpenBytes {
		return domain.E(domain.TooMany, "media.too_many_uploads", "limit", MaxOpenCount, "limit_gb", MaxOpenBytes>>30)
	}
	return nil
}

// SourceKey is the object that holds the file as uploaded.
func (m *Medium) SourceKey() string { return Prefix(m.ID) + "source" }

// Prefix is where every object of a medium lives.
func Prefix(mediumID string) string { return "media/" + mediumID + "/" }

// RunPrefix is where one run puts its output.
func RunPrefix(mediumID, runID string) string { return Prefix(mediumID) + "run/" + runID + "/" }

// RenditionKey is the object of one rendition's bytes.
func RenditionKey(mediumID, runID, name string) string {
	return RunPrefix(mediumID, runID) + name + ".m4s"
}

// PosterKey is the object of the still picture.
func PosterKey(mediumID, runID string) string { return RunPrefix(mediumID, runID) + "poster.jpg" }

// Finish marks the source as whole. It reports false when that was done
// before. Errors: media.not_uploading after a cancel.
func (m *Medium) Finish(now time.Time) (bool, error) {
	switch m.State {
	case Uploaded, Probing, Transcoding, Ready, Rejected:
		return false, nil
	case Uploading:
	default:
		return false, domain.E(domain.Conflict, "media.not_uploading")
	}
	m.State, m.UploadedAt, m.UploadID = Uploaded, &now, ""
	return true, nil
}

// Cancel gives an upload up. It reports false when it was given up before.
// Error: media.not_uploading once the source is whole.
func (m *Medium) Cancel(now time.Time) (bool, error) {
	if m.State == Cancelled {
		return false, nil
	}
	if m.State != Uploading {
		return false, domain.E(domain.Conflict, "media.not_uploading")
	}
	m.State, m.FinishedAt = Cancelled, &now
	return true, nil
}

// Retry puts a rejected medium back to be worked on. Error: media.not_rejected.
func (m *Medium) Retry() error {
	if m.State != Rejected {
		return domain.E(domain.Conflict, "media.not_rejected")
	}
	m.State, m.Reason, m.ReasonParams, m.Progress, m.Runs, m.FinishedAt = Uploaded, "", nil, 0, 0, nil
	return nil
}
