package sheet_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"zhixing/domain"
	"zhixing/domain/sheet"
)

func TestParseDate(t *testing.T) {
	for cell, want := range map[string]sheet.Date{
		"1985-07-01": {On: "1985-07-01"}, "1985/7/1": {On: "1985-07-01"}, "1985.7.1": {On: "1985-07-01"}, "1985年7月1日": {On: "1985-07-01"},
		"１９８５年７月１日": {On: "1985-07-01"}, "19850701": {On: "1985-07-01"}, "1985-07-01 00:00:00": {On: "1985-07-01"}, "2024-02-29": {On: "2024-02-29"},
		"31229": {On: "1985-07-01"}, "31229.5": {On: "1985-07-01"}, "45292": {On: "2024-01-01"},
		"1985.7": {On: "1985-07-01", MonthOnly: true}, "1985-07": {On: "1985-07-01", MonthOnly: true}, "198507": {On: "1985-07-01", MonthOnly: true},
		"1985年7月": {On: "1985-07-01", MonthOnly: true}, "1985.10": {On: "1985-10-01", MonthOnly: true}, "\u200b1985.12 ": {On: "1985-12-01", MonthOnly: true},
		"1985.1": {On: "1985-01-01", MonthOnly: true, Unsure: true},
	} {
		if got, err := sheet.ParseDate(cell); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", cell, got, err, want)
		}
	}
	for cell, reason := range map[string]string{
		"85-7-1": "import.date_two_digit_year", "85.7": "import.date_two_digit_year", "85年7月": "import.date_two_digit_year", "7/1/85": "import.date_two_digit_year",
		"7/1/1985": "import.date_order", "1985": "import.date_no_month", "1985年": "import.date_no_month", "1899-12-31": "import.date_range",
		"2101.1": "import.date_range", "99999": "import.date_range", "1985-02-30": "import.date_no_such_day", "1985.13": "import.date_no_such_day",
		"2023-02-29": "import.date_no_such_day", "去年": "import.date_form", "1985-7-1-2": "import.date_form", "": "import.date_form", "198": "import.date_form",
	} {
		if got, err := sheet.ParseDate(cell); domain.ReasonOf(err) != reason {
			t.Errorf("%q: %+v, %v; want %s", cell, got, err, reason)
		}
	}
}

func TestText(t *testing.T) {
	for cell, want := range map[string]string{
		"２０２６００１": "2026001", "'0012": "0012", `="0012"`: "0012", "2026001.0": "2026001", " 0012\u3000": "0012", "\ufeff12\u200b3": "123", "a\u00a0b": "a b", "１３８－０": "138-0",
	} {
		if got, changed := sheet.Narrow(cell); got != want || !changed && cell != " 0012\u3000" {
			t.Errorf("%q: %q, %v; want %q", cell, got, changed, want)
		}
	}
	if got, changed := sheet.Clean(" 𠮷田 昇\U000E0101 "); got != "𠮷田 昇\U000E0101" || changed {
		t.Errorf("a rare name became %q", got)
	}
	for _, s := range []string{"1.10101E+17", "1.1E17", "4E+05"} {
		if !sheet.Destroyed(s) {
			t.Errorf("%s is not seen to be destroyed", s)
		}
	}
	for s, want := range map[string]bool{"=A1": true, `="1"`: false, "=": false, "张=三": false} {
		if sheet.Formula(s) != want {
			t.Errorf("formula %q: not %v", s, want)
		}
	}
	for _, s := range []string{"#REF!", "#N/A", "####"} {
		if !sheet.ErrorValue(s) {
			t.Errorf("%s is no error", s)
		}
	}
	for _, s := range []string{"=1", "+1", "-1", "@x", "\tx", "\rx", "＝1"} {
		if sheet.Safe(s) != "'"+s {
			t.Errorf("%q is not made safe", s)
		}
	}
}

func rowsOf(t *testing.T, text string, delimiter rune) (rows []sheet.Row) {
	t.Helper()
	for row, err := range sheet.CSV(text, delimiter) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestCSV(t *testing.T) {
	got := rowsOf(t, "a,b\r\n\r\n\"x\ny\",\"he said \"\"no\"\"\"\n1\"2,3\n,\n", ',')
	want := []sheet.Row{
		{Line: 1, Cells: []string{"a", "b"}},
		{Line: 2, Cells: []string{""}},
		{Line: 3, Cells: []string{"x\ny", `he said "no"`}},
		{Line: 5, Cells: []string{`1"2`, "3"}},
		{Line: 6, Cells: []string{"", ""}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, err := range sheet.CSV("a,b\n\"never closed,1\nc,d\n", ',') {
		if err != nil && domain.ReasonOf(err) != "import.quote_open" {
			t.Error(err)
		}
	}
	for text, want := range map[string]rune{"a\tb\n1,5\t2\n": '\t', "a,b\n1,2": ',', "a;b\n1;2": ';', "a\nb": ',', "": ','} {
		if got := sheet.Delimiter(text); got != want {
			t.Errorf("%q: delimiter %q", text, got)
		}
	}
}

// What encoding/csv writes comes back cell by cell.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOf(rapid.RuneFrom([]rune("a张𠮷,;\"\n '=\t")))
		table := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 2), 1, 6).Draw(t, "table")
		var b strings.Builder
		w := csv.NewWriter(&b)
		if err := w.WriteAll(table); err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for row, err := range sheet.CSV(b.String(), ',') {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, row.Cells)
		}
		if d := cmp.Diff(table, got); d != "" {
			t.Fatal(d)
		}
	})
}

