package app

import (
	"context"
	"errors"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/job"
)

// SettleAttempt does hours:settle_attempt: credits, takes back or restores the
// hours of an attempt whose result was changed. An attempt that was never graded
// has none.
func (h *Hours) SettleAttempt(ctx context.Context, j job.SettleAttempt) error {
	err := h.settle(ctx, j.AttemptID)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	}
	return err
}

const settleBatch = 200

// ReverseExam does hours:reverse_exam: takes back, attempt by attempt, what a
// cancelled exam gave. It can be cut at any point and run again.
func (h *Hours) ReverseExam(ctx context.Context, j job.ReverseExam) error {
	after := ""
	for {
		ids, err := h.Store.CreditedAttempts(ctx, j.ExamID, after, settleBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := h.settle(ctx, id); err != nil {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}

// settle writes the entry that an attempt's result calls for, if any. What the
// attempt earns is read under the lock of the person's chain, so that of two at
// once the later one sees what the earlier one saw or something newer.
func (h *Hours) settle(ctx context.Context, attemptID string) error {
	who, err := h.Store.ExamEarning(ctx, attemptID)
	if err != nil {
		return err
	}
	err = h.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		heads, err := tx.LockHeads(ctx, who.PersonID)
		if err != nil {
			return err
		}
		earned, err := tx.ExamEarning(ctx, attemptID)
		if err != nil {
			return err
		}
		entries, err := tx.EntriesOf(ctx, earned.Source, earned.Ref)
		if err != nil {
			return err
		}
		e, err := hours.Settle(NewID(), earned, entries)
		if err != nil || e == nil {
			return err
		}
		return appendEvent(ctx, tx, heads[0], e)
	})
	if errors.Is(err, domain.E(domain.Conflict, "hours.already_credited")) || errors.Is(err, domain.E(domain.Conflict, "hours.already_reversed")) {
		return nil
	}
	return err
}
