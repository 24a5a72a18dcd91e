package org

import (
	"context"
	"slices"

	"zhixing/domain"
)

// FieldStatus is a column that an export has and an import does not read.
const FieldStatus = "status"

// PeopleOrder is what a file of people is to hold.
type PeopleOrder struct {
	Filter  PersonFilter `json:"filter"`
	Columns []string     `json:"columns"` // of OrderColumns
}

// OrderColumns lists the columns that a file of people can have, in its order.
// An import reads each but the status back.
func OrderColumns() []string {
	return []string{
		FieldNumber, FieldName, FieldKind, FieldGender, FieldBornOn, FieldIDCard, FieldPhone, FieldEmail, FieldPartyUnit, FieldAdminUnit,
		FieldStage, FieldStageOn, FieldRank, FieldRankOn, FieldStatus,
	}
}

// Check brings the columns into their order; number and name are always there,
// because without them a file cannot be imported again. Errors: Invalid
// "person.export_column_unknown", those of PersonFilter.Check.
func (o *PeopleOrder) Check() error {
	for _, c := range o.Columns {
		if !slices.Contains(OrderColumns(), c) {
			return domain.E(domain.Invalid, "person.export_column_unknown", "column", c)
		}
	}
	var columns []string
	for _, c := range OrderColumns() {
		if c == FieldNumber || c == FieldName || slices.Contains(o.Columns, c) {
			columns = append(columns, c)
		}
	}
	o.Columns = columns
	return o.Filter.Check()
}

// Has reports whether the file has a column.
func (o *PeopleOrder) Has(column string) bool { return slices.Contains(o.Columns, column) }

// ColumnTitle is the heading of a column, which an import knows again.
func ColumnTitle(column string) string {
	for _, f := range ImportFields() {
		if f.Key == column {
			return f.Names[0]
		}
	}
	if column == FieldStatus {
		return "人员状态"
	}
	return column
}

// PersonLine is one person as a file shows him. Units are paths of names from
// the root down, by which an import finds them again whatever they are called.
type PersonLine struct {
	Person
	PartyUnit, AdminUnit string
	Stage                Stage
	StageOn              string // first day, "" for none
	Rank, RankOn         string
	Status               Status
	Kept                 bool // the reader keeps the person's data: nothing of it is masked
}

// Cell is what a column of the file says of the person; card opens the sealed
// id number.
func (l *PersonLine) Cell(column string, card func(*Person) (string, error)) (string, error) {
	switch column {
	case FieldNumber:
		return l.Number, nil
	case FieldName:
		return l.Name, nil
	case FieldKind:
		return KindName(l.Kind), nil
	case FieldGender:
		return GenderName(textOf(l.Gender)), nil
	case FieldBornOn:
		return textOf(l.BornOn), nil
	case FieldPhone:
		if !l.Kept {
			return MaskPhone(l.Phone), nil
		}
		return l.Phone, nil
	case FieldEmail:
		if !l.Kept {
			return MaskEmail(l.Email), nil
		}
		return l.Email, nil
	case FieldIDCard:
		if !l.Kept || l.IDCardSealed == nil {
			return l.IDCardMask, nil
		}
		return card(&l.Person)
	}
	return l.standing(column), nil
}

func (l *PersonLine) standing(column string) string {
	switch column {
	case FieldPartyUnit:
		return l.PartyUnit
	case FieldAdminUnit:
		return l.AdminUnit
	case FieldStage:
		return StageName(l.Stage)
	case FieldStageOn:
		return l.StageOn
	case FieldRank:
		return RankName(l.Rank)
	case FieldRankOn:
		return l.RankOn
	case FieldStatus:
		return StatusName(l.Status)
	}
	return ""
}

// LineStore reads people for a file.
type LineStore interface {
	// CountPeople counts whom EachLine gives.
	CountPeople(ctx context.Context, s domain.Scope, f PersonFilter) (int, error)
	// EachLine feeds everybody of the filter within the scope of reading, by
	// pinyin; keep is the scope of those whose data is shown whole.
	EachLine(ctx context.Context, read, keep domain.Scope, f PersonFilter, each func(*PersonLine) error) error
}
