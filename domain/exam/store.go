package exam

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/job"
	"zhixing/domain/question"
)

// PaperStore keeps recipes and frozen papers. Errors: NotFound
// "exam.paper_not_found"; Conflict "exam.changed_meanwhile".
type PaperStore interface {
	audit.Log
	InTx(ctx context.Context, fn func(ctx context.Context, tx PaperStore) error) error

	InsertPaper(ctx context.Context, p *Paper) error
	// SavePaper writes p over version p.Version and adds one to it.
	SavePaper(ctx context.Context, p *Paper) error
	Paper(ctx context.Context, id string) (*Paper, error)
	Papers(ctx context.Context, query string, p domain.Paging) (domain.Page[Paper], error)
	Source
}

// Source is what drawing a paper reads of the banks.
type Source interface {
	// Pool gives the ids of the active questions that fit a row, at most MaxPool.
	Pool(ctx context.Context, r BlueprintRow) ([]string, error)
	// QuestionsByID gives the newest content of each id; a missing one is NotFound
	// "question.not_found".
	QuestionsByID(ctx context.Context, ids []string) (map[string]question.Question, error)
}

// MaxPool bounds what one row is drawn from.
const MaxPool = 20_000

// ExamFilter selects exams for staff; zero fields do not limit.
type ExamFilter struct {
	State State
	Query string
}

// Store keeps exams. Errors: NotFound "exam.not_found", "exam.paper_not_found";
// Conflict "exam.changed_meanwhile".
type Store interface {
	audit.Log
	job.Queue
	InTx(ctx context.Context, fn func(ctx context.Context, tx Store) error) error
	Now(ctx context.Context) (time.Time, error)

	InsertExam(ctx context.Context, x *Exam) error
	SaveExam(ctx context.Context, x *Exam) error
	Exam(ctx context.Context, id string) (*Exam, error)
	ExamForUpdate(ctx context.Context, id string) (*Exam, error)
	Exams(ctx context.Context, f ExamFilter, p domain.Paging) (domain.Page[Exam], error)

	Paper(ctx context.Context, id string) (*Paper, error)
	Source
	// KeepFrozen keeps a frozen paper under its hash; keeping it again is nothing.
	KeepFrozen(ctx context.Context, p *Frozen, content []byte) error
	// VoidAttempts voids what is ready or in progress of a cancelled exam and
	// gives the number.
	VoidAttempts(ctx context.Context, examID string) (int, error)
	// Unminted gives people of the audience without an attempt, after a person id,
	// ordered by id. It is empty unless the exam is published and not over.
	Unminted(ctx context.Context, examID, after string, limit int) ([]string, error)
	// MintAttempts makes first attempts; a person who has one keeps it.
	MintAttempts(ctx context.Context, examID string, mints []Mint) (int, error)
}

// Mint is one attempt to be made.
type Mint struct {
	AttemptID string
	PersonID  string
	Seed      []byte
}

// Sitting is an attempt with the exam it is of, at one time of the database.
// Of Exam, the fields that a learner's request needs are filled.
type Sitting struct {
	Attempt Attempt
	Exam    Exam
	Now     time.Time
	Answers []Answer // what counts now; only where the method says so
	LastSeq int      // highest counter of all operations, with Answers
	// VoidReason is why a person voided the attempt; with Reviewed only.
	VoidReason string
}

// MyExam is an exam as one learner meets it.
type MyExam struct {
	Exam         Exam
	AttemptsUsed int      // begun ones
	Attempt      *Attempt // the newest, unless a cancelled exam took it with it; nil if none was minted
	TotalMilli   int      // of the newest attempt's grade; 0 unless graded
}

// MyFilter selects a learner's exams; "" is every phase.
type MyFilter struct{ Phase Phase }

// Save is one request to append operations.
type Save struct {
	AttemptID  string
	PersonID   string
	Epoch      int
	Operations []Operation
	Seals      [][]byte // beside each operation
}

// Saved is what became of a Save.
type Saved struct {
	Guard     Guard
	Kept      [][16]byte // operations that count, the ones kept before included
	Sealed    [][16]byte // operations kept as late evidence
	ServerSeq int64      // of the last kept one
}

// ResultFilter selects attempts of an exam for staff.
type ResultFilter struct {
	ExamID string
	State  AttemptState
	Passed *bool
	Query  string // name or number
}

// Result is one attempt in the list of an exam.
type Result struct {
	Attempt
	PersonName   string
	PersonNumber string
	UnitName     string
	LateSaves    int
	Takeovers    int
}

// Summary counts the attempts of an exam inside a reader's scope.
type Summary struct {
	Minted, Started, Submitted, Graded, Passed, Voided int
	AverageMilli                                       int
}

