package hours

import (
	"context"
	"io"
	"iter"
)

// The kinds of a column, which decide how a cell is written.
const (
	ColumnText   = "text"  // string, never taken for a number or a formula
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

// Objects is where files of exports are kept; the media store's is one.
type Objects interface {
	Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error
	// Get streams bytes from..to, both included; to < 0 means to the end.
	Get(ctx context.Context, key string, from, to int64) (io.ReadCloser, error)
	RemovePrefix(ctx context.Context, prefix string) error
}
