package org

import (
	"context"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
)

// How many minutes somebody may look as another.
const (
	ImpersonationDefault = 15
	ImpersonationLongest = 60
)

// Impersonation is a session that shows another person's pages to who supports
// him: read only, until a time at most, never past midnight, since rights are by
// the day.
type Impersonation struct {
	ID        string
	SessionID string
	ActorID   string // who looks
	ActorName string
	PersonID  string // as whom
	Reason    string
	EndsAt    time.Time
}

// Check refuses what must not begin. minutes is how long it may last; lacking is
// what the person may do and who looks may not; inExam is whether either of them
// sits one. Errors: Forbidden "impersonation.self", "impersonation.more_than_own",
// Invalid "impersonation.reason_missing", "impersonation.minutes_range", Conflict
// "impersonation.in_exam".
func (i *Impersonation) Check(minutes int, lacking []Permission, inExam bool) error {
	switch {
	case i.ActorID == i.PersonID:
		return domain.E(domain.Forbidden, "impersonation.self")
	case strings.TrimSpace(i.Reason) == "":
		return domain.E(domain.Invalid, "impersonation.reason_missing").At("body.reason", "impersonation.reason_missing")
	case minutes < 1 || minutes > ImpersonationLongest:
		return domain.E(domain.Invalid, "impersonation.minutes_range", "longest", ImpersonationLongest).At("body.minutes", "impersonation.minutes_range", "longest", ImpersonationLongest)
	case len(lacking) > 0:
		return domain.E(domain.Forbidden, "impersonation.more_than_own", "permissions", lacking)
	case inExam:
		return domain.E(domain.Conflict, "impersonation.in_exam")
	}
	return nil
}

// ImpersonationStore keeps who looked as whom.
type ImpersonationStore interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx ImpersonationStore) error) error
	// PersonForUpdate locks a person within the scope against grants; NotFound "person.unknown".
	PersonForUpdate(ctx context.Context, s domain.Scope, id string) (*Person, error)
	// LacksOf returns what a person may do today, anywhere, and the actor may not there.
	LacksOf(ctx context.Context, actorID, personID string) ([]Permission, error)
	// InExam reports whether one of the people is sitting an exam.
	InExam(ctx context.Context, personIDs ...string) (bool, error)
	// InsertImpersonation begins it in the place of one that hangs on the session.
	InsertImpersonation(ctx context.Context, i *Impersonation, minutes int) error
	// EndImpersonation ends the one that hangs on a session; Conflict "impersonation.none".
	EndImpersonation(ctx context.Context, sessionID string) error
}
