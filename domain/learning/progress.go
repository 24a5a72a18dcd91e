package learning

import "time"

// Progress is what a person has covered of one version of a lesson's medium.
type Progress struct {
	PersonID       string
	LessonID       string
	MediaVersion   int
	Covered        Set
	LastPositionMs int64
	LastPlayAt     time.Time
	CompletedAt    *time.Time
	Revision       int64 // goes up with every change; guards against lost updates
}

// Completion says that a person reached a lesson's threshold; once for each
// version of the medium.
type Completion struct {
	ID           string
	PersonID     string
	LessonID     string
	MediaVersion int
	PlayID       string
	CoveredMs    int64
	DurationMs   int64
	Threshold    int // percent, as it was then
	CompletedAt  time.Time
}

// Needed is how many milliseconds complete a lesson: the threshold's share of
// the duration, and never the very end, which players do not report to the
// frame: the last second, or the last fiftieth of a short medium.
func Needed(durationMs int64, thresholdPercent int) int64 {
	share := (durationMs*int64(thresholdPercent) + 99) / 100
	return max(min(share, durationMs-min(1000, durationMs/50)), 1)
}

// Complete sets CompletedAt when the threshold is reached for the first time
// and reports whether it did.
func (g *Progress) Complete(durationMs int64, thresholdPercent int, at time.Time) bool {
	if g.CompletedAt != nil || durationMs <= 0 || g.Covered.Len() < Needed(durationMs, thresholdPercent) {
		return false
	}
	g.CompletedAt = &at
	return true
}

// Resume is where to go on: the last position, the beginning once the end was
// reached, and where skipping is off no further than what was watched.
func (g *Progress) Resume(durationMs int64, allowSkip bool) int64 {
	at := min(max(g.LastPositionMs, 0), durationMs)
	if !allowSkip {
		at = min(at, g.Covered.Reach(skipSlack))
	}
	if at >= durationMs-min(3000, durationMs/20) {
		at = 0
		if gap := Set.Minus(Set{{0, durationMs}}, g.Covered); len(gap) > 0 && g.CompletedAt == nil {
			at = gap[0].From
		}
	}
	return at
}

// Percent of the duration that is covered, rounded down; 100 only when all is.
func Percent(coveredMs, durationMs int64) int {
	if durationMs <= 0 {
		return 0
	}
	return int(min(coveredMs*100/durationMs, 100))
}

// YearShare is the wall time of evidence that falls in one civil year.
type YearShare struct {
	Year int
	Wall time.Duration
}

// Years splits a wall by civil year in the given zone, in ascending order.
func (w Wall) Years(zone *time.Location) []YearShare {
	var out []YearShare
	for from := w.From.In(zone); from.Before(w.To); {
		to := time.Date(from.Year()+1, 1, 1, 0, 0, 0, 0, zone)
		if w.To.Before(to) {
			to = w.To.In(zone)
		}
		out = append(out, YearShare{from.Year(), to.Sub(from)})
		from = to
	}
	return out
}
