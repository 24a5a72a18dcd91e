// Package exam holds the rules of papers, exams and attempts: how a paper is
// drawn and frozen, when an attempt may change, which answer counts, what it is
// worth and who may see what of it when. Marks are integer thousandths; time is
// always an argument and always the database's.
package exam

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
)

// State of an exam.
type State string

// The states of an exam. Only a draft is edited; publishing freezes the paper.
const (
	Draft     State = "draft"
	Published State = "published"
	Cancelled State = "cancelled"
)

// Review says when a learner sees the result and the worked paper.
type Review string

// The review rules; see Visible.
const (
	ReviewNever       Review = "never"
	ReviewAfterSubmit Review = "after_submit"
	ReviewAfterClose  Review = "after_close"
)

// Phase is where an exam stands in its window, for a learner.
type Phase string

// The phases of a window.
const (
	Upcoming Phase = "upcoming"
	Open     Phase = "open"
	Closed   Phase = "closed"
)

// Bounds of an exam.
const (
	DefaultGrace   = 2 * time.Second
	MaxGrace       = time.Minute
	MinDuration    = time.Minute
	MaxDuration    = 24 * time.Hour
	MaxAttempts    = 10
	MaxHoursCenti  = 10_000
	MaxWindow      = 366 * 24 * time.Hour
	maxTitle       = 120
	maxDescription = 2000
)

// Exam is a paper, a window and the rules of sitting it.
type Exam struct {
	ID               string
	Title            string
	Description      string
	PaperID          string
	State            State
	OpensAt          time.Time
	ClosesAt         time.Time
	Duration         time.Duration // whole seconds
	Grace            time.Duration // whole milliseconds; what arrives later is sealed, not graded
	PassMarkMilli    int
	AttemptsAllowed  int
	ShuffleQuestions bool
	ShuffleOptions   bool
	Audience         domain.Audience
	Review           Review
	HoursCenti       int // what a pass earns, in hundredths of an hour
	// Of the frozen paper; zero in a draft.
	PaperHash     Hash
	QuestionCount int
	TotalMilli    int
	Correction    Hash   // in force; zero: graded as published
	RegradeID     string // that put it in force, "" if none ever did
	Attempts      int    // submitted or graded ones
	CreatedBy     string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	PublishedAt   *time.Time
	CancelledAt   *time.Time
	CancelReason  string
	CancelledBy   string
}

