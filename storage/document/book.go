package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"zhixing/domain"
	"zhixing/domain/sheet"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// Books is sheet.Reader: workbooks by excelize, and CSV in the encodings that
// spreadsheets write.
type Books struct{}

var _ sheet.Reader = Books{}

var (
	zipMagic = []byte("PK\x03\x04")
	oleMagic = []byte{0xD0, 0xCF, 0x11, 0xE0}
)

func refuse(reason string, params ...any) error { return domain.E(domain.Invalid, reason, params...) }

// Open implements sheet.Reader.
func (Books) Open(data []byte) (sheet.Book, error) {
	switch {
	case len(data) > sheet.MaxBytes:
		return nil, refuse("import.too_large", "max", sheet.MaxBytes>>20)
	case bytes.HasPrefix(data, oleMagic):
		return nil, refuse("import.old_xls")
	case bytes.HasPrefix(data, zipMagic):
		return openWorkbook(data)
	}
	return openCSV(data)
}

// csvBook is a CSV file as text.
type csvBook struct {
	text string
	info sheet.Info
}

func openCSV(data []byte) (sheet.Book, error) {
	b := &csvBook{info: sheet.Info{Format: "csv", Encoding: "UTF-8"}}
	var err error
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		b.info.Encoding = "UTF-16"
		data, err = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data)
	case !utf8.Valid(data):
		b.info.Encoding = "GB18030"
		data, err = simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	}
	switch {
	case err != nil || !utf8.Valid(data) || bytes.ContainsRune(data, utf8.RuneError):
		return nil, refuse("import.encoding_unknown")
	case bytes.IndexByte(data, 0) >= 0, bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")), bytes.HasPrefix(data, []byte("%PDF")), len(bytes.TrimSpace(data)) == 0:
		return nil, refuse("import.not_a_table")
	}
	b.text = string(data)
	delimiter := sheet.Delimiter(b.text)
	b.info.Delimiter = string(delimiter)
	for row, err := range b.Rows() {
		if err != nil {
			return nil, err
		}
		if !row.Blank() {
			b.info.Rows++
		}
	}
	return b, nil
}

func (b *csvBook) Info() sheet.Info { return b.info }
func (b *csvBook) Close() error     { return nil }

func (b *csvBook) Rows() iter.Seq2[sheet.Row, error] {
	return sheet.CSV(b.text, []rune(b.info.Delimiter)[0])
}

// workbook is an xlsx file; the first page that is not hidden is read.
type workbook struct {
	file     *excelize.File
	info     sheet.Info
	formulas map[int][]int // line → indexes of columns
}

