package postgres

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/org"
)

// GrantStore is org.GrantStore.
type GrantStore struct{ base }

// Grants returns the store of granted roles.
func (db *DB) Grants() *GrantStore { return &GrantStore{db.base()} }

var _ org.GrantStore = (*GrantStore)(nil)

type grantRow struct {
	ID, PersonID, Role, UnitName, Starts, Reason string
	UnitID, Ends, GrantedBy                      *string
	EndedAt                                      *time.Time
}

func (r *grantRow) grant() org.Grant {
	return org.Grant{
		ID: r.ID, PersonID: r.PersonID, Role: org.Role(r.Role), UnitID: r.UnitID, UnitName: r.UnitName, From: r.Starts, Until: r.Ends,
		Reason: r.Reason, GrantedBy: r.GrantedBy, EndedAt: r.EndedAt,
	}
}

const grantColumns = `g.id, g.person_id, g.role, g.unit_id, coalesce(gu.name, '') AS unit_name,
coalesce(g.starts_on, lower(g.period))::text AS starts, upper(g.period)::text AS ends, g.reason, g.granted_by, g.ended_at`

// InTx implements org.GrantStore.
func (s *GrantStore) InTx(ctx context.Context, fn func(context.Context, org.GrantStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &GrantStore{tx}) })
}

// GrantsOf implements org.GrantStore.
func (s *GrantStore) GrantsOf(ctx context.Context, personID string) ([]org.Grant, error) {
	var rows []grantRow
	err := s.db.NewRaw("SELECT "+grantColumns+` FROM grants g LEFT JOIN units gu ON gu.id = g.unit_id
WHERE g.person_id = ? AND g.period && daterange(civil_today(), NULL) ORDER BY g.id`, personID).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "list grants", "")
	}
	out := make([]org.Grant, len(rows))
	for i := range rows {
		out[i] = rows[i].grant()
	}
	return out, nil
}

// GrantForUpdate implements org.GrantStore.
func (s *GrantStore) GrantForUpdate(ctx context.Context, scope domain.Scope, id string) (*org.Grant, error) {
	var row grantRow
	err := s.db.NewRaw("SELECT "+grantColumns+` FROM grants g LEFT JOIN units gu ON gu.id = g.unit_id
WHERE g.id = ?0 AND ?1 AND CASE WHEN g.unit_id IS NULL THEN ?2 ELSE ?3 END FOR UPDATE OF g`,
		id, scopePeople(scope, "g.person_id"), scopeAll(scope), scopeUnits(scope, "gu.path")).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "lock grant", "grant.unknown")
	}
	g := row.grant()
	return &g, nil
}

// InsertGrant implements org.GrantStore.
func (s *GrantStore) InsertGrant(ctx context.Context, g *org.Grant) error {
	_, err := s.db.NewRaw("INSERT INTO grants (id, person_id, role, unit_id, period, granted_by, reason) VALUES (?, ?, ?, ?, daterange(?::date, ?::date), ?, ?)",
		g.ID, g.PersonID, string(g.Role), g.UnitID, g.From, g.Until, g.GrantedBy, g.Reason).Exec(ctx)
	return fail(err, "insert grant", "")
}

// EndGrant implements org.GrantStore. A grant that has held on no day yet ends
// with an empty period, which holds on none.
func (s *GrantStore) EndGrant(ctx context.Context, id, by, reason string) error {
	res, err := s.db.NewRaw(`UPDATE grants SET starts_on = lower(period), ended_at = clock_timestamp(), ended_by = ?, end_reason = ?,
period = CASE WHEN lower(period) < civil_today() THEN daterange(lower(period), civil_today()) ELSE 'empty' END
WHERE id = ? AND ended_at IS NULL`, nullable(by), reason, id).Exec(ctx)
	return mustAffect(res, err, "end grant", "grant.unknown")
}
