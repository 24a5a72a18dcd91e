package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/question"
)

// Questions is keeping banks and the versions of their questions.
type Questions struct{ Store question.Store }

// CreateBank makes a bank: Conflict "question.bank_name_taken".
func (u *Questions) CreateBank(ctx context.Context, who Actor, b question.Bank) (*question.Bank, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	b.ID, b.CreatedBy = NewID(), who.PersonID
	err := u.Store.InTx(ctx, func(ctx context.Context, tx question.Store) error {
		if err := tx.InsertBank(ctx, &b); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("question.create_bank", "bank", b.ID, "name", b.Name))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Bank(ctx, b.ID)
}

// UpdateBank renames or describes a bank.
func (u *Questions) UpdateBank(ctx context.Context, who Actor, bankID string, b question.Bank) (*question.Bank, error) {
	id, err := ParseID(bankID, "question.bank_not_found")
	if err != nil {
		return nil, err
	}
	if err := b.Validate(); err != nil {
		return nil, err
	}
	b.ID = id
	err = u.Store.InTx(ctx, func(ctx context.Context, tx question.Store) error {
		if err := tx.SaveBank(ctx, &b); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("question.update_bank", "bank", id, "name", b.Name))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Bank(ctx, id)
}

// Bank reads one bank and its tags.
func (u *Questions) Bank(ctx context.Context, _ Actor, bankID string) (*question.Bank, []question.Tag, error) {
	id, err := ParseID(bankID, "question.bank_not_found")
	if err != nil {
		return nil, nil, err
	}
	b, err := u.Store.Bank(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	tags, err := u.Store.Tags(ctx, id)
	return b, tags, err
}

// Banks lists banks by name.
func (u *Questions) Banks(ctx context.Context, _ Actor, query string, p domain.Paging) (domain.Page[question.Bank], error) {
	return u.Store.Banks(ctx, query, p)
}

// Create puts a question into a bank as its version 1: Invalid
// "question.not_valid" with every wrong field.
func (u *Questions) Create(ctx context.Context, who Actor, bankID string, c question.Content) (*question.Question, error) {
	id, err := ParseID(bankID, "question.bank_not_found")
	if err != nil {
		return nil, err
	}
	c = c.Normalise()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	q := &question.Question{ID: NewID(), BankID: id, Content: c, CreatedBy: who.PersonID}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx question.Store) error {
		if _, err := tx.Bank(ctx, id); err != nil {
			return err
		}
		if err := tx.InsertQuestion(ctx, q); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("question.create", "question", q.ID, "bank_id", id, "kind", q.Kind))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Question(ctx, q.ID)
}

// Revise keeps a new version of a question. version is the one that was edited:
// Conflict "question.changed_meanwhile" if it is no longer the newest,
// "question.retired"; Invalid "question.kind_fixed".
func (u *Questions) Revise(ctx context.Context, who Actor, questionID string, version int, c question.Content) (*question.Question, error) {
	id, err := ParseID(questionID, "question.not_found")
	if err != nil {
		return nil, err
	}
	c = c.Normalise()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx question.Store) error {
		q, err := tx.Question(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case q.State == question.Retired:
			return domain.E(domain.Conflict, "question.retired")
		case q.Kind != c.Kind:
			return domain.E(domain.Invalid, "question.kind_fixed").At("body.kind", "question.kind_fixed")
		case version != 0 && version != q.Version:
			return domain.E(domain.Conflict, "question.changed_meanwhile")
		}
		q.Content, q.Version = c, q.Version+1
		if err := tx.SaveVersion(ctx, q, who.PersonID); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("question.revise", "question", id, "version", q.Version))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Question(ctx, id)
}

// Retire takes a question out of every later draw. Papers that were frozen with
// it keep it.
func (u *Questions) Retire(ctx context.Context, who Actor, questionID, reason string) (*question.Question, error) {
	id, err := ParseID(questionID, "question.not_found")
	if err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx question.Store) error {
		if err := tx.Retire(ctx, id); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("question.retire", "question", id, "reason", reason))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Question(ctx, id)
}

// Question reads a question in its newest version, with its history.
func (u *Questions) Question(ctx context.Context, _ Actor, questionID string) (*question.Question, []question.Version, error) {
	id, err := ParseID(questionID, "question.not_found")
	if err != nil {
		return nil, nil, err
	}
	q, err := u.Store.Question(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	versions, err := u.Store.Versions(ctx, id)
	return q, versions, err
}

// List lists questions of a bank, newest first.
func (u *Questions) List(ctx context.Context, _ Actor, f question.Filter, p domain.Paging) (domain.Page[question.Question], error) {
	id, err := ParseID(f.BankID, "question.bank_not_found")
	if err != nil {
		return domain.Page[question.Question]{}, err
	}
	f.BankID = id
	return u.Store.Questions(ctx, f, p)
}
