package org

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// Kinds of what a program outside pushes.
const (
	PushPeople = "people"
	PushUnits  = "units"
	PushFacts  = "facts"
)

// MaxPush bounds the items of one request.
const MaxPush = 500

// PushOutcome is what came of one item, in the order of the request. Outcome is
// new, changed, same, refused or, of people alone, stale.
type PushOutcome struct {
	Key      string        `json:"key"` // as the other system knows it
	Outcome  string        `json:"outcome"`
	ID       string        `json:"id,omitempty"` // of the person or unit, where there is one
	Changed  []string      `json:"changed,omitempty"`
	Refusals []PushRefusal `json:"refusals,omitempty"`
}

// PushRefusal is one reason why an item was not taken.
type PushRefusal struct {
	Field  string         `json:"field,omitempty"`
	Reason string         `json:"reason"`
	Params map[string]any `json:"params,omitempty"`
}

// Refuse turns an error that a rule made into an outcome; any other is returned.
func (o *PushOutcome) Refuse(field string, err error) error {
	e, ok := domain.AsError(err)
	if !ok || e.Code == domain.Internal {
		return err
	}
	o.Outcome = OutcomeRefused
	o.Refusals = append(o.Refusals, PushRefusal{Field: field, Reason: e.Reason, Params: e.Params})
	return nil
}

// Push is one request of a program outside, kept with what came of it.
type Push struct {
	ID         string
	Kind       string
	Running    bool
	TokenID    string // "" when a person pushed by himself
	TokenName  string // read only
	CreatedBy  string
	ImportID   string // of people: the import by which it can be undone
	Items      []PushOutcome
	Counts     ImportCounts
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// Done ends a push with what came of its items.
func (p *Push) Done(items []PushOutcome, importID string, now time.Time) {
	p.Running, p.Items, p.ImportID, p.FinishedAt, p.Counts = false, items, importID, &now, ImportCounts{Total: len(items)}
	for i := range items {
		p.Counts.Add(items[i].Outcome, 1)
	}
	p.Counts.Applied = p.Counts.New + p.Counts.Changed
}

// PushedPerson is one person as another system knows him. Number is the key. ""
// says nothing: what is recorded stays.
type PushedPerson map[string]string // by field of ImportFields

// PushedUnit is one unit as another system knows it.
type PushedUnit struct {
	Key, Tree, ParentKey, Name, Kind, OpenedOn string
}

// PushedFact is one dated fact about somebody. Unit is a key or an id, of a
// membership and a post.
type PushedFact struct {
	Number, Kind, Value, Unit, From, Document, Move, Note, Reason string
}

// PushStore keeps pushes. A push is seen by who made it, or by the token that
// did; to all others it is NotFound "push.unknown".
type PushStore interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx PushStore) error) error
	Now(ctx context.Context) (time.Time, error)
	InsertPush(ctx context.Context, p *Push) error
	SavePush(ctx context.Context, p *Push) error
	Push(ctx context.Context, personID, tokenID, id string) (*Push, error)
	// Pushes lists newest first, without items.
	Pushes(ctx context.Context, personID, tokenID string, p domain.Paging) (domain.Page[Push], error)
}
