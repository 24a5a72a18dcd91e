package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"zhixing/domain"
	"zhixing/domain/org"
)

// GrantStore is org.GrantStore.
type GrantStore struct{ base }

// Grants returns the store of granted roles.
func (db *DB) Grants() *GrantStore { return &GrantStore{db.base()} }

var _ org.GrantStore = (*GrantStore)(nil)

type grantRow struct {
	ID, PersonID, PersonName, PersonNumber, Role, UnitName, Starts, Reason, GranterName, ApproverName, EndedByName, EndReason string
	UnitID, Ends, GrantedBy, ApprovedBy                                                                                       *string
	CreatedAt                                                                                                                 time.Time
	EndedAt                                                                                                                   *time.Time
}

func (r *grantRow) grant() org.Grant {
	return org.Grant{
		ID: r.ID, PersonID: r.PersonID, PersonName: r.PersonName, PersonNumber: r.PersonNumber, Role: org.Role(r.Role), UnitID: r.UnitID,
		UnitName: r.UnitName, From: r.Starts, Until: r.Ends, Reason: r.Reason, GrantedBy: r.GrantedBy, ApprovedBy: r.ApprovedBy,
		GranterName: r.GranterName, ApproverName: r.ApproverName, EndedByName: r.EndedByName, CreatedAt: r.CreatedAt, EndedAt: r.EndedAt, EndReason: r.EndReason,
	}
}

const grantColumns = `g.id, g.person_id, gp.name AS person_name, gp.number AS person_number, g.role, g.unit_id, coalesce(gu.name, '') AS unit_name,
coalesce(g.starts_on, lower(g.period))::text AS starts, CASE WHEN isempty(g.period) THEN g.starts_on ELSE upper(g.period) END::text AS ends,
g.reason, g.granted_by, g.approved_by, coalesce(gg.name, '') AS granter_name, coalesce(ga.name, '') AS approver_name, coalesce(ge.name, '') AS ended_by_name,
g.created_at, g.ended_at, g.end_reason`

const grantTables = ` FROM grants g JOIN people gp ON gp.id = g.person_id LEFT JOIN units gu ON gu.id = g.unit_id
LEFT JOIN people gg ON gg.id = g.granted_by LEFT JOIN people ga ON ga.id = g.approved_by LEFT JOIN people ge ON ge.id = g.ended_by `

// scopeGrants is the condition that a grant or a request (g, with its unit gu) is
// within the reader's scope: both the person and what it reaches.
func scopeGrants(person, unit schema.QueryWithArgs, all schema.QueryWithArgs) schema.QueryWithArgs {
	return bun.SafeQuery("(? AND CASE WHEN g.unit_id IS NULL THEN ? ELSE ? END)", person, all, unit)
}

// InTx implements org.GrantStore.
func (s *GrantStore) InTx(ctx context.Context, fn func(context.Context, org.GrantStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &GrantStore{tx}) })
}

func (b base) grants(ctx context.Context, where schema.QueryWithArgs, order string, limit int) ([]org.Grant, error) {
	var rows []grantRow
	if err := b.db.NewRaw("SELECT "+grantColumns+grantTables+"WHERE ? ORDER BY "+order+" LIMIT ?", where, limit).Scan(ctx, &rows); err != nil {
		return nil, fail(err, "list grants", "")
	}
	out := make([]org.Grant, len(rows))
	for i := range rows {
		out[i] = rows[i].grant()
	}
	return out, nil
}

// Grants implements org.GrantStore.
func (s *GrantStore) Grants(ctx context.Context, scope domain.Scope, f org.GrantFilter, p domain.Paging) (domain.Page[org.Grant], error) {
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return domain.Page[org.Grant]{}, err
	}
	where := scopeGrants(scopePeople(scope, "g.person_id"), scopeUnits(scope, "gu.path"), scopeAll(scope))
	and := func(condition string, args ...any) {
		where = bun.SafeQuery("? AND ?", where, bun.SafeQuery(condition, args...))
	}
	if f.PersonID != "" {
		and("g.person_id = ?", f.PersonID)
	}
	if f.UnitID != "" {
		and("gu.path <@ (SELECT path FROM units WHERE id = ?)", f.UnitID)
	}
	if f.Role != "" {
		and("g.role = ?", string(f.Role))
	}
	switch f.State {
	case "current":
		and("g.period @> civil_today()")
	case "coming":
		and("lower(g.period) > civil_today()")
	case "ended":
		and("NOT g.period && daterange(civil_today(), NULL)")
	}
	if key != nil {
		at, err := time.Parse(time.RFC3339Nano, key[0])
		if err != nil {
			return domain.Page[org.Grant]{}, domain.E(domain.Invalid, "page.bad_token")
		}
		and("(g.created_at, g.id) < (?, ?::uuid)", at, key[1])
	}
	list, err := s.grants(ctx, where, "g.created_at DESC, g.id DESC", p.Size()+1)
	if err != nil {
		return domain.Page[org.Grant]{}, err
	}
	return domain.Cut(list, p.Size(), func(g org.Grant) []string { return []string{g.CreatedAt.Format(time.RFC3339Nano), g.ID} }), nil
}

