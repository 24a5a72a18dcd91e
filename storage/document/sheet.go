// Package document reads and writes the files that people hold: workbooks, and
// the anchor files of the ledger.
package document

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"zhixing/domain/hours"

	"github.com/xuri/excelize/v2"
)

// Sheets is hours.Sheets by excelize's stream writer: rows go out as they come.
type Sheets struct{}

var _ hours.Sheets = Sheets{}

const (
	numFmtText = 49 // "@": what looks like a number or a formula stays text
	maxCell    = 32767
)

type styles struct{ head, text, hours, date, number int }

// WriteSheet writes one table with a frozen, filterable head, and a second page
// with the notes.
func (Sheets) WriteSheet(w io.Writer, s hours.Sheet, rows iter.Seq2[[]any, error]) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := makeStyles(f)
	if err != nil {
		return fmt.Errorf("workbook styles: %w", err)
	}
	const notes = "说明"
	if err := errors.Join(f.SetSheetName("Sheet1", s.Title), second(f.NewSheet(notes))); err != nil {
		return fmt.Errorf("workbook pages: %w", err)
	}
	for column, words := range s.Choices {
		if err := offer(f, s.Title, column, words); err != nil {
			return err
		}
	}
	n, err := writeTable(f, s, st, rows)
	if err != nil {
		return err
	}
	for i, note := range append(s.Notes, [2]string{"行数", fmt.Sprint(n)}) {
		err := errors.Join(f.SetCellStr(notes, fmt.Sprintf("A%d", i+1), clean(note[0])), f.SetCellStr(notes, fmt.Sprintf("B%d", i+1), clean(note[1])))
		if err != nil {
			return fmt.Errorf("write notes: %w", err)
		}
	}
	if err := errors.Join(f.SetColWidth(notes, "A", "A", 16), f.SetColWidth(notes, "B", "B", 80)); err != nil {
		return fmt.Errorf("write notes: %w", err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func writeTable(f *excelize.File, s hours.Sheet, st styles, rows iter.Seq2[[]any, error]) (int, error) {
	sw, err := f.NewStreamWriter(s.Title)
	if err != nil {
		return 0, fmt.Errorf("begin table: %w", err)
	}
	head := make([]any, len(s.Columns))
	for i, c := range s.Columns {
		head[i] = excelize.Cell{StyleID: st.head, Value: clean(c.Title)}
		if err := sw.SetColWidth(i+1, i+1, c.Width); err != nil {
			return 0, fmt.Errorf("column width: %w", err)
		}
	}
	err = errors.Join(sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}), sw.SetRow("A1", head))
	if err != nil {
		return 0, fmt.Errorf("write head: %w", err)
	}
	n, cells := 0, make([]any, len(s.Columns))
	for row, err := range rows {
		if err != nil {
			return n, err
		}
		for i, c := range s.Columns {
			cells[i] = cell(c.Kind, row[i], st)
		}
		n++
		if err := sw.SetRow(fmt.Sprintf("A%d", n+1), cells); err != nil {
			return n, fmt.Errorf("write row %d: %w", n, err)
		}
	}
	// A table, and not AutoFilter, which would read the whole page back into memory.
	last, err := excelize.CoordinatesToCellName(len(s.Columns), max(n, 1)+1)
	if err != nil {
		return n, fmt.Errorf("range of table: %w", err)
	}
	stripes := false
	err = errors.Join(sw.AddTable(&excelize.Table{Range: "A1:" + last, Name: "rows", StyleName: "TableStyleLight1", ShowRowStripes: &stripes}), sw.Flush())
	if err != nil {
		return n, fmt.Errorf("end table: %w", err)
	}
	return n, nil
}

func cell(kind string, v any, st styles) any {
	switch v := v.(type) {
	case string:
		return excelize.Cell{StyleID: st.text, Value: clean(v)}
	case int:
		if kind == hours.ColumnHours {
			return excelize.Cell{StyleID: st.hours, Value: float64(v) / 100}
		}
		return excelize.Cell{StyleID: st.number, Value: v}
	case *hours.Date:
		if v != nil {
			return excelize.Cell{StyleID: st.date, Value: v.Time()}
		}
	}
	return nil
}

// offered is how far down a column offers its choices.
const offered = 5000

func offer(f *excelize.File, page string, column int, words []string) error {
	name, err := excelize.ColumnNumberToName(column + 1)
	if err != nil {
		return fmt.Errorf("choices: %w", err)
	}
	v := excelize.NewDataValidation(true)
	v.SetSqref(fmt.Sprintf("%s2:%s%d", name, name, offered))
	if err := errors.Join(v.SetDropList(words), f.AddDataValidation(page, v)); err != nil {
		return fmt.Errorf("choices: %w", err)
	}
	return nil
}

func makeStyles(f *excelize.File) (st styles, err error) {
	set := func(to *int, s *excelize.Style) {
		id, e := f.NewStyle(s)
		*to, err = id, errors.Join(err, e)
	}
	hoursFmt, dateFmt := "0.0#", "yyyy-mm-dd"
	set(&st.head, &excelize.Style{
		Font: &excelize.Font{Bold: true}, NumFmt: numFmtText,
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F2EFEA"}},
	})
	set(&st.text, &excelize.Style{NumFmt: numFmtText})
	set(&st.hours, &excelize.Style{CustomNumFmt: &hoursFmt})
	set(&st.date, &excelize.Style{CustomNumFmt: &dateFmt})
	set(&st.number, &excelize.Style{NumFmt: 1})
	return st, err
}

// clean leaves what a cell can hold: no control characters, no broken UTF-8, at
// most the length that Excel opens.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || (r < ' ' && r != '\t' && r != '\n') || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > maxCell {
		s = string([]rune(s)[:maxCell])
	}
	return s
}

func second[T any](_ T, err error) error { return err }
