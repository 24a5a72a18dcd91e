package app

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Rights answers what somebody can see, and why, and who can see somebody.
type Rights struct {
	Store org.RightStore
}

// Of returns a person's name and what he may do today or later, grant by grant. The
// reading is recorded. NotFound "person.unknown".
func (u *Rights) Of(ctx context.Context, who Actor, personID string) (string, []org.Right, error) {
	id, err := ParseID(personID, "person.unknown")
	if err != nil {
		return "", nil, err
	}
	name, rights, err := u.Store.Rights(ctx, who.Scope(org.PermAuditRead), id)
	if err == nil && id != who.PersonID {
		err = u.Store.Audit(ctx, who.Did("person.read_rights", "person", id))
	}
	return name, rights, err
}

// On returns who can see a person today, and why. The reading is recorded.
// NotFound "person.unknown".
func (u *Rights) On(ctx context.Context, who Actor, personID string, p domain.Paging) (*org.Watching, error) {
	id, err := ParseID(personID, "person.unknown")
	if err != nil {
		return nil, err
	}
	w, err := u.Store.Watchers(ctx, who.Scope(org.PermAuditRead), id, p)
	if err == nil && id != who.PersonID {
		err = u.Store.Audit(ctx, who.Did("person.read_watchers", "person", id))
	}
	return w, err
}

// OnMe tells the actor who can see him today, and why: roles, units and kinds of
// data, and programs outside.
func (u *Rights) OnMe(ctx context.Context, who Actor) ([]org.Watch, []org.WatchingToken, error) {
	return u.Store.Watches(ctx, who.PersonID)
}
