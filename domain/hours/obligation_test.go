package hours_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"zhixing/domain"
	"zhixing/domain/hours"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const ever = hours.Date(1 << 20)

func day(t testing.TB, s string) hours.Date {
	t.Helper()
	d, err := hours.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func stage(value string, from, to hours.Date) hours.Fact {
	return hours.Fact{Values: []string{value}, Span: hours.Span{From: from, To: to}}
}

func version(policy string, total int, stages ...string) hours.Version {
	return hours.Version{
		ID: "v-" + policy, PolicyID: policy, Number: 1, State: hours.Active,
		Audience: domain.Audience{Stages: stages}, Rule: hours.Rule{TotalCenti: total},
	}
}

var serial int

func credit(on hours.Date, source hours.Source, centi int, edit ...func(*hours.Event)) hours.Event {
	serial++
	id := fmt.Sprintf("e%04d", serial)
	e := hours.Event{
		ID: id, PersonID: "p", Kind: hours.Credit, Source: source, SourceRef: "ref-" + id, Subject: "s-" + id,
		AmountCenti: centi, OccurredOn: on,
	}
	for _, f := range edit {
		f(&e)
	}
	return e
}

func required(e *hours.Event)             { e.Required = true }
func subject(s string) func(*hours.Event) { return func(e *hours.Event) { e.Subject = s } }

func reversal(t *testing.T, e hours.Event) hours.Event {
	t.Helper()
	serial++
	r, err := e.Reverse(fmt.Sprintf("e%04d", serial), "auditor", "刷课")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// member was an activist until the end of June 2026 and a member from July.
func member(t *testing.T) *hours.Facts {
	return &hours.Facts{PersonID: "p", Kind: "staff", Stages: []hours.Fact{
		stage("activist", day(t, "2020-01-01"), day(t, "2026-07-01")), stage("member", day(t, "2026-07-01"), ever),
	}}
}

func TestAssess(t *testing.T) {
	old := &hours.Facts{PersonID: "p", Kind: "staff", Stages: []hours.Fact{stage("member", 0, ever)}}
	mar, sep, nov := day(t, "2026-03-02"), day(t, "2026-09-01"), day(t, "2026-11-20")
	asOf := day(t, "2026-11-23")
	type want struct {
		Total, Part, Counted, CountedPart, Short, Recent int
		Reasons                                          []string
		Not                                              map[string][]string
	}
	first, second := credit(mar, hours.OnlineVideo, 300), credit(sep, hours.OnlineVideo, 400)
	wrong := credit(sep, hours.OnlineVideo, 500)
	back := reversal(t, wrong)
	again := reversal(t, back)
	repeat1, repeat2 := credit(mar, hours.ExamPass, 100, subject("exam")), credit(sep, hours.ExamPass, 100, subject("exam"))
	big := credit(mar, hours.OnlineVideo, 1000)
	capped := credit(sep, hours.OnlineVideo, 900)
	must := credit(nov, hours.OnlineVideo, 700, required)
	lastYear := credit(day(t, "2025-12-31"), hours.OnlineVideo, 700)

	for _, c := range []struct {
		name   string
		facts  *hours.Facts
		rule   func(*hours.Version)
		events []hours.Event
		want   want
	}{
		{"nothing done", old, nil, nil, want{Total: 3200, Short: 3200}},
		{"sum of two", old, nil, []hours.Event{first, second}, want{Total: 3200, Counted: 700, Short: 2500}},
		{"another year is passed over", old, nil, []hours.Event{lastYear}, want{Total: 3200, Short: 3200}},
		{"recent pace", old, nil, []hours.Event{first, must}, want{Total: 3200, Counted: 1000, CountedPart: 700, Short: 2200, Recent: 700}},
		{
			"reversed", old, nil,
			[]hours.Event{wrong, back, first},
			want{Total: 3200, Counted: 300, Short: 2900, Not: map[string][]string{wrong.ID: {"reversed"}}},
		},
		{"reversal reversed", old, nil, []hours.Event{wrong, back, again}, want{Total: 3200, Counted: 500, Short: 2700}},
		{
			"same exam twice", old, nil,
			[]hours.Event{repeat2, repeat1},
			want{Total: 3200, Counted: 100, Short: 3100, Not: map[string][]string{repeat2.ID: {"repeat"}}},
		},
		{
			"event cap before source cap", old, func(v *hours.Version) {
				v.Rule.EventCapCenti = 800
				v.Rule.SourceCaps = []hours.Cap{{Source: hours.OnlineVideo, CapCenti: 1000}}
			},
			[]hours.Event{big, capped},
			want{Total: 3200, Counted: 1000, Short: 2200, Not: map[string][]string{big.ID: {"event_cap"}, capped.ID: {"event_cap", "source_cap"}}},
		},
		{
			"a cap never eats the required part", old, func(v *hours.Version) {
				v.Rule.RequiredCenti = 700
				v.Rule.SourceCaps = []hours.Cap{{Source: hours.OnlineVideo, CapCenti: 1000}}
			},
			[]hours.Event{big, must},
			want{Total: 3200, Part: 700, Counted: 1000, CountedPart: 700, Short: 2200, Recent: 700, Not: map[string][]string{big.ID: {"source_cap"}}},
		},
		{"the required part is short though the total is full", old, func(v *hours.Version) {
			v.Rule.TotalCenti, v.Rule.RequiredCenti = 1000, 800
		}, []hours.Event{big, must}, want{Total: 1000, Part: 800, Counted: 1700, CountedPart: 700, Short: 100, Recent: 700}},
		{
			"above the daily limit is held", old, func(v *hours.Version) { v.Rule.DailyMaxCenti = 800 },
			[]hours.Event{big},
			want{Total: 3200, Counted: 800, Short: 2400, Not: map[string][]string{big.ID: {"daily_max"}}},
		},
		{
			"hours count for the duty in force on their day", member(t), nil,
			[]hours.Event{first, second},
			want{Total: 3200, Counted: 400, Short: 2800, Reasons: []string{"part_of_year"}, Not: map[string][]string{first.ID: {"outside_audience"}}},
		},
		{"prorated: 3200 × 184/365, up to half an hour", member(t), func(v *hours.Version) {
			v.Rule.Prorating = hours.Prorating{On: true, RoundUpCenti: 50}
		}, nil, want{Total: 1650, Short: 1650, Reasons: []string{"prorated"}}},
		{"prorated with a floor", member(t), func(v *hours.Version) {
			v.Rule.Prorating = hours.Prorating{On: true, RoundUpCenti: 50, FloorCenti: 2000}
		}, nil, want{Total: 2000, Short: 2000, Reasons: []string{"prorated"}}},
		{"left before the year's end: nothing is demanded", member(t), func(v *hours.Version) {
			v.Audience.Stages = []string{"activist"}
		}, []hours.Event{first}, want{Counted: 300, Reasons: []string{"left_audience"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := version("a", 3200, "member")
			if c.rule != nil {
				c.rule(&v)
			}
			got := hours.Assess(2026, asOf, c.facts, []hours.Version{v}, c.events)
			if len(got) != 1 {
				t.Fatalf("%d obligations, want 1", len(got))
			}
			o := got[0]
			g := want{Total: o.TotalCenti, Part: o.RequiredCenti, Counted: o.CountedCenti, CountedPart: o.PartCenti, Short: o.ShortCenti, Recent: o.RecentCenti}
			for _, w := range o.Reasons {
				g.Reasons = append(g.Reasons, w.Code)
			}
			for _, l := range o.Lines {
				if len(l.Not) > 0 {
					if g.Not == nil {
						g.Not = map[string][]string{}
					}
					g.Not[l.EventID] = l.Not
				}
			}
			if d := cmp.Diff(c.want, g); d != "" {
				t.Error(d)
			}
		})
	}
}

// 书记 56 stands in the place of 32: the greater, not the sum (hours-rules 3.2).
func TestAssessSupersedes(t *testing.T) {
	sep := day(t, "2026-09-01")
	facts := &hours.Facts{
		PersonID: "p", Kind: "staff", Stages: []hours.Fact{stage("member", 0, ever)},
		Ranks: []hours.Fact{stage("division_head", sep, ever)},
	}
	plain, cadre, secretary := version("a", 3200, "member"), version("b", 9000, "member"), version("c", 5600, "member")
	secretary.Audience.Ranks = []string{"division_head"}
	secretary.Supersedes = []string{"a"}
	done := credit(day(t, "2026-02-02"), hours.OnlineVideo, 400)
	got := hours.Assess(2026, sep, facts, []hours.Version{plain, cadre, secretary}, []hours.Event{done})
	sums := map[string][3]int{}
	for _, o := range got {
		sums[o.PolicyID] = [3]int{o.TotalCenti, o.CountedCenti, o.Days}
	}
	want := map[string][3]int{
		"a": {0, 400, 243},    // nothing demanded any more for itself
		"b": {9000, 400, 365}, // one event serves several policies
		"c": {5600, 400, 122}, // and what was earned under the lesser duty
	}
	if d := cmp.Diff(want, sums); d != "" {
		t.Error(d)
	}
	if !got[1].Lead {
		t.Error("the obligation most short must speak for the person")
	}
}

// The year of an instant is the year in Shanghai: 16:00 UTC on 31 December is
// already New Year's Day there (reliability T4, T5).
func TestDateOf(t *testing.T) {
	d := day(t, "2027-01-01")
	if got := hours.DateOf(d.Start()); got != d {
		t.Errorf("first instant of %s is on %s", d, got)
	}
	if got := hours.DateOf(d.Start().Add(-1)); got != d-1 || got.Year() != 2026 {
		t.Errorf("the instant before is on %s", got)
	}
	for y := 1980; y <= 2040; y++ { // daylight saving time 1986–1991 included
		for x := hours.FirstDay(y); x <= hours.LastDay(y); x++ {
			if hours.DateOf(x.Start()) != x || hours.DateOf(x.Start().Add(-1)) != x-1 {
				t.Fatalf("%s does not start at its first instant", x)
			}
		}
	}
}

func randomDays(t *rapid.T, label string) hours.Days {
	var out hours.Days
	for range rapid.IntRange(0, 6).Draw(t, label) {
		from := hours.Date(rapid.IntRange(0, 40).Draw(t, "from"))
		out = out.Union(hours.Days{{From: from, To: from + hours.Date(rapid.IntRange(1, 10).Draw(t, "len"))}})
	}
	return out
}

func TestDaysAreSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := randomDays(t, "a"), randomDays(t, "b")
		n := 0
		for x := hours.Date(-1); x < 60; x++ {
			if got := a.Union(b).Has(x); got != (a.Has(x) || b.Has(x)) {
				t.Fatalf("union at %d: %v", x, got)
			}
			if got := a.Minus(b).Has(x); got != (a.Has(x) && !b.Has(x)) {
				t.Fatalf("minus at %d: %v", x, got)
			}
			if a.Has(x) {
				n++
			}
		}
		if n != a.Len() {
			t.Fatalf("Len %d, want %d", a.Len(), n)
		}
	})
}

