package postgres

import (
	"context"
	"database/sql"
	"strings"

	"github.com/uptrace/bun/schema"

	"zhixing/domain"
	"zhixing/domain/privacy"

	"github.com/uptrace/bun"
)

var _ privacy.ArchiveStore = (*PrivacyStore)(nil)

// ownedSQL is the condition that a row t of a source is about the person ?0, where a
// column that holds his id does not say it.
var ownedSQL = map[string]string{
	"person_merges":      "?0::uuid IN (t.person_id, t.into_id)",
	"identity_conflicts": "t.number = (SELECT p.number FROM people p WHERE p.id = ?0)",
	"impersonations":     "?0::uuid IN (t.person_id, t.actor_id)",
	"late_decisions":     "t.inclusion_id IN (SELECT i.id FROM late_inclusions i JOIN attempts a ON a.id = i.attempt_id WHERE a.person_id = ?0)",
	"people_bulks":       "t.person_ids @> ARRAY[?0::uuid]",
	"pushes":             "t.items @> jsonb_build_array(jsonb_build_object('id', ?0::text))",
	"audit_events":       "(t.subject_type = 'person' AND t.subject_id = ?0::text OR t.actor_id = ?0)",
}

func ownedBy(src privacy.Source, personID string) schema.QueryWithArgs {
	if q := ownedSQL[src.Table]; q != "" {
		return bun.SafeQuery(q, personID)
	}
	if src.Via != "" {
		return bun.SafeQuery("?1 IN (SELECT v.id FROM ?2 v WHERE v.person_id = ?0)", personID, bun.Ident("t."+src.By), bun.Ident(src.Via))
	}
	return bun.SafeQuery("?1 = ?0", personID, bun.Ident("t."+src.By))
}

// released: no mark leaves before the learner may see it on the page
// (exam.Visible), nor what he answered while he is still answering.
const released = `EXISTS (SELECT 1 FROM attempts ra JOIN exams rx ON rx.id = ra.exam_id WHERE ra.id = %ID% AND ra.state = 'graded' AND rx.state = 'published'
  AND (rx.review = 'after_submit' OR clock_timestamp() >= rx.closes_at + rx.grace_ms * interval '1 millisecond'))`

func releasedOf(id string) string { return strings.ReplaceAll(released, "%ID%", id) }

// givenWhen limits a source to what may be told already.
var givenWhen = map[string]string{
	"grades":             releasedOf("t.attempt_id"),
	"attempt_operations": "EXISTS (SELECT 1 FROM attempts ra WHERE ra.id = t.attempt_id AND ra.state IN ('submitted', 'marking', 'graded', 'voided'))",
}

// shownAs says how a column is written that is not simply itself: ids as names,
// periods as days. "table.column" goes before "column".
var shownAs = map[string]string{
	"unit_id":              "(SELECT u.name FROM units u WHERE u.id = t.unit_id)",
	"role":                 "(SELECT r.name_zh FROM roles r WHERE r.key = t.role)",
	"lesson_id":            "(SELECT c.title || ' / ' || l.title FROM lessons l JOIN courses c ON c.id = l.course_id WHERE l.id = t.lesson_id)",
	"exam_id":              "(SELECT x.title FROM exams x WHERE x.id = t.exam_id)",
	"policy_id":            "(SELECT h.name FROM hour_policies h WHERE h.id = t.policy_id)",
	"batch_id":             "(SELECT b.title FROM hour_batches b WHERE b.id = t.batch_id)",
	"connection_id":        "(SELECT i.name FROM identity_connections i WHERE i.id = t.connection_id)",
	"import_id":            "(SELECT i.filename FROM imports i WHERE i.id = t.import_id)",
	"actor_id":             "coalesce((SELECT p.name FROM people p WHERE p.id = t.actor_id), (SELECT k.name FROM api_tokens k WHERE k.id = t.actor_id), '系统')",
	"period":               "coalesce(lower(t.period)::text, '') || ' 至 ' || coalesce((upper(t.period) - 1)::text, '今')",
	"hash":                 "encode(t.hash, 'hex')",
	"audit_events.ip":      "CASE WHEN t.actor_id = ?0 THEN t.ip ELSE '' END", // where others were is theirs
	"attempts.score_milli": "CASE WHEN " + releasedOf("t.id") + " THEN t.score_milli END",
	"attempts.passed":      "CASE WHEN " + releasedOf("t.id") + " THEN t.passed END",
	"people_bulks.state":   "t.deed->>'kind'",
}

// Reaches implements privacy.ArchiveStore.
func (s *PrivacyStore) Reaches(ctx context.Context, scope domain.Scope, personID string) (in bool, err error) {
	err = s.db.NewRaw("SELECT EXISTS (SELECT 1 FROM people p WHERE p.id = ? AND ?)", personID, scopePeople(scope, "p.id")).Scan(ctx, &in)
	return in, fail(err, "read scope", "")
}

// Rows implements privacy.ArchiveStore. Times are of Shanghai, as all that people read.
func (s *PrivacyStore) Rows(ctx context.Context, src privacy.Source, personID string, fn func([]string) error) error {
	var columns []string
	for c := range strings.FieldsSeq(src.Give) {
		expr := "t." + c
		for _, key := range []string{c, src.Table + "." + c} {
			if e := shownAs[key]; e != "" {
				expr = e
			}
		}
		columns = append(columns, "coalesce(("+expr+")::text, '')")
	}
	when := "TRUE"
	if w := givenWhen[src.Table]; w != "" {
		when = w
	}
	return s.inTx(ctx, func(ctx context.Context, tx base) error {
		if _, err := tx.db.NewRaw("SET LOCAL timezone = 'Asia/Shanghai'").Exec(ctx); err != nil {
			return fail(err, "set the zone", "")
		}
		rows, err := tx.db.QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+src.Table+" t WHERE ?1 AND "+when+" ORDER BY 1", personID, ownedBy(src, personID))
		if err != nil {
			return fail(err, "read "+src.Table, "")
		}
		return scanTexts(rows, len(columns), fn)
	})
}

func scanTexts(rows *sql.Rows, n int, fn func([]string) error) (err error) {
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	cells, at := make([]string, n), make([]any, n)
	for i := range cells {
		at[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(at...); err != nil {
			return fail(err, "read a row", "")
		}
		if err := fn(cells); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Attached implements privacy.ArchiveStore.
func (s *PrivacyStore) Attached(ctx context.Context, personID string) (card *string, photo string, err error) {
	err = s.db.NewRaw("SELECT id_card_sealed, photo_key FROM people WHERE id = ?", personID).Scan(ctx, &card, &photo)
	return card, photo, fail(err, "read person", "person.unknown")
}
