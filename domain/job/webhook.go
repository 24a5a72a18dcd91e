package job

// DeliverWebhook tells a system outside that something happened.
type DeliverWebhook struct {
	DeliveryID string `json:"delivery_id"`
}

// Kind implements Job.
func (DeliverWebhook) Kind() string { return "org:deliver_webhook" }

// Queue implements Queued: the other side may be slow.
func (DeliverWebhook) Queue() string { return QueueReport }