// drawYear draws a person, policies and events of 2026.
func drawYear(t *rapid.T) (*hours.Facts, []hours.Version, []hours.Event) {
	stages := []string{"activist", "development_target", "member"}
	first := hours.FirstDay(2026)
	date := rapid.Custom(func(t *rapid.T) hours.Date { return first + hours.Date(rapid.IntRange(0, 364).Draw(t, "day")) })
	f := &hours.Facts{PersonID: "p", Kind: "staff"}
	at := first - 400
	for i := range rapid.IntRange(1, 3).Draw(t, "stages") {
		to := ever
		if i < 2 {
			to = max(at, date.Draw(t, "until"))
		}
		f.Stages = append(f.Stages, stage(stages[i], at, to))
		at = to
	}
	var vs []hours.Version
	for i := range rapid.IntRange(1, 3).Draw(t, "policies") {
		v := version(fmt.Sprintf("p%d", i), rapid.IntRange(1, 6000).Draw(t, "total"), rapid.SampledFrom(stages).Draw(t, "stage"))
		v.Rule.RequiredCenti = rapid.IntRange(0, v.Rule.TotalCenti).Draw(t, "required")
		v.Rule.EventCapCenti = rapid.SampledFrom([]int{0, 150, 400}).Draw(t, "event cap")
		v.Rule.DailyMaxCenti = rapid.SampledFrom([]int{0, 300, 1200}).Draw(t, "day max")
		v.Rule.Prorating.On = rapid.Bool().Draw(t, "prorate")
		v.Rule.Prorating.RoundUpCenti = 50
		if rapid.Bool().Draw(t, "capped") {
			v.Rule.SourceCaps = []hours.Cap{{Source: hours.OnlineVideo, CapCenti: rapid.IntRange(0, 2000).Draw(t, "cap")}}
		}
		if i > 0 && rapid.Bool().Draw(t, "over") {
			v.Supersedes = []string{"p0"}
		}
		vs = append(vs, v)
	}
	var es []hours.Event
	for i := range rapid.IntRange(0, 25).Draw(t, "events") {
		s := rapid.IntRange(0, 12).Draw(t, "subject")
		e := credit(date.Draw(t, "on"), rapid.SampledFrom(hours.Sources[:3]).Draw(t, "source"),
			rapid.IntRange(1, 600).Draw(t, "amount"), subject(fmt.Sprint("s", s)))
		e.ID, e.SourceRef, e.Required = fmt.Sprintf("e%d", i), fmt.Sprintf("r%d", i), s%2 == 0
		if i > 0 && rapid.IntRange(0, 9).Draw(t, "back") == 0 {
			r, err := es[rapid.IntRange(0, i-1).Draw(t, "which")].Reverse(e.ID, "x", "y")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(es, func(o hours.Event) bool { return o.ReversesID == r.ReversesID }) {
				e = r
			}
		}
		es = append(es, e)
	}
	return f, vs, es
}

