package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"zhixing/domain/hours"
	"zhixing/domain/org"
)

// writeHours writes people's hours of a year.
func (x *Exports) writeHours(ctx context.Context, w io.Writer, e *hours.Export, now time.Time) (rows, cards int, err error) {
	today, scope := hours.DateOf(now), exportScope(e)
	total, err := x.Store.CountPeople(ctx, scope, e.Filter, today)
	if err != nil {
		return 0, 0, err
	}
	notes, err := x.notes(ctx, e, now)
	if err != nil {
		return 0, 0, err
	}
	shown := &shownPeople{log: x.Reads, reader: e.CreatedBy}
	lines := x.lines(ctx, e, total, &rows, func(give func([]any) error) error {
		err := x.Store.EachPerson(ctx, scope, e.Filter, today, func(r hours.PersonRow) error {
			return errors.Join(shown.add(ctx, r.ID), give(sheetRow(&r)))
		})
		return errors.Join(err, shown.flush(ctx))
	})
	err = x.Sheets.WriteSheet(w, hours.Sheet{Title: "学时完成情况", Columns: sheetColumns, Notes: notes}, lines)
	return rows, 0, err
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
		{"发展阶段", orAll(labels(f.Stages, func(k string) string { return org.StageName(org.Stage(k)) }))},
		{"职级", orAll(labels(f.Ranks, org.RankName))},
		{"状态", orAll(stateLabels[f.State])},
		{"搜索", f.Query},
		{"导出人", names[e.CreatedBy]},
		{"导出原因", e.Reason},
		{"导出编号", e.ID},
		{"说明", "学时单位为学时；“还差”按总学时与必修学时两项中差得多的一项计算。"},
	}, nil
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

var stateLabels = map[string]string{
	hours.StateDone: "已完成", hours.StateShort: "未完成", hours.StateNear: "差10学时以内", hours.StateLate: "预计未完成",
}

func sheetRow(r *hours.PersonRow) []any {
	return []any{
		r.Name, r.Number, r.UnitName, org.StageName(org.Stage(r.Stage)), org.RankName(r.Rank), r.PolicyName, r.TotalCenti, r.CountedCenti,
		r.RequiredCenti, r.PartCenti, r.ShortCenti, r.RecentCenti, r.LastOn, stateLabels[r.State],
	}
}

func labels(keys []string, name func(key string) string) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = name(k)
	}
	return strings.Join(out, "、")
}

func orAll(s string) string {
	if s == "" {
		return "全部"
	}
	return s
}
