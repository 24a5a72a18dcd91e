package hours

import (
	"slices"
	"strings"
	"time"

	"zhixing/domain"
)

// Source says where the hours of an event come from. Caps are per source.
type Source string

// The sources (hours-rules.md 2, hour_event).
const (
	OnlineVideo      Source = "online_video"
	ExamPass         Source = "exam_pass"
	OfflineTraining  Source = "offline_training"
	ExternalPlatform Source = "external_platform"
	LiveClass        Source = "live_class"
	Teaching         Source = "teaching"
	Paper            Source = "paper"
	Activity         Source = "activity"
	Manual           Source = "manual"
)

// Sources lists all sources in the order reports show them.
var Sources = []Source{
	OnlineVideo, ExamPass, OfflineTraining, ExternalPlatform, LiveClass,
	Teaching, Paper, Activity, Manual,
}

// Cap limits how much of one source counts in a year.
type Cap struct {
	Source   Source `json:"source"`
	CapCenti int    `json:"cap_centi"`
}

// Prorating demands a share of the total from those who fell under the policy
// for a part of the year (hours-rules.md 3.1). Off by default: many offices do
// not prorate.
type Prorating struct {
	On           bool `json:"on"`
	RoundUpCenti int  `json:"round_up_centi"` // the share is rounded up to a multiple; 50 = half an hour
	FloorCenti   int  `json:"floor_centi"`    // the share is never less, short of the total
}

// Rule is what a policy version demands of a person in a calendar year.
type Rule struct {
	TotalCenti    int       `json:"total_centi"`     // at least this much in all
	RequiredCenti int       `json:"required_centi"`  // of which from required courses 必修
	SourceCaps    []Cap     `json:"source_caps"`     // at most this much of one source
	EventCapCenti int       `json:"event_cap_centi"` // at most this much of one event; 0 = no limit
	DailyMaxCenti int       `json:"daily_max_centi"` // of one source on one day; above it is held for audit (3.10); 0 = no limit
	Prorating     Prorating `json:"prorating"`
}

// Document is the binding text a policy rests on. All of it is required: a
// number of hours without its clause cannot be defended in an inspection.
type Document struct {
	Title      string `json:"title"`
	Number     string `json:"number"`      // 文号, e.g. 党校〔2026〕3 号
	Clause     string `json:"clause"`      // e.g. 第二十条
	ClauseText string `json:"clause_text"` // the words themselves
}

// The states of a policy version.
const (
	Draft  = "draft"
	Active = "active"
)

// Version is one wording of a policy. An active version is never edited.
type Version struct {
	ID            string
	PolicyID      string
	PolicyName    string
	Number        int // 1, 2, … within the policy
	State         string
	EffectiveFrom Date
	Document      Document
	Audience      domain.Audience
	Rule          Rule
	Supersedes    []string // policies that do not bind whom this one binds: max, not sum (3.2)
	Reason        string   // why this version was written
	CreatedBy     string
	CreatedAt     time.Time
	ActivatedBy   string
	ActivatedAt   *time.Time
	Preview       *Preview
}

// Preview is what a version would change, as its activator saw it (3.16).
type Preview struct {
	Year          int       `json:"year"`
	People        int       `json:"people"`         // bound by the policy after the change
	NewlyBound    int       `json:"newly_bound"`    // not bound by it before
	NoLonger      int       `json:"no_longer"`      // bound before, not after
	MoreShort     int       `json:"more_short"`     // whose shortfall grows
	LessShort     int       `json:"less_short"`     // whose shortfall shrinks
	DoneBefore    int       `json:"done_before"`    // who had done their part
	DoneAfter     int       `json:"done_after"`     // who will have
	ShortBefore   int       `json:"short_before"`   // sum of shortfalls, centi-hours
	ShortAfter    int       `json:"short_after"`    // sum of shortfalls, centi-hours
	ByID          string    `json:"by_id"`          // who looked
	At            time.Time `json:"at"`             // when
	Digest        string    `json:"digest"`         // what activation must quote
	VersionDigest string    `json:"version_digest"` // the wording that was previewed
}

// PreviewLife is how long a preview may be relied on.
const PreviewLife = 24 * time.Hour

// Policy is a standing rule with its versions, newest last.
type Policy struct {
	ID          string
	Name        string
	RetiredFrom *Date // from this date on it binds nobody
	CreatedBy   string
	CreatedAt   time.Time
	Versions    []Version
}

// maxYearCenti bounds amounts: 24 hours a day for a leap year.
const maxYearCenti = 366 * 24 * 100

