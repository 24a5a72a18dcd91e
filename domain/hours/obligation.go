package hours

import (
	"cmp"
	"slices"
	"strings"
)

// Why hours of an event do not count, or not wholly, for a policy.
const (
	NotReversed  = "reversed"         // taken back by a later entry
	NotInForce   = "outside_audience" // the policy did not bind the person on that day (3.1)
	NotRepeat    = "repeat"           // the same content counted already this year (3.5)
	NotEventCap  = "event_cap"        // above what one event may give
	NotDailyMax  = "daily_max"        // above a day's sanity limit: held for audit (3.10)
	NotSourceCap = "source_cap"       // above what the source may give in a year
)

// Why an obligation is what it is.
const (
	WhyProrated   = "prorated"      // a share for a part of the year
	WhyPartOfYear = "part_of_year"  // bound for a part of the year, the total in full
	WhyLeft       = "left_audience" // no longer bound at the year's end: nothing is demanded
	WhySupersedes = "supersedes"    // stands in the place of another policy
)

// Why is one reason with the numbers its text needs.
type Why struct {
	Code   string         `json:"code"`
	Params map[string]any `json:"params,omitempty"`
}

// SourceTotal is what one source gave.
type SourceTotal struct {
	Source         Source `json:"source"`
	CapCenti       int    `json:"cap_centi"` // 0 = no cap
	CountedCenti   int    `json:"counted_centi"`
	UncountedCenti int    `json:"uncounted_centi"`
}

// Line says what one event gave to an obligation.
type Line struct {
	EventID      string
	AmountCenti  int
	CountedCenti int
	Not          []string // why the rest does not count, in the order the limits were met
}

// Obligation is what a policy demands of a person in a year and what is done.
type Obligation struct {
	PersonID      string
	PolicyID      string
	PolicyName    string
	VersionID     string
	VersionNumber int
	Year          int
	Days          int // days of the year under the policy
	TotalCenti    int // demanded
	RequiredCenti int // of which from required courses
	CountedCenti  int
	PartCenti     int // counted from required courses
	ShortCenti    int // what is still to be done
	RecentCenti   int // counted in the 30 days up to the day of assessment
	Sources       []SourceTotal
	Reasons       []Why
	DueOn         Date
	LastOn        *Date // the last day with a counted event
	Lines         []Line
	Lead          bool // the one that speaks for the person in lists
}

// RecentDays is the window of the pace that forecasts the year's end.
const RecentDays = 30

// NearCenti is what "nearly there" means in overviews: 10 学时 short.
const NearCenti = 1000

// Assess computes a person's obligations of a year, as known on asOf. versions
// are the governing ones (see Governing); events are the person's, in any order,
// other years' are passed over. The result depends on nothing else and is in
// the order of policy ids. An event may serve several policies, each at most
// once (3.2); nothing is carried over from another year (3.6: only where a rule
// names it, and none does yet).
func Assess(year int, asOf Date, f *Facts, versions []Version, events []Event) []Obligation {
	in := make(map[string]Days, len(versions))
	for i := range versions {
		in[versions[i].PolicyID] = f.DaysIn(versions[i].Audience, year)
	}
	// A superseding policy takes the days it binds away from what it supersedes.
	bound, counts := make(map[string]Days, len(in)), make(map[string]Days, len(in))
	for id, days := range in {
		bound[id], counts[id] = days, days
	}
	over := make(map[string][]string)
	for i := range versions {
		v := &versions[i]
		for _, other := range v.Supersedes {
			if _, there := in[other]; !there || len(in[v.PolicyID]) == 0 || other == v.PolicyID {
				continue
			}
			bound[other] = bound[other].Minus(in[v.PolicyID])
			counts[other] = counts[other].Minus(in[v.PolicyID])
			over[v.PolicyID] = append(over[v.PolicyID], other)
			if !v.Rule.Prorating.On { // the full total also takes what was earned under the lesser duty
				counts[v.PolicyID] = counts[v.PolicyID].Union(in[other])
			}
		}
	}
	ordered := inOrder(year, events)
	var out []Obligation
	for i := range versions {
		v := &versions[i]
		if len(bound[v.PolicyID]) == 0 {
			continue
		}
		o := demand(year, v, bound[v.PolicyID])
		o.PersonID = f.PersonID
		for _, other := range over[v.PolicyID] {
			o.Reasons = append(o.Reasons, Why{WhySupersedes, map[string]any{"policy_id": other}})
		}
		o.count(&v.Rule, counts[v.PolicyID], ordered, asOf)
		out = append(out, o)
	}
	lead(out)
	return out
}

