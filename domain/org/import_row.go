package org

import (
	"errors"
	"strings"

	"zhixing/domain"
	"zhixing/domain/sheet"
)

// The outcomes of a row.
const (
	OutcomeNew     = "new"
	OutcomeChanged = "changed"
	OutcomeSame    = "same"
	OutcomeRefused = "refused"
	OutcomeStale   = "stale"
)

// Outcomes lists every outcome.
func Outcomes() []string {
	return []string{OutcomeNew, OutcomeChanged, OutcomeSame, OutcomeRefused, OutcomeStale}
}

// CellFlaw is something about one cell: why it is refused, or how it was taken.
// Column is the index, -1 when no one cell is meant.
type CellFlaw struct {
	Column int            `json:"column"`
	Field  string         `json:"field,omitempty"`
	Reason string         `json:"reason"`
	Params map[string]any `json:"params,omitempty"`
}

// FieldChange is one field before and after. What is masked on screens is masked
// here.
type FieldChange struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// ImportValues is what a row says, cleaned. "" says nothing: what is recorded
// stays.
type ImportValues struct {
	Number      string `json:"number"`
	Name        string `json:"name"`
	Kind        string `json:"kind,omitempty"`
	Gender      string `json:"gender,omitempty"`
	BornOn      string `json:"born_on,omitempty"`
	IDCard      string `json:"-"` // only ever stored sealed
	IDCardMask  string `json:"id_card,omitempty"`
	Phone       string `json:"phone,omitempty"`
	Email       string `json:"email,omitempty"`
	PartyUnit   string `json:"party_unit,omitempty"`
	PartyUnitID string `json:"party_unit_id,omitempty"`
	AdminUnit   string `json:"admin_unit,omitempty"`
	AdminUnitID string `json:"admin_unit_id,omitempty"`
	Stage       string `json:"stage,omitempty"`
	StageOn     string `json:"stage_on,omitempty"`
	Rank        string `json:"rank,omitempty"`
	RankOn      string `json:"rank_on,omitempty"`
	Document    string `json:"document,omitempty"`
}

// ImportRow is one row and what came of it.
type ImportRow struct {
	Line      int
	Outcome   string
	Values    ImportValues
	Changes   []FieldChange
	Refusals  []CellFlaw
	Notes     []CellFlaw // how cells were taken that did not stand as they are recorded
	Sealed    string     // the raw cells and the id number
	PersonID  string     // who it is, or who it made
	Seen      string     // how the person stood when the row was judged
	AppliedAt bool
	Undo      *ImportUndo
}

// ImportUndo is what takes an applied row back.
type ImportUndo struct {
	Created    bool     `json:"created,omitempty"`
	Was        *Person  `json:"was,omitempty"` // the details before, when they changed
	Version    int      `json:"version"`       // of the person after the row
	Operations []string `json:"operations,omitempty"`
}

func (r *ImportRow) refuse(column int, field, reason string, params ...any) {
	f := CellFlaw{Column: column, Field: field, Reason: reason}
	for i := 0; i+1 < len(params); i += 2 {
		if k, ok := params[i].(string); ok {
			if f.Params == nil {
				f.Params = map[string]any{}
			}
			f.Params[k] = params[i+1]
		}
	}
	r.Refusals, r.Outcome = append(r.Refusals, f), OutcomeRefused
}

func (r *ImportRow) note(column int, field, reason string) {
	r.Notes = append(r.Notes, CellFlaw{Column: column, Field: field, Reason: reason})
}

// reader reads the cells of one row.
type rowReader struct {
	row     *sheet.Row
	columns map[string]int // field → index
	out     *ImportRow
	formula map[int]bool
}

