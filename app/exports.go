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
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/job"
	"zhixing/domain/org"
)

// Exports makes reports in the background and hands them to who ordered them.
type Exports struct {
	Store   hours.Store
	Objects hours.Objects
	Sheets  hours.Sheets
}

// SheetType is the content type of a workbook.
const SheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

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
	if err := e.Check(); err != nil {
		return nil, err
	}
	err = x.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		if err := tx.InsertExport(ctx, e); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, job.ExportHours{ExportID: e.ID}); err != nil {
			return err
		}
		return tx.Audit(ctx, who.Did("hours.export", "export", e.ID, "kind", e.Kind, "filter", e.Filter, "reason", e.Reason))
	})
	if err != nil {
		return nil, err
	}
	return x.Store.Export(ctx, who.PersonID, e.ID)
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
		return tx.Audit(ctx, who.Did("hours.export_download", "export", e.ID, "reason", e.Reason, "rows", e.RowCount, "digest", e.Digest))
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
	n, err := x.write(ctx, io.MultiWriter(tmp, sum), e, now)
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
	key := "exports/" + e.ID + "/" + NewID() + ".xlsx"
	if err := x.Objects.Put(ctx, key, SheetType, size, tmp); err != nil {
		return fmt.Errorf("keep export %s: %w", e.ID, err)
	}
	return x.change(ctx, e.ID, func(e *hours.Export, now time.Time) {
		end := now.Add(hours.ExportLife)
		e.State, e.Progress, e.RowCount, e.ObjectKey, e.Size = hours.ExportReady, 100, n, key, size
		e.Digest, e.FinishedAt, e.ExpiresAt = hex.EncodeToString(sum.Sum(nil)), &now, &end
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
		ok, err := tx.HasPermission(ctx, exportScope(found))
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

func exportScope(e *hours.Export) domain.Scope {
	return domain.Scope{ActorID: e.CreatedBy, Permission: string(org.PermHoursRead)}
}

// change edits an export that is still open.
func (x *Exports) change(ctx context.Context, id string, edit func(e *hours.Export, now time.Time)) error {
	return x.Store.InTx(ctx, func(ctx context.Context, tx hours.Store) error {
		e, err := tx.ExportForUpdate(ctx, id)
		if err != nil || !e.Open() {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		edit(e, now)
		return tx.SaveExport(ctx, e)
	})
}

// broken ends an export that cannot be made; any other error is tried again.
func (x *Exports) broken(ctx context.Context, id string, cause error) error {
	if domain.CodeOf(cause) == domain.Internal {
		return cause
	}
	return errors.Join(cause, x.change(ctx, id, func(e *hours.Export, now time.Time) {
		e.State, e.Failure, e.FinishedAt = hours.ExportFailed, domain.ReasonOf(cause), &now
	}))
}

// progressEvery is after how many rows the progress is written down.
const progressEvery = 2500

func (x *Exports) write(ctx context.Context, w io.Writer, e *hours.Export, now time.Time) (int, error) {
	today, scope := hours.DateOf(now), exportScope(e)
	total, err := x.Store.CountPeople(ctx, scope, e.Filter, today)
	if err != nil {
		return 0, err
	}
	notes, err := x.notes(ctx, e, now)
	if err != nil {
		return 0, err
	}
	n := 0
	rows := func(yield func([]any, error) bool) {
		stop := errors.New("stop")
		err := x.Store.EachPerson(ctx, scope, e.Filter, today, func(r hours.PersonRow) error {
			if n++; n%progressEvery == 0 {
				percent := min(95, 1+n*94/max(1, total))
				if err := x.change(ctx, e.ID, func(e *hours.Export, _ time.Time) { e.Progress = percent }); err != nil {
					return err
				}
			}
			if !yield(sheetRow(&r), nil) {
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, stop) {
			yield(nil, err)
		}
	}
	return n, x.Sheets.WriteSheet(w, hours.Sheet{Title: "学时完成情况", Columns: sheetColumns, Notes: notes}, iter.Seq2[[]any, error](rows))
}

func (x *Exports) notes(ctx context.Context, e *hours.Export, now time.Time) ([][2]string, error) {
	names, err := x.Store.Names(ctx, []string{e.CreatedBy})
	if err != nil {
		return nil, err
	}
	unit, err := x.Store.UnitName(ctx, e.Filter.UnitID)
	if err != nil {
		return nil, err
	}
	f := e.Filter
	return [][2]string{
		{"年度", fmt.Sprint(f.Year)},
		{"数据截至", now.In(hours.Zone).Format("2006-01-02 15:04:05")},
		{"单位", orAll(unit)},
		{"发展阶段", orAll(labels(f.Stages, sheetLabels))},
		{"职级", orAll(labels(f.Ranks, sheetLabels))},
		{"状态", orAll(sheetLabels[f.State])},
		{"搜索", f.Query},
		{"导出人", names[e.CreatedBy]},
		{"导出原因", e.Reason},
		{"导出编号", e.ID},
		{"说明", "学时单位为学时；“还差”按总学时与必修学时两项中差得多的一项计算。"},
	}, nil
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
		errs = append(errs, x.change(ctx, id, func(e *hours.Export, now time.Time) {
			e.State, e.Failure, e.FinishedAt = hours.ExportFailed, "hours.export_failed", &now
		}))
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

// The workbook is an official document and is in Chinese whoever orders it.
var sheetColumns = []hours.Column{
	{Title: "姓名", Kind: hours.ColumnText, Width: 16},
	{Title: "学工号", Kind: hours.ColumnText, Width: 16},
	{Title: "支部（单位）", Kind: hours.ColumnText, Width: 24},
	{Title: "发展阶段", Kind: hours.ColumnText, Width: 12},
	{Title: "职级", Kind: hours.ColumnText, Width: 10},
	{Title: "学时规定", Kind: hours.ColumnText, Width: 28},
	{Title: "应修", Kind: hours.ColumnHours, Width: 9},
	{Title: "已计", Kind: hours.ColumnHours, Width: 9},
	{Title: "必修应修", Kind: hours.ColumnHours, Width: 10},
	{Title: "必修已计", Kind: hours.ColumnHours, Width: 10},
	{Title: "还差", Kind: hours.ColumnHours, Width: 9},
	{Title: "近30天", Kind: hours.ColumnHours, Width: 9},
	{Title: "最近学习", Kind: hours.ColumnDate, Width: 12},
	{Title: "情况", Kind: hours.ColumnText, Width: 12},
}

var sheetLabels = map[string]string{
	"masses": "群众", "applicant": "入党申请人", "activist": "入党积极分子", "development_target": "发展对象",
	"probationary_member": "预备党员", "member": "正式党员",
	"section_deputy": "副科级", "section_head": "正科级", "division_deputy": "副处级", "division_head": "正处级",
	"bureau_deputy": "副厅级", "bureau_head": "正厅级",
	hours.StateDone: "已完成", hours.StateShort: "未完成", hours.StateNear: "差10学时以内", hours.StateLate: "预计未完成",
}

func sheetRow(r *hours.PersonRow) []any {
	return []any{
		r.Name, r.Number, r.UnitName, sheetLabels[r.Stage], sheetLabels[r.Rank], r.PolicyName, r.TotalCenti, r.CountedCenti,
		r.RequiredCenti, r.PartCenti, r.ShortCenti, r.RecentCenti, r.LastOn, sheetLabels[r.State],
	}
}

func labels(keys []string, names map[string]string) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = names[k]
	}
	return strings.Join(out, "、")
}

func orAll(s string) string {
	if s == "" {
		return "全部"
	}
	return s
}