// Promise 5, reliability H1: what counts does not depend on the order in which
// events arrived. Seen red by ordering inOrder
// by e.Seq.
func TestAssessIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, vs, es := drawYear(t)
		want := hours.Assess(2026, hours.LastDay(2026), f, vs, es)
		mixed := slices.Clone(es)
		r := rand.New(rand.NewPCG(1, uint64(rapid.IntRange(0, 1<<30).Draw(t, "seed"))))
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		for i := range mixed {
			mixed[i].Seq = int64(i + 1)
		}
		if d := cmp.Diff(want, hours.Assess(2026, hours.LastDay(2026), f, vs, mixed)); d != "" {
			t.Fatal(d)
		}
	})
}

// The parts make the whole, no cap is exceeded, nothing counts twice inside a
// policy and nothing vanishes without a reason. Seen red by leaving out the
// repeat rule, and by a source cap that forgets what the source gave already.
func TestAssessAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, vs, es := drawYear(t)
		byID := map[string]hours.Event{}
		for _, e := range es {
			byID[e.ID] = e
		}
		for _, o := range hours.Assess(2026, hours.LastDay(2026), f, vs, es) {
			v := vs[slices.IndexFunc(vs, func(v hours.Version) bool { return v.PolicyID == o.PolicyID })]
			sum, part, bySource := 0, 0, 0
			subjects, days := map[string]bool{}, map[string]int{}
			for _, l := range o.Lines {
				e := byID[l.EventID]
				sum += l.CountedCenti
				if e.Required {
					part += l.CountedCenti
				}
				switch {
				case l.CountedCenti < 0 || l.CountedCenti > l.AmountCenti:
					t.Fatalf("line counts %d of %d", l.CountedCenti, l.AmountCenti)
				case l.CountedCenti < l.AmountCenti && len(l.Not) == 0:
					t.Fatalf("line lost %d of %d without a reason", l.AmountCenti-l.CountedCenti, l.AmountCenti)
				case v.Rule.EventCapCenti > 0 && l.CountedCenti > v.Rule.EventCapCenti:
					t.Fatal("above the event cap")
				}
				key := string(e.Source) + e.Subject
				if l.CountedCenti > 0 && subjects[key] {
					t.Fatalf("%s counted twice", key)
				}
				subjects[key] = subjects[key] || l.CountedCenti > 0
				days[string(e.Source)+e.OccurredOn.String()] += l.CountedCenti
			}
			for _, s := range o.Sources {
				bySource += s.CountedCenti
				if c, ok := v.Rule.CapOf(s.Source); ok && s.CountedCenti > c {
					t.Fatalf("%s counts %d above its cap %d", s.Source, s.CountedCenti, c)
				}
			}
			for d, n := range days {
				if v.Rule.DailyMaxCenti > 0 && n > v.Rule.DailyMaxCenti {
					t.Fatalf("%s: %d above the day's limit", d, n)
				}
			}
			if sum != o.CountedCenti || bySource != sum || part != o.PartCenti {
				t.Fatalf("lines %d, sources %d, total %d; required %d of %d", sum, bySource, o.CountedCenti, part, o.PartCenti)
			}
			if want := max(0, o.TotalCenti-sum, o.RequiredCenti-part); o.ShortCenti != want {
				t.Fatalf("short %d, want %d", o.ShortCenti, want)
			}
			if o.TotalCenti > v.Rule.TotalCenti || o.RequiredCenti > o.TotalCenti {
				t.Fatal("demands more than the rule")
			}
		}
	})
}

