package postgres

import (
	"context"

	"zhixing/domain"
	"zhixing/domain/org"
)

var _ org.LineStore = (*PersonStore)(nil)

const lineColumns = personColumns + `,
  coalesce(pm.unit_id::text, '') AS party_unit, coalesce(am.unit_id::text, '') AS admin_unit,
  coalesce(sf.stage, '') AS stage, coalesce(lower(sf.period)::text, '') AS stage_on,
  coalesce(rf.rank, '') AS rank, coalesce(lower(rf.period)::text, '') AS rank_on, coalesce(xf.status, 'active') AS status`

// EachLine implements org.LineStore by keyset, so that no statement is long.
func (s *PersonStore) EachLine(ctx context.Context, read, keep domain.Scope, f org.PersonFilter, each func(*org.PersonLine) error) error {
	paths, err := s.unitPaths(ctx)
	if err != nil {
		return err
	}
	list, err := s.listed(ctx, read, f, exportBatch, breadthLimit)
	if err != nil {
		return err
	}
	for after := []string(nil); ; {
		q := list.page(after, exportBatch).ColumnExpr(lineColumns).ColumnExpr("? AS kept", scopePeople(keep, "p.id")).Join(profileJoins)
		var rows []struct {
			personRow
			PartyUnit, AdminUnit, Stage, StageOn, Rank, RankOn, Status string
			Kept                                                       bool
		}
		if err := q.Scan(ctx, &rows); err != nil {
			return fail(err, "read people", "")
		}
		for i := range rows {
			r := &rows[i]
			err := each(&org.PersonLine{
				Person: r.Person, PartyUnit: paths[r.PartyUnit], AdminUnit: paths[r.AdminUnit], Stage: org.Stage(r.Stage), StageOn: r.StageOn,
				Rank: r.Rank, RankOn: r.RankOn, Status: org.Status(r.Status), Kept: r.Kept,
			})
			if err != nil {
				return err
			}
			after = []string{r.Pinyin, r.ID}
		}
		if len(rows) < exportBatch {
			return nil
		}
	}
}

// unitPaths is what units are called from the root down, by id.
func (s *PersonStore) unitPaths(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	err := s.eachRow(ctx, "read units", func(r scanner) error {
		var id, path string
		err := r.Scan(&id, &path)
		out[id] = path
		return err
	}, `SELECT u.id::text, (SELECT string_agg(a.name, '/' ORDER BY nlevel(a.path)) FROM units a WHERE a.path @> u.path) FROM units u`)
	return out, err
}
