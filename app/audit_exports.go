package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"zhixing/domain"
	"zhixing/domain/audit"
	"zhixing/domain/hours"
	"zhixing/domain/sheet"
)

// maxAuditRows is what one workbook takes, with room for its head.
const maxAuditRows = 1_000_000

// CreateAudit orders a file of the entries of the audit log that a filter shows,
// for a reason. format is "xlsx" or "csv". Errors: those of hours.Export.Check;
// Invalid "audit.export_too_large".
func (x *Exports) CreateAudit(ctx context.Context, who Actor, format string, f audit.Filter, reason string) (*hours.Export, error) {
	order, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode order: %w", err)
	}
	e := &hours.Export{ID: NewID(), Kind: hours.ExportAuditXLSX, Order: order, Reason: reason, State: hours.ExportQueued, CreatedBy: who.PersonID}
	if format == "csv" {
		e.Kind = hours.ExportAuditCSV
	}
	n, err := x.Audit.Count(ctx, exportScope(e), f)
	if err != nil {
		return nil, err
	}
	if n > maxAuditRows {
		return nil, domain.E(domain.Invalid, "audit.export_too_large", "rows", n, "max", maxAuditRows)
	}
	return x.order(ctx, who, e, "filter", f)
}

var auditColumns = []hours.Column{
	{Title: "序号", Kind: hours.ColumnText, Width: 10},
	{Title: "时间", Kind: hours.ColumnText, Width: 22},
	{Title: "操作人", Kind: hours.ColumnText, Width: 14},
	{Title: "操作人编号", Kind: hours.ColumnText, Width: 38},
	{Title: "操作", Kind: hours.ColumnText, Width: 24},
	{Title: "对象类型", Kind: hours.ColumnText, Width: 14},
	{Title: "对象", Kind: hours.ColumnText, Width: 24},
	{Title: "对象编号", Kind: hours.ColumnText, Width: 38},
	{Title: "内容", Kind: hours.ColumnText, Width: 60},
	{Title: "来源地址", Kind: hours.ColumnText, Width: 18},
	{Title: "请求编号", Kind: hours.ColumnText, Width: 38},
	{Title: "哈希", Kind: hours.ColumnText, Width: 66},
}

func (x *Exports) writeAudit(ctx context.Context, w io.Writer, e *hours.Export, now time.Time) (rows int, err error) {
	var f audit.Filter
	if err := json.Unmarshal(e.Order, &f); err != nil {
		return 0, fmt.Errorf("decode order of %s: %w", e.ID, err)
	}
	total, err := x.Audit.Count(ctx, exportScope(e), f)
	if err != nil {
		return 0, err
	}
	names, err := x.Store.Names(ctx, []string{e.CreatedBy})
	if err != nil {
		return 0, err
	}
	table := hours.Sheet{Title: "操作日志", Columns: auditColumns, Notes: [][2]string{
		{"数据截至", now.In(hours.Zone).Format("2006-01-02 15:04:05")},
		{"筛选条件", string(e.Order)},
		{"导出人", names[e.CreatedBy]},
		{"导出原因", e.Reason},
		{"导出编号", e.ID},
		{"说明", "每条记录的哈希覆盖其全部内容和上一条的哈希；含个人信息，用毕请销毁。"},
	}}
	lines := x.lines(ctx, e, total, &rows, func(give func([]any) error) error {
		return x.Audit.Each(ctx, exportScope(e), f, func(v *audit.Event) error {
			detail, err := json.Marshal(v.Detail)
			if err != nil {
				return fmt.Errorf("encode entry %d: %w", v.Seq, err)
			}
			cells := []string{
				fmt.Sprint(v.Seq), v.At.In(hours.Zone).Format("2006-01-02 15:04:05.000"), v.ActorName, v.ActorID, v.Action, v.SubjectType, v.SubjectName, v.SubjectID,
				string(detail), v.IP, v.RequestID, fmt.Sprintf("%x", v.Hash),
			}
			row := make([]any, len(cells))
			for i, text := range cells {
				row[i] = sheet.Safe(text)
			}
			return give(row)
		})
	})
	sheets := x.Sheets
	if e.Kind == hours.ExportAuditCSV {
		sheets = hours.CSV{}
	}
	return rows, sheets.WriteSheet(w, table, lines)
}
