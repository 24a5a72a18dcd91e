package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/exam"
)

// LateInclusionBody is a proposal to include late answers, with its decision.
type LateInclusionBody struct {
	ID             string     `json:"id"`
	AttemptID      string     `json:"attempt_id"`
	OpIDs          []string   `json:"op_ids" doc:"Late operations, by arrival"`
	State          string     `json:"state" enum:"open,approved,declined"`
	Reason         string     `json:"reason"`
	ProposedBy     string     `json:"proposed_by"`
	ProposedByName string     `json:"proposed_by_name"`
	ProposedAt     time.Time  `json:"proposed_at"`
	DecisionReason string     `json:"decision_reason"`
	DecidedBy      string     `json:"decided_by"`
	DecidedByName  string     `json:"decided_by_name"`
	DecidedAt      *time.Time `json:"decided_at"`
}

func lateInclusionOf(p exam.LateInclusion) LateInclusionBody {
	b := LateInclusionBody{
		ID: p.ID, AttemptID: p.AttemptID, OpIDs: p.OpIDs, State: "open", Reason: p.Reason,
		ProposedBy: p.ProposedBy, ProposedByName: p.ProposerName, ProposedAt: p.ProposedAt.UTC(),
	}
	if d := p.Decision; d != nil {
		b.State = map[bool]string{true: "approved", false: "declined"}[d.Approved]
		b.DecisionReason, b.DecidedBy, b.DecidedByName, b.DecidedAt = d.Reason, d.DecidedBy, d.DeciderName, inUTC(&d.DecidedAt)
	}
	return b
}

type lateInclusionOutput struct{ Body LateInclusionBody }

func lateInclusionOut(p *exam.LateInclusion, err error) (*lateInclusionOutput, error) {
	if err != nil {
		return nil, err
	}
	return &lateInclusionOutput{lateInclusionOf(*p)}, nil
}

type proposeLateInput struct {
	PathID
	Body struct {
		OpIDs  []string `json:"op_ids,omitempty" maxItems:"2000" doc:"Late operations; all when left out"`
		Reason string   `json:"reason" maxLength:"2000"`
	}
}

// proposeLate handles POST /api/v1/attempts/{id}/late-inclusions.
func (s *Server) proposeLate(ctx context.Context, who app.Actor, in *proposeLateInput) (*lateInclusionOutput, error) {
	return lateInclusionOut(s.Amends.ProposeLate(ctx, who, in.ID, in.Body.OpIDs, in.Body.Reason))
}

type amendReasonInput struct {
	PathID
	Body struct {
		Reason string `json:"reason" maxLength:"2000"`
	}
}

// approveLate handles POST /api/v1/late-inclusions/{id}/approve.
func (s *Server) approveLate(ctx context.Context, who app.Actor, in *amendReasonInput) (*lateInclusionOutput, error) {
	return lateInclusionOut(s.Amends.DecideLate(ctx, who, in.ID, true, in.Body.Reason))
}

// declineLate handles POST /api/v1/late-inclusions/{id}/decline.
func (s *Server) declineLate(ctx context.Context, who app.Actor, in *amendReasonInput) (*lateInclusionOutput, error) {
	return lateInclusionOut(s.Amends.DecideLate(ctx, who, in.ID, false, in.Body.Reason))
}

type lateInclusionRowBody struct {
	LateInclusionBody
	ExamID       string    `json:"exam_id"`
	ExamTitle    string    `json:"exam_title"`
	PersonID     string    `json:"person_id"`
	PersonName   string    `json:"person_name"`
	PersonNumber string    `json:"person_number"`
	DueAt        time.Time `json:"due_at"`
	LatestAt     time.Time `json:"latest_at" doc:"When the last of the answers arrived"`
}

func lateInclusionRowOf(r exam.InclusionRow) lateInclusionRowBody {
	return lateInclusionRowBody{
		LateInclusionBody: lateInclusionOf(r.LateInclusion), ExamID: r.ExamID, ExamTitle: r.ExamTitle, PersonID: r.PersonID,
		PersonName: r.PersonName, PersonNumber: r.PersonNumber, DueAt: r.DueAt.UTC(), LatestAt: r.LatestLate.UTC(),
	}
}

type lateInclusionsOutput struct {
	Body struct {
		Items         []lateInclusionRowBody `json:"items"`
		NextPageToken string                 `json:"next_page_token"`
	}
}

type listLateInclusionsInput struct {
	PageQuery
	State string `query:"state" enum:"open,decided"`
}

// listLateInclusions handles GET /api/v1/late-inclusions.
func (s *Server) listLateInclusions(ctx context.Context, who app.Actor, in *listLateInclusionsInput) (*lateInclusionsOutput, error) {
	var f exam.InclusionFilter
	if in.State != "" {
		open := in.State == "open"
		f.Open = &open
	}
	page, err := s.Amends.Inclusions(ctx, who, f, in.paging())
	if err != nil {
		return nil, err
	}
	out := &lateInclusionsOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, lateInclusionRowOf), page.NextPageToken
	return out, nil
}

type voidAttemptInput struct {
	PathID
	Body struct {
		Reason string `json:"reason" maxLength:"2000"`
		Counts bool   `json:"counts,omitempty" doc:"Still uses up one of the attempts allowed"`
	}
}

type voidAttemptOutput struct {
	Body struct {
		ID    string `json:"id"`
		State string `json:"state"`
	}
}

// voidAttempt handles POST /api/v1/attempts/{id}/void.
func (s *Server) voidAttempt(ctx context.Context, who app.Actor, in *voidAttemptInput) (*voidAttemptOutput, error) {
	if err := s.Amends.Void(ctx, who, in.ID, in.Body.Reason, in.Body.Counts); err != nil {
		return nil, err
	}
	out := &voidAttemptOutput{}
	out.Body.ID, out.Body.State = in.ID, string(exam.Voided)
	return out, nil
}

type attemptVoidBody struct {
	Reason string    `json:"reason"`
	Counts bool      `json:"counts"`
	ByName string    `json:"by_name"`
	At     time.Time `json:"at"`
}

func attemptVoidOf(v *exam.Void) *attemptVoidBody {
	if v == nil {
		return nil
	}
	return &attemptVoidBody{v.Reason, v.Counts, v.ByName, v.At.UTC()}
}
