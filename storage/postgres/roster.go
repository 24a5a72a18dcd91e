package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/org"
)

// InRosterTx implements org.RosterStore.
func (s *PersonStore) InRosterTx(ctx context.Context, fn func(context.Context, org.RosterStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &PersonStore{tx}) })
}

// Views implements org.RosterStore.
func (s *PersonStore) Views(ctx context.Context, ownerID string) ([]org.PeopleView, error) {
	var rows []struct {
		ID, OwnerID, OwnerName, Name string
		Shared                       bool
		Filter                       json.RawMessage
	}
	err := s.db.NewRaw(`SELECT v.id, v.owner_id, p.name AS owner_name, v.name, v.shared, v.filter FROM people_views v JOIN people p ON p.id = v.owner_id
WHERE v.owner_id = ?0 OR v.shared ORDER BY v.owner_id <> ?0, v.name, v.id LIMIT 300`, ownerID).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "list views", "")
	}
	out := make([]org.PeopleView, len(rows))
	for i, r := range rows {
		out[i] = org.PeopleView{ID: r.ID, OwnerID: r.OwnerID, OwnerName: r.OwnerName, Name: r.Name, Shared: r.Shared}
		if err := json.Unmarshal(r.Filter, &out[i].Filter); err != nil {
			return nil, fmt.Errorf("decode view %s: %w", r.ID, err)
		}
	}
	return out, nil
}

// InsertView implements org.RosterStore.
func (s *PersonStore) InsertView(ctx context.Context, v *org.PeopleView) error {
	filter, err := json.Marshal(v.Filter)
	if err != nil {
		return fmt.Errorf("encode view: %w", err)
	}
	res, err := s.db.NewRaw(`INSERT INTO people_views (id, owner_id, name, shared, filter)
SELECT ?0, ?1, ?2, ?3, ?4::jsonb WHERE (SELECT count(*) FROM people_views WHERE owner_id = ?1) < ?5`,
		v.ID, v.OwnerID, v.Name, v.Shared, string(filter), org.MaxViews).Exec(ctx)
	if err != nil {
		return fail(err, "save view", "", "people_views_owner_id_name_key", "person.view_name_taken")
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return domain.E(domain.Conflict, "person.view_too_many", "max", org.MaxViews)
	}
	return nil
}

// DeleteView implements org.RosterStore.
func (s *PersonStore) DeleteView(ctx context.Context, ownerID, id string) error {
	res, err := s.db.NewRaw("DELETE FROM people_views WHERE id = ? AND owner_id = ?", id, ownerID).Exec(ctx)
	return mustAffect(res, err, "delete view", "person.view_unknown")
}

// bulkDeed is the fact of a bulk change as it is kept.
type bulkDeed struct {
	Kind   string  `json:"kind"`
	Reason string  `json:"reason"`
	Fact   factRow `json:"fact"`
}

// InsertBulk implements org.RosterStore.
func (s *PersonStore) InsertBulk(ctx context.Context, b *org.Bulk) error {
	deed, err := json.Marshal(bulkDeed{string(b.Kind), b.Reason, factRows([]org.Fact{b.Fact})[0]})
	if err != nil {
		return fmt.Errorf("encode bulk change: %w", err)
	}
	ids, err := json.Marshal(b.PersonIDs)
	if err != nil {
		return fmt.Errorf("encode bulk change: %w", err)
	}
	_, err = s.db.NewRaw(`INSERT INTO people_bulks (id, actor_id, deed, person_ids, state)
VALUES (?, ?, ?::jsonb, ARRAY(SELECT jsonb_array_elements_text(?::jsonb)::uuid), ?)`, b.ID, b.ActorID, string(deed), string(ids), b.State).Exec(ctx)
	return fail(err, "keep bulk change", "")
}

const bulkColumns = "id, actor_id, deed, to_jsonb(person_ids) AS person_ids, state, position, accepted, refused, created_at, finished_at"

type bulkRow struct {
	ID, ActorID, State string
	Deed, Refused      json.RawMessage
	PersonIDs          json.RawMessage `bun:"person_ids"`
	Position, Accepted int
	CreatedAt          time.Time
	FinishedAt         *time.Time
}

