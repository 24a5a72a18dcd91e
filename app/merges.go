package app

import (
	"context"
	"strings"

	"zhixing/domain"
	"zhixing/domain/org"
)

// maxDuplicates bounds the groups of one look.
const maxDuplicates = 200

// Duplicates returns groups of records that may be of one human being.
func (u *People) Duplicates(ctx context.Context, who Actor) ([]org.Duplicate, error) {
	return u.Store.Duplicates(ctx, who.Scope(org.PermPeopleManage), maxDuplicates)
}

// Merge makes a person an alias of another. Errors: NotFound "person.unknown",
// Forbidden "person.account_self", those of org.CheckMerge.
func (u *People) Merge(ctx context.Context, who Actor, aliasID, intoID, reason string) error {
	alias, err := ParseID(aliasID, "person.unknown")
	if err != nil {
		return err
	}
	into, err := ParseID(intoID, "person.unknown")
	if err != nil {
		return err
	}
	if alias == who.PersonID {
		return domain.E(domain.Forbidden, "person.account_self")
	}
	return u.Store.InRosterTx(ctx, func(ctx context.Context, tx org.RosterStore) error {
		people := map[string]*org.Person{}
		for _, id := range []string{min(alias, into), max(alias, into)} { // in one order, so that two merges never wait for each other
			p, err := tx.PersonForUpdate(ctx, who.Scope(org.PermPeopleManage), id)
			if err != nil {
				return err
			}
			people[id] = p
		}
		holds, err := tx.HoldsGrant(ctx, alias)
		if err != nil {
			return err
		}
		aliases, err := tx.HasAliases(ctx, alias)
		if err != nil {
			return err
		}
		if err := org.CheckMerge(people[alias], people[into], reason, holds, aliases); err != nil {
			return err
		}
		m := &org.Merge{ID: NewID(), PersonID: alias, IntoID: into, Reason: strings.TrimSpace(reason), MergedBy: who.PersonID}
		if err := tx.SaveMerge(ctx, m); err != nil {
			return err
		}
		return afterMerge(ctx, tx, who, "person.merge", m, m.Reason)
	})
}

// Unmerge takes a merge back: both are as they were. Errors: NotFound
// "person.unknown", "person.not_merged", Invalid "person.reason_missing".
func (u *People) Unmerge(ctx context.Context, who Actor, aliasID, reason string) error {
	alias, err := ParseID(aliasID, "person.unknown")
	if err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	return u.Store.InRosterTx(ctx, func(ctx context.Context, tx org.RosterStore) error {
		if _, err := tx.PersonForUpdate(ctx, who.Scope(org.PermPeopleManage), alias); err != nil {
			return err
		}
		m, err := tx.MergeOf(ctx, alias)
		if err != nil {
			return err
		}
		if err := tx.UndoMerge(ctx, m, who.PersonID, reason); err != nil {
			return err
		}
		return afterMerge(ctx, tx, who, "person.unmerge", m, reason)
	})
}

func afterMerge(ctx context.Context, tx org.RosterStore, who Actor, action string, m *org.Merge, reason string) error {
	for id, other := range map[string]string{m.PersonID: m.IntoID, m.IntoID: m.PersonID} {
		if err := recompute(ctx, tx, id, "1900-01-01"); err != nil {
			return err
		}
		if err := tx.Audit(ctx, who.Did(action, "person", id, "merge_id", m.ID, "alias", m.PersonID, "other", other, "reason", reason)); err != nil {
			return err
		}
	}
	return nil
}
