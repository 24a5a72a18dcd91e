package app

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/learning"
	"zhixing/domain/org"
)

// Learning is watching lessons and what it earns.
type Learning struct {
	Store learning.Store
	Now   func() time.Time // for the time between two reports, not for decisions

	recent recentPlays
}

// OpenedPlay is a play that was opened.
type OpenedPlay struct {
	Play       *learning.Play
	Lesson     *learning.Lesson
	Progress   *learning.Progress
	NotCounted []learning.NotCounted
	ResumeMs   int64
}

// Open opens a play of a lesson on a device; the person's other play closes.
// Errors: NotFound "learning.lesson_not_found" (also outside the audience),
// Conflict "learning.lesson_not_ready".
func (u *Learning) Open(ctx context.Context, who Actor, lessonID, deviceID string) (*OpenedPlay, error) {
	lessonID, err := ParseID(lessonID, "learning.lesson_not_found")
	if err != nil {
		return nil, err
	}
	lesson, err := u.Store.Lesson(ctx, who.PersonID, lessonID)
	if err != nil {
		return nil, err
	}
	if !lesson.Ready || lesson.DurationMs <= 0 {
		return nil, domain.E(domain.Conflict, "learning.lesson_not_ready")
	}
	p := &learning.Play{
		ID: NewID(), PersonID: who.PersonID, LessonID: lessonID, DeviceID: deviceID, MediaVersion: lesson.MediaVersion,
		DurationMs: lesson.DurationMs, MaxRate: lesson.MaxRate, AllowSkip: lesson.AllowSkip,
	}
	p.Presence = presenceOf(lesson.Presence)
	var g *learning.Progress
	err = u.Store.InTx(ctx, func(ctx context.Context, tx learning.Store) error {
		if g, err = tx.OpenPlay(ctx, p, who.SessionID, who.UserAgent); err != nil {
			return err
		}
		if !g.Complete(lesson.DurationMs, lesson.Threshold, p.OpenedAt) { // the threshold may have come down
			return nil
		}
		st := &learning.State{Play: *p, Progress: *g, Current: lesson.MediaVersion, Threshold: lesson.Threshold, At: p.OpenedAt}
		saved, err := tx.Save(ctx, learning.Change{State: st, Revision: g.Revision})
		if err != nil || !saved {
			g.CompletedAt = nil // the lesson was changed just now; the next report completes
			return err
		}
		return u.complete(ctx, tx, st)
	})
	if err != nil {
		return nil, err
	}
	notCounted, err := u.Store.NotCounted(ctx, g)
	if err != nil {
		return nil, err
	}
	return &OpenedPlay{Play: p, Lesson: lesson, Progress: g, NotCounted: notCounted, ResumeMs: g.Resume(lesson.DurationMs, lesson.AllowSkip)}, nil
}

// Reported is what a report did and what counts now.
type Reported struct {
	At       time.Time
	Outcome  learning.Outcome
	Progress learning.Progress
}

// reportTries bounds how often a report is decided anew because another report
// of the same lesson came between.
const reportTries = 10

// suspiciousRefusals in one play are marked for an auditor.
const suspiciousRefusals = 20

// Report takes what a player has played since the play was opened, in total.
// The order, loss and repetition of reports do not matter: see package
// learning. Errors: NotFound "learning.play_not_found", Unavailable
// "learning.busy"; Conflict "learning.old_version" and "learning.play_expired",
// after which the player opens another play.
func (u *Learning) Report(ctx context.Context, who Actor, playID string, positionMs int64, claims []learning.Claim) (*Reported, error) {
	playID, err := ParseID(playID, "learning.play_not_found")
	if err != nil {
		return nil, err
	}
	for try := range reportTries {
		st, err := u.state(ctx, who.PersonID, playID, try > 0)
		if err != nil {
			return nil, err
		}
		at := st.At
		change := learning.Change{State: st, Revision: st.Progress.Revision}
		out := st.Play.Report(&st.Progress, claims, at, st.Current)
		change.Runs = out.Changed
		if out.Closed == "" {
			st.Progress.LastPositionMs = min(max(positionMs, 0), st.Play.DurationMs)
			st.Progress.LastPlayAt = at
		}
		completed := st.Progress.Complete(st.Play.DurationMs, st.Threshold, at)
		saved, err := u.save(ctx, change, out, completed)
		switch {
		case err != nil:
			return nil, err
		case !saved:
			continue
		case out.Closed == learning.ClosedOldVersion:
			return nil, domain.E(domain.Conflict, learning.NotOldVersion)
		case out.Closed == learning.ClosedExpired:
			return nil, domain.E(domain.Conflict, learning.NotExpired)
		}
		r := &Reported{At: at, Outcome: out, Progress: st.Progress}
		if out.Closed == "" {
			u.recent.put(st, u.Now())
		}
		return r, nil
	}
	return nil, domain.E(domain.Unavailable, "learning.busy")
}

