// Package job names every piece of slow work. A job carries ids only; what it
// needs beside them is loaded when it runs, because it may run late, twice or
// at once.
package job

import "context"

// Job is one piece of work. Kind is "<context>:<verb_noun>", never the prefix
// of another kind, and stable for ever: rows with it wait in the outbox.
type Job interface{ Kind() string }

// Queue takes a job inside the business transaction: committed together or not
// at all.
type Queue interface {
	Enqueue(ctx context.Context, j Job) error
}

// Queue names. Each has its own share of the workers.
const (
	QueueCritical = "critical" // grading, credit
	QueueDefault  = "default"
	QueueMedia    = "media" // transcoding, own server
	QueueReport   = "report"
)

// Queued is implemented by a job that does not belong in QueueDefault.
type Queued interface{ Queue() string }

// QueueOf returns the queue of j.
func QueueOf(j Job) string {
	if q, ok := j.(Queued); ok {
		return q.Queue()
	}
	return QueueDefault
}
