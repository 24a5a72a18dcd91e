package hours

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/job"
)

// Store keeps policies, the ledger, the cached obligations and reports.
type Store interface {
	job.Queue
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx Store) error) error
	// Snapshot reads many statements at one moment of the database.
	Snapshot(ctx context.Context, fn func(ctx context.Context, tx Store) error) error
	// Now is the clock of the database, to the microsecond.
	Now(ctx context.Context) (time.Time, error)
	Ledger
	Obligations
	Reports
	PolicyStore
	ExportStore
	BatchStore
}

// BatchFilter narrows the list of batches.
type BatchFilter struct {
	domain.Paging
	States []BatchState // any of these, empty for all
	Query  string       // part of the title, the document number or the organiser
}

// BatchStore keeps batches of offline hours. A batch is in the scope of who
// filed it and of whoever reaches everybody on its roster; outside it is
// NotFound "hours.batch_unknown".
type BatchStore interface {
	Batch(ctx context.Context, s domain.Scope, id string) (*Batch, error)
	// BatchForUpdate locks it.
	BatchForUpdate(ctx context.Context, s domain.Scope, id string) (*Batch, error)
	// Batches lists without rosters, newest first.
	Batches(ctx context.Context, s domain.Scope, f BatchFilter) (domain.Page[Batch], error)
	InsertBatch(ctx context.Context, b *Batch) error
	// SaveBatch writes the batch, SaveRoster its people.
	SaveBatch(ctx context.Context, b *Batch) error
	SaveRoster(ctx context.Context, b *Batch) error
	// PeopleByNumber returns who of the scope has the numbers.
	PeopleByNumber(ctx context.Context, s domain.Scope, numbers []string) (map[string]BatchPerson, error)
	// Stretches returns what other filed or approved batches give people on dates
	// that touch these; approved alone if decided is set.
	Stretches(ctx context.Context, b *Batch, decided bool) ([]Stretch, error)
	// StandingOf returns the credits of a batch that nothing takes back, by person.
	StandingOf(ctx context.Context, batchID string) ([]Event, error)
	// BatchEvidence reads a batch without a scope, as what an entry stands on.
	BatchEvidence(ctx context.Context, id string) (*Batch, error)
}

// Ledger appends and reads entries.
type Ledger interface {
	// LockHeads takes the heads of people until the transaction ends, in the order
	// of ids, and gives those without entries an empty one. Unknown people are
	// NotFound "hours.person_unknown".
	LockHeads(ctx context.Context, personIDs ...string) ([]Head, error)
	// Append writes an entry that head.Append has linked, and the new head.
	// Conflict "hours.already_credited" or "hours.already_reversed" when it is there.
	Append(ctx context.Context, e *Event, head Head) error
	// Credited reports whether the source has earned already.
	Credited(ctx context.Context, source Source, ref string) (bool, error)
	// LessonEarning reads what a completion of a lesson earns; NotFound "hours.completion_unknown".
	LessonEarning(ctx context.Context, completionID string) (*Earning, error)
	// ExamEarning reads what an attempt earns as it is graded now; NotFound
	// "hours.attempt_not_passed" when it never was.
	ExamEarning(ctx context.Context, attemptID string) (*Earning, error)
	// EntriesOf returns the credit of a source, what took it back, what restored
	// it, and so on, oldest first.
	EntriesOf(ctx context.Context, source Source, ref string) ([]Event, error)
	// CreditedAttempts lists attempts of an exam that have a credit, after an id.
	CreditedAttempts(ctx context.Context, examID, after string, limit int) ([]string, error)
	// Uncredited lists jobs for completions and passed attempts since the time
	// that have no entry although they earn one.
	Uncredited(ctx context.Context, since time.Time, limit int) ([]job.Job, error)
	// EventForAdjusting returns an entry of a person in scope; else NotFound "hours.event_unknown".
	EventForAdjusting(ctx context.Context, s domain.Scope, id string) (*Event, error)
	// EventsOfYear returns the entries of the people that fall in the year, by person and seq.
	EventsOfYear(ctx context.Context, year int, personIDs ...string) (map[string][]Event, error)
	// CreditsOfYear is EventsOfYear without what Assess does not ask for: titles,
	// evidence, rules, reasons, times and hashes.
	CreditsOfYear(ctx context.Context, year int, personIDs ...string) (map[string][]Event, error)
	// Walk reads whole chains, ordered by person and seq, of one person or, for
	// "", of everybody, with the kept heads.
	Walk(ctx context.Context, personID string, each func(Event) error) error
	Heads(ctx context.Context, personID string) (map[string]Head, error)
	// AnchoredHeads returns each person's last anchored head as the database has it.
	AnchoredHeads(ctx context.Context, personID string) (map[string]Head, error)
	Anchors(ctx context.Context) ([]Anchor, error)
	// MovedHeads returns the heads that differ from their last anchor.
	MovedHeads(ctx context.Context) ([]Head, error)
	InsertAnchor(ctx context.Context, a Anchor, moved []Head) error
}

