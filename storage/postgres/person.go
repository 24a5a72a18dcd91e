package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/org"
)

// PersonStore is org.PersonStore.
type PersonStore struct{ base }

// People returns the store of people and their dated facts.
func (db *DB) People() *PersonStore { return &PersonStore{db.base()} }

var _ org.PersonStore = (*PersonStore)(nil)

type personRow struct {
	bun.BaseModel `bun:"table:people,alias:p"`
	org.Person
}

// profileRow is a person with what holds today.
type profileRow struct {
	personRow
	PartyUnitID, PartyUnitName, AdminUnitID, AdminUnitName, Stage, Rank string
}

func (r *profileRow) profile() org.Profile {
	return org.Profile{
		Person: r.Person, PartyUnitID: r.PartyUnitID, PartyUnitName: r.PartyUnitName, AdminUnitID: r.AdminUnitID,
		AdminUnitName: r.AdminUnitName, Stage: org.Stage(r.Stage), Rank: r.Rank,
	}
}

const (
	personColumns  = "p.id, p.number, p.name, p.pinyin, p.initials, p.kind, p.gender, p.born_on::text AS born_on, p.created_at, p.updated_at"
	profileColumns = personColumns + `,
  coalesce(pu.id::text, '') AS party_unit_id, coalesce(pu.name, '') AS party_unit_name,
  coalesce(au.id::text, '') AS admin_unit_id, coalesce(au.name, '') AS admin_unit_name,
  coalesce(sf.stage, '') AS stage, coalesce(rf.rank, '') AS rank`
	profileJoins = `
LEFT JOIN memberships pm ON pm.person_id = p.id AND pm.tree = 'party' AND pm.period @> civil_today()
LEFT JOIN units pu ON pu.id = pm.unit_id
LEFT JOIN memberships am ON am.person_id = p.id AND am.tree = 'admin' AND am.period @> civil_today()
LEFT JOIN units au ON au.id = am.unit_id
LEFT JOIN stage_facts sf ON sf.person_id = p.id AND sf.period @> civil_today()
LEFT JOIN rank_facts rf ON rf.person_id = p.id AND rf.period @> civil_today()`
)

// InTx implements org.PersonStore.
func (s *PersonStore) InTx(ctx context.Context, fn func(context.Context, org.PersonStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &PersonStore{tx}) })
}

// Today is the civil date of the database's clock.
func (b base) Today(ctx context.Context) (day string, err error) {
	err = b.db.NewRaw("SELECT civil_today()::text").Scan(ctx, &day)
	return day, fail(err, "read the date", "")
}

// People implements org.PersonStore: by pinyin, then id.
func (s *PersonStore) People(ctx context.Context, scope domain.Scope, f org.PersonFilter, p domain.Paging) (domain.Page[org.Profile], error) {
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return domain.Page[org.Profile]{}, err
	}
	q := s.db.NewSelect().TableExpr("people AS p").ColumnExpr(profileColumns).Join(profileJoins).Where("?", scopePeople(scope, "p.id"))
	if f.UnitID != "" {
		q.Where(`p.id IN (SELECT fm.person_id FROM units fu JOIN units fd ON fd.path <@ fu.path
JOIN memberships fm ON fm.unit_id = fd.id AND fm.period @> civil_today() WHERE fu.id = ?)`, f.UnitID)
	}
	if f.Stage != "" {
		q.Where("sf.stage = ?", f.Stage)
	}
	if f.Rank != "" {
		q.Where("rf.rank = ?", f.Rank)
	}
	if f.Kind != "" {
		q.Where("p.kind = ?", f.Kind)
	}
	if f.Query != "" {
		whereNamed(q, f.Query)
	}
	if key != nil {
		q.Where("(p.pinyin, p.id) > (?, ?::uuid)", key[0], key[1])
	}
	var rows []profileRow
	if err := q.OrderExpr("p.pinyin, p.id").Limit(int64(p.Size()+1)).Scan(ctx, &rows); err != nil {
		return domain.Page[org.Profile]{}, fail(err, "list people", "")
	}
	people := make([]org.Profile, len(rows))
	for i := range rows {
		people[i] = rows[i].profile()
	}
	return domain.Cut(people, p.Size(), func(v org.Profile) []string { return []string{v.Pinyin, v.ID} }), nil
}