// demand computes what is asked for the days under the policy.
func demand(year int, v *Version, days Days) Obligation {
	n, all := days.Len(), DaysIn(year)
	o := Obligation{
		PolicyID: v.PolicyID, PolicyName: v.PolicyName, VersionID: v.ID, VersionNumber: v.Number, Year: year,
		Days: n, TotalCenti: v.Rule.TotalCenti, RequiredCenti: v.Rule.RequiredCenti, DueOn: LastDay(year),
	}
	if n == all {
		return o
	}
	params := map[string]any{"days": n, "days_in_year": all}
	switch p := v.Rule.Prorating; {
	case p.On:
		o.TotalCenti = p.share(v.Rule.TotalCenti, n, all)
		o.RequiredCenti = min(p.share(v.Rule.RequiredCenti, n, all), o.TotalCenti)
		params["full_centi"] = v.Rule.TotalCenti
		o.Reasons = append(o.Reasons, Why{WhyProrated, params})
	case !days.Has(LastDay(year)):
		o.TotalCenti, o.RequiredCenti = 0, 0
		o.Reasons = append(o.Reasons, Why{WhyLeft, params})
	default:
		o.Reasons = append(o.Reasons, Why{WhyPartOfYear, params})
	}
	return o
}

// share is full × n/all, rounded up, not below the floor, not above full.
func (p Prorating) share(full, n, all int) int {
	if full == 0 {
		return 0
	}
	step := max(1, p.RoundUpCenti)
	c := (full*n + all*step - 1) / (all * step) * step
	return min(full, max(c, p.FloorCenti))
}

// inOrder returns the year's entries that can count, in the order in which the
// caps take them. The order rests on what the events are, not on when they
// arrived: required first, so that a cap never eats the required part; then by
// date, source and reference.
func inOrder(year int, events []Event) []entry {
	stands := InEffect(events)
	var out []entry
	for i := range events {
		e := &events[i]
		if e.Kind == Credit && e.OccurredOn.Year() == year {
			out = append(out, entry{e, stands[e.ID]})
		}
	}
	slices.SortFunc(out, func(a, b entry) int {
		if a.Required != b.Required {
			if a.Required {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.OccurredOn, b.OccurredOn), strings.Compare(string(a.Source), string(b.Source)),
			strings.Compare(a.SourceRef, b.SourceRef), strings.Compare(a.ID, b.ID))
	})
	return out
}

// entry is a credit and whether it stands.
type entry struct {
	*Event
	stands bool
}

