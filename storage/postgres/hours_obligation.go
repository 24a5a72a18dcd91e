package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"

	"github.com/uptrace/bun"
)

// far stands for an open end of a fact.
var far = hours.NewDate(9999, time.December, 31)

// FactsOf implements hours.Obligations.
func (s *HoursStore) FactsOf(ctx context.Context, personIDs ...string) ([]hours.Facts, error) {
	if len(personIDs) == 0 {
		return nil, nil
	}
	var out []hours.Facts
	at, gone := make(map[string]int, len(personIDs)), map[int]hours.Days{}
	err := s.eachRow(ctx, "read people's kinds", func(r scanner) error {
		var f hours.Facts
		err := r.Scan(&f.PersonID, &f.Kind)
		at[f.PersonID] = len(out)
		out = append(out, f)
		return err
	}, `SELECT id, kind FROM people WHERE id IN (?) AND merged_into IS NULL ORDER BY id`, bun.List(personIDs))
	if err != nil {
		return nil, err
	}
	err = s.eachRow(ctx, "read dated facts", func(r scanner) error {
		var (
			what, person, values string
			from, to             sql.NullTime
		)
		if err := r.Scan(&what, &person, &values, &from, &to); err != nil {
			return err
		}
		fact := hours.Fact{Span: hours.Span{From: hours.NewDate(1, 1, 1), To: far}}
		if from.Valid {
			fact.From = hours.FromTime(from.Time)
		}
		if to.Valid {
			fact.To = hours.FromTime(to.Time)
		}
		if err := json.Unmarshal([]byte(values), &fact.Values); err != nil {
			return err
		}
		i, ok := at[person]
		if !ok {
			return nil
		}
		switch f := &out[i]; what {
		case "gone":
			gone[i] = append(gone[i], fact.Span)
		case "stage":
			f.Stages = append(f.Stages, fact)
		case "rank":
			f.Ranks = append(f.Ranks, fact)
		default:
			f.Units = append(f.Units, fact)
		}
		return nil
	}, `SELECT 'stage', person_id, jsonb_build_array(stage)::text, lower(period), upper(period) FROM stage_facts WHERE person_id IN (?0)
UNION ALL
SELECT 'rank', person_id, jsonb_build_array(rank)::text, lower(period), upper(period) FROM rank_facts WHERE person_id IN (?0)
UNION ALL
SELECT 'unit', m.person_id, a.ids, lower(m.period * a.period), upper(m.period * a.period) FROM memberships m
JOIN (SELECT mp.unit_id, mp.period, jsonb_agg(DISTINCT ap.unit_id)::text AS ids FROM unit_placements mp
      JOIN unit_placements ap ON mp.path <@ ap.path AND mp.period && ap.period
      WHERE mp.unit_id IN (SELECT unit_id FROM memberships WHERE person_id IN (?0)) GROUP BY mp.unit_id, mp.period) a
  ON a.unit_id = m.unit_id AND a.period && m.period
WHERE m.person_id IN (?0)
UNION ALL
SELECT 'gone', person_id, '[]', lower(period), upper(period) FROM status_facts WHERE status IN ('left', 'deceased') AND person_id IN (?0)
ORDER BY 2, 1, 4`, bun.List(personIDs))
	for i, spans := range gone { // who left or died owes nothing for those days
		for _, span := range (hours.Days{{From: hours.NewDate(1, 1, 1), To: far}}).Minus(spans) {
			out[i].Present = append(out[i].Present, hours.Fact{Span: span})
		}
		if len(out[i].Present) == 0 {
			out[i].Present = []hours.Fact{{Span: hours.Span{From: far, To: far}}}
		}
	}
	return out, err
}

// PeopleAfter implements hours.Obligations.
func (s *HoursStore) PeopleAfter(ctx context.Context, after string, limit int) ([]string, error) {
	if after == "" {
		after = zeroID
	}
	var out []string
	err := s.db.NewRaw("SELECT id FROM people WHERE id > ? AND merged_into IS NULL ORDER BY id LIMIT ?", after, limit).Scan(ctx, &out)
	return out, fail(err, "read people", "")
}

// obligationRow is an obligation on its way into the table, as JSON: one
// parameter for a whole batch, whatever its size.
type obligationRow struct {
	PersonID      string              `json:"person_id"`
	PolicyID      string              `json:"policy_id"`
	VersionID     string              `json:"version_id"`
	Lead          bool                `json:"lead"`
	Days          int                 `json:"days"`
	TotalCenti    int                 `json:"total_centi"`
	RequiredCenti int                 `json:"required_centi"`
	CountedCenti  int                 `json:"counted_centi"`
	PartCenti     int                 `json:"part_centi"`
	ShortCenti    int                 `json:"short_centi"`
	RecentCenti   int                 `json:"recent_centi"`
	Sources       []hours.SourceTotal `json:"sources"`
	Reasons       []hours.Why         `json:"reasons"`
	DueOn         hours.Date          `json:"due_on"`
	LastOn        *hours.Date         `json:"last_on"`
}