func (r *bulkRow) bulk() (*org.Bulk, error) {
	b := &org.Bulk{
		ID: r.ID, ActorID: r.ActorID, State: r.State, Position: r.Position, Accepted: r.Accepted, CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt,
	}
	var deed bulkDeed
	if err := errors.Join(json.Unmarshal(r.Deed, &deed), json.Unmarshal(r.PersonIDs, &b.PersonIDs), json.Unmarshal(r.Refused, &b.Refused)); err != nil {
		return nil, fmt.Errorf("decode bulk change %s: %w", r.ID, err)
	}
	b.Kind, b.Reason = org.FactKind(deed.Kind), deed.Reason
	b.Fact = factsOf([]factRow{deed.Fact}, b.Kind)[0]
	return b, nil
}

// Bulk implements org.RosterStore.
func (s *PersonStore) Bulk(ctx context.Context, actorID, id string) (*org.Bulk, error) {
	var row bulkRow
	if err := s.db.NewRaw("SELECT "+bulkColumns+" FROM people_bulks WHERE id = ?0 AND (?1 = '' OR actor_id::text = ?1)", id, actorID).Scan(ctx, &row); err != nil {
		return nil, fail(err, "read bulk change", "person.bulk_unknown")
	}
	return row.bulk()
}

// BulkForUpdate implements org.RosterStore.
func (s *PersonStore) BulkForUpdate(ctx context.Context, id string) (*org.Bulk, error) {
	var row bulkRow
	err := s.db.NewRaw("SELECT "+bulkColumns+" FROM people_bulks WHERE id = ? FOR UPDATE SKIP LOCKED", id).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // another works on it
	}
	if err != nil {
		return nil, fail(err, "lock bulk change", "")
	}
	return row.bulk()
}

// SaveBulk implements org.RosterStore.
func (s *PersonStore) SaveBulk(ctx context.Context, b *org.Bulk) error {
	refused, err := json.Marshal(append([]org.Refusal{}, b.Refused...))
	if err != nil {
		return fmt.Errorf("encode bulk change: %w", err)
	}
	res, err := s.db.NewRaw("UPDATE people_bulks SET state = ?, position = ?, accepted = ?, refused = ?::jsonb, touched_at = clock_timestamp(), finished_at = ? WHERE id = ?",
		b.State, b.Position, b.Accepted, string(refused), b.FinishedAt, b.ID).Exec(ctx)
	return mustAffect(res, err, "save bulk change", "person.bulk_unknown")
}

// StuckBulks implements org.RosterStore.
func (s *PersonStore) StuckBulks(ctx context.Context, limit int) (ids []string, err error) {
	err = s.db.NewRaw(`SELECT id FROM people_bulks WHERE state IN ('checking', 'running') AND touched_at < clock_timestamp() - interval '1 minute'
ORDER BY touched_at LIMIT ?`, limit).Scan(ctx, &ids)
	return ids, fail(err, "look for bulk changes", "")
}

// Duplicates implements org.RosterStore. A number that differs from another in
// case or leading zeros alone counts as the same.
func (s *PersonStore) Duplicates(ctx context.Context, scope domain.Scope, limit int) ([]org.Duplicate, error) {
	var rows []struct {
		Why    string
		People json.RawMessage
	}
	err := s.db.NewRaw(`WITH visible AS (SELECT p.id, p.number, p.name, p.born_on, p.id_card_digest FROM people p WHERE p.merged_into IS NULL AND ?0)
SELECT why, to_jsonb(ids) AS people FROM (
  SELECT 1 AS rank, 'id_card' AS why, array_agg(id ORDER BY number) AS ids FROM visible WHERE id_card_digest IS NOT NULL GROUP BY id_card_digest HAVING count(*) > 1
  UNION ALL
  SELECT 2, 'number', array_agg(id ORDER BY number) FROM visible GROUP BY ltrim(lower(number), '0') HAVING count(*) > 1
  UNION ALL
  SELECT 3, 'name_born_on', array_agg(id ORDER BY number) FROM visible WHERE born_on IS NOT NULL GROUP BY name, born_on HAVING count(*) > 1
) g ORDER BY rank, ids LIMIT ?1`, scopePeople(scope, "p.id"), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "look for duplicates", "")
	}
	out := make([]org.Duplicate, len(rows))
	var all []string
	groups := make([][]string, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.People, &groups[i]); err != nil {
			return nil, fmt.Errorf("decode duplicates: %w", err)
		}
		groups[i] = groups[i][:min(len(groups[i]), 20)]
		all = append(all, groups[i]...)
	}
	profiles, err := s.profiles(ctx, all)
	for i := range rows {
		out[i].Why = rows[i].Why
		for _, id := range groups[i] {
			out[i].People = append(out[i].People, profiles[id])
		}
	}
	return out, err
}