// GrantsOf implements org.GrantStore.
func (b base) GrantsOf(ctx context.Context, personID string) ([]org.Grant, error) {
	return b.grants(ctx, bun.SafeQuery("g.person_id = ? AND g.period && daterange(civil_today(), NULL)", personID), "g.id", 1000)
}

// Lacks implements org.GrantStore. The past gives nobody anything, so a grant
// written back is measured from today on.
func (s *GrantStore) Lacks(ctx context.Context, personID string, g *org.Grant) ([]org.Permission, error) {
	var lacking []string
	err := s.db.NewRaw(`
WITH asked AS (SELECT permission FROM role_permissions WHERE role = ?0 UNION SELECT ?1),
term AS (SELECT daterange(greatest(?2::date, civil_today()), ?3::date) AS t)
SELECT a.permission FROM asked a, term WHERE NOT EXISTS (
  SELECT 1 FROM grants sg JOIN role_permissions sr ON sr.role = sg.role AND sr.permission = a.permission LEFT JOIN units su ON su.id = sg.unit_id
  WHERE sg.person_id = ?4 AND sg.period @> term.t AND sg.period @> civil_today()
    AND (sg.unit_id IS NULL OR (SELECT u.path FROM units u WHERE u.id = ?5::uuid) <@ su.path))
ORDER BY 1`, string(g.Role), string(org.PermGrantManage), g.From, g.Until, personID, g.UnitID).Scan(ctx, &lacking)
	out := make([]org.Permission, len(lacking))
	for i, p := range lacking {
		out[i] = org.Permission(p)
	}
	return out, fail(err, "read what is held", "")
}

// GrantForUpdate implements org.GrantStore.
func (s *GrantStore) GrantForUpdate(ctx context.Context, scope domain.Scope, id string) (*org.Grant, error) {
	var row grantRow
	within := scopeGrants(scopePeople(scope, "g.person_id"), scopeUnits(scope, "gu.path"), scopeAll(scope))
	if err := s.db.NewRaw("SELECT "+grantColumns+grantTables+"WHERE g.id = ? AND ? FOR UPDATE OF g", id, within).Scan(ctx, &row); err != nil {
		return nil, fail(err, "lock grant", "grant.unknown")
	}
	g := row.grant()
	return &g, nil
}

// InsertGrant implements org.GrantStore and org.SetupStore.
func (b base) InsertGrant(ctx context.Context, g *org.Grant) error {
	_, err := b.db.NewRaw(`INSERT INTO grants (id, person_id, role, unit_id, period, granted_by, reason, approved_by, approved_at)
VALUES (?0, ?1, ?2, ?3, daterange(?4::date, ?5::date), ?6, ?7, ?8::uuid, CASE WHEN ?8::uuid IS NOT NULL THEN clock_timestamp() END)`,
		g.ID, g.PersonID, string(g.Role), g.UnitID, g.From, g.Until, g.GrantedBy, g.Reason, g.ApprovedBy).Exec(ctx)
	return fail(err, "insert grant", "")
}

// endGrants ends grants at once (?, ? are who and why). One that has held on no
// day yet ends with an empty period, which holds on none.
const endGrants = `UPDATE grants SET starts_on = lower(period), ended_at = clock_timestamp(), ended_by = ?, end_reason = ?,
period = CASE WHEN lower(period) < civil_today() THEN daterange(lower(period), civil_today()) ELSE 'empty' END`

// EndGrant implements org.GrantStore.
func (s *GrantStore) EndGrant(ctx context.Context, id, by, reason string) error {
	res, err := s.db.NewRaw(endGrants+" WHERE id = ? AND ended_at IS NULL", nullable(by), reason, id).Exec(ctx)
	return mustAffect(res, err, "end grant", "grant.unknown")
}

type requestRow struct {
	grantRow
	State, DeciderName, DecideReason string
	DecidedBy, GrantID               *string
	DecidedAt                        *time.Time
}

func (r *requestRow) request() org.GrantRequest {
	return org.GrantRequest{
		Grant: r.grant(), State: r.State, RequestedAt: r.CreatedAt, DecidedBy: r.DecidedBy, DeciderName: r.DeciderName, DecidedAt: r.DecidedAt,
		DecideReason: r.DecideReason, GrantID: r.GrantID,
	}
}

