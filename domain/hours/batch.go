package hours

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// BatchState is where a batch of offline hours stands.
type BatchState string

// The states of a batch (hours-rules.md 3.8: filed by the unit, decided by
// another person of the organisation department).
const (
	BatchDraft     BatchState = "draft"     // being written by the filer
	BatchFiled     BatchState = "filed"     // waits for the decision
	BatchApproved  BatchState = "approved"  // its hours are in the ledger
	BatchRejected  BatchState = "rejected"  // given back with a reason; may be changed and filed again
	BatchWithdrawn BatchState = "withdrawn" // taken back by the filer
	BatchReversed  BatchState = "reversed"  // its hours were taken out again
)

// BatchStates are all of them, in the order of a batch's life.
var BatchStates = []BatchState{BatchDraft, BatchFiled, BatchApproved, BatchRejected, BatchWithdrawn, BatchReversed}

// batchMoves is the one table of what may follow what.
var batchMoves = map[BatchState][]BatchState{
	BatchDraft:    {BatchFiled, BatchWithdrawn},
	BatchFiled:    {BatchApproved, BatchRejected, BatchWithdrawn},
	BatchRejected: {BatchFiled, BatchWithdrawn},
	BatchApproved: {BatchReversed},
}

// Bounds of a batch.
const (
	MaxBatchPeople = 500
	MaxBatchFile   = 20 << 20
	BatchDayCenti  = 800 // 学时 of offline training that a day can hold (3.8)
	maxBatchDays   = 366
	maxBatchCenti  = 200_00 // of one person
)

// EvidenceBatch is a batch of offline hours: its document, roster and file.
const EvidenceBatch = "batch"

// BatchContent is what the filer writes.
type BatchContent struct {
	Title      string // what was attended
	DocumentNo string // number of the notice it rests on
	DocumentOn Date
	Organiser  string
	Source     Source
	StartsOn   Date
	EndsOn     Date
	Required   bool
	Note       string
}

// BatchPerson is one line of the roster.
type BatchPerson struct {
	PersonID    string
	Name        string
	Number      string
	UnitName    string
	AmountCenti int
	EventID     string // the credit, once approved
}

// BatchFile is the scan of the notice, the roster or the certificates.
type BatchFile struct {
	Key    string
	Name   string
	Type   string // by its first bytes
	Size   int64
	Digest string // hex SHA-256
}

// Batch is hours of an offline training, filed for many people on a document.
type Batch struct {
	ID string
	BatchContent
	State         BatchState
	People        []BatchPerson // by number; empty in lists
	PersonCount   int
	TotalCenti    int
	File          *BatchFile
	FiledBy       string
	FiledByName   string
	CreatedAt     time.Time
	FiledAt       *time.Time
	DecidedBy     string
	DecidedByName string
	DecidedAt     *time.Time
	Reason        string // of rejecting, withdrawing or reversing
	EndedBy       string // who withdrew or reversed it
	EndedByName   string
	EndedAt       *time.Time
	Version       int
}

// Can reports whether the batch may go to a state.
func (b *Batch) Can(to BatchState) bool { return slices.Contains(batchMoves[b.State], to) }

func (b *Batch) move(to BatchState) error {
	if !b.Can(to) {
		return domain.E(domain.Conflict, "hours.batch_state", "state", string(b.State))
	}
	b.State, b.Version = to, b.Version+1
	return nil
}

// Change writes new content and people; only the filer may, and only before it
// is filed or after it was given back. Errors: hours.batch_not_yours,
// hours.batch_state, hours.batch_changed, hours.batch_not_valid with a field
// error per fault.
func (b *Batch) Change(by string, version int, c BatchContent, people []BatchPerson, today Date) error {
	if err := b.mine(by, version); err != nil {
		return err
	}
	if b.State != BatchDraft && b.State != BatchRejected {
		return domain.E(domain.Conflict, "hours.batch_state", "state", string(b.State))
	}
	if err := checkBatch(&c, people, today); err != nil {
		return err
	}
	b.BatchContent, b.People, b.Version = c, people, b.Version+1
	return nil
}

func (b *Batch) mine(by string, version int) error {
	if b.FiledBy != by {
		return domain.E(domain.Forbidden, "hours.batch_not_yours")
	}
	return b.expect(version)
}

func (b *Batch) expect(version int) error {
	if b.Version != version {
		return domain.E(domain.Conflict, "hours.batch_changed", "version", b.Version)
	}
	return nil
}

