package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/hours"
)

type obligationBody struct {
	PolicyID       string              `json:"policy_id"`
	PolicyName     string              `json:"policy_name"`
	VersionID      string              `json:"version_id"`
	VersionNumber  int                 `json:"version_number"`
	Document       hourDocumentBody    `json:"document"`
	RequiredCenti  int                 `json:"required_centi" doc:"What is demanded in all, centi-hours"`
	CountedCenti   int                 `json:"counted_centi"`
	RequiredPart   hourPartBody        `json:"required_part"`
	Caps           []hourSourceBody    `json:"caps" doc:"What each source gave, with its cap (0: none)"`
	ShortfallCenti int                 `json:"shortfall_centi" doc:"The greater of what the total and the required part lack"`
	DueOn          hours.Date          `json:"due_on" format:"date"`
	DaysLeft       int                 `json:"days_left"`
	DaysBound      int                 `json:"days_bound" doc:"Days of the year under the policy"`
	State          string              `json:"state" enum:"done,near,short,late"`
	Reasons        []hours.Why         `json:"reasons"`
	Lead           bool                `json:"lead" doc:"The one that speaks for the person in lists"`
	LastOn         *hours.Date         `json:"last_on" format:"date"`
	Uncounted      []hourUncountedBody `json:"uncounted" doc:"Events of which not all counts here, and why"`
}

type hourDocumentBody struct {
	Title      string `json:"title" maxLength:"200"`
	Number     string `json:"number" maxLength:"100" doc:"文号"`
	Clause     string `json:"clause" maxLength:"100"`
	ClauseText string `json:"clause_text" maxLength:"4000"`
}

type hourPartBody struct {
	RequiredCenti int `json:"required_centi"`
	CountedCenti  int `json:"counted_centi"`
}

type hourSourceBody struct {
	Source         string `json:"source"`
	CapCenti       int    `json:"cap_centi"`
	CountedCenti   int    `json:"counted_centi"`
	UncountedCenti int    `json:"uncounted_centi"`
}

type hourUncountedBody struct {
	EventID        string   `json:"event_id"`
	UncountedCenti int      `json:"uncounted_centi"`
	Reasons        []string `json:"reasons" doc:"reversed, outside_audience, repeat, event_cap, daily_max, source_cap"`
}

type hourEventBody struct {
	ID           string          `json:"id"`
	Seq          int64           `json:"seq"`
	Kind         string          `json:"kind" enum:"credit,reversal"`
	Source       string          `json:"source"`
	Title        string          `json:"title"`
	AmountCenti  int             `json:"amount_centi"`
	CountedCenti int             `json:"counted_centi" doc:"The most that any policy counts of it"`
	Required     bool            `json:"required"`
	OccurredOn   hours.Date      `json:"occurred_on" format:"date"`
	RecordedAt   time.Time       `json:"recorded_at"`
	State        string          `json:"state" enum:"counted,partly,not_counted,reversed,reversal"`
	Rule         string          `json:"rule"`
	EvidenceKind string          `json:"evidence_kind"`
	EvidenceID   string          `json:"evidence_id"`
	ReversesID   string          `json:"reverses_id"`
	Reason       string          `json:"reason"`
	ActorName    string          `json:"actor_name"`
	Counts       []hourCountBody `json:"counts"`
}

type hourCountBody struct {
	PolicyID      string   `json:"policy_id"`
	PolicyName    string   `json:"policy_name"`
	VersionNumber int      `json:"version_number"`
	CountedCenti  int      `json:"counted_centi"`
	Reasons       []string `json:"reasons"`
}

type hourChainBody struct {
	OK          bool         `json:"ok"`
	Entries     int          `json:"entries"`
	AnchoredSeq int64        `json:"anchored_seq" doc:"The last entry that the daily anchor holds"`
	Break       *hours.Break `json:"break,omitempty"`
}

func chainCheckOf(c app.ChainCheck) hourChainBody {
	return hourChainBody{OK: c.Break == nil, Entries: c.Entries, AnchoredSeq: c.AnchoredSeq, Break: c.Break}
}

