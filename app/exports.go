package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/hours"
	"zhixing/domain/job"
	"zhixing/domain/org"
	"zhixing/domain/privacy"
)

// Exports makes reports in the background and hands them to who ordered them.
type Exports struct {
	Store   hours.Store
	People  org.LineStore
	Audit   audit.Store
	Archive privacy.ArchiveStore
	Reads   audit.ReadLog // whom the files show; nil notes nothing
	Seals   org.Sealer
	Objects hours.Objects
	Sheets  hours.Sheets
}

// The content types of files of tables.
const (
	SheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	CSVType   = "text/csv; charset=utf-8"
)

// Create orders an export of what the filter shows, for a reason.
func (x *Exports) Create(ctx context.Context, who Actor, kind string, f hours.PeopleFilter, reason string) (*hours.Export, error) {
	now, err := x.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkFilter(&f, hours.DateOf(now).Year()); err != nil {
		return nil, err
	}
	e := &hours.Export{ID: NewID(), Kind: kind, Filter: f, Reason: reason, State: hours.ExportQueued, CreatedBy: who.PersonID}
	return x.order(ctx, who, e, "filter", f)
}

// order keeps an order and has it made.
func (x *Exports) order(ctx context.Context, who Actor, e *hours.Export, detail ...any) (*hours.Export, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	err := x.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		if err := tx.InsertExport(ctx, e); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.ExportHours{ExportID: e.ID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did(deedOf(e), "export", e.ID, append(detail, "kind", e.Kind, "reason", e.Reason)...))
	})
	if err != nil {
		return nil, err
	}
	return x.Store.Export(ctx, who.PersonID, e.ID)
}

// deedOf is what the record calls an export.
func deedOf(e *hours.Export) string {
	deed := "hours.export"
	switch {
	case e.OfPeople():
		deed = "person.export"
	case e.OfAudit():
		deed = "audit.export"
	case e.OfPerson():
		deed = "person.archive"
	}
	return deed
}

// List returns the actor's exports, newest first.
func (x *Exports) List(ctx context.Context, who Actor, p domain.Paging) (domain.Page[hours.Export], error) {
	return x.Store.Exports(ctx, who.PersonID, p)
}

// Get returns one export of the actor.
func (x *Exports) Get(ctx context.Context, who Actor, exportID string) (*hours.Export, error) {
	id, err := ParseID(exportID, "hours.export_unknown")
	if err != nil {
		return nil, err
	}
	return x.Store.Export(ctx, who.PersonID, id)
}

// File opens the file of one of the actor's exports and records that it left.
// Errors: NotFound "hours.export_unknown", "hours.export_expired", Forbidden
// "hours.export_not_permitted" once the right to its data has ended, Conflict
// "hours.export_not_ready", "hours.export_failed".
func (x *Exports) File(ctx context.Context, who Actor, exportID string) (*hours.Export, io.ReadCloser, error) {
	id, err := ParseID(exportID, "hours.export_unknown")
	if err != nil {
		return nil, nil, err
	}
	var e *hours.Export
	err = x.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		if _, err := tx.Export(ctx, who.PersonID, id); err != nil { // another's is not found
			return err
		}
		if e, err = tx.ExportForUpdate(ctx, id); err != nil {
			return err
		}
		if ok, err := x.permitted(ctx, tx, e); err != nil || !ok {
			return errors.Join(err, domain.E(domain.Forbidden, "hours.export_not_permitted"))
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := e.Fetch(now); err != nil {
			return err
		}
		e.Downloads++
		if err := tx.SaveExport(ctx, e); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did(deedOf(e)+"_download", "export", e.ID, "reason", e.Reason, "rows", e.RowCount, "digest", e.Digest))
	})
	if err != nil {
		return nil, nil, err
	}
	// The bytes flow after the request's own context has ended.
	body, err := x.Objects.Get(context.WithoutCancel(ctx), e.ObjectKey, 0, -1)
	if err != nil {
		return nil, nil, fmt.Errorf("open export %s: %w", id, err)
	}
	return e, body, nil
}

// Make does hours:export. Twice or at once makes two files; the row names one,
// and what expires takes both away.
func (x *Exports) Make(ctx context.Context, j job.ExportHours) error {
	e, now, err := x.begin(ctx, j.ExportID)
	if err != nil || e == nil {
		return err
	}
	tmp, err := os.CreateTemp("", "zhixing-export-*")
	if err != nil {
		return fmt.Errorf("export file: %w", err)
	}
	defer func() { _, _ = tmp.Close(), os.Remove(tmp.Name()) }()
	sum := sha256.New()
	n, cards, err := x.write(ctx, io.MultiWriter(tmp, sum), e, now)
	if err != nil {
		return x.broken(ctx, e.ID, err)
	}
	size, err := tmp.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = tmp.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("export file: %w", err)
	}
	kind, ending := e.Type()
	key := "exports/" + e.ID + "/" + NewID() + ending
	if err := x.Objects.Put(ctx, key, kind, size, tmp); err != nil {
		return fmt.Errorf("keep export %s: %w", e.ID, err)
	}
	return x.change(ctx, e.ID, func(ctx context.Context, tx hours.Store, e *hours.Export, now time.Time) error {
		end := now.Add(hours.ExportLife)
		e.State, e.Progress, e.RowCount, e.ObjectKey, e.Size = hours.ExportReady, 100, n, key, size
		e.Digest, e.FinishedAt, e.ExpiresAt = hex.EncodeToString(sum.Sum(nil)), &now, &end
		return tx.Audit(ctx, Actor{PersonID: e.CreatedBy}.Did(deedOf(e)+"_made", "export", e.ID, "reason", e.Reason, "rows", n, "id_cards", cards, "digest", e.Digest))
	})
}