// state gives what a report is decided on: as it was left by the report
// before, if that was here and lately, else as the database has it. again says
// that a guess was wrong.
func (u *Learning) state(ctx context.Context, personID, playID string, again bool) (*learning.State, error) {
	if st := u.recent.take(playID, personID, u.Now()); st != nil && !again {
		return st, nil
	}
	st, err := u.Store.State(ctx, personID, playID)
	if err == nil {
		u.recent.seen(st.At, u.Now(), again)
	}
	return st, err
}

// save writes a report: in one statement when there is nothing beside the
// coverage, else in a transaction.
func (u *Learning) save(ctx context.Context, c learning.Change, out learning.Outcome, completed bool) (bool, error) {
	if len(out.Refused)+len(out.Flags) == 0 && !completed {
		return u.Store.Save(ctx, c)
	}
	at, saved := c.At, false
	err := u.Store.InTx(ctx, func(ctx context.Context, tx learning.Store) (err error) {
		if saved, err = tx.Save(ctx, c); err != nil || !saved {
			return err
		}
		times, err := tx.SaveRefusals(ctx, c.Play.ID, out.Refused, at)
		if err != nil {
			return err
		}
		if times == suspiciousRefusals {
			out.Flags = append(out.Flags, learning.Flag{Kind: learning.FlagRefusals, Detail: map[string]any{"reports": times}})
		}
		if out.Missed {
			if err := tx.MissCheck(ctx, &c.Play, at); err != nil {
				return err
			}
		}
		if err := tx.SaveFlags(ctx, &c.Play, out.Flags, at); err != nil || !completed {
			return err
		}
		return u.complete(ctx, tx, c.State)
	})
	return saved, err
}

// complete records the completion and has its hours credited, once.
func (u *Learning) complete(ctx context.Context, tx learning.Store, st *learning.State) error {
	p, g := &st.Play, &st.Progress
	c := learning.Completion{
		ID: NewID(), PersonID: p.PersonID, LessonID: p.LessonID, MediaVersion: p.MediaVersion, PlayID: p.ID,
		CoveredMs: g.Covered.Len(), DurationMs: p.DurationMs, Threshold: st.Threshold, CompletedAt: *g.CompletedAt,
	}
	first, err := tx.InsertCompletion(ctx, c)
	if err != nil || !first {
		return err
	}
	return tx.Enqueue(ctx, job.CreditLesson{PersonID: c.PersonID, LessonID: c.LessonID, CompletionID: c.ID})
}

// Record shows the actor's own record of a lesson: what counted, and what did
// not and why. Error: NotFound "learning.lesson_not_found".
func (u *Learning) Record(ctx context.Context, who Actor, lessonID string) (*learning.Record, error) {
	lessonID, err := ParseID(lessonID, "learning.lesson_not_found")
	if err != nil {
		return nil, err
	}
	return u.Store.Record(ctx, who.PersonID, lessonID)
}

// Continue is the lesson the actor should go on with; nil if there is none.
func (u *Learning) Continue(ctx context.Context, who Actor) (*learning.Entry, error) {
	return u.Store.Continue(ctx, who.PersonID)
}

// Recent lists the actor's lessons, the last played first.
func (u *Learning) Recent(ctx context.Context, who Actor, p domain.Paging) (domain.Page[learning.Entry], error) {
	return u.Store.Recent(ctx, who.PersonID, p)
}

// Evidence is what a completion stands on, for an auditor of the person.
// Error: NotFound "learning.completion_not_found".
func (u *Learning) Evidence(ctx context.Context, who Actor, completionID string) (*learning.Evidence, error) {
	completionID, err := ParseID(completionID, "learning.completion_not_found")
	if err != nil {
		return nil, err
	}
	return u.Store.Evidence(ctx, who.Scope(org.PermHoursAudit), completionID)
}