type hourPersonHeadBody struct {
	ID       string `json:"id" shows:"person"`
	Name     string `json:"name"`
	Number   string `json:"number"`
	Kind     string `json:"kind"`
	Stage    string `json:"stage"`
	Rank     string `json:"rank"`
	UnitName string `json:"unit_name"`
}

func personHeadOf(p hours.PersonHead) hourPersonHeadBody {
	return hourPersonHeadBody{ID: p.ID, Name: p.Name, Number: p.Number, Kind: p.Kind, Stage: p.Stage, Rank: p.Rank, UnitName: p.UnitName}
}

type hourPersonYearBody struct {
	Person      hourPersonHeadBody `json:"person"`
	Year        int                `json:"year"`
	AsOf        hours.Date         `json:"as_of" format:"date"`
	Obligations []obligationBody   `json:"obligations"`
	Events      []hourEventBody    `json:"events" doc:"Newest first"`
	Chain       hourChainBody      `json:"chain"`
	ServerNow   time.Time          `json:"server_now"`
}

type hourPersonYearOutput struct{ Body hourPersonYearBody }

type myHoursInput struct {
	Year int `query:"year" doc:"Calendar year; the current one by default"`
}

// getMyHours handles GET /api/v1/my-hours: the learner's own ring and list.
func (s *Server) getMyHours(ctx context.Context, who app.Actor, in *myHoursInput) (*hourPersonYearOutput, error) {
	v, err := s.Hours.My(ctx, who, in.Year)
	if err != nil {
		return nil, err
	}
	return &hourPersonYearOutput{Body: personYearOf(v)}, nil
}

type personHoursInput struct {
	PersonID string `path:"person_id"`
	Year     int    `query:"year"`
	AsOf     string `query:"as_of" doc:"Civil date: what the ledger and the rules said at its end"`
}

// getPersonHours handles GET /api/v1/hours/people/{person_id}.
func (s *Server) getPersonHours(ctx context.Context, who app.Actor, in *personHoursInput) (*hourPersonYearOutput, error) {
	var asOf *hours.Date
	if in.AsOf != "" {
		d, err := hours.ParseDate(in.AsOf)
		if err != nil {
			return nil, err
		}
		asOf = &d
	}
	v, err := s.Hours.Person(ctx, who, in.PersonID, in.Year, asOf)
	if err != nil {
		return nil, err
	}
	return &hourPersonYearOutput{Body: personYearOf(v)}, nil
}

func personYearOf(v *app.PersonYear) hourPersonYearBody {
	b := hourPersonYearBody{
		Person: personHeadOf(v.Person), Year: v.Year, AsOf: v.AsOf, Obligations: []obligationBody{}, Events: []hourEventBody{},
		Chain: chainCheckOf(v.Chain), ServerNow: v.Now.UTC(),
	}
	documents := map[string]hours.Document{}
	for _, x := range v.Versions {
		documents[x.ID] = x.Document
	}
	counts := map[string][]hourCountBody{}
	for i := range v.Obligations {
		o := &v.Obligations[i]
		b.Obligations = append(b.Obligations, obligationOf(o, documents[o.VersionID], v.AsOf))
		for _, l := range o.Lines {
			counts[l.EventID] = append(counts[l.EventID], hourCountBody{o.PolicyID, o.PolicyName, o.VersionNumber, l.CountedCenti, orEmpty(l.Not)})
		}
	}
	for i := range v.Events {
		e := &v.Events[i]
		b.Events = append(b.Events, hourEventOf(e, counts[e.ID], v.Stands[e.ID], v.Names))
	}
	return b
}

