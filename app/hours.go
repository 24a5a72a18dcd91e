package app

import (
	"context"
	"errors"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// Hours credits, corrects and recomputes. Whatever it appends and what follows
// from it are one transaction under the lock of the person's chain.
type Hours struct {
	Store hours.Store
	Files hours.AnchorFiles
}

// CreditLesson does hours:credit_lesson: earns a completion's hours, once.
func (h *Hours) CreditLesson(ctx context.Context, j job.CreditLesson) error {
	earned, err := h.Store.LessonEarning(ctx, j.CompletionID)
	if err != nil {
		return err
	}
	return h.credit(ctx, earned)
}

// CreditExam does hours:credit_exam: earns a passed attempt's hours, once. An
// attempt that did not pass earns nothing and takes nothing away.
func (h *Hours) CreditExam(ctx context.Context, j job.CreditExam) error {
	return h.settle(ctx, j.AttemptID)
}

func (h *Hours) credit(ctx context.Context, earned *hours.Earning) error {
	if earned.AmountCenti <= 0 {
		return nil
	}
	err := h.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		heads, err := tx.LockHeads(ctx, earned.PersonID)
		if err != nil {
			return err
		}
		if there, err := tx.Credited(ctx, earned.Source, earned.Ref); err != nil || there {
			return err
		}
		e := &hours.Event{
			ID: NewID(), PersonID: earned.PersonID, Kind: hours.Credit, Source: earned.Source, SourceRef: earned.Ref, Subject: earned.Subject,
			Title: earned.Title, AmountCenti: earned.AmountCenti, Required: earned.Required, OccurredOn: hours.DateOf(earned.At),
			Evidence: earned.Evidence, Rule: earned.Rule,
		}
		return appendEvent(ctx, tx, heads[0], e)
	})
	if errors.Is(err, domain.E(domain.Conflict, "hours.already_credited")) {
		return nil
	}
	return err
}

// appendEvent links e to the locked head, writes it and brings the person's
// obligations of its year up to date.
func appendEvent(ctx context.Context, tx hours.Store, head hours.Head, e *hours.Event) error {
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	e.RecordedAt = now.UTC().Truncate(time.Microsecond)
	if err := tx.Append(ctx, e, head.Append(e)); err != nil {
		return err
	}
	return refresh(ctx, tx, e.OccurredOn.Year(), hours.DateOf(now), e.PersonID)
}

// refresh writes the obligations of people whose heads are locked.
func refresh(ctx context.Context, tx hours.Store, year int, today hours.Date, personIDs ...string) error {
	policies, err := tx.Policies(ctx)
	if err != nil {
		return err
	}
	os, err := assess(ctx, tx, year, today, hours.Governing(policies, year, today), personIDs...)
	if err != nil {
		return err
	}
	return tx.SaveObligations(ctx, year, today, personIDs, os)
}

// assess reads what the obligations of people rest on and computes them.
func assess(ctx context.Context, s hours.Store, year int, asOf hours.Date, versions []hours.Version, personIDs ...string) ([]hours.Obligation, error) {
	facts, err := s.FactsOf(ctx, personIDs...)
	if err != nil {
		return nil, err
	}
	events, err := s.CreditsOfYear(ctx, year, personIDs...)
	if err != nil {
		return nil, err
	}
	var out []hours.Obligation
	for i := range facts {
		out = append(out, hours.Assess(year, asOf, &facts[i], versions, events[facts[i].PersonID])...)
	}
	return out, nil
}

// Reverse appends an entry that takes another back, with the reason, and
// brings the obligations up to date. An entry can be taken back once; taking
// back a reversal restores what it took.
func (h *Hours) Reverse(ctx context.Context, who Actor, eventID, reason string) (*hours.Event, error) {
	id, err := ParseID(eventID, "hours.event_unknown")
	if err != nil {
		return nil, err
	}
	var back hours.Event
	return &back, h.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		e, err := tx.EventForAdjusting(ctx, who.Scope(org.PermHoursAdjust), id)
		if err != nil {
			return err
		}
		if e.PersonID == who.PersonID {
			return domain.E(domain.Forbidden, "hours.own_entry")
		}
		if back, err = e.Reverse(NewID(), who.PersonID, reason); err != nil {
			return err
		}
		heads, err := tx.LockHeads(ctx, e.PersonID)
		if err != nil {
			return err
		}
		if err := appendEvent(ctx, tx, heads[0], &back); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("hours.reverse", "hour_event", e.ID, "person_id", e.PersonID, "amount_centi", e.AmountCenti,
			"reason", back.Reason, "reversal_id", back.ID))
	})
}

