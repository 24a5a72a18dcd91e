package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun/schema"

	"zhixing/domain"
	"zhixing/domain/org"

	"github.com/uptrace/bun"
)

const correctionColumns = `c.id, c.person_id, p.number, p.name, c.field, c.value, c.from_on::text AS from_on, c.note, c.state, c.created_at, c.decided_at, c.decision,
  coalesce(d.name, '') AS decided_by,
  CASE WHEN c.field IN ('party_membership', 'admin_membership') THEN coalesce((SELECT u.name FROM units u WHERE u.id::text = c.value), '') ELSE '' END AS value_label,
  coalesce(CASE c.field WHEN 'name' THEN p.name WHEN 'gender' THEN p.gender WHEN 'born_on' THEN p.born_on::text WHEN 'phone' THEN p.phone WHEN 'email' THEN p.email
    WHEN 'stage' THEN (SELECT stage FROM stage_facts f WHERE f.person_id = p.id AND f.period @> civil_today())
    WHEN 'rank' THEN (SELECT rank FROM rank_facts f WHERE f.person_id = p.id AND f.period @> civil_today())
    ELSE (SELECT u.name FROM memberships f JOIN units u ON u.id = f.unit_id
          WHERE f.person_id = p.id AND f.period @> civil_today() AND f.tree || '_membership' = c.field) END, '') AS current
FROM correction_requests c JOIN people p ON p.id = c.person_id LEFT JOIN people d ON d.id = c.decided_by`

// InsertCorrection implements org.RosterStore.
func (s *PersonStore) InsertCorrection(ctx context.Context, c *org.Correction) error {
	_, err := s.db.NewRaw("INSERT INTO correction_requests (id, person_id, field, value, from_on, note, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
		c.ID, c.PersonID, c.Field, c.Value, c.FromOn, c.Note, c.State).Exec(ctx)
	return fail(err, "keep correction", "")
}

// OpenCorrections implements org.RosterStore.
func (s *PersonStore) OpenCorrections(ctx context.Context, personID string) (n int, err error) {
	err = s.db.NewRaw("SELECT count(*) FROM correction_requests WHERE person_id = ? AND state = 'open'", personID).Scan(ctx, &n)
	return n, fail(err, "count corrections", "")
}

// CorrectionForUpdate implements org.RosterStore.
func (s *PersonStore) CorrectionForUpdate(ctx context.Context, scope domain.Scope, id string) (*org.Correction, error) {
	within := scopePeople(scope, "c.person_id")
	if scope.Permission == "" {
		within = bun.SafeQuery("c.person_id = ?", scope.ActorID)
	}
	var c org.Correction
	err := s.db.NewRaw("SELECT "+correctionColumns+" WHERE c.id = ? AND ? FOR UPDATE OF c", id, within).Scan(ctx, &c)
	if err != nil {
		return nil, fail(err, "lock correction", "person.correction_unknown")
	}
	return &c, nil
}

// SaveCorrection implements org.RosterStore.
func (s *PersonStore) SaveCorrection(ctx context.Context, c *org.Correction, by string) error {
	res, err := s.db.NewRaw("UPDATE correction_requests SET state = ?, decision = ?, decided_at = ?, decided_by = ? WHERE id = ?",
		c.State, c.Decision, c.DecidedAt, nullable(by), c.ID).Exec(ctx)
	return mustAffect(res, err, "save correction", "person.correction_unknown")
}

// Corrections implements org.RosterStore.
func (s *PersonStore) Corrections(ctx context.Context, scope domain.Scope, open bool, p domain.Paging) (domain.Page[org.Correction], error) {
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return domain.Page[org.Correction]{}, err
	}
	after := bun.SafeQuery("TRUE")
	if key != nil {
		at, err := time.Parse(time.RFC3339Nano, key[0])
		if err != nil {
			return domain.Page[org.Correction]{}, domain.E(domain.Invalid, "page.bad_token")
		}
		after = bun.SafeQuery("(c.created_at, c.id) > (?, ?::uuid)", at, key[1])
	}
	return s.corrections(ctx, bun.SafeQuery("(NOT ?0 OR c.state = 'open') AND ?1 AND ?2", open, scopePeople(scope, "c.person_id"), after), "c.created_at, c.id", p)
}