func obligationOf(o *hours.Obligation, d hours.Document, today hours.Date) obligationBody {
	b := obligationBody{
		PolicyID: o.PolicyID, PolicyName: o.PolicyName, VersionID: o.VersionID, VersionNumber: o.VersionNumber, Document: hourDocumentBody(d),
		RequiredCenti: o.TotalCenti, CountedCenti: o.CountedCenti, RequiredPart: hourPartBody{o.RequiredCenti, o.PartCenti},
		ShortfallCenti: o.ShortCenti, DueOn: o.DueOn, DaysLeft: max(0, int(o.DueOn-today)), DaysBound: o.Days,
		State: hours.StateOf(o.ShortCenti, o.RecentCenti, o.DueOn, today), Reasons: orEmpty(o.Reasons), Lead: o.Lead, LastOn: o.LastOn,
		Caps: []hourSourceBody{}, Uncounted: []hourUncountedBody{},
	}
	for _, s := range o.Sources {
		b.Caps = append(b.Caps, hourSourceBody{string(s.Source), s.CapCenti, s.CountedCenti, s.UncountedCenti})
	}
	for _, l := range o.Lines {
		if len(l.Not) > 0 {
			b.Uncounted = append(b.Uncounted, hourUncountedBody{l.EventID, l.AmountCenti - l.CountedCenti, l.Not})
		}
	}
	return b
}

