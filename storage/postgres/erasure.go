package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"zhixing/domain"
	"zhixing/domain/privacy"
)

var _ privacy.ErasureStore = (*PrivacyStore)(nil)

// InErasureTx implements privacy.ErasureStore.
func (s *PrivacyStore) InErasureTx(ctx context.Context, fn func(context.Context, privacy.ErasureStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &PrivacyStore{tx}) })
}

// within is the condition that a person is within the scope; one without a
// permission reaches the actor alone, the zero value everybody.
func within(s domain.Scope, column string) schema.QueryWithArgs {
	switch {
	case s == domain.Scope{}:
		return bun.SafeQuery("TRUE")
	case s.Permission == "":
		return bun.SafeQuery("? = ?", bun.Ident(column), s.ActorID)
	}
	return scopePeople(s, column)
}

// SubjectForUpdate implements privacy.ErasureStore.
func (s *PrivacyStore) SubjectForUpdate(ctx context.Context, scope domain.Scope, personID string) (*privacy.Subject, error) {
	var p privacy.Subject
	err := s.db.NewRaw("SELECT p.id, p.number, p.name, p.erased_at FROM people p WHERE p.id = ? AND ? FOR UPDATE OF p", personID, within(scope, "p.id")).Scan(ctx, &p)
	return &p, fail(err, "lock person", "person.unknown")
}

// Standing implements privacy.ErasureStore.
func (s *PrivacyStore) Standing(ctx context.Context, personID string) (privacy.Standing, error) {
	var v privacy.Standing
	err := s.db.NewRaw(`SELECT
  coalesce((SELECT status FROM status_facts WHERE person_id = ?0 AND period @> civil_today()), 'active') AS status,
  (SELECT count(*) FROM attempts a WHERE a.person_id = ?0 AND (a.state IN ('in_progress', 'submitted', 'marking')
    OR EXISTS (SELECT 1 FROM late_inclusions i WHERE i.attempt_id = a.id AND NOT EXISTS (SELECT 1 FROM late_decisions d WHERE d.inclusion_id = i.id)))) AS attempts,
  (SELECT count(*) FROM grants WHERE person_id = ?0 AND period && daterange(civil_today(), NULL)) AS grants,
  (SELECT count(*) FROM hour_batch_people bp JOIN hour_batches b ON b.id = bp.batch_id WHERE bp.person_id = ?0 AND b.state IN ('draft', 'filed', 'rejected')) AS batches,
  EXISTS (SELECT 1 FROM people WHERE id = ?0 AND merged_into IS NOT NULL OR merged_into = ?0) AS merged,
  EXISTS (SELECT 1 FROM accounts WHERE person_id = ?0 AND break_glass) AS break_glass`, personID).Scan(ctx, &v)
	return v, fail(err, "read standing", "")
}

// Amounts implements privacy.ErasureStore.
func (s *PrivacyStore) Amounts(ctx context.Context, personID string) (map[string]int, error) {
	ofTable := map[string]int{}
	for _, src := range privacy.Sources() {
		n := 0
		if err := s.db.NewRaw("SELECT count(*) FROM ? t WHERE ?", bun.Ident(src.Table), ownedBy(src, personID)).Scan(ctx, &n); err != nil {
			return nil, fail(err, "count "+src.Table, "")
		}
		ofTable[src.Table] = n
	}
	out := map[string]int{}
	for _, i := range privacy.Items() {
		for _, f := range i.Fields {
			out[i.Key] += ofTable[f.Table]
		}
	}
	var has struct{ Birth, IDCard, Contact, Photo bool }
	err := s.db.NewRaw(`SELECT gender IS NOT NULL OR born_on IS NOT NULL AS birth, id_card_sealed IS NOT NULL AS id_card, phone <> '' OR email <> '' AS contact, photo_key <> '' AS photo
FROM people WHERE id = ?`, personID).Scan(ctx, &has)
	for key, is := range map[string]bool{"birth": has.Birth, "id_card": has.IDCard, "contact": has.Contact, "photo": has.Photo} {
		if out[key] = 0; is {
			out[key] = 1
		}
	}
	out["identity"] = 1
	return out, fail(err, "read person", "")
}

const erasureColumns = `e.id, e.person_id, p.number, p.name, e.reason, e.requested_by, r.name AS requester_name, e.requested_at, e.state, e.decided_by,
  coalesce(d.name, '') AS decider_name, e.decided_at, e.decide_reason, e.failure, e.done_at, e.counts
FROM erasures e JOIN people p ON p.id = e.person_id JOIN people r ON r.id = e.requested_by LEFT JOIN people d ON d.id = e.decided_by`

