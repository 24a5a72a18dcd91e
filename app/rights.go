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

// Of returns what a person may do today or later, grant by grant, and the person's
// name. The reading is recorded. NotFound "person.unknown".
func (u *Rights) Of(ctx context.Context, who Actor, id string) (name string, rights []org.Right, err error) {
	name, id, err = u.visible(ctx, who, id, "person.read_rights")
	if err == nil {
		rights, err = u.Store.Rights(ctx, who.Scope(org.PermAuditRead), id)
	}
	return name, rights, err
}

// Watching is who can see a person.
type Watching struct {
	Name   string
	Page   domain.Page[org.Sight]
	Tokens []org.WatchingToken // on the first page
}

// On returns who can see a person today, and why. The reading is recorded.
// NotFound "person.unknown".
func (u *Rights) On(ctx context.Context, who Actor, id string, p domain.Paging) (*Watching, error) {
	name, id, err := u.visible(ctx, who, id, "person.read_watchers")
	if err != nil {
		return nil, err
	}
	out := &Watching{Name: name}
	if out.Page, err = u.Store.Watchers(ctx, who.Scope(org.PermAuditRead), id, p); err != nil {
		return nil, err
	}
	if p.Token == "" {
		out.Tokens, err = u.Store.WatchingTokens(ctx, who.Scope(org.PermAuditRead), id)
	}
	return out, err
}

func (u *Rights) visible(ctx context.Context, who Actor, personID, deed string) (name, id string, err error) {
	if id, err = ParseID(personID, "person.unknown"); err != nil {
		return "", "", err
	}
	if name, err = u.Store.VisibleName(ctx, who.Scope(org.PermAuditRead), id); err != nil {
		return "", "", err
	}
	if id != who.PersonID {
		err = u.Store.Audit(ctx, who.Did(deed, "person", id))
	}
	return name, id, err
}
