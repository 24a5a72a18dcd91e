package exam

import (
	"context"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/job"
)

// InclusionFilter selects proposals to include late answers.
type InclusionFilter struct {
	AttemptID string
	Open      *bool // waiting, or decided
}

// InclusionRow is a proposal in the list of those who decide.
type InclusionRow struct {
	LateInclusion
	ExamID       string
	ExamTitle    string
	PersonID     string
	PersonName   string
	PersonNumber string
	LatestLate   time.Time // the last of the answers to be included arrived
	DueAt        time.Time
}

// AmendStore changes what has been graded: late answers, voids, regrades. What
// it writes is appended; a grade is never overwritten. Errors: NotFound
// "exam.attempt_not_found", "exam.proposal_not_found", "exam.not_found",
// "exam.regrade_not_found", outside the scope too.
type AmendStore interface {
	audit.Log
	job.Queue
	InTx(ctx context.Context, fn func(ctx context.Context, tx AmendStore) error) error

	// Frozen and CorrectionContent read canonical JSON by hash.
	Frozen(ctx context.Context, h Hash) ([]byte, error)
	CorrectionContent(ctx context.Context, h Hash) ([]byte, error)
	// KeepCorrection keeps a correction under its hash; keeping it again is nothing.
	KeepCorrection(ctx context.Context, c *Correction, content []byte) error

	// UnitsInScope reports whether every one of the units is within the scope.
	UnitsInScope(ctx context.Context, s domain.Scope, unitIDs []string) (bool, error)

	// AttemptToAmend locks an attempt of a person in scope.
	AttemptToAmend(ctx context.Context, s domain.Scope, attemptID string) (*Amendable, error)
	// AddGrade keeps a later grade of a graded attempt that is locked. inclusionID
	// names the approved proposal behind it.
	AddGrade(ctx context.Context, attemptID string, g Grade, inclusionID string) error
	InsertInclusion(ctx context.Context, p *LateInclusion) error
	// InclusionAttempt gives the attempt of a proposal, in scope.
	InclusionAttempt(ctx context.Context, s domain.Scope, inclusionID string) (string, error)
	Inclusion(ctx context.Context, inclusionID string) (*LateInclusion, error)
	// OpenInclusion reports whether a proposal of the attempt waits.
	OpenInclusion(ctx context.Context, attemptID string) (bool, error)
	InsertDecision(ctx context.Context, p *LateInclusion) error
	Inclusions(ctx context.Context, s domain.Scope, f InclusionFilter, p domain.Paging) (domain.Page[InclusionRow], error)
	// KeepVoid makes a locked attempt voided.
	KeepVoid(ctx context.Context, v *Void) error

	// Exam and ExamForUpdate read an exam with its correction in force.
	Exam(ctx context.Context, id string) (*Exam, error)
	ExamForUpdate(ctx context.Context, id string) (*Exam, error)
	LastRegrade(ctx context.Context, examID string) (*Regrade, error) // nil if there was none
	Regrade(ctx context.Context, id string) (*Regrade, error)
	RegradeForUpdate(ctx context.Context, id string) (*Regrade, error)
	Regrades(ctx context.Context, examID string, p domain.Paging) (domain.Page[Regrade], error)
	// InsertRegrade writes r, counts its attempts and puts its correction in force.
	InsertRegrade(ctx context.Context, r *Regrade) error
	SaveRegrade(ctx context.Context, r *Regrade) error
	// GradedAttempts reads graded attempts of an exam by id after an id, with the
	// grade in force; lock takes them until the transaction ends.
	GradedAttempts(ctx context.Context, examID, after string, limit int, lock bool) ([]GradedAttempt, error)
	// GradedAttempt locks one graded attempt with the grade in force; nil if it is
	// not graded.
	GradedAttempt(ctx context.Context, attemptID string) (*GradedAttempt, error)
	// AddGrades keeps the grades of one regrade.
	AddGrades(ctx context.Context, regradeID string, as []GradedAttempt) error
	// LeftBehind gives graded attempts of recently regraded exams whose grade in
	// force is not under the exam's correction, with the exam's last regrade.
	LeftBehind(ctx context.Context, limit int) ([]Straggler, error)
	// PeopleInScope names those of the people whom the reader may see.
	PeopleInScope(ctx context.Context, s domain.Scope, ids []string) (map[string]PersonLabel, error)
}

// Straggler is an attempt that was being graded while its exam was regraded.
type Straggler struct{ AttemptID, ExamID, RegradeID string }

// PersonLabel is who somebody is, in a table.
type PersonLabel struct{ Name, Number string }
