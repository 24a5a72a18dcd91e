package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
	"zhixing/domain/privacy"
)

// Erasures takes out of the system what is held of a person, but for what the law
// and the ledger need. One asks, another decides, a job does it, for ever.
type Erasures struct {
	Store   privacy.ErasureStore
	Objects interface {
		RemovePrefix(ctx context.Context, prefix string) error
	}
}

// Preview is what an erasure would do, and what stands in its way.
type Preview struct {
	Subject  *privacy.Subject
	Blockers []string
	Amounts  map[string]int   // item -> rows
	Latest   *privacy.Erasure // the last request; nil when there never was one
}

// reach is what the actor's request may be about: himself, or whose data he keeps.
func reach(who Actor, personID string) domain.Scope {
	if personID == who.PersonID {
		return domain.Scope{ActorID: who.PersonID}
	}
	return who.Scope(org.PermPeopleManage)
}

// Preview tells what would be erased of a person and what kept. NotFound
// "person.unknown".
func (u *Erasures) Preview(ctx context.Context, who Actor, personID string) (*Preview, error) {
	id, err := ParseID(personID, "person.unknown")
	if err != nil {
		return nil, err
	}
	var p Preview
	err = u.Store.InErasureTx(ctx, func(ctx context.Context, tx privacy.ErasureStore) error {
		subject, err := tx.SubjectForUpdate(ctx, reach(who, id), id)
		if err != nil {
			return err
		}
		standing, err := tx.Standing(ctx, id)
		if err != nil {
			return err
		}
		p.Subject, p.Blockers = subject, standing.Blockers()
		if p.Amounts, err = tx.Amounts(ctx, id); err != nil {
			return err
		}
		p.Latest, err = tx.LatestErasure(ctx, id)
		return err
	})
	return &p, err
}

// Request asks for an erasure. Errors: NotFound "person.unknown", Conflict
// "person.is_erased", "privacy.erasure_open", those of privacy.NewErasure.
func (u *Erasures) Request(ctx context.Context, who Actor, personID, reason string) (*privacy.Erasure, error) {
	id, err := ParseID(personID, "person.unknown")
	if err != nil {
		return nil, err
	}
	var e *privacy.Erasure
	err = u.Store.InErasureTx(ctx, func(ctx context.Context, tx privacy.ErasureStore) error {
		subject, err := tx.SubjectForUpdate(ctx, reach(who, id), id)
		if err != nil {
			return err
		}
		if subject.ErasedAt != nil {
			return domain.E(domain.Conflict, "person.is_erased")
		}
		standing, err := tx.Standing(ctx, id)
		if err != nil {
			return err
		}
		if e, err = privacy.NewErasure(NewID(), id, who.PersonID, reason, standing); err != nil {
			return err
		}
		if err := tx.InsertErasure(ctx, e); err != nil {
			return err
		}
		if err := tx.Audit(ctx, who.Did("privacy.ask_erasure", "person", id, "erasure_id", e.ID, "reason", e.Reason)); err != nil {
			return err
		}
		e, err = tx.LatestErasure(ctx, id)
		return err
	})
	return e, err
}

// List returns requests about people within the actor's scope, newest first.
func (u *Erasures) List(ctx context.Context, who Actor, open bool, p domain.Paging) (domain.Page[privacy.Erasure], error) {
	return u.Store.Erasures(ctx, who.Scope(org.PermPeopleManage), open, p)
}

// Decide is the second person's word; typed is the number of the person, by which
// he shows that he knows whom. Errors: NotFound "privacy.erasure_unknown", those of
// privacy.Erasure.Decide.
func (u *Erasures) Decide(ctx context.Context, who Actor, id string, approve bool, reason, typed string) error {
	id, err := ParseID(id, "privacy.erasure_unknown")
	if err != nil {
		return err
	}
	return u.Store.InErasureTx(ctx, func(ctx context.Context, tx privacy.ErasureStore) error {
		e, err := tx.ErasureForUpdate(ctx, who.Scope(org.PermPeopleManage), id)
		if err != nil {
			return err
		}
		standing, now, err := u.now(ctx, tx, e.PersonID)
		if err != nil {
			return err
		}
		if err := e.Decide(who.PersonID, approve, reason, typed, standing, now); err != nil {
			return err
		}
		if err := tx.SaveErasure(ctx, e); err != nil {
			return err
		}
		action := "privacy.refuse_erasure"
		if approve {
			action = "privacy.approve_erasure"
			if err := tx.Enqueue(ctx, job.ErasePerson{ErasureID: id}); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, who.Did(action, "person", e.PersonID, "erasure_id", id, "requested_by", e.RequestedBy, "reason", e.DecideReason))
	})
}

