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

// scopeMade is the condition that the reader is whom column names, who made the
// thing, or that his scope is the whole institution.
func scopeMade(s domain.Scope, column string) schema.QueryWithArgs {
	return plantedScope(bun.SafeQuery("(?0 = ?1 OR ?2)", bun.Ident(column), nullable(s.ActorID), scopeAll(s)))
}

// scopeOf is the condition of scope of a list of people p. It belongs to the
// statement that reads, as that of scopePeople does; today is the SQL of the
// civil date. Of a list of the people below a unit within the reader's scope,
// nobody is outside.
func scopeOf(s domain.Scope, unitID, today string) condition {
	tops := bun.SafeQuery(`SELECT su.path FROM grants sg
    JOIN role_permissions sr ON sr.role = sg.role AND sr.permission = ?1
    JOIN units su ON su.id = sg.unit_id
    WHERE sg.person_id = ?0 AND `+during("sg.period", today), s.ActorID, s.Permission)
	if s.TokenID != "" {
		tops = bun.SafeQuery("SELECT su.path FROM api_tokens st JOIN units su ON su.id = st.unit_id WHERE st.id = ?0 AND ?1 = ANY(st.permissions)", s.TokenID, s.Permission)
	}
	all, held := scopeAll(s), during("sm.period", today)
	const units = "SELECT smu.id FROM (?1) t JOIN units smu ON smu.path <@ t.path"
	each := plantedScope(bun.SafeQuery(`(?0 OR EXISTS (
    SELECT 1 FROM memberships sm WHERE sm.person_id = p.id AND `+held+` AND (sm.unit_id IN (`+units+`)) IS TRUE OFFSET 0))`, all, tops))
	if each.Query == "TRUE" { // planted
		return condition{each: each}
	}
	whole := all
	if unitID != "" {
		whole = bun.SafeQuery("(?0 OR (SELECT path FROM units WHERE id = ?2) <@ ANY (ARRAY(?1)))", all, tops, unitID)
	}
	return condition{each: each, whole: whole, set: bun.SafeQuery(`SELECT sm.person_id FROM memberships sm
    WHERE sm.unit_id = ANY (ARRAY(`+units+`)) AND `+held, all, tops)}
}
