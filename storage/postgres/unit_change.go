package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// LockTreeOf implements org.UnitStore.
func (s *UnitStore) LockTreeOf(ctx context.Context, unitID string) error {
	_, err := s.db.NewRaw("SELECT pg_advisory_xact_lock(7302010, hashtext(tree)) FROM units WHERE id = ?", unitID).Exec(ctx)
	return fail(err, "lock tree", "")
}

// Placements implements org.UnitStore.
func (s *UnitStore) Placements(ctx context.Context, tree string) ([]org.Placement, error) {
	var out []org.Placement
	err := s.db.NewRaw(`SELECT p.unit_id, coalesce(p.parent_id::text, '') AS parent_id, p.path::text AS path, coalesce(lower(p.period)::text, '') AS "from",
  coalesce(upper(p.period)::text, '') AS until FROM unit_placements p JOIN units u ON u.id = p.unit_id WHERE u.tree = ? ORDER BY p.unit_id, p.period`, tree).Scan(ctx, &out)
	return out, fail(err, "read placements", "")
}

// SavePlacements implements org.UnitStore.
func (s *UnitStore) SavePlacements(ctx context.Context, units []string, all []org.Placement) error {
	if len(units) == 0 {
		return nil
	}
	type row struct {
		UnitID   string  `json:"unit_id"`
		ParentID *string `json:"parent_id"`
		Path     string  `json:"path"`
		From     *string `json:"from"`
		Until    *string `json:"until"`
	}
	given := func(v string) *string {
		if v == "" {
			return nil
		}
		return &v
	}
	rows := make([]row, len(all))
	for i, p := range all {
		rows[i] = row{p.UnitID, given(p.ParentID), p.Path, given(p.From), given(p.Until)}
	}
	body, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode placements: %w", err)
	}
	if _, err := s.db.NewRaw("DELETE FROM unit_placements WHERE unit_id IN (?)", bun.List(units)).Exec(ctx); err != nil {
		return fail(err, "replace placements", "")
	}
	_, err = s.db.NewRaw(`INSERT INTO unit_placements (unit_id, parent_id, path, period)
SELECT p.unit_id, p.parent_id, p.path::ltree, daterange(p."from", p.until)
FROM jsonb_to_recordset(?::jsonb) AS p (unit_id uuid, parent_id uuid, path text, "from" date, until date)`, string(body)).Exec(ctx)
	return fail(err, "write placements", "")
}

// RenameFrom implements org.UnitStore.
func (s *UnitStore) RenameFrom(ctx context.Context, unitID, name, kind, on string) error {
	var until *string
	err := s.db.NewRaw("SELECT upper(period)::text FROM unit_names WHERE unit_id = ? AND period @> ?::date FOR UPDATE", unitID, on).Scan(ctx, &until)
	if err != nil {
		return fail(err, "read names", "unit.not_open")
	}
	for _, q := range []string{
		"DELETE FROM unit_names WHERE unit_id = ?0 AND period @> ?3::date AND lower(period) = ?3::date",
		"UPDATE unit_names SET period = daterange(lower(period), ?3::date) WHERE unit_id = ?0 AND period @> ?3::date",
		"INSERT INTO unit_names (unit_id, name, kind, period) VALUES (?0, ?1, ?2, daterange(?3::date, ?4::date))",
	} {
		if _, err := s.db.NewRaw(q, unitID, name, kind, on, until).Exec(ctx); err != nil {
			return fail(err, "rename unit", "")
		}
	}
	return nil
}

// SyncUnits implements org.UnitStore. What lists of hours keep of the units of
// the people below follows in the same transaction.
func (s *UnitStore) SyncUnits(ctx context.Context, tree string) (int, error) {
	var changed []string
	err := s.db.NewRaw(`UPDATE units u SET parent_id = p.parent_id, path = p.path, name = n.name, kind = n.kind, version = u.version + 1
FROM unit_placements p, unit_names n
WHERE u.tree = ? AND p.unit_id = u.id AND p.period @> civil_today() AND n.unit_id = u.id AND n.period @> civil_today()
  AND (u.parent_id, u.path, u.name, u.kind) IS DISTINCT FROM (p.parent_id, p.path, n.name, n.kind)
RETURNING u.id`, tree).Scan(ctx, &changed)
	if err != nil {
		return 0, fail(err, "bring units up to date", "", "units_parent_id_name_key", "unit.name_taken")
	}
	if len(changed) == 0 {
		return 0, nil
	}
	_, err = s.db.NewRaw(`UPDATE hour_obligations h SET unit_paths = x.paths, unit_name = x.name
FROM (SELECT m.person_id, (array_agg(u.name ORDER BY u.tree DESC))[1] AS name, array_agg(u.path ORDER BY u.tree DESC) AS paths
  FROM memberships m JOIN units u ON u.id = m.unit_id
  WHERE m.period @> civil_today() AND m.person_id IN (SELECT person_id FROM memberships WHERE unit_id IN (?) AND period @> civil_today())
  GROUP BY m.person_id) x
WHERE h.person_id = x.person_id AND (h.unit_paths, h.unit_name) IS DISTINCT FROM (x.paths, x.name)`, bun.List(changed)).Exec(ctx)
	return len(changed), fail(err, "bring lists of hours up to date", "")
}

