package postgres

import (
	"context"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/org"
)

// UnitStore is org.UnitStore.
type UnitStore struct{ base }

// Units returns the store of the two trees.
func (db *DB) Units() *UnitStore { return &UnitStore{db.base()} }

var _ org.UnitStore = (*UnitStore)(nil)

type unitRow struct {
	bun.BaseModel `bun:"table:units,alias:u"`
	org.Unit
}

// unitColumns reads a date as a civil date, not as a moment.
const unitColumns = "u.id, u.tree, u.parent_id, u.path::text AS path, u.name, u.kind, u.position, u.closed_on::text AS closed_on, u.created_at"

// InTx implements org.UnitStore.
func (s *UnitStore) InTx(ctx context.Context, fn func(context.Context, org.UnitStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &UnitStore{tx}) })
}

// Units implements org.UnitStore. A person is once in a tree, so the people of
// a subtree are the sum of those of its units.
func (s *UnitStore) Units(ctx context.Context, scope domain.Scope, f org.UnitFilter) ([]org.UnitNode, error) {
	var rows []struct {
		org.Unit
		PathNames []string `bun:",array"`
		People    int
	}
	err := s.db.NewRaw(`
WITH held AS MATERIALIZED (
  SELECT m.unit_id, count(*) AS n FROM memberships m WHERE m.tree = ?0 AND m.period @> civil_today() GROUP BY m.unit_id)
SELECT `+unitColumns+`,
  (SELECT array_agg(a.name ORDER BY nlevel(a.path)) FROM units a WHERE a.path @> u.path) AS path_names,
  (SELECT coalesce(sum(h.n), 0) FROM held h JOIN units d ON d.id = h.unit_id WHERE d.path <@ u.path) AS people
FROM units u
WHERE u.tree = ?0 AND (?1 OR u.closed_on IS NULL OR u.closed_on > civil_today()) AND ?2
ORDER BY nlevel(u.path), u.position, u.name, u.id LIMIT ?3`,
		f.Tree, f.Closed, scopeUnits(scope, "u.path"), org.MaxUnits).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "list units", "")
	}
	out := make([]org.UnitNode, len(rows))
	for i, r := range rows {
		out[i] = org.UnitNode{Unit: r.Unit, PathNames: r.PathNames, People: r.People}
	}
	return out, nil
}

// UnitForUpdate implements org.UnitStore.
func (s *UnitStore) UnitForUpdate(ctx context.Context, scope domain.Scope, id string) (*org.Unit, error) {
	return s.lockUnit(ctx, scope, id, "FOR UPDATE")
}

// UnitForShare implements org.UnitStore.
func (s *UnitStore) UnitForShare(ctx context.Context, scope domain.Scope, id string) (*org.Unit, error) {
	return s.lockUnit(ctx, scope, id, "FOR SHARE")
}

func (s *UnitStore) lockUnit(ctx context.Context, scope domain.Scope, id, lock string) (*org.Unit, error) {
	var row unitRow
	err := s.db.NewRaw("SELECT "+unitColumns+" FROM units u WHERE u.id = ? AND ? "+lock+" OF u", id, scopeUnits(scope, "u.path")).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "lock unit", "unit.unknown")
	}
	return &row.Unit, nil
}

// Reaches implements org.UnitStore, org.PersonStore and org.GrantStore.
func (b base) Reaches(ctx context.Context, scope domain.Scope) (all bool, err error) {
	err = b.db.NewRaw(`SELECT EXISTS (SELECT 1 FROM grants g JOIN role_permissions r ON r.role = g.role AND r.permission = ?
WHERE g.person_id = ? AND g.unit_id IS NULL AND g.period @> civil_today())`, scope.Permission, scope.ActorID).Scan(ctx, &all)
	return all, fail(err, "read scope", "")
}

// UnitsForShare implements org.PersonStore and org.GrantStore.
func (b base) UnitsForShare(ctx context.Context, scope domain.Scope, ids []string) (map[string]org.Unit, error) {
	if len(ids) == 0 {
		return map[string]org.Unit{}, nil
	}
	var rows []unitRow
	err := b.db.NewRaw("SELECT "+unitColumns+" FROM units u WHERE u.id IN (?) AND ? ORDER BY u.id FOR SHARE OF u",
		bun.List(ids), scopeUnits(scope, "u.path")).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "lock units", "")
	}
	out := make(map[string]org.Unit, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Unit
	}
	return out, nil
}

// InsertUnit implements org.UnitStore.
func (s *UnitStore) InsertUnit(ctx context.Context, u *org.Unit) error {
	_, err := s.db.NewRaw("INSERT INTO units (id, tree, parent_id, path, name, kind, position) VALUES (?, ?, ?, ?::ltree, ?, ?, ?)",
		u.ID, u.Tree, u.ParentID, u.Path, u.Name, u.Kind, u.Position).Exec(ctx)
	return fail(err, "insert unit", "", "units_parent_id_name_key", "unit.name_taken")
}

// SaveUnit implements org.UnitStore: name, kind, position and closing.
func (s *UnitStore) SaveUnit(ctx context.Context, u *org.Unit) error {
	res, err := s.db.NewRaw("UPDATE units SET name = ?, kind = ?, position = ?, closed_on = ? WHERE id = ?",
		u.Name, u.Kind, u.Position, u.ClosedOn, u.ID).Exec(ctx)
	return mustAffect(res, err, "save unit", "unit.unknown", "units_parent_id_name_key", "unit.name_taken")
}

// Occupants implements org.UnitStore.
func (s *UnitStore) Occupants(ctx context.Context, id, from string) (children, members int, err error) {
	err = s.db.NewRaw(`SELECT (SELECT count(*) FROM units WHERE parent_id = ?0 AND (closed_on IS NULL OR closed_on > ?1::date)),
(SELECT count(*) FROM memberships WHERE unit_id = ?0 AND period && daterange(?1::date, NULL))`, id, from).Scan(ctx, &children, &members)
	return children, members, fail(err, "count occupants", "")
}