func (u *Erasures) now(ctx context.Context, tx privacy.ErasureStore, personID string) (privacy.Standing, time.Time, error) {
	if _, err := tx.SubjectForUpdate(ctx, domain.Scope{}, personID); err != nil {
		return privacy.Standing{}, time.Time{}, err
	}
	standing, err := tx.Standing(ctx, personID)
	if err != nil {
		return standing, time.Time{}, err
	}
	now, err := tx.Now(ctx)
	return standing, now, err
}

// Withdraw takes back what the actor asked for. Errors: NotFound
// "privacy.erasure_unknown", those of privacy.Erasure.Withdraw.
func (u *Erasures) Withdraw(ctx context.Context, who Actor, id string) error {
	id, err := ParseID(id, "privacy.erasure_unknown")
	if err != nil {
		return err
	}
	return u.Store.InErasureTx(ctx, func(ctx context.Context, tx privacy.ErasureStore) error {
		e, err := tx.ErasureForUpdate(ctx, domain.Scope{}, id)
		if err != nil {
			return err
		}
		if e.RequestedBy != who.PersonID { // another's is not found
			return domain.E(domain.NotFound, "privacy.erasure_unknown")
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := e.Withdraw(who.PersonID, now); err != nil {
			return err
		}
		if err := tx.SaveErasure(ctx, e); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("privacy.withdraw_erasure", "person", e.PersonID, "erasure_id", id))
	})
}

// Erase does privacy:erase_person: all rows in one transaction, then the files. What
// stands in the way by now stops it. Twice does the files again and nothing else.
func (u *Erasures) Erase(ctx context.Context, j job.ErasePerson) error {
	var personID string
	err := u.Store.InErasureTx(ctx, func(ctx context.Context, tx privacy.ErasureStore) error {
		e, err := tx.ErasureForUpdate(ctx, domain.Scope{}, j.ErasureID)
		if err != nil {
			return err
		}
		if e.State == privacy.ErasureDone {
			personID = e.PersonID
			return nil
		}
		if e.State != privacy.ErasureApproved {
			return nil
		}
		standing, now, err := u.now(ctx, tx, e.PersonID)
		if err != nil {
			return err
		}
		action := "privacy.erase"
		if len(standing.Blockers()) > 0 {
			action, e.State, e.Failure = "privacy.stop_erasure", privacy.ErasureStopped, "privacy.erasure_blocked"
		} else {
			if e.Counts, err = tx.Erase(ctx, e.PersonID); err != nil {
				return err
			}
			e.State, e.DoneAt, personID = privacy.ErasureDone, &now, e.PersonID
		}
		if err := tx.SaveErasure(ctx, e); err != nil {
			return err
		}
		return tx.Audit(ctx, System().Did(action, "person", e.PersonID, "erasure_id", e.ID, "requested_by", e.RequestedBy, "approved_by", *e.DecidedBy, "counts", e.Counts))
	})
	if err != nil || personID == "" {
		return err
	}
	return u.files(ctx, personID)
}

func (u *Erasures) files(ctx context.Context, personID string) error {
	exports, err := u.Store.FilesOf(ctx, personID)
	if err != nil {
		return err
	}
	prefixes := []string{"photos/" + personID + "/"}
	for _, id := range exports {
		prefixes = append(prefixes, "exports/"+id+"/")
	}
	var errs []error
	for prefix := range slices.Values(prefixes) {
		errs = append(errs, u.Objects.RemovePrefix(ctx, prefix))
	}
	return errors.Join(errs...)
}

// Sweep takes up decided erasures whose job was lost.
func (u *Erasures) Sweep(ctx context.Context) error {
	now, err := u.Store.Now(ctx)
	if err != nil {
		return err
	}
	left, err := u.Store.LeftErasures(ctx, now.Add(-10*time.Minute), 50)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range left {
		errs = append(errs, u.Erase(ctx, job.ErasePerson{ErasureID: id}))
	}
	return errors.Join(errs...)
}
