package postgres

import (
	"context"
	"fmt"
	"time"

	"zhixing/domain"
	"zhixing/domain/privacy"
)

// PrivacyStore keeps terms and runs of retention, and what is asked to be erased.
type PrivacyStore struct{ base }

// Privacy returns the store of terms and erasures.
func (db *DB) Privacy() *PrivacyStore { return &PrivacyStore{db.base()} }

var _ privacy.RetentionStore = (*PrivacyStore)(nil)

// InRetentionTx implements privacy.RetentionStore.
func (s *PrivacyStore) InRetentionTx(ctx context.Context, fn func(context.Context, privacy.RetentionStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &PrivacyStore{tx}) })
}

// Terms implements privacy.RetentionStore.
func (s *PrivacyStore) Terms(ctx context.Context) ([]privacy.Term, error) {
	var rows []privacy.Term
	err := s.db.NewRaw(`SELECT t.rule, t.days, t.reason, t.changed_by, p.name AS by_name, t.changed_at FROM retention_terms t JOIN people p ON p.id = t.changed_by`).Scan(ctx, &rows)
	return rows, fail(err, "read terms", "")
}

// SaveTerm implements privacy.RetentionStore.
func (s *PrivacyStore) SaveTerm(ctx context.Context, t *privacy.Term) error {
	_, err := s.db.NewRaw(`INSERT INTO retention_terms (rule, days, reason, changed_by) VALUES (?, ?, ?, ?)
ON CONFLICT (rule) DO UPDATE SET days = excluded.days, reason = excluded.reason, changed_by = excluded.changed_by, changed_at = clock_timestamp()`,
		t.Rule, t.Days, t.Reason, t.ChangedBy).Exec(ctx)
	return fail(err, "save term", "")
}

// Runs implements privacy.RetentionStore.
func (s *PrivacyStore) Runs(ctx context.Context, limit int) ([]privacy.Run, error) {
	var rows []privacy.Run
	err := s.db.NewRaw(`SELECT rule, on_day::text AS on_day, days, removed, started_at, finished_at FROM retention_runs ORDER BY on_day DESC, rule LIMIT ?`, limit).Scan(ctx, &rows)
	return rows, fail(err, "read runs", "")
}

// BeginRun implements privacy.RetentionStore.
func (s *PrivacyStore) BeginRun(ctx context.Context, rule string, days int, touched time.Duration) (bool, error) {
	res, err := s.db.NewRaw(`INSERT INTO retention_runs AS r (rule, on_day, days) VALUES (?, civil_today(), ?)
ON CONFLICT (rule, on_day) DO UPDATE SET touched_at = clock_timestamp()
  WHERE r.finished_at IS NULL AND r.touched_at < clock_timestamp() - ?::interval`, rule, days, fmt.Sprintf("%d seconds", int(touched.Seconds()))).Exec(ctx)
	if err != nil {
		return false, fail(err, "begin run", "")
	}
	n, err := res.RowsAffected()
	return n > 0, fail(err, "begin run", "")
}

// RunForUpdate implements privacy.RetentionStore.
func (s *PrivacyStore) RunForUpdate(ctx context.Context, rule, day string) (*privacy.Run, error) {
	var r privacy.Run
	err := s.db.NewRaw(`SELECT rule, on_day::text AS on_day, days, removed, started_at, finished_at FROM retention_runs WHERE rule = ? AND on_day = ?::date FOR UPDATE`,
		rule, day).Scan(ctx, &r)
	return &r, fail(err, "lock run", "privacy.run_unknown")
}

// SaveRun implements privacy.RetentionStore.
func (s *PrivacyStore) SaveRun(ctx context.Context, r *privacy.Run) error {
	res, err := s.db.NewRaw(`UPDATE retention_runs SET removed = ?, finished_at = ?, touched_at = clock_timestamp() WHERE rule = ? AND on_day = ?::date`,
		r.Removed, r.FinishedAt, r.Rule, r.OnDay).Exec(ctx)
	return mustAffect(res, err, "save run", "privacy.run_unknown")
}

// leftSince is who left or died longer ago than ?0 days and is not back.
const leftSince = `SELECT st.person_id FROM status_facts st WHERE st.status IN ('left', 'deceased') AND st.period @> civil_today() AND lower(st.period) < civil_today() - ?0::int`