type erasureRow struct {
	privacy.Erasure
	Counts map[string]int `bun:",type:jsonb"`
}

func (r *erasureRow) erasure() *privacy.Erasure {
	e := r.Erasure
	e.Counts = r.Counts
	return &e
}

// InsertErasure implements privacy.ErasureStore.
func (s *PrivacyStore) InsertErasure(ctx context.Context, e *privacy.Erasure) error {
	_, err := s.db.NewRaw("INSERT INTO erasures (id, person_id, reason, requested_by, state) VALUES (?, ?, ?, ?, ?)", e.ID, e.PersonID, e.Reason, e.RequestedBy, e.State).Exec(ctx)
	return fail(err, "insert erasure", "", "erasures_open_key", "privacy.erasure_open")
}

// ErasureForUpdate implements privacy.ErasureStore.
func (s *PrivacyStore) ErasureForUpdate(ctx context.Context, scope domain.Scope, id string) (*privacy.Erasure, error) {
	var row erasureRow
	err := s.db.NewRaw("SELECT "+erasureColumns+" WHERE e.id = ? AND ? FOR UPDATE OF e", id, within(scope, "e.person_id")).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "lock erasure", "privacy.erasure_unknown")
	}
	return row.erasure(), nil
}

// SaveErasure implements privacy.ErasureStore.
func (s *PrivacyStore) SaveErasure(ctx context.Context, e *privacy.Erasure) error {
	if e.Counts == nil {
		e.Counts = map[string]int{}
	}
	counts, err := json.Marshal(e.Counts)
	if err != nil {
		return fmt.Errorf("encode counts: %w", err)
	}
	res, err := s.db.NewRaw(`UPDATE erasures SET state = ?, decided_by = ?, decided_at = ?, decide_reason = ?, failure = ?, done_at = ?, counts = ?::jsonb WHERE id = ?`,
		e.State, e.DecidedBy, e.DecidedAt, e.DecideReason, e.Failure, e.DoneAt, string(counts), e.ID).Exec(ctx)
	return mustAffect(res, err, "save erasure", "privacy.erasure_unknown")
}

// Erasures implements privacy.ErasureStore.
func (s *PrivacyStore) Erasures(ctx context.Context, scope domain.Scope, open bool, p domain.Paging) (domain.Page[privacy.Erasure], error) {
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return domain.Page[privacy.Erasure]{}, err
	}
	before := "ffffffff-ffff-ffff-ffff-ffffffffffff"
	if key != nil {
		before = key[0]
	}
	var rows []erasureRow
	err = s.db.NewRaw("SELECT "+erasureColumns+" WHERE e.id < ? AND (NOT ? OR e.state IN ('requested', 'approved')) AND ? ORDER BY e.id DESC LIMIT ?",
		before, open, within(scope, "e.person_id"), p.Size()+1).Scan(ctx, &rows)
	if err != nil {
		return domain.Page[privacy.Erasure]{}, fail(err, "list erasures", "")
	}
	list := make([]privacy.Erasure, len(rows))
	for i := range rows {
		list[i] = *rows[i].erasure()
	}
	return domain.Cut(list, p.Size(), func(e privacy.Erasure) []string { return []string{e.ID} }), nil
}

// LatestErasure implements privacy.ErasureStore.
func (s *PrivacyStore) LatestErasure(ctx context.Context, personID string) (*privacy.Erasure, error) {
	var row erasureRow
	err := s.db.NewRaw("SELECT "+erasureColumns+" WHERE e.person_id = ? ORDER BY e.requested_at DESC LIMIT 1", personID).Scan(ctx, &row)
	if err = fail(err, "read erasure", "privacy.erasure_unknown"); domain.CodeOf(err) == domain.NotFound {
		return nil, nil //nolint:nilnil // there never was one
	}
	return row.erasure(), err
}

// LeftErasures implements privacy.ErasureStore.
func (s *PrivacyStore) LeftErasures(ctx context.Context, before time.Time, limit int) ([]string, error) {
	var ids []string
	err := s.db.NewRaw("SELECT id FROM erasures WHERE state = 'approved' AND decided_at < ? ORDER BY decided_at LIMIT ?", before, limit).Scan(ctx, &ids)
	return ids, fail(err, "read erasures", "")
}