// Validate trims and checks a draft: Invalid "exam.not_valid" with every wrong
// field.
func (x *Exam) Validate() error {
	x.Title, x.Description = strings.TrimSpace(x.Title), strings.TrimSpace(x.Description)
	e := domain.E(domain.Invalid, "exam.not_valid")
	if n := utf8.RuneCountInString(x.Title); n == 0 || n > maxTitle {
		e = e.At("body.title", "exam.title_length", "max", maxTitle)
	}
	if utf8.RuneCountInString(x.Description) > maxDescription {
		e = e.At("body.description", "exam.description_too_long", "max", maxDescription)
	}
	if x.PaperID == "" {
		e = e.At("body.paper_id", "exam.paper_missing")
	}
	if !x.ClosesAt.After(x.OpensAt) {
		e = e.At("body.closes_at", "exam.closes_before_it_opens")
	} else if x.ClosesAt.Sub(x.OpensAt) > MaxWindow {
		e = e.At("body.closes_at", "exam.window_too_long")
	}
	if x.Duration < MinDuration || x.Duration > MaxDuration || x.Duration%time.Second != 0 {
		e = e.At("body.duration_s", "exam.duration_out_of_range", "min", int(MinDuration.Minutes()), "max", int(MaxDuration.Hours()))
	}
	if x.Grace < 0 || x.Grace > MaxGrace || x.Grace%time.Millisecond != 0 {
		e = e.At("body.grace_ms", "exam.grace_out_of_range", "max", int(MaxGrace.Seconds()))
	}
	if x.PassMarkMilli < 0 {
		e = e.At("body.pass_mark_milli", "exam.pass_mark_out_of_range")
	}
	if x.AttemptsAllowed < 1 || x.AttemptsAllowed > MaxAttempts {
		e = e.At("body.attempts_allowed", "exam.attempts_out_of_range", "max", MaxAttempts)
	}
	if !slices.Contains([]Review{ReviewNever, ReviewAfterSubmit, ReviewAfterClose}, x.Review) {
		e = e.At("body.review", "exam.review_unknown")
	}
	if x.HoursCenti < 0 || x.HoursCenti > MaxHoursCenti {
		e = e.At("body.hours_centi", "exam.hours_out_of_range", "max", MaxHoursCenti/100)
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// Editable refuses to change anything but a draft.
func (x *Exam) Editable() error {
	if x.State != Draft {
		return domain.E(domain.Conflict, "exam.not_a_draft", "state", x.State)
	}
	return nil
}

// Publish freezes the exam on a paper. Errors: Conflict "exam.not_a_draft",
// "exam.already_over"; Invalid "exam.pass_mark_above_total".
func (x *Exam) Publish(p *Frozen, now time.Time) error {
	if err := x.Editable(); err != nil {
		return err
	}
	if !x.ClosesAt.After(now) {
		return domain.E(domain.Conflict, "exam.already_over", "closes_at", x.ClosesAt)
	}
	if x.PassMarkMilli > p.TotalMilli {
		return domain.E(domain.Invalid, "exam.pass_mark_above_total", "total", p.TotalMilli/1000).
			At("body.pass_mark_milli", "exam.pass_mark_above_total", "total", p.TotalMilli/1000)
	}
	x.State, x.PublishedAt = Published, &now
	x.PaperHash, x.QuestionCount, x.TotalMilli = p.Hash, len(p.Items), p.TotalMilli
	return nil
}

// Cancel ends a published exam for good. Errors: Conflict "exam.not_published";
// Invalid "exam.reason_missing".
func (x *Exam) Cancel(by, reason string, now time.Time) error {
	reason, err := checkReason(reason)
	if err != nil {
		return err
	}
	if x.State != Published {
		return domain.E(domain.Conflict, "exam.not_published", "state", x.State)
	}
	x.State, x.CancelledAt, x.CancelledBy, x.CancelReason = Cancelled, &now, by, reason
	return nil
}

// checkReason trims a reason: Invalid "exam.reason_missing" without one, or with
// a whole letter in its place.
func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || utf8.RuneCountInString(reason) > 500 {
		return "", domain.E(domain.Invalid, "exam.reason_missing").At("body.reason", "exam.reason_missing")
	}
	return reason, nil
}

// PhaseAt says where now lies in the window.
func (x *Exam) PhaseAt(now time.Time) Phase {
	switch {
	case now.Before(x.OpensAt):
		return Upcoming
	case now.Before(x.ClosesAt):
		return Open
	}
	return Closed
}

// MayStart refuses a start outside the window or of a withdrawn exam. Errors:
// NotFound "exam.not_found" for what a learner must not know of; Conflict
// "exam.cancelled", "exam.not_open_yet", "exam.closed".
func (x *Exam) MayStart(now time.Time) error {
	switch {
	case x.State == Draft:
		return domain.E(domain.NotFound, "exam.not_found")
	case x.State == Cancelled:
		return domain.E(domain.Conflict, "exam.cancelled")
	}
	switch x.PhaseAt(now) {
	case Upcoming:
		return domain.E(domain.Conflict, "exam.not_open_yet", "opens_at", x.OpensAt, "opens_at_local", local(x.OpensAt))
	case Closed:
		return domain.E(domain.Conflict, "exam.closed", "closes_at", x.ClosesAt, "closes_at_local", local(x.ClosesAt))
	case Open:
	}
	return nil
}

// DueAt is when an attempt started at that time ends: the duration later, but
// never after the window.
func (x *Exam) DueAt(started time.Time) time.Time {
	if due := started.Add(x.Duration); due.Before(x.ClosesAt) {
		return due
	}
	return x.ClosesAt
}

// local writes a time as the college's clocks show it, for sentences.
func local(t time.Time) string {
	return t.In(time.FixedZone("CST", 8*60*60)).Format("2006-01-02 15:04")
}