// dueSQL takes up to ?1 rows away of what is more than ?0 days past its event. Three
// rules change rows of people, and wait for each other: what one passed over would
// stay for another day.
var dueSQL = map[string]string{
	privacy.RuleReads: `DELETE FROM person_reads WHERE (person_id, on_day, actor_id, kind) IN
  (SELECT person_id, on_day, actor_id, kind FROM person_reads WHERE on_day < civil_today() - ?0::int ORDER BY on_day LIMIT ?1 FOR UPDATE SKIP LOCKED)`,
	privacy.RuleSessions: `DELETE FROM sessions WHERE id IN
  (SELECT id FROM sessions WHERE expires_at < clock_timestamp() - ?0 * interval '1 day' ORDER BY expires_at LIMIT ?1 FOR UPDATE SKIP LOCKED)`,
	privacy.RuleDevices: `DELETE FROM known_devices WHERE (person_id, token_hash) IN
  (SELECT person_id, token_hash FROM known_devices WHERE last_at < clock_timestamp() - ?0 * interval '1 day' ORDER BY last_at LIMIT ?1 FOR UPDATE SKIP LOCKED)`,
	privacy.RuleConflicts: `DELETE FROM identity_conflicts WHERE id IN
  (SELECT id FROM identity_conflicts WHERE resolved_at < clock_timestamp() - ?0 * interval '1 day' LIMIT ?1 FOR UPDATE SKIP LOCKED)`,
	privacy.RuleCorrections: `DELETE FROM correction_requests WHERE id IN
  (SELECT id FROM correction_requests WHERE state <> 'open' AND coalesce(decided_at, created_at) < clock_timestamp() - ?0 * interval '1 day' LIMIT ?1 FOR UPDATE SKIP LOCKED)`,
	privacy.RulePushes: `UPDATE pushes SET items = '[]' WHERE id IN
  (SELECT id FROM pushes WHERE items <> '[]' AND finished_at < clock_timestamp() - ?0 * interval '1 day' LIMIT ?1 FOR UPDATE SKIP LOCKED)`,
	privacy.RuleBulks: `DELETE FROM people_bulks WHERE id IN
  (SELECT id FROM people_bulks WHERE state IN ('checked', 'done') AND touched_at < clock_timestamp() - ?0 * interval '1 day' LIMIT ?1 FOR UPDATE SKIP LOCKED)`,
	privacy.RuleExports: `DELETE FROM exports WHERE id IN
  (SELECT id FROM exports WHERE state IN ('expired', 'failed') AND finished_at < clock_timestamp() - ?0 * interval '1 day' LIMIT ?1 FOR UPDATE SKIP LOCKED)`,
	privacy.RuleContacts: `UPDATE people SET phone = '', email = '', version = version + 1, updated_at = clock_timestamp() WHERE id IN
  (SELECT p.id FROM people p WHERE p.id IN (` + leftSince + `) AND (p.phone <> '' OR p.email <> '') AND p.erased_at IS NULL ORDER BY p.id LIMIT ?1 FOR UPDATE)`,
	privacy.RuleIDCards: `UPDATE people SET id_card_sealed = NULL, id_card_digest = NULL, id_card_mask = '', version = version + 1, updated_at = clock_timestamp() WHERE id IN
  (SELECT p.id FROM people p WHERE p.id IN (` + leftSince + `) AND p.id_card_sealed IS NOT NULL AND p.erased_at IS NULL ORDER BY p.id LIMIT ?1 FOR UPDATE)`,
}

// RemoveDue implements privacy.RetentionStore.
func (s *PrivacyStore) RemoveDue(ctx context.Context, rule string, days, limit int) (int, error) {
	q, ok := dueSQL[rule]
	if !ok {
		return 0, domain.E(domain.NotFound, "privacy.rule_unknown")
	}
	res, err := s.db.NewRaw(q, days, limit).Exec(ctx)
	if err != nil {
		return 0, fail(err, "remove what is past its term", "")
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "remove what is past its term", "")
}

// DuePhotos implements privacy.RetentionStore.
func (s *PrivacyStore) DuePhotos(ctx context.Context, days, limit int) ([]privacy.Photo, error) {
	var rows []privacy.Photo
	err := s.db.NewRaw(`SELECT p.id AS person_id, p.photo_key AS key FROM people p WHERE p.photo_key <> '' AND p.id IN (`+leftSince+`) AND p.erased_at IS NULL
ORDER BY p.id LIMIT ?1 FOR UPDATE OF p`, days, limit).Scan(ctx, &rows)
	return rows, fail(err, "read photos past their term", "")
}

// DropPhoto implements privacy.RetentionStore.
func (s *PrivacyStore) DropPhoto(ctx context.Context, p privacy.Photo) (bool, error) {
	res, err := s.db.NewRaw("UPDATE people SET photo_key = '', version = version + 1, updated_at = clock_timestamp() WHERE id = ? AND photo_key = ?", p.PersonID, p.Key).Exec(ctx)
	if err != nil {
		return false, fail(err, "drop photo", "")
	}
	n, err := res.RowsAffected()
	return n > 0, fail(err, "drop photo", "")
}
