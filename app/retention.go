package app

import (
	"context"
	"errors"
	"time"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/privacy"
)

// Retention keeps personal data no longer than its term.
type Retention struct {
	Store   privacy.RetentionStore
	Objects interface {
		RemovePrefix(ctx context.Context, prefix string) error
	}
}

const (
	retentionBatch  = 1000             // rows in one transaction
	retentionPhotos = 100              // photos in one round
	retentionStuck  = 10 * time.Minute // after which a run is taken up again
)

// TermInForce is a rule with the term that holds.
type TermInForce struct {
	privacy.Rule
	InForce int
	Set     *privacy.Term // nil: what is usual
}

// Terms returns every rule with the term in force.
func (u *Retention) Terms(ctx context.Context) ([]TermInForce, error) {
	set, err := u.Store.Terms(ctx)
	if err != nil {
		return nil, err
	}
	var out []TermInForce
	for _, r := range privacy.Rules() {
		t := TermInForce{Rule: r, InForce: r.Days}
		for i := range set {
			// A term from before the bounds were drawn closer holds within them.
			if set[i].Rule == r.Key {
				t.Set, t.InForce = &set[i], min(max(set[i].Days, r.Min), r.Max)
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// SetTerm sets how long data of a rule is kept. Errors: those of privacy.Term.Check.
func (u *Retention) SetTerm(ctx context.Context, who Actor, rule string, days int, reason string) error {
	t := &privacy.Term{Rule: rule, Days: days, Reason: reason, ChangedBy: who.PersonID}
	if err := t.Check(); err != nil {
		return err
	}
	return u.Store.InRetentionTx(ctx, func(ctx context.Context, tx privacy.RetentionStore) error {
		if err := tx.SaveTerm(ctx, t); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("privacy.set_term", "retention_rule", rule, "days", days, "reason", t.Reason))
	})
}

// Runs returns what was taken away of late.
func (u *Retention) Runs(ctx context.Context) ([]privacy.Run, error) { return u.Store.Runs(ctx, 100) }

// Sweep begins the runs of the day, and takes up those that were left.
func (u *Retention) Sweep(ctx context.Context) error {
	terms, err := u.Terms(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range terms {
		if t.Fixed() {
			continue
		}
		errs = append(errs, u.Store.InRetentionTx(ctx, func(ctx context.Context, tx privacy.RetentionStore) error {
			day, err := tx.Today(ctx)
			if err != nil {
				return err
			}
			begun, err := tx.BeginRun(ctx, t.Key, t.InForce, retentionStuck)
			if err != nil || !begun {
				return err
			}
			return tx.Enqueue(ctx, job.ApplyRetention{Rule: t.Key, Day: day})
		}))
	}
	return errors.Join(errs...)
}

// Apply does privacy:apply_retention, a bounded number of rows in each
// transaction. Twice and at once take turns at the row of the run.
func (u *Retention) Apply(ctx context.Context, j job.ApplyRetention) error {
	if _, err := privacy.RuleOf(j.Rule); err != nil {
		return err
	}
	for {
		more, err := u.step(ctx, j)
		if err != nil || !more {
			return err
		}
	}
}

// step takes one batch away and reports whether there may be more.
func (u *Retention) step(ctx context.Context, j job.ApplyRetention) (more bool, err error) {
	err = u.Store.InRetentionTx(ctx, func(ctx context.Context, tx privacy.RetentionStore) error {
		r, err := tx.RunForUpdate(ctx, j.Rule, j.Day)
		if domain.CodeOf(err) == domain.NotFound || err == nil && r.FinishedAt != nil {
			return nil
		}
		if err != nil {
			return err
		}
		removed := 0
		if j.Rule == privacy.RulePhotos {
			removed, more, err = u.photos(ctx, tx, r.Days)
		} else {
			removed, err = tx.RemoveDue(ctx, j.Rule, r.Days, retentionBatch)
			more = removed == retentionBatch
		}
		if err != nil {
			return err
		}
		if r.Removed += removed; more {
			return tx.SaveRun(ctx, r)
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		r.FinishedAt = &now
		if err := tx.SaveRun(ctx, r); err != nil {
			return err
		}
		if r.Removed == 0 {
			return nil
		}
		return tx.Audit(ctx, System().Did("privacy.retention", "retention_rule", j.Rule, "day", j.Day, "days", r.Days, "removed", r.Removed))
	})
	return more, err
}

// photos takes the files away first: a file that nothing names would never go.
func (u *Retention) photos(ctx context.Context, tx privacy.RetentionStore, days int) (removed int, more bool, err error) {
	due, err := tx.DuePhotos(ctx, days, retentionPhotos)
	if err != nil {
		return 0, false, err
	}
	for _, p := range due {
		if err := u.Objects.RemovePrefix(ctx, p.Key); err != nil {
			return removed, false, err
		}
		dropped, err := tx.DropPhoto(ctx, p)
		if err != nil {
			return removed, false, err
		}
		if dropped {
			removed++
		}
	}
	return removed, len(due) == retentionPhotos, nil
}
