// Package audit is the append-only record of who did what.
package audit

import (
	"bytes"
	"context"
	"time"

	"zhixing/domain"
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
	ActorName   string
	SubjectName string // as it is called now; "" where it has no name or the reader may not see who it is
	PrevHash    []byte
	Hash        []byte
}

// Filter selects events; zero fields do not limit.
type Filter struct {
	ActorID     string
	Action      string // a prefix such as "exam."
	SubjectType string
	SubjectID   string
	Person      string // number, or beginning of the name, of who did it or of the person it was about
	UnitID      string // done by or about somebody who is in the unit or below it today, or about such a unit
	RequestID   string
	Text        string // part of what the detail says
	From, To    time.Time
}

// Store reads the record back. It has no way to change it.
type Store interface {
	Log
	// Events returns what the scope reaches, latest first: everything for the
	// whole institution, otherwise the deeds of people within the scope.
	Events(ctx context.Context, s domain.Scope, f Filter, p domain.Paging) (domain.Page[Event], error)
	// Count counts them, and Each gives all of them, the latest first.
	Count(ctx context.Context, s domain.Scope, f Filter) (int, error)
	Each(ctx context.Context, s domain.Scope, f Filter, fn func(*Event) error) error
	// Links returns up to limit links of the chain after seq, in order, each
	// with the hash that its columns have now.
	Links(ctx context.Context, after int64, limit int) ([]Link, error)
	InTx(ctx context.Context, fn func(ctx context.Context, tx Store) error) error
	// Now is the database's clock.
	Now(ctx context.Context) (time.Time, error)
	// Head is the last link of the chain, zero when there is none.
	Head(ctx context.Context) (Chain, error)
	// HashAt is the hash of an entry, nil when there is none of that number.
	HashAt(ctx context.Context, seq int64) ([]byte, error)
	// LockAnchors lets one process at a time anchor, until the transaction ends.
	LockAnchors(ctx context.Context) error
	// Anchors returns what is remembered of every anchor file.
	Anchors(ctx context.Context) ([]Anchor, error)
	SaveAnchor(ctx context.Context, a Anchor) error
}

// Link is what the chain of one entry rests on.
type Link struct {
	Seq            int64
	PrevHash, Hash []byte
	Computed       []byte // the hash of the row as it is stored now
}

// Flaw is the first entry at which the chain does not hold, and why.
type Flaw struct {
	Seq int64  // of the entry; of FlawFile the line
	Why string // "missing", "moved", "changed", or one of the constants
}

// Chain walks links in order. The zero value stands before the first entry.
type Chain struct {
	Seq  int64
	Hash []byte
}

// Step takes the next link; nil while the chain holds. A cut tail is the one
// thing that a chain cannot show by itself: keep Seq and Hash elsewhere.
func (c *Chain) Step(l Link) *Flaw {
	switch {
	case l.Seq != c.Seq+1:
		return &Flaw{Seq: c.Seq + 1, Why: "missing"}
	case !bytes.Equal(l.Hash, l.Computed):
		return &Flaw{Seq: l.Seq, Why: "changed"}
	case !bytes.Equal(l.PrevHash, c.Hash):
		return &Flaw{Seq: l.Seq, Why: "moved"}
	}
	c.Seq, c.Hash = l.Seq, l.Hash
	return nil
}

// Against compares the chain, when it stands at the entry of a mark, with that
// mark. A chain that was made anew has another hash there.
func (c *Chain) Against(kept Mark) *Flaw {
	if c.Seq != kept.Seq || bytes.Equal(c.Hash, kept.Hash) {
		return nil
	}
	return &Flaw{Seq: c.Seq, Why: FlawRewritten}
}
