package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain/learning"
)

type presenceBody struct {
	DueMs   int64  `json:"due_ms" doc:"Playing time since the play was opened, by the clock, at which the next check is due; no more counts before it is passed"`
	AnswerS int    `json:"answer_s" doc:"Seconds to answer in"`
	OnMiss  string `json:"on_miss" enum:"pause,continue"`
}

func presenceOf(p *learning.Presence) *presenceBody {
	if p == nil {
		return nil
	}
	return &presenceBody{p.DueMs, int(p.Answer.Seconds()), p.OnMiss}
}

type checkOutput struct{ Body checkBody }

type checkBody struct {
	Seq       int               `json:"seq"`
	Kind      string            `json:"kind" enum:"confirm,sum"`
	A         int               `json:"a" doc:"Of a sum"`
	B         int               `json:"b"`
	Options   []checkOptionBody `json:"options"`
	AnswerBy  time.Time         `json:"answer_by"`
	ServerNow time.Time         `json:"server_now"`
}

type checkOptionBody struct {
	ID   string `json:"id"`
	Text string `json:"text" doc:"Empty for a button"`
}

// askCheck handles POST /api/v1/plays/{id}/checks.
func (s *Server) askCheck(ctx context.Context, who app.Actor, in *idInput) (*checkOutput, error) {
	a, err := s.Learning.AskCheck(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	q := a.Question
	return &checkOutput{Body: checkBody{
		Seq: a.Check.Seq, Kind: q.Kind, A: q.A, B: q.B, AnswerBy: a.Check.AnswerBy.UTC(), ServerNow: a.At.UTC(),
		Options: bodies(q.Options, func(o learning.Option) checkOptionBody { return checkOptionBody{o.ID, o.Text} }),
	}}, nil
}

type answerCheckInput struct {
	ID   string `path:"id"`
	Seq  int    `path:"seq" minimum:"1" maximum:"10000"`
	Body struct {
		Answer string `json:"answer" maxLength:"64" doc:"The id of an option; empty when the time ran out"`
	}
}

type answeredOutput struct{ Body answeredBody }

type answeredBody struct {
	Passed    bool      `json:"passed"`
	Late      bool      `json:"late"`
	DueMs     int64     `json:"due_ms" doc:"Playing time at which the next check is due"`
	ServerNow time.Time `json:"server_now"`
}

// answerCheck handles POST /api/v1/plays/{id}/checks/{seq}/answer.
func (s *Server) answerCheck(ctx context.Context, who app.Actor, in *answerCheckInput) (*answeredOutput, error) {
	a, err := s.Learning.AnswerCheck(ctx, who, in.ID, in.Seq, in.Body.Answer)
	if err != nil {
		return nil, err
	}
	return &answeredOutput{Body: answeredBody{a.Check.Passed, a.Late, a.DueMs, a.At.UTC()}}, nil
}

type playCheckBody struct {
	Seq        int        `json:"seq"`
	AskedAt    time.Time  `json:"asked_at"`
	AnswerBy   time.Time  `json:"answer_by"`
	AnsweredAt *time.Time `json:"answered_at"`
	Outcome    string     `json:"outcome" enum:"passed,wrong,late,unanswered"`
}

func playCheckOf(c learning.Check) playCheckBody {
	return playCheckBody{c.Seq, c.AskedAt.UTC(), c.AnswerBy.UTC(), utc(c.AnsweredAt), c.Outcome()}
}