func openWorkbook(data []byte) (sheet.Book, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, refuse("import.not_a_table")
	}
	total, err := unpackedSize(archive, min(int64(max(len(data), 1<<20))*sheet.MaxRatio, sheet.MaxUnpacked))
	if err != nil {
		return nil, err
	}
	parts, err := readParts(archive)
	if err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: total + 1, UnzipXMLSizeLimit: min(8<<20, total+1)})
	if err != nil {
		return nil, refuse("import.not_a_table")
	}
	b := &workbook{file: f, info: sheet.Info{Format: "xlsx"}}
	if err := b.choose(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if b.formulas, err = parts.scan(archive, b.info.Sheet, &b.info); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for _, part := range []string{parts.pages[b.info.Sheet], "xl/sharedStrings.xml"} {
		if err := wellFormed(archive, part); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return b, nil
}

// unpackedSize reads every part to its end: what a zip says of itself may be a
// lie. Pages and their texts are read from files afterwards, a row at a time; the
// other parts are held in memory, so there may be less of them.
func unpackedSize(archive *zip.Reader, limit int64) (total int64, err error) {
	if len(archive.File) > 2000 {
		return 0, refuse("import.unpacks_too_large")
	}
	var beside int64
	for _, part := range archive.File {
		r, err := part.Open()
		if err != nil {
			return 0, refuse("import.not_a_table")
		}
		name, counted := strings.ToLower(part.Name), &counter{r: io.LimitReader(r, limit-total+1)}
		if strings.HasSuffix(name, ".xml") {
			err = eachTag(counted, func(string) {})
		} else {
			_, err = io.Copy(io.Discard, counted)
		}
		_ = r.Close()
		if total += counted.n; !strings.HasPrefix(name, "xl/worksheets/sheet") && name != "xl/sharedstrings.xml" {
			beside += counted.n
		}
		switch {
		case total > limit, beside > sheet.MaxBeside, errors.Is(err, errLong):
			return 0, refuse("import.unpacks_too_large")
		case err != nil:
			return 0, refuse("import.not_a_table")
		}
	}
	return total, nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// choose takes the first page that is not hidden and lists the others, and what
// people wrote on cells.
func (b *workbook) choose() error {
	names := b.file.GetSheetList()
	if len(names) > sheet.MaxSheets {
		return refuse("import.too_many_sheets", "max", sheet.MaxSheets)
	}
	for _, name := range names {
		visible, err := b.file.GetSheetVisible(name)
		switch {
		case err != nil:
			return refuse("import.not_a_table")
		case !visible:
			b.info.Remarks = append(b.info.Remarks, sheet.Remark{Kind: sheet.RemarkHidden, Sheet: name, Column: -1, Text: name})
		case b.info.Sheet == "":
			b.info.Sheet = name
		default:
			b.info.Remarks = append(b.info.Remarks, sheet.Remark{Kind: sheet.RemarkSheet, Sheet: name, Column: -1, Text: name})
		}
	}
	if b.info.Sheet == "" {
		return refuse("import.not_a_table")
	}
	comments, err := b.file.GetComments(b.info.Sheet)
	if err != nil {
		return refuse("import.not_a_table")
	}
	for _, c := range comments {
		column, line, err := excelize.CellNameToCoordinates(c.Cell)
		if err != nil {
			continue
		}
		text := c.Text
		for _, run := range c.Paragraph {
			text += run.Text
		}
		b.info.Remarks = append(b.info.Remarks, sheet.Remark{Kind: sheet.RemarkComment, Sheet: b.info.Sheet, Line: line, Column: column - 1, Text: text})
	}
	return nil
}

func (b *workbook) Info() sheet.Info { return b.info }
func (b *workbook) Close() error     { return b.file.Close() }

// Rows implements sheet.Book: excelize streams the page.
func (b *workbook) Rows() iter.Seq2[sheet.Row, error] {
	return func(yield func(sheet.Row, error) bool) {
		rows, err := b.file.Rows(b.info.Sheet)
		if err != nil {
			yield(sheet.Row{}, refuse("import.not_a_table"))
			return
		}
		defer func() { _ = rows.Close() }()
		for line := 1; rows.Next(); line++ {
			cells, err := rows.Columns(excelize.Options{RawCellValue: true})
			if err != nil {
				yield(sheet.Row{}, refuse("import.not_a_table"))
				return
			}
			if bytesOf(cells) > sheet.MaxRow {
				yield(sheet.Row{}, sheet.TooLong(line))
				return
			}
			if !yield(sheet.Row{Line: line, Cells: cells, Formulas: b.formulas[line]}, nil) {
				return
			}
		}
		if err := rows.Error(); err != nil {
			yield(sheet.Row{}, refuse("import.not_a_table"))
		}
	}
}

func bytesOf(cells []string) (n int) {
	for _, c := range cells {
		n += len(c)
	}
	return n
}

// bookParts tells which part of the archive is which page.
type bookParts struct{ pages map[string]string }

func readParts(archive *zip.Reader) (*bookParts, error) {
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		Items []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if decodePart(archive, "xl/workbook.xml", &book) != nil || decodePart(archive, "xl/_rels/workbook.xml.rels", &links) != nil {
		return nil, refuse("import.not_a_table")
	}
	if d := book.Properties.Date1904; d == "1" || d == "true" {
		return nil, refuse("import.date_1904")
	}
	targets := map[string]string{}
	for _, l := range links.Items {
		if targets[l.ID] = path.Join("xl", l.Target); strings.HasPrefix(l.Target, "/") {
			targets[l.ID] = strings.TrimPrefix(l.Target, "/")
		}
	}
	p := &bookParts{pages: map[string]string{}}
	for _, s := range book.Sheets {
		p.pages[s.Name] = targets[s.ID]
	}
	return p, nil
}

func decodePart(archive *zip.Reader, name string, to any) error {
	f, err := archive.Open(name)
	if err != nil {
		return fmt.Errorf("open part: %w", err)
	}
	defer func() { _ = f.Close() }()
	return xml.NewDecoder(io.LimitReader(f, 4<<20)).Decode(to)
}

// wellFormed refuses a part whose XML breaks off: excelize's stream ends there
// without a word, and the rows after it would be lost.
func wellFormed(archive *zip.Reader, name string) error {
	n := slices.IndexFunc(archive.File, func(f *zip.File) bool { return strings.EqualFold(f.Name, name) })
	if n < 0 { // a page of numbers only has no texts
		return nil
	}
	f, err := archive.File[n].Open()
	if err != nil {
		return refuse("import.not_a_table")
	}
	defer func() { _ = f.Close() }()
	for d := xml.NewDecoder(f); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return refuse("import.not_a_table")
		}
	}
}

// scan goes through the page's XML once for what excelize's stream does not
// tell: which cells hold formulas, and which are merged.
func (p *bookParts) scan(archive *zip.Reader, name string, info *sheet.Info) (map[int][]int, error) {
	f, err := archive.Open(p.pages[name])
	if err != nil {
		return nil, refuse("import.not_a_table")
	}
	defer func() { _ = f.Close() }()
	formulas := map[int][]int{}
	err = eachTag(f, func(tag string) {
		switch {
		case tag == tagRow:
			info.Rows++
		case strings.HasPrefix(tag, "f\x00"):
			if column, line, err := excelize.CellNameToCoordinates(tag[2:]); err == nil {
				formulas[line] = append(formulas[line], column-1)
			}
		case strings.HasPrefix(tag, "m\x00"):
			from, _, _ := strings.Cut(tag[2:], ":")
			if column, line, err := excelize.CellNameToCoordinates(from); err == nil && len(info.Remarks) < 5000 {
				info.Remarks = append(info.Remarks, sheet.Remark{Kind: "merged", Sheet: name, Line: line, Column: column - 1, Text: tag[2:]})
			}
		}
	})
	if err != nil {
		return nil, refuse("import.not_a_table")
	}
	return formulas, nil
}
