package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/hours"
)

type policyBody struct {
	ID          string              `json:"id"`
	Name        string              `json:"name"`
	RetiredFrom *hours.Date         `json:"retired_from" format:"date"`
	CreatedAt   time.Time           `json:"created_at"`
	CreatedBy   string              `json:"created_by" doc:"Name"`
	Active      int                 `json:"active" doc:"Number of the version in force today, 0 if none"`
	Versions    []policyVersionBody `json:"versions" doc:"Oldest first"`
}

type policyVersionBody struct {
	ID            string             `json:"id"`
	Number        int                `json:"number"`
	State         string             `json:"state" enum:"draft,active"`
	EffectiveFrom hours.Date         `json:"effective_from" format:"date"`
	Document      hourDocumentBody   `json:"document"`
	Audience      audienceBody       `json:"audience"`
	Rule          policyRuleBody     `json:"rule"`
	Supersedes    []string           `json:"supersedes" doc:"Policies that do not bind whom this one binds"`
	Reason        string             `json:"reason"`
	CreatedAt     time.Time          `json:"created_at"`
	CreatedBy     string             `json:"created_by" doc:"Name"`
	ActivatedAt   *time.Time         `json:"activated_at"`
	ActivatedBy   string             `json:"activated_by" doc:"Name"`
	Preview       *policyPreviewBody `json:"preview,omitempty"`
}

type policyRuleBody struct {
	TotalCenti    int                 `json:"total_centi" minimum:"1"`
	RequiredCenti int                 `json:"required_centi,omitempty" minimum:"0" doc:"Of which from required courses"`
	SourceCaps    []policyCapBody     `json:"source_caps,omitempty" maxItems:"20"`
	EventCapCenti int                 `json:"event_cap_centi,omitempty" minimum:"0" doc:"0: no limit"`
	DailyMaxCenti int                 `json:"daily_max_centi,omitempty" minimum:"0" doc:"Of one source on one day; above it is held for audit; 0: no limit"`
	Prorating     policyProratingBody `json:"prorating,omitempty"`
}

type policyCapBody struct {
	Source   string `json:"source"`
	CapCenti int    `json:"cap_centi" minimum:"0"`
}

type policyProratingBody struct {
	On           bool `json:"on,omitempty"`
	RoundUpCenti int  `json:"round_up_centi,omitempty" minimum:"0"`
	FloorCenti   int  `json:"floor_centi,omitempty" minimum:"0"`
}

type policyPreviewBody struct {
	Year             int       `json:"year"`
	People           int       `json:"people" doc:"Bound by the policy after the change"`
	NewlyBound       int       `json:"newly_bound"`
	NoLonger         int       `json:"no_longer_bound"`
	MoreShort        int       `json:"more_short" doc:"People whose shortfall grows"`
	LessShort        int       `json:"less_short"`
	DoneBefore       int       `json:"done_before"`
	DoneAfter        int       `json:"done_after"`
	ShortBeforeCenti int       `json:"shortfall_before_centi"`
	ShortAfterCenti  int       `json:"shortfall_after_centi"`
	At               time.Time `json:"at"`
	Digest           string    `json:"digest" doc:"What activation must quote"`
}

func policyPreviewOf(p *hours.Preview) *policyPreviewBody {
	if p == nil {
		return nil
	}
	return &policyPreviewBody{
		Year: p.Year, People: p.People, NewlyBound: p.NewlyBound, NoLonger: p.NoLonger, MoreShort: p.MoreShort, LessShort: p.LessShort,
		DoneBefore: p.DoneBefore, DoneAfter: p.DoneAfter, ShortBeforeCenti: p.ShortBefore, ShortAfterCenti: p.ShortAfter, At: p.At.UTC(), Digest: p.Digest,
	}
}

func (s *Server) policyOf(p *hours.Policy, names map[string]string) policyBody {
	today := hours.DateOf(s.Now())
	b := policyBody{ID: p.ID, Name: p.Name, RetiredFrom: p.RetiredFrom, CreatedAt: p.CreatedAt.UTC(), CreatedBy: names[p.CreatedBy], Versions: []policyVersionBody{}}
	if v, ok := p.Governing(today.Year(), today); ok {
		b.Active = v.Number
	}
	for _, v := range p.Versions {
		r := v.Rule
		rule := policyRuleBody{
			TotalCenti: r.TotalCenti, RequiredCenti: r.RequiredCenti, SourceCaps: []policyCapBody{}, EventCapCenti: r.EventCapCenti,
			DailyMaxCenti: r.DailyMaxCenti, Prorating: policyProratingBody(r.Prorating),
		}
		for _, c := range r.SourceCaps {
			rule.SourceCaps = append(rule.SourceCaps, policyCapBody{string(c.Source), c.CapCenti})
		}
		b.Versions = append(b.Versions, policyVersionBody{
			ID: v.ID, Number: v.Number, State: v.State, EffectiveFrom: v.EffectiveFrom,
			Document: hourDocumentBody(v.Document), Audience: audienceOf(v.Audience), Rule: rule, Supersedes: orEmpty(v.Supersedes), Reason: v.Reason,
			CreatedAt: v.CreatedAt.UTC(), CreatedBy: names[v.CreatedBy], ActivatedAt: v.ActivatedAt, ActivatedBy: names[v.ActivatedBy],
			Preview: policyPreviewOf(v.Preview),
		})
	}
	return b
}

type policiesOutput struct {
	Body struct {
		Items         []policyBody `json:"items"`
		NextPageToken string       `json:"next_page_token"`
	}
}

