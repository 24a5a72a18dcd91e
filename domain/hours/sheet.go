package hours

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"

	"zhixing/domain/sheet"
)

// The kinds of a column, which decide how a cell is written.
const (
	ColumnText   = "text"  // string, never taken for a number or a formula
	ColumnCode   = "code"  // string of digits that are no quantity: none may be lost
	ColumnHours  = "hours" // int, centi-hours
	ColumnDate   = "date"  // *Date
	ColumnNumber = "number"
)

// Column is one column of a sheet. Width is in characters.
type Column struct {
	Title string
	Kind  string
	Width float64
}

// Sheet is a table for people to keep, with notes that say what it is.
type Sheet struct {
	Title   string
	Columns []Column
	Notes   [][2]string // on a page of their own: what, and its value
	// Choices are offered in the cells of a column, by its index.
	Choices map[int][]string
}

// Sheets writes workbooks. A row has one cell per column.
type Sheets interface {
	WriteSheet(w io.Writer, s Sheet, rows iter.Seq2[[]any, error]) error
}

// CSV writes the same table as comma-separated values: with a byte order mark, by
// which spreadsheets know UTF-8, and with no cell that they take for a formula.
type CSV struct{}

var _ Sheets = CSV{}

// WriteSheet implements Sheets; the notes have no place in such a file.
func (CSV) WriteSheet(w io.Writer, s Sheet, rows iter.Seq2[[]any, error]) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	cells := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		cells[i] = c.Title
	}
	if err := out.Write(cells); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		for i, v := range row {
			switch {
			case v == nil:
				cells[i] = ""
			case s.Columns[i].Kind == ColumnCode:
				cells[i] = sheet.Code(fmt.Sprint(v))
			default:
				cells[i] = sheet.Safe(fmt.Sprint(v))
			}
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

// Objects is where files of exports are kept; the media store's is one.
type Objects interface {
	Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error
	// Get streams bytes from..to, both included; to < 0 means to the end.
	Get(ctx context.Context, key string, from, to int64) (io.ReadCloser, error)
	RemovePrefix(ctx context.Context, prefix string) error
}
