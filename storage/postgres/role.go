package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"zhixing/domain/org"
)

// RoleStore is org.RoleStore.
type RoleStore struct{ base }

// Roles returns the store of roles.
func (db *DB) Roles() *RoleStore { return &RoleStore{db.base()} }

var _ org.RoleStore = (*RoleStore)(nil)

type roleRow struct {
	Key, NameZH, NameEN, Description, Reach, RetireReason, CreatorName string
	Permissions                                                        []string `bun:",array"`
	BuiltIn, Approval, SecondFactor                                    bool
	Version, Holders                                                   int
	CreatedAt, ChangedAt                                               time.Time
	CreatedBy                                                          *string
	RetiredAt                                                          *time.Time
}

func (r *roleRow) definition() org.RoleDefinition {
	d := org.RoleDefinition{
		Key: org.Role(r.Key), BuiltIn: r.BuiltIn, NameZH: r.NameZH, NameEN: r.NameEN, Description: r.Description, Reach: r.Reach,
		Approval: r.Approval, SecondFactor: r.SecondFactor, Version: r.Version, RetiredAt: r.RetiredAt, RetireReason: r.RetireReason,
		Holders: r.Holders, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt, CreatorName: r.CreatorName,
	}
	if r.CreatedBy != nil {
		d.CreatedBy = *r.CreatedBy
	}
	for _, known := range org.PermissionList() { // in the order of the catalogue
		for _, p := range r.Permissions {
			if p == string(known.Key) {
				d.Permissions = append(d.Permissions, known.Key)
			}
		}
	}
	return d
}

const roleColumns = `r.key, r.built_in, r.name_zh, r.name_en, r.description, r.reach, r.approval, r.second_factor, r.version, r.retired_at, r.retire_reason,
r.created_at, r.changed_at, r.created_by, coalesce(c.name, '') AS creator_name,
coalesce((SELECT array_agg(rp.permission) FROM role_permissions rp WHERE rp.role = r.key), '{}') AS permissions,
(SELECT count(DISTINCT g.person_id) FROM grants g WHERE g.role = r.key AND g.period @> civil_today()) AS holders`

// InTx implements org.RoleStore.
func (s *RoleStore) InTx(ctx context.Context, fn func(context.Context, org.RoleStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &RoleStore{tx}) })
}

// Roles implements org.RoleStore.
func (s *RoleStore) Roles(ctx context.Context) ([]org.RoleDefinition, error) {
	var rows []roleRow
	err := s.db.NewRaw("SELECT "+roleColumns+` FROM roles r LEFT JOIN people c ON c.id = r.created_by
ORDER BY r.retired_at IS NOT NULL, r.position, r.name_zh, r.key LIMIT 1000`).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "list roles", "")
	}
	out := make([]org.RoleDefinition, len(rows))
	for i := range rows {
		out[i] = rows[i].definition()
	}
	return out, nil
}

func (b base) role(ctx context.Context, key org.Role, lock string) (*org.RoleDefinition, error) {
	var row roleRow
	err := b.db.NewRaw("SELECT "+roleColumns+" FROM roles r LEFT JOIN people c ON c.id = r.created_by WHERE r.key = ? "+lock, string(key)).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "read role", "role.unknown")
	}
	d := row.definition()
	return &d, nil
}

// Role implements org.RoleStore.
func (s *RoleStore) Role(ctx context.Context, key org.Role) (*org.RoleDefinition, error) {
	return s.role(ctx, key, "")
}

// RoleForUpdate implements org.RoleStore. The lock comes first: what the role
// carries is read by a statement that sees what was committed before it.
func (s *RoleStore) RoleForUpdate(ctx context.Context, key org.Role) (*org.RoleDefinition, error) {
	return s.lockRole(ctx, key, "FOR UPDATE")
}

// RoleForShare implements org.GrantStore.
func (b base) RoleForShare(ctx context.Context, key org.Role) (*org.RoleDefinition, error) {
	return b.lockRole(ctx, key, "FOR SHARE")
}

func (b base) lockRole(ctx context.Context, key org.Role, lock string) (*org.RoleDefinition, error) {
	if _, err := b.db.NewRaw("SELECT 1 FROM roles WHERE key = ? "+lock, string(key)).Exec(ctx); err != nil {
		return nil, fail(err, "lock role", "")
	}
	return b.role(ctx, key, "")
}

