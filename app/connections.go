package app

import (
	"context"
	"strings"

	"zhixing/domain"
	"zhixing/domain/org"
)

// Connections is the administrator's work with identity peers.
type Connections struct {
	Store    org.ConnectionStore
	Seals    org.Sealer
	Peers    org.PeerMaker
	Callback func() string // where peers send browsers back to
}

func connectionPurpose(id string) string { return "identity_connections.secret:" + id }

// List returns every connection, its secret sealed.
func (u *Connections) List(ctx context.Context) ([]org.Connection, error) {
	return u.Store.Connections(ctx)
}

// Save makes a connection (ID "") or changes one. secret "" keeps the one that
// is there. Errors: Invalid "identity.connection_wrong", NotFound
// "identity.connection_unknown", Conflict "identity.connection_changed".
func (u *Connections) Save(ctx context.Context, who Actor, c org.Connection, secret string) (*org.Connection, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	fresh := c.ID == ""
	if fresh {
		c.ID = NewID()
	} else {
		id, err := ParseID(c.ID, "identity.connection_unknown")
		if err != nil {
			return nil, err
		}
		before, err := u.Store.Connection(ctx, id)
		if err != nil {
			return nil, err
		}
		c.ID, c.Kind, c.Secret = id, before.Kind, before.Secret
		// A secret is never sent to another place than it was given for.
		if secret == "" && before.Secret != "" && before.Config.URL != c.Config.URL {
			return nil, domain.E(domain.Invalid, "identity.connection_wrong").At("body.secret", "identity.secret_again")
		}
	}
	if secret != "" {
		var err error
		if c.Secret, err = u.Seals.Seal(connectionPurpose(c.ID), []byte(secret)); err != nil {
			return nil, err
		}
	}
	if _, err := u.peer(&c); err != nil { // certificates that cannot be read
		return nil, err
	}
	err := u.Store.InTx(ctx, func(ctx context.Context, tx org.ConnectionStore) error {
		save, action := tx.SaveConnection, "identity.change_connection"
		if fresh {
			save, action = tx.InsertConnection, "identity.add_connection"
		}
		if err := save(ctx, &c); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did(action, "identity_connection", c.ID, "name", c.Name, "kind", c.Kind, "enabled", c.Enabled, "config", c.Config, "new_secret", secret != ""))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Connection(ctx, c.ID)
}

func (u *Connections) peer(c *org.Connection) (org.Peer, error) {
	secret := ""
	if c.Secret != "" {
		open, err := u.Seals.Open(connectionPurpose(c.ID), c.Secret)
		if err != nil {
			return nil, err
		}
		secret = string(open)
	}
	unsaved := *c
	unsaved.ID = "" // not from memory
	return u.Peers.Peer(unsaved, secret)
}

// Try speaks to the peer as it is saved and says in steps what is well.
func (u *Connections) Try(ctx context.Context, who Actor, id string) ([]org.Finding, error) {
	id, err := ParseID(id, "identity.connection_unknown")
	if err != nil {
		return nil, err
	}
	c, err := u.Store.Connection(ctx, id)
	if err != nil {
		return nil, err
	}
	peer, err := u.peer(c)
	if err != nil {
		return nil, err
	}
	found := peer.Try(ctx, u.Callback())
	return found, u.Store.InTx(ctx, func(ctx context.Context, tx org.ConnectionStore) error {
		return tx.Audit(ctx, who.Did("identity.test_connection", "identity_connection", id))
	})
}

// Remove takes a connection and its links away.
func (u *Connections) Remove(ctx context.Context, who Actor, id string) error {
	id, err := ParseID(id, "identity.connection_unknown")
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.ConnectionStore) error {
		if err := tx.RemoveConnection(ctx, id); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("identity.remove_connection", "identity_connection", id))
	})
}

// Conflicts lists whom peers vouched for and who could not be let in, the latest first.
func (u *Connections) Conflicts(ctx context.Context, p domain.Paging) (domain.Page[org.IdentityConflict], error) {
	return u.Store.Conflicts(ctx, p)
}

// Resolve closes a conflict; it opens again when the same visitor comes again.
func (u *Connections) Resolve(ctx context.Context, who Actor, id string) error {
	id, err := ParseID(id, "identity.conflict_unknown")
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.ConnectionStore) error {
		if err := tx.ResolveConflict(ctx, id, who.PersonID); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("identity.resolve_conflict", "identity_conflict", id))
	})
}

// LinkConflict says who a visitor is that a peer vouched for: from now on he comes in
// as that person. Errors: NotFound "identity.conflict_unknown",
// "identity.person_unknown", Conflict "identity.number_conflict" when the person is
// linked otherwise, Invalid "person.reason_missing", Forbidden
// "person.account_holds_roles" unless the actor may grant roles to anyone.
func (u *Connections) LinkConflict(ctx context.Context, who Actor, id, number, reason string) error {
	id, err := ParseID(id, "identity.conflict_unknown")
	if err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return domain.E(domain.Invalid, "person.reason_missing").At("body.reason", "person.reason_missing")
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.ConnectionStore) error {
		c, err := tx.ConflictForUpdate(ctx, id)
		if err != nil {
			return err
		}
		person, err := tx.PersonByNumber(ctx, strings.TrimSpace(number))
		if err != nil {
			return err
		}
		if err := mayHandle(ctx, tx, who, person.ID); err != nil {
			return err
		}
		if err := tx.OpenAccount(ctx, person.ID); err != nil {
			return err
		}
		if err := tx.InsertLink(ctx, &org.Link{ID: NewID(), ConnectionID: c.ConnectionID, Subject: c.Subject, PersonID: person.ID}); err != nil {
			return err
		}
		if err := tx.ResolveConflict(ctx, id, who.PersonID); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("identity.link", "person", person.ID, "connection_id", c.ConnectionID, "subject", c.Subject, "reason", reason))
	})
}

// LinksOf tells by which peers a person signs in; Unlink takes one away.
func (u *Connections) LinksOf(ctx context.Context, personID string) ([]org.Link, error) {
	id, err := ParseID(personID, "person.unknown")
	if err != nil {
		return nil, err
	}
	return u.Store.LinksOf(ctx, id)
}

// Unlink takes anybody's link away. NotFound "identity.not_linked".
func (u *Connections) Unlink(ctx context.Context, who Actor, id string) error {
	return unlink(ctx, u.Store, who, id, "")
}

// BreakGlass lists who can always sign in by password.
func (u *Connections) BreakGlass(ctx context.Context) ([]org.BreakGlassPerson, error) {
	return u.Store.BreakGlassPeople(ctx)
}

// SetBreakGlass says that a person can always sign in by password. NotFound
// "person.no_account"; Conflict "sign_in.last_break_glass" when nobody could sign in
// by password any more.
func (u *Connections) SetBreakGlass(ctx context.Context, who Actor, personID string, on bool, reason string) error {
	id, err := ParseID(personID, "person.unknown")
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.ConnectionStore) error {
		policy, err := tx.LockSignInPolicy(ctx)
		if err != nil {
			return err
		}
		if err := tx.SetBreakGlass(ctx, id, on); err != nil {
			return err
		}
		if policy.LocalOnly && !on {
			if left, err := tx.BreakGlass(ctx); err != nil || left == 0 {
				return first(err, domain.E(domain.Conflict, "sign_in.last_break_glass"))
			}
		}
		return tx.Audit(ctx, who.Did("sign_in.set_break_glass", "person", id, "on", on, "reason", reason))
	})
}
