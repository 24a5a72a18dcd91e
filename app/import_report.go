package app

import (
	"context"

	"zhixing/domain/org"
	"zhixing/domain/sheet"
)

// ReportLine is one line of a loss report: something of the file that was not
// taken as it stands. Column is an index, -1 for a whole line.
type ReportLine struct {
	Kind   string
	Line   int
	Column int
	Title  string // of the column
	Reason string // of a refusal or a note; "" otherwise
	Params map[string]any
	Text   string // as it stands in the file
}

// Report tells everything of a file that was not taken as it stands, line by
// line: refused rows with each reason, values that were cleaned, cells of
// columns that nobody mapped, titles, blank lines, other pages, comments. The
// reading is recorded.
func (u *Imports) Report(ctx context.Context, who Actor, id string, tell func(ReportLine) error) (*org.Import, error) {
	i, err := u.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if err := u.Store.Audit(ctx, who.Did("import.report", "import", i.ID, "filename", i.Filename)); err != nil {
		return nil, err
	}
	mapped, titles := map[int]bool{}, map[int]string{}
	for _, c := range i.Columns {
		mapped[c.Index], titles[c.Index] = c.Field != "", c.Title
	}
	err = u.Store.EachRemark(ctx, i.ID, func(r sheet.Remark) error {
		return tell(ReportLine{Kind: r.Kind, Line: r.Line, Column: r.Column, Title: titles[r.Column], Text: r.Text})
	})
	if err != nil {
		return nil, err
	}
	return i, u.Store.EachRow(ctx, i.ID, func(r *org.ImportRow) error {
		kept, err := u.unsealRow(i.ID, r)
		if err != nil {
			return err
		}
		for _, line := range linesOf(r, kept.Cells, mapped, titles) {
			if err := tell(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// linesOf is what a report says of one row.
func linesOf(r *org.ImportRow, cells []string, mapped map[int]bool, titles map[int]string) []ReportLine {
	var out []ReportLine
	row := sheet.Row{Cells: cells}
	for _, list := range []struct {
		kind  string
		flaws []org.CellFlaw
	}{{sheet.RemarkRefused, r.Refusals}, {sheet.RemarkNote, r.Notes}} {
		for _, f := range list.flaws {
			out = append(out, ReportLine{
				Kind: list.kind, Line: r.Line, Column: f.Column, Title: titles[f.Column], Reason: f.Reason, Params: f.Params,
				Text: org.MaskSample(f.Field, row.Cell(f.Column)),
			})
		}
	}
	for c, text := range cells {
		if clean, _ := sheet.Clean(text); clean != "" && !mapped[c] {
			kind := sheet.RemarkUnmapped
			if _, ok := titles[c]; !ok {
				kind = sheet.RemarkExtra
			}
			out = append(out, ReportLine{Kind: kind, Line: r.Line, Column: c, Title: titles[c], Text: text})
		}
	}
	return out
}
