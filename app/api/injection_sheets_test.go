//go:build !race

package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"zhixing/app/api/apitest"
	"zhixing/domain/org"
)

// live is what a part of a workbook holds when something of it is done: a
// formula, a link, an element of HTML.
var live = regexp.MustCompile(`(?i)<(f|hyperlink|script|img|svg|iframe|ddeLink|externalLink)[ />]`)

// inertTable wants a file of ours to do nothing to whoever opens it, and gives its cells.
func inertTable(t *testing.T, what string, file []byte) (cells []string) {
	t.Helper()
	if !bytes.HasPrefix(file, []byte("PK")) {
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if counted(cell) {
					t.Errorf("%s: a spreadsheet counts %.60q", what, cell)
				}
			}
			cells = append(cells, row...)
		}
		return cells
	}
	parts, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for _, part := range parts.File {
		r, err := part.Open()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		text, err := io.ReadAll(r)
		_ = r.Close()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if found := live.Find(text); found != nil {
			t.Errorf("%s: %s holds %s", what, part.Name, found)
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for _, row := range rows {
		cells = append(cells, row...)
	}
	return cells
}

// counted reports whether a spreadsheet that reads a CSV file works a cell out.
func counted(cell string) bool {
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return false
	}
	seen := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r < ' ' })
	return seen != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(seen)[0])
}

// planted makes a sheet in which every payload stands once in every column, the
// rest of its line being good, and in a column and a title that nobody knows.
func planted(t *testing.T, format string, payloads []string) (file []byte, lines int) {
	t.Helper()
	fields := org.ImportFields()
	good := map[string]string{org.FieldName: "张三", org.FieldKind: "学生", org.FieldPartyUnit: "第一支部", org.FieldStage: "入党积极分子", org.FieldStageOn: "2024-09-01"}
	var titles []string
	for _, f := range fields {
		titles = append(titles, f.Names[0])
	}
	rows := [][]string{append(titles, "备注", `=1+1<script>alert(1)</script>`)}
	for n, p := range payloads {
		for at := range len(fields) + 2 {
			row := make([]string, len(fields)+2)
			for c, f := range fields {
				row[c] = good[f.Key]
			}
			row[0] = fmt.Sprintf("P%03dX%02d", n, at)
			row[at] = p
			rows = append(rows, row)
		}
	}
	var b bytes.Buffer
	if format == "csv" {
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		return b.Bytes(), len(rows) - 1
	}
	book := excelize.NewFile()
	for r, row := range rows {
		for c, text := range row {
			cell, err := excelize.CoordinatesToCellName(c+1, r+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetCellStr("Sheet1", cell, text); err != nil {
				t.Fatal(err)
			}
		}
		if r > 0 && r < len(payloads) {
			if err := book.AddComment("Sheet1", excelize.Comment{Cell: fmt.Sprintf("B%d", r+1), Author: "x", Text: payloads[r]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), len(rows) - 1
}

// TestInjectionInSheets puts every payload that a sheet can hold in every column
// of an import: what the preview says of each line, the report of what was
// refused, and the files in which the people who came in go out again, hold them
// as text, and nothing of them is done.
func TestInjectionInSheets(t *testing.T) {
	log := captureLog(t)
	c := newExporting(t)
	c.Exec(t, "CREATE TABLE injection_canary (n int)")
	c.Exec(t, "INSERT INTO injection_canary SELECT generate_series(1, 10)")
	for _, format := range []string{"csv", "xlsx"} {
		var payloads []string
		for _, p := range corpus(t) {
			if !utf8.ValidString(p) || len(p) > 1000 || strings.TrimSpace(p) == "" || strings.Contains(p, "\x00") {
				continue
			}
			if format == "xlsx" && strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0xfffe || r == 0xffff }) {
				continue // XML has no such character
			}
			payloads = append(payloads, p)
		}
		file, lines := planted(t, format, payloads)
		i := c.preview(c.admin, "注入."+format, file)
		if i.State != "previewed" || i.Counts.Total+i.Counts.Blank < lines {
			t.Fatalf("%s: %d lines, %+v", format, lines, i)
		}
		said := c.inertRows(c.admin, i.ID)
		held := map[string]bool{}
		for _, f := range []string{"csv", "xlsx"} {
			for _, cell := range inertTable(t, format+" reported as "+f, c.admin.Do("GET", "/imports/"+i.ID+"/report?format="+f, nil).Want(200).Body) {
				held[strings.TrimPrefix(cell, "'")] = true
			}
		}
		missing := 0
		for _, p := range payloads {
			if !held[p] && !held[strings.TrimPrefix(p, "'")] && !strings.ContainsAny(p, "\r\n\t\x0b\x0c") && org.MaskSample("", p) == p {
				if missing++; missing < 5 {
					t.Errorf("%s: the report does not show %.60q as it stands", format, p)
				}
			}
		}
		if i = c.apply(c.admin, i.ID); i.State != "applied" || i.Counts.Applied == 0 || i.Counts.Applied < len(payloads) {
			t.Errorf("%s: %+v", format, i)
		}
		for _, f := range []string{"csv", "xlsx"} {
			e, file := c.export(c.admin, map[string]any{"columns": allColumns, "format": f, "reason": "上报"})
			inertTable(t, "people as "+f, file)
			if e.RowCount < i.Counts.Applied {
				t.Errorf("%d people in the file, %d came in", e.RowCount, i.Counts.Applied)
			}
		}
		t.Logf("%s: %d payloads in %d lines, %d refusals said, %d taken", format, len(payloads), lines, said, i.Counts.Applied)
		if least := 20 * len(payloads) / 10; said < least || len(payloads) < 100 {
			t.Errorf("%s: the suite has lost its hold of the sheet", format)
		}
	}
	var n, sum int
	if err := c.DB.Bun.NewRaw("SELECT count(*), coalesce(sum(n), 0) FROM injection_canary").Scan(t.Context(), &n, &sum); err != nil || n != 10 || sum != 55 {
		t.Errorf("%d rows that make %d, %v: a statement was done", n, sum, err)
	}
	wholeLines(t, log)
}

// inertRows reads the preview to its end: each page is JSON that no browser takes
// for anything else, and each refusal is said in both languages.
func (c *importing) inertRows(who *apitest.Client, id string) (refusals int) {
	c.Helper()
	for token := ""; ; {
		var page struct {
			Items []struct {
				Line     int
				Outcome  string
				Refusals []struct {
					Cell, Reason string
					Messages     map[string]string
				}
			}
			Next string `json:"next_page_token"`
		}
		r := who.Do("GET", "/imports/"+id+"/rows?limit=200&page_token="+url.QueryEscape(token), nil).Want(200)
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			c.Errorf("rows as %q", r.Header.Get("Content-Type"))
		}
		for _, w := range inner {
			if bytes.Contains(r.Body, []byte(w)) {
				c.Errorf("a line tells of the inside: %s", w)
			}
		}
		r.Into(&page)
		for _, row := range page.Items {
			if (row.Outcome == "refused") != (len(row.Refusals) > 0) {
				c.Errorf("line %d: %s with %d refusals", row.Line, row.Outcome, len(row.Refusals))
			}
			for _, f := range row.Refusals {
				if refusals++; f.Reason == "" || f.Messages["zh-CN"] == "" || f.Messages["en"] == "" {
					c.Errorf("line %d %s: nothing is said of %q", row.Line, f.Cell, f.Reason)
				}
			}
		}
		if token = page.Next; token == "" {
			return refusals
		}
	}
}