// ReadImportRow takes the cells apart by the mapping. What is wrong with them by
// themselves is refused: NewPerson.Check decides, as it does for people who are
// added by hand. Units are found by find.
func ReadImportRow(row *sheet.Row, columns []sheet.Column, o ImportOptions, today string, find func(tree, name string) (id, reason string)) *ImportRow {
	r := &rowReader{row: row, columns: map[string]int{}, out: &ImportRow{Line: row.Line}, formula: map[int]bool{}}
	for _, c := range columns {
		if c.Field != "" {
			r.columns[c.Field] = c.Index
		}
	}
	for _, i := range row.Formulas {
		r.formula[i] = true
	}
	v := &r.out.Values
	v.Number, v.Phone, v.Email, v.IDCard = r.code(FieldNumber), r.code(FieldPhone), r.code(FieldEmail), r.code(FieldIDCard)
	v.Name, v.Document = r.text(FieldName), r.text(FieldDocument)
	v.Gender, v.Kind = r.word(FieldGender, genderWords, "person.gender_unknown"), r.word(FieldKind, kindWords, "person.kind_unknown")
	v.Stage, v.Rank = r.word(FieldStage, stageWords, "person.stage_unknown"), r.word(FieldRank, rankWords, "person.rank_unknown")
	v.BornOn, v.StageOn, v.RankOn = r.date(FieldBornOn), r.date(FieldStageOn), r.date(FieldRankOn)
	v.PartyUnit, v.PartyUnitID = r.unit(FieldPartyUnit, TreeParty, find)
	v.AdminUnit, v.AdminUnitID = r.unit(FieldAdminUnit, TreeAdmin, find)
	r.check(o, today)
	return r.out
}

func (r *rowReader) column(field string) int {
	if c, ok := r.columns[field]; ok {
		return c
	}
	return -1
}

// raw returns the cell of a field, "" when it says nothing or is refused.
func (r *rowReader) raw(field string) (string, int) {
	c := r.column(field)
	s := r.row.Cell(c)
	trimmed := strings.TrimSpace(s)
	switch {
	case sheet.ErrorValue(trimmed):
		r.out.refuse(c, field, "import.cell_error", "value", trimmed)
		return "", c
	case sheet.Formula(trimmed), r.formula[c] && trimmed == "":
		r.out.refuse(c, field, "import.formula")
		return "", c
	case len([]rune(s)) > sheet.MaxCell:
		r.out.refuse(c, field, "import.cell_too_long", "max", sheet.MaxCell)
		return "", c
	case r.formula[c]:
		r.out.note(c, field, "import.note_formula")
	}
	return s, c
}

func (r *rowReader) text(field string) string {
	s, c := r.raw(field)
	text, changed := sheet.Clean(sheet.Plain(s))
	if changed {
		r.out.note(c, field, "import.note_cleaned")
	}
	return text
}

func (r *rowReader) code(field string) string {
	s, c := r.raw(field)
	text, changed := sheet.Narrow(s)
	if sheet.Destroyed(text) {
		r.out.refuse(c, field, "import.number_destroyed")
		return ""
	}
	if changed {
		r.out.note(c, field, "import.note_cleaned")
	}
	return text
}

func (r *rowReader) word(field string, words map[string]string, unknown string) string {
	s, c := r.raw(field)
	text, changed := sheet.Narrow(s)
	if text == "" {
		return ""
	}
	if changed {
		r.out.note(c, field, "import.note_cleaned")
	}
	v, ok := word(words, text)
	if !ok {
		r.out.refuse(c, field, unknown)
	}
	return v
}

func (r *rowReader) date(field string) string {
	s, c := r.raw(field)
	if text, _ := sheet.Narrow(s); text == "" {
		return ""
	}
	d, err := sheet.ParseDate(s)
	if e, ok := errors.AsType[*domain.Error](err); ok {
		r.out.Refusals = append(r.out.Refusals, CellFlaw{Column: c, Field: field, Reason: e.Reason, Params: e.Params})
		r.out.Outcome = OutcomeRefused
		return ""
	}
	switch {
	case d.Unsure:
		r.out.note(c, field, "import.note_january_or_october")
	case d.MonthOnly:
		r.out.note(c, field, "import.note_month_only")
	}
	return d.On
}

func (r *rowReader) unit(field, tree string, find func(tree, name string) (id, reason string)) (name, id string) {
	name = r.text(field)
	if name == "" {
		return "", ""
	}
	id, reason := find(tree, name)
	if reason != "" {
		r.out.refuse(r.column(field), field, reason, "name", name)
	}
	return name, id
}

