package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/hours"
)

type hourEventDetailOutput struct{ Body hourEventDetailBody }

type hourEventDetailBody struct {
	Event    hourEventBody       `json:"event"`
	Person   hourPersonHeadBody  `json:"person"`
	Entry    hourEntryBody       `json:"entry" doc:"How the entry is chained"`
	Reversal *hourEventBody      `json:"reversal,omitempty" doc:"What takes it back"`
	Reverses *hourEventBody      `json:"reverses,omitempty" doc:"What it takes back"`
	Evidence hourEvidenceBody    `json:"evidence"`
	Rules    []policyRuleUseBody `json:"rules" doc:"The policy versions that count it"`
	Chain    hourChainBody       `json:"chain"`
}

type hourEntryBody struct {
	Seq      int64  `json:"seq"`
	Hash     string `json:"hash"`
	PrevHash string `json:"prev_hash"`
}

type hourEvidenceBody struct {
	Kind    string           `json:"kind" enum:"completion,attempt,decision,batch"`
	ID      string           `json:"id"`
	Digest  string           `json:"digest" doc:"SHA-256 of the facts when the entry was written"`
	Missing bool             `json:"missing"`
	Changed bool             `json:"changed" doc:"The facts are not what they were"`
	Lesson  *hourLessonProof `json:"lesson,omitempty"`
	Attempt *hourExamProof   `json:"attempt,omitempty"`
	Batch   *hourBatchBody   `json:"batch,omitempty" doc:"Without its roster"`
}

type hourLessonProof struct {
	LessonID         string          `json:"lesson_id"`
	LessonTitle      string          `json:"lesson_title"`
	CourseTitle      string          `json:"course_title"`
	MediaVersion     int             `json:"media_version"`
	DurationMS       int64           `json:"duration_ms"`
	CoveredMS        int64           `json:"covered_ms"`
	ThresholdPercent int             `json:"threshold_percent"`
	CompletedAt      time.Time       `json:"completed_at"`
	Devices          int             `json:"devices"`
	Plays            []hourPlayProof `json:"plays"`
}

type hourPlayProof struct {
	ID        string          `json:"id"`
	DeviceID  string          `json:"device_id"`
	UserAgent string          `json:"user_agent"`
	OpenedAt  time.Time       `json:"opened_at"`
	Spans     []hourSpanProof `json:"spans"`

	Checks    []hourCheckProof `json:"checks" doc:"Presence checks that were asked"`
	PastCheck bool             `json:"played_past_check" doc:"It was played past a check that nobody answered; that part earned nothing"`
}

type hourCheckProof struct {
	Seq     int       `json:"seq"`
	AskedAt time.Time `json:"asked_at"`
	Outcome string    `json:"outcome" enum:"passed,wrong,late,unanswered"`
}

type hourSpanProof struct {
	FromMS      int64     `json:"from_ms"`
	ToMS        int64     `json:"to_ms"`
	RatePercent int       `json:"rate_percent"`
	StartedAt   time.Time `json:"started_at"`
	EndedAt     time.Time `json:"ended_at"`
}

type hourExamProof struct {
	ExamID         string     `json:"exam_id"`
	ExamTitle      string     `json:"exam_title"`
	Number         int        `json:"number"`
	State          string     `json:"state"`
	StartedAt      *time.Time `json:"started_at"`
	SubmittedAt    *time.Time `json:"submitted_at"`
	GradedAt       *time.Time `json:"graded_at"`
	GradingVersion int        `json:"grading_version"`
	ScoreMilli     int        `json:"score_milli"`
	TotalMilli     int        `json:"total_milli"`
	PassMarkMilli  int        `json:"pass_mark_milli"`
	Passed         bool       `json:"passed"`
	Regraded       bool       `json:"regraded" doc:"The entry stands on an earlier grade, which is kept"`
}

type policyRuleUseBody struct {
	PolicyID       string           `json:"policy_id"`
	PolicyName     string           `json:"policy_name"`
	VersionID      string           `json:"version_id"`
	VersionNumber  int              `json:"version_number"`
	Document       hourDocumentBody `json:"document"`
	ActivatedBy    string           `json:"activated_by"`
	ActivatedAt    *time.Time       `json:"activated_at"`
	SourceCapCenti int              `json:"source_cap_centi"`
	CountedCenti   int              `json:"counted_centi"`
	Reasons        []string         `json:"reasons"`
}

type hourEventInput struct {
	ID string `path:"id"`
}

