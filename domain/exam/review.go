package exam

import "time"

// Visibility is what a learner may see of his own attempt now.
type Visibility struct {
	Result    bool       // score and pass
	Items     bool       // own answers with key and explanation
	ReleaseAt *time.Time // when more will be seen, if that is known
}

// Visible decides what the learner sees of an attempt. Nothing before it is
// graded. after_submit shows the result at once and the worked paper as soon as
// it cannot help him any more: no attempt left, or the window closed.
// after_close shows both when the window and its grace are over. never shows
// the result then, and the worked paper not at all. A voided attempt shows
// nothing.
func Visible(x *Exam, a *Attempt, now time.Time) Visibility {
	if a.State == Ready || a.State == InProgress || a.State == Voided || x.State != Published {
		return Visibility{}
	}
	over := x.ClosesAt.Add(x.Grace)
	closed := !now.Before(over)
	graded := a.State == Graded
	var v Visibility
	switch x.Review {
	case ReviewAfterSubmit:
		v = Visibility{Result: graded, Items: graded && (closed || a.Counted() >= x.AttemptsAllowed)}
	case ReviewAfterClose:
		v = Visibility{Result: graded && closed, Items: graded && closed}
	case ReviewNever:
		v = Visibility{Result: graded && closed}
	}
	if !closed && !v.Items && (x.Review != ReviewAfterSubmit || a.Counted() < x.AttemptsAllowed) {
		v.ReleaseAt = &over
	}
	return v
}