// Event is one thing that happened to an attempt beside its answers.
type Event struct {
	Kind     string // taken_over
	At       time.Time
	Epoch    int
	DeviceID string
	Previous string // the device before
}

// Evidence is everything kept about an attempt but its operations.
type Evidence struct {
	Result
	Exam    Exam
	Now     time.Time
	Events  []Event
	Grades  []GradeRow
	Answers []Answer // what counts now, included late ones among it
	Void    *Void    // nil unless a person voided it
	// Proposals to include late answers, newest first.
	Inclusions []LateInclusion
}

// GradeRow is a grade row. Reason and By are of whoever had it graded again.
type GradeRow struct {
	Grade
	At         time.Time
	Reason, By string
}

// Gradable is a submitted attempt with all that decides its grade.
type Gradable struct {
	AttemptID     string
	PaperHash     Hash
	Correction    Hash
	PassMarkMilli int
	HoursCenti    int
	ExamState     State
	Answers       []Answer
}

// NewGrade is a grade to be kept, with the jobs that follow from it.
type NewGrade struct {
	AttemptID string
	Grade     Grade
	Jobs      []job.Job
}

// AttemptStore keeps attempts. A person's methods find only his own: anything
// else is NotFound "exam.attempt_not_found" or "exam.not_found".
type AttemptStore interface {
	audit.Log
	// ReceiptKey gives the institution's key for seals and receipts, made once.
	ReceiptKey(ctx context.Context) ([]byte, error)
	// Frozen reads a frozen paper's canonical JSON, Correction a correction's.
	Frozen(ctx context.Context, h Hash) ([]byte, error)
	Correction(ctx context.Context, h Hash) ([]byte, error)

	MyExams(ctx context.Context, personID string, f MyFilter, p domain.Paging) (domain.Page[MyExam], time.Time, error)
	MyExam(ctx context.Context, personID, examID string) (*MyExam, time.Time, error)

	// Start begins the person's ready attempt in one statement: nil if there is
	// none to begin or the window is not open.
	Start(ctx context.Context, examID, personID, deviceID string) (*Sitting, error)
	// Current gives the person's newest attempt of the exam that is not voided,
	// with answers: NotFound "exam.attempt_not_found" if there is none.
	Current(ctx context.Context, examID, personID string) (*Sitting, error)
	// MintNext makes the person's next attempt if the audience, the window and
	// the number allowed let him: Conflict "exam.no_attempts_left", "exam.closed"
	// and so on; NotFound "exam.not_found" outside the audience. Having an open
	// one already is nothing.
	MintNext(ctx context.Context, examID, personID string, m Mint) error
	// Sitting reads a person's attempt, with answers if asked.
	Sitting(ctx context.Context, attemptID, personID string, answers bool) (*Sitting, error)
	// TakeOver moves an attempt in progress to a device under a new epoch, with
	// its event and its audit entry.
	TakeOver(ctx context.Context, attemptID, personID, deviceID string, e audit.Entry) error
	// Save appends operations in one statement.
	Save(ctx context.Context, s Save) (*Saved, error)
	// Submit ends an attempt in progress of that epoch and enqueues the job in one
	// statement: false if it was not in progress under that epoch.
	Submit(ctx context.Context, attemptID, personID string, epoch int, j job.Job) (*Sitting, bool, error)
	// Reviewed reads a person's attempt with its newest grade, nil if not graded.
	Reviewed(ctx context.Context, attemptID, personID string) (*Sitting, *GradeRow, error)

	// SubmitDue ends attempts past due + grace, at most limit, with a grading job
	// for each.
	SubmitDue(ctx context.Context, limit int) ([]string, error)
	// Ungraded gives attempts submitted longer ago than that, oldest first.
	Ungraded(ctx context.Context, olderThan time.Duration, limit int) ([]string, error)
	// ToGrade reads an attempt with what counts.
	ToGrade(ctx context.Context, attemptID string) (*Sitting, error)
	// Gradable reads what decides the grades of those of the attempts that are
	// submitted; the others are left out.
	Gradable(ctx context.Context, attemptIDs []string) ([]Gradable, error)
	// KeepGrades makes submitted attempts graded with their grade rows and jobs,
	// all or nothing; one that is not submitted any more is left as it is. It
	// gives the number graded.
	KeepGrades(ctx context.Context, list []NewGrade) (int, error)

	Results(ctx context.Context, s domain.Scope, f ResultFilter, p domain.Paging) (domain.Page[Result], error)
	Summary(ctx context.Context, s domain.Scope, examID string) (*Summary, error)
	// Evidence reads an attempt of a person inside the scope.
	Evidence(ctx context.Context, s domain.Scope, attemptID string) (*Evidence, error)
	// Operations gives operations and late evidence by ServerSeq after a number.
	Operations(ctx context.Context, attemptID string, after int64, limit int) ([]Kept, error)
}