// CorrectionsOf implements org.RosterStore.
func (s *PersonStore) CorrectionsOf(ctx context.Context, personID string) ([]org.Correction, error) {
	page, err := s.corrections(ctx, bun.SafeQuery("c.person_id = ?", personID), "c.created_at DESC, c.id", domain.Paging{Limit: 100})
	return page.Items, err
}

func (s *PersonStore) corrections(ctx context.Context, where schema.QueryWithArgs, order string, p domain.Paging) (domain.Page[org.Correction], error) {
	var rows []org.Correction
	err := s.db.NewRaw("SELECT "+correctionColumns+" WHERE ? ORDER BY "+order+" LIMIT ?", where, p.Size()+1).Scan(ctx, &rows)
	if err != nil {
		return domain.Page[org.Correction]{}, fail(err, "list corrections", "")
	}
	return domain.Cut(rows, p.Size(), func(c org.Correction) []string { return []string{c.CreatedAt.Format(time.RFC3339Nano), c.ID} }), nil
}

// Looks implements org.RosterStore.
func (s *PersonStore) Looks(ctx context.Context, personID string, p domain.Paging) (domain.Page[org.Look], error) {
	key, err := domain.DecodeToken(p.Token, 2)
	if err != nil {
		return domain.Page[org.Look]{}, err
	}
	before, tie := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), "" // before any answer: all
	if key != nil {
		if before, err = time.Parse(time.RFC3339Nano, key[0]); err != nil {
			return domain.Page[org.Look]{}, domain.E(domain.Invalid, "page.bad_token")
		}
		tie = key[1]
	}
	var rows []struct {
		Tie              string
		At               time.Time
		By, What, Reason string
	}
	err = s.db.NewRaw(`SELECT * FROM (
  (SELECT 'e' || e.seq AS tie, e.at, coalesce(a.name, tok.name, '') AS by, replace(e.action, 'person.', '') AS what, coalesce(e.detail->>'reason', '') AS reason
   FROM audit_events e LEFT JOIN people a ON a.id = e.actor_id LEFT JOIN api_tokens tok ON tok.id = e.actor_id
   WHERE e.subject_type = 'person' AND e.subject_id = ?0 AND e.action IN ('person.read', 'person.reveal', 'person.impersonate', 'person.read_sessions')
     AND e.actor_id IS DISTINCT FROM ?0::uuid AND e.at <= ?1)
  UNION ALL
  (SELECT r.kind || r.actor_id, r.at, coalesce(a.name, tok.name, ''), r.kind, ''
   FROM person_reads r LEFT JOIN people a ON a.id = r.actor_id LEFT JOIN api_tokens tok ON tok.id = r.actor_id
   WHERE r.person_id = ?0::uuid AND r.at <= ?1)
) x WHERE (x.at, x.tie) < (?1, ?2) ORDER BY x.at DESC, x.tie DESC LIMIT ?3`, personID, before, tie, p.Size()+1).Scan(ctx, &rows)
	if err != nil {
		return domain.Page[org.Look]{}, fail(err, "list looks", "")
	}
	page := domain.Page[org.Look]{}
	if len(rows) > p.Size() {
		rows = rows[:p.Size()]
		last := rows[len(rows)-1]
		page.NextPageToken = domain.EncodeToken(last.At.Format(time.RFC3339Nano), last.Tie)
	}
	for _, r := range rows {
		page.Items = append(page.Items, org.Look{At: r.At, By: r.By, What: r.What, Reason: r.Reason})
	}
	return page, nil
}