// One more credit never lowers what counts; a wider cap neither. Seen red by a
// day's limit shared between the sources (at 3,000 checks).
func TestAssessIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, vs, es := drawYear(t)
		es = slices.DeleteFunc(es, func(e hours.Event) bool { return e.Kind == hours.Reversal })
		if len(es) == 0 {
			return
		}
		more := hours.Assess(2026, hours.LastDay(2026), f, vs, es)
		less := hours.Assess(2026, hours.LastDay(2026), f, vs, es[:len(es)-1])
		wide := slices.Clone(vs)
		for i := range wide {
			wide[i].Rule.SourceCaps = slices.Clone(wide[i].Rule.SourceCaps)
			for j := range wide[i].Rule.SourceCaps {
				wide[i].Rule.SourceCaps[j].CapCenti += rapid.IntRange(0, 500).Draw(t, "wider")
			}
		}
		wider := hours.Assess(2026, hours.LastDay(2026), f, wide, es)
		for i := range more {
			if less[i].CountedCenti > more[i].CountedCenti || less[i].PartCenti > more[i].PartCenti {
				t.Fatalf("one more event lowers %d to %d", less[i].CountedCenti, more[i].CountedCenti)
			}
			if more[i].CountedCenti > wider[i].CountedCenti {
				t.Fatalf("a wider cap lowers %d to %d", more[i].CountedCenti, wider[i].CountedCenti)
			}
		}
	})
}

