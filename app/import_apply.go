package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// ApplyRows does org:apply_import: batch by batch, each in one transaction with
// the mark that it was done. Run twice or at once, no row is applied twice.
func (u *Imports) ApplyRows(ctx context.Context, j job.ApplyImport) error {
	for {
		done := false
		err := u.Store.InTx(ctx, func(ctx context.Context, tx org.ImportStore) (err error) {
			if err := tx.TakeTurn(ctx, j.ImportID); err != nil {
				return err
			}
			i, err := tx.ImportForUpdate(ctx, j.ImportID)
			if err != nil || i.State != org.ImportApplying {
				done = true
				return err
			}
			rows, err := tx.NextRows(ctx, i.ID, batchRows)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				done = true
				return u.applied(ctx, tx, i)
			}
			if err := u.applyBatch(ctx, tx, i, rows); err != nil {
				return err
			}
			i.Progress = min(99, 100*i.Counts.Applied/max(1, i.Counts.New+i.Counts.Changed))
			return tx.SaveImport(ctx, i)
		})
		if err != nil || done {
			return err
		}
	}
}

func (u *Imports) applied(ctx context.Context, tx org.ImportStore, i *org.Import) error {
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	if err := i.Move(org.ImportApplied); err != nil {
		return err
	}
	i.Progress, i.AppliedAt = 100, &now
	if err := tx.SaveImport(ctx, i); err != nil {
		return err
	}
	return tx.Audit(ctx, Actor{PersonID: i.CreatedBy, TokenID: i.TokenID, TokenName: i.TokenName}.Did("import.applied", "import", i.ID, "filename", i.Filename, "digest", i.Digest,
		"applied", i.Counts.Applied, "stale", i.Counts.Stale, "refused", i.Counts.Refused))
}

// applying is what a batch writes.
type applying struct {
	people  []org.Person
	facts   []org.Fact
	details []*org.Person
	ops     []org.Operation
	touched []string
}

func (u *Imports) applyBatch(ctx context.Context, tx org.ImportStore, i *org.Import, rows []*org.ImportRow) error {
	scope := importScope(i)
	judge, err := u.newJudge(ctx, tx, i, scope)
	if err != nil {
		return err
	}
	for _, r := range rows {
		kept, err := u.unsealRow(i.ID, r)
		if err != nil {
			return err
		}
		r.Values.IDCard = kept.IDCard
	}
	open, err := openUnits(ctx, tx, scope, rows, judge)
	if err != nil {
		return err
	}
	look, err := u.look(ctx, tx, scope, rows, true)
	if err != nil {
		return err
	}
	w := &applying{}
	for _, r := range rows {
		was := r.Outcome
		if err := u.applyRow(w, i, judge, look, open, r); err != nil {
			return err
		}
		if r.Outcome == org.OutcomeStale {
			i.Counts.Add(was, -1)
			i.Counts.Stale++
		} else {
			i.Counts.Applied++
		}
	}
	if len(w.people) > 0 {
		if err := tx.InsertPeople(ctx, w.people, w.facts, nil); err != nil {
			return err
		}
	}
	for _, p := range w.details {
		if err := tx.SaveDetails(ctx, p); err != nil {
			return err
		}
	}
	if err := tx.ApplyOperations(ctx, w.ops); err != nil {
		return err
	}
	if err := tx.RecomputePeople(ctx, w.touched); err != nil {
		return err
	}
	return tx.SaveRows(ctx, i.ID, rows)
}

// openUnits locks the units of a batch; one that was closed since, or is out of
// reach now, is missing.
func openUnits(ctx context.Context, tx org.ImportStore, scope domain.Scope, rows []*org.ImportRow, j *org.ImportJudge) (map[string]bool, error) {
	ids := map[string]bool{}
	for _, r := range rows {
		for _, id := range []string{r.Values.PartyUnitID, r.Values.AdminUnitID} {
			if id != "" {
				ids[id] = true
			}
		}
	}
	found, err := tx.UnitsForShare(ctx, scope, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return nil, err
	}
	on := j.Options.From
	if on == "" {
		on = j.Today
	}
	open := map[string]bool{"": true}
	for id, unit := range found {
		open[id] = unit.OpenOn(on)
	}
	return open, nil
}

