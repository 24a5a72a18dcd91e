package org

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/sheet"
)

// ImportState is where an import of people stands.
type ImportState string

// The states: uploaded → read → mapped → previewed → applying → applied →
// undoing → undone; failed from uploaded and mapped. A new mapping leads back to
// mapped until the import is applied.
const (
	ImportUploaded  ImportState = "uploaded"  // waits to be read
	ImportRead      ImportState = "read"      // waits for somebody to confirm the columns
	ImportMapped    ImportState = "mapped"    // rows are being judged
	ImportPreviewed ImportState = "previewed" // waits for somebody to say yes
	ImportApplying  ImportState = "applying"
	ImportApplied   ImportState = "applied"
	ImportUndoing   ImportState = "undoing"
	ImportUndone    ImportState = "undone"
	ImportFailed    ImportState = "failed"
)

// ImportStates lists every state.
func ImportStates() []ImportState {
	return []ImportState{
		ImportUploaded, ImportRead, ImportMapped, ImportPreviewed, ImportApplying, ImportApplied, ImportUndoing, ImportUndone, ImportFailed,
	}
}

var importMoves = map[ImportState][]ImportState{
	ImportUploaded:  {ImportRead, ImportFailed},
	ImportRead:      {ImportMapped},
	ImportMapped:    {ImportPreviewed, ImportFailed},
	ImportPreviewed: {ImportMapped, ImportApplying},
	ImportApplying:  {ImportApplied},
	ImportApplied:   {ImportUndoing},
	ImportUndoing:   {ImportUndone, ImportApplied}, // back to applied: something stands in the way
	ImportFailed:    {ImportMapped},                // other columns, another header
}

// Import is one file of people on its way in.
type Import struct {
	ID        string
	State     ImportState
	Filename  string
	Size      int64
	Digest    string // hex SHA-256 of the file
	ObjectKey string // of the sealed file
	Format    string
	Encoding  string
	Delimiter string
	Sheet     string
	Header    int // line
	Columns   []sheet.Column
	Options   ImportOptions
	Counts    ImportCounts
	Progress  int // percent of the step under way
	Failure   string
	FailureAt map[string]any // of the failure: line and such
	Reason    string         // why it was applied
	Blockers  []ImportBlocker
	CreatedBy string
	TokenID   string // of the program that pushed it, "" for a person's own
	TokenName string // read only
	CreatedAt time.Time
	UpdatedAt time.Time
	AppliedAt *time.Time
	UndoneAt  *time.Time
}

// ImportOptions is what the file does not say.
type ImportOptions struct {
	Kind string `json:"kind,omitempty"` // of new people where no column tells it
	From string `json:"from,omitempty"` // first day of unit, stage and rank where no column tells it; "" is today
}

// ImportCounts is how many rows came to which outcome.
type ImportCounts struct {
	Total   int `json:"total"` // rows below the header, blank ones too
	New     int `json:"new"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
	Refused int `json:"refused"`
	Stale   int `json:"stale"` // changed by somebody else since the preview
	Blank   int `json:"blank"`
	Applied int `json:"applied"`
	Listed  int `json:"listed"` // lines of the loss report besides the refused rows
}

// Add counts an outcome.
func (c *ImportCounts) Add(outcome string, n int) {
	switch outcome {
	case OutcomeNew:
		c.New += n
	case OutcomeChanged:
		c.Changed += n
	case OutcomeSame:
		c.Same += n
	case OutcomeRefused:
		c.Refused += n
	case OutcomeStale:
		c.Stale += n
	}
}

// ImportBlocker is a person because of whom an import cannot be undone.
type ImportBlocker struct {
	Line     int    `json:"line"`
	PersonID string `json:"person_id"`
	Name     string `json:"name"`
	Number   string `json:"number"`
	Reason   string `json:"reason"`
}

// MaxBlockers bounds what is listed.
const MaxBlockers = 200

// Move goes on to another state. Conflict "import.wrong_state".
func (i *Import) Move(to ImportState) error {
	if !slices.Contains(importMoves[i.State], to) {
		return domain.E(domain.Conflict, "import.wrong_state", "state", string(i.State))
	}
	i.State, i.Progress = to, 0
	return nil
}

// Working reports whether a job is to do something.
func (i *Import) Working() bool {
	return slices.Contains([]ImportState{ImportUploaded, ImportMapped, ImportApplying, ImportUndoing}, i.State)
}

// SetMapping takes the columns as somebody confirmed them: fields by index of
// column. Errors: Invalid "import.field_unknown", "import.field_twice",
// "import.column_unknown", "import.field_missing", "import.kind_missing",
// "person.date_form"; Conflict "import.wrong_state".
func (i *Import) SetMapping(fields map[int]string, o ImportOptions) error {
	columns := slices.Clone(i.Columns)
	for n := range columns {
		columns[n].Field = ""
	}
	seen := map[string]bool{}
	for index, key := range fields {
		n := slices.IndexFunc(columns, func(c sheet.Column) bool { return c.Index == index })
		switch {
		case n < 0:
			return domain.E(domain.Invalid, "import.column_unknown", "column", sheet.ColumnName(index))
		case key == "":
			continue
		case !slices.ContainsFunc(ImportFields(), func(f sheet.Field) bool { return f.Key == key }):
			return domain.E(domain.Invalid, "import.field_unknown", "field", key)
		case seen[key]:
			return domain.E(domain.Invalid, "import.field_twice", "column", sheet.ColumnName(index))
		}
		seen[key] = true
		columns[n].Field = key
	}
	for _, key := range []string{FieldNumber, FieldName} {
		if !seen[key] {
			return domain.E(domain.Invalid, "import.field_missing_"+key)
		}
	}
	if o.Kind != "" && !slices.Contains(Kinds(), o.Kind) {
		return domain.E(domain.Invalid, "person.kind_unknown")
	}
	if o.Kind == "" && !seen[FieldKind] {
		return domain.E(domain.Invalid, "import.kind_missing")
	}
	if o.From != "" && !ValidDate(o.From) {
		return domain.E(domain.Invalid, "person.date_form").At("body.from", "person.date_form")
	}
	if err := i.Move(ImportMapped); err != nil {
		return err
	}
	i.Columns, i.Options, i.Failure, i.FailureAt, i.Counts = columns, o, "", nil, ImportCounts{}
	return nil
}

// Begin says yes to what was previewed. Errors: Invalid
// "person.reason_missing", Conflict "import.wrong_state", "import.nothing_to_do".
func (i *Import) Begin(reason string) error {
	if reason = strings.TrimSpace(reason); utf8.RuneCountInString(reason) < 2 || utf8.RuneCountInString(reason) > 500 {
		return domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	if i.State == ImportPreviewed && i.Counts.New+i.Counts.Changed == 0 {
		return domain.E(domain.Conflict, "import.nothing_to_do")
	}
	if err := i.Move(ImportApplying); err != nil {
		return err
	}
	i.Reason = reason
	return nil
}

// ImportKeep is how long the file and the rows of an import are kept; after it
// only the counts stay, and the import can no longer be undone.
const ImportKeep = 90 * 24 * time.Hour

// ImportFilter narrows the rows of an import.
type ImportFilter struct {
	Outcome string // "" is all
}
