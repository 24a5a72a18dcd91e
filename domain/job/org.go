package job

// ApplyStatus brings a person's account in line with his status: closed when he
// left or died, open again when he is back.
type ApplyStatus struct {
	PersonID string `json:"person_id"`
}

// Kind implements Job.
func (ApplyStatus) Kind() string { return "org:apply_status" }

// RunBulk goes on with a change for many people: checking them, then doing it.
type RunBulk struct {
	BulkID string `json:"bulk_id"`
}

// Kind implements Job.
func (RunBulk) Kind() string { return "org:run_bulk" }
