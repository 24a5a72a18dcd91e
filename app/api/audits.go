package api

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/audit"
)

type auditEventsInput struct {
	Actor     string    `query:"actor" format:"uuid" doc:"Person who did it"`
	Action    string    `query:"action" maxLength:"60" doc:"Start of the action, such as exam."`
	Subject   string    `query:"subject" maxLength:"120" doc:"Type, or type:id"`
	Person    string    `query:"person" maxLength:"60" doc:"Number, or beginning of the name, of who did it or of the person it was about"`
	UnitID    string    `query:"unit_id" format:"uuid" doc:"Done by or about people who are in the unit or below it today, or about such a unit"`
	RequestID string    `query:"request_id" maxLength:"64"`
	Text      string    `query:"text" maxLength:"100" doc:"Part of what the entry says"`
	From      time.Time `query:"from"`
	To        time.Time `query:"to" doc:"Not included"`
	Limit     int       `query:"limit" minimum:"0" maximum:"200"`
	PageToken string    `query:"page_token" maxLength:"500"`
}

type auditEventBody struct {
	Seq         int64          `json:"seq"`
	At          time.Time      `json:"at"`
	ActorID     string         `json:"actor_id" doc:"Empty: the system itself"`
	ActorName   string         `json:"actor_name"`
	Action      string         `json:"action"`
	SubjectType string         `json:"subject_type"`
	SubjectName string         `json:"subject_name" doc:"What it is called now; empty where it has no name or the reader may not see who it is"`
	SubjectID   string         `json:"subject_id"`
	Detail      map[string]any `json:"detail"`
	RequestID   string         `json:"request_id"`
	IP          string         `json:"ip"`
	Hash        string         `json:"hash" doc:"Hexadecimal; covers the entry and the hash before it"`
}

type auditEventsOutput struct {
	Body struct {
		Items         []auditEventBody `json:"items"`
		NextPageToken string           `json:"next_page_token"`
	}
}

// auditFilterBody is the filter of the log in the body of an order.
type auditFilterBody struct {
	Actor     string    `json:"actor,omitempty" format:"uuid"`
	Action    string    `json:"action,omitempty" maxLength:"60"`
	Subject   string    `json:"subject,omitempty" maxLength:"120"`
	Person    string    `json:"person,omitempty" maxLength:"60"`
	UnitID    string    `json:"unit_id,omitempty" format:"uuid"`
	RequestID string    `json:"request_id,omitempty" maxLength:"64"`
	Text      string    `json:"text,omitempty" maxLength:"100"`
	From      time.Time `json:"from,omitzero"`
	To        time.Time `json:"to,omitzero" doc:"Not included"`
}

func (b auditFilterBody) filter() audit.Filter {
	f := audit.Filter{
		ActorID: b.Actor, Action: b.Action, From: b.From, To: b.To, Person: strings.TrimSpace(b.Person), UnitID: b.UnitID, RequestID: b.RequestID,
		Text: strings.TrimSpace(b.Text),
	}
	f.SubjectType, f.SubjectID, _ = strings.Cut(b.Subject, ":")
	return f
}

// listAuditEvents handles GET /api/v1/audit-events, latest first.
func (s *Server) listAuditEvents(ctx context.Context, who app.Actor, in *auditEventsInput) (*auditEventsOutput, error) {
	f := auditFilterBody{in.Actor, in.Action, in.Subject, in.Person, in.UnitID, in.RequestID, in.Text, in.From, in.To}.filter()
	page, err := s.Audits.List(ctx, who, f, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &auditEventsOutput{}
	out.Body.Items, out.Body.NextPageToken = make([]auditEventBody, len(page.Items)), page.NextPageToken
	for i, e := range page.Items {
		out.Body.Items[i] = auditEventBody{
			Seq: e.Seq, At: e.At.UTC(), ActorID: e.ActorID, ActorName: e.ActorName, Action: e.Action, SubjectType: e.SubjectType, SubjectName: e.SubjectName,
			SubjectID: e.SubjectID, Detail: e.Detail, RequestID: e.RequestID, IP: e.IP, Hash: hex.EncodeToString(e.Hash),
		}
	}
	return out, nil
}
