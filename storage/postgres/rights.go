package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/org"
)

// RightStore is org.RightStore.
type RightStore struct{ base }

// Rights returns the store that says who can see what.
func (db *DB) Rights() *RightStore { return &RightStore{db.base()} }

var _ org.RightStore = (*RightStore)(nil)

// Rights implements org.RightStore.
func (s *RightStore) Rights(ctx context.Context, scope domain.Scope, personID string) (string, []org.Right, error) {
	var rows []struct {
		grantRow
		TargetName             string
		PathNames, Permissions []string `bun:",array"`
		Coming                 bool
		People                 int
	}
	err := s.db.NewRaw("SELECT p.name AS target_name, w.* FROM people p LEFT JOIN LATERAL (SELECT "+grantColumns+`,
coalesce((SELECT array_agg(a.name ORDER BY nlevel(a.path)) FROM units a WHERE a.path @> gu.path), '{}') AS path_names,
coalesce((SELECT array_agg(rp.permission) FROM role_permissions rp WHERE rp.role = g.role), '{}') AS permissions,
NOT g.period @> civil_today() AS coming,
CASE WHEN g.unit_id IS NULL THEN (SELECT count(*) FROM people) ELSE
  (SELECT count(DISTINCT m.person_id) FROM units mu JOIN memberships m ON m.unit_id = mu.id AND m.period @> civil_today() WHERE mu.path <@ gu.path) END AS people`+
		grantTables+`WHERE g.person_id = p.id AND g.period && daterange(civil_today(), NULL) ORDER BY g.unit_id IS NOT NULL, g.created_at, g.id LIMIT 1000) w ON true
WHERE p.id = ? AND ? ORDER BY w.unit_id IS NOT NULL, w.created_at, w.id`, personID, scopePeople(scope, "p.id")).Scan(ctx, &rows)
	if err != nil {
		return "", nil, fail(err, "list rights", "")
	}
	if len(rows) == 0 {
		return "", nil, domain.E(domain.NotFound, "person.unknown")
	}
	out := []org.Right{}
	for _, r := range rows {
		if r.ID != "" { // else one row, for the name of who holds nothing
			out = append(out, org.Right{Grant: r.grant(), PathNames: r.PathNames, Permissions: org.InOrder(r.Permissions), Coming: r.Coming, People: r.People})
		}
	}
	return rows[0].TargetName, out, nil
}

// through is the unit within a grant's (gu) of which the person (?0) is a member today.
const through = `LEFT JOIN LATERAL (SELECT mu.id, mu.name FROM memberships m JOIN units mu ON mu.id = m.unit_id
  WHERE m.person_id = ?0 AND m.period @> civil_today() AND mu.path <@ gu.path ORDER BY nlevel(mu.path) DESC, mu.id LIMIT 1) tu ON true `

func opening() []string {
	var out []string
	for _, p := range org.OpeningOthers() {
		out = append(out, string(p))
	}
	return out
}

// Watchers implements org.RightStore: the condition of scope read the other way round.
func (s *RightStore) Watchers(ctx context.Context, scope domain.Scope, personID string, p domain.Paging) (*org.Watching, error) {
	key, err := domain.DecodeToken(p.Token, 3)
	if err != nil {
		return nil, err
	}
	after := bun.SafeQuery("true")
	if key != nil {
		after = bun.SafeQuery("(gp.pinyin, gp.id, g.id) > (?, ?::uuid, ?::uuid)", key[0], key[1], key[2])
	}
	var rows []struct {
		grantRow
		TargetName, Pinyin string
		Permissions        []string `bun:",array"`
		ThroughID          *string
		ThroughName        string
	}
	err = s.db.NewRaw("SELECT p.name AS target_name, w.* FROM people p LEFT JOIN LATERAL (SELECT "+grantColumns+`, gp.pinyin, o.permissions, tu.id AS through_id,
coalesce(tu.name, '') AS through_name`+grantTables+through+`
JOIN accounts ac ON ac.person_id = gp.id AND ac.disabled_at IS NULL
JOIN LATERAL (SELECT array_agg(rp.permission) AS permissions FROM role_permissions rp WHERE rp.role = g.role AND rp.permission IN (?1)) o ON o.permissions IS NOT NULL
WHERE g.period @> civil_today() AND g.person_id <> p.id AND (g.unit_id IS NULL OR tu.id IS NOT NULL) AND ?3
ORDER BY gp.pinyin, gp.id, g.id LIMIT ?4) w ON true
WHERE p.id = ?0 AND ?2 ORDER BY w.pinyin, w.person_id, w.id`, personID, bun.List(opening()), scopePeople(scope, "p.id"), after, p.Size()+1).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "list watchers", "")
	}
	if len(rows) == 0 {
		return nil, domain.E(domain.NotFound, "person.unknown")
	}
	out := &org.Watching{Name: rows[0].TargetName}
	if len(rows) > p.Size() {
		rows = rows[:p.Size()]
		last := rows[len(rows)-1]
		out.Page.NextPageToken = domain.EncodeToken(last.Pinyin, last.PersonID, last.ID)
	}
	for _, r := range rows {
		if r.ID != "" { // else one row, for the name of whom nobody sees
			out.Page.Items = append(out.Page.Items, org.Sight{Grant: r.grant(), Permissions: org.InOrder(r.Permissions), ThroughUnitID: r.ThroughID, ThroughUnit: r.ThroughName})
		}
	}
	if key == nil {
		out.Tokens, err = s.watchingTokens(ctx, personID)
	}
	return out, err
}

