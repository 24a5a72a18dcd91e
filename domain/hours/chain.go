package hours

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// Hash is a link of a chain. The zero Hash precedes every first entry.
type Hash [sha256.Size]byte

// String returns the hash in hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// chainFormat names the canonical form; a new form gets a new name.
const chainFormat = "zhixing/hour-event/1"

// Canonical returns the bytes of an event that its hash covers: every field but
// the hashes, in a fixed order, each with its length before it, so that no two
// different events share a form. The time of recording is in microseconds, as
// PostgreSQL keeps it.
func (e *Event) Canonical() []byte {
	required := "0"
	if e.Required {
		required = "1"
	}
	b := make([]byte, 0, 512)
	for _, f := range [...]string{
		chainFormat, e.ID, e.PersonID, strconv.FormatInt(e.Seq, 10), e.Kind, string(e.Source), e.SourceRef,
		e.Subject, e.Title, strconv.Itoa(e.AmountCenti), required, e.OccurredOn.String(),
		e.Evidence.Kind, e.Evidence.ID, e.Evidence.Digest, e.Rule, e.ReversesID, e.Reason, e.ActorID,
		strconv.FormatInt(e.RecordedAt.UnixMicro(), 10),
	} {
		b = binary.AppendUvarint(b, uint64(len(f)))
		b = append(b, f...)
	}
	return b
}

// Link returns the hash of the event after the entry with hash prev.
func (e *Event) Link(prev Hash) Hash {
	h := sha256.New()
	h.Write(prev[:])
	h.Write(e.Canonical())
	return Hash(h.Sum(nil))
}

// Head is the last link of a person's chain. Seq 0 is an empty chain.
type Head struct {
	PersonID string
	Seq      int64
	Hash     Hash
}

// Append sets the place and the hashes of e as the entry after h and returns
// the new head. e.RecordedAt must be set, to whole microseconds.
func (h Head) Append(e *Event) Head {
	e.Seq, e.PrevHash = h.Seq+1, h.Hash
	e.Hash = e.Link(h.Hash)
	return Head{PersonID: e.PersonID, Seq: e.Seq, Hash: e.Hash}
}

// The ways in which a chain can be broken.
const (
	BrokenContent   = "content"   // a field of the entry was changed
	BrokenLink      = "link"      // the entry before it is not the one it was written after
	BrokenGap       = "gap"       // an entry is missing before this one
	BrokenHead      = "head"      // the kept head is not the last entry
	BrokenTruncated = "truncated" // entries that were anchored are gone from the end
	BrokenRewritten = "rewritten" // the anchored entry is another one now: the chain was written anew
)

// Break names the first broken entry of a chain.
type Break struct {
	PersonID string `json:"person_id"`
	Seq      int64  `json:"seq"`
	Kind     string `json:"kind"`
	Want     string `json:"want"` // what the chain or the anchor says
	Got      string `json:"got"`  // what is in the table
}

// Walker checks the entries of one person, fed in the order of seq. After the
// first break it stays broken.
type Walker struct {
	head     Head
	anchor   Head
	anchored bool
	broken   *Break
}

// NewWalker starts at the beginning of a person's chain. anchor is the last
// anchored head of the person, or a zero Head.
func NewWalker(personID string, anchor Head) *Walker {
	return &Walker{head: Head{PersonID: personID}, anchor: anchor, anchored: anchor.Seq == 0}
}

// Next checks one more entry.
func (w *Walker) Next(e *Event) {
	if w.broken != nil {
		return
	}
	want := w.head.Seq + 1
	switch sum := e.Link(e.PrevHash); {
	case e.Seq != want:
		w.fail(want, BrokenGap, strconv.FormatInt(want, 10), strconv.FormatInt(e.Seq, 10))
	case sum != e.Hash:
		w.fail(e.Seq, BrokenContent, e.Hash.String(), sum.String())
	case e.PrevHash != w.head.Hash:
		w.fail(e.Seq, BrokenLink, w.head.Hash.String(), e.PrevHash.String())
	case e.Seq == w.anchor.Seq && e.Hash != w.anchor.Hash:
		w.fail(e.Seq, BrokenRewritten, w.anchor.Hash.String(), e.Hash.String())
	}
	w.anchored = w.anchored || e.Seq == w.anchor.Seq
	w.head = Head{PersonID: w.head.PersonID, Seq: e.Seq, Hash: e.Hash}
}

// Close ends the walk at the kept head and returns the first break, or nil.
func (w *Walker) Close(kept Head) *Break {
	switch {
	case w.broken != nil:
	case !w.anchored:
		w.fail(w.head.Seq+1, BrokenTruncated, "seq "+strconv.FormatInt(w.anchor.Seq, 10), "seq "+strconv.FormatInt(w.head.Seq, 10))
	case kept.Seq != w.head.Seq || kept.Hash != w.head.Hash:
		w.fail(min(kept.Seq, w.head.Seq)+1, BrokenHead, kept.String(), w.head.String())
	}
	return w.broken
}

// String returns the seq and hash of a head for reports.
func (h Head) String() string { return strconv.FormatInt(h.Seq, 10) + ":" + h.Hash.String() }

func (w *Walker) fail(seq int64, kind, want, got string) {
	w.broken = &Break{PersonID: w.head.PersonID, Seq: seq, Kind: kind, Want: want, Got: got}
}
