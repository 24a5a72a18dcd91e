package hours

import (
	"encoding/json"
	"slices"
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

// The kinds of file: people's hours as a workbook, people by themselves, entries
// of the audit log, and everything about one person.
const (
	ExportPeople     = "hours_people"
	ExportPeopleXLSX = "people_xlsx"
	ExportPeopleCSV  = "people_csv"
	ExportAuditXLSX  = "audit_xlsx"
	ExportAuditCSV   = "audit_csv"
	ExportPersonZIP  = "person_zip"
)

// ExportLife is how long the file can be had.
const ExportLife = 7 * 24 * time.Hour

// Export is a report made in the background. The filter is the one on the
// screen; the reason is asked because the file leaves the system.
type Export struct {
	ID         string
	Kind       string
	Filter     PeopleFilter
	Order      json.RawMessage // of all but people's hours: what the file is to hold, in place of a filter
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
	switch {
	case e.Ordered():
		return nil // whoever made the order checked it
	case e.Kind != ExportPeople:
		return domain.E(domain.Invalid, "hours.export_kind_unknown", "kind", e.Kind)
	}
	return e.Filter.Check()
}

// OfPeople reports whether the file holds people and not their hours.
func (e *Export) OfPeople() bool {
	return slices.Contains([]string{ExportPeopleXLSX, ExportPeopleCSV}, e.Kind)
}

// OfAudit reports whether the file holds entries of the audit log.
func (e *Export) OfAudit() bool {
	return slices.Contains([]string{ExportAuditXLSX, ExportAuditCSV}, e.Kind)
}

// OfPerson reports whether the file holds everything about one person.
func (e *Export) OfPerson() bool { return e.Kind == ExportPersonZIP }

// Ordered reports whether the file is made from an order of another context.
func (e *Export) Ordered() bool { return e.OfPeople() || e.OfAudit() || e.OfPerson() }

// Type is the content type of the file and the ending of its name.
func (e *Export) Type() (contentType, ending string) {
	if e.OfPerson() {
		return "application/zip", ".zip"
	}
	if e.Kind == ExportPeopleCSV || e.Kind == ExportAuditCSV {
		return "text/csv; charset=utf-8", ".csv"
	}
	return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"
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
