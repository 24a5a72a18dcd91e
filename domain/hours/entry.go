package hours

import (
	"slices"
	"strings"
	"unicode/utf8"

	"zhixing/domain"
)

// RuleDecision is the rule of hours that a named person has checked and entered
// on a document, such as the roster of an offline class.
const RuleDecision = "decision/1"

// MaxEntries bounds one request of Enter.
const MaxEntries = 2000

// Entry is a credit that a person enters for another on a document.
type Entry struct {
	PersonID    string
	Source      Source // not one that the system credits by itself
	Title       string // what was attended
	AmountCenti int
	Required    bool
	OccurredOn  Date
	Document    string    // what it rests on: a roster, a certificate, a notice
	Batch       *Evidence // the batch that holds it, nil for a decision of its own
}

// Check refuses an entry that cannot be defended later. Errors: Invalid
// "hours.entry_not_valid" with a field error per fault, Forbidden "hours.enter_self".
func (e *Entry) Check(by string, today Date) error {
	e.Title, e.Document = strings.TrimSpace(e.Title), strings.TrimSpace(e.Document)
	if e.PersonID == by {
		return domain.E(domain.Forbidden, "hours.enter_self")
	}
	err := domain.E(domain.Invalid, "hours.entry_not_valid")
	if !slices.Contains(Sources, e.Source) || e.Source == OnlineVideo || e.Source == ExamPass {
		err = err.At("body.source", "hours.source_unknown", "source", string(e.Source))
	}
	if n := utf8.RuneCountInString(e.Title); n == 0 || n > 200 {
		err = err.At("body.title", "hours.entry_title")
	}
	if n := utf8.RuneCountInString(e.Document); n == 0 || n > 300 {
		err = err.At("body.document", "hours.document_required")
	}
	if e.AmountCenti <= 0 || e.AmountCenti > 100_00 {
		err = err.At("body.amount_centi", "hours.entry_amount", "max", 100)
	}
	if e.OccurredOn > today {
		err = err.At("body.occurred_on", "hours.entry_future")
	}
	if len(err.Fields) > 0 {
		return err
	}
	return nil
}

// Event is the ledger's entry of it. The same entry has the same reference, so
// that entering a roster twice credits once.
func (e *Entry) Event(id, by string) *Event {
	if e.Batch != nil {
		ref := e.Batch.ID + "/" + e.PersonID
		return &Event{
			ID: id, PersonID: e.PersonID, Kind: Credit, Source: e.Source, SourceRef: ref, Subject: ref, Title: e.Title, AmountCenti: e.AmountCenti,
			Required: e.Required, OccurredOn: e.OccurredOn, Rule: RuleDecision, Reason: e.Document, ActorID: by, Evidence: *e.Batch,
		}
	}
	ref := DigestOf(map[string]any{"person_id": e.PersonID, "title": e.Title, "occurred_on": e.OccurredOn.String(), "document": e.Document})
	return &Event{
		ID: id, PersonID: e.PersonID, Kind: Credit, Source: e.Source, SourceRef: ref, Subject: ref, Title: e.Title, AmountCenti: e.AmountCenti,
		Required: e.Required, OccurredOn: e.OccurredOn, Rule: RuleDecision, Reason: e.Document, ActorID: by,
		Evidence: Evidence{Kind: EvidenceDecision, ID: id, Digest: DigestOf(map[string]any{
			"by": by, "document": e.Document, "title": e.Title,
			"amount_centi": e.AmountCenti, "occurred_on": e.OccurredOn.String(),
		})},
	}
}