// Check reports what is wrong with a version before it is kept: an Invalid
// error "hours.policy_invalid" with one field per fault.
func (v *Version) Check() error {
	e := domain.E(domain.Invalid, "hours.policy_invalid")
	bad := func(at, reason string, params ...any) { e = e.At("body."+at, reason, params...) }
	for at, text := range map[string]string{
		"document.title": v.Document.Title, "document.number": v.Document.Number,
		"document.clause": v.Document.Clause, "document.clause_text": v.Document.ClauseText,
	} {
		if strings.TrimSpace(text) == "" {
			bad(at, "hours.document_required")
		}
	}
	r := v.Rule
	if r.TotalCenti <= 0 || r.TotalCenti > maxYearCenti {
		bad("rule.total_centi", "hours.total_out_of_range")
	}
	if r.RequiredCenti < 0 || r.RequiredCenti > r.TotalCenti {
		bad("rule.required_centi", "hours.required_above_total")
	}
	if r.EventCapCenti < 0 || r.DailyMaxCenti < 0 {
		bad("rule.event_cap_centi", "hours.cap_negative")
	}
	if p := r.Prorating; p.RoundUpCenti < 0 || p.FloorCenti < 0 || p.FloorCenti > max(0, r.TotalCenti) {
		bad("rule.prorating", "hours.prorating_invalid")
	}
	seen := map[Source]bool{}
	for _, c := range r.SourceCaps {
		switch {
		case !slices.Contains(Sources, c.Source):
			bad("rule.source_caps", "hours.source_unknown", "source", string(c.Source))
		case seen[c.Source]:
			bad("rule.source_caps", "hours.source_twice", "source", string(c.Source))
		case c.CapCenti < 0:
			bad("rule.source_caps", "hours.cap_negative")
		}
		seen[c.Source] = true
	}
	if slices.Contains(v.Supersedes, v.PolicyID) {
		bad("supersedes", "hours.supersedes_itself")
	}
	if len(e.Fields) > 0 {
		slices.SortFunc(e.Fields, func(a, b domain.FieldError) int { return strings.Compare(a.Location, b.Location) })
		return e
	}
	return nil
}

// CapOf returns the yearly cap of a source and whether there is one.
func (r Rule) CapOf(s Source) (int, bool) {
	for _, c := range r.SourceCaps {
		if c.Source == s {
			return c.CapCenti, true
		}
	}
	return 0, false
}

// Governing picks the version that a year's obligation is judged by on asOf:
// the newest active one in effect by then, at the latest by the year's end. A
// calendar-year policy binds the whole year that it is in effect in; only a
// retired one binds nobody. ok is false when none is in effect.
func (p *Policy) Governing(year int, asOf Date) (v Version, ok bool) {
	asOf = min(asOf, LastDay(year))
	if p.RetiredFrom != nil && *p.RetiredFrom <= asOf {
		return Version{}, false
	}
	for _, c := range p.Versions {
		if c.State != Active || c.EffectiveFrom > asOf {
			continue
		}
		if !ok || c.EffectiveFrom > v.EffectiveFrom || (c.EffectiveFrom == v.EffectiveFrom && c.Number > v.Number) {
			v, ok = c, true
		}
	}
	return v, ok
}

// Governing returns the governing version of each policy that has one, in the
// order of policy ids.
func Governing(policies []Policy, year int, asOf Date) []Version {
	var out []Version
	for i := range policies {
		if v, ok := policies[i].Governing(year, asOf); ok {
			v.PolicyName = policies[i].Name
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b Version) int { return strings.Compare(a.PolicyID, b.PolicyID) })
	return out
}

// GoverningDigest identifies a set of governing versions.
func GoverningDigest(versions []Version) string {
	ids := make([]string, len(versions))
	for i, v := range versions {
		ids[i] = v.ID
	}
	return DigestOf(ids)
}

// Activate puts a draft into effect. The preview must be of this wording, be
// quoted by its digest and be fresh; otherwise Conflict.
func (v *Version) Activate(by, digest string, now time.Time) error {
	switch {
	case v.State != Draft:
		return domain.E(domain.Conflict, "hours.version_not_draft", "number", v.Number)
	case v.Preview == nil || v.Preview.VersionDigest != v.Digest() || now.Sub(v.Preview.At) > PreviewLife:
		return domain.E(domain.Conflict, "hours.preview_needed")
	case v.Preview.Digest != digest:
		return domain.E(domain.Conflict, "hours.preview_changed")
	}
	v.State, v.ActivatedBy, v.ActivatedAt = Active, by, &now
	return nil
}

// Book adds one person to a preview: the obligations before and after.
func (p *Preview) Book(policyID string, before, after []Obligation) {
	shortBefore, boundBefore := shortOf(policyID, before)
	shortAfter, boundAfter := shortOf(policyID, after)
	p.ShortBefore, p.ShortAfter = p.ShortBefore+shortBefore, p.ShortAfter+shortAfter
	for _, c := range []struct {
		count *int
		when  bool
	}{
		{&p.People, boundAfter},
		{&p.NewlyBound, boundAfter && !boundBefore},
		{&p.NoLonger, boundBefore && !boundAfter},
		{&p.MoreShort, shortAfter > shortBefore},
		{&p.LessShort, shortAfter < shortBefore},
		{&p.DoneBefore, len(before) > 0 && shortBefore == 0},
		{&p.DoneAfter, len(after) > 0 && shortAfter == 0},
	} {
		if c.when {
			*c.count++
		}
	}
}

// shortOf sums what is short over all obligations, since policies bear on each
// other, and tells whether the policy demands anything.
func shortOf(policyID string, os []Obligation) (short int, bound bool) {
	for _, o := range os {
		short += o.ShortCenti
		bound = bound || (o.PolicyID == policyID && o.TotalCenti > 0)
	}
	return short, bound
}
