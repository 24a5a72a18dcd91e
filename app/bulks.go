package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// NewBulk is what a bulk change is made of: ids that were ticked, or else
// everybody whom the filter selects.
type NewBulk struct {
	PersonIDs []string
	Filter    *org.PersonFilter
	Fact      org.Fact // a membership may leave Kind empty
	Reason    string
}

// StartBulk begins a bulk change with a check of everybody. Errors: Invalid
// "person.bulk_nobody", "person.bulk_too_many".
func (u *People) StartBulk(ctx context.Context, who Actor, in NewBulk) (*org.Bulk, error) {
	b := &org.Bulk{ID: NewID(), ActorID: who.PersonID, Kind: in.Fact.Kind, Fact: in.Fact, Reason: strings.TrimSpace(in.Reason), State: org.BulkChecking}
	if in.Filter != nil {
		if err := in.Filter.Check(); err != nil {
			return nil, err
		}
		ids, err := u.Store.PersonIDs(ctx, who.Scope(org.PermPeopleManage), *in.Filter, org.MaxBulk+1)
		if err != nil {
			return nil, err
		}
		b.PersonIDs = ids
	}
	for _, raw := range in.PersonIDs {
		id, err := ParseID(raw, "person.unknown")
		if err != nil {
			return nil, err
		}
		b.PersonIDs = append(b.PersonIDs, id)
	}
	slices.Sort(b.PersonIDs)
	b.PersonIDs = slices.Compact(b.PersonIDs)
	switch n := len(b.PersonIDs); {
	case n == 0:
		return nil, domain.E(domain.Invalid, "person.bulk_nobody")
	case n > org.MaxBulk:
		return nil, domain.E(domain.Invalid, "person.bulk_too_many", "max", org.MaxBulk)
	}
	err := u.Store.InRosterTx(ctx, func(ctx context.Context, tx org.RosterStore) error {
		if err := tx.InsertBulk(ctx, b); err != nil {
			return err
		}
		return tx.Enqueue(ctx, job.RunBulk{BulkID: b.ID})
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Bulk reads a bulk change of the actor's. NotFound "person.bulk_unknown".
func (u *People) Bulk(ctx context.Context, who Actor, id string) (*org.Bulk, error) {
	id, err := ParseID(id, "person.bulk_unknown")
	if err != nil {
		return nil, err
	}
	return u.Store.Bulk(ctx, who.PersonID, id)
}

// ApplyBulk does a bulk change that was checked. Errors: NotFound
// "person.bulk_unknown", Conflict "person.bulk_not_checked".
func (u *People) ApplyBulk(ctx context.Context, who Actor, id string) (*org.Bulk, error) {
	b, err := u.Bulk(ctx, who, id)
	if err != nil {
		return nil, err
	}
	err = u.Store.InRosterTx(ctx, func(ctx context.Context, tx org.RosterStore) error {
		if b, err = tx.BulkForUpdate(ctx, b.ID); err != nil {
			return err
		}
		if b == nil || b.State != org.BulkChecked {
			return domain.E(domain.Conflict, "person.bulk_not_checked")
		}
		b.State, b.Position, b.Accepted, b.Refused = org.BulkRunning, 0, 0, nil
		if err := tx.SaveBulk(ctx, b); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.RunBulk{BulkID: b.ID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.bulk_change", "bulk", b.ID, "people", len(b.PersonIDs), "kind", string(b.Kind), "value", b.Fact.Value,
			"from", b.Fact.From, "reason", b.Reason))
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// bulkStep is how many people one transaction of a bulk change takes.
const bulkStep = 20

// RunBulk does org:run_bulk: it goes on where the last run stopped.
func (u *People) RunBulk(ctx context.Context, j job.RunBulk) error {
	for {
		more := false
		err := u.Store.InRosterTx(ctx, func(ctx context.Context, tx org.RosterStore) error {
			b, err := tx.BulkForUpdate(ctx, j.BulkID)
			if err != nil || b == nil || b.State != org.BulkChecking && b.State != org.BulkRunning {
				return err
			}
			more = true
			return u.stepBulk(ctx, tx, b)
		})
		if err != nil || !more {
			return err
		}
	}
}

func (u *People) stepBulk(ctx context.Context, tx org.RosterStore, b *org.Bulk) error {
	who := Actor{PersonID: b.ActorID}
	for ; b.Position < len(b.PersonIDs) && b.Position%bulkStep != bulkStep-1; b.Position++ {
		if err := u.bulkOne(ctx, tx, who, b, b.PersonIDs[b.Position]); err != nil {
			return err
		}
	}
	if b.Position < len(b.PersonIDs) { // the last of the step
		if err := u.bulkOne(ctx, tx, who, b, b.PersonIDs[b.Position]); err != nil {
			return err
		}
		b.Position++
	}
	if b.Position >= len(b.PersonIDs) {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		b.FinishedAt = &now
		b.State = map[string]string{org.BulkChecking: org.BulkChecked, org.BulkRunning: org.BulkDone}[b.State]
	}
	return tx.SaveBulk(ctx, b)
}

// bulkOne checks or changes one person in a savepoint of its own.
func (u *People) bulkOne(ctx context.Context, tx org.RosterStore, who Actor, b *org.Bulk, id string) error {
	f := b.Fact
	f.Kind = b.Kind
	deed := FactDeed{PersonID: id, Verb: org.VerbAdd, Fact: f, Reason: b.Reason, bulkID: &b.ID}
	err := tx.InTx(ctx, func(ctx context.Context, tx org.PersonStore) error {
		c, err := u.changeFacts(ctx, tx, who, deed, false)
		if err == nil && c != nil && b.State == org.BulkChecking {
			return errPreview
		}
		return err
	})
	switch {
	case err == nil, errors.Is(err, errPreview):
		b.Accepted++
		return nil
	case domain.CodeOf(err) == domain.Internal:
		return err
	}
	if len(b.Refused) >= org.MaxRefused {
		return nil
	}
	e, _ := errors.AsType[*domain.Error](err)
	r := org.Refusal{PersonID: id, Reason: e.Reason, Params: e.Params}
	if e.Reason != "person.unknown" { // else he is none of the actor's business
		p, err := tx.PersonForUpdate(ctx, who.Scope(org.PermPeopleManage), id)
		if err != nil {
			return err
		}
		r.Number, r.Name = p.Number, p.Name
	}
	b.Refused = append(b.Refused, r)
	return nil
}

// SweepBulks takes up bulk changes whose job was lost.
func (u *People) SweepBulks(ctx context.Context) error {
	ids, err := u.Store.StuckBulks(ctx, 20)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, u.RunBulk(ctx, job.RunBulk{BulkID: id}))
	}
	return errors.Join(errs...)
}

// Views lists the filters that the actor saved and those that others share.
func (u *People) Views(ctx context.Context, who Actor) ([]org.PeopleView, error) {
	return u.Store.Views(ctx, who.PersonID)
}

// SaveView keeps a filter under a name. Errors: Invalid "person.view_name",
// Conflict "person.view_name_taken", "person.view_too_many".
func (u *People) SaveView(ctx context.Context, who Actor, name string, shared bool, filter map[string]string) (*org.PeopleView, error) {
	v := &org.PeopleView{ID: NewID(), OwnerID: who.PersonID, Name: strings.TrimSpace(name), Shared: shared, Filter: filter}
	if n := utf8.RuneCountInString(v.Name); n < 1 || n > 40 {
		return nil, domain.E(domain.Invalid, "person.view_name").At("body.name", "person.view_name")
	}
	return v, u.Store.InsertView(ctx, v)
}

// DeleteView forgets a filter of the actor's. NotFound "person.view_unknown".
func (u *People) DeleteView(ctx context.Context, who Actor, id string) error {
	id, err := ParseID(id, "person.view_unknown")
	if err != nil {
		return err
	}
	return u.Store.DeleteView(ctx, who.PersonID, id)
}