func TestGoverning(t *testing.T) {
	jan, jul := day(t, "2026-01-01"), day(t, "2026-07-01")
	p := hours.Policy{ID: "a", Name: "党员", Versions: []hours.Version{
		{ID: "1", Number: 1, State: hours.Active, EffectiveFrom: jan},
		{ID: "2", Number: 2, State: hours.Active, EffectiveFrom: jul},
		{ID: "3", Number: 3, State: hours.Draft, EffectiveFrom: jan},
	}}
	for _, c := range []struct {
		year int
		asOf string
		want string
	}{
		{2026, "2026-06-30", "1"}, {2026, "2026-07-01", "2"}, {2026, "2030-01-01", "2"}, {2025, "2026-11-23", ""}, {2027, "2026-11-23", "2"},
	} {
		v, ok := p.Governing(c.year, day(t, c.asOf))
		if v.ID != c.want || ok != (c.want != "") {
			t.Errorf("%d as of %s: %q, want %q", c.year, c.asOf, v.ID, c.want)
		}
	}
	end := day(t, "2026-10-01")
	p.RetiredFrom = &end
	if _, ok := p.Governing(2026, day(t, "2026-11-23")); ok {
		t.Error("a retired policy governs")
	}
	if v, ok := p.Governing(2026, end-1); !ok || v.ID != "2" {
		t.Error("a policy must govern until the day it is retired")
	}
}