// getHourEvent handles GET /api/v1/hours/events/{id}: the entry, what it stands
// on, the rules that count it, and a check of the person's chain.
func (s *Server) getHourEvent(ctx context.Context, who app.Actor, in *hourEventInput) (*hourEventDetailOutput, error) {
	d, err := s.Hours.Event(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	counts := []hourCountBody{}
	b := hourEventDetailBody{
		Person: personHeadOf(d.Person), Chain: chainCheckOf(d.Chain), Rules: []policyRuleUseBody{},
		Entry:    hourEntryBody{d.Event.Seq, d.Event.Hash.String(), d.Event.PrevHash.String()},
		Evidence: hourEvidenceBody{Kind: d.Event.Evidence.Kind, ID: d.Event.Evidence.ID, Digest: d.Event.Evidence.Digest, Missing: d.Missing, Changed: d.Changed},
	}
	for _, c := range d.Counts {
		counts = append(counts, hourCountBody{c.Policy.PolicyID, c.Policy.PolicyName, c.Policy.Number, c.Line.CountedCenti, orEmpty(c.Line.Not)})
		limit, _ := c.Policy.Rule.CapOf(d.Event.Source)
		b.Rules = append(b.Rules, policyRuleUseBody{
			PolicyID: c.Policy.PolicyID, PolicyName: c.Policy.PolicyName, VersionID: c.Policy.ID,
			VersionNumber: c.Policy.Number, Document: hourDocumentBody(c.Policy.Document), ActivatedBy: d.Names[c.Policy.ActivatedBy],
			ActivatedAt: c.Policy.ActivatedAt, SourceCapCenti: limit, CountedCenti: c.Line.CountedCenti, Reasons: orEmpty(c.Line.Not),
		})
	}
	b.Event = hourEventOf(&d.Event, counts, d.Stands, d.Names)
	if d.Reversal != nil {
		e := hourEventOf(d.Reversal, nil, true, d.Names)
		b.Reversal = &e
	}
	if d.Reverses != nil {
		e := hourEventOf(d.Reverses, nil, false, d.Names)
		b.Reverses = &e
	}
	b.Evidence.Lesson, b.Evidence.Attempt = lessonProofOf(d.Lesson), examProofOf(d.Attempt, d.Regraded)
	if d.Batch != nil {
		batch := batchOf(*d.Batch)
		batch.People = nil
		b.Evidence.Batch = &batch
	}
	return &hourEventDetailOutput{Body: b}, nil
}

func lessonProofOf(l *hours.LessonEvidence) *hourLessonProof {
	if l == nil {
		return nil
	}
	b := &hourLessonProof{
		LessonID: l.LessonID, LessonTitle: l.LessonTitle, CourseTitle: l.CourseTitle, MediaVersion: l.MediaVersion, DurationMS: l.DurationMS,
		CoveredMS: l.CoveredMS, ThresholdPercent: l.ThresholdPercent, CompletedAt: l.CompletedAt.UTC(), Plays: []hourPlayProof{},
	}
	devices := map[string]bool{}
	for _, p := range l.Plays {
		devices[p.DeviceID] = true
		play := hourPlayProof{ID: p.ID, DeviceID: p.DeviceID, UserAgent: p.UserAgent, OpenedAt: p.OpenedAt.UTC(), Spans: []hourSpanProof{}, PastCheck: p.PastCheck}
		play.Checks = bodies(p.Checks, func(c hours.CheckEvidence) hourCheckProof { return hourCheckProof{c.Seq, c.AskedAt.UTC(), c.Outcome} })
		for _, x := range p.Spans {
			play.Spans = append(play.Spans, hourSpanProof{x.FromMS, x.ToMS, x.RatePercent, x.StartedAt.UTC(), x.EndedAt.UTC()})
		}
		b.Plays = append(b.Plays, play)
	}
	b.Devices = len(devices)
	return b
}

func examProofOf(a *hours.AttemptEvidence, regraded bool) *hourExamProof {
	if a == nil {
		return nil
	}
	return &hourExamProof{
		ExamID: a.ExamID, ExamTitle: a.ExamTitle, Number: a.Number, State: a.State, StartedAt: a.StartedAt, SubmittedAt: a.SubmittedAt,
		GradedAt: a.GradedAt, GradingVersion: a.GradingVersion, ScoreMilli: a.ScoreMilli, TotalMilli: a.TotalMilli, PassMarkMilli: a.PassMarkMilli, Passed: a.Passed, Regraded: regraded,
	}
}

type hourReverseInput struct {
	ID   string `path:"id"`
	Body struct {
		Reason string `json:"reason" minLength:"2" maxLength:"500"`
	}
}

type hourReversedOutput struct{ Body hourEventBody }

// reverseHourEvent handles POST /api/v1/hours/events/{id}/reverse.
func (s *Server) reverseHourEvent(ctx context.Context, who app.Actor, in *hourReverseInput) (*hourReversedOutput, error) {
	e, err := s.Hours.Reverse(ctx, who, in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &hourReversedOutput{Body: hourEventOf(e, nil, true, nil)}, nil
}
