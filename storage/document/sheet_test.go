package document_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"

	"zhixing/domain/hours"
	"zhixing/storage/document"

	"github.com/xuri/excelize/v2"
)

var columns = []hours.Column{
	{Title: "姓名", Kind: hours.ColumnText, Width: 16},
	{Title: "学工号", Kind: hours.ColumnText, Width: 16},
	{Title: "学时", Kind: hours.ColumnHours, Width: 9},
	{Title: "日期", Kind: hours.ColumnDate, Width: 12},
	{Title: "人次", Kind: hours.ColumnNumber, Width: 9},
}

func rowsOf(rows ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// What begins like a formula stays text, in its typed cell and not by an
// apostrophe; numbers that are names keep their zeros; rare characters and what
// a cell cannot hold do no harm.
//
// Seen red: with Formula: v written for "=…", A2 held the formula "=1+1" and no
// text.
func TestSheetKeepsText(t *testing.T) {
	d := hours.NewDate(2026, 11, 23)
	nasty := []string{"=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "00012", "123456789012345678", "阿依古丽·买买提", "张晓𬭎", "a\x00b\x1bc", "x\xffy", strings.Repeat("长", 40000)}
	var rows [][]any
	for i, s := range nasty {
		rows = append(rows, []any{s, s, i * 25, &d, i})
	}
	rows = append(rows, []any{"", "", 0, (*hours.Date)(nil), 0})
	var b bytes.Buffer
	if err := (document.Sheets{}).WriteSheet(&b, hours.Sheet{Title: "表", Columns: columns, Notes: [][2]string{{"原因", "=1+1"}}}, rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range nasty {
		cell := fmt.Sprintf("A%d", i+2)
		if formula, err := f.GetCellFormula("表", cell); err != nil || formula != "" {
			t.Errorf("%s: formula %q, %v", cell, formula, err)
		}
		kind, err := f.GetCellType("表", cell)
		if err != nil || (kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString) {
			t.Errorf("%s: type %v, %v", cell, kind, err)
		}
		got, err := f.GetCellValue("表", cell)
		want := strings.NewReplacer("\x00", "", "\x1b", "", "\xff", "").Replace(s)
		if r := []rune(want); len(r) > 32767 {
			want = string(r[:32767])
		}
		if err != nil || got != want {
			t.Errorf("%s: %.40q, want %.40q, %v", cell, got, want, err)
		}
	}
	if v, err := f.GetCellValue("表", "C3"); err != nil || v != "0.25" {
		t.Errorf("hours %q, %v", v, err)
	}
	if v, err := f.GetCellValue("表", "D2"); err != nil || v != "2026-11-23" {
		t.Errorf("date %q, %v", v, err)
	}
	if v, err := f.GetCellFormula("说明", "B1"); err != nil || v != "" {
		t.Errorf("note is the formula %q, %v", v, err)
	}
}

// An error among the rows is the error of the sheet: half a file is no file.
func TestSheetStopsAtError(t *testing.T) {
	broken := errors.New("the database went away")
	err := (document.Sheets{}).WriteSheet(&bytes.Buffer{}, hours.Sheet{Title: "表", Columns: columns}, func(yield func([]any, error) bool) {
		_ = yield([]any{"张", "1", 1, (*hours.Date)(nil), 1}, nil) && yield(nil, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkSheet15000(b *testing.B) {
	d := hours.NewDate(2026, 11, 23)
	for b.Loop() {
		err := (document.Sheets{}).WriteSheet(&bytes.Buffer{}, hours.Sheet{Title: "表", Columns: columns}, func(yield func([]any, error) bool) {
			for i := range 15_000 {
				if !yield([]any{"阿依古丽·买买提", fmt.Sprintf("%08d", i), i, &d, i}, nil) {
					return
				}
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys>>20), "MiB-sys")
}

// Anchor files are written once: the same again is well, other bytes are refused.
func TestAnchorsAreWrittenOnce(t *testing.T) {
	a := document.Anchors{Dir: t.TempDir() + "/anchors"}
	seen := 0
	each := func(string, []byte) error { seen++; return nil }
	if err := a.Each(t.Context(), each); err != nil || seen != 0 {
		t.Errorf("empty: %d, %v", seen, err)
	}
	for _, x := range []struct {
		name, data string
		ok         bool
	}{{"2.anchor", "two", true}, {"1.anchor", "one", true}, {"1.anchor", "one", true}, {"1.anchor", "other", false}, {"../x.anchor", "x", false}, {"x", "x", false}} {
		if err := a.Write(t.Context(), x.name, []byte(x.data)); (err == nil) != x.ok {
			t.Errorf("%s %s: %v", x.name, x.data, err)
		}
	}
	var names []string
	if err := a.Each(t.Context(), func(n string, b []byte) error { names = append(names, n+" "+string(b)); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, ","); got != "1.anchor one,2.anchor two" {
		t.Errorf("got %s", got)
	}
}
