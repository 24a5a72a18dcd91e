// Package sheet reads tables that people keep: cells as text with the line and
// column they stand in, dates in every shape that occurs, headers under a title.
// It knows nothing of files or encodings; storage/document feeds it.
package sheet

import (
	"io"
	"iter"
	"strings"
)

// The caps of one file. What is over them is refused whole, never cut.
const (
	MaxBytes    = 20 << 20
	MaxRows     = 200_000
	MaxColumns  = 100
	MaxSheets   = 50
	MaxCell     = 4_000     // characters
	MaxRow      = 128 << 10 // bytes of all its cells
	MaxRatio    = 200       // of what a workbook unpacks to, against the file
	MaxUnpacked = 512 << 20 // bytes that a workbook may unpack to, whatever the ratio
	MaxBeside   = 64 << 20  // bytes of it that are neither pages nor their texts: pictures, comments, formats
)

// Row is one line of a table as it stands in the file. Line counts from 1; a
// CSV cell may hold line breaks, so lines of rows need not follow each other.
type Row struct {
	Line     int
	Cells    []string
	Formulas []int // indexes of cells whose text is what a formula gave when it was last saved
}

// Blank reports whether no cell says anything.
func (r *Row) Blank() bool {
	for _, c := range r.Cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// Cell is the text at a column, "" beyond the end.
func (r *Row) Cell(column int) string {
	if column < 0 || column >= len(r.Cells) {
		return ""
	}
	return r.Cells[column]
}

// Remark is something of the file that is not a cell of the table: a comment, a
// page that is not read, a merged title.
type Remark struct {
	Kind   string `json:"kind"`
	Sheet  string `json:"sheet,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column"` // index; -1 is the whole line or page
	Text   string `json:"text"`
}

// The kinds of what is listed in a loss report.
const (
	RemarkTitle    = "title"    // a line above the header
	RemarkBlank    = "blank"    // a line without a word
	RemarkSheet    = "sheet"    // another page of the workbook
	RemarkHidden   = "hidden"   // a hidden page
	RemarkComment  = "comment"  // a comment on a cell
	RemarkUnmapped = "unmapped" // a cell of a column that is not imported
	RemarkExtra    = "extra"    // a cell right of the header's last column
	RemarkNote     = "note"     // a value that was cleaned or not taken as it stands
	RemarkRefused  = "refused"  // a row, with its reason
)

// Info is what is known of a file before its rows are read.
type Info struct {
	Format    string // xlsx, csv
	Encoding  string // of a CSV: UTF-8, UTF-16, GB18030
	Delimiter string // of a CSV
	Sheet     string // the page that is read
	Rows      int    // that say something, the header and titles among them
	Remarks   []Remark
}

// Book is an opened file. Rows may be read more than once.
type Book interface {
	io.Closer
	Info() Info
	Rows() iter.Seq2[Row, error]
}

// Reader opens files. Errors are Invalid: "import.too_large", "import.old_xls",
// "import.not_a_table", "import.encoding_unknown", "import.unpacks_too_large",
// "import.too_many_sheets", "import.date_1904"; of a row that is read,
// "import.row_too_long" and "import.quote_open" too.
type Reader interface {
	Open(data []byte) (Book, error)
}

// ColumnName is the letter of a column index: 0 is A, 26 is AA.
func ColumnName(i int) string {
	if i < 0 {
		return ""
	}
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}
