package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Me is the actor's own record, unmasked but for the id number.
func (u *People) Me(ctx context.Context, who Actor) (*org.Record, error) {
	return u.Store.OwnRecord(ctx, who.PersonID)
}

// Looks lists who read the actor's record.
func (u *People) Looks(ctx context.Context, who Actor, p domain.Paging) (domain.Page[org.Look], error) {
	return u.Store.Looks(ctx, who.PersonID, p)
}

// AskCorrection asks for a correction of the actor's own record. Errors: those of
// org.Correction.Check, Conflict "person.correction_too_many".
func (u *People) AskCorrection(ctx context.Context, who Actor, c org.Correction) (*org.Correction, error) {
	c.ID, c.PersonID, c.State = NewID(), who.PersonID, org.CorrectionOpen
	err := u.Store.InRosterTx(ctx, func(ctx context.Context, tx org.RosterStore) error {
		today, err := tx.Today(ctx)
		if err != nil {
			return err
		}
		if err := c.Check(today); err != nil {
			return err
		}
		if kind := c.FactKind(); kind == org.FactParty || kind == org.FactAdmin {
			if c.Value, err = ParseID(c.Value, "unit.unknown"); err != nil {
				return err
			}
		}
		open, err := tx.OpenCorrections(ctx, who.PersonID)
		if err != nil {
			return err
		}
		if open >= org.MaxOpenCorrections {
			return domain.E(domain.Conflict, "person.correction_too_many", "max", org.MaxOpenCorrections)
		}
		if err := tx.InsertCorrection(ctx, &c); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.ask_correction", "person", who.PersonID, "correction_id", c.ID, "field", c.Field))
	})
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// MyCorrections lists what the actor asked for.
func (u *People) MyCorrections(ctx context.Context, who Actor) ([]org.Correction, error) {
	return u.Store.CorrectionsOf(ctx, who.PersonID)
}

// WithdrawCorrection takes an open request of the actor's back. Errors: NotFound
// "person.correction_unknown", Conflict "person.correction_decided".
func (u *People) WithdrawCorrection(ctx context.Context, who Actor, id string) error {
	id, err := ParseID(id, "person.correction_unknown")
	if err != nil {
		return err
	}
	return u.Store.InRosterTx(ctx, func(ctx context.Context, tx org.RosterStore) error {
		c, err := tx.CorrectionForUpdate(ctx, domain.Scope{ActorID: who.PersonID}, id)
		if err != nil {
			return err
		}
		if c.State != org.CorrectionOpen {
			return domain.E(domain.Conflict, "person.correction_decided")
		}
		c.State = org.CorrectionWithdrawn
		return tx.SaveCorrection(ctx, c, "")
	})
}

// Corrections lists requests of people within the actor's scope.
func (u *People) Corrections(ctx context.Context, who Actor, open bool, p domain.Paging) (domain.Page[org.Correction], error) {
	return u.Store.Corrections(ctx, who.Scope(org.PermPeopleCorrect), open, p)
}

// DecideCorrection grants or declines a request; what is granted is done at once,
// by the same operations that staff use. Errors: NotFound
// "person.correction_unknown", those of org.Correction.Decide, of ChangeFacts and
// of UpdateDetails.
func (u *People) DecideCorrection(ctx context.Context, who Actor, id string, approve bool, reason, document string) error {
	id, err := ParseID(id, "person.correction_unknown")
	if err != nil {
		return err
	}
	return u.Store.InRosterTx(ctx, func(ctx context.Context, tx org.RosterStore) error {
		c, err := tx.CorrectionForUpdate(ctx, who.Scope(org.PermPeopleCorrect), id)
		if err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := c.Decide(who.PersonID, approve, reason, now); err != nil {
			return err
		}
		if approve {
			if err := u.grantCorrection(ctx, tx, who, c, document); err != nil {
				return err
			}
		}
		if err := tx.SaveCorrection(ctx, c, who.PersonID); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("person.decide_correction", "person", c.PersonID, "correction_id", c.ID, "field", c.Field, "approved", approve, "reason", c.Decision))
	})
}

func (u *People) grantCorrection(ctx context.Context, tx org.RosterStore, who Actor, c *org.Correction, document string) error {
	if kind := c.FactKind(); kind != "" {
		_, err := u.changeFacts(ctx, tx, who, FactDeed{
			PersonID: c.PersonID, Verb: org.VerbAdd, Reason: "本人申请更正：" + c.Note, permission: org.PermPeopleCorrect,
			Fact: org.Fact{Kind: kind, Value: c.Value, From: *c.FromOn, Document: document},
		}, false)
		return err
	}
	p, err := tx.PersonForUpdate(ctx, who.Scope(org.PermPeopleCorrect), c.PersonID)
	if err != nil {
		return err
	}
	if p.MergedInto != nil {
		return domain.E(domain.Conflict, "person.is_merged")
	}
	today, err := tx.Today(ctx)
	if err != nil {
		return err
	}
	d := org.Details{Number: p.Number, Name: p.Name, Kind: p.Kind, Gender: text(p.Gender), BornOn: text(p.BornOn), Phone: p.Phone, Email: p.Email}
	c.Put(&d)
	detail, err := setDetails(u.Seals, p, today, d)
	if err != nil {
		return err
	}
	if err := tx.SaveDetails(ctx, p); err != nil {
		return err
	}
	if err := recompute(ctx, tx, p.ID, "1900-01-01"); err != nil {
		return err
	}
	return tx.Audit(ctx, who.Did("person.update", "person", p.ID, append(detail, "correction_id", c.ID)...))
}