// check lets the rules for new people judge, and the id number tell on the rest.
func (r *rowReader) check(o ImportOptions, today string) {
	v := &r.out.Values
	n := v.NewPerson(o, today)
	if n.Kind == "" { // somebody who is known keeps his; Judge asks it of who is new
		n.Kind = Kinds()[0]
	}
	refused := map[string]bool{}
	for _, f := range r.out.Refusals {
		refused[f.Field] = true
	}
	for _, f := range n.Check(today) {
		if refused[f.Location] {
			continue
		}
		reason := f.Reason
		if f.Location == FieldIDCard && lostDigits(v.IDCard) {
			reason = "import.number_destroyed"
		}
		switch {
		case f.Location == FieldNumber && v.Number == "":
			reason = "import.number_missing"
		case f.Location == FieldName && v.Name == "":
			reason = "import.name_missing"
		}
		r.out.Refusals = append(r.out.Refusals, CellFlaw{Column: r.column(f.Location), Field: f.Location, Reason: reason, Params: f.Params})
		r.out.Outcome = OutcomeRefused
		refused[f.Location] = true
	}
	v.Number, v.Name, v.Phone, v.Email = n.Number, n.Name, n.Phone, n.Email
	for _, d := range []struct{ field, on string }{{FieldStageOn, v.StageOn}, {FieldRankOn, v.RankOn}} {
		if d.on > today {
			r.out.refuse(r.column(d.field), d.field, "import.date_future")
		}
	}
	switch {
	case v.StageOn != "" && v.Stage == "" && !refused[FieldStage]:
		r.out.refuse(r.column(FieldStageOn), FieldStageOn, "import.stage_missing")
	case v.RankOn != "" && v.Rank == "" && !refused[FieldRank]:
		r.out.refuse(r.column(FieldRankOn), FieldRankOn, "import.rank_missing")
	}
	if v.IDCard != "" && !refused[FieldIDCard] {
		v.IDCard = n.IDCard
		r.compareCard(IDCard(n.IDCard), refused)
	}
}

// compareCard holds the birth date and the gender against the id number.
func (r *rowReader) compareCard(card IDCard, refused map[string]bool) {
	v := &r.out.Values
	v.IDCardMask = card.Mask()
	c := r.column(FieldBornOn)
	monthOnly := false
	for _, n := range r.out.Notes {
		monthOnly = monthOnly || n.Field == FieldBornOn && (n.Reason == "import.note_month_only" || n.Reason == "import.note_january_or_october")
	}
	switch born := card.BornOn(); {
	case refused[FieldBornOn]:
	case v.BornOn == "":
		v.BornOn = born
		r.out.note(r.column(FieldIDCard), FieldBornOn, "import.note_from_id_card")
	case monthOnly && (v.BornOn[:7] == born[:7] || born[5:7] == "10" && v.BornOn[:4] == born[:4] && v.BornOn[5:7] == "01"):
		v.BornOn = born
	case v.BornOn != born:
		r.out.refuse(c, FieldBornOn, "import.born_on_differs")
	}
	switch {
	case refused[FieldGender]:
	case v.Gender == "":
		v.Gender = card.Gender()
		r.out.note(r.column(FieldIDCard), FieldGender, "import.note_from_id_card")
	case v.Gender != card.Gender():
		r.out.refuse(r.column(FieldGender), FieldGender, "import.gender_differs")
	}
}

// lostDigits tells an id number whose last digits a spreadsheet made zero: it
// keeps fifteen.
func lostDigits(s string) bool { return len(s) == 18 && strings.HasSuffix(s, "000") }

// NewPerson is the row as a person who is added.
func (v *ImportValues) NewPerson(o ImportOptions, today string) NewPerson {
	n := NewPerson{
		Number: v.Number, Name: v.Name, Kind: v.Kind, Gender: v.Gender, BornOn: v.BornOn, IDCard: v.IDCard, Phone: v.Phone, Email: v.Email,
		PartyUnitID: v.PartyUnitID, AdminUnitID: v.AdminUnitID, Stage: Stage(v.Stage), Rank: v.Rank, From: o.From,
	}
	if n.Kind == "" {
		n.Kind = o.Kind
	}
	if n.From == "" {
		n.From = today
	}
	return n
}

// Details is the row as the details of a person.
func (v *ImportValues) Details(p *Person) Details {
	or := func(s, old string) string {
		if s == "" {
			return old
		}
		return s
	}
	d := Details{
		Number: p.Number, Name: or(v.Name, p.Name), Kind: or(v.Kind, p.Kind), Gender: or(v.Gender, textOf(p.Gender)), BornOn: or(v.BornOn, textOf(p.BornOn)),
		Phone: or(v.Phone, p.Phone), Email: or(v.Email, p.Email),
	}
	if v.IDCard != "" {
		d.IDCard = &v.IDCard
	}
	return d
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
