package question

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// Filter selects questions; zero fields do not limit.
type Filter struct {
	BankID  string
	Kind    Kind
	Tag     string
	Query   string // words in the stem, all of them
	Retired bool   // show retired ones too
}

// Tag is a label and the number of active questions that bear it.
type Tag struct {
	Name      string
	Questions int
}

// Store keeps banks and questions. Errors: NotFound "question.bank_not_found",
// "question.not_found"; Conflict "question.bank_name_taken",
// "question.changed_meanwhile".
type Store interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx Store) error) error

	InsertBank(ctx context.Context, b *Bank) error
	SaveBank(ctx context.Context, b *Bank) error
	Bank(ctx context.Context, id string) (*Bank, error)
	Banks(ctx context.Context, query string, p domain.Paging) (domain.Page[Bank], error)
	Tags(ctx context.Context, bankID string) ([]Tag, error)

	// InsertQuestion keeps the question and its content as version 1.
	InsertQuestion(ctx context.Context, q *Question) error
	// SaveVersion keeps q's content as version q.Version, which must be one more
	// than the newest: Conflict "question.changed_meanwhile" if it is not.
	SaveVersion(ctx context.Context, q *Question, by string) error
	// Retire makes an active question retired; a retired one stays so.
	Retire(ctx context.Context, id string) error
	Question(ctx context.Context, id string) (*Question, error)
	Questions(ctx context.Context, f Filter, p domain.Paging) (domain.Page[Question], error)
	// Versions gives the history, newest first, at most domain.MaxLimit.
	Versions(ctx context.Context, id string) ([]Version, error)
}