// SaveObligations implements hours.Obligations.
func (s *HoursStore) SaveObligations(ctx context.Context, year int, asOf hours.Date, personIDs []string, os []hours.Obligation) error {
	rows := make([]obligationRow, len(os))
	for i, o := range os {
		rows[i] = obligationRow{
			PersonID: o.PersonID, PolicyID: o.PolicyID, VersionID: o.VersionID, Lead: o.Lead, Days: o.Days,
			TotalCenti: o.TotalCenti, RequiredCenti: o.RequiredCenti, CountedCenti: o.CountedCenti, PartCenti: o.PartCenti,
			ShortCenti: o.ShortCenti, RecentCenti: o.RecentCenti, Sources: o.Sources, Reasons: o.Reasons, DueOn: o.DueOn, LastOn: o.LastOn,
		}
		if o.Sources == nil {
			rows[i].Sources = []hours.SourceTotal{}
		}
		if o.Reasons == nil {
			rows[i].Reasons = []hours.Why{}
		}
	}
	body, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode obligations: %w", err)
	}
	// What is as it was is not written again: a run over everybody on a day on
	// which nothing happened leaves the table, its indexes and the log alone.
	_, err = s.db.ExecContext(ctx, saveObligations, year, asOf.String(), string(body), bun.List(personIDs))
	return fail(err, "save obligations", "")
}

const saveObligations = `WITH fresh AS (
  SELECT o.*, p.name, p.number, p.pinyin, p.initials, p.kind AS person_kind, coalesce(st.stage, '') AS stage, coalesce(rk.rank, '') AS rank,
    coalesce(un.name, '') AS unit_name, coalesce(un.paths, '{}') AS unit_paths, le.at AS last_event_at
  FROM jsonb_to_recordset(?2::jsonb) AS o (person_id uuid, policy_id uuid, version_id uuid, lead boolean, days int, total_centi int,
    required_centi int, counted_centi int, part_centi int, short_centi int, recent_centi int, sources jsonb, reasons jsonb, due_on date, last_on date)
  JOIN people p ON p.id = o.person_id
  LEFT JOIN LATERAL (SELECT stage FROM stage_facts WHERE person_id = p.id AND period @> civil_today()) st ON true
  LEFT JOIN LATERAL (SELECT rank FROM rank_facts WHERE person_id = p.id AND period @> civil_today()) rk ON true
  LEFT JOIN LATERAL (SELECT (array_agg(u.name ORDER BY u.tree DESC))[1] AS name, array_agg(u.path ORDER BY u.tree DESC) AS paths
    FROM memberships m JOIN units u ON u.id = m.unit_id WHERE m.person_id = p.id AND m.period @> civil_today()) un ON true
  LEFT JOIN LATERAL (SELECT e.recorded_at AS at FROM hour_events e WHERE e.person_id = p.id AND e.kind = 'credit' ORDER BY e.seq DESC LIMIT 1) le ON true
), gone AS (
  DELETE FROM hour_obligations h WHERE h.year = ?0 AND h.person_id IN (?3)
    AND NOT EXISTS (SELECT 1 FROM fresh f WHERE f.person_id = h.person_id AND f.policy_id = h.policy_id)
)
INSERT INTO hour_obligations AS h (person_id, policy_id, year, version_id, lead, days, total_centi, required_centi, counted_centi, part_centi,
  short_centi, recent_centi, sources, reasons, due_on, last_on, name, number, pinyin, initials, person_kind, stage, rank, unit_name, unit_paths,
  last_event_at, changed_on)
SELECT person_id, policy_id, ?0, version_id, lead, days, total_centi, required_centi, counted_centi, part_centi,
  short_centi, recent_centi, sources, reasons, due_on, last_on, name, number, pinyin, initials, person_kind, stage, rank, unit_name, unit_paths,
  last_event_at, ?1::date
FROM fresh
ON CONFLICT (person_id, year, policy_id) DO UPDATE SET version_id = excluded.version_id, lead = excluded.lead, days = excluded.days,
  total_centi = excluded.total_centi, required_centi = excluded.required_centi, counted_centi = excluded.counted_centi,
  part_centi = excluded.part_centi, short_centi = excluded.short_centi, recent_centi = excluded.recent_centi, sources = excluded.sources,
  reasons = excluded.reasons, due_on = excluded.due_on, last_on = excluded.last_on, name = excluded.name, number = excluded.number,
  pinyin = excluded.pinyin, initials = excluded.initials, person_kind = excluded.person_kind, stage = excluded.stage, rank = excluded.rank,
  unit_name = excluded.unit_name, unit_paths = excluded.unit_paths, last_event_at = excluded.last_event_at, changed_on = excluded.changed_on,
  changed_at = clock_timestamp()
WHERE (h.version_id, h.lead, h.days, h.total_centi, h.required_centi, h.counted_centi, h.part_centi, h.short_centi, h.recent_centi, h.sources,
    h.reasons, h.due_on, h.last_on, h.name, h.number, h.pinyin, h.initials, h.person_kind, h.stage, h.rank, h.unit_name, h.unit_paths, h.last_event_at)
  IS DISTINCT FROM (excluded.version_id, excluded.lead, excluded.days, excluded.total_centi, excluded.required_centi, excluded.counted_centi,
    excluded.part_centi, excluded.short_centi, excluded.recent_centi, excluded.sources, excluded.reasons, excluded.due_on, excluded.last_on,
    excluded.name, excluded.number, excluded.pinyin, excluded.initials, excluded.person_kind, excluded.stage, excluded.rank, excluded.unit_name,
    excluded.unit_paths, excluded.last_event_at)`