// listPolicies handles GET /api/v1/policies. There are a handful; all come at once.
func (s *Server) listPolicies(ctx context.Context, _ app.Actor, _ *struct{}) (*policiesOutput, error) {
	all, err := s.Policies.List(ctx)
	if err != nil {
		return nil, err
	}
	names, err := s.Policies.Names(ctx, all...)
	if err != nil {
		return nil, err
	}
	out := &policiesOutput{}
	out.Body.Items = []policyBody{}
	for i := range all {
		out.Body.Items = append(out.Body.Items, s.policyOf(&all[i], names))
	}
	return out, nil
}

type policyOutput struct{ Body policyBody }

type policyInput struct {
	ID string `path:"id"`
}

// getPolicy handles GET /api/v1/policies/{id}.
func (s *Server) getPolicy(ctx context.Context, _ app.Actor, in *policyInput) (*policyOutput, error) {
	return s.policyOutput(ctx)(s.Policies.Get(ctx, in.ID))
}

// policyOutput answers with a policy as it now is.
func (s *Server) policyOutput(ctx context.Context) func(*hours.Policy, error) (*policyOutput, error) {
	return func(p *hours.Policy, err error) (*policyOutput, error) {
		if err != nil {
			return nil, err
		}
		names, err := s.Policies.Names(ctx, *p)
		if err != nil {
			return nil, err
		}
		return &policyOutput{Body: s.policyOf(p, names)}, nil
	}
}

// PolicyDraft is the wording of a version; exported so that huma sees its
// fields where it is embedded.
type PolicyDraft struct {
	EffectiveFrom hours.Date       `json:"effective_from" format:"date"`
	Document      hourDocumentBody `json:"document"`
	Audience      audienceBody     `json:"audience,omitempty"`
	Rule          policyRuleBody   `json:"rule"`
	Supersedes    []string         `json:"supersedes,omitempty" maxItems:"50"`
	Reason        string           `json:"reason" minLength:"2" maxLength:"500"`
}

func (d *PolicyDraft) draft(name string) app.PolicyDraft {
	r := d.Rule
	rule := hours.Rule{
		TotalCenti: r.TotalCenti, RequiredCenti: r.RequiredCenti, EventCapCenti: r.EventCapCenti, DailyMaxCenti: r.DailyMaxCenti,
		Prorating: hours.Prorating(r.Prorating),
	}
	for _, c := range r.SourceCaps {
		rule.SourceCaps = append(rule.SourceCaps, hours.Cap{Source: hours.Source(c.Source), CapCenti: c.CapCenti})
	}
	return app.PolicyDraft{
		Name: name, EffectiveFrom: d.EffectiveFrom, Document: hours.Document(d.Document), Audience: d.Audience.audience(),
		Rule: rule, Supersedes: d.Supersedes, Reason: d.Reason,
	}
}

type createPolicyInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100"`
		PolicyDraft
	}
}

// createPolicy handles POST /api/v1/policies: a policy with its first draft.
func (s *Server) createPolicy(ctx context.Context, who app.Actor, in *createPolicyInput) (*policyOutput, error) {
	return s.policyOutput(ctx)(s.Policies.Create(ctx, who, in.Body.draft(in.Body.Name)))
}

type addPolicyVersionInput struct {
	ID   string `path:"id"`
	Body PolicyDraft
}

// addPolicyVersion handles POST /api/v1/policies/{id}/versions.
func (s *Server) addPolicyVersion(ctx context.Context, who app.Actor, in *addPolicyVersionInput) (*policyOutput, error) {
	return s.policyOutput(ctx)(s.Policies.AddVersion(ctx, who, in.ID, in.Body.draft("")))
}

type previewPolicyInput struct {
	ID   string `path:"id"`
	Body struct {
		Number int `json:"number" minimum:"1" doc:"Of the draft version"`
	}
}

type hourPreviewOutput struct{ Body policyPreviewBody }

// previewPolicy handles POST /api/v1/policies/{id}/preview: what activating the
// version would change for everybody.
func (s *Server) previewPolicy(ctx context.Context, who app.Actor, in *previewPolicyInput) (*hourPreviewOutput, error) {
	p, err := s.Policies.Preview(ctx, who, in.ID, in.Body.Number)
	if err != nil {
		return nil, err
	}
	return &hourPreviewOutput{Body: *policyPreviewOf(p)}, nil
}

type activatePolicyInput struct {
	ID   string `path:"id"`
	Body struct {
		Number        int    `json:"number" minimum:"1"`
		PreviewDigest string `json:"preview_digest" minLength:"1" maxLength:"64" doc:"Digest of the preview that was looked at"`
		Reason        string `json:"reason" minLength:"2" maxLength:"500"`
	}
}

// activatePolicy handles POST /api/v1/policies/{id}/activate.
func (s *Server) activatePolicy(ctx context.Context, who app.Actor, in *activatePolicyInput) (*policyOutput, error) {
	return s.policyOutput(ctx)(s.Policies.Activate(ctx, who, in.ID, in.Body.Number, in.Body.PreviewDigest, in.Body.Reason))
}

type retirePolicyInput struct {
	ID   string `path:"id"`
	Body struct {
		From   hours.Date `json:"from" format:"date" doc:"From this date on it binds nobody"`
		Reason string     `json:"reason" minLength:"2" maxLength:"500"`
	}
}

// retirePolicy handles POST /api/v1/policies/{id}/retire.
func (s *Server) retirePolicy(ctx context.Context, who app.Actor, in *retirePolicyInput) (*policyOutput, error) {
	return s.policyOutput(ctx)(s.Policies.Retire(ctx, who, in.ID, in.Body.From, in.Body.Reason))
}