// InsertRole implements org.RoleStore.
func (s *RoleStore) InsertRole(ctx context.Context, d *org.RoleDefinition) error {
	_, err := s.db.NewRaw(`INSERT INTO roles (key, name_zh, name_en, description, reach, approval, second_factor, created_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, string(d.Key), d.NameZH, d.NameEN, d.Description, d.Reach, d.Approval, d.SecondFactor, nullable(d.CreatedBy)).Exec(ctx)
	if err != nil {
		return fail(err, "insert role", "", "roles_name_zh_key", "role.name_taken")
	}
	return s.carry(ctx, d)
}

// carry makes what the table says a role carries equal to its definition.
func (s *RoleStore) carry(ctx context.Context, d *org.RoleDefinition) error {
	keys := make([]string, len(d.Permissions))
	for i, p := range d.Permissions {
		keys[i] = string(p)
	}
	if _, err := s.db.NewRaw("DELETE FROM role_permissions WHERE role = ? AND permission NOT IN (?)", string(d.Key), bun.List(keys)).Exec(ctx); err != nil {
		return fail(err, "take permissions", "")
	}
	_, err := s.db.NewRaw("INSERT INTO role_permissions (role, permission) SELECT ?, unnest(ARRAY[?]::text[]) ON CONFLICT DO NOTHING",
		string(d.Key), bun.List(keys)).Exec(ctx)
	return fail(err, "give permissions", "")
}

// SaveRole implements org.RoleStore.
func (s *RoleStore) SaveRole(ctx context.Context, d *org.RoleDefinition) error {
	res, err := s.db.NewRaw(`UPDATE roles SET name_zh = ?, name_en = ?, description = ?, reach = ?, approval = ?, second_factor = ?,
version = version + 1, changed_at = clock_timestamp() WHERE key = ? AND version = ? AND NOT built_in AND retired_at IS NULL`,
		d.NameZH, d.NameEN, d.Description, d.Reach, d.Approval, d.SecondFactor, string(d.Key), d.Version).Exec(ctx)
	if err := mustAffect(res, err, "save role", "role.unknown", "roles_name_zh_key", "role.name_taken"); err != nil {
		return err
	}
	d.Version++
	if err := s.carry(ctx, d); err != nil {
		return err
	}
	_, err = s.db.NewRaw(`UPDATE sessions SET rotate_due = true WHERE revoked_at IS NULL AND NOT rotate_due
AND person_id IN (SELECT person_id FROM grants WHERE role = ? AND period @> civil_today())`, string(d.Key)).Exec(ctx)
	return fail(err, "have tokens replaced", "")
}

// RetireRole implements org.RoleStore.
func (s *RoleStore) RetireRole(ctx context.Context, key org.Role, by, reason string) (ended int, err error) {
	res, err := s.db.NewRaw(`UPDATE roles SET retired_at = clock_timestamp(), retired_by = ?, retire_reason = ?, version = version + 1, changed_at = clock_timestamp()
WHERE key = ? AND retired_at IS NULL AND NOT built_in`, by, reason, string(key)).Exec(ctx)
	if err := mustAffect(res, err, "retire role", "role.unknown"); err != nil {
		return 0, err
	}
	_, err = s.db.NewRaw(`UPDATE grant_requests SET state = 'refused', decided_at = clock_timestamp(), decide_reason = ? WHERE role = ? AND state = 'requested'`,
		reason, string(key)).Exec(ctx)
	if err != nil {
		return 0, fail(err, "refuse requests", "")
	}
	res, err = s.db.NewRaw(endGrants+" WHERE role = ? AND ended_at IS NULL AND period && daterange(civil_today(), NULL)", by, reason, string(key)).Exec(ctx)
	if err != nil {
		return 0, fail(err, "end grants", "")
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "end grants", "")
}

type keptRole struct {
	NameZH       string           `json:"name_zh"`
	NameEN       string           `json:"name_en"`
	Description  string           `json:"description"`
	Permissions  []org.Permission `json:"permissions"`
	Reach        string           `json:"reach"`
	Approval     bool             `json:"approval"`
	SecondFactor bool             `json:"second_factor"`
}

// KeepVersion implements org.RoleStore.
func (s *RoleStore) KeepVersion(ctx context.Context, key org.Role, v *org.RoleVersion) error {
	d := v.Definition
	raw, err := json.Marshal(keptRole{d.NameZH, d.NameEN, d.Description, d.Permissions, d.Reach, d.Approval, d.SecondFactor})
	if err != nil {
		return fmt.Errorf("encode role: %w", err)
	}
	_, err = s.db.NewRaw(`INSERT INTO role_versions (role, version, what, definition, reason, grants_ended, changed_by) VALUES (?, ?, ?, ?::jsonb, ?, ?, ?)`,
		string(key), v.Version, v.What, string(raw), v.Reason, v.GrantsEnded, nullable(v.By)).Exec(ctx)
	return fail(err, "keep role version", "")
}

// Versions implements org.RoleStore.
func (s *RoleStore) Versions(ctx context.Context, key org.Role) ([]org.RoleVersion, error) {
	var rows []struct {
		Version, GrantsEnded                 int
		What, Definition, Reason, By, ByName string
		At                                   time.Time
	}
	err := s.db.NewRaw(`SELECT v.version, v.grants_ended, v.what, v.definition, v.reason, coalesce(v.changed_by::text, '') AS by, coalesce(p.name, '') AS by_name, v.changed_at AS at
FROM role_versions v LEFT JOIN people p ON p.id = v.changed_by WHERE v.role = ? ORDER BY v.version DESC LIMIT 200`, string(key)).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "read role history", "")
	}
	out := make([]org.RoleVersion, len(rows))
	for i, r := range rows {
		var k keptRole
		if err := json.Unmarshal([]byte(r.Definition), &k); err != nil {
			return nil, fail(err, "read role history", "")
		}
		out[i] = org.RoleVersion{Version: r.Version, What: r.What, Reason: r.Reason, By: r.By, ByName: r.ByName, At: r.At, GrantsEnded: r.GrantsEnded}
		out[i].Definition = org.RoleDefinition{
			Key: key, NameZH: k.NameZH, NameEN: k.NameEN, Description: k.Description, Permissions: k.Permissions, Reach: k.Reach, Approval: k.Approval,
			SecondFactor: k.SecondFactor, Version: r.Version,
		}
	}
	return out, nil
}

// HoldsRole implements org.RoleStore.
func (s *RoleStore) HoldsRole(ctx context.Context, key org.Role, personID string) (holds bool, err error) {
	err = s.db.NewRaw(`SELECT EXISTS (SELECT 1 FROM grants WHERE role = ?0 AND person_id = ?1 AND period && daterange(civil_today(), NULL))
OR EXISTS (SELECT 1 FROM grant_requests WHERE role = ?0 AND person_id = ?1 AND state = 'requested')`, string(key), personID).Scan(ctx, &holds)
	return holds, fail(err, "read holders", "")
}

// Effect implements org.RoleStore.
func (s *RoleStore) Effect(ctx context.Context, key org.Role, factor bool) (*org.RoleEffect, error) {
	out := &org.RoleEffect{}
	err := s.db.NewRaw(`SELECT DISTINCT ON (p.pinyin, p.id) p.id AS person_id, p.name, p.number, coalesce(u.name, '') AS unit_name
FROM grants g JOIN people p ON p.id = g.person_id LEFT JOIN units u ON u.id = g.unit_id
WHERE g.role = ? AND g.period && daterange(civil_today(), NULL) ORDER BY p.pinyin, p.id, g.unit_id NULLS FIRST LIMIT 100`, string(key)).Scan(ctx, &out.People)
	if err != nil {
		return nil, fail(err, "read effect", "")
	}
	err = s.db.NewRaw(`WITH h AS (SELECT DISTINCT person_id FROM grants WHERE role = ?0 AND period && daterange(civil_today(), NULL))
SELECT (SELECT count(*) FROM h), (SELECT count(*) FROM grant_requests WHERE role = ?0 AND state = 'requested'),
  (SELECT count(*) FROM h JOIN accounts a ON a.person_id = h.person_id WHERE ?1 AND a.totp_secret = ''
   AND NOT EXISTS (SELECT 1 FROM passkeys k WHERE k.person_id = h.person_id))`, string(key), factor).Scan(ctx, &out.Count, &out.Requests, &out.Factorless)
	return out, fail(err, "count effect", "")
}

// Lasting implements org.RoleStore.
func (s *RoleStore) Lasting(ctx context.Context, key org.Role, personID string) ([]org.Permission, error) {
	var keys []string
	err := s.db.NewRaw(`
WITH term AS (SELECT coalesce(range_merge(range_agg(period * daterange(civil_today(), NULL))), daterange(civil_today(), civil_today() + 1)) AS t
  FROM grants WHERE role = ? AND period && daterange(civil_today(), NULL))
SELECT DISTINCT rp.permission FROM grants g JOIN role_permissions rp ON rp.role = g.role CROSS JOIN term
WHERE g.person_id = ? AND g.unit_id IS NULL AND g.period @> civil_today() AND g.period @> term.t`, string(key), personID).Scan(ctx, &keys)
	out := make([]org.Permission, len(keys))
	for i, p := range keys {
		out[i] = org.Permission(p)
	}
	return out, fail(err, "read what lasts", "")
}
