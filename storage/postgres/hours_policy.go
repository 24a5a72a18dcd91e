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

	"github.com/uptrace/bun/dialect/pgdialect"
)

// Policies implements hours.PolicyStore.
func (s *HoursStore) Policies(ctx context.Context) ([]hours.Policy, error) {
	return s.policies(ctx, "true", "")
}

// PolicyForUpdate implements hours.PolicyStore.
func (s *HoursStore) PolicyForUpdate(ctx context.Context, id string) (*hours.Policy, error) {
	var locked string
	err := s.db.NewRaw("SELECT id FROM hour_policies WHERE id = ? FOR UPDATE", id).Scan(ctx, &locked)
	if err != nil {
		return nil, fail(err, "lock policy", "hours.policy_unknown")
	}
	ps, err := s.policies(ctx, "p.id = ?", id)
	if err != nil {
		return nil, err
	}
	if len(ps) == 0 {
		return nil, domain.E(domain.NotFound, "hours.policy_unknown")
	}
	return &ps[0], nil
}

func (s *HoursStore) policies(ctx context.Context, where, arg string) ([]hours.Policy, error) {
	var args []any
	if arg != "" {
		args = append(args, arg)
	}
	var out []hours.Policy
	err := s.eachRow(ctx, "read policies", func(r scanner) error {
		var (
			p                                         hours.Policy
			v                                         hours.Version
			retired                                   sql.NullTime
			effective                                 time.Time
			activated                                 sql.NullTime
			document, audience, rule, supersedes, prv []byte
		)
		err := r.Scan(&p.ID, &p.Name, &retired, &p.CreatedBy, &p.CreatedAt, &v.ID, &v.Number, &v.State, &effective, &document, &audience, &rule,
			&supersedes, &v.Reason, &prv, &v.CreatedBy, &v.CreatedAt, &v.ActivatedBy, &activated)
		if err != nil {
			return err
		}
		if n := len(out); n == 0 || out[n-1].ID != p.ID {
			p.RetiredFrom = dateOrNil(retired)
			out = append(out, p)
		}
		v.PolicyID, v.PolicyName, v.EffectiveFrom, v.ActivatedAt = p.ID, p.Name, hours.FromTime(effective), timeOrNil(activated)
		err = errors.Join(json.Unmarshal(document, &v.Document), json.Unmarshal(audience, &v.Audience),
			json.Unmarshal(rule, &v.Rule), json.Unmarshal(supersedes, &v.Supersedes))
		if prv != nil {
			err = errors.Join(err, json.Unmarshal(prv, &v.Preview))
		}
		last := &out[len(out)-1]
		last.Versions = append(last.Versions, v)
		return err
	}, `SELECT p.id, p.name, p.retired_from, p.created_by, p.created_at, v.id, v.number, v.state, v.effective_from, v.document, v.audience, v.rule,
  to_jsonb(v.supersedes), v.reason, v.preview, v.created_by, v.created_at, coalesce(v.activated_by::text, ''), v.activated_at
FROM hour_policies p JOIN hour_policy_versions v ON v.policy_id = p.id WHERE `+where+`
ORDER BY p.name COLLATE "zh-x-icu", p.id, v.number`, args...)
	return out, err
}

// InsertPolicy implements hours.PolicyStore.
func (s *HoursStore) InsertPolicy(ctx context.Context, p *hours.Policy) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO hour_policies (id, name, created_by) VALUES (?, ?, ?)`, p.ID, p.Name, p.CreatedBy)
	return fail(err, "insert policy", "", "hour_policies_name_key", "hours.policy_name_taken")
}

// SavePolicy implements hours.PolicyStore.
func (s *HoursStore) SavePolicy(ctx context.Context, p *hours.Policy) error {
	var retired any
	if p.RetiredFrom != nil {
		retired = p.RetiredFrom.String()
	}
	res, err := s.db.ExecContext(ctx, `UPDATE hour_policies SET name = ?, retired_from = ? WHERE id = ?`, p.Name, retired, p.ID)
	return mustAffect(res, err, "save policy", "hours.policy_unknown", "hour_policies_name_key", "hours.policy_name_taken")
}

// versionJSON encodes the parts of a version that are kept as documents.
func versionJSON(v *hours.Version) (document, audience, rule string, preview any, err error) {
	d, err1 := json.Marshal(v.Document)
	a, err2 := json.Marshal(v.Audience)
	if v.Rule.SourceCaps == nil {
		v.Rule.SourceCaps = []hours.Cap{}
	}
	r, err3 := json.Marshal(v.Rule)
	var err4 error
	if v.Preview != nil {
		var p []byte
		p, err4 = json.Marshal(v.Preview)
		preview = string(p)
	}
	return string(d), string(a), string(r), preview, errors.Join(err1, err2, err3, err4)
}

// InsertVersion implements hours.PolicyStore.
func (s *HoursStore) InsertVersion(ctx context.Context, v *hours.Version) error {
	document, audience, rule, _, err := versionJSON(v)
	if err != nil {
		return fmt.Errorf("encode policy version: %w", err)
	}
	_, err = s.db.ExecContext(ctx, `INSERT INTO hour_policy_versions (id, policy_id, number, state, effective_from, document, audience, rule, supersedes, reason, created_by)
VALUES (?, ?, ?, ?, ?, ?::jsonb, ?::jsonb, ?::jsonb, ?::uuid[], ?, ?)`, v.ID, v.PolicyID, v.Number, v.State, v.EffectiveFrom.String(),
		document, audience, rule, pgdialect.Array(nonNil(v.Supersedes)), v.Reason, v.CreatedBy)
	return fail(err, "insert policy version", "", "hour_policy_versions_policy_id_number_key", "hours.version_taken")
}

// SaveVersion implements hours.PolicyStore: the preview and the activation; the
// wording of a version stays as it was inserted.
func (s *HoursStore) SaveVersion(ctx context.Context, v *hours.Version) error {
	_, _, _, preview, err := versionJSON(v)
	if err != nil {
		return fmt.Errorf("encode policy version: %w", err)
	}
	res, err := s.db.ExecContext(ctx, `UPDATE hour_policy_versions SET state = ?, preview = ?::jsonb, activated_by = ?, activated_at = ? WHERE id = ?`,
		v.State, preview, nullable(v.ActivatedBy), v.ActivatedAt, v.ID)
	return mustAffect(res, err, "save policy version", "hours.version_unknown")
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