// whereNamed finds by part of a name (the dot of a name may be left out), start
// of a number, of the pinyin or of its initials.
func whereNamed(q *bun.SelectQuery, query string) {
	name := strings.ReplaceAll(org.CleanName(query), "·", "")
	letters := strings.ToLower(strings.ReplaceAll(name, " ", ""))
	q.Where(`(replace(p.name, '·', '') LIKE ? OR p.number LIKE ? OR p.initials LIKE ? OR replace(p.pinyin, ' ', '') LIKE ?)`,
		"%"+escapeLike(name)+"%", escapeLike(strings.TrimSpace(query))+"%", escapeLike(letters)+"%", escapeLike(letters)+"%")
}

// escapeLike takes the wildcards out of what somebody typed.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s)
}

// Record implements org.PersonStore.
func (s *PersonStore) Record(ctx context.Context, scope domain.Scope, id string) (*org.Record, error) {
	var row struct {
		profileRow
		HasAccount, MustChange bool
		DisabledAt             *time.Time
	}
	err := s.db.NewRaw("SELECT "+profileColumns+`, a.person_id IS NOT NULL AS has_account, coalesce(a.must_change, false) AS must_change, a.disabled_at
FROM people p`+profileJoins+` LEFT JOIN accounts a ON a.person_id = p.id WHERE p.id = ? AND ?`, id, scopePeople(scope, "p.id")).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "read person", "person.unknown")
	}
	r := &org.Record{Profile: row.profile(), HasAccount: row.HasAccount, MustChange: row.MustChange, DisabledAt: row.DisabledAt}
	r.Timeline, err = s.facts(ctx, "TRUE", id, "ORDER BY starts DESC, kind, id DESC LIMIT 1000")
	return r, err
}

// Facts implements org.PersonStore.
func (s *PersonStore) Facts(ctx context.Context, personID string, kind org.FactKind) ([]org.Fact, error) {
	return s.facts(ctx, "kind = '"+string(kind)+"'", personID, "ORDER BY starts, id") // kind is one of our constants
}

func (s *PersonStore) facts(ctx context.Context, where, personID, order string) ([]org.Fact, error) {
	var rows []struct {
		ID, Kind, Value, Label, Document string
		Starts                           string
		Ends                             *string
		CreatedAt                        time.Time
	}
	err := s.db.NewRaw(`
SELECT id, kind, value, label, document, starts::text AS starts, ends::text AS ends, created_at FROM (
  SELECT m.id, m.tree || '_membership' AS kind, m.unit_id::text AS value, u.name AS label, m.document, lower(m.period) AS starts, upper(m.period) AS ends, m.created_at
  FROM memberships m JOIN units u ON u.id = m.unit_id WHERE m.person_id = ?0
  UNION ALL
  SELECT id, 'stage', stage, '', document, lower(period), upper(period), created_at FROM stage_facts WHERE person_id = ?0
  UNION ALL
  SELECT id, 'rank', rank, '', document, lower(period), upper(period), created_at FROM rank_facts WHERE person_id = ?0
  UNION ALL
  SELECT g.id, 'grant', g.role, coalesce(u.name, ''), g.reason, coalesce(g.starts_on, lower(g.period)),
    coalesce((g.ended_at AT TIME ZONE 'Asia/Shanghai')::date, upper(g.period)), g.created_at
  FROM grants g LEFT JOIN units u ON u.id = g.unit_id WHERE g.person_id = ?0) f
WHERE `+where+" "+order, personID).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "read facts", "")
	}
	out := make([]org.Fact, len(rows))
	for i, r := range rows {
		out[i] = org.Fact{
			ID: r.ID, PersonID: personID, Kind: org.FactKind(r.Kind), Value: r.Value, Label: r.Label, From: r.Starts, Until: r.Ends,
			Document: r.Document, CreatedAt: r.CreatedAt,
		}
	}
	return out, nil
}

// PersonForUpdate implements org.PersonStore and org.GrantStore.
func (b base) PersonForUpdate(ctx context.Context, scope domain.Scope, id string) (*org.Person, error) {
	var row personRow
	err := b.db.NewRaw("SELECT "+personColumns+" FROM people p WHERE p.id = ? AND ? FOR UPDATE OF p", id, scopePeople(scope, "p.id")).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "lock person", "person.unknown")
	}
	return &row.Person, nil
}

// TakenNumbers implements org.PersonStore.
func (s *PersonStore) TakenNumbers(ctx context.Context, numbers []string) ([]string, error) {
	var taken []string
	err := s.db.NewRaw("SELECT number FROM people WHERE number IN (?)", bun.List(numbers)).Scan(ctx, &taken)
	return taken, fail(err, "read numbers", "")
}

