package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/org"
	"zhixing/domain/sheet"
)

// CreatePeople orders a file of the people that a list shows, for a reason.
// format is "xlsx" or "csv". Whole id numbers are only for those who keep the
// data and have just proved who they are, as where one is revealed. Errors:
// those of org.PeopleOrder.Check and hours.Export.Check; Forbidden
// "person.export_id_card", "session.step_up_required".
func (x *Exports) CreatePeople(ctx context.Context, who Actor, format string, o org.PeopleOrder, reason string) (*hours.Export, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.Has(org.FieldIDCard) {
		switch {
		case !who.Can(org.PermPeopleManage):
			return nil, domain.E(domain.Forbidden, "person.export_id_card")
		case !who.Recent:
			return nil, domain.E(domain.Forbidden, "session.step_up_required")
		}
	}
	order, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode order: %w", err)
	}
	kind := hours.ExportPeopleXLSX
	if format == "csv" {
		kind = hours.ExportPeopleCSV
	}
	e := &hours.Export{ID: NewID(), Kind: kind, Order: order, Reason: reason, State: hours.ExportQueued, CreatedBy: who.PersonID}
	return x.order(ctx, who, e, "filter", o.Filter, "columns", o.Columns)
}

func (x *Exports) writePeople(ctx context.Context, w io.Writer, e *hours.Export, now time.Time) (rows, cards int, err error) {
	var o org.PeopleOrder
	if err := json.Unmarshal(e.Order, &o); err != nil {
		return 0, 0, fmt.Errorf("decode order of %s: %w", e.ID, err)
	}
	read := exportScope(e)
	keep := domain.Scope{ActorID: e.CreatedBy, Permission: string(org.PermPeopleManage)}
	total, err := x.People.CountPeople(ctx, read, o.Filter)
	if err != nil {
		return 0, 0, err
	}
	notes, err := x.peopleNotes(ctx, e, &o, now)
	if err != nil {
		return 0, 0, err
	}
	table := hours.Sheet{Title: "人员", Notes: notes}
	for _, c := range o.Columns {
		table.Columns = append(table.Columns, peopleColumn(c))
	}
	open := func(p *org.Person) (string, error) {
		cards++
		plain, err := x.Seals.Open(idCardPurpose(p.ID), *p.IDCardSealed)
		return string(plain), err
	}
	shown := &shownPeople{log: x.Reads, reader: e.CreatedBy}
	lines := x.lines(ctx, e, total, &rows, func(give func([]any) error) error {
		err := x.People.EachLine(ctx, read, keep, o.Filter, func(l *org.PersonLine) error {
			row := make([]any, len(o.Columns))
			for i, c := range o.Columns {
				text, err := l.Cell(c, open)
				if err != nil {
					return fmt.Errorf("export person %s: %w", l.ID, err)
				}
				if row[i] = text; table.Columns[i].Kind == hours.ColumnText {
					row[i] = sheet.Safe(text) // a workbook may be saved as CSV yet
				}
			}
			return errors.Join(shown.add(ctx, l.ID), give(row))
		})
		return errors.Join(err, shown.flush(ctx))
	})
	sheets := x.Sheets
	if e.Kind == hours.ExportPeopleCSV {
		sheets = hours.CSV{}
	}
	err = sheets.WriteSheet(w, table, lines)
	return rows, cards, err
}

func peopleColumn(column string) hours.Column {
	c := hours.Column{Title: org.ColumnTitle(column), Kind: hours.ColumnText, Width: 14}
	switch column {
	case org.FieldNumber, org.FieldPhone:
		c.Kind = hours.ColumnCode
	case org.FieldIDCard:
		c.Kind, c.Width = hours.ColumnCode, 22
	case org.FieldPartyUnit, org.FieldAdminUnit:
		c.Width = 36
	case org.FieldEmail:
		c.Width = 24
	}
	return c
}

func (x *Exports) peopleNotes(ctx context.Context, e *hours.Export, o *org.PeopleOrder, now time.Time) ([][2]string, error) {
	names, err := x.Store.Names(ctx, []string{e.CreatedBy})
	if err != nil {
		return nil, err
	}
	unit, err := x.Store.UnitName(ctx, o.Filter.UnitID)
	if err != nil {
		return nil, err
	}
	f := o.Filter
	stage := org.StageName(org.Stage(f.Stage))
	if stage != "" && f.StageOn != "" {
		stage += "（" + f.StageOn + "）"
	}
	ages := ""
	if f.AgeFrom > 0 || f.AgeTo > 0 {
		ages = strings.TrimSuffix(fmt.Sprintf("%d-%d", f.AgeFrom, f.AgeTo), "-0")
	}
	return [][2]string{
		{"数据截至", now.In(hours.Zone).Format("2006-01-02 15:04:05")},
		{"单位", orAll(unit)},
		{"发展阶段", orAll(stage)},
		{"职级", orAll(org.RankName(f.Rank))},
		{"人员类别", orAll(org.KindName(f.Kind))},
		{"人员状态", orAll(org.StatusName(org.Status(f.Status)))},
		{"年龄", orAll(ages)},
		{"搜索", f.Query},
		{"导出人", names[e.CreatedBy]},
		{"导出原因", e.Reason},
		{"导出编号", e.ID},
		{"说明", "本文件可原样导入；单位按完整路径书写。含个人信息，用毕请销毁。"},
	}, nil
}
