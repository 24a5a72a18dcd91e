package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/privacy"
)

type retentionRuleBody struct {
	ID        string     `json:"id"`
	Event     string     `json:"event" enum:"happened,ended,used,decided,left" doc:"From what the days count"`
	Days      int        `json:"days" doc:"In force"`
	Usual     int        `json:"usual"`
	Min       int        `json:"min"`
	Max       int        `json:"max"`
	Fixed     bool       `json:"fixed" doc:"The term cannot be set"`
	Blank     bool       `json:"blank" doc:"Fields are emptied; otherwise rows go"`
	ByName    string     `json:"by_name" doc:"Who set it"`
	Reason    string     `json:"reason"`
	ChangedAt *time.Time `json:"changed_at,omitempty"`
}

type privacyItemBody struct {
	ID        string   `json:"id"`
	Ground    string   `json:"ground" enum:"duty,service,security,own"`
	Sensitive bool     `json:"sensitive"`
	Readers   []string `json:"readers" doc:"self, nobody, or permissions"`
	Rule      string   `json:"rule" doc:"Id of the rule of retention; empty where until says it"`
	Until     string   `json:"until" enum:",record,account,ledger,file,log,work"`
	Erase     string   `json:"erase" enum:"blank,remove,keep" doc:"What becomes of it when the person is erased"`
}

type privacyItemsOutput struct {
	Body struct {
		Items []privacyItemBody   `json:"items"`
		Rules []retentionRuleBody `json:"rules"`
	}
}

// listPrivacyItems handles GET /api/v1/privacy/items: what is held of people, for
// everyone to read.
func (s *Server) listPrivacyItems(ctx context.Context, _ app.Actor, _ *struct{}) (*privacyItemsOutput, error) {
	terms, err := s.Retention.Terms(ctx)
	if err != nil {
		return nil, err
	}
	out := &privacyItemsOutput{}
	out.Body.Items = bodies(privacy.Items(), func(i privacy.Item) privacyItemBody {
		return privacyItemBody{i.Key, i.Ground, i.Sensitive, i.Readers, i.Rule, i.Until, i.Erase}
	})
	out.Body.Rules = bodies(terms, func(t app.TermInForce) retentionRuleBody {
		b := retentionRuleBody{
			ID: t.Key, Event: t.Event, Days: t.InForce, Usual: t.Days, Min: t.Min, Max: t.Max, Fixed: t.Fixed(), Blank: t.Blank,
		}
		if t.Set != nil {
			at := t.Set.ChangedAt.UTC()
			b.ByName, b.Reason, b.ChangedAt = t.Set.ByName, t.Set.Reason, &at
		}
		return b
	})
	return out, nil
}

type setTermInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Days   int    `json:"days"`
		Reason string `json:"reason" maxLength:"500"`
	}
}

// setRetentionTerm handles PUT /api/v1/privacy/rules/{id}.
func (s *Server) setRetentionTerm(ctx context.Context, who app.Actor, in *setTermInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Retention.SetTerm(ctx, who, in.ID, in.Body.Days, in.Body.Reason)
}

type retentionRunBody struct {
	RuleID     string     `json:"rule_id"`
	Day        string     `json:"day" format:"date"`
	Days       int        `json:"days" doc:"The term that held"`
	Removed    int        `json:"removed"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

type retentionRunsOutput struct {
	Body struct {
		Items []retentionRunBody `json:"items"`
	}
}

// listRetentionRuns handles GET /api/v1/privacy/runs: the latest hundred.
func (s *Server) listRetentionRuns(ctx context.Context, _ app.Actor, _ *struct{}) (*retentionRunsOutput, error) {
	runs, err := s.Retention.Runs(ctx)
	if err != nil {
		return nil, err
	}
	out := &retentionRunsOutput{}
	out.Body.Items = bodies(runs, func(r privacy.Run) retentionRunBody {
		return retentionRunBody{r.Rule, r.OnDay, r.Days, r.Removed, r.FinishedAt}
	})
	return out, nil
}