// Submit files the batch. Error: hours.batch_no_file and those of Change.
func (b *Batch) Submit(by string, version int, today Date, now time.Time) error {
	if err := b.mine(by, version); err != nil {
		return err
	}
	if err := checkBatch(&b.BatchContent, b.People, today); err != nil {
		return err
	}
	if b.File == nil {
		return domain.E(domain.Conflict, "hours.batch_no_file")
	}
	if err := b.move(BatchFiled); err != nil {
		return err
	}
	b.FiledAt, b.DecidedBy, b.DecidedAt, b.Reason = &now, "", nil, ""
	return nil
}

// Decide approves the batch, or rejects it for a reason. Two people: who filed
// it does not decide, nor who would earn by it. Errors: hours.batch_two_persons,
// hours.batch_own, hours.reason_required, hours.batch_state, hours.batch_changed.
func (b *Batch) Decide(by string, version int, approve bool, reason string, now time.Time) error {
	if err := b.expect(version); err != nil {
		return err
	}
	if b.FiledBy == by {
		return domain.E(domain.Forbidden, "hours.batch_two_persons")
	}
	if slices.ContainsFunc(b.People, func(p BatchPerson) bool { return p.PersonID == by }) {
		return domain.E(domain.Forbidden, "hours.batch_own")
	}
	to := BatchApproved
	if !approve {
		to = BatchRejected
		if err := b.because(reason); err != nil {
			return err
		}
	}
	if err := b.move(to); err != nil {
		return err
	}
	b.DecidedBy, b.DecidedAt = by, &now
	return nil
}

// Withdraw takes the batch back before it is decided.
func (b *Batch) Withdraw(by string, version int, reason string, now time.Time) error {
	if err := b.mine(by, version); err != nil {
		return err
	}
	return b.end(by, BatchWithdrawn, reason, now)
}

// Reverse takes its hours out again. Who would lose or keep hours by it does
// not decide.
func (b *Batch) Reverse(by string, version int, reason string, now time.Time) error {
	if err := b.expect(version); err != nil {
		return err
	}
	if slices.ContainsFunc(b.People, func(p BatchPerson) bool { return p.PersonID == by }) {
		return domain.E(domain.Forbidden, "hours.batch_own")
	}
	return b.end(by, BatchReversed, reason, now)
}

func (b *Batch) end(by string, to BatchState, reason string, now time.Time) error {
	if err := b.because(reason); err != nil {
		return err
	}
	if err := b.move(to); err != nil {
		return err
	}
	b.EndedBy, b.EndedAt = by, &now
	return nil
}

func (b *Batch) because(reason string) error {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > 500 {
		return domain.E(domain.Invalid, "hours.reason_required").At("body.reason", "hours.reason_required")
	}
	b.Reason = reason
	return nil
}

// Digest is of the facts that the credits of an approved batch stand on.
func (b *Batch) Digest() string {
	people := map[string]int{}
	for _, p := range b.People {
		people[p.PersonID] = p.AmountCenti
	}
	return DigestOf(map[string]any{
		"title": b.Title, "document_no": b.DocumentNo, "document_on": b.DocumentOn.String(), "organiser": b.Organiser, "source": string(b.Source),
		"starts_on": b.StartsOn.String(), "ends_on": b.EndsOn.String(), "required": b.Required, "people": people,
		"file": b.File.Digest, "filed_by": b.FiledBy, "decided_by": b.DecidedBy,
	})
}

// Entries are what an approved batch writes in the ledger.
func (b *Batch) Entries() []Entry {
	digest := b.Digest()
	out := make([]Entry, len(b.People))
	for i, p := range b.People {
		out[i] = Entry{
			PersonID: p.PersonID, Source: b.Source, Title: b.Title, AmountCenti: p.AmountCenti, Required: b.Required, OccurredOn: b.EndsOn,
			Document: b.DocumentNo + " · " + b.Organiser, Batch: &Evidence{Kind: EvidenceBatch, ID: b.ID, Digest: digest},
		}
	}
	return out
}

// Attach puts the file in place of the one before, while the batch can change.
func (b *Batch) Attach(by string, f BatchFile) error {
	if b.FiledBy != by {
		return domain.E(domain.Forbidden, "hours.batch_not_yours")
	}
	if b.State != BatchDraft && b.State != BatchRejected {
		return domain.E(domain.Conflict, "hours.batch_state", "state", string(b.State))
	}
	b.File, b.Version = &f, b.Version+1
	return nil
}
