package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// Webhooks tells systems outside what happened: by Standard Webhooks, with ids
// and no data of people.
type Webhooks struct {
	Store  org.WebhookStore
	Seals  org.Sealer
	Sender org.WebhookSender
}

// deliveriesKept is how long deliveries that ended are listed.
const deliveriesKept = 30 * 24 * time.Hour

func webhookPurpose(id string) string { return "webhooks.secret:" + id }

const webhookMark = "whsec_" // what Standard Webhooks begins a secret with

func (u *Webhooks) newSecret(id string) (shown, sealed string, err error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	sealed, err = u.Seals.Seal(webhookPurpose(id), raw)
	return webhookMark + base64.StdEncoding.EncodeToString(raw), sealed, err
}

// List returns every webhook, without what its secret is.
func (u *Webhooks) List(ctx context.Context) ([]org.Webhook, error) { return u.Store.Webhooks(ctx) }

// Create makes a webhook and returns its secret, which nobody can read again.
// Errors: those of org.Webhook.Check, Conflict "webhook.too_many".
func (u *Webhooks) Create(ctx context.Context, who Actor, w org.Webhook) (*org.Webhook, string, error) {
	if err := w.Check(); err != nil {
		return nil, "", err
	}
	w.ID, w.CreatedBy = NewID(), who.PersonID
	shown, sealed, err := u.newSecret(w.ID)
	if err != nil {
		return nil, "", err
	}
	w.Secret = sealed
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.WebhookStore) error {
		all, err := tx.Webhooks(ctx)
		if err != nil {
			return err
		}
		if len(all) >= org.MaxWebhooks {
			return domain.E(domain.Conflict, "webhook.too_many", "max", org.MaxWebhooks)
		}
		if err := tx.InsertWebhook(ctx, &w); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("webhook.create", "webhook", w.ID, "name", w.Name, "url", w.URL, "events", w.Events))
	})
	if err != nil {
		return nil, "", err
	}
	made, err := u.Store.Webhook(ctx, w.ID)
	return made, shown, err
}

// Update changes a webhook. Another address gets another secret: one is never
// used at a place that it was not given for. The secret is "" when it stays.
// Errors: as Create, NotFound "webhook.unknown".
func (u *Webhooks) Update(ctx context.Context, who Actor, next org.Webhook) (*org.Webhook, string, error) {
	if err := next.Check(); err != nil {
		return nil, "", err
	}
	shown := ""
	w, err := u.change(ctx, next.ID, func(ctx context.Context, tx org.WebhookStore, w *org.Webhook, _ time.Time) error {
		if w.URL != next.URL {
			var err error
			if shown, w.Secret, err = u.newSecret(w.ID); err != nil {
				return err
			}
			w.OldSecret, w.OldUntil = "", nil
		}
		w.Name, w.URL, w.Events, w.Enabled = next.Name, next.URL, next.Events, next.Enabled
		return tx.Audit(ctx, who.Did("webhook.update", "webhook", w.ID, "name", w.Name, "url", w.URL, "events", w.Events, "enabled", w.Enabled))
	})
	return w, shown, err
}

// Rotate gives a webhook a new secret; the one before signs too for a day.
func (u *Webhooks) Rotate(ctx context.Context, who Actor, id string) (*org.Webhook, string, error) {
	shown := ""
	w, err := u.change(ctx, id, func(ctx context.Context, tx org.WebhookStore, w *org.Webhook, now time.Time) error {
		next, sealed, err := u.newSecret(w.ID)
		if err != nil {
			return err
		}
		shown = next
		w.Rotate(sealed, now)
		return tx.Audit(ctx, who.Did("webhook.rotate", "webhook", w.ID, "name", w.Name))
	})
	return w, shown, err
}

func (u *Webhooks) change(ctx context.Context, id string, edit func(ctx context.Context, tx org.WebhookStore, w *org.Webhook, now time.Time) error) (*org.Webhook, error) {
	id, err := ParseID(id, "webhook.unknown")
	if err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.WebhookStore) error {
		w, err := tx.WebhookForUpdate(ctx, id)
		if err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := edit(ctx, tx, w, now); err != nil {
			return err
		}
		return tx.SaveWebhook(ctx, w)
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Webhook(ctx, id)
}

// Remove ends a webhook, with what it has still to say.
func (u *Webhooks) Remove(ctx context.Context, who Actor, id string) error {
	id, err := ParseID(id, "webhook.unknown")
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.WebhookStore) error {
		w, err := tx.WebhookForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.RemoveWebhook(ctx, id); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("webhook.remove", "webhook", id, "name", w.Name, "url", w.URL))
	})
}

