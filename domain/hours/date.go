// Package hours holds the rules of training hours 学时: what a policy demands,
// which events count for it and which do not and why, and the hash chain that
// makes the ledger of events tamper-evident. hours-rules.md is its source; the
// clause is named beside each rule. It is pure: civil dates and amounts come in
// as arguments. Amounts are integer centi-hours (100 = 1 学时).
package hours

import (
	"time"
	_ "time/tzdata" // Asia/Shanghai also where the system has no zones

	"zhixing/domain"
	// the rules of the zone travel with the binary (reliability T5)
)

// Zone is the one zone of civil dates. It had daylight saving time from 1986
// to 1991, so it is never replaced by a fixed +8.
var Zone = mustZone("Asia/Shanghai")

func mustZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil { // tzdata is embedded
		panic(err)
	}
	return loc
}

// Date is a civil date as days since 1970-01-01. In JSON it is "2026-11-23".
type Date int32

const secondsPerDay = 24 * 60 * 60

// NewDate returns the date of a year, month and day; out-of-range days roll over.
func NewDate(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// DateOf returns the civil date of an instant in Zone.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Zone).Date()
	return NewDate(y, m, d)
}

// ParseDate reads "2026-11-23". Anything else is Invalid "hours.bad_date".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, domain.E(domain.Invalid, "hours.bad_date", "value", s)
	}
	return FromTime(t), nil
}

// FromTime takes the date of a timestamp that carries a bare date, as database
// drivers give it: its clock and zone are ignored.
func FromTime(t time.Time) Date {
	y, m, d := t.Date()
	return NewDate(y, m, d)
}

// Time returns midnight UTC of the date, the form database drivers take.
func (d Date) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// Start returns the first instant of the date in Zone.
func (d Date) Start() time.Time {
	y, m, day := d.Time().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, Zone)
}

// Year returns the calendar year the date is in.
func (d Date) Year() int { return d.Time().Year() }

// String returns "2026-11-23".
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText implements encoding.TextMarshaler.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Date) UnmarshalText(b []byte) error {
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// FirstDay and LastDay bound a calendar year, both inclusive.
func FirstDay(year int) Date { return NewDate(year, time.January, 1) }

// LastDay returns 31 December of the year.
func LastDay(year int) Date { return NewDate(year, time.December, 31) }

// DaysIn returns 365 or 366.
func DaysIn(year int) int { return int(LastDay(year)-FirstDay(year)) + 1 }

// Span is the dates from From to before To.
type Span struct{ From, To Date }

// Days is a set of dates: sorted, disjoint, non-empty spans.
type Days []Span

// Len counts the dates.
func (d Days) Len() int {
	n := 0
	for _, s := range d {
		n += int(s.To - s.From)
	}
	return n
}

// Has reports whether the date is in the set.
func (d Days) Has(x Date) bool {
	for _, s := range d {
		if x >= s.From && x < s.To {
			return true
		}
	}
	return false
}

// Union returns the dates in either set.
func (d Days) Union(o Days) Days {
	var out Days
	i, j := 0, 0
	for i < len(d) || j < len(o) {
		var s Span
		if j >= len(o) || (i < len(d) && d[i].From <= o[j].From) {
			s, i = d[i], i+1
		} else {
			s, j = o[j], j+1
		}
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// Minus returns the dates of d that are not in o.
func (d Days) Minus(o Days) Days {
	var out Days
	for _, s := range d {
		from := s.From
		for _, cut := range o {
			if cut.To <= from || cut.From >= s.To {
				continue
			}
			if cut.From > from {
				out = append(out, Span{from, cut.From})
			}
			from = max(from, cut.To)
		}
		if from < s.To {
			out = append(out, Span{from, s.To})
		}
	}
	return out
}