const requestQuery = `SELECT g.id, g.person_id, gp.name AS person_name, gp.number AS person_number, g.role, g.unit_id, coalesce(gu.name, '') AS unit_name,
g.starts_on::text AS starts, g.ends_on::text AS ends, g.reason, g.requested_by AS granted_by, gg.name AS granter_name, g.requested_at AS created_at,
g.state, g.decided_by, coalesce(gd.name, '') AS decider_name, g.decided_at, g.decide_reason, g.grant_id
FROM grant_requests g JOIN people gp ON gp.id = g.person_id LEFT JOIN units gu ON gu.id = g.unit_id
JOIN people gg ON gg.id = g.requested_by LEFT JOIN people gd ON gd.id = g.decided_by `

// Requests implements org.GrantStore.
func (s *GrantStore) Requests(ctx context.Context, scope domain.Scope, open bool, p domain.Paging) (domain.Page[org.GrantRequest], error) {
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return domain.Page[org.GrantRequest]{}, err
	}
	where := scopeGrants(scopePeople(scope, "g.person_id"), scopeUnits(scope, "gu.path"), scopeAll(scope))
	order, past := "g.requested_at DESC, g.id DESC", "<"
	if open {
		where, order, past = bun.SafeQuery("g.state = 'requested' AND ?", where), "g.requested_at, g.id", ">"
	}
	if key != nil {
		at, err := time.Parse(time.RFC3339Nano, key[0])
		if err != nil {
			return domain.Page[org.GrantRequest]{}, domain.E(domain.Invalid, "page.bad_token")
		}
		where = bun.SafeQuery("? AND (g.requested_at, g.id) "+past+" (?, ?::uuid)", where, at, key[1])
	}
	var rows []requestRow
	if err := s.db.NewRaw(requestQuery+"WHERE ? ORDER BY "+order+" LIMIT ?", where, p.Size()+1).Scan(ctx, &rows); err != nil {
		return domain.Page[org.GrantRequest]{}, fail(err, "list grant requests", "")
	}
	list := make([]org.GrantRequest, len(rows))
	for i := range rows {
		list[i] = rows[i].request()
	}
	return domain.Cut(list, p.Size(), func(r org.GrantRequest) []string { return []string{r.RequestedAt.Format(time.RFC3339Nano), r.ID} }), nil
}

// RequestForUpdate implements org.GrantStore.
func (s *GrantStore) RequestForUpdate(ctx context.Context, scope domain.Scope, id string) (*org.GrantRequest, error) {
	var row requestRow
	within := scopeGrants(scopePeople(scope, "g.person_id"), scopeUnits(scope, "gu.path"), scopeAll(scope))
	if err := s.db.NewRaw(requestQuery+"WHERE g.id = ? AND ? FOR UPDATE OF g", id, within).Scan(ctx, &row); err != nil {
		return nil, fail(err, "lock grant request", "grant.request_unknown")
	}
	r := row.request()
	return &r, nil
}

// InsertRequest implements org.GrantStore.
func (s *GrantStore) InsertRequest(ctx context.Context, r *org.GrantRequest) error {
	_, err := s.db.NewRaw(`INSERT INTO grant_requests (id, person_id, role, unit_id, starts_on, ends_on, reason, requested_by) VALUES (?, ?, ?, ?, ?::date, ?::date, ?, ?)`,
		r.ID, r.PersonID, string(r.Role), r.UnitID, r.From, r.Until, r.Reason, r.GrantedBy).Exec(ctx)
	return fail(err, "insert grant request", "", "grant_requests_open_key", "grant.request_open")
}

// SaveRequest implements org.GrantStore.
func (s *GrantStore) SaveRequest(ctx context.Context, r *org.GrantRequest) error {
	res, err := s.db.NewRaw(`UPDATE grant_requests SET state = ?, decided_by = ?, decided_at = clock_timestamp(), decide_reason = ?, grant_id = ?
WHERE id = ? AND state = 'requested'`, r.State, r.DecidedBy, r.DecideReason, r.GrantID, r.ID).Exec(ctx)
	return mustAffect(res, err, "save grant request", "grant.request_unknown")
}

// HoldsGrant implements org.PersonStore and org.ConnectionStore.
func (b base) HoldsGrant(ctx context.Context, personID string) (holds bool, err error) {
	err = b.db.NewRaw("SELECT EXISTS (SELECT 1 FROM grants WHERE person_id = ? AND period && daterange(civil_today(), NULL))", personID).Scan(ctx, &holds)
	return holds, fail(err, "read grants", "")
}