// Test has a message sent that says nothing.
func (u *Webhooks) Test(ctx context.Context, who Actor, id string) (*org.Delivery, error) {
	id, err := ParseID(id, "webhook.unknown")
	if err != nil {
		return nil, err
	}
	d := &org.Delivery{ID: NewID(), WebhookID: id, Type: org.WebhookTest}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.WebhookStore) error {
		if _, err := tx.WebhookForUpdate(ctx, id); err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		body, err := json.Marshal(map[string]any{"type": d.Type, "timestamp": now.UTC().Format(time.RFC3339Nano), "data": map[string]string{"id": id, "kind": "webhook"}})
		if err != nil {
			return fmt.Errorf("write test: %w", err)
		}
		d.Body = string(body)
		if err := tx.InsertDelivery(ctx, d); err != nil {
			return err
		}
		return errors.Join(tx.Enqueue(ctx, job.DeliverWebhook{DeliveryID: d.ID}), tx.Audit(ctx, who.Did("webhook.test", "webhook", id)))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Delivery(ctx, d.ID)
}

// Deliveries lists what one webhook was told, newest first.
func (u *Webhooks) Deliveries(ctx context.Context, id string, p domain.Paging) (domain.Page[org.Delivery], error) {
	id, err := ParseID(id, "webhook.unknown")
	if err != nil {
		return domain.Page[org.Delivery]{}, err
	}
	if _, err := u.Store.Webhook(ctx, id); err != nil {
		return domain.Page[org.Delivery]{}, err
	}
	return u.Store.Deliveries(ctx, id, p)
}

// Resend has a delivery sent once more, under its own id.
func (u *Webhooks) Resend(ctx context.Context, who Actor, id string) (*org.Delivery, error) {
	id, err := ParseID(id, "webhook.unknown")
	if err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx org.WebhookStore) error {
		d, err := tx.DeliveryForUpdate(ctx, id)
		if err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		d.Again(now)
		return errors.Join(tx.SaveDelivery(ctx, d), tx.Enqueue(ctx, job.DeliverWebhook{DeliveryID: d.ID}),
			tx.Audit(ctx, who.Did("webhook.resend", "webhook", d.WebhookID, "delivery_id", d.ID)))
	})
	if err != nil {
		return nil, err
	}
	return u.Store.Delivery(ctx, id)
}

// Deliver does org:deliver_webhook. It may run twice and at once: the id tells
// the other side that it is the same message. The next attempt is the sweep's.
func (u *Webhooks) Deliver(ctx context.Context, j job.DeliverWebhook) error {
	d, err := u.Store.Delivery(ctx, j.DeliveryID)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	}
	if err != nil || d.State != org.DeliveryWaiting {
		return err
	}
	w, err := u.Store.Webhook(ctx, d.WebhookID)
	if err != nil || !w.Enabled {
		return err
	}
	now, err := u.Store.Now(ctx)
	if err != nil {
		return err
	}
	header, err := u.header(w, d, now)
	if err != nil {
		return err
	}
	status, failure := u.Sender.Send(ctx, w.URL, header, []byte(d.Body))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	attempt := d.Attempts
	return u.Store.InTx(ctx, func(ctx context.Context, tx org.WebhookStore) error {
		d, err := tx.DeliveryForUpdate(ctx, j.DeliveryID)
		if domain.CodeOf(err) == domain.NotFound {
			return nil
		}
		if err != nil || d.State != org.DeliveryWaiting || d.Attempts != attempt {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		d.Tried(status, failure, now)
		return tx.SaveDelivery(ctx, d)
	})
}

func (u *Webhooks) header(w *org.Webhook, d *org.Delivery, now time.Time) (map[string]string, error) {
	secrets := []string{w.Secret}
	if w.OldUntil != nil && now.Before(*w.OldUntil) {
		secrets = append(secrets, w.OldSecret)
	}
	var signatures []string
	for _, sealed := range secrets {
		key, err := u.Seals.Open(webhookPurpose(w.ID), sealed)
		if err != nil {
			return nil, fmt.Errorf("open secret of webhook %s: %w", w.ID, err)
		}
		signatures = append(signatures, org.SignWebhook(key, d.ID, now, []byte(d.Body)))
	}
	return map[string]string{
		"webhook-id": d.ID, "webhook-timestamp": strconv.FormatInt(now.Unix(), 10), "webhook-signature": strings.Join(signatures, " "),
		"Content-Type": "application/json",
	}, nil
}

// Sweep reads on in the log of deeds, asks for what is due and forgets what is
// old.
func (u *Webhooks) Sweep(ctx context.Context) error {
	for range 20 {
		n, err := u.Store.GatherDeliveries(ctx, 500)
		if err != nil {
			return err
		}
		if n < 500 {
			break
		}
	}
	if err := u.Store.QueueDeliveries(ctx, 200); err != nil {
		return err
	}
	now, err := u.Store.Now(ctx)
	if err != nil {
		return err
	}
	return u.Store.ForgetDeliveries(ctx, now.Add(-deliveriesKept))
}
