// Package app holds the use cases. Each takes the actor as an argument, opens
// the transaction, calls the pure rule and the store, and returns. No use case
// calls another: contexts meet by id and by job.
package app

import (
	"slices"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/org"

	"github.com/google/uuid"
)

// Actor is who is asking, from a session that was checked for this request.
type Actor struct {
	PersonID    string
	SessionID   string
	TokenID     string // of a program that acts; PersonID is who answers for it
	TokenName   string
	Permissions []org.Permission
	Everywhere  []org.Permission // those that a grant for the whole institution gives
	Roles       []org.Role
	Method      string             // how the session began
	Today       string             // civil date
	MustChange  bool               // must set a new password before anything else
	MustEnrol   bool               // must set up a second factor before anything else
	NeedsFactor bool               // has not given the second factor yet
	Recent      bool               // proved who he is a short while ago
	Careful     bool               // some role of his asks for a second factor
	Acting      *org.Impersonation // somebody else who looks as PersonID, and can do nothing
	RequestID   string
	IP          string
	UserAgent   string
}

// Can reports whether some grant gives the permission, wherever it reaches.
func (a Actor) Can(p org.Permission) bool { return slices.Contains(a.Permissions, p) }

// CanEverywhere reports whether a grant for the whole institution gives the permission.
func (a Actor) CanEverywhere(p org.Permission) bool { return slices.Contains(a.Everywhere, p) }

// Scope is the reach of one permission of the actor, for the SQL that reads.
func (a Actor) Scope(p org.Permission) domain.Scope {
	return domain.Scope{ActorID: a.PersonID, Permission: string(p), TokenID: a.TokenID}
}

// Did builds an audit entry for a deed of the actor: of the token, where a
// program acts; of who looks, where somebody looks as another. detail alternates
// names and values.
func (a Actor) Did(action, subjectType, subjectID string, detail ...any) audit.Entry {
	e := audit.Entry{
		ActorID: a.PersonID, Action: action, SubjectType: subjectType, SubjectID: subjectID,
		RequestID: a.RequestID, IP: a.IP, Detail: map[string]any{},
	}
	if a.TokenID != "" {
		e.ActorID, e.Detail["token"] = a.TokenID, a.TokenName
	}
	if a.Acting != nil {
		e.ActorID, e.Detail["as_person"] = a.Acting.ActorID, a.PersonID
	}
	for i := 0; i+1 < len(detail); i += 2 {
		if k, ok := detail[i].(string); ok {
			e.Detail[k] = detail[i+1]
		}
	}
	return e
}

// System is the actor of work that nobody asked for: sweeps and jobs.
func System() Actor { return Actor{} }

// NewID makes a UUIDv7: ordered by time, so that indexes grow at the end.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// ParseID checks that s is a UUID; NotFound with the reason otherwise, because
// an id that cannot exist is an id that does not.
func ParseID(s, reason string) (string, error) {
	id, err := uuid.Parse(s)
	if err != nil {
		return "", domain.E(domain.NotFound, reason)
	}
	return id.String(), nil
}
