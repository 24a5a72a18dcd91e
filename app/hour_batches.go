package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/org"
)

// Batches files and decides hours of offline training.
type Batches struct {
	Store   hours.Store
	Objects hours.Objects // of documents
	Sheets  hours.Sheets
}

// RosterLine is one line of a roster as the filer wrote it.
type RosterLine struct {
	Number      string
	AmountCenti int
}

// List shows the batches that the actor may see.
func (u *Batches) List(ctx context.Context, who Actor, f hours.BatchFilter) (domain.Page[hours.Batch], error) {
	return u.Store.Batches(ctx, who.Scope(org.PermHoursRead), f)
}

// Get shows a batch with its roster. Error: NotFound "hours.batch_unknown".
func (u *Batches) Get(ctx context.Context, who Actor, id string) (*hours.Batch, error) {
	id, err := ParseID(id, "hours.batch_unknown")
	if err != nil {
		return nil, err
	}
	return u.Store.Batch(ctx, who.Scope(org.PermHoursRead), id)
}

// Create makes a draft. Errors: those of hours.Batch.Change, and field errors
// "hours.batch_number_unknown" for numbers that nobody in the actor's scope has.
func (u *Batches) Create(ctx context.Context, who Actor, c hours.BatchContent, lines []RosterLine) (*hours.Batch, error) {
	b := &hours.Batch{ID: NewID(), State: hours.BatchDraft, FiledBy: who.PersonID}
	err := u.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		if err := fillBatch(ctx, tx, who, b, 0, c, lines); err != nil {
			return err
		}
		if err := tx.InsertBatch(ctx, b); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("hours.create_batch", "hour_batch", b.ID, "title", b.Title, "people", len(b.People)))
	})
	if err != nil {
		return nil, err
	}
	return u.Get(ctx, who, b.ID)
}

// Change writes a draft, or one that was given back, anew.
func (u *Batches) Change(ctx context.Context, who Actor, id string, version int, c hours.BatchContent, lines []RosterLine) (*hours.Batch, error) {
	return u.change(ctx, who, org.PermHoursFile, id, "hours.change_batch", func(ctx context.Context, tx hours.Store, b *hours.Batch, _ time.Time) error {
		if err := fillBatch(ctx, tx, who, b, version, c, lines); err != nil {
			return err
		}
		return tx.SaveRoster(ctx, b)
	})
}

// fillBatch writes the content with the people that the numbers name.
func fillBatch(ctx context.Context, tx hours.Store, who Actor, b *hours.Batch, version int, c hours.BatchContent, lines []RosterLine) error {
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	if len(lines) > hours.MaxBatchPeople {
		e := domain.E(domain.Invalid, "hours.batch_not_valid")
		return e.At("body.people", "hours.batch_people", "max", hours.MaxBatchPeople)
	}
	numbers := make([]string, len(lines))
	for i := range lines {
		lines[i].Number = strings.TrimSpace(lines[i].Number)
		numbers[i] = lines[i].Number
	}
	found, err := tx.PeopleByNumber(ctx, who.Scope(org.PermHoursFile), numbers)
	if err != nil {
		return err
	}
	unknown := domain.E(domain.Invalid, "hours.batch_not_valid")
	people := make([]hours.BatchPerson, len(lines))
	for i, l := range lines {
		p, ok := found[l.Number]
		if !ok {
			unknown = unknown.At(fmt.Sprintf("body.people[%d].number", i), "hours.batch_number_unknown", "number", l.Number)
		}
		p.AmountCenti = l.AmountCenti
		people[i] = p
	}
	if len(unknown.Fields) > 0 {
		return unknown
	}
	return b.Change(who.PersonID, version, c, people, hours.DateOf(now))
}

// SetFile keeps the scan of the document, roster or certificates: a PDF, JPEG
// or PNG by its first bytes, at most 20 MiB. The object has the digest in its
// name, so that what a batch was decided on cannot be replaced.
func (u *Batches) SetFile(ctx context.Context, who Actor, id, name string, body []byte) (*hours.Batch, error) {
	kind, err := hours.BatchFileType(body)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	return u.change(ctx, who, org.PermHoursFile, id, "hours.set_batch_file", func(ctx context.Context, _ hours.Store, b *hours.Batch, _ time.Time) error {
		key := "hour-batches/" + b.ID + "/" + digest
		if err := b.Attach(who.PersonID, hours.BatchFile{Key: key, Name: fileName(name), Type: kind, Size: int64(len(body)), Digest: digest}); err != nil {
			return err
		}
		return u.Objects.Put(ctx, key, kind, int64(len(body)), bytes.NewReader(body))
	})
}