func hourEventOf(e *hours.Event, counts []hourCountBody, stands bool, names map[string]string) hourEventBody {
	b := hourEventBody{
		ID: e.ID, Seq: e.Seq, Kind: e.Kind, Source: string(e.Source), Title: e.Title, AmountCenti: e.AmountCenti, Required: e.Required,
		OccurredOn: e.OccurredOn, RecordedAt: e.RecordedAt.UTC(), Rule: e.Rule, EvidenceKind: e.Evidence.Kind, EvidenceID: e.Evidence.ID,
		ReversesID: e.ReversesID, Reason: e.Reason, ActorName: names[e.ActorID], Counts: orEmpty(counts),
	}
	for _, c := range counts {
		b.CountedCenti = max(b.CountedCenti, c.CountedCenti)
	}
	switch {
	case e.Kind == hours.Reversal:
		b.State = "reversal"
	case !stands:
		b.State = "reversed"
	case b.CountedCenti == e.AmountCenti:
		b.State = "counted"
	case b.CountedCenti > 0:
		b.State = "partly"
	default:
		b.State = "not_counted"
	}
	return b
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// HoursFilter selects people; exported so that huma sees its fields where it is embedded.
type HoursFilter struct {
	Year     int      `query:"year"`
	PolicyID string   `query:"policy_id" doc:"One policy; else each person's leading obligation"`
	UnitID   string   `query:"unit_id" doc:"With all units below it"`
	Kind     string   `query:"kind" enum:"staff,student"`
	Stage    []string `query:"stage" maxItems:"10" doc:"Comma-separated"`
	Rank     []string `query:"rank" maxItems:"10" doc:"Comma-separated"`
	State    string   `query:"state" enum:"done,short,near,late"`
	Q        string   `query:"q" maxLength:"100" doc:"In the name; start of the number or of the pinyin initials"`
	Sort     string   `query:"sort" doc:"name, number, short, counted, total, last_on; - before it turns it round; -short by default"`
}

func (in *HoursFilter) filter() hours.PeopleFilter {
	return hours.PeopleFilter{
		Year: in.Year, PolicyID: in.PolicyID, UnitID: in.UnitID, Kind: in.Kind, Stages: in.Stage, Ranks: in.Rank,
		State: in.State, Query: in.Q, Sort: in.Sort,
	}
}

type hourOverviewOutput struct{ Body hourOverviewBody }

type hourOverviewBody struct {
	Year         int             `json:"year"`
	People       int             `json:"people" doc:"应修人数"`
	Done         int             `json:"done"`
	Near         int             `json:"near" doc:"10 hours short at most"`
	Late         int             `json:"late" doc:"Short at the year's end at the pace of the last 30 days"`
	TotalCenti   int64           `json:"total_centi"`
	CountedCenti int64           `json:"counted_centi"`
	ShortCenti   int64           `json:"shortfall_centi"`
	ByStage      []hourShareBody `json:"by_stage"`
	ComputedAt   *time.Time      `json:"computed_at" doc:"When everybody was last computed; credits since then are in"`
	Recomputing  bool            `json:"recomputing" doc:"A run over everybody is under way"`
	ServerNow    time.Time       `json:"server_now"`
}

type hourShareBody struct {
	Stage  string `json:"stage"`
	People int    `json:"people"`
	Done   int    `json:"done"`
}

// getHoursOverview handles GET /api/v1/hours/overview.
func (s *Server) getHoursOverview(ctx context.Context, who app.Actor, in *HoursFilter) (*hourOverviewOutput, error) {
	v, f, now, err := s.Hours.Overview(ctx, who, in.filter())
	if err != nil {
		return nil, err
	}
	b := hourOverviewBody{
		Year: f.Year, People: v.People, Done: v.Done, Near: v.Near, Late: v.Late, TotalCenti: v.TotalCenti, CountedCenti: v.CountedCenti,
		ShortCenti: v.ShortCenti, ByStage: []hourShareBody{}, ComputedAt: v.ComputedAt, Recomputing: v.Recomputing, ServerNow: now.UTC(),
	}
	for _, x := range v.ByStage {
		b.ByStage = append(b.ByStage, hourShareBody(x))
	}
	return &hourOverviewOutput{Body: b}, nil
}

type hoursPeopleInput struct {
	HoursFilter
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	PageToken string `query:"page_token"`
}

type hoursPeopleOutput struct{ Body hoursPeopleBody }

type hoursPeopleBody struct {
	Items         []hourPersonRowBody `json:"items"`
	NextPageToken string              `json:"next_page_token"`
	ServerNow     time.Time           `json:"server_now"`
}

type hourPersonRowBody struct {
	Person         hourPersonHeadBody `json:"person"`
	PolicyID       string             `json:"policy_id"`
	PolicyName     string             `json:"policy_name"`
	RequiredCenti  int                `json:"required_centi"`
	CountedCenti   int                `json:"counted_centi"`
	RequiredPart   hourPartBody       `json:"required_part"`
	ShortfallCenti int                `json:"shortfall_centi"`
	RecentCenti    int                `json:"recent_centi" doc:"Counted in the last 30 days"`
	State          string             `json:"state" enum:"done,near,short,late"`
	Prorated       bool               `json:"prorated"`
	Reasons        []hours.Why        `json:"reasons"`
	DueOn          hours.Date         `json:"due_on" format:"date"`
	LastOn         *hours.Date        `json:"last_on" format:"date"`
	LastEventAt    *time.Time         `json:"last_event_at"`
}

// listHoursPeople handles GET /api/v1/hours/people.
func (s *Server) listHoursPeople(ctx context.Context, who app.Actor, in *hoursPeopleInput) (*hoursPeopleOutput, error) {
	page, now, err := s.Hours.People(ctx, who, in.filter(), domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	b := hoursPeopleBody{Items: []hourPersonRowBody{}, NextPageToken: page.NextPageToken, ServerNow: now.UTC()}
	for i := range page.Items {
		r := &page.Items[i]
		row := hourPersonRowBody{
			Person: personHeadOf(r.PersonHead), PolicyID: r.PolicyID, PolicyName: r.PolicyName, RequiredCenti: r.TotalCenti,
			CountedCenti: r.CountedCenti, RequiredPart: hourPartBody{r.RequiredCenti, r.PartCenti}, ShortfallCenti: r.ShortCenti,
			RecentCenti: r.RecentCenti, State: r.State, Reasons: orEmpty(r.Reasons), DueOn: r.DueOn, LastOn: r.LastOn, LastEventAt: r.LastEventAt,
		}
		for _, w := range r.Reasons {
			row.Prorated = row.Prorated || w.Code == hours.WhyProrated
		}
		b.Items = append(b.Items, row)
	}
	return &hoursPeopleOutput{Body: b}, nil
}
