package job

// ApplyStatus brings a person's account in line with his status: closed when he
// left or died, open again when he is back.
type ApplyStatus struct {
	PersonID string `json:"person_id"`
}

// Kind implements Job.
func (ApplyStatus) Kind() string { return "org:apply_status" }
