package org

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/job"
)

// Webhook is where a system outside wants to be told that something happened.
// Secrets are sealed; the old one signs too until OldUntil.
type Webhook struct {
	ID          string
	Name        string
	URL         string
	Events      []string // areas of deeds: person is every person.…
	Secret      string
	OldSecret   string
	OldUntil    *time.Time
	Enabled     bool
	CreatedBy   string
	CreatorName string // read only
	CreatedAt   time.Time
	Waiting     int // read only: deliveries that are still to come
	Failed      int // read only: those of the last seven days that were given up
}

// WebhookEvents lists the areas of deeds that can be told.
func WebhookEvents() []string {
	return []string{"person", "unit", "grant", "import", "course", "exam", "hours"}
}

// WebhookTest is the type of a delivery that only shows whether it arrives.
const WebhookTest = "webhook.test"

// MaxWebhooks bounds how many there are.
const MaxWebhooks = 50

// Check cleans a webhook. Errors: Invalid "webhook.name_form", "webhook.url_form",
// "webhook.event_missing", "webhook.event_unknown".
func (w *Webhook) Check() error {
	at := func(field, reason string, params ...any) error {
		return domain.E(domain.Invalid, reason, params...).At("body."+field, reason, params...)
	}
	w.Name, w.URL = strings.TrimSpace(w.Name), strings.TrimSpace(w.URL)
	if n := utf8.RuneCountInString(w.Name); n < 1 || n > 60 || strings.ContainsFunc(w.Name, unprintable) {
		return at("name", "webhook.name_form")
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || len(w.URL) > 500 {
		return at("url", "webhook.url_form")
	}
	if len(w.Events) == 0 {
		return at("events", "webhook.event_missing")
	}
	for _, e := range w.Events {
		if !slices.Contains(WebhookEvents(), e) {
			return at("events", "webhook.event_unknown", "event", e)
		}
	}
	slices.Sort(w.Events)
	w.Events = slices.Compact(w.Events)
	return nil
}

// Rotate puts a new sealed secret in the place of the one before, which signs
// too for as long as a token's old secret lives.
func (w *Webhook) Rotate(sealed string, now time.Time) {
	until := now.Add(TokenOverlap)
	w.OldSecret, w.OldUntil, w.Secret = w.Secret, &until, sealed
}

// States of a delivery.
const (
	DeliveryWaiting   = "waiting"
	DeliveryDelivered = "delivered"
	DeliveryFailed    = "failed"
)

// Delivery is one message and how far it came. ID is the webhook-id: the same
// in every attempt.
type Delivery struct {
	ID        string
	WebhookID string
	Type      string
	Body      string
	State     string
	Attempts  int
	Status    int // of the last answer, 0 for none
	Failure   string
	DueAt     time.Time
	CreatedAt time.Time
	EndedAt   *time.Time
}

// deliveryPauses are the waits after each attempt that failed; after the last
// the delivery is given up.
var deliveryPauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour,
}

// Tried records an attempt: any answer of 2xx is a delivery, 410 ends it at once.
func (d *Delivery) Tried(status int, failure string, now time.Time) {
	d.Attempts++
	d.Status, d.Failure = status, failure
	switch {
	case status >= 200 && status < 300:
		d.State, d.Failure, d.EndedAt = DeliveryDelivered, "", &now
	case status == 410 || d.Attempts > len(deliveryPauses):
		d.State, d.EndedAt = DeliveryFailed, &now
	default:
		d.DueAt = now.Add(deliveryPauses[d.Attempts-1])
	}
}

// Again has a delivery that ended sent once more.
func (d *Delivery) Again(now time.Time) {
	d.State, d.Attempts, d.DueAt, d.EndedAt = DeliveryWaiting, 0, now, nil
}

// SignWebhook is a signature of Standard Webhooks 1.0.0: HMAC-SHA256 over id,
// time and body. The key is what stands after whsec_, decoded.
func SignWebhook(key []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// WebhookSender sends one message. status is 0 when there was no answer; failure
// says why in a word, and never what the other side wrote.
type WebhookSender interface {
	Send(ctx context.Context, url string, header map[string]string, body []byte) (status int, failure string)
}

// WebhookStore keeps webhooks and their deliveries. What does not exist is
// NotFound "webhook.unknown".
type WebhookStore interface {
	audit.Log
	job.Queue
	InTx(ctx context.Context, fn func(ctx context.Context, tx WebhookStore) error) error
	Now(ctx context.Context) (time.Time, error)
	// InsertWebhook begins at the present end of the log of deeds.
	InsertWebhook(ctx context.Context, w *Webhook) error
	SaveWebhook(ctx context.Context, w *Webhook) error
	RemoveWebhook(ctx context.Context, id string) error
	// Webhooks lists every one, by name.
	Webhooks(ctx context.Context) ([]Webhook, error)
	Webhook(ctx context.Context, id string) (*Webhook, error)
	WebhookForUpdate(ctx context.Context, id string) (*Webhook, error)
	// GatherDeliveries reads on in the log of deeds for every webhook and makes a
	// delivery of each deed that is asked for; it returns how many deeds it read.
	GatherDeliveries(ctx context.Context, limit int) (int, error)
	// QueueDeliveries asks for those that are due, and for each again when its
	// job was lost.
	QueueDeliveries(ctx context.Context, limit int) error
	// ForgetDeliveries removes those that ended before a time.
	ForgetDeliveries(ctx context.Context, before time.Time) error
	InsertDelivery(ctx context.Context, d *Delivery) error
	Delivery(ctx context.Context, id string) (*Delivery, error)
	DeliveryForUpdate(ctx context.Context, id string) (*Delivery, error)
	SaveDelivery(ctx context.Context, d *Delivery) error
	// Deliveries lists newest first.
	Deliveries(ctx context.Context, webhookID string, p domain.Paging) (domain.Page[Delivery], error)
}
