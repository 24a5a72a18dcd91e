package api

import (
	"context"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
)

type webhookBody struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	URL       string     `json:"url"`
	Events    []string   `json:"events" doc:"Areas of deeds: person is every person.…"`
	Enabled   bool       `json:"enabled"`
	OldUntil  *time.Time `json:"old_until" doc:"Until when the secret before the last exchange signs too"`
	CreatedBy string     `json:"created_by" doc:"Name of who made it"`
	CreatedAt time.Time  `json:"created_at"`
	Waiting   int        `json:"waiting" doc:"Deliveries still to come"`
	Failed    int        `json:"failed" doc:"Deliveries of the last seven days that were given up"`
}

func webhookOf(w *org.Webhook) webhookBody {
	return webhookBody{w.ID, w.Name, w.URL, append([]string{}, w.Events...), w.Enabled, w.OldUntil, w.CreatorName, w.CreatedAt.UTC(), w.Waiting, w.Failed}
}

type deliveryBody struct {
	ID        string     `json:"id" doc:"webhook-id: the same in every attempt"`
	Type      string     `json:"type"`
	Body      string     `json:"body"`
	State     string     `json:"state" enum:"waiting,delivered,failed"`
	Attempts  int        `json:"attempts"`
	Status    int        `json:"status" doc:"Of the last answer, 0 for none"`
	Failure   string     `json:"failure" enum:",answer,address_refused,address_wrong,redirect,name_unknown,timeout,no_connection"`
	DueAt     time.Time  `json:"due_at" doc:"Of the next attempt"`
	CreatedAt time.Time  `json:"created_at"`
	EndedAt   *time.Time `json:"ended_at"`
}

func deliveryOf(d *org.Delivery) deliveryBody {
	return deliveryBody{d.ID, d.Type, d.Body, d.State, d.Attempts, d.Status, d.Failure, d.DueAt.UTC(), d.CreatedAt.UTC(), d.EndedAt}
}

type webhooksOutput struct {
	Body struct {
		Items  []webhookBody `json:"items"`
		Events []string      `json:"events" doc:"What can be asked for"`
	}
}

// listWebhooks handles GET /api/v1/webhooks, by name.
func (s *Server) listWebhooks(ctx context.Context, _ app.Actor, _ *struct{}) (*webhooksOutput, error) {
	all, err := s.Webhooks.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &webhooksOutput{}
	out.Body.Items = bodies(all, func(w org.Webhook) webhookBody { return webhookOf(&w) })
	out.Body.Events = org.WebhookEvents()
	return out, nil
}

type webhookFields struct {
	Name    string   `json:"name" maxLength:"120"`
	URL     string   `json:"url" maxLength:"1000"`
	Events  []string `json:"events" maxItems:"20"`
	Enabled bool     `json:"enabled,omitempty"`
}

func (f *webhookFields) webhook(id string) org.Webhook {
	return org.Webhook{ID: id, Name: f.Name, URL: f.URL, Events: f.Events, Enabled: f.Enabled}
}

type createWebhookInput struct{ Body webhookFields }

type updateWebhookInput struct {
	ID   string `path:"id"`
	Body webhookFields
}

type webhookSecretOutput struct {
	Body struct {
		Webhook webhookBody `json:"webhook"`
		Secret  string      `json:"secret" doc:"Shown this once; empty when it stays as it was"`
	}
}

func webhookSecret(w *org.Webhook, secret string, err error) (*webhookSecretOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &webhookSecretOutput{}
	out.Body.Webhook, out.Body.Secret = webhookOf(w), secret
	return out, nil
}

// createWebhook handles POST /api/v1/webhooks.
func (s *Server) createWebhook(ctx context.Context, who app.Actor, in *createWebhookInput) (*webhookSecretOutput, error) {
	return webhookSecret(s.Webhooks.Create(ctx, who, in.Body.webhook("")))
}

// updateWebhook handles PUT /api/v1/webhooks/{id}.
func (s *Server) updateWebhook(ctx context.Context, who app.Actor, in *updateWebhookInput) (*webhookSecretOutput, error) {
	return webhookSecret(s.Webhooks.Update(ctx, who, in.Body.webhook(in.ID)))
}

// rotateWebhook handles POST /api/v1/webhooks/{id}/rotate.
func (s *Server) rotateWebhook(ctx context.Context, who app.Actor, in *idInput) (*webhookSecretOutput, error) {
	return webhookSecret(s.Webhooks.Rotate(ctx, who, in.ID))
}

// removeWebhook handles DELETE /api/v1/webhooks/{id}.
func (s *Server) removeWebhook(ctx context.Context, who app.Actor, in *idInput) (*struct{}, error) {
	return nil, s.Webhooks.Remove(ctx, who, in.ID)
}

type deliveryOutput struct{ Body deliveryBody }

func deliveryAnswer(d *org.Delivery, err error) (*deliveryOutput, error) {
	if err != nil {
		return nil, err
	}
	return &deliveryOutput{deliveryOf(d)}, nil
}

// testWebhook handles POST /api/v1/webhooks/{id}/test.
func (s *Server) testWebhook(ctx context.Context, who app.Actor, in *idInput) (*deliveryOutput, error) {
	return deliveryAnswer(s.Webhooks.Test(ctx, who, in.ID))
}

// resendDelivery handles POST /api/v1/webhook-deliveries/{id}/resend.
func (s *Server) resendDelivery(ctx context.Context, who app.Actor, in *idInput) (*deliveryOutput, error) {
	return deliveryAnswer(s.Webhooks.Resend(ctx, who, in.ID))
}

type listDeliveriesInput struct {
	ID        string `path:"id"`
	Limit     int    `query:"limit" minimum:"0" maximum:"200"`
	PageToken string `query:"page_token" maxLength:"500"`
}

type deliveriesOutput struct {
	Body struct {
		Items         []deliveryBody `json:"items"`
		NextPageToken string         `json:"next_page_token"`
	}
}

// listDeliveries handles GET /api/v1/webhooks/{id}/deliveries, newest first.
func (s *Server) listDeliveries(ctx context.Context, _ app.Actor, in *listDeliveriesInput) (*deliveriesOutput, error) {
	page, err := s.Webhooks.Deliveries(ctx, in.ID, domain.Paging{Limit: in.Limit, Token: in.PageToken})
	if err != nil {
		return nil, err
	}
	out := &deliveriesOutput{}
	out.Body.Items, out.Body.NextPageToken = bodies(page.Items, func(d org.Delivery) deliveryBody { return deliveryOf(&d) }), page.NextPageToken
	return out, nil
}