// MembersOf implements org.UnitStore.
func (s *UnitStore) MembersOf(ctx context.Context, unitID, tree, from string) ([]org.Fact, error) {
	return s.factList(ctx, org.MembershipKind(tree), `SELECT a.id, a.person_id, a.unit_id::text AS value, lower(a.period)::text AS "from", upper(a.period)::text AS until, a.document, a.created_at
FROM memberships a WHERE a.tree = ?1 AND a.person_id IN (SELECT m.person_id FROM memberships m WHERE m.unit_id = ?0 AND m.period && daterange(?2::date, NULL))
ORDER BY a.person_id, a.period`, unitID, tree, from)
}

// PostsIn implements org.UnitStore.
func (s *UnitStore) PostsIn(ctx context.Context, unitID, from string) ([]org.Fact, error) {
	return s.factList(ctx, org.FactPost, `SELECT id, person_id, post AS value, note, unit_id::text AS unit_id, lower(period)::text AS "from", upper(period)::text AS until, document, created_at
FROM post_facts WHERE unit_id = ?0 AND period && daterange(?1::date, NULL) ORDER BY person_id, id`, unitID, from)
}

func (b base) factList(ctx context.Context, kind org.FactKind, query string, args ...any) ([]org.Fact, error) {
	var rows []factRow
	if err := b.db.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, fail(err, "read facts", "")
	}
	return factsOf(rows, kind), nil
}

const changeColumns = `c.id, c.unit_id, u.name AS unit_name, c.verb, c.target_id, coalesce(t.name, '') AS target_name, c.name, c.kind,
c.effective_on::text AS effective_on, c.reason, c.state, c.failure, c.people, c.planned_by, c.planned_at, c.applied_at, c.cancelled_by, c.cancelled_at, c.cancel_reason
FROM unit_changes c JOIN units u ON u.id = c.unit_id LEFT JOIN units t ON t.id = c.target_id`

