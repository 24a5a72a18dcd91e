package exam_test

import (
	"testing"
	"time"

	"zhixing/domain"
	"zhixing/domain/exam"
)

// Every pair of states, written out: what is not listed is refused.
func TestAttemptTransitions(t *testing.T) {
	allowed := map[[2]exam.AttemptState]bool{
		{exam.Ready, exam.InProgress}:     true,
		{exam.Ready, exam.Voided}:         true,
		{exam.InProgress, exam.Submitted}: true,
		{exam.InProgress, exam.Voided}:    true,
		{exam.Submitted, exam.Marking}:    true,
		{exam.Submitted, exam.Graded}:     true,
		{exam.Submitted, exam.Voided}:     true,
		{exam.Marking, exam.Graded}:       true,
		{exam.Marking, exam.Voided}:       true,
		{exam.Graded, exam.Voided}:        true,
	}
	for _, from := range exam.AttemptStates() {
		for _, to := range exam.AttemptStates() {
			if got := from.MayBecome(to); got != allowed[[2]exam.AttemptState{from, to}] {
				t.Errorf("%s -> %s: %v", from, to, got)
			}
		}
	}
}

func TestGuardJudge(t *testing.T) {
	due := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	check := due.Add(2 * time.Second)
	taken := due.Add(-time.Minute)
	tests := map[string]struct {
		guard   exam.Guard
		epoch   int
		verdict exam.Verdict
		reason  string
	}{
		"in time":                {exam.Guard{State: exam.InProgress, Epoch: 1, Now: due}, 1, exam.Accept, ""},
		"at the end of grace":    {exam.Guard{State: exam.InProgress, Epoch: 1, Now: check}, 1, exam.Accept, ""},
		"a microsecond late":     {exam.Guard{State: exam.InProgress, Epoch: 1, Now: check.Add(time.Microsecond)}, 1, exam.SealLate, ""},
		"after the clock ended":  {exam.Guard{State: exam.Submitted, SubmittedBy: exam.ByClock, Epoch: 1, Now: check.Add(time.Second)}, 1, exam.SealLate, ""},
		"after it was graded":    {exam.Guard{State: exam.Graded, SubmittedBy: exam.ByClock, Epoch: 1, Now: check.Add(time.Second)}, 1, exam.SealLate, ""},
		"after handing in":       {exam.Guard{State: exam.Submitted, SubmittedBy: exam.ByPerson, Epoch: 1, Now: due}, 1, exam.Refuse, "exam.attempt_not_open"},
		"late, after handing in": {exam.Guard{State: exam.Graded, SubmittedBy: exam.ByPerson, Epoch: 1, Now: check.Add(time.Hour)}, 1, exam.Refuse, "exam.attempt_not_open"},
		"before the start":       {exam.Guard{State: exam.Ready, Now: due}, 0, exam.Refuse, "exam.attempt_not_open"},
		"voided":                 {exam.Guard{State: exam.Voided, Epoch: 1, Now: due}, 1, exam.Refuse, "exam.attempt_not_open"},
		"old epoch":              {exam.Guard{State: exam.InProgress, Epoch: 2, Now: due, TakenOverAt: &taken}, 1, exam.Refuse, "exam.taken_over"},
		"epoch of the future":    {exam.Guard{State: exam.InProgress, Epoch: 2, Now: due}, 3, exam.Refuse, "exam.taken_over"},
		"old epoch, late":        {exam.Guard{State: exam.InProgress, Epoch: 2, Now: check.Add(time.Second)}, 1, exam.Refuse, "exam.taken_over"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.guard.DueAt, tt.guard.CheckAt = due, check
			v, err := tt.guard.Judge(tt.epoch)
			if v != tt.verdict || domain.ReasonOf(err) != tt.reason {
				t.Errorf("got %s %v, want %s %s", v, err, tt.verdict, tt.reason)
			}
		})
	}
}
