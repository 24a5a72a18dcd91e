package job

// ProcessMedium probes and encodes a medium whose source is whole.
type ProcessMedium struct {
	MediumID string `json:"medium_id"`
}

// Kind implements Job.
func (ProcessMedium) Kind() string { return "media:process_medium" }

// Queue implements Queued.
func (ProcessMedium) Queue() string { return QueueMedia }