// InsertChange implements org.UnitStore.
func (s *UnitStore) InsertChange(ctx context.Context, c *org.UnitChange) error {
	_, err := s.db.NewRaw(`INSERT INTO unit_changes (id, unit_id, verb, target_id, name, kind, effective_on, reason, state, people, planned_by, planned_at, applied_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, c.ID, c.UnitID, string(c.Verb), c.TargetID, c.Name, c.Kind, c.EffectiveOn, c.Reason, c.State, c.People,
		c.PlannedBy, c.PlannedAt, c.AppliedAt).Exec(ctx)
	return fail(err, "keep change", "")
}

// SaveChange implements org.UnitStore.
func (s *UnitStore) SaveChange(ctx context.Context, c *org.UnitChange) error {
	res, err := s.db.NewRaw(`UPDATE unit_changes SET state = ?, failure = ?, people = ?, applied_at = ?, cancelled_by = ?, cancelled_at = ?, cancel_reason = ? WHERE id = ?`,
		c.State, c.Failure, c.People, c.AppliedAt, c.CancelledBy, c.CancelledAt, c.CancelReason, c.ID).Exec(ctx)
	return mustAffect(res, err, "save change", "unit.change_unknown")
}

// ChangeForUpdate implements org.UnitStore.
func (s *UnitStore) ChangeForUpdate(ctx context.Context, scope domain.Scope, id string) (*org.UnitChange, error) {
	var c org.UnitChange
	err := s.db.NewRaw("SELECT "+changeColumns+" WHERE c.id = ? AND ? FOR UPDATE OF c", id, scopeUnits(scope, "u.path")).Scan(ctx, &c)
	if err != nil {
		return nil, fail(err, "lock change", "unit.change_unknown")
	}
	return &c, nil
}

// Changes implements org.UnitStore.
func (s *UnitStore) Changes(ctx context.Context, scope domain.Scope, unitID string, planned bool) ([]org.UnitChange, error) {
	order := "ORDER BY c.seq DESC"
	if planned {
		order = "AND c.state IN ('planned', 'failed') ORDER BY c.effective_on, c.seq"
	}
	var out []org.UnitChange
	err := s.db.NewRaw("SELECT "+changeColumns+" WHERE (?0 = '' OR c.unit_id::text = ?0) AND ?1 "+order+" LIMIT 500", unitID, scopeUnits(scope, "u.path")).Scan(ctx, &out)
	return out, fail(err, "list changes", "")
}

// DueChange implements org.UnitStore.
func (s *UnitStore) DueChange(ctx context.Context) (*org.UnitChange, error) {
	var c org.UnitChange
	err := s.db.NewRaw("SELECT "+changeColumns+" WHERE c.state = 'planned' AND c.effective_on <= civil_today() ORDER BY c.effective_on, c.seq LIMIT 1 FOR UPDATE OF c SKIP LOCKED").Scan(ctx, &c)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing is due
	}
	if err != nil {
		return nil, fail(err, "look for changes that are due", "")
	}
	return &c, nil
}

// UnitToChange implements org.UnitStore.
func (s *UnitStore) UnitToChange(ctx context.Context, id string) (*org.Unit, error) {
	var row unitRow
	if err := s.db.NewRaw("SELECT "+unitColumns+" FROM units u WHERE u.id = ? FOR UPDATE OF u", id).Scan(ctx, &row); err != nil {
		return nil, fail(err, "lock unit", "unit.unknown")
	}
	return &row.Unit, nil
}

// RecomputeBelow implements org.UnitStore.
func (s *UnitStore) RecomputeBelow(ctx context.Context, unitID, from string) error {
	j := job.RecomputePerson{}
	_, err := s.db.NewRaw(`INSERT INTO outbox (id, kind, queue, payload)
SELECT gen_random_uuid(), ?1, ?2, jsonb_build_object('person_id', m.person_id, 'year', y)
FROM units u JOIN units d ON d.path <@ u.path JOIN memberships m ON m.unit_id = d.id AND m.period @> civil_today(),
  generate_series(greatest(extract(year FROM ?3::date)::int, extract(year FROM civil_today())::int - 1), extract(year FROM civil_today())::int) y
WHERE u.id = ?0`, unitID, j.Kind(), job.QueueOf(j), from).Exec(ctx)
	return fail(err, "ask for obligations", "")
}

// UnitWatchers implements org.UnitStore.
func (s *UnitStore) UnitWatchers(ctx context.Context, unitID string) ([]org.Watcher, error) {
	var out []org.Watcher
	err := s.db.NewRaw(`SELECT DISTINCT h.id AS person_id, h.name, g.role, u.name AS unit FROM units mu JOIN units u ON mu.path <@ u.path
JOIN grants g ON g.unit_id = u.id AND g.period @> civil_today()
JOIN role_permissions r ON r.role = g.role AND r.permission = ?
JOIN people h ON h.id = g.person_id
WHERE mu.id = ? ORDER BY h.name, h.id, g.role, u.name LIMIT 500`, string(org.PermPeopleRead), unitID).Scan(ctx, &out)
	return out, fail(err, "read watchers", "")
}

// SubtreePeople implements org.UnitStore.
func (s *UnitStore) SubtreePeople(ctx context.Context, unitID string) (n int, err error) {
	err = s.db.NewRaw(`SELECT count(*) FROM units u JOIN units d ON d.path <@ u.path JOIN memberships m ON m.unit_id = d.id AND m.period @> civil_today()
WHERE u.id = ?`, unitID).Scan(ctx, &n)
	return n, fail(err, "count people", "")
}

// PathNames implements org.UnitStore.
func (s *UnitStore) PathNames(ctx context.Context, unitID string) (map[string][]string, error) {
	var rows []struct {
		ID    string
		Names []string `bun:",array"`
	}
	err := s.db.NewRaw(`SELECT d.id, (SELECT array_agg(a.name ORDER BY nlevel(a.path)) FROM units a WHERE a.path @> d.path) AS names
FROM units u JOIN units d ON d.path <@ u.path AND (d.closed_on IS NULL OR d.closed_on > civil_today()) WHERE u.id = ?`, unitID).Scan(ctx, &rows)
	out := make(map[string][]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Names
	}
	return out, fail(err, "read paths", "")
}
