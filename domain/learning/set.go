package learning

import "sort"

// Range is a half-open stretch [From, To) of a medium, in milliseconds.
type Range struct {
	From int64 `json:"from_ms"`
	To   int64 `json:"to_ms"`
}

// Len returns the length in milliseconds.
func (r Range) Len() int64 { return r.To - r.From }

// Set is a set of milliseconds of a medium: ranges in ascending order, none
// empty, no two of them touching. The unit is the millisecond because the
// player measures in it and every bound below is then exact; the size of a set
// grows with its gaps, not with its length or its unit.
type Set []Range

// NewSet returns the union of the ranges; empty ones are left out.
func NewSet(ranges ...Range) Set {
	s := make(Set, 0, len(ranges))
	for _, r := range ranges {
		if r.To > r.From {
			s = append(s, r)
		}
	}
	sort.Slice(s, func(i, j int) bool { return s[i].From < s[j].From })
	out := s[:0]
	for _, r := range s {
		if n := len(out); n > 0 && r.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

// Len returns how many milliseconds the set holds.
func (s Set) Len() int64 {
	var n int64
	for _, r := range s {
		n += r.Len()
	}
	return n
}

// Union returns what is in s or in o.
func (s Set) Union(o Set) Set {
	if len(o) == 0 {
		return s
	}
	out := make(Set, 0, len(s)+len(o))
	i, j := 0, 0
	for i < len(s) || j < len(o) {
		var r Range
		if j == len(o) || (i < len(s) && s[i].From <= o[j].From) {
			r, i = s[i], i+1
		} else {
			r, j = o[j], j+1
		}
		if n := len(out); n > 0 && r.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

// Minus returns what is in s and not in o.
func (s Set) Minus(o Set) Set {
	var out Set
	j := 0
	for _, r := range s {
		for j > 0 && o[j-1].To > r.From {
			j--
		}
		from := r.From
		for ; j < len(o) && o[j].From < r.To; j++ {
			if o[j].To <= from {
				continue
			}
			if o[j].From > from {
				out = append(out, Range{from, o[j].From})
			}
			from = o[j].To
		}
		if from < r.To {
			out = append(out, Range{from, r.To})
		}
	}
	return out
}

// Reach returns the end of the part that is in the set without a gap of more
// than slack milliseconds, from the beginning of the medium on.
func (s Set) Reach(slack int64) int64 {
	var end int64
	for _, r := range s {
		if r.From > end+slack {
			break
		}
		end = r.To
	}
	return end
}

// Equal reports whether both hold the same milliseconds.
func (s Set) Equal(o Set) bool {
	if len(s) != len(o) {
		return false
	}
	for i := range s {
		if s[i] != o[i] {
			return false
		}
	}
	return true
}
