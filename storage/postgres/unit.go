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
const unitColumns = "u.id, u.tree, u.parent_id, u.path::text AS path, u.name, u.kind, u.position, u.opened_on::text AS opened_on, u.closed_on::text AS closed_on, u.version, u.created_at"

// InTx implements org.UnitStore.
func (s *UnitStore) InTx(ctx context.Context, fn func(context.Context, org.UnitStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &UnitStore{tx}) })
}

// Units implements org.UnitStore. A person is once in a tree, so the people of
// a subtree are the sum of those of its units.
func (s *UnitStore) Units(ctx context.Context, scope domain.Scope, f org.UnitFilter) ([]org.UnitNode, error) {
	if f.AsOf != "" {
		return s.unitsAsOf(ctx, scope, f)
	}
	var rows []unitNodeRow
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
	return unitNodes(rows), nil
}

type unitNodeRow struct {
	org.Unit
	PathNames   []string `bun:",array"`
	People      int
	ExternalKey string
}

func unitNodes(rows []unitNodeRow) []org.UnitNode {
	out := make([]org.UnitNode, len(rows))
	for i, r := range rows {
		out[i] = org.UnitNode{Unit: r.Unit, PathNames: r.PathNames, People: r.People, ExternalKey: r.ExternalKey}
	}
	return out
}

// unitsAsOf is Units for another day. Who may see a unit is a question of today;
// where it stood, what it was called and who was in it are of that day.
func (s *UnitStore) unitsAsOf(ctx context.Context, scope domain.Scope, f org.UnitFilter) ([]org.UnitNode, error) {
	var rows []unitNodeRow
	err := s.db.NewRaw(`
WITH held AS MATERIALIZED (
  SELECT m.unit_id, count(*) AS n FROM memberships m WHERE m.tree = ?0 AND m.period @> ?4::date GROUP BY m.unit_id)
SELECT u.id, u.tree, p.parent_id, p.path::text AS path, n.name, n.kind, u.position, u.opened_on::text AS opened_on, u.closed_on::text AS closed_on,
  u.version, u.created_at,
  (SELECT array_agg(an.name ORDER BY nlevel(a.path)) FROM unit_placements a JOIN unit_names an ON an.unit_id = a.unit_id AND an.period @> ?4::date
   WHERE a.path @> p.path AND a.period @> ?4::date) AS path_names,
  (SELECT coalesce(sum(h.n), 0) FROM held h JOIN unit_placements d ON d.unit_id = h.unit_id AND d.period @> ?4::date WHERE d.path <@ p.path) AS people
FROM units u
JOIN unit_placements p ON p.unit_id = u.id AND p.period @> ?4::date
JOIN unit_names n ON n.unit_id = u.id AND n.period @> ?4::date
WHERE u.tree = ?0 AND (?1 OR u.closed_on IS NULL OR u.closed_on > ?4::date) AND ?2
ORDER BY nlevel(p.path), u.position, n.name, u.id LIMIT ?3`,
		f.Tree, f.Closed, scopeUnits(scope, "u.path"), org.MaxUnits, f.AsOf).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "list units of a day", "")
	}
	return unitNodes(rows), nil
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
	_, err := s.db.NewRaw("INSERT INTO units (id, tree, parent_id, path, name, kind, position, opened_on) VALUES (?, ?, ?, ?::ltree, ?, ?, ?, ?)",
		u.ID, u.Tree, u.ParentID, u.Path, u.Name, u.Kind, u.Position, u.OpenedOn).Exec(ctx)
	return fail(err, "insert unit", "", "units_parent_id_name_key", "unit.name_taken")
}

// SaveUnit implements org.UnitStore.
func (s *UnitStore) SaveUnit(ctx context.Context, u *org.Unit) error {
	res, err := s.db.NewRaw("UPDATE units SET position = ?, closed_on = ?, version = version + 1 WHERE id = ? AND version = ?",
		u.Position, u.ClosedOn, u.ID, u.Version).Exec(ctx)
	if err != nil {
		return fail(err, "save unit", "", "units_parent_id_name_key", "unit.name_taken")
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return domain.E(domain.Conflict, "unit.changed_meanwhile")
	}
	u.Version++
	return nil
}

// Occupants implements org.UnitStore.
func (s *UnitStore) Occupants(ctx context.Context, id, from string) (children, members int, err error) {
	err = s.db.NewRaw(`SELECT (SELECT count(DISTINCT c.id) FROM unit_placements p JOIN units c ON c.id = p.unit_id
  WHERE p.parent_id = ?0 AND p.period && daterange(?1::date, NULL) AND (c.closed_on IS NULL OR c.closed_on > ?1::date)),
(SELECT count(*) FROM memberships WHERE unit_id = ?0 AND period && daterange(?1::date, NULL))`, id, from).Scan(ctx, &children, &members)
	return children, members, fail(err, "count occupants", "")
}
