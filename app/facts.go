package app

import (
	"context"
	"errors"
	"strings"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// FactDeed is a change of a person's dated facts that somebody asks for.
type FactDeed struct {
	PersonID    string
	Verb        org.Verb
	Fact        org.Fact // add, correct; a membership may leave Kind empty
	FactID      string   // end, correct, remove
	On          string   // end: the first day on which it no longer holds
	OperationID string   // undo
	Reason      string

	bulkID     *string        // of the bulk change that it is a part of
	permission org.Permission // whose scope it is done in; "" is people:manage
}

// FactChange is what a deed does, or would do.
type FactChange struct {
	Operation    *org.Operation
	Warnings     []org.Warning
	NeedsReason  bool
	Consequences *org.Consequences // only of a preview
}

// AddFact is ChangeFacts for a fact that begins. It returns the fact.
func (u *People) AddFact(ctx context.Context, who Actor, f org.Fact, reason string) (*org.Fact, error) {
	c, err := u.ChangeFacts(ctx, who, FactDeed{PersonID: f.PersonID, Verb: org.VerbAdd, Fact: f, Reason: reason})
	if err != nil {
		return nil, err
	}
	return &c.Operation.After[len(c.Operation.After)-1], nil
}

// ChangeFacts does a deed. Errors: NotFound "person.unknown",
// "person.fact_unknown", "person.operation_unknown", "unit.unknown", Conflict
// "unit.closed", Invalid "person.reason_missing" when the past is changed,
// "person.document_missing" for a stage that follows another, those of
// org.Fact.Check and of the plan.
func (u *People) ChangeFacts(ctx context.Context, who Actor, d FactDeed) (*FactChange, error) {
	var c *FactChange
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.PersonStore) (err error) {
		c, err = u.changeFacts(ctx, tx, who, d, false)
		return err
	})
	return c, err
}

// errPreview takes a preview's transaction back.
var errPreview = errors.New("only a preview")

// PreviewFacts tells what a deed would change: it is done in a transaction that
// is taken back. Errors: as ChangeFacts, but a reason is not asked for.
func (u *People) PreviewFacts(ctx context.Context, who Actor, d FactDeed) (*FactChange, error) {
	var c *FactChange
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.PersonStore) (err error) {
		if c, err = u.changeFacts(ctx, tx, who, d, true); err != nil {
			return err
		}
		return errPreview
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	return c, err
}