// count runs the events through the limits in their order (3.3): event, day,
// source; then the required part and the total. What does not count stays as a
// line with its reason.
func (o *Obligation) count(r *Rule, days Days, events []entry, asOf Date) {
	bySource := map[Source]*SourceTotal{}
	byDay := map[Source]map[Date]int{}
	best := bestOf(days, events)
	for _, e := range events {
		line := Line{EventID: e.ID, AmountCenti: e.AmountCenti}
		switch {
		case !e.stands:
			line.Not = []string{NotReversed}
		case !days.Has(e.OccurredOn):
			line.Not = []string{NotInForce}
		case best[subjectOf(e.Event)] != e.Event:
			line.Not = []string{NotRepeat}
		default:
			total := bySource[e.Source]
			if total == nil {
				total = &SourceTotal{Source: e.Source}
				total.CapCenti, _ = r.CapOf(e.Source)
				bySource[e.Source], byDay[e.Source] = total, map[Date]int{}
			}
			line.limit(r, total, byDay[e.Source], e.Event)
			total.CountedCenti += line.CountedCenti
			total.UncountedCenti += line.AmountCenti - line.CountedCenti
			o.add(e.Event, line.CountedCenti, asOf)
		}
		o.Lines = append(o.Lines, line)
	}
	for _, s := range Sources {
		if t := bySource[s]; t != nil {
			o.Sources = append(o.Sources, *t)
		} else if c, ok := r.CapOf(s); ok {
			o.Sources = append(o.Sources, SourceTotal{Source: s, CapCenti: c})
		}
	}
	o.ShortCenti = max(0, o.TotalCenti-o.CountedCenti, o.RequiredCenti-o.PartCenti)
}

// limit sets what the line counts under the caps.
func (l *Line) limit(r *Rule, total *SourceTotal, day map[Date]int, e *Event) {
	n := e.AmountCenti
	cut := func(room int, why string) {
		if n > max(0, room) {
			n, l.Not = max(0, room), append(l.Not, why)
		}
	}
	if r.EventCapCenti > 0 {
		cut(r.EventCapCenti, NotEventCap)
	}
	if r.DailyMaxCenti > 0 {
		cut(r.DailyMaxCenti-day[e.OccurredOn], NotDailyMax)
		day[e.OccurredOn] += n
	}
	if c, ok := r.CapOf(e.Source); ok {
		cut(c-total.CountedCenti, NotSourceCap)
	}
	l.CountedCenti = n
}

// add books what an event counts.
func (o *Obligation) add(e *Event, counted int, asOf Date) {
	o.CountedCenti += counted
	if e.Required {
		o.PartCenti += counted
	}
	if counted > 0 {
		if o.LastOn == nil || e.OccurredOn > *o.LastOn {
			on := e.OccurredOn
			o.LastOn = &on
		}
		if e.OccurredOn <= asOf && e.OccurredOn > asOf-RecentDays {
			o.RecentCenti += counted
		}
	}
}

// bestOf finds, for each content, the event that counts for it: the one of most
// hours, the first of equals. Others of the same content are repeats.
func bestOf(days Days, events []entry) map[string]*Event {
	best := make(map[string]*Event, len(events))
	for _, e := range events {
		if !e.stands || !days.Has(e.OccurredOn) {
			continue
		}
		if b := best[subjectOf(e.Event)]; b == nil || e.AmountCenti > b.AmountCenti {
			best[subjectOf(e.Event)] = e.Event
		}
	}
	return best
}

func subjectOf(e *Event) string {
	if e.Subject == "" {
		return e.ID
	}
	return string(e.Source) + " " + e.Subject
}

// lead marks the obligation that speaks for the person: the one most short;
// among equals the one that demands most. One that demands nothing never leads.
func lead(os []Obligation) {
	if len(os) == 0 {
		return
	}
	best := 0
	for i := range os {
		if c := cmp.Or(cmp.Compare(os[i].ShortCenti, os[best].ShortCenti), cmp.Compare(os[i].TotalCenti, os[best].TotalCenti)); c > 0 {
			best = i
		}
	}
	os[best].Lead = os[best].TotalCenti > 0
}

// StateOf is the state of a shortfall on a day. It is late when the shortfall
// will remain at the year's end at the pace of the last 30 days; overviews
// compute the same in SQL.
func StateOf(shortCenti, recentCenti int, due, today Date) string {
	left := max(0, int(due-today))
	switch {
	case shortCenti == 0:
		return StateDone
	case shortCenti*RecentDays > recentCenti*left:
		return StateLate
	case shortCenti <= NearCenti:
		return StateNear
	}
	return StateShort
}
