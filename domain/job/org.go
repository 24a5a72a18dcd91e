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

// ReadImport reads the head of an uploaded file and suggests its columns.
type ReadImport struct {
	ImportID string `json:"import_id"`
}

// Kind implements Job.
func (ReadImport) Kind() string { return "org:read_import" }

// PreviewImport judges every row of a file.
type PreviewImport struct {
	ImportID string `json:"import_id"`
}

// Kind implements Job.
func (PreviewImport) Kind() string { return "org:preview_import" }

// Queue implements Queued: it takes long.
func (PreviewImport) Queue() string { return QueueReport }

// ApplyImport applies the rows that somebody said yes to.
type ApplyImport struct {
	ImportID string `json:"import_id"`
}

// Kind implements Job.
func (ApplyImport) Kind() string { return "org:apply_import" }

// Queue implements Queued: it takes long.
func (ApplyImport) Queue() string { return QueueReport }

// UndoImport takes an applied import back.
type UndoImport struct {
	ImportID string `json:"import_id"`
	ActorID  string `json:"actor_id"`
}

// Kind implements Job.
func (UndoImport) Kind() string { return "org:undo_import" }

// Queue implements Queued: it takes long.
func (UndoImport) Queue() string { return QueueReport }