func (u *People) changeFacts(ctx context.Context, tx org.PersonStore, who Actor, d FactDeed, preview bool) (*FactChange, error) {
	id, err := ParseID(d.PersonID, "person.unknown")
	if err != nil {
		return nil, err
	}
	d.PersonID, d.Reason = id, strings.TrimSpace(d.Reason)
	scope := who.Scope(org.PermPeopleManage)
	if d.permission != "" {
		scope = who.Scope(d.permission)
	}
	person, err := tx.PersonForUpdate(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	if person.MergedInto != nil {
		return nil, domain.E(domain.Conflict, "person.is_merged")
	}
	op, known, err := u.plan(ctx, tx, scope, &d)
	if err != nil {
		return nil, err
	}
	op.ID, op.PersonID, op.ActorID, op.Reason, op.BulkID = NewID(), id, who.PersonID, d.Reason, d.bulkID
	today, err := tx.Today(ctx)
	if err != nil {
		return nil, err
	}
	bornOn := ""
	if person.BornOn != nil {
		bornOn = *person.BornOn
	}
	c := &FactChange{Operation: op, Warnings: op.Warnings(known, bornOn), NeedsReason: op.NeedsReason(today, known)}
	if preview {
		return c, u.previewConsequences(ctx, tx, c)
	}
	if c.NeedsReason && d.Reason == "" {
		return nil, domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	return c, applyFacts(ctx, tx, who, op)
}

func (u *People) previewConsequences(ctx context.Context, tx org.PersonStore, c *FactChange) error {
	before, err := tx.Standing(ctx, c.Operation.PersonID)
	if err != nil {
		return err
	}
	if err := tx.ApplyOperation(ctx, c.Operation); err != nil {
		return err
	}
	after, err := tx.Standing(ctx, c.Operation.PersonID)
	if err != nil {
		return err
	}
	c.Consequences = org.Compare(before, after)
	return nil
}

// applyFacts writes a planned operation and asks for what follows from it.
func applyFacts(ctx context.Context, tx org.PersonStore, who Actor, op *org.Operation) error {
	if err := tx.ApplyOperation(ctx, op); err != nil {
		return err
	}
	if err := recompute(ctx, tx, op.PersonID, op.FirstDay); err != nil {
		return err
	}
	if op.Kind == org.FactStatus {
		if err := tx.Enqueue(ctx, job.ApplyStatus{PersonID: op.PersonID}); err != nil {
			return err
		}
	}
	detail := []any{"operation_id", op.ID, "from", op.FirstDay, "reason", op.Reason}
	for _, f := range op.After {
		if f.From == op.FirstDay {
			detail = append(detail, "value", f.Value, "unit_id", f.UnitID, "document", f.Document)
			break
		}
	}
	return tx.Audit(ctx, who.Did("person."+string(op.Verb)+"_"+string(op.Kind), "person", op.PersonID, detail...))
}

// plan makes the operation of a deed and returns the facts it starts from.
func (u *People) plan(ctx context.Context, tx org.PersonStore, scope domain.Scope, d *FactDeed) (*org.Operation, []org.Fact, error) {
	if d.Verb == org.VerbUndo {
		return u.planUndo(ctx, tx, scope, d)
	}
	f := &d.Fact
	if d.Verb != org.VerbAdd {
		id, err := ParseID(d.FactID, "person.fact_unknown")
		if err != nil {
			return nil, nil, err
		}
		old, err := tx.Fact(ctx, d.PersonID, id)
		if err != nil {
			return nil, nil, err
		}
		d.FactID, f.Kind = id, old.Kind
	}
	f.ID, f.PersonID = NewID(), d.PersonID
	if d.Verb == org.VerbAdd || d.Verb == org.VerbCorrect {
		if err := u.checkFact(ctx, tx, scope, f); err != nil {
			return nil, nil, err
		}
	}
	known, err := tx.Facts(ctx, d.PersonID, f.Kind)
	if err != nil {
		return nil, nil, err
	}
	var op *org.Operation
	switch d.Verb {
	case org.VerbAdd:
		op, err = org.Add(known, *f)
	case org.VerbCorrect:
		op, err = org.Correct(known, d.FactID, *f)
	case org.VerbRemove:
		op, err = org.Remove(known, d.FactID)
	case org.VerbEnd:
		if !org.ValidDate(d.On) {
			return nil, nil, domain.E(domain.Invalid, "person.date_form").At("body.on", "person.date_form")
		}
		op, err = org.End(known, d.FactID, d.On)
	default:
		return nil, nil, domain.E(domain.Invalid, "person.verb_unknown").At("body.verb", "person.verb_unknown")
	}
	if err != nil {
		return nil, nil, err
	}
	// Adding follows what is known; correcting, unless it is the first that is wrong.
	follows := d.Verb == org.VerbAdd && len(known) > 0 || d.Verb == org.VerbCorrect && known[0].ID != d.FactID
	if follows && f.Kind == org.FactStage && f.Document == "" {
		return nil, nil, domain.E(domain.Invalid, "person.document_missing").At("body.document", "person.document_missing")
	}
	return op, known, nil
}

func (u *People) planUndo(ctx context.Context, tx org.PersonStore, scope domain.Scope, d *FactDeed) (*org.Operation, []org.Fact, error) {
	id, err := ParseID(d.OperationID, "person.operation_unknown")
	if err != nil {
		return nil, nil, err
	}
	done, err := tx.Operation(ctx, d.PersonID, id)
	if err != nil {
		return nil, nil, err
	}
	for i := range done.Before { // what comes back must be within reach, as what is added must
		if err := u.checkUnit(ctx, tx, scope, &done.Before[i]); err != nil {
			return nil, nil, err
		}
	}
	known, err := tx.Facts(ctx, d.PersonID, done.Kind)
	if err != nil {
		return nil, nil, err
	}
	op, err := done.Inverse(known)
	return op, known, err
}

// checkFact checks a fact and finds its unit, within the scope.
func (u *People) checkFact(ctx context.Context, tx org.PersonStore, scope domain.Scope, f *org.Fact) error {
	if f.Kind != "" && f.Kind != org.FactParty && f.Kind != org.FactAdmin {
		if err := f.Check(); err != nil {
			return err
		}
		return u.checkUnit(ctx, tx, scope, f)
	}
	kind := f.Kind
	f.Kind = org.FactParty // dates are checked before units, whatever the tree
	if err := f.Check(); err != nil {
		return err
	}
	if err := u.checkUnit(ctx, tx, scope, f); err != nil {
		return err
	}
	if kind != "" && kind != f.Kind {
		return domain.E(domain.Invalid, "unit.wrong_tree").At("body.value", "unit.wrong_tree")
	}
	return nil
}

// checkUnit finds the unit of a membership, whose tree it tells, or of a post.
func (u *People) checkUnit(ctx context.Context, tx org.PersonStore, scope domain.Scope, f *org.Fact) error {
	field, raw := "value", f.Value
	switch f.Kind {
	case org.FactParty, org.FactAdmin:
	case org.FactPost:
		field, raw = "unit_id", f.UnitID
	default:
		return nil
	}
	unknown := domain.E(domain.NotFound, "unit.unknown").At("body."+field, "unit.unknown")
	id, err := ParseID(raw, "unit.unknown")
	if err != nil {
		return unknown
	}
	units, err := tx.UnitsForShare(ctx, scope, []string{id})
	if err != nil {
		return err
	}
	unit, ok := units[id]
	switch {
	case !ok:
		return unknown
	case !unit.OpenOn(f.From):
		return domain.E(domain.Conflict, "unit.closed").At("body."+field, "unit.closed")
	}
	f.Label = unit.Name
	if f.Kind == org.FactPost {
		f.UnitID = id
	} else {
		f.Value, f.Kind = id, org.MembershipKind(unit.Tree)
	}
	return nil
}

// FactHistory returns the operations on a person within the scope, oldest first.
// NotFound "person.unknown".
func (u *People) FactHistory(ctx context.Context, who Actor, id string) ([]org.Operation, error) {
	id, err := ParseID(id, "person.unknown")
	if err != nil {
		return nil, err
	}
	in, err := u.Store.InScope(ctx, who.Scope(org.PermPeopleRead), id)
	if err != nil {
		return nil, err
	}
	if !in {
		return nil, domain.E(domain.NotFound, "person.unknown")
	}
	return u.Store.Operations(ctx, id, "")
}

// ApplyStatus does org:apply_status.
func (u *People) ApplyStatus(ctx context.Context, j job.ApplyStatus) error {
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.PersonStore) error {
		change, err := tx.SyncAccount(ctx, j.PersonID)
		if err != nil || change == "" {
			return err
		}
		action := map[string]string{"closed": "person.disable_account", "opened": "person.enable_account"}[change]
		return tx.Audit(ctx, System().Did(action, "person", j.PersonID, "because", "status"))
	})
}

// SweepStatuses closes and opens accounts whose people's status changed with the date.
func (u *People) SweepStatuses(ctx context.Context) error {
	ids, err := u.Store.UnsyncedAccounts(ctx, 200)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, u.ApplyStatus(ctx, job.ApplyStatus{PersonID: id}))
	}
	return errors.Join(errs...)
}
