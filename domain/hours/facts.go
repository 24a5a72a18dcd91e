package hours

import (
	"slices"

	"zhixing/domain"
)

// Fact is something that held for a person from From to before To.
type Fact struct {
	Values []string // a stage or a rank; for a membership the unit and all units above it
	Span
}

// Facts is what an audience rule asks of a person, dated. Kind is not dated.
type Facts struct {
	PersonID string
	Kind     string // staff or student
	Stages   []Fact
	Ranks    []Fact
	Units    []Fact
	Present  []Fact // when the person belonged to the institution at all; none = always
}

// DaysIn returns the days of the year on which the person is in the audience,
// each judged by the facts of that day (hours-rules.md 2, audience_predicate).
func (f *Facts) DaysIn(a domain.Audience, year int) Days {
	if len(a.Kinds) > 0 && !slices.Contains(a.Kinds, f.Kind) {
		return nil
	}
	days := Days{{FirstDay(year), LastDay(year) + 1}}
	for _, part := range []struct {
		wanted []string
		facts  []Fact
	}{{a.Stages, f.Stages}, {a.Ranks, f.Ranks}, {a.Units, f.Units}} {
		if len(part.wanted) == 0 {
			continue
		}
		days = days.within(part.facts, part.wanted)
	}
	if len(f.Present) > 0 {
		days = days.within(f.Present, nil)
	}
	return days
}

// within keeps the days on which one of the facts has a wanted value; no wanted
// values means any.
func (d Days) within(facts []Fact, wanted []string) Days {
	var hold Days
	for _, f := range facts {
		if f.From >= f.To {
			continue
		}
		if len(wanted) == 0 || slices.ContainsFunc(f.Values, func(v string) bool { return slices.Contains(wanted, v) }) {
			hold = hold.Union(Days{f.Span})
		}
	}
	return d.Minus(d.Minus(hold))
}
