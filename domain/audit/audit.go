// Package audit is the append-only record of who did what.
package audit

import (
	"context"
	"time"
)

// Entry is one deed to record. Action is "<context>.<verb>", for example
// "exam.publish". Detail holds what changed; never answers, secrets or tokens.
type Entry struct {
	ActorID     string // "" is the system itself
	Action      string
	SubjectType string
	SubjectID   string
	Detail      map[string]any
	RequestID   string
	IP          string
}

// Log records an entry inside the business transaction.
type Log interface {
	Audit(ctx context.Context, e Entry) error
}

// Event is a recorded entry. Hash covers every field and PrevHash.
type Event struct {
	Seq int64
	At  time.Time
	Entry
	ActorName string
	PrevHash  []byte
	Hash      []byte
}

// Filter selects events; zero fields do not limit.
type Filter struct {
	ActorID     string
	Action      string // a prefix such as "exam."
	SubjectType string
	SubjectID   string
	From, To    time.Time
}
