package postgres

import (
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"zhixing/domain"
)

// scopePeople is the SQL condition that column (a person id such as "p.id") is
// within the reader's scope today: a grant for the whole institution, or a
// grant whose unit's subtree the person is a member of. It belongs in the same
// statement that reads; who is outside is not found.
func scopePeople(s domain.Scope, column string) schema.QueryWithArgs {
	if s.TokenID != "" {
		return plantedScope(bun.SafeQuery(`(?3
  OR ?2 IN (
    SELECT sm.person_id FROM api_tokens st
    JOIN units su ON su.id = st.unit_id
    JOIN units smu ON smu.path <@ su.path
    JOIN memberships sm ON sm.unit_id = smu.id AND sm.period @> civil_today()
    WHERE st.id = ?0 AND ?1 = ANY(st.permissions)))`,
			s.TokenID, s.Permission, bun.Ident(column), scopeAll(s)))
	}
	return plantedScope(bun.SafeQuery(`(?3
  OR ?2 IN (
    SELECT sm.person_id FROM grants sg
    JOIN role_permissions sr ON sr.role = sg.role AND sr.permission = ?1
    JOIN units su ON su.id = sg.unit_id
    JOIN units smu ON smu.path <@ su.path
    JOIN memberships sm ON sm.unit_id = smu.id AND sm.period @> civil_today()
    WHERE sg.person_id = ?0 AND sg.period @> civil_today()))`,
		s.ActorID, s.Permission, bun.Ident(column), scopeAll(s)))
}

// scopeUnits is the same for a unit whose path is column (such as "u.path").
func scopeUnits(s domain.Scope, column string) schema.QueryWithArgs {
	if s.TokenID != "" {
		return plantedScope(bun.SafeQuery(`(?3
  OR EXISTS (SELECT 1 FROM api_tokens st JOIN units su ON su.id = st.unit_id WHERE st.id = ?0 AND ?1 = ANY(st.permissions) AND ?2 <@ su.path))`,
			s.TokenID, s.Permission, bun.Ident(column), scopeAll(s)))
	}
	return plantedScope(bun.SafeQuery(`(?3
  OR EXISTS (
    SELECT 1 FROM grants sg
    JOIN role_permissions sr ON sr.role = sg.role AND sr.permission = ?1
    JOIN units su ON su.id = sg.unit_id
    WHERE sg.person_id = ?0 AND sg.period @> civil_today() AND ?2 <@ su.path))`,
		s.ActorID, s.Permission, bun.Ident(column), scopeAll(s)))
}

// scopeAll is true when the reader's scope is the whole institution.
func scopeAll(s domain.Scope) schema.QueryWithArgs {
	if s.TokenID != "" {
		return bun.SafeQuery("EXISTS (SELECT 1 FROM api_tokens st WHERE st.id = ?0 AND ?1 = ANY(st.permissions) AND st.unit_id IS NULL)", s.TokenID, s.Permission)
	}
	return bun.SafeQuery(`EXISTS (
    SELECT 1 FROM grants sg JOIN role_permissions sr ON sr.role = sg.role AND sr.permission = ?1
    WHERE sg.person_id = ?0 AND sg.unit_id IS NULL AND sg.period @> civil_today())`, s.ActorID, s.Permission)
}