// Earning is what a fact of another context is worth.
type Earning struct {
	PersonID    string
	Source      Source
	Ref         string // of the completion or the attempt
	Subject     string
	Title       string
	AmountCenti int // 0: nothing to credit
	Required    bool
	At          time.Time
	Evidence    Evidence
	Rule        string
	By, Reason  string // who amended the exam or the attempt last, and why
}

// Obligations computes and caches.
type Obligations interface {
	// FactsOf returns the dated facts of people, in the order of the ids; unknown ids are left out.
	FactsOf(ctx context.Context, personIDs ...string) ([]Facts, error)
	// PeopleAfter returns the next ids in order, for runs over everybody.
	PeopleAfter(ctx context.Context, after string, limit int) ([]string, error)
	// SaveObligations replaces what is cached for the people and the year.
	SaveObligations(ctx context.Context, year int, asOf Date, personIDs []string, os []Obligation) error
	// ObligationsOf reads what is cached, without lines, by person and policy.
	ObligationsOf(ctx context.Context, year int, personIDs ...string) ([]Obligation, error)
	// Recompute returns the run over everybody, begun if there is none.
	Recompute(ctx context.Context, year int, asOf Date, digest string) (*Recompute, error)
	SaveRecompute(ctx context.Context, r *Recompute) error
}

// Recompute is a run over everybody's obligations of a year.
type Recompute struct {
	Year       int
	AsOf       Date
	Digest     string // of the governing versions
	Cursor     string // the last person done, "" at the start
	People     int
	FinishedAt *time.Time
}

// Reports reads for screens. Scope is applied in the same statement; who is
// outside is NotFound "hours.person_unknown".
type Reports interface {
	Overview(ctx context.Context, s domain.Scope, f PeopleFilter, today Date) (*Overview, error)
	People(ctx context.Context, s domain.Scope, f PeopleFilter, today Date, p domain.Paging) (domain.Page[PersonRow], error)
	CountPeople(ctx context.Context, s domain.Scope, f PeopleFilter, today Date) (int, error)
	// EachPerson feeds every row of the filter, in the filter's order, for exports.
	EachPerson(ctx context.Context, s domain.Scope, f PeopleFilter, today Date, each func(PersonRow) error) error
	// PersonInScope returns who a person is; "" as actor of the scope means the person itself.
	PersonInScope(ctx context.Context, s domain.Scope, personID string) (*PersonHead, error)
	// EventInScope returns an entry with the person; NotFound "hours.event_unknown".
	EventInScope(ctx context.Context, s domain.Scope, id string) (*Event, *PersonHead, error)
	// ReversalOf returns the entry that takes id back, or nil.
	ReversalOf(ctx context.Context, id string) (*Event, error)
	// LessonEvidence and AttemptEvidence read what an entry stands on, as it is
	// now; NotFound "hours.completion_unknown", "hours.attempt_not_passed" when it is gone.
	LessonEvidence(ctx context.Context, completionID string) (*LessonEvidence, error)
	AttemptEvidence(ctx context.Context, attemptID string) (*AttemptEvidence, error)
	Names(ctx context.Context, personIDs []string) (map[string]string, error)
	// UnitName is for headings; "" has none. NotFound "hours.unit_unknown".
	UnitName(ctx context.Context, id string) (string, error)
}

// PolicyStore keeps policies and their versions.
type PolicyStore interface {
	// Policies returns all policies with all versions, by name.
	Policies(ctx context.Context) ([]Policy, error)
	// PolicyForUpdate locks; NotFound "hours.policy_unknown".
	PolicyForUpdate(ctx context.Context, id string) (*Policy, error)
	InsertPolicy(ctx context.Context, p *Policy) error
	SavePolicy(ctx context.Context, p *Policy) error
	InsertVersion(ctx context.Context, v *Version) error
	SaveVersion(ctx context.Context, v *Version) error
}

// ExportStore keeps background reports.
type ExportStore interface {
	InsertExport(ctx context.Context, e *Export) error
	// Export returns one export of its maker; NotFound "hours.export_unknown".
	// An empty maker reads any.
	Export(ctx context.Context, makerID, id string) (*Export, error)
	ExportForUpdate(ctx context.Context, id string) (*Export, error)
	SaveExport(ctx context.Context, e *Export) error
	Exports(ctx context.Context, makerID string, p domain.Paging) (domain.Page[Export], error)
	// ExpiredExports lists ready exports whose time is over; StuckExports open
	// ones untouched since the time.
	ExpiredExports(ctx context.Context, limit int) ([]Export, error)
	StuckExports(ctx context.Context, since time.Time, limit int) ([]string, error)
	HasPermission(ctx context.Context, s domain.Scope) (bool, error)
}

// Anchor is one day's record of the heads that moved.
type Anchor struct {
	On         Date
	At         time.Time
	File       string
	Digest     string
	PrevDigest string
	Moved      int
}

// AnchorFiles keeps anchors outside the database, where whoever can rewrite the
// ledger cannot rewrite them.
type AnchorFiles interface {
	// Write keeps the file for good; writing the same name with other bytes fails.
	Write(ctx context.Context, name string, data []byte) error
	// Each reads all files in the order of their names.
	Each(ctx context.Context, read func(name string, data []byte) error) error
}
