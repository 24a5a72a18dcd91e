package learning

import (
	"context"
	"slices"
	"time"

	"zhixing/domain"
	"zhixing/domain/job"
)

// Lesson is what learning must know of a lesson.
type Lesson struct {
	ID           string
	Title        string
	CourseID     string
	CourseTitle  string
	MediumID     string
	MediaVersion int
	DurationMs   int64
	HasPoster    bool
	HoursCenti   int
	Threshold    int // percent
	MaxRate      int // percent
	AllowSkip    bool
	Presence     PresenceRule // of the course
	Ready        bool         // there is a medium that plays
	Closed       bool         // taken out of the course; records stay
}

// State is everything a report is decided on, read at one instant.
type State struct {
	Play      Play
	Progress  Progress
	Current   int // the media version that counts now
	Threshold int // percent
	At        time.Time
}

// Change is what a report did, to be saved if everything it was decided on is
// still so: the progress is at Revision, the play as open or closed, the
// lesson's version and threshold the same, and the stamp not in the future.
type Change struct {
	*State
	Revision int64 // of the progress as it was read
	Runs     []int // indexes of Play.Runs to write
}

// NotCounted is a stretch that was claimed and is not covered, and why.
type NotCounted struct {
	Refusal
	At time.Time // when it was last claimed
}

// Mark is a flag as it is kept.
type Mark struct {
	Kind      string
	Detail    map[string]any
	Times     int
	FlaggedAt time.Time
	LastAt    time.Time
}

// PlayRecord is a play for reading: what earned, what did not, what was marked.
type PlayRecord struct {
	Play
	UserAgent  string
	NotCounted []NotCounted
	Marks      []Mark
	Checks     []Check // in the order asked
}

// Record is what a person has learnt of a lesson.
type Record struct {
	Lesson      Lesson
	Progress    Progress     // of the current version; zero Revision and nothing covered if never played
	Earlier     []Progress   // of versions before
	Plays       []PlayRecord // newest first, at most RecordPlays
	NotCounted  []NotCounted
	Completions []Completion
}

// RecordPlays bounds the plays in a record.
const RecordPlays = 100

// Entry is a lesson in a person's list.
type Entry struct {
	Lesson
	ChapterTitle  string
	ChapterNumber int // 1, 2, … in the course
	CoveredMs     int64
	PositionMs    int64
	LastPlayAt    *time.Time // nil: not begun
	CompletedAt   *time.Time
}

// Evidence is what a completion stands on: every play of the person, the
// lesson and the version up to it.
type Evidence struct {
	Completion  Completion
	PersonName  string
	LessonTitle string
	CourseTitle string
	Plays       []PlayRecord
	Covered     Set
}

// Store keeps plays, spans and coverage.
type Store interface {
	job.Queue
	InTx(ctx context.Context, fn func(ctx context.Context, tx Store) error) error
	// Lesson returns NotFound "learning.lesson_not_found" for a lesson that is
	// not open to the person.
	Lesson(ctx context.Context, personID, lessonID string) (*Lesson, error)
	// OpenPlay closes the person's open play, inserts p, sets its OpenedAt by
	// the database's clock and begins its Presence, or takes it out of p when
	// the lesson is complete. It makes sure there is a progress, and returns it.
	OpenPlay(ctx context.Context, p *Play, sessionID, userAgent string) (*Progress, error)
	// PlayForUpdate returns the play with its presence, without its runs, locked.
	// Error: NotFound "learning.play_not_found".
	PlayForUpdate(ctx context.Context, personID, playID string) (*Play, error)
	// Check returns a check that was asked, nil if there is none.
	Check(ctx context.Context, playID string, seq int) (*Check, error)
	// InsertCheck keeps a check that is asked.
	InsertCheck(ctx context.Context, playID string, c *Check) error
	// SaveAnswer keeps the answer to a check and where the play's presence stands.
	SaveAnswer(ctx context.Context, p *Play, c *Check) error
	// MissCheck ends what the play earns as of the check that is due.
	MissCheck(ctx context.Context, p *Play, at time.Time) error
	// Now is the database's clock.
	Now(ctx context.Context) (time.Time, error)
	// State returns NotFound "learning.play_not_found" for a play that is not
	// the person's.
	State(ctx context.Context, personID, playID string) (*State, error)
	// Save writes a change and sets its State's At to the database's clock. It
	// reports false, and writes nothing, if what it was decided on has changed.
	Save(ctx context.Context, c Change) (bool, error)
	// SaveRefusals adds up what did not count. It returns how many reports of
	// the play had a refusal of the most frequent reason.
	SaveRefusals(ctx context.Context, playID string, refused []Refusal, at time.Time) (int, error)
	SaveFlags(ctx context.Context, p *Play, flags []Flag, at time.Time) error
	// InsertCompletion reports false if there was one.
	InsertCompletion(ctx context.Context, c Completion) (bool, error)
	// NotCounted returns what was claimed of the current version and is not covered.
	NotCounted(ctx context.Context, g *Progress) ([]NotCounted, error)
	Record(ctx context.Context, personID, lessonID string) (*Record, error)
	// Continue returns the lesson to go on with, nil if there is none.
	Continue(ctx context.Context, personID string) (*Entry, error)
	Recent(ctx context.Context, personID string, p domain.Paging) (domain.Page[Entry], error)
	// Evidence returns NotFound "learning.completion_not_found" outside the scope.
	Evidence(ctx context.Context, s domain.Scope, completionID string) (*Evidence, error)
}

// zone is where civil years begin.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60) // no summer time since 1991

// Years sums the wall time of the evidence by civil year. A span across New
// Year stays one row; each year has its share of it.
func (e *Evidence) Years() []YearShare {
	by := map[int]time.Duration{}
	for _, p := range e.Plays {
		for _, r := range p.Runs {
			for _, y := range r.Wall.Years(zone) {
				by[y.Year] += y.Wall
			}
		}
	}
	out := make([]YearShare, 0, len(by))
	for year, d := range by {
		out = append(out, YearShare{year, d})
	}
	slices.SortFunc(out, func(a, b YearShare) int { return a.Year - b.Year })
	return out
}