// begin marks an open export as running. The right to make it is that of the
// moment, not of the order: a grant may have ended since.
func (x *Exports) begin(ctx context.Context, id string) (e *hours.Export, now time.Time, err error) {
	err = x.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		found, err := tx.ExportForUpdate(ctx, id)
		if err != nil || !found.Open() {
			return err
		}
		if now, err = tx.Now(ctx); err != nil {
			return err
		}
		ok, err := x.permitted(ctx, tx, found)
		if err != nil {
			return err
		}
		if !ok {
			found.State, found.Failure, found.FinishedAt = hours.ExportFailed, "hours.export_not_permitted", &now
			return tx.SaveExport(ctx, found)
		}
		found.State, found.Progress = hours.ExportRunning, max(1, found.Progress)
		e = found
		return tx.SaveExport(ctx, found)
	})
	return e, now, err
}

// permitted reports whether who ordered a file may have what is in it now. What is
// about himself he always may.
func (x *Exports) permitted(ctx context.Context, tx hours.Store, e *hours.Export) (bool, error) {
	if !e.OfPerson() {
		return tx.HasPermission(ctx, exportScope(e))
	}
	o, err := personOrderOf(e)
	if err != nil || o.PersonID == e.CreatedBy {
		return err == nil, err
	}
	return x.Archive.Reaches(ctx, exportScope(e), o.PersonID)
}

func exportScope(e *hours.Export) domain.Scope {
	permission := org.PermHoursRead
	switch {
	case e.OfPeople():
		permission = org.PermPeopleRead
	case e.OfAudit():
		permission = org.PermAuditRead
	case e.OfPerson():
		permission = org.PermPeopleManage
	}
	return domain.Scope{ActorID: e.CreatedBy, Permission: string(permission)}
}

// change edits an export that is still open.
func (x *Exports) change(ctx context.Context, id string, edit func(ctx context.Context, tx hours.Store, e *hours.Export, now time.Time) error) error {
	return x.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		e, err := tx.ExportForUpdate(ctx, id)
		if err != nil || !e.Open() {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := edit(ctx, tx, e, now); err != nil {
			return err
		}
		return tx.SaveExport(ctx, e)
	})
}

// fail ends an export that is still open without a file.
func (x *Exports) fail(ctx context.Context, id, reason string) error {
	return x.change(ctx, id, func(_ context.Context, _ hours.Store, e *hours.Export, now time.Time) error {
		e.State, e.Failure, e.FinishedAt = hours.ExportFailed, reason, &now
		return nil
	})
}

// broken ends an export that cannot be made; any other error is tried again.
func (x *Exports) broken(ctx context.Context, id string, cause error) error {
	if domain.CodeOf(cause) == domain.Internal {
		return cause
	}
	return errors.Join(cause, x.fail(ctx, id, domain.ReasonOf(cause)))
}

// progressEvery is after how many rows the progress is written down.
const progressEvery = 2500

// write makes the file. It returns how many rows it has, and how many of them
// show an id number.
func (x *Exports) write(ctx context.Context, w io.Writer, e *hours.Export, now time.Time) (rows, cards int, err error) {
	switch {
	case e.OfPeople():
		return x.writePeople(ctx, w, e, now)
	case e.OfAudit():
		rows, err = x.writeAudit(ctx, w, e, now)
		return rows, 0, err
	case e.OfPerson():
		return x.writePerson(ctx, w, e, now)
	}
	return x.writeHours(ctx, w, e, now)
}

// lines turns what a store feeds into the rows of a file, counts them, and writes
// down the progress as they go.
func (x *Exports) lines(ctx context.Context, e *hours.Export, total int, n *int, feed func(give func([]any) error) error) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		stop := errors.New("stop")
		err := feed(func(row []any) error {
			if *n++; *n%progressEvery == 0 {
				percent := min(95, 1+*n*94/max(1, total))
				err := x.change(ctx, e.ID, func(_ context.Context, _ hours.Store, e *hours.Export, _ time.Time) error {
					e.Progress = percent
					return nil
				})
				if err != nil {
					return err
				}
			}
			if !yield(row, nil) {
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, stop) {
			yield(nil, err)
		}
	}
}

// SweepExports takes expired files away and ends exports that nobody works on.
func (x *Exports) SweepExports(ctx context.Context) error {
	now, err := x.Store.Now(ctx)
	if err != nil {
		return err
	}
	stuck, err := x.Store.StuckExports(ctx, now.Add(-30*time.Minute), 100)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range stuck {
		errs = append(errs, x.fail(ctx, id, "hours.export_failed"))
	}
	expired, err := x.Store.ExpiredExports(ctx, 100)
	if err != nil {
		return err
	}
	for i := range expired {
		e := &expired[i]
		if err := x.Objects.RemovePrefix(ctx, "exports/"+e.ID+"/"); err != nil {
			errs = append(errs, err)
			continue
		}
		e.State, e.ObjectKey = hours.ExportExpired, ""
		errs = append(errs, x.Store.SaveExport(ctx, e))
	}
	return errors.Join(errs...)
}
