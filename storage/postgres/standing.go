package postgres

import (
	"context"

	"zhixing/domain/hours"
	"zhixing/domain/org"
)

// Standing implements org.FactStore. Obligations are computed, not read: what is
// cached is of before the transaction.
func (s *PersonStore) Standing(ctx context.Context, personID string) (*org.Standing, error) {
	out := &org.Standing{}
	err := s.db.NewRaw(`SELECT DISTINCT h.id AS person_id, h.name, g.role, u.name AS unit FROM memberships m
JOIN units mu ON mu.id = m.unit_id
JOIN units u ON mu.path <@ u.path
JOIN grants g ON g.unit_id = u.id AND g.period @> civil_today()
JOIN role_permissions r ON r.role = g.role AND r.permission = ?
JOIN people h ON h.id = g.person_id
WHERE m.person_id = ? AND m.period @> civil_today() ORDER BY h.name, h.id, g.role, u.name LIMIT 500`, string(org.PermPeopleRead), personID).Scan(ctx, &out.Watchers)
	if err != nil {
		return nil, fail(err, "read watchers", "")
	}
	err = s.db.NewRaw(`SELECT 'exam' AS what, x.id, x.title FROM exams x
WHERE x.state = 'published' AND x.closes_at > clock_timestamp() AND `+notGone("?0::uuid")+` AND audience_matches(x.audience, ?0, civil_today())
UNION ALL
SELECT 'course', c.id, c.title FROM courses c WHERE c.state = 'published' AND `+notGone("?0::uuid")+` AND audience_matches(c.audience, ?0, civil_today())
ORDER BY 1 DESC, 3, 2 LIMIT 1000`, personID).Scan(ctx, &out.Open)
	if err != nil {
		return nil, fail(err, "read openings", "")
	}
	out.Duties, err = s.duties(ctx, personID)
	return out, err
}

// duties assesses this year and the last.
func (s *PersonStore) duties(ctx context.Context, personID string) ([]org.Duty, error) {
	ledger := &HoursStore{s.base}
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	policies, err := ledger.Policies(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := ledger.FactsOf(ctx, personID)
	if err != nil || len(facts) == 0 {
		return nil, err
	}
	today := hours.DateOf(now)
	var out []org.Duty
	for year := today.Year() - 1; year <= today.Year(); year++ {
		credits, err := ledger.CreditsOfYear(ctx, year, personID)
		if err != nil {
			return nil, err
		}
		asOf := min(today, hours.LastDay(year))
		for _, o := range hours.Assess(year, asOf, &facts[0], hours.Governing(policies, year, asOf), credits[personID]) {
			out = append(out, org.Duty{Policy: o.PolicyName, Year: year, RequiredCenti: o.TotalCenti, CountedCenti: o.CountedCenti})
		}
	}
	return out, nil
}