// RecomputePerson does hours:recompute_person. Who is gone, as after an import
// that was undone, owes nothing.
func (h *Hours) RecomputePerson(ctx context.Context, j job.RecomputePerson) error {
	err := h.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		if _, err := tx.LockHeads(ctx, j.PersonID); err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		year := j.Year
		if year == 0 {
			year = hours.DateOf(now).Year()
		}
		return refresh(ctx, tx, year, hours.DateOf(now), j.PersonID)
	})
	if e, ok := domain.AsError(err); ok && e.Reason == "hours.person_unknown" {
		return nil
	}
	return err
}

// recomputeBatch is how many people one transaction of a run over everybody
// takes: long enough to be quick, short enough that no credit waits long.
const recomputeBatch = 500

// RecomputePolicy does hours:recompute_policy.
func (h *Hours) RecomputePolicy(ctx context.Context, j job.RecomputePolicy) error {
	return h.RecomputeYear(ctx, j.Year)
}

// RecomputeYear computes everybody's obligations of a year as of today, unless
// that is done already. A run that was cut goes on at its cursor; two at once
// share the work.
func (h *Hours) RecomputeYear(ctx context.Context, year int) error {
	for {
		var done bool
		err := h.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
			now, err := tx.Now(ctx)
			if err != nil {
				return err
			}
			done, err = recomputeNext(ctx, tx, year, now)
			return err
		})
		if err != nil || done {
			return err
		}
	}
}

func recomputeNext(ctx context.Context, tx hours.Store, year int, now time.Time) (done bool, err error) {
	today := hours.DateOf(now)
	policies, err := tx.Policies(ctx)
	if err != nil {
		return false, err
	}
	versions := hours.Governing(policies, year, today)
	run, err := tx.Recompute(ctx, year, today, hours.GoverningDigest(versions))
	if err != nil || run.FinishedAt != nil {
		return true, err
	}
	ids, err := tx.PeopleAfter(ctx, run.Cursor, recomputeBatch)
	if err != nil {
		return false, err
	}
	if len(ids) == 0 {
		run.FinishedAt = &now
		return true, tx.SaveRecompute(ctx, run)
	}
	if _, err := tx.LockHeads(ctx, ids...); err != nil {
		return false, err
	}
	os, err := assess(ctx, tx, year, today, versions, ids...)
	if err != nil {
		return false, err
	}
	if err := tx.SaveObligations(ctx, year, today, ids, os); err != nil {
		return false, err
	}
	run.Cursor, run.People = ids[len(ids)-1], run.People+len(ids)
	return false, tx.SaveRecompute(ctx, run)
}

// SweepYear keeps the current year's obligations of today: the pace of the last
// 30 days and the version in force move with the date.
func (h *Hours) SweepYear(ctx context.Context) error {
	now, err := h.Store.Now(ctx)
	if err != nil {
		return err
	}
	return h.RecomputeYear(ctx, hours.DateOf(now).Year())
}

// creditWindow is how far back the sweep looks for what earned nothing yet.
const creditWindow = 35 * 24 * time.Hour

// SweepCredits credits completions and passed attempts whose job was lost.
func (h *Hours) SweepCredits(ctx context.Context) error {
	now, err := h.Store.Now(ctx)
	if err != nil {
		return err
	}
	jobs, err := h.Store.Uncredited(ctx, now.Add(-creditWindow), 200)
	if err != nil {
		return err
	}
	var errs []error
	for _, j := range jobs { // one that fails never stops the rest
		switch j := j.(type) {
		case job.CreditLesson:
			errs = append(errs, h.CreditLesson(ctx, j))
		case job.CreditExam:
			errs = append(errs, h.CreditExam(ctx, j))
		}
	}
	return errors.Join(errs...)
}
