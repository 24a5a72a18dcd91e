package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"zhixing/domain"
	"zhixing/domain/org"
)

// PersonStore is org.PersonStore.
type PersonStore struct{ base }

// People returns the store of people and their dated facts.
func (db *DB) People() *PersonStore { return &PersonStore{db.base()} }

var _ org.RosterStore = (*PersonStore)(nil)

type personRow struct {
	bun.BaseModel `bun:"table:people,alias:p"`
	org.Person
}

// profileRow is a person with what holds today.
type profileRow struct {
	personRow
	PartyUnitID, PartyUnitName, AdminUnitID, AdminUnitName, Stage, Rank, Status string
	Posts                                                                       []factRow `bun:",type:jsonb"`
}

func (r *profileRow) profile() org.Profile {
	return org.Profile{
		Person: r.Person, PartyUnitID: r.PartyUnitID, PartyUnitName: r.PartyUnitName, AdminUnitID: r.AdminUnitID,
		AdminUnitName: r.AdminUnitName, Stage: org.Stage(r.Stage), Rank: r.Rank, Status: org.Status(r.Status), Posts: factsOf(r.Posts, org.FactPost),
	}
}

const (
	personColumns = "p.id, p.number, p.name, p.pinyin, p.initials, p.kind, p.gender, p.born_on::text AS born_on, p.phone, p.email, " +
		"p.photo_key, p.id_card_sealed, p.id_card_digest, p.id_card_mask, p.merged_into, p.erased_at, p.version, p.created_at, p.updated_at"
	profileColumns = personColumns + `,
  coalesce(pu.id::text, '') AS party_unit_id, coalesce(pu.name, '') AS party_unit_name,
  coalesce(au.id::text, '') AS admin_unit_id, coalesce(au.name, '') AS admin_unit_name,
  coalesce(sf.stage, '') AS stage, coalesce(rf.rank, '') AS rank, coalesce(xf.status, 'active') AS status,
  (SELECT jsonb_agg(jsonb_build_object('id', po.id, 'value', po.post, 'note', po.note, 'unit_id', po.unit_id, 'label', pou.name, 'from', lower(po.period)) ORDER BY lower(po.period), po.id)
   FROM post_facts po JOIN units pou ON pou.id = po.unit_id WHERE po.person_id = p.id AND po.period @> (SELECT civil_today())) AS posts`
	profileJoins = `
LEFT JOIN memberships pm ON pm.person_id = p.id AND pm.tree = 'party' AND pm.period @> (SELECT civil_today())
LEFT JOIN units pu ON pu.id = pm.unit_id
LEFT JOIN memberships am ON am.person_id = p.id AND am.tree = 'admin' AND am.period @> (SELECT civil_today())
LEFT JOIN units au ON au.id = am.unit_id
LEFT JOIN stage_facts sf ON sf.person_id = p.id AND sf.period @> (SELECT civil_today())
LEFT JOIN rank_facts rf ON rf.person_id = p.id AND rf.period @> (SELECT civil_today())
LEFT JOIN status_facts xf ON xf.person_id = p.id AND xf.period @> (SELECT civil_today())`
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

// Record implements org.PersonStore.
func (s *PersonStore) Record(ctx context.Context, scope domain.Scope, id string) (*org.Record, error) {
	return s.record(ctx, id, scopePeople(scope, "p.id"))
}

// OwnRecord implements org.RosterStore.
func (s *PersonStore) OwnRecord(ctx context.Context, personID string) (*org.Record, error) {
	return s.record(ctx, personID, bun.SafeQuery("TRUE"))
}

func (s *PersonStore) record(ctx context.Context, id string, within schema.QueryWithArgs) (*org.Record, error) {
	var row struct {
		profileRow
		HasAccount, MustChange bool
		DisabledAt             *time.Time
		MergedNumber           string
	}
	err := s.db.NewRaw("SELECT "+profileColumns+`, a.person_id IS NOT NULL AS has_account, coalesce(a.must_change, false) AS must_change, a.disabled_at,
  coalesce((SELECT w.number FROM people w WHERE w.id = p.merged_into), '') AS merged_number
FROM people p`+profileJoins+` LEFT JOIN accounts a ON a.person_id = p.id WHERE p.id = ? AND ?`, id, within).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "read person", "person.unknown")
	}
	r := &org.Record{Profile: row.profile(), HasAccount: row.HasAccount, MustChange: row.MustChange, DisabledAt: row.DisabledAt, MergedInto: row.MergedNumber}
	if err := s.db.NewRaw("SELECT p.id, p.number, p.name FROM people p WHERE p.merged_into = ? AND ? ORDER BY p.number LIMIT 50", id, within).Scan(ctx, &r.Aliases); err != nil {
		return nil, fail(err, "read aliases", "")
	}
	r.Timeline, err = s.facts(ctx, id, "TRUE", "ORDER BY starts DESC, kind, id DESC LIMIT 1000")
	return r, err
}

