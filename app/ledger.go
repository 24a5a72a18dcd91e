package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/job"
)

// Anchor does hours:anchor_ledger: once a day it writes the heads that moved to
// a file outside the database and to the database. A chain alone cannot show a
// cut tail; the anchor can.
func (h *Hours) Anchor(ctx context.Context, _ job.AnchorLedger) error {
	err := h.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		anchors, err := tx.Anchors(ctx)
		if err != nil {
			return err
		}
		today := hours.DateOf(now)
		if n := len(anchors); n > 0 && anchors[n-1].On >= today {
			return nil
		}
		moved, err := tx.MovedHeads(ctx)
		if err != nil {
			return err
		}
		prev := "-"
		if err := h.Files.Each(ctx, func(_ string, data []byte) error { prev = hours.AnchorDigest(data); return nil }); err != nil {
			return err
		}
		file := &hours.AnchorFile{On: today, At: now.UTC().Truncate(time.Microsecond), PrevDigest: prev, Heads: moved}
		data := file.Encode()
		a := hours.Anchor{On: today, At: file.At, File: file.Name(), Digest: hours.AnchorDigest(data), PrevDigest: prev, Moved: len(moved)}
		if err := tx.InsertAnchor(ctx, a, moved); err != nil {
			return err
		}
		// Last, so that a refused row leaves no file. A file whose row is lost
		// by a crash stays: what it says was true.
		return h.Files.Write(ctx, a.File, data)
	})
	if errors.Is(err, domain.E(domain.Conflict, "hours.already_anchored")) {
		return nil // another worker was first
	}
	return err
}

// Verify walks every chain of the ledger at one moment of the database and
// compares it with its kept head and its anchors.
func (h *Hours) Verify(ctx context.Context) (*hours.Verification, error) {
	v := &hours.Verification{}
	filed, digests, err := h.readAnchors(ctx, v)
	if err != nil {
		return nil, err
	}
	return v, h.Store.Snapshot(ctx, func(ctx context.Context, tx hours.Store) error {
		rows, err := tx.Anchors(ctx)
		if err != nil {
			return err
		}
		for _, a := range rows {
			if digests[a.File] != a.Digest {
				v.Add(&hours.Break{Kind: hours.BrokenAnchor, Want: a.File + " " + a.Digest, Got: digests[a.File]})
			}
		}
		kept, err := tx.Heads(ctx, "")
		if err != nil {
			return err
		}
		anchored, err := tx.AnchoredHeads(ctx, "")
		if err != nil {
			return err
		}
		for id, f := range filed { // the file is out of the database's reach: it decides
			if a, ok := anchored[id]; ok && a.Seq == f.Seq && a.Hash != f.Hash {
				v.Add(&hours.Break{PersonID: id, Seq: f.Seq, Kind: hours.BrokenAnchor, Want: f.String(), Got: a.String()})
			}
			if f.Seq >= anchored[id].Seq {
				anchored[id] = f
			}
		}
		return walkAll(ctx, tx, v, kept, anchored)
	})
}

// readAnchors returns each person's last head on file and the digests of the files.
func (h *Hours) readAnchors(ctx context.Context, v *hours.Verification) (map[string]hours.Head, map[string]string, error) {
	heads, digests, prev := map[string]hours.Head{}, map[string]string{}, "-"
	err := h.Files.Each(ctx, func(name string, data []byte) error {
		v.Anchors++
		digests[name] = hours.AnchorDigest(data)
		a, err := hours.DecodeAnchor(data)
		switch {
		case err != nil:
			v.Add(&hours.Break{Kind: hours.BrokenAnchor, Want: name, Got: err.Error()})
		case a.PrevDigest != prev:
			v.Add(&hours.Break{Kind: hours.BrokenAnchor, Want: name + " after " + a.PrevDigest, Got: prev})
		}
		if a != nil {
			for _, head := range a.Heads {
				heads[head.PersonID] = head
			}
		}
		prev = digests[name]
		return nil
	})
	return heads, digests, err
}

// walkAll feeds the entries to one walker per person and closes those without
// an entry too: a chain that is gone as a whole is a break like any other.
func walkAll(ctx context.Context, tx hours.Store, v *hours.Verification, kept, anchored map[string]hours.Head) error {
	var w *hours.Walker
	var person string
	shut := func() {
		if w == nil {
			return
		}
		head := kept[person]
		head.PersonID = person
		v.Add(w.Close(head))
		v.People++
		delete(kept, person)
		delete(anchored, person)
	}
	err := tx.Walk(ctx, "", func(e hours.Event) error {
		if w == nil || e.PersonID != person {
			shut()
			person, w = e.PersonID, hours.NewWalker(e.PersonID, anchored[e.PersonID])
		}
		v.Entries++
		w.Next(&e)
		return nil
	})
	if err != nil {
		return err
	}
	shut()
	var rest []string
	for id := range kept {
		rest = append(rest, id)
	}
	for id := range anchored {
		if _, there := kept[id]; !there {
			rest = append(rest, id)
		}
	}
	slices.SortFunc(rest, strings.Compare)
	for _, id := range rest {
		person, w = id, hours.NewWalker(id, anchored[id])
		shut()
	}
	return nil
}

// chainOf checks one person's chain against its kept and anchored heads.
func chainOf(ctx context.Context, s hours.Store, personID string) (ChainCheck, error) {
	kept, err := s.Heads(ctx, personID)
	if err != nil {
		return ChainCheck{}, err
	}
	anchored, err := s.AnchoredHeads(ctx, personID)
	if err != nil {
		return ChainCheck{}, err
	}
	c := ChainCheck{AnchoredSeq: anchored[personID].Seq}
	w := hours.NewWalker(personID, anchored[personID])
	err = s.Walk(ctx, personID, func(e hours.Event) error {
		c.Entries++
		w.Next(&e)
		return nil
	})
	if err != nil {
		return c, err
	}
	head := kept[personID]
	head.PersonID = personID
	c.Break = w.Close(head)
	return c, nil
}

// ChainCheck is the state of one person's chain.
type ChainCheck struct {
	Entries     int
	AnchoredSeq int64 // the last entry that is anchored
	Break       *hours.Break
}