// ObligationsOf implements hours.Obligations.
func (s *HoursStore) ObligationsOf(ctx context.Context, year int, personIDs ...string) ([]hours.Obligation, error) {
	var out []hours.Obligation
	err := s.eachRow(ctx, "read obligations", func(r scanner) error {
		var (
			o                hours.Obligation
			due              time.Time
			last             sql.NullTime
			sources, reasons []byte
		)
		err := r.Scan(&o.PersonID, &o.PolicyID, &o.PolicyName, &o.VersionID, &o.VersionNumber, &o.Year, &o.Lead, &o.Days, &o.TotalCenti,
			&o.RequiredCenti, &o.CountedCenti, &o.PartCenti, &o.ShortCenti, &o.RecentCenti, &sources, &reasons, &due, &last)
		if err != nil {
			return err
		}
		o.DueOn, o.LastOn = hours.FromTime(due), dateOrNil(last)
		out = append(out, o)
		i := len(out) - 1
		return errors.Join(json.Unmarshal(sources, &out[i].Sources), json.Unmarshal(reasons, &out[i].Reasons))
	}, `SELECT o.person_id, o.policy_id, p.name, o.version_id, v.number, o.year, o.lead, o.days, o.total_centi, o.required_centi,
  o.counted_centi, o.part_centi, o.short_centi, o.recent_centi, o.sources, o.reasons, o.due_on, o.last_on
FROM hour_obligations o JOIN hour_policies p ON p.id = o.policy_id JOIN hour_policy_versions v ON v.id = o.version_id
WHERE o.year = ? AND o.person_id IN (?) ORDER BY o.person_id, o.policy_id`, year, bun.List(personIDs))
	return out, err
}

// Recompute implements hours.Obligations.
func (s *HoursStore) Recompute(ctx context.Context, year int, asOf hours.Date, digest string) (*hours.Recompute, error) {
	_, err := s.db.ExecContext(ctx, `INSERT INTO hour_recomputes (year, as_of, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, year, asOf.String(), digest)
	if err != nil {
		return nil, fail(err, "begin recompute", "")
	}
	r := &hours.Recompute{Year: year, AsOf: asOf, Digest: digest}
	var finished sql.NullTime
	err = s.db.QueryRowContext(ctx, `SELECT coalesce(cursor::text, ''), people, finished_at FROM hour_recomputes WHERE year = ? AND as_of = ? AND digest = ? FOR UPDATE`,
		year, asOf.String(), digest).Scan(&r.Cursor, &r.People, &finished)
	r.FinishedAt = timeOrNil(finished)
	return r, fail(err, "read recompute", "hours.recompute_unknown")
}

// SaveRecompute implements hours.Obligations.
func (s *HoursStore) SaveRecompute(ctx context.Context, r *hours.Recompute) error {
	res, err := s.db.ExecContext(ctx, `UPDATE hour_recomputes SET cursor = ?, people = ?, finished_at = ? WHERE year = ? AND as_of = ? AND digest = ?`,
		nullable(r.Cursor), r.People, r.FinishedAt, r.Year, r.AsOf.String(), r.Digest)
	return mustAffect(res, err, "save recompute", "hours.recompute_unknown")
}

// PersonInScope implements hours.Reports.
func (s *HoursStore) PersonInScope(ctx context.Context, sc domain.Scope, personID string) (*hours.PersonHead, error) {
	cond, args := "true", []any(nil)
	if sc.ActorID != "" {
		cond, args = "?", []any{scopePeople(sc, "p.id")}
	}
	h := &hours.PersonHead{}
	err := s.db.QueryRowContext(ctx, `SELECT p.id, p.name, p.number, p.kind,
  coalesce((SELECT stage FROM stage_facts WHERE person_id = p.id AND period @> civil_today()), ''),
  coalesce((SELECT rank FROM rank_facts WHERE person_id = p.id AND period @> civil_today()), ''),
  coalesce((SELECT u.name FROM memberships m JOIN units u ON u.id = m.unit_id WHERE m.person_id = p.id AND m.period @> civil_today()
            ORDER BY u.tree DESC LIMIT 1), '')
FROM people p WHERE p.id = ? AND `+cond, append([]any{personID}, args...)...).
		Scan(&h.ID, &h.Name, &h.Number, &h.Kind, &h.Stage, &h.Rank, &h.UnitName)
	if err != nil {
		return nil, fail(err, "read person", "hours.person_unknown")
	}
	return h, nil
}