// InsertPeople implements org.PersonStore.
func (s *PersonStore) InsertPeople(ctx context.Context, people []org.Person, facts []org.Fact, accounts []org.Account) error {
	rows := make([]personRow, len(people))
	for i, p := range people {
		p.Pinyin, p.Initials = romanise(p.Name)
		rows[i].Person = p
	}
	_, err := s.db.NewInsert().Model(&rows).Column("id", "number", "name", "pinyin", "initials", "kind", "gender", "born_on").Exec(ctx)
	if err != nil {
		return fail(err, "insert people", "", "people_number_key", "person.number_taken")
	}
	for i := range facts {
		if err := s.InsertFact(ctx, &facts[i]); err != nil {
			return err
		}
	}
	for i := range accounts {
		if err := s.SetPassword(ctx, accounts[i].PersonID, accounts[i].PasswordHash, accounts[i].MustChange); err != nil {
			return err
		}
	}
	return nil
}

// factTables names table and value column of each kind that can be written.
var factTables = map[org.FactKind][2]string{
	org.FactParty: {"memberships", "unit_id"}, org.FactAdmin: {"memberships", "unit_id"},
	org.FactStage: {"stage_facts", "stage"}, org.FactRank: {"rank_facts", "rank"},
}

// InsertFact implements org.PersonStore.
func (s *PersonStore) InsertFact(ctx context.Context, f *org.Fact) error {
	t := factTables[f.Kind]
	tree, values := "", ""
	if t[0] == "memberships" {
		tree, values = ", tree", ", '"+strings.TrimSuffix(string(f.Kind), "_membership")+"'"
	}
	_, err := s.db.NewRaw("INSERT INTO ? (id, person_id, ?, period, document"+tree+") VALUES (?, ?, ?, daterange(?::date, ?::date), ?"+values+")",
		bun.Ident(t[0]), bun.Ident(t[1]), f.ID, f.PersonID, f.Value, f.From, f.Until, f.Document).Exec(ctx)
	return fail(err, "insert fact", "", "memberships_one_per_tree", "person.fact_overlaps",
		"stage_facts_one_at_a_time", "person.fact_overlaps", "rank_facts_one_at_a_time", "person.fact_overlaps")
}

// CloseFact implements org.PersonStore.
func (s *PersonStore) CloseFact(ctx context.Context, f *org.Fact) error {
	res, err := s.db.NewRaw("UPDATE ? SET period = daterange(lower(period), ?::date) WHERE id = ? AND person_id = ?",
		bun.Ident(factTables[f.Kind][0]), f.Until, f.ID, f.PersonID).Exec(ctx)
	return mustAffect(res, err, "close fact", "person.unknown")
}

// HoldsGrant implements org.PersonStore.
func (s *PersonStore) HoldsGrant(ctx context.Context, personID string) (holds bool, err error) {
	err = s.db.NewRaw("SELECT EXISTS (SELECT 1 FROM grants WHERE person_id = ? AND period && daterange(civil_today(), NULL))", personID).Scan(ctx, &holds)
	return holds, fail(err, "read grants", "")
}

// SetPassword implements org.PersonStore.
func (s *PersonStore) SetPassword(ctx context.Context, personID, hash string, mustChange bool) error {
	_, err := s.db.NewRaw(`INSERT INTO accounts (person_id, password_hash, must_change) VALUES (?, ?, ?)
ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash, must_change = excluded.must_change, changed_at = clock_timestamp()`,
		personID, hash, mustChange).Exec(ctx)
	return fail(err, "set password", "")
}

// SetDisabled implements org.PersonStore. Disabling twice keeps the first time.
func (s *PersonStore) SetDisabled(ctx context.Context, personID string, disabled bool) error {
	res, err := s.db.NewRaw("UPDATE accounts SET disabled_at = CASE WHEN ? THEN coalesce(disabled_at, clock_timestamp()) END WHERE person_id = ?",
		disabled, personID).Exec(ctx)
	return mustAffect(res, err, "disable account", "person.no_account")
}

// RevokeSessions implements org.PersonStore and org.SessionStore.
func (b base) RevokeSessions(ctx context.Context, personID, except string) (int, error) {
	res, err := b.db.NewRaw("UPDATE sessions SET revoked_at = clock_timestamp() WHERE person_id = ? AND id IS DISTINCT FROM ? AND revoked_at IS NULL",
		personID, nullable(except)).Exec(ctx)
	if err != nil {
		return 0, fail(err, "revoke sessions", "")
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "revoke sessions", "")
}