// applyRow judges a row once more, now that its person is locked, and puts it
// with what is to be written. A row that would not come out as it was shown is
// stale: nothing of it is written.
func (u *Imports) applyRow(w *applying, i *org.Import, judge *org.ImportJudge, look *lookup, open map[string]bool, r *org.ImportRow) error {
	again := &org.ImportRow{Line: r.Line, Values: r.Values}
	ops := look.judge(judge, again)
	if again.Outcome != r.Outcome || again.Seen != r.Seen || !open[r.Values.PartyUnitID] || !open[r.Values.AdminUnitID] {
		r.GoStale()
		return nil
	}
	r.AppliedAt = true
	if r.Outcome == org.OutcomeNew {
		return u.applyNew(w, judge, r)
	}
	known := look.known[r.Values.Number]
	p := known.Person
	was := p
	fields, err := setDetails(u.Seals, &p, judge.Today, r.Values.Details(&p))
	if domain.CodeOf(err) == domain.Invalid { // what is recorded already breaks a rule of today
		r.AppliedAt = false
		r.GoStale()
		return nil
	}
	if err != nil {
		return err
	}
	r.Undo = &org.ImportUndo{Version: p.Version}
	if changed, ok := fields[1].([]string); ok && len(changed) > 0 {
		w.details = append(w.details, &p)
		r.Undo.Was, r.Undo.Version = &was, p.Version+1
	}
	for _, op := range ops {
		op.ID, op.PersonID, op.ActorID, op.Reason, op.BulkID = NewID(), p.ID, i.CreatedBy, i.Reason, &i.ID
		w.ops = append(w.ops, *op)
		r.Undo.Operations = append(r.Undo.Operations, op.ID)
	}
	w.touched = append(w.touched, p.ID)
	return nil
}

func (u *Imports) applyNew(w *applying, judge *org.ImportJudge, r *org.ImportRow) error {
	v := &r.Values
	p := org.Person{
		ID: NewID(), Number: v.Number, Name: v.Name, Kind: v.Kind, Gender: optional(v.Gender), BornOn: optional(v.BornOn), Phone: v.Phone, Email: v.Email,
	}
	if err := sealIDCard(u.Seals, &p, org.IDCard(v.IDCard)); err != nil {
		return err
	}
	r.PersonID, r.Undo = p.ID, &org.ImportUndo{Created: true, Version: 1}
	w.people, w.facts, w.touched = append(w.people, p), append(w.facts, judge.FirstFacts(r, p.ID)...), append(w.touched, p.ID)
	return nil
}

// UndoRows does org:undo_import, in one transaction: first everything that
// stands in the way is looked for, then all is taken back or nothing.
func (u *Imports) UndoRows(ctx context.Context, j job.UndoImport) error {
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.ImportStore) error {
		if err := tx.TakeTurn(ctx, j.ImportID); err != nil {
			return err
		}
		i, err := tx.ImportForUpdate(ctx, j.ImportID)
		if err != nil || i.State != org.ImportUndoing {
			return err
		}
		if i.Blockers, err = u.blockers(ctx, tx, i); err != nil {
			return err
		}
		who := Actor{PersonID: j.ActorID}
		if len(i.Blockers) > 0 {
			if err := i.Move(org.ImportApplied); err != nil {
				return err
			}
			i.Progress = 100
			if err := tx.SaveImport(ctx, i); err != nil {
				return err
			}
			return tx.Audit(ctx, who.Did("import.undo_refused", "import", i.ID, "filename", i.Filename, "blockers", len(i.Blockers)))
		}
		undone := 0
		err = u.eachApplied(ctx, tx, i.ID, func(rows []*org.ImportRow) error {
			undone += len(rows)
			return u.takeBack(ctx, tx, j, rows)
		})
		if err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := i.Move(org.ImportUndone); err != nil {
			return err
		}
		i.Progress, i.UndoneAt = 100, &now
		if err := tx.SaveImport(ctx, i); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("import.undone", "import", i.ID, "filename", i.Filename, "rows", undone))
	})
}

