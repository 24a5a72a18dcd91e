package job

// ApplyRetention takes away what is past the term of one rule, on one civil day.
type ApplyRetention struct {
	Rule string `json:"rule"`
	Day  string `json:"day"`
}

// Kind implements Job.
func (ApplyRetention) Kind() string { return "privacy:apply_retention" }

// Queue implements Queued: it takes long.
func (ApplyRetention) Queue() string { return QueueReport }

// ErasePerson erases the data of a person as was decided.
type ErasePerson struct {
	ErasureID string `json:"erasure_id"`
}

// Kind implements Job.
func (ErasePerson) Kind() string { return "privacy:erase_person" }
