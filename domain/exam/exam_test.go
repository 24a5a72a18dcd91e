package exam_test

import (
	"testing"
	"time"

	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

var opens = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

func draft() *exam.Exam {
	return &exam.Exam{
		Title: "党章知识测试", PaperID: "p", State: exam.Draft, OpensAt: opens, ClosesAt: opens.Add(2 * time.Hour),
		Duration: time.Hour, Grace: exam.DefaultGrace, PassMarkMilli: 1000, AttemptsAllowed: 1, Review: exam.ReviewAfterClose,
	}
}

// paper freezes n single-choice questions of 4 options, a point each, right
// answer B.
func paper(t testing.TB, n int) *exam.Frozen {
	t.Helper()
	qs := make([]question.Question, n)
	for i := range qs {
		qs[i] = question.Question{ID: "q", Version: 1, State: question.Active, Content: question.Content{
			Kind: question.Single, Stem: "题",
			Options: []question.Option{{Text: "甲"}, {Text: "乙"}, {Text: "丙"}, {Text: "丁"}}, Key: []string{"B"},
		}.Normalise()}
	}
	f, _, err := exam.Freeze("卷", exam.PartialFull, qs, make([]int, n))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestExamValidate(t *testing.T) {
	tests := map[string]struct {
		change func(x *exam.Exam)
		reason string
	}{
		"ok":           {func(*exam.Exam) {}, ""},
		"no title":     {func(x *exam.Exam) { x.Title = " " }, "exam.title_length"},
		"no paper":     {func(x *exam.Exam) { x.PaperID = "" }, "exam.paper_missing"},
		"backwards":    {func(x *exam.Exam) { x.ClosesAt = x.OpensAt }, "exam.closes_before_it_opens"},
		"two years":    {func(x *exam.Exam) { x.ClosesAt = x.OpensAt.AddDate(2, 0, 0) }, "exam.window_too_long"},
		"30 seconds":   {func(x *exam.Exam) { x.Duration = 30 * time.Second }, "exam.duration_out_of_range"},
		"long grace":   {func(x *exam.Exam) { x.Grace = time.Hour }, "exam.grace_out_of_range"},
		"no attempts":  {func(x *exam.Exam) { x.AttemptsAllowed = 0 }, "exam.attempts_out_of_range"},
		"pass below 0": {func(x *exam.Exam) { x.PassMarkMilli = -1 }, "exam.pass_mark_out_of_range"},
		"review":       {func(x *exam.Exam) { x.Review = "now" }, "exam.review_unknown"},
		"hours":        {func(x *exam.Exam) { x.HoursCenti = -1 }, "exam.hours_out_of_range"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			x := draft()
			tt.change(x)
			err := x.Validate()
			if tt.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e, ok := err.(*domain.Error) //nolint:errorlint // never wrapped here
			if !ok || len(e.Fields) != 1 || e.Fields[0].Reason != tt.reason {
				t.Errorf("got %+v, want %s", err, tt.reason)
			}
		})
	}
}

func TestExamLife(t *testing.T) {
	p := paper(t, 2)
	x := draft()
	x.PassMarkMilli = 2001
	if err := x.Publish(p, opens); domain.ReasonOf(err) != "exam.pass_mark_above_total" {
		t.Errorf("pass mark above the total: %v", err)
	}
	x.PassMarkMilli = 2000
	if err := x.Publish(p, x.ClosesAt); domain.ReasonOf(err) != "exam.already_over" {
		t.Errorf("published when over: %v", err)
	}
	if err := x.MayStart(opens); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("a draft is known to learners: %v", err)
	}
	if err := x.Cancel("T", "误发", opens); domain.ReasonOf(err) != "exam.not_published" {
		t.Errorf("cancelled a draft: %v", err)
	}
	if err := x.Publish(p, opens); err != nil || x.PaperHash != p.Hash || x.TotalMilli != 2000 || x.QuestionCount != 2 {
		t.Fatalf("publish: %v, %+v", err, x)
	}
	if err := x.Publish(p, opens); domain.ReasonOf(err) != "exam.not_a_draft" {
		t.Errorf("published twice: %v", err)
	}
	for at, want := range map[time.Time]string{
		opens.Add(-time.Nanosecond): "exam.not_open_yet", opens: "", x.ClosesAt.Add(-time.Nanosecond): "", x.ClosesAt: "exam.closed",
	} {
		if got := domain.ReasonOf(x.MayStart(at)); got != want {
			t.Errorf("start at %s: %q, want %q", at, got, want)
		}
	}
	if got := x.DueAt(opens); !got.Equal(opens.Add(time.Hour)) {
		t.Errorf("due %s", got)
	}
	if got := x.DueAt(x.ClosesAt.Add(-time.Minute)); !got.Equal(x.ClosesAt) {
		t.Errorf("a late starter is due %s, after the window", got)
	}
	if err := x.Cancel("T", " ", opens); domain.ReasonOf(err) != "exam.reason_missing" {
		t.Errorf("cancelled without a reason: %v", err)
	}
	if err := x.Cancel("T", "误发", opens); err != nil || x.State != exam.Cancelled {
		t.Fatal(err)
	}
	if err := x.MayStart(opens); domain.ReasonOf(err) != "exam.cancelled" {
		t.Errorf("started a cancelled exam: %v", err)
	}
}

