//go:build !race

package api_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"zhixing/domain/sheet"
)

// zeros is an endless text of one character.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// workbook makes an xlsx of one page whose rows are the XML given; parts are
// written in the place of those that excelize makes, or beside them.
func workbook(t *testing.T, rows io.Reader, parts map[string]io.Reader) []byte {
	t.Helper()
	f := excelize.NewFile()
	var plain, out bytes.Buffer
	if err := f.Write(&plain); err != nil {
		t.Fatal(err)
	}
	from, err := zip.NewReader(bytes.NewReader(plain.Bytes()), int64(plain.Len()))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(&out)
	put := func(name string, body ...io.Reader) {
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(part, io.MultiReader(body...)); err != nil {
			t.Fatal(err)
		}
	}
	const page = "xl/worksheets/sheet1.xml"
	for _, p := range from.File {
		if p.Name == page || parts[p.Name] != nil {
			continue
		}
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		put(p.Name, r)
	}
	for name, body := range parts {
		put(name, body)
	}
	if rows != nil {
		put(page, strings.NewReader(`<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`),
			rows, strings.NewReader(`</sheetData></worksheet>`))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func cell(at, text string) string {
	return `<c r="` + at + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
}

const headRow = `<row r="1"><c r="A1" t="inlineStr"><is><t>学号</t></is></c><c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row>`

func of(text ...string) io.Reader { return strings.NewReader(strings.Join(text, "")) }

// Files that were made to fill the memory, the disk or the time of who reads them
// are refused with the reason, by the real reader, and change nothing.
//
// Seen red: without MaxBeside (a picture of zeros was taken into memory), without
// maxText (a cell of 200 MB), with wellFormed left out (a page that breaks off gave
// its first rows, and nothing was said of the others), without TooLong.
func TestImportCaps(t *testing.T) {
	c := newImporting(t)
	admin := c.Person(t, "admin", "管理员", "admin")
	before := c.count("SELECT count(*) FROM people")
	mb := func(n int64) io.Reader { return io.LimitReader(zeros{}, n<<20) }
	for name, f := range map[string]struct {
		data   func() []byte
		reason string
	}{
		"a cell that unpacks to 300 MB": {func() []byte {
			return workbook(t, io.MultiReader(of(headRow, `<row r="2"><c r="A2"><v>`), mb(300), of(`</v></c></row>`)), nil)
		}, "import.unpacks_too_large"},
		"a cell of 20 MB within the ratio": {func() []byte {
			return workbook(t, io.MultiReader(of(headRow, `<row r="2"><c r="A2"><v>`), mb(20), of(`</v></c></row>`)), nil)
		}, "import.unpacks_too_large"},
		"shared texts of 300 MB": {func() []byte {
			return workbook(t, of(headRow), map[string]io.Reader{"xl/sharedStrings.xml": io.MultiReader(of(`<sst><si><t>`), mb(300), of(`</t></si></sst>`))})
		}, "import.unpacks_too_large"},
		"a picture of zeros": {func() []byte {
			return workbook(t, of(headRow), map[string]io.Reader{"xl/media/image1.png": mb(100)})
		}, "import.unpacks_too_large"},
		"a tag of 1 MB": {func() []byte {
			return workbook(t, io.MultiReader(of(headRow, `<row r="2" a="`), mb(1), of(`"/>`)), nil)
		}, "import.unpacks_too_large"},
		"three thousand parts": {func() []byte {
			parts := map[string]io.Reader{}
			for i := range 3000 {
				parts[fmt.Sprintf("xl/media/%d.bin", i)] = of("x")
			}
			return workbook(t, of(headRow), parts)
		}, "import.unpacks_too_large"},
		"a row of 20,000 cells": {func() []byte {
			return workbook(t, of(headRow, `<row r="2">`, strings.Repeat(`<c><v>1</v></c>`, 20_000), `</row>`), nil)
		}, "import.unpacks_too_large"},
		"entities that grow": {func() []byte {
			return workbook(t, nil, map[string]io.Reader{"xl/worksheets/sheet1.xml": of(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`,
				`<worksheet><sheetData>`, headRow, `<row r="2">`, cell("A2", "&b;"), `</row></sheetData></worksheet>`)})
		}, "import.not_a_table"},
		"a page that breaks off": {func() []byte {
			return workbook(t, of(headRow, `<row r="2">`, cell("A2", "1"), cell("B2", "甲"), `</row><row r="3">`, cell("A3", "2"), `</oops>`), nil)
		}, "import.not_a_table"},
		"a row beyond the last there can be": {func() []byte {
			return workbook(t, of(headRow, `<row r="2000000000">`, cell("A2000000000", "1"), `</row>`), nil)
		}, "import.not_a_table"},
		"a row of 300 KB": {func() []byte {
			var cells strings.Builder
			for i := range 90 {
				name, _ := excelize.CoordinatesToCellName(i+1, 2)
				cells.WriteString(cell(name, strings.Repeat("x", 3900)))
			}
			return workbook(t, of(headRow, `<row r="2">`, cells.String(), `</row>`), nil)
		}, "import.row_too_long"},
		"CSV of one line of 20 MB":              {func() []byte { return bytes.Repeat([]byte("学"), 6<<20) }, "import.row_too_long"},
		"CSV of one line of ten million commas": {func() []byte { return append([]byte("学号,姓名\n"), bytes.Repeat([]byte(","), 10<<20)...) }, "import.row_too_long"},
		"CSV with a quote that closes 20 MB on": {func() []byte {
			return append(append([]byte("学号,姓名\n\""), bytes.Repeat([]byte("x"), 19<<20)...), []byte("\",甲\n")...)
		}, "import.row_too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			data := f.data()
			peak := peakHeap(t, func() {
				if i := c.preview(admin, "a.xlsx", data); i.Failure != f.reason || i.State != "failed" {
					t.Errorf("%s, %q, %+v", i.State, i.Failure, i.Counts)
				}
			})
			if peak > 400<<20 { // an upload of 20 MB, opened, sealed and read
				t.Errorf("it took %d MB of memory", peak>>20)
			}
			t.Logf("%d KB of file, %d MB of memory", len(data)>>10, peak>>20)
		})
	}
	if n := c.count("SELECT count(*) FROM people"); n != before {
		t.Errorf("%d people more", n-before)
	}
	if n := c.count("SELECT count(*) FROM import_rows"); n != 0 {
		t.Errorf("%d rows are kept of files that were refused", n)
	}
	var list struct{ Items []importState }
	admin.Do("GET", "/imports?limit=200", nil).Want(200).Into(&list)
	for _, i := range list.Items {
		admin.Do("POST", "/imports/"+i.ID+"/apply", m{"reason": "试一试"}).Want(409, "import.wrong_state")
	}
}

// peakHeap is how much the heap grew at most while do ran.
func peakHeap(t *testing.T, do func()) (peak uint64) {
	t.Helper()
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	base, stop, done := s.HeapAlloc, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				var s runtime.MemStats
				if runtime.ReadMemStats(&s); s.HeapAlloc > base {
					peak = max(peak, s.HeapAlloc-base)
				}
			}
		}
	}()
	do()
	close(stop)
	<-done
	return peak
}

// Size is refused before anything is kept; so are too many rows, and only then.
func TestImportBounds(t *testing.T) {
	c := newImporting(t)
	admin := c.Person(t, "admin", "管理员", "admin")
	before := c.count("SELECT count(*) FROM people")
	admin.Do("POST", "/imports?filename=a.csv", append([]byte("学号,姓名\n"), make([]byte, sheet.MaxBytes)...)).Want(422, "import.too_large")
	conn := dialRaw(t, frameServer(t)) // a line of 100 MB is refused before it has arrived
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "POST /api/v1/imports?filename=a.csv HTTP/1.1\r\nHost: a\r\nX-Zhixing: 1\r\nContent-Length: %d\r\n\r\n2026001,", 100<<20); err != nil {
		t.Fatal(err)
	}
	if reply, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || reply.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a line of 100 MB: %v, %v", reply, err)
	} else {
		_ = reply.Body.Close()
	}
	if n := c.count("SELECT count(*) FROM imports"); n != 0 || len(c.files.files) != 0 {
		t.Errorf("%d imports, %d files are kept", n, len(c.files.files))
	}

	var long bytes.Buffer
	long.WriteString("学号,姓名\n")
	var page strings.Builder
	for i := range sheet.MaxRows + 100 {
		fmt.Fprintf(&long, "%d,甲\n", i)
		fmt.Fprintf(&page, `<row r="%d"><c r="A%d"><v>%d</v></c></row>`, i+2, i+2, i)
	}
	for name, data := range map[string][]byte{"长.csv": long.Bytes(), "长.xlsx": workbook(t, of(headRow, page.String()), nil)} {
		if i := c.preview(admin, name, data); i.Failure != "import.too_many_rows" {
			t.Errorf("%s: %s %+v", name, i.Failure, i.Counts)
		}
	}

	// A page that claims a million rows and has one is no more than that one.
	far := of(headRow, `<row r="1048576">`, cell("A1048576", "2026001"), cell("B1048576", "甲"), `</row>`)
	i := c.preview(admin, "远.xlsx", workbook(t, far, nil))
	if i.State != "previewed" || i.Counts.Total != 1 || i.Counts.New != 1 || i.Counts.Blank != 1048574 {
		t.Errorf("%s %s %+v", i.State, i.Failure, i.Counts)
	}
	claims := workbook(t, nil, map[string]io.Reader{"xl/worksheets/sheet1.xml": of(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`,
		`<dimension ref="A1:XFD1048576"/><sheetData>`, headRow, `<row r="2">`, cell("A2", "2026001"), cell("B2", "甲"), `</row></sheetData></worksheet>`)})
	if i = c.preview(admin, "大.xlsx", claims); i.State != "previewed" || i.Counts.Total != 1 {
		t.Errorf("%s %s %+v", i.State, i.Failure, i.Counts)
	}
	if n := c.count("SELECT count(*) FROM people"); n != before {
		t.Errorf("%d people more before anybody said yes", n-before)
	}
}

// A formula is never worked out: what was last saved is taken and said so, what
// was never worked out is refused with its cell, and nobody is asked over the
// network. A text in a CSV that a spreadsheet would work out is refused, and goes
// out as a text.
func TestImportFormulas(t *testing.T) {
	c := newImporting(t)
	admin := c.Person(t, "admin", "管理员", "admin")
	asked := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a formula asked the network") }))
	defer asked.Close()
	formula := func(at, f, value string) string {
		return `<c r="` + at + `" t="str"><f>` + f + `</f>` + value + `</c>`
	}
	rows := of(headRow,
		`<row r="2">`, formula("A2", `"20260"&amp;"01"`, `<v>2026001</v>`), cell("B2", "甲"), `</row>`,
		`<row r="3">`, formula("A3", `1+1`, ``), cell("B3", "乙"), `</row>`,
		`<row r="4">`, cell("A4", "2026003"), formula("B4", `WEBSERVICE("`+asked.URL+`")`, ``), `</row>`,
		`<row r="5">`, cell("A5", "2026004"), formula("B5", `HYPERLINK("`+asked.URL+`","丙")`, `<v>丙</v>`), `</row>`)
	i := c.preview(admin, "公式.xlsx", workbook(t, rows, nil))
	got := c.refusals(admin, i.ID)
	if i.Counts.New != 2 || got["A3"] != "import.formula" || got["B4"] != "import.formula" {
		t.Fatalf("%+v %v", i.Counts, got)
	}
	if i = c.apply(admin, i.ID); i.Counts.Applied != 2 || c.count("SELECT count(*) FROM people WHERE number IN ('2026001', '2026004') AND name IN ('甲', '丙')") != 2 {
		t.Fatalf("%+v", i)
	}
	report := admin.Do("GET", "/imports/"+i.ID+"/report?format=csv", nil).Want(200)
	if !strings.Contains(string(report.Body), "采用了上次保存的结果") {
		t.Errorf("nothing is said of the formulas that were saved: %s", report.Body)
	}
	i = c.preview(admin, "公式.csv", []byte("学号,姓名,备注\n2026009,=1+1,\"=cmd|'/c calc'!A0\"\n"))
	if got := c.refusals(admin, i.ID); i.Counts.Refused != 1 || got["B2"] != "import.formula" {
		t.Errorf("%+v %v", i.Counts, got)
	}
	report = admin.Do("GET", "/imports/"+i.ID+"/report?format=csv", nil).Want(200)
	if strings.Contains(string(report.Body), ",=") || strings.Contains(string(report.Body), ",\"=") {
		t.Errorf("a formula goes out in the report: %s", report.Body)
	}
}