// fileName is the last part of a name without what a header or a screen cannot take.
func fileName(s string) string {
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 120 {
		s = string(r[len(r)-120:])
	}
	if strings.TrimSpace(s) == "" {
		return "document"
	}
	return s
}

// File opens the document of a batch. Error: NotFound "hours.batch_no_file".
func (u *Batches) File(ctx context.Context, who Actor, id string) (*hours.Batch, io.ReadCloser, error) {
	b, err := u.Get(ctx, who, id)
	if err != nil {
		return nil, nil, err
	}
	if b.File == nil {
		return nil, nil, domain.E(domain.NotFound, "hours.batch_no_file")
	}
	body, err := u.Objects.Get(context.WithoutCancel(ctx), b.File.Key, 0, -1)
	return b, body, err
}

// Submit files the batch. Errors: those of hours.Batch.Submit and CheckOverlap.
func (u *Batches) Submit(ctx context.Context, who Actor, id string, version int) (*hours.Batch, error) {
	return u.change(ctx, who, org.PermHoursFile, id, "hours.submit_batch", func(ctx context.Context, tx hours.Store, b *hours.Batch, now time.Time) error {
		if err := b.Submit(who.PersonID, version, hours.DateOf(now), now); err != nil {
			return err
		}
		others, err := tx.Stretches(ctx, b, false)
		if err != nil {
			return err
		}
		return b.CheckOverlap(others)
	})
}

// Withdraw takes the batch back before it is decided.
func (u *Batches) Withdraw(ctx context.Context, who Actor, id string, version int, reason string) (*hours.Batch, error) {
	return u.change(ctx, who, org.PermHoursFile, id, "hours.withdraw_batch", func(_ context.Context, _ hours.Store, b *hours.Batch, now time.Time) error {
		return b.Withdraw(who.PersonID, version, reason, now)
	})
}

// Reject gives the batch back for a reason.
func (u *Batches) Reject(ctx context.Context, who Actor, id string, version int, reason string) (*hours.Batch, error) {
	return u.change(ctx, who, org.PermHoursAdjust, id, "hours.reject_batch", func(_ context.Context, _ hours.Store, b *hours.Batch, now time.Time) error {
		return b.Decide(who.PersonID, version, false, reason, now)
	})
}