func (u *Imports) eachApplied(ctx context.Context, tx org.ImportStore, id string, fn func(rows []*org.ImportRow) error) error {
	for after := 0; ; {
		rows, err := tx.AppliedRows(ctx, id, after, batchRows)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := fn(rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].Line
	}
}

// blockers lists why an import cannot be undone, and locks its people.
func (u *Imports) blockers(ctx context.Context, tx org.ImportStore, i *org.Import) ([]org.ImportBlocker, error) {
	var out []org.ImportBlocker
	block := func(r *org.ImportRow, reason string) {
		if len(out) < org.MaxBlockers {
			out = append(out, org.ImportBlocker{Line: r.Line, PersonID: r.PersonID, Name: r.Values.Name, Number: r.Values.Number, Reason: reason})
		}
	}
	err := u.eachApplied(ctx, tx, i.ID, func(rows []*org.ImportRow) error {
		var numbers, made []string
		for _, r := range rows {
			if numbers = append(numbers, r.Values.Number); r.Undo != nil && r.Undo.Created {
				made = append(made, r.PersonID)
			}
		}
		if err := tx.HoldHours(ctx, made); err != nil {
			return err
		}
		known, err := tx.KnownPeople(ctx, importScope(i), numbers, true)
		if err != nil {
			return err
		}
		clinging := map[string]bool{}
		if len(made) > 0 {
			ids, err := tx.Clinging(ctx, made)
			if err != nil {
				return err
			}
			for _, id := range ids {
				clinging[id] = true
			}
		}
		for _, r := range rows {
			k := known[r.Values.Number]
			switch {
			case r.Undo == nil, k == nil, k.ID != r.PersonID, k.Version != r.Undo.Version, k.MergedInto != nil:
				block(r, "import.blocked_changed")
			case clinging[r.PersonID]:
				block(r, "import.blocked_history")
			default:
				if _, err := u.inverses(ctx, tx, r); domain.CodeOf(err) == domain.Internal && err != nil {
					return err
				} else if err != nil {
					block(r, "import.blocked_facts")
				}
			}
		}
		return nil
	})
	return out, err
}

// inverses plans what takes the operations of a row back.
func (u *Imports) inverses(ctx context.Context, tx org.ImportStore, r *org.ImportRow) ([]*org.Operation, error) {
	var out []*org.Operation
	for _, id := range r.Undo.Operations {
		op, err := tx.Operation(ctx, r.PersonID, id)
		if err != nil {
			return nil, err
		}
		known, err := tx.Facts(ctx, r.PersonID, op.Kind)
		if err != nil {
			return nil, err
		}
		back, err := op.Inverse(known)
		if err != nil {
			return nil, err
		}
		out = append(out, back)
	}
	return out, nil
}

func (u *Imports) takeBack(ctx context.Context, tx org.ImportStore, j job.UndoImport, rows []*org.ImportRow) error {
	var gone, stay []string
	var ops []org.Operation
	for _, r := range rows {
		if r.Undo.Created {
			gone = append(gone, r.PersonID)
			continue
		}
		stay = append(stay, r.PersonID)
		back, err := u.inverses(ctx, tx, r)
		if err != nil {
			return err
		}
		for _, op := range back {
			op.ID, op.ActorID, op.Reason, op.BulkID = NewID(), j.ActorID, strings.TrimSpace("import "+j.ImportID), &j.ImportID
			ops = append(ops, *op)
		}
		if was := r.Undo.Was; was != nil {
			was.Version = r.Undo.Version
			if err := tx.SaveDetails(ctx, was); err != nil {
				return err
			}
		}
	}
	if err := tx.ApplyOperations(ctx, ops); err != nil {
		return err
	}
	if err := tx.RemovePeople(ctx, gone); err != nil {
		return err
	}
	return tx.RecomputePeople(ctx, stay)
}