// watchingTokens lists the programs that can see a person, whom the reader can.
func (s *RightStore) watchingTokens(ctx context.Context, personID string) ([]org.WatchingToken, error) {
	var rows []struct {
		Name, UnitName, CreatorName string
		Permissions                 []string `bun:",array"`
		ExpiresAt                   time.Time
	}
	err := s.db.NewRaw(`SELECT t.name, coalesce(gu.name, '') AS unit_name, c.name AS creator_name, t.permissions, t.expires_at
FROM api_tokens t JOIN people c ON c.id = t.created_by LEFT JOIN units gu ON gu.id = t.unit_id `+through+`
WHERE t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AND (t.unit_id IS NULL OR tu.id IS NOT NULL) AND t.permissions && ARRAY[?1]::text[]
ORDER BY t.name, t.id LIMIT 200`, personID, bun.List(opening())).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "list watching tokens", "")
	}
	out := make([]org.WatchingToken, len(rows))
	for i, r := range rows {
		out[i] = org.WatchingToken{Name: r.Name, UnitName: r.UnitName, CreatorName: r.CreatorName, Permissions: org.InOrder(r.Permissions), ExpiresAt: r.ExpiresAt}
	}
	return out, nil
}

// Watches implements org.RightStore: the rows of Watchers, put together by role
// and unit.
func (s *RightStore) Watches(ctx context.Context, personID string) ([]org.Watch, []org.WatchingToken, error) {
	var rows []struct {
		Role                  string
		UnitName, ThroughName string
		People                int
		Names, Permissions    []string `bun:",array"`
	}
	err := s.db.NewRaw(`SELECT h.role, h.unit_name, h.through_name, count(*) AS people, h.permissions,
coalesce((array_agg(h.name ORDER BY h.pinyin, h.id) FILTER (WHERE h.role IN (?2)))[:?3], '{}') AS names
FROM (SELECT DISTINCT g.role, g.unit_id, coalesce(gu.name, '') AS unit_name, coalesce(nlevel(gu.path), 0) AS depth, coalesce(tu.name, '') AS through_name,
    gp.id, gp.name, gp.pinyin, o.permissions
  FROM grants g JOIN people gp ON gp.id = g.person_id LEFT JOIN units gu ON gu.id = g.unit_id `+through+`
  JOIN accounts ac ON ac.person_id = gp.id AND ac.disabled_at IS NULL
  JOIN LATERAL (SELECT array_agg(rp.permission ORDER BY rp.permission) AS permissions FROM role_permissions rp
    WHERE rp.role = g.role AND rp.permission IN (?1)) o ON o.permissions IS NOT NULL
  WHERE g.period @> civil_today() AND g.person_id <> ?0 AND (g.unit_id IS NULL OR tu.id IS NOT NULL)) h
GROUP BY h.role, h.unit_id, h.unit_name, h.depth, h.through_name, h.permissions
ORDER BY h.depth DESC, h.unit_name, h.role LIMIT 200`, personID, bun.List(opening()), bun.List(org.NamedRoles()), org.NamesShown).Scan(ctx, &rows)
	if err != nil {
		return nil, nil, fail(err, "list watches", "")
	}
	out := make([]org.Watch, len(rows))
	for i, r := range rows {
		out[i] = org.Watch{
			Role: org.Role(r.Role), UnitName: r.UnitName, ThroughUnit: r.ThroughName, People: r.People, Names: r.Names, Permissions: org.InOrder(r.Permissions),
		}
	}
	tokens, err := s.watchingTokens(ctx, personID)
	return out, tokens, err
}