// FilesOf implements privacy.ErasureStore.
func (s *PrivacyStore) FilesOf(ctx context.Context, personID string) ([]string, error) {
	var ids []string
	err := s.db.NewRaw("SELECT id FROM exports WHERE created_by = ?0 OR kind = 'person_zip' AND filter->>'person_id' = ?0::text ORDER BY id DESC LIMIT 1000", personID).Scan(ctx, &ids)
	return ids, fail(err, "read exports", "")
}

// erasing is what goes of the person ?0, whose number was ?1; ?2 and ?3 are the name
// and the number that take the place. The last statement is the one after which
// nothing of the row can be written any more.
var erasing = []struct{ item, sql string }{
	{"account", "DELETE FROM passkey_ceremonies WHERE person_id = ?0"},
	{"account", "DELETE FROM passkeys WHERE person_id = ?0"},
	{"account", "DELETE FROM recovery_codes WHERE person_id = ?0"},
	{"account", "DELETE FROM password_history WHERE person_id = ?0"},
	{"account", "DELETE FROM identity_links WHERE person_id = ?0"},
	{"account", `DELETE FROM sign_in_lanes WHERE key IN ('account:' || lower(?1), 'hall:' || lower(?1), 'code:' || lower(?1), 'factor:' || ?0, 'step_up:' || ?0)
  OR starts_with(key, 'known:' || lower(?1) || ':')`},
	{"account", "DELETE FROM accounts WHERE person_id = ?0"},
	{"devices", "DELETE FROM known_devices WHERE person_id = ?0"},
	{"sessions", "DELETE FROM sessions WHERE person_id = ?0"},
	{"conflicts", "DELETE FROM identity_conflicts WHERE number = ?1"},
	{"learning_device", "UPDATE plays SET user_agent = '', device_id = '-' WHERE person_id = ?0"},
	{"learning_device", "UPDATE attempts SET device_id = '' WHERE person_id = ?0"},
	{"corrections", "DELETE FROM correction_requests WHERE person_id = ?0"},
	{"imports", "DELETE FROM import_rows WHERE person_id = ?0"},
	{"pushes", `UPDATE pushes t SET items = (SELECT coalesce(jsonb_agg(x), '[]') FROM jsonb_array_elements(t.items) x WHERE x->>'id' IS DISTINCT FROM ?0::text)
  WHERE t.items @> jsonb_build_array(jsonb_build_object('id', ?0::text))`},
	{"views", "DELETE FROM people_views WHERE owner_id = ?0"},
	{"reads", "DELETE FROM person_reads WHERE person_id = ?0"},
	{"replies", "DELETE FROM idempotency_keys WHERE person_id = ?0"},
	{"exports", `UPDATE exports SET state = 'expired', object_key = '', filter = CASE WHEN kind = 'person_zip' THEN filter ELSE '{}' END
  WHERE (created_by = ?0 OR kind = 'person_zip' AND filter->>'person_id' = ?0::text) AND state = 'ready'`},
	{"exports", `UPDATE exports SET state = 'failed', failure = 'hours.export_failed' WHERE (created_by = ?0 OR kind = 'person_zip' AND filter->>'person_id' = ?0::text) AND state IN ('queued', 'running')`},
	{"identity", "UPDATE hour_obligations SET name = ?2, number = ?3, pinyin = '', initials = '' WHERE person_id = ?0"},
	{"identity", `UPDATE people SET number = ?3, name = ?2, pinyin = '', initials = '', gender = NULL, born_on = NULL, phone = '', email = '', photo_key = '',
  id_card_sealed = NULL, id_card_digest = NULL, id_card_mask = '', version = version + 1, updated_at = clock_timestamp(), erased_at = clock_timestamp() WHERE id = ?0`},
}

// Erase implements privacy.ErasureStore.
func (s *PrivacyStore) Erase(ctx context.Context, personID string) (map[string]int, error) {
	var number string
	if err := s.db.NewRaw("SELECT number FROM people WHERE id = ?", personID).Scan(ctx, &number); err != nil {
		return nil, fail(err, "read person", "person.unknown")
	}
	name, pseudonym := privacy.Pseudonym(personID)
	out := map[string]int{}
	for _, e := range erasing {
		res, err := s.db.NewRaw(e.sql, personID, number, name, pseudonym).Exec(ctx)
		if err != nil {
			return nil, fail(err, "erase "+e.item, "")
		}
		n, err := res.RowsAffected()
		if err != nil {
			return nil, fail(err, "erase "+e.item, "")
		}
		out[e.item] += int(n)
	}
	return out, nil
}
