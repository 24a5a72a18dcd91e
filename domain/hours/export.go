package hours

import (
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// The states of an export.
const (
	ExportQueued  = "queued"
	ExportRunning = "running"
	ExportReady   = "ready"
	ExportFailed  = "failed"
	ExportExpired = "expired"
)

// ExportPeople is the table of people as a workbook.
const ExportPeople = "hours_people"

// ExportLife is how long the file can be had.
const ExportLife = 7 * 24 * time.Hour

// Export is a report made in the background. The filter is the one on the
// screen; the reason is asked because the file leaves the system.
type Export struct {
	ID         string
	Kind       string
	Filter     PeopleFilter
	Reason     string
	State      string
	Progress   int // percent
	RowCount   int
	ObjectKey  string
	Size       int64
	Digest     string // hex SHA-256 of the file
	Failure    string // a reason key
	Downloads  int
	CreatedBy  string
	CreatedAt  time.Time
	UpdatedAt  time.Time
	FinishedAt *time.Time
	ExpiresAt  *time.Time
}

// Check refuses an export that cannot be made.
func (e *Export) Check() error {
	e.Reason = strings.TrimSpace(e.Reason)
	if n := utf8.RuneCountInString(e.Reason); n < 2 || n > 500 {
		return domain.E(domain.Invalid, "hours.export_reason_required")
	}
	if e.Kind != ExportPeople {
		return domain.E(domain.Invalid, "hours.export_kind_unknown", "kind", e.Kind)
	}
	return e.Filter.Check()
}

// Open reports whether the file is still to be made.
func (e *Export) Open() bool { return e.State == ExportQueued || e.State == ExportRunning }

// Fetch checks that the file can be had at now.
func (e *Export) Fetch(now time.Time) error {
	switch {
	case e.Open():
		return domain.E(domain.Conflict, "hours.export_not_ready", "progress", e.Progress)
	case e.State == ExportFailed:
		return domain.E(domain.Conflict, "hours.export_failed")
	case e.State == ExportExpired || (e.ExpiresAt != nil && !now.Before(*e.ExpiresAt)):
		return domain.E(domain.NotFound, "hours.export_expired")
	}
	return nil
}