// Promise 4: nothing of the result or the key before the rule releases it.
// Seen red with `graded := true` in Visible, and with `closed` compared against
// ClosesAt without the grace.
func TestVisible(t *testing.T) {
	at := func(d time.Duration) time.Time { return opens.Add(2 * time.Hour).Add(d) }
	during, grace, after := at(-time.Hour), at(time.Second), at(2*time.Second)
	type want struct{ result, items, later bool }
	tests := []struct {
		name    string
		review  exam.Review
		state   exam.AttemptState
		number  int
		allowed int
		now     time.Time
		want    want
	}{
		{"sitting", exam.ReviewAfterSubmit, exam.InProgress, 1, 1, during, want{}},
		{"ready after close", exam.ReviewAfterClose, exam.Ready, 1, 1, after, want{}},
		{"voided", exam.ReviewAfterSubmit, exam.Voided, 1, 1, after, want{}},
		{"ungraded", exam.ReviewAfterSubmit, exam.Submitted, 1, 1, during, want{}},
		{"ungraded after close", exam.ReviewAfterClose, exam.Submitted, 1, 1, after, want{}},
		{"marking", exam.ReviewAfterSubmit, exam.Marking, 1, 1, during, want{}},
		{"last attempt", exam.ReviewAfterSubmit, exam.Graded, 1, 1, during, want{result: true, items: true}},
		{"attempts left", exam.ReviewAfterSubmit, exam.Graded, 1, 2, during, want{result: true, later: true}},
		{"attempts left, closed", exam.ReviewAfterSubmit, exam.Graded, 1, 2, after, want{result: true, items: true}},
		{"before close", exam.ReviewAfterClose, exam.Graded, 1, 1, during, want{later: true}},
		{"in grace", exam.ReviewAfterClose, exam.Graded, 1, 1, grace, want{later: true}},
		{"after close", exam.ReviewAfterClose, exam.Graded, 1, 1, after, want{result: true, items: true}},
		{"never, open", exam.ReviewNever, exam.Graded, 1, 1, during, want{later: true}},
		{"never, closed", exam.ReviewNever, exam.Graded, 1, 1, after, want{result: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := draft()
			x.State, x.Review, x.AttemptsAllowed = exam.Published, tt.review, tt.allowed
			v := exam.Visible(x, &exam.Attempt{State: tt.state, Number: tt.number}, tt.now)
			if got := (want{v.Result, v.Items, v.ReleaseAt != nil}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