// Approve credits everybody of the roster, all or nobody. The chains are locked
// before the other batches are read, so that of two that overlap only one is
// approved. Errors: those of hours.Batch.Decide and CheckOverlap.
func (u *Batches) Approve(ctx context.Context, who Actor, id string, version int) (*hours.Batch, error) {
	return u.change(ctx, who, org.PermHoursAdjust, id, "hours.approve_batch", func(ctx context.Context, tx hours.Store, b *hours.Batch, now time.Time) error {
		if err := b.Decide(who.PersonID, version, true, "", now); err != nil {
			return err
		}
		entries := b.Entries()
		slices.SortFunc(entries, func(x, y hours.Entry) int { return strings.Compare(x.PersonID, y.PersonID) })
		ids := make([]string, len(entries))
		for i, e := range entries {
			ids[i] = e.PersonID
		}
		heads, err := tx.LockHeads(ctx, ids...)
		if err != nil {
			return err
		}
		others, err := tx.Stretches(ctx, b, true)
		if err != nil {
			return err
		}
		if err := b.CheckOverlap(others); err != nil {
			return err
		}
		for i, e := range entries {
			if err := e.Check(who.PersonID, hours.DateOf(now)); err != nil {
				return err
			}
			if _, err := enter(ctx, tx, who, heads[i], []hours.Entry{e}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reverse takes back every credit of the batch that still stands.
func (u *Batches) Reverse(ctx context.Context, who Actor, id string, version int, reason string) (*hours.Batch, error) {
	return u.change(ctx, who, org.PermHoursAdjust, id, "hours.reverse_batch", func(ctx context.Context, tx hours.Store, b *hours.Batch, now time.Time) error {
		if err := b.Reverse(who.PersonID, version, reason, now); err != nil {
			return err
		}
		ids := make([]string, len(b.People))
		for i, p := range b.People {
			ids[i] = p.PersonID
		}
		slices.Sort(ids)
		heads, err := tx.LockHeads(ctx, ids...)
		if err != nil {
			return err
		}
		by := map[string]hours.Head{}
		for i, p := range ids {
			by[p] = heads[i]
		}
		credits, err := tx.StandingOf(ctx, b.ID)
		if err != nil {
			return err
		}
		for i := range credits {
			back, err := credits[i].Reverse(NewID(), who.PersonID, b.Reason)
			if err != nil {
				return err
			}
			if err := appendEvent(ctx, tx, by[back.PersonID], &back); err != nil {
				return err
			}
		}
		return nil
	})
}

// change runs fn on a locked batch of the actor's scope and saves it.
func (u *Batches) change(ctx context.Context, who Actor, perm org.Permission, id, action string, fn func(ctx context.Context, tx hours.Store, b *hours.Batch, now time.Time) error) (*hours.Batch, error) {
	id, err := ParseID(id, "hours.batch_unknown")
	if err != nil {
		return nil, err
	}
	err = u.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		b, err := tx.BatchForUpdate(ctx, who.Scope(perm), id)
		if err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, b, now); err != nil {
			return err
		}
		if err := tx.SaveBatch(ctx, b); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did(action, "hour_batch", b.ID, "title", b.Title, "state", string(b.State), "people", len(b.People),
			"total_centi", rosterCenti(b.People), "reason", b.Reason))
	})
	if err != nil {
		return nil, err
	}
	return u.Get(ctx, who, id)
}

func rosterCenti(people []hours.BatchPerson) int {
	sum := 0
	for _, p := range people {
		sum += p.AmountCenti
	}
	return sum
}

// maxBatchRows bounds a sheet of batches.
const maxBatchRows = 20_000

var batchStateLabels = map[hours.BatchState]string{
	hours.BatchDraft: "草稿", hours.BatchFiled: "待审核", hours.BatchApproved: "已通过", hours.BatchRejected: "已退回",
	hours.BatchWithdrawn: "已撤回", hours.BatchReversed: "已冲销",
}

// Sheet writes the batches of a filter with a row for each person.
func (u *Batches) Sheet(ctx context.Context, who Actor, f hours.BatchFilter, w io.Writer) error {
	text := func(title string, width float64) hours.Column {
		return hours.Column{Title: title, Kind: hours.ColumnText, Width: width}
	}
	columns := []hours.Column{
		text("名称", 28), text("文号", 22), text("主办单位", 18),
		{Title: "开始", Kind: hours.ColumnDate, Width: 12},
		{Title: "结束", Kind: hours.ColumnDate, Width: 12},
		text("状态", 10), text("学工号", 16), text("姓名", 12), text("单位", 20),
		{Title: "学时", Kind: hours.ColumnHours, Width: 8},
		text("填报人", 12), text("审核人", 12), text("理由", 30),
	}
	n := 0
	f.Limit = 200
	rows := func(yield func([]any, error) bool) {
		for {
			page, err := u.List(ctx, who, f)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, head := range page.Items {
				b, err := u.Get(ctx, who, head.ID)
				if err != nil {
					yield(nil, err)
					return
				}
				for _, p := range b.People {
					if n++; n > maxBatchRows || !yield([]any{
						b.Title, b.DocumentNo, b.Organiser, &b.StartsOn, &b.EndsOn, batchStateLabels[b.State], p.Number, p.Name, p.UnitName,
						p.AmountCenti, b.FiledByName, b.DecidedByName, b.Reason,
					}, nil) {
						return
					}
				}
			}
			if f.Token = page.NextPageToken; f.Token == "" {
				return
			}
		}
	}
	if err := u.Sheets.WriteSheet(w, hours.Sheet{Title: "线下培训登记", Columns: columns, Notes: [][2]string{{"搜索", f.Query}}}, rows); err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		return tx.Audit(ctx, who.Did("hours.export_batches", "hour_batch", "", "rows", n, "query", f.Query))
	})
}