func (s *PersonStore) profiles(ctx context.Context, ids []string) (map[string]org.Profile, error) {
	out := make(map[string]org.Profile, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []profileRow
	err := s.db.NewRaw("SELECT "+profileColumns+" FROM people p"+profileJoins+" WHERE p.id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	for i := range rows {
		out[rows[i].ID] = rows[i].profile()
	}
	return out, fail(err, "read people", "")
}

// HasAliases implements org.RosterStore.
func (s *PersonStore) HasAliases(ctx context.Context, personID string) (has bool, err error) {
	err = s.db.NewRaw("SELECT EXISTS (SELECT 1 FROM people WHERE merged_into = ?)", personID).Scan(ctx, &has)
	return has, fail(err, "read aliases", "")
}

// KeptNumber implements org.RosterStore.
func (s *PersonStore) KeptNumber(ctx context.Context, number string) (kept string, err error) {
	err = s.db.NewRaw("SELECT coalesce((SELECT w.number FROM people a JOIN people w ON w.id = a.merged_into WHERE a.number = ?), '')", strings.TrimSpace(number)).Scan(ctx, &kept)
	return kept, fail(err, "read who a record was merged into", "")
}

// SaveMerge implements org.RosterStore.
func (s *PersonStore) SaveMerge(ctx context.Context, m *org.Merge) error {
	for _, q := range []string{
		"INSERT INTO person_merges (id, person_id, into_id, reason, merged_by) VALUES (?0, ?1, ?2, ?3, ?4)",
		"UPDATE people SET merged_into = ?2, version = version + 1, updated_at = clock_timestamp() WHERE id = ?1",
		"UPDATE accounts SET disabled_at = clock_timestamp(), closed_for = 'merged' WHERE person_id = ?1 AND disabled_at IS NULL",
	} {
		if _, err := s.db.NewRaw(q, m.ID, m.PersonID, m.IntoID, m.Reason, nullable(m.MergedBy)).Exec(ctx); err != nil {
			return fail(err, "merge people", "", "person_merges_person_id_key", "person.is_merged")
		}
	}
	_, err := s.RevokeSessions(ctx, m.PersonID, "")
	return err
}

// MergeOf implements org.RosterStore.
func (s *PersonStore) MergeOf(ctx context.Context, personID string) (*org.Merge, error) {
	var m org.Merge
	err := s.db.NewRaw(`SELECT id, person_id, into_id, reason, coalesce(merged_by::text, '') AS merged_by, merged_at, undone_at FROM person_merges
WHERE person_id = ? AND undone_at IS NULL FOR UPDATE`, personID).Scan(ctx, &m)
	if err != nil {
		return nil, fail(err, "read merge", "person.not_merged")
	}
	return &m, nil
}

// UndoMerge implements org.RosterStore.
func (s *PersonStore) UndoMerge(ctx context.Context, m *org.Merge, by, reason string) error {
	for _, q := range []string{
		"UPDATE person_merges SET undone_at = clock_timestamp(), undone_by = ?1, undo_reason = ?2 WHERE id = ?0",
		"UPDATE people SET merged_into = NULL, version = version + 1, updated_at = clock_timestamp() WHERE id = ?3",
		"UPDATE accounts SET disabled_at = NULL, closed_for = '' WHERE person_id = ?3 AND closed_for = 'merged'",
	} {
		if _, err := s.db.NewRaw(q, m.ID, nullable(by), reason, m.PersonID).Exec(ctx); err != nil {
			return fail(err, "undo merge", "")
		}
	}
	return nil
}
