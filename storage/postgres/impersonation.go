package postgres

import (
	"context"

	"github.com/uptrace/bun"

	"zhixing/domain/org"
)

// ImpersonationStore is org.ImpersonationStore.
type ImpersonationStore struct{ base }

// Impersonations returns the store of who looked as whom.
func (db *DB) Impersonations() *ImpersonationStore { return &ImpersonationStore{db.base()} }

var _ org.ImpersonationStore = (*ImpersonationStore)(nil)

// InTx implements org.ImpersonationStore.
func (s *ImpersonationStore) InTx(ctx context.Context, fn func(context.Context, org.ImpersonationStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &ImpersonationStore{tx}) })
}

// LacksOf implements org.ImpersonationStore. The roles are locked against a change
// of what they carry, the person against grants.
func (s *ImpersonationStore) LacksOf(ctx context.Context, actorID, personID string) ([]org.Permission, error) {
	_, err := s.db.NewRaw(`SELECT 1 FROM roles WHERE key IN (SELECT role FROM grants WHERE person_id IN (?, ?) AND period @> civil_today()) ORDER BY key FOR SHARE`,
		actorID, personID).Exec(ctx)
	if err != nil {
		return nil, fail(err, "lock roles", "")
	}
	var lacking []string
	err = s.db.NewRaw(`
SELECT DISTINCT rp.permission FROM grants g JOIN role_permissions rp ON rp.role = g.role LEFT JOIN units gu ON gu.id = g.unit_id
WHERE g.person_id = ?1 AND g.period @> civil_today() AND NOT EXISTS (
  SELECT 1 FROM grants sg JOIN role_permissions sr ON sr.role = sg.role AND sr.permission = rp.permission LEFT JOIN units su ON su.id = sg.unit_id
  WHERE sg.person_id = ?0 AND sg.period @> civil_today() AND (sg.unit_id IS NULL OR gu.path <@ su.path))`, actorID, personID).Scan(ctx, &lacking)
	return org.InOrder(lacking), fail(err, "read what is held", "")
}

// InExam implements org.ImpersonationStore.
func (s *ImpersonationStore) InExam(ctx context.Context, personIDs ...string) (in bool, err error) {
	err = s.db.NewRaw("SELECT EXISTS (SELECT 1 FROM attempts WHERE person_id IN (?) AND state = 'in_progress')", bun.List(personIDs)).Scan(ctx, &in)
	return in, fail(err, "read attempts", "")
}

// InsertImpersonation implements org.ImpersonationStore.
func (s *ImpersonationStore) InsertImpersonation(ctx context.Context, i *org.Impersonation, minutes int) error {
	if _, err := s.db.NewRaw("UPDATE impersonations SET ended_at = clock_timestamp() WHERE session_id = ? AND ended_at IS NULL", i.SessionID).Exec(ctx); err != nil {
		return fail(err, "end impersonation", "")
	}
	err := s.db.NewRaw(`INSERT INTO impersonations (id, session_id, actor_id, person_id, reason, started_at, ends_at)
SELECT ?, ?, ?, ?, ?, n.at, least(n.at + ? * interval '1 minute', (civil_today() + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
FROM clock_timestamp() AS n (at) RETURNING ends_at`, i.ID, i.SessionID, i.ActorID, i.PersonID, i.Reason, minutes).Scan(ctx, &i.EndsAt)
	return fail(err, "insert impersonation", "")
}

// EndImpersonation implements org.ImpersonationStore.
func (s *ImpersonationStore) EndImpersonation(ctx context.Context, sessionID string) error {
	res, err := s.db.NewRaw("UPDATE impersonations SET ended_at = clock_timestamp() WHERE session_id = ? AND ended_at IS NULL", sessionID).Exec(ctx)
	return mustAffect(res, err, "end impersonation", "impersonation.none")
}
