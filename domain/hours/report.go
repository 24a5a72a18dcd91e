package hours

import (
	"slices"
	"strings"
	"time"

	"zhixing/domain"
)

// The states of a person's year in lists.
const (
	StateDone  = "done"  // nothing short
	StateShort = "short" // something short
	StateNear  = "near"  // short by NearCenti at most
	StateLate  = "late"  // short, and will be at the year's end at the pace of the last 30 days
)

// PeopleFilter selects rows of the table of people; zero fields do not limit.
type PeopleFilter struct {
	Year     int      `json:"year"`
	PolicyID string   `json:"policy_id,omitempty"` // else each person's leading obligation
	UnitID   string   `json:"unit_id,omitempty"`   // with everything below it
	Kind     string   `json:"kind,omitempty"`
	Stages   []string `json:"stages,omitempty"`
	Ranks    []string `json:"ranks,omitempty"`
	State    string   `json:"state,omitempty"`
	Query    string   `json:"q,omitempty"`    // in the name; start of the number or of the pinyin initials
	Sort     string   `json:"sort,omitempty"` // see PeopleSorts; "-" before it turns it round
}

// PeopleSorts lists the keys the table can be sorted by.
var PeopleSorts = []string{"name", "number", "short", "counted", "total", "last_on"}

// The first and last year a report can be asked for.
const (
	MinYear = 2000
	MaxYear = 2100
)

// Check refuses a filter with an unknown state or sort key.
func (f *PeopleFilter) Check() error {
	f.Query = strings.TrimSpace(f.Query)
	if f.Sort == "" {
		f.Sort = "-short"
	}
	switch {
	case f.Year < MinYear || f.Year > MaxYear:
		return domain.E(domain.Invalid, "hours.year_out_of_range", "from", MinYear, "to", MaxYear)
	case f.State != "" && !slices.Contains([]string{StateDone, StateShort, StateNear, StateLate}, f.State):
		return domain.E(domain.Invalid, "hours.state_unknown", "state", f.State)
	case !slices.Contains(PeopleSorts, strings.TrimPrefix(f.Sort, "-")):
		return domain.E(domain.Invalid, "hours.sort_unknown", "sort", f.Sort)
	case len(f.Query) > 100:
		return domain.E(domain.Invalid, "hours.query_too_long")
	}
	return nil
}

// Overview is the head of the organisation department's screen.
type Overview struct {
	People       int // who must do something 应修人数
	Done         int
	Near         int // short by 10 学时 at most
	Late         int // will be short at the year's end at the pace of 30 days
	TotalCenti   int64
	CountedCenti int64
	ShortCenti   int64
	ByStage      []Share
	ComputedAt   *time.Time // when everybody was last computed; credits since are in
	Recomputing  bool       // a run over everybody is under way
}

// Share is one stage's part of the overview.
type Share struct {
	Stage  string
	People int
	Done   int
}

// PersonHead is who a report is about, as of today.
type PersonHead struct {
	ID, Name, Number, Kind, Stage, Rank, UnitName string
}

// PersonRow is one line of the table of people.
type PersonRow struct {
	PersonHead
	Pinyin        string
	PolicyID      string
	PolicyName    string
	TotalCenti    int
	RequiredCenti int
	CountedCenti  int
	PartCenti     int
	ShortCenti    int
	RecentCenti   int
	Reasons       []Why
	DueOn         Date
	LastOn        *Date
	LastEventAt   *time.Time
	State         string // done, late, near or short: the most telling one
}

// LessonEvidence is what a credit for a lesson stands on.
type LessonEvidence struct {
	CompletionID     string
	LessonID         string
	LessonTitle      string
	CourseTitle      string
	MediaVersion     int
	DurationMS       int64
	CoveredMS        int64
	ThresholdPercent int
	CompletedAt      time.Time
	Digest           string // of the facts as they are now
	Plays            []PlayEvidence
}

// PlayEvidence is one opening of the lesson with what was watched.
type PlayEvidence struct {
	ID        string
	DeviceID  string
	UserAgent string
	OpenedAt  time.Time
	Spans     []SpanEvidence
	Checks    []CheckEvidence // presence checks that were asked
	PastCheck bool            // it was played past a check that nobody answered
}

// CheckEvidence is a presence check and what became of it: passed, wrong, late
// or unanswered.
type CheckEvidence struct {
	Seq     int
	AskedAt time.Time
	Outcome string
}

// SpanEvidence is one stretch watched without a pause.
type SpanEvidence struct {
	FromMS, ToMS int64
	RatePercent  int
	StartedAt    time.Time
	EndedAt      time.Time
}

// AttemptEvidence is what a credit for an exam stands on. It holds no answers.
type AttemptEvidence struct {
	AttemptID      string
	ExamID         string
	ExamTitle      string
	Number         int
	State          string
	StartedAt      *time.Time
	SubmittedAt    *time.Time
	GradedAt       *time.Time
	GradingVersion int
	ScoreMilli     int
	TotalMilli     int
	PassMarkMilli  int
	Passed         bool
	Digest         string
	Earlier        []string // digests with the grades before, which are kept
}
