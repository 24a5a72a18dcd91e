package app

import (
	"context"
	"slices"
	"strings"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/job"
)

// Policies is the organisation department's rules of hours. A version is
// written as a draft, previewed, and activated by quoting what was previewed.
type Policies struct {
	Store hours.Store
}

// PolicyDraft is the wording of a new version.
type PolicyDraft struct {
	Name          string // of a new policy; kept for a new version
	EffectiveFrom hours.Date
	Document      hours.Document
	Audience      domain.Audience
	Rule          hours.Rule
	Supersedes    []string
	Reason        string
}

// List returns all policies with their versions.
func (p *Policies) List(ctx context.Context) ([]hours.Policy, error) { return p.Store.Policies(ctx) }

// Get returns one policy; NotFound "hours.policy_unknown".
func (p *Policies) Get(ctx context.Context, policyID string) (*hours.Policy, error) {
	id, err := ParseID(policyID, "hours.policy_unknown")
	if err != nil {
		return nil, err
	}
	all, err := p.Store.Policies(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, func(x hours.Policy) bool { return x.ID == id }); i >= 0 {
		return &all[i], nil
	}
	return nil, domain.E(domain.NotFound, "hours.policy_unknown")
}

// Names returns the names of people, for who wrote and activated versions.
func (p *Policies) Names(ctx context.Context, policies ...hours.Policy) (map[string]string, error) {
	var ids []string
	for _, x := range policies {
		ids = append(ids, x.CreatedBy)
		for _, v := range x.Versions {
			ids = append(ids, v.CreatedBy)
			if v.ActivatedBy != "" {
				ids = append(ids, v.ActivatedBy)
			}
		}
	}
	slices.Sort(ids)
	return p.Store.Names(ctx, slices.Compact(ids))
}

// Create writes a new policy with its first version, a draft.
func (p *Policies) Create(ctx context.Context, who Actor, d PolicyDraft) (*hours.Policy, error) {
	name := strings.TrimSpace(d.Name)
	if name == "" || len([]rune(name)) > 100 {
		return nil, domain.E(domain.Invalid, "hours.policy_name_required").At("body.name", "hours.policy_name_required")
	}
	x := &hours.Policy{ID: NewID(), Name: name, CreatedBy: who.PersonID}
	err := p.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		if err := tx.InsertPolicy(ctx, x); err != nil {
			return err
		}
		return addVersion(ctx, tx, who, x, d)
	})
	if err != nil {
		return nil, err
	}
	return p.Get(ctx, x.ID)
}

// AddVersion writes a further version, a draft.
func (p *Policies) AddVersion(ctx context.Context, who Actor, policyID string, d PolicyDraft) (*hours.Policy, error) {
	id, err := ParseID(policyID, "hours.policy_unknown")
	if err != nil {
		return nil, err
	}
	err = p.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		x, err := tx.PolicyForUpdate(ctx, id)
		if err != nil {
			return err
		}
		return addVersion(ctx, tx, who, x, d)
	})
	if err != nil {
		return nil, err
	}
	return p.Get(ctx, id)
}

func addVersion(ctx context.Context, tx hours.Store, who Actor, x *hours.Policy, d PolicyDraft) error {
	v := &hours.Version{
		ID: NewID(), PolicyID: x.ID, Number: len(x.Versions) + 1, State: hours.Draft, EffectiveFrom: d.EffectiveFrom,
		Document: d.Document, Audience: d.Audience, Rule: d.Rule, Supersedes: d.Supersedes, Reason: strings.TrimSpace(d.Reason), CreatedBy: who.PersonID,
	}
	if err := v.Check(); err != nil {
		return err
	}
	if v.Reason == "" {
		return domain.E(domain.Invalid, "hours.reason_required").At("body.reason", "hours.reason_required")
	}
	for i, id := range v.Supersedes {
		parsed, err := ParseID(id, "hours.policy_unknown")
		if err != nil {
			return err
		}
		v.Supersedes[i] = parsed
	}
	if err := tx.InsertVersion(ctx, v); err != nil {
		return err
	}
	return tx.Audit(ctx, who.Did("hours.write_policy", "hour_policy", x.ID, "name", x.Name, "number", v.Number, "version_id", v.ID,
		"effective_from", v.EffectiveFrom, "rule", v.Rule, "document", v.Document.Number, "clause", v.Document.Clause, "reason", v.Reason))
}

