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

// VisibleName implements org.RightStore.
func (s *RightStore) VisibleName(ctx context.Context, scope domain.Scope, personID string) (name string, err error) {
	err = s.db.NewRaw("SELECT p.name FROM people p WHERE p.id = ? AND ?", personID, scopePeople(scope, "p.id")).Scan(ctx, &name)
	return name, fail(err, "read person", "person.unknown")
}

// Rights implements org.RightStore.
func (s *RightStore) Rights(ctx context.Context, scope domain.Scope, personID string) ([]org.Right, error) {
	var rows []struct {
		grantRow
		PathNames, Permissions []string `bun:",array"`
		Coming                 bool
		People                 int
	}
	err := s.db.NewRaw("SELECT "+grantColumns+`,
coalesce((SELECT array_agg(a.name ORDER BY nlevel(a.path)) FROM units a WHERE a.path @> gu.path), '{}') AS path_names,
coalesce((SELECT array_agg(rp.permission) FROM role_permissions rp WHERE rp.role = g.role), '{}') AS permissions,
NOT g.period @> civil_today() AS coming,
CASE WHEN g.unit_id IS NULL THEN (SELECT count(*) FROM people) ELSE
  (SELECT count(DISTINCT m.person_id) FROM units mu JOIN memberships m ON m.unit_id = mu.id AND m.period @> civil_today() WHERE mu.path <@ gu.path) END AS people`+
		grantTables+"WHERE g.person_id = ? AND g.period && daterange(civil_today(), NULL) AND ? ORDER BY g.unit_id IS NOT NULL, g.created_at, g.id LIMIT 1000",
		personID, scopePeople(scope, "g.person_id")).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "list rights", "")
	}
	out := make([]org.Right, len(rows))
	for i, r := range rows {
		out[i] = org.Right{Grant: r.grant(), PathNames: r.PathNames, Permissions: org.InOrder(r.Permissions), Coming: r.Coming, People: r.People}
	}
	return out, nil
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
func (s *RightStore) Watchers(ctx context.Context, scope domain.Scope, personID string, p domain.Paging) (domain.Page[org.Sight], error) {
	key, err := domain.DecodeToken(p.Token, 3)
	if err != nil {
		return domain.Page[org.Sight]{}, err
	}
	after := bun.SafeQuery("true")
	if key != nil {
		after = bun.SafeQuery("(gp.pinyin, gp.id, g.id) > (?, ?::uuid, ?::uuid)", key[0], key[1], key[2])
	}
	var rows []struct {
		grantRow
		Pinyin      string
		Permissions []string `bun:",array"`
		ThroughID   *string
		ThroughName string
	}
	err = s.db.NewRaw("SELECT "+grantColumns+", gp.pinyin, o.permissions, tu.id AS through_id, coalesce(tu.name, '') AS through_name"+grantTables+through+`
JOIN accounts ac ON ac.person_id = gp.id AND ac.disabled_at IS NULL
JOIN LATERAL (SELECT array_agg(rp.permission) AS permissions FROM role_permissions rp WHERE rp.role = g.role AND rp.permission IN (?1)) o ON o.permissions IS NOT NULL
WHERE g.period @> civil_today() AND g.person_id <> ?0 AND (g.unit_id IS NULL OR tu.id IS NOT NULL)
  AND EXISTS (SELECT 1 FROM people p WHERE p.id = ?0 AND ?2) AND ?3
ORDER BY gp.pinyin, gp.id, g.id LIMIT ?4`, personID, bun.List(opening()), scopePeople(scope, "p.id"), after, p.Size()+1).Scan(ctx, &rows)
	if err != nil {
		return domain.Page[org.Sight]{}, fail(err, "list watchers", "")
	}
	page := domain.Page[org.Sight]{}
	if len(rows) > p.Size() {
		rows = rows[:p.Size()]
		last := rows[len(rows)-1]
		page.NextPageToken = domain.EncodeToken(last.Pinyin, last.PersonID, last.ID)
	}
	for _, r := range rows {
		page.Items = append(page.Items, org.Sight{Grant: r.grant(), Permissions: org.InOrder(r.Permissions), ThroughUnitID: r.ThroughID, ThroughUnit: r.ThroughName})
	}
	return page, nil
}

// WatchingTokens implements org.RightStore.
func (s *RightStore) WatchingTokens(ctx context.Context, scope domain.Scope, personID string) ([]org.WatchingToken, error) {
	var rows []struct {
		Name, UnitName, CreatorName string
		Permissions                 []string `bun:",array"`
		ExpiresAt                   time.Time
	}
	err := s.db.NewRaw(`SELECT t.name, coalesce(gu.name, '') AS unit_name, c.name AS creator_name, t.permissions, t.expires_at
FROM api_tokens t JOIN people c ON c.id = t.created_by LEFT JOIN units gu ON gu.id = t.unit_id `+through+`
WHERE t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AND (t.unit_id IS NULL OR tu.id IS NOT NULL) AND t.permissions && ARRAY[?1]::text[]
  AND EXISTS (SELECT 1 FROM people p WHERE p.id = ?0 AND ?2)
ORDER BY t.name, t.id LIMIT 200`, personID, bun.List(opening()), scopePeople(scope, "p.id")).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "list watching tokens", "")
	}
	out := make([]org.WatchingToken, len(rows))
	for i, r := range rows {
		out[i] = org.WatchingToken{Name: r.Name, UnitName: r.UnitName, CreatorName: r.CreatorName, Permissions: org.InOrder(r.Permissions), ExpiresAt: r.ExpiresAt}
	}
	return out, nil
}
