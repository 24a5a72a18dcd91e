package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"zhixing/domain/audit"
)

// Verified is the outcome of walking the chain. Flaw is nil when it holds; Head
// is the last good link; Marks are those of the anchor file that were compared.
type Verified struct {
	Head  audit.Chain
	Marks int
	Flaw  *audit.Flaw
}

// verifyBatch rows are hashed per query, well below the statement timeout.
const verifyBatch = 10_000

// Verify walks the whole chain and compares it with the anchor file and with
// heads that were noted elsewhere.
func (u *Audits) Verify(ctx context.Context, noted ...audit.Mark) (*Verified, error) {
	v := &Verified{}
	marks := noted
	if u.File != nil {
		file, err := u.File.Read(ctx)
		if err != nil {
			return nil, err
		}
		kept, err := u.Store.Anchors(ctx)
		if err != nil {
			return nil, err
		}
		if v.Flaw = audit.CheckFile(file, kept); v.Flaw != nil {
			return v, nil
		}
		if file != nil {
			marks, v.Marks = append(file.Marks, noted...), len(file.Marks)
		}
	}
	slices.SortStableFunc(marks, func(a, b audit.Mark) int { return int(a.Seq - b.Seq) })
	return v, u.walk(ctx, v, marks)
}

// walk follows the chain to its end; marks are in the order of their entries.
func (u *Audits) walk(ctx context.Context, v *Verified, marks []audit.Mark) error {
	for {
		links, err := u.Store.Links(ctx, v.Head.Seq, verifyBatch)
		if err != nil {
			return err
		}
		for _, l := range links {
			if v.Flaw = v.Head.Step(l); v.Flaw != nil {
				return nil
			}
			for ; len(marks) > 0 && marks[0].Seq == v.Head.Seq; marks = marks[1:] {
				if v.Flaw = v.Head.Against(marks[0]); v.Flaw != nil {
					return nil
				}
			}
		}
		if len(links) < verifyBatch {
			if len(marks) > 0 {
				v.Flaw = &audit.Flaw{Seq: v.Head.Seq + 1, Why: audit.FlawCut}
			}
			return nil
		}
	}
}

// Anchor writes where the chain stands to the file outside the database. It is
// safe in many processes at once, and writes nothing while the chain stands
// still. What was anchored and is not there any more is an error, every time:
// nothing is anchored over it.
func (u *Audits) Anchor(ctx context.Context) error {
	return u.Store.InTx(ctx, func(ctx context.Context, tx audit.Store) error {
		if err := tx.LockAnchors(ctx); err != nil {
			return err
		}
		id, last, err := u.File.Tail(ctx)
		if err != nil {
			return err
		}
		kept, err := tx.Anchors(ctx)
		if err != nil {
			return err
		}
		a, err := u.goesOn(ctx, id, last, kept)
		if err != nil {
			return err
		}
		var prev audit.Mark
		if len(last) > 0 {
			prev = last[len(last)-1]
			hash, err := tx.HashAt(ctx, prev.Seq)
			if err != nil {
				return err
			}
			if !bytes.Equal(hash, prev.Hash) {
				return fmt.Errorf("entry %d of the audit log is not the one that was anchored: run `zhixing verify audit`", prev.Seq)
			}
		}
		head, err := tx.Head(ctx)
		if err != nil || head.Seq == prev.Seq {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		mark := audit.Mark{At: now, Seq: head.Seq, Hash: head.Hash}.After(prev)
		a.Marks, a.Seq, a.Link, a.At = a.Marks+1, mark.Seq, mark.Link, now
		if err := tx.SaveAnchor(ctx, a); err != nil {
			return err
		}
		// Last, so that a refused row leaves no line. A line whose row is lost by
		// a crash stays: what it says was true.
		return u.File.Append(ctx, a.FileID, mark)
	})
}

// goesOn is what the database remembers of the file, brought up to lines whose
// row was lost by a crash; a new one for a new file, and for one that an older
// database knows nothing of. It is an error when the file has lost what the
// database remembers.
func (u *Audits) goesOn(ctx context.Context, id string, last []audit.Mark, kept []audit.Anchor) (audit.Anchor, error) {
	if id == "" {
		return audit.Anchor{FileID: NewID()}, nil
	}
	at := slices.IndexFunc(kept, func(a audit.Anchor) bool { return a.FileID == id })
	if at < 0 {
		f, err := u.File.Read(ctx)
		if err != nil {
			return audit.Anchor{}, err
		}
		return audit.Anchor{FileID: id, Marks: len(f.Marks)}, nil
	}
	a := kept[at]
	for i, m := range slices.Backward(last) {
		if bytes.Equal(m.Link, a.Link) {
			a.Marks += len(last) - 1 - i
			return a, nil
		}
	}
	return a, errors.New("the audit anchor file has lost lines: keep it, and move it aside so that a new one begins")
}
