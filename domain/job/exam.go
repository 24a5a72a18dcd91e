package job

// GradeAttempt grades one submitted attempt.
type GradeAttempt struct {
	AttemptID string `json:"attempt_id"`
}

// Kind implements Job.
func (GradeAttempt) Kind() string { return "exam:grade_attempt" }

// Queue implements Queued: a learner waits for the result.
func (GradeAttempt) Queue() string { return QueueCritical }

// AttemptIDs gives the attempts of grading jobs.
func AttemptIDs(js []GradeAttempt) []string {
	ids := make([]string, len(js))
	for i, j := range js {
		ids[i] = j.AttemptID
	}
	return ids
}

// MintAttempts makes the attempts of a published exam for its audience.
type MintAttempts struct {
	ExamID string `json:"exam_id"`
}

// Kind implements Job.
func (MintAttempts) Kind() string { return "exam:mint_attempts" }

// RegradeExam grades the attempts of an exam anew, as a regrade says.
type RegradeExam struct {
	RegradeID string `json:"regrade_id"`
}

// Kind implements Job.
func (RegradeExam) Kind() string { return "exam:regrade_exam" }