// Preview computes what activating a version would change, keeps it on the
// version and returns it. It takes the year in which the version takes effect,
// at the earliest the current one.
func (p *Policies) Preview(ctx context.Context, who Actor, policyID string, number int) (*hours.Preview, error) {
	x, v, err := p.version(ctx, policyID, number)
	if err != nil {
		return nil, err
	}
	if v.State != hours.Draft {
		return nil, domain.E(domain.Conflict, "hours.version_not_draft", "number", number)
	}
	now, err := p.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	today := hours.DateOf(now)
	year := max(today.Year(), v.EffectiveFrom.Year())
	asOf := max(today, v.EffectiveFrom)
	policies, err := p.Store.Policies(ctx)
	if err != nil {
		return nil, err
	}
	before := hours.Governing(policies, year, asOf)
	after := hours.Governing(withActive(policies, v.ID), year, asOf)
	preview := &hours.Preview{Year: year, ByID: who.PersonID, At: now.UTC(), VersionDigest: v.Digest()}
	err = p.Store.Snapshot(ctx, func(ctx context.Context, tx hours.Store) error {
		return compare(ctx, tx, preview, x.ID, year, asOf, before, after)
	})
	if err != nil {
		return nil, err
	}
	preview.Digest = hours.DigestOf(preview)
	return preview, p.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		x, err := tx.PolicyForUpdate(ctx, x.ID)
		if err != nil {
			return err
		}
		v := &x.Versions[number-1]
		if v.State != hours.Draft {
			return domain.E(domain.Conflict, "hours.version_not_draft", "number", number)
		}
		v.Preview = preview
		return tx.SaveVersion(ctx, v)
	})
}

func (p *Policies) version(ctx context.Context, policyID string, number int) (*hours.Policy, *hours.Version, error) {
	x, err := p.Get(ctx, policyID)
	if err != nil {
		return nil, nil, err
	}
	if number < 1 || number > len(x.Versions) {
		return nil, nil, domain.E(domain.NotFound, "hours.version_unknown")
	}
	return x, &x.Versions[number-1], nil
}

// withActive returns the policies as if the version were active already.
func withActive(policies []hours.Policy, versionID string) []hours.Policy {
	out := slices.Clone(policies)
	for i := range out {
		out[i].Versions = slices.Clone(out[i].Versions)
		for j := range out[i].Versions {
			if out[i].Versions[j].ID == versionID {
				out[i].Versions[j].State = hours.Active
			}
		}
	}
	return out
}

// compare runs everybody through both sets of versions.
func compare(ctx context.Context, s hours.Store, sum *hours.Preview, policyID string, year int, asOf hours.Date, before, after []hours.Version) error {
	last := ""
	for {
		ids, err := s.PeopleAfter(ctx, last, recomputeBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		last = ids[len(ids)-1]
		facts, err := s.FactsOf(ctx, ids...)
		if err != nil {
			return err
		}
		events, err := s.CreditsOfYear(ctx, year, ids...)
		if err != nil {
			return err
		}
		for i := range facts {
			es := events[facts[i].PersonID]
			sum.Book(policyID, hours.Assess(year, asOf, &facts[i], before, es), hours.Assess(year, asOf, &facts[i], after, es))
		}
	}
}

// Activate puts a previewed version into effect and has everybody's
// obligations computed anew.
func (p *Policies) Activate(ctx context.Context, who Actor, policyID string, number int, previewDigest, reason string) (*hours.Policy, error) {
	id, err := ParseID(policyID, "hours.policy_unknown")
	if err != nil {
		return nil, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return nil, domain.E(domain.Invalid, "hours.reason_required").At("body.reason", "hours.reason_required")
	}
	err = p.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		x, err := tx.PolicyForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if number < 1 || number > len(x.Versions) {
			return domain.E(domain.NotFound, "hours.version_unknown")
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		v := &x.Versions[number-1]
		if err := v.Activate(who.PersonID, previewDigest, now); err != nil {
			return err
		}
		if err := tx.SaveVersion(ctx, v); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.RecomputePolicy{PolicyID: id, Year: v.Preview.Year}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("hours.activate_policy", "hour_policy", id, "name", x.Name, "number", v.Number, "version_id", v.ID,
			"effective_from", v.EffectiveFrom, "preview", v.Preview, "reason", reason))
	})
	if err != nil {
		return nil, err
	}
	return p.Get(ctx, id)
}

// Retire ends a policy from a date on and has obligations computed anew.
func (p *Policies) Retire(ctx context.Context, who Actor, policyID string, from hours.Date, reason string) (*hours.Policy, error) {
	id, err := ParseID(policyID, "hours.policy_unknown")
	if err != nil {
		return nil, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return nil, domain.E(domain.Invalid, "hours.reason_required").At("body.reason", "hours.reason_required")
	}
	err = p.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		x, err := tx.PolicyForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if x.RetiredFrom != nil {
			return domain.E(domain.Conflict, "hours.policy_retired", "on", x.RetiredFrom.String())
		}
		x.RetiredFrom = &from
		if err := tx.SavePolicy(ctx, x); err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.RecomputePolicy{PolicyID: id, Year: hours.DateOf(now).Year()}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("hours.retire_policy", "hour_policy", id, "name", x.Name, "from", from, "reason", reason))
	})
	if err != nil {
		return nil, err
	}
	return p.Get(ctx, id)
}
