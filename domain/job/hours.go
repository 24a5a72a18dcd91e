package job

// CreditLesson earns the hours of a completed lesson. Enqueued with the completion.
type CreditLesson struct {
	PersonID     string `json:"person_id"`
	LessonID     string `json:"lesson_id"`
	CompletionID string `json:"completion_id"`
}

// Kind implements Job.
func (CreditLesson) Kind() string { return "hours:credit_lesson" }

// Queue implements Queued: a learner watches for it.
func (CreditLesson) Queue() string { return QueueCritical }

// CreditExam earns the hours of a passed attempt. Enqueued with the grade.
type CreditExam struct {
	AttemptID string `json:"attempt_id"`
}

// Kind implements Job.
func (CreditExam) Kind() string { return "hours:credit_exam" }

// Queue implements Queued.
func (CreditExam) Queue() string { return QueueCritical }

// SettleAttempt brings the ledger in line with an attempt whose result was
// changed afterwards: voided, regraded, late answers included.
type SettleAttempt struct {
	AttemptID string `json:"attempt_id"`
}

// Kind implements Job.
func (SettleAttempt) Kind() string { return "hours:settle_attempt" }

// ReverseExam takes back the hours that a cancelled exam gave.
type ReverseExam struct {
	ExamID string `json:"exam_id"`
}

// Kind implements Job.
func (ReverseExam) Kind() string { return "hours:reverse_exam" }

// RecomputePerson computes a person's obligations of a year anew, after a
// change of stage, rank or membership.
type RecomputePerson struct {
	PersonID string `json:"person_id"`
	Year     int    `json:"year"`
}

// Kind implements Job.
func (RecomputePerson) Kind() string { return "hours:recompute_person" }

// RecomputePolicy computes everybody's obligations of a year anew, after a
// policy was activated or retired and at the start of each day. Policies bear
// on each other, so it is always all of them; PolicyID says why it runs.
type RecomputePolicy struct {
	PolicyID string `json:"policy_id"`
	Year     int    `json:"year"`
}

// Kind implements Job.
func (RecomputePolicy) Kind() string { return "hours:recompute_policy" }

// Queue implements Queued.
func (RecomputePolicy) Queue() string { return QueueReport }

// ExportHours makes the file of an export.
type ExportHours struct {
	ExportID string `json:"export_id"`
}

// Kind implements Job.
func (ExportHours) Kind() string { return "hours:export" }

// Queue implements Queued.
func (ExportHours) Queue() string { return QueueReport }

// AnchorLedger writes the day's anchor of the ledger.
type AnchorLedger struct{}

// Kind implements Job.
func (AnchorLedger) Kind() string { return "hours:anchor_ledger" }

// Queue implements Queued.
func (AnchorLedger) Queue() string { return QueueReport }
