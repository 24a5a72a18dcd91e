package app

import (
	"context"
	"slices"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/org"
)

// Enter credits hours that were earned outside the system, on a document: all
// entries or none. An entry that is there already is left out; made is how many
// were new. Errors: NotFound "hours.person_unknown" for a person outside the
// scope, those of hours.Entry.Check, Invalid "hours.too_many_entries".
func (h *Hours) Enter(ctx context.Context, who Actor, entries []hours.Entry) (made int, err error) {
	if len(entries) > hours.MaxEntries {
		return 0, domain.E(domain.Invalid, "hours.too_many_entries", "max", hours.MaxEntries)
	}
	scope := who.Scope(org.PermHoursAdjust)
	return made, h.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		people := map[string][]hours.Entry{}
		for _, e := range entries {
			if err := e.Check(who.PersonID, hours.DateOf(now)); err != nil {
				return err
			}
			people[e.PersonID] = append(people[e.PersonID], e)
		}
		ids := make([]string, 0, len(people))
		for id := range people {
			if _, err := tx.PersonInScope(ctx, scope, id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		slices.Sort(ids)
		heads, err := tx.LockHeads(ctx, ids...)
		if err != nil {
			return err
		}
		for i, id := range ids {
			n, err := enter(ctx, tx, who, heads[i], people[id])
			if err != nil {
				return err
			}
			made += n
		}
		return nil
	})
}

// enter appends one person's entries behind his locked head.
func enter(ctx context.Context, tx hours.Store, who Actor, head hours.Head, entries []hours.Entry) (made int, err error) {
	for i := range entries {
		ev := entries[i].Event(NewID(), who.PersonID)
		there, err := tx.Credited(ctx, ev.Source, ev.SourceRef)
		if err != nil {
			return 0, err
		}
		if there {
			continue
		}
		if err := appendEvent(ctx, tx, head, ev); err != nil {
			return 0, err
		}
		head.Seq, head.Hash = ev.Seq, ev.Hash
		if err := tx.Audit(ctx, who.Did("hours.enter", "hour_event", ev.ID, "person_id", ev.PersonID, "source", string(ev.Source), "title", ev.Title,
			"amount_centi", ev.AmountCenti, "occurred_on", ev.OccurredOn.String(), "document", ev.Reason)); err != nil {
			return 0, err
		}
		made++
	}
	return made, nil
}