// PersonForUpdate implements org.PersonStore and org.GrantStore.
func (b base) PersonForUpdate(ctx context.Context, scope domain.Scope, id string) (*org.Person, error) {
	var row personRow
	err := b.db.NewRaw("SELECT "+personColumns+" FROM people p WHERE p.id = ? AND ? FOR UPDATE OF p", id, scopePeople(scope, "p.id")).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "lock person", "person.unknown")
	}
	if row.ErasedAt != nil { // for ever
		return nil, domain.E(domain.Conflict, "person.is_erased")
	}
	return &row.Person, nil
}

// InScope implements org.PersonStore.
func (s *PersonStore) InScope(ctx context.Context, scope domain.Scope, personID string) (in bool, err error) {
	err = s.db.NewRaw("SELECT EXISTS (SELECT 1 FROM people p WHERE p.id = ? AND ?)", personID, scopePeople(scope, "p.id")).Scan(ctx, &in)
	return in, fail(err, "read scope", "")
}

// PhotoKey implements org.PersonStore.
func (s *PersonStore) PhotoKey(ctx context.Context, scope domain.Scope, personID string) (key string, err error) {
	err = s.db.NewRaw("SELECT p.photo_key FROM people p WHERE p.id = ?0 AND (p.id = ?1 OR ?2)", personID, nullable(scope.ActorID), scopePeople(scope, "p.id")).Scan(ctx, &key)
	return key, fail(err, "read photo", "person.unknown")
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
	_, err := s.db.NewInsert().Model(&rows).Column("id", "number", "name", "pinyin", "initials", "kind", "gender", "born_on", "phone", "email",
		"id_card_sealed", "id_card_digest", "id_card_mask").Exec(ctx)
	if err != nil {
		return fail(err, "insert people", "", "people_number_key", "person.number_taken")
	}
	if err := s.InsertFacts(ctx, facts); err != nil {
		return err
	}
	for i := range accounts {
		if err := s.SetPassword(ctx, accounts[i].PersonID, accounts[i].PasswordHash, accounts[i].MustChange); err != nil {
			return err
		}
	}
	return nil
}

// SaveDetails implements org.PersonStore.
func (s *PersonStore) SaveDetails(ctx context.Context, p *org.Person) error {
	p.Pinyin, p.Initials = romanise(p.Name)
	res, err := s.db.NewRaw(`UPDATE people SET number = ?, name = ?, pinyin = ?, initials = ?, kind = ?, gender = ?, born_on = ?, phone = ?, email = ?,
photo_key = ?, id_card_sealed = ?, id_card_digest = ?, id_card_mask = ?, version = version + 1, updated_at = clock_timestamp() WHERE id = ? AND version = ?`,
		p.Number, p.Name, p.Pinyin, p.Initials, p.Kind, p.Gender, p.BornOn, p.Phone, p.Email, p.PhotoKey, p.IDCardSealed, nullableBytes(p.IDCardDigest),
		p.IDCardMask, p.ID, p.Version).Exec(ctx)
	if err != nil {
		return fail(err, "save person", "", "people_number_key", "person.number_taken")
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return domain.E(domain.Conflict, "person.changed_meanwhile")
	}
	p.Version++
	return nil
}

// nullableBytes makes no bytes NULL.
func nullableBytes(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}
