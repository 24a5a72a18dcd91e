package sheet

import (
	"slices"
	"strings"
	"unicode"
)

// Field is something that a column can hold, with the names that headers give it.
type Field struct {
	Key   string
	Names []string
}

// Column is a column of the file and the field that it is taken for, "" for none.
type Column struct {
	Index   int      `json:"index"`
	Title   string   `json:"title"`
	Field   string   `json:"field"`
	Samples []string `json:"samples,omitempty"` // of the first rows, sensitive ones masked by the caller
}

// Header is where the table begins.
type Header struct {
	Line    int // 0 when no line looks like one
	Columns []Column
}

// headerRows is how far down a header is looked for.
const headerRows = 20

// GuessHeader finds the header among the first rows: the one that most names of
// fields stand in, at least two, the upper one of equals. Titles that span the
// table stand above it.
func GuessHeader(rows []Row, fields []Field) Header {
	best, most := -1, 1
	for i := range rows[:min(len(rows), headerRows)] {
		if n := matches(&rows[i], fields); n > most {
			best, most = i, n
		}
	}
	if best < 0 {
		return Header{}
	}
	return HeaderAt(&rows[best], fields)
}

// HeaderAt takes a row for the header and suggests the field of each column.
// Exact names come before names that a title only contains; no field twice.
func HeaderAt(row *Row, fields []Field) Header {
	h := Header{Line: row.Line}
	taken := map[string]bool{}
	for i, cell := range row.Cells {
		title, _ := Clean(cell)
		h.Columns = append(h.Columns, Column{Index: i, Title: title})
	}
	for _, exact := range []bool{true, false} {
		for i := range h.Columns {
			c := &h.Columns[i]
			if c.Field != "" || c.Title == "" {
				continue
			}
			if key := fieldOf(c.Title, fields, exact, taken); key != "" {
				c.Field, taken[key] = key, true
			}
		}
	}
	for len(h.Columns) > 0 && h.Columns[len(h.Columns)-1].Title == "" {
		h.Columns = h.Columns[:len(h.Columns)-1]
	}
	return h
}

func matches(row *Row, fields []Field) int {
	found := map[string]bool{}
	for _, cell := range row.Cells {
		if key := fieldOf(cell, fields, true, found); key != "" {
			found[key] = true
		}
	}
	return len(found)
}

func fieldOf(title string, fields []Field, exact bool, taken map[string]bool) string {
	name := bare(title)
	if name == "" {
		return ""
	}
	for _, f := range fields {
		if taken[f.Key] {
			continue
		}
		if slices.ContainsFunc(f.Names, func(n string) bool {
			n = bare(n)
			return name == n || !exact && len([]rune(n)) > 1 && strings.Contains(name, n)
		}) {
			return f.Key
		}
	}
	return ""
}

// bare leaves the letters of a title: 【*姓 名（必填）】 and 姓名 are the same.
func bare(title string) string {
	narrow, _ := Narrow(title)
	if i := strings.IndexAny(narrow, "(["); i > 0 {
		narrow = narrow[:i]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, narrow)
}