// Dates keep their day through every shape.
func TestDateShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y, m, d := rapid.IntRange(1928, 2099).Draw(t, "y"), rapid.IntRange(1, 12).Draw(t, "m"), rapid.IntRange(1, 28).Draw(t, "d")
		want := strings.NewReplacer("Y", pad(y, 4), "M", pad(m, 2), "D", pad(d, 2)).Replace("Y-M-D")
		for _, shape := range []string{"Y-M-D", "Y/m/d", "Y.m.d", "Y年m月d日", "YMD"} {
			cell := strings.NewReplacer("Y", pad(y, 4), "M", pad(m, 2), "D", pad(d, 2), "m", pad(m, 1), "d", pad(d, 1)).Replace(shape)
			if got, err := sheet.ParseDate(cell); err != nil || got.On != want || got.MonthOnly {
				t.Fatalf("%s: %+v, %v; want %s", cell, got, err, want)
			}
		}
	})
}

func pad(n, width int) string {
	s := ""
	for ; n > 0; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	for len(s) < width {
		s = "0" + s
	}
	return s
}

var fields = []sheet.Field{
	{Key: "number", Names: []string{"学工号", "学号", "工号"}}, {Key: "name", Names: []string{"姓名", "名字"}}, {Key: "phone", Names: []string{"手机", "联系电话"}},
}

func TestGuessHeader(t *testing.T) {
	rows := rowsOf(t, "2026 年党员花名册,,,\n制表人：张三,,,\n* 学 号 (必填),姓　名,联系电话（手机）,备注,\n1,李四,138,好\n", ',')
	h := sheet.GuessHeader(rows, fields)
	if h.Line != 3 || len(h.Columns) != 4 || h.Columns[0].Field != "number" || h.Columns[1].Field != "name" || h.Columns[2].Field != "phone" || h.Columns[3].Field != "" {
		t.Errorf("header %+v", h)
	}
	if h := sheet.GuessHeader(rowsOf(t, "a,b\n1,2", ','), fields); h.Line != 0 {
		t.Errorf("found a header where none is: %+v", h)
	}
	// Two columns of one name: the first is taken, the second is left to somebody.
	if h := sheet.GuessHeader(rowsOf(t, "学号,工号,姓名\n", ','), fields); h.Columns[0].Field != "number" || h.Columns[1].Field != "" {
		t.Errorf("twice: %+v", h)
	}
	for i, want := range map[int]string{-1: "", 0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := sheet.ColumnName(i); got != want {
			t.Errorf("column %d is %s", i, got)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("a,b\n\"x\",y\r\n", uint8(0))
	f.Add("\"", uint8(1))
	f.Fuzz(func(t *testing.T, text string, d uint8) {
		delimiter := []rune{',', '\t', ';'}[d%3]
		line, kept := 0, 0
		for row, err := range sheet.CSV(text, delimiter) {
			if err != nil {
				return
			}
			if row.Line <= line || len(row.Cells) == 0 {
				t.Fatalf("line %d after %d, %d cells", row.Line, line, len(row.Cells))
			}
			line = row.Line
			for _, c := range row.Cells {
				kept += strings.Count(c, "a")
			}
		}
		if kept != strings.Count(text, "a") {
			t.Fatalf("%d of %d letters are left", kept, strings.Count(text, "a"))
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add("学号,姓名\n1,张三\n")
	f.Fuzz(func(t *testing.T, text string) {
		var rows []sheet.Row
		for row, err := range sheet.CSV(text, ',') {
			if err != nil {
				break
			}
			rows = append(rows, row)
		}
		h := sheet.GuessHeader(rows, fields)
		seen := map[string]bool{}
		for _, c := range h.Columns {
			if c.Field != "" && seen[c.Field] {
				t.Fatalf("%s twice", c.Field)
			}
			seen[c.Field] = true
		}
		for i := range rows {
			_, _ = sheet.ParseDate(rows[i].Cell(0))
			_, _ = sheet.Narrow(rows[i].Cell(0))
		}
	})
}

// What a spreadsheet would work out is marked as text, wherever the sign stands,
// and an import takes the mark off again. Seen red by looking at the first
// character alone.
func TestSafe(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠a", "  =1", "\u3000=1", "\u00a0-1", "\u200b=1", "\ufeff=1", "\t=1", "\n=1", "\tx", "\r"} {
		got := sheet.Safe(s)
		if got != "'"+s || sheet.Plain(got) != s {
			t.Errorf("Safe(%q) = %q, Plain of it %q", s, got, sheet.Plain(got))
		}
	}
	for _, s := range []string{"", "张三", "a=b", "1-2", "'quoted", "O'Brien", " x"} {
		if sheet.Safe(s) != s || sheet.Plain(s) != s {
			t.Errorf("%q became %q, %q", s, sheet.Safe(s), sheet.Plain(s))
		}
	}
	for s, want := range map[string]string{
		"110105194912310022": "\t110105194912310022", "0012": "\t0012", "2026001": "2026001", "13800000000": "13800000000", "-1": "'-1", "11010519491231002X": "11010519491231002X",
	} {
		back, _ := sheet.Narrow(sheet.Code(s))
		if sheet.Code(s) != want || back != s {
			t.Errorf("Code(%q) = %q, read back %q", s, sheet.Code(s), back)
		}
	}
}
