package api_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"zhixing/app"
	"zhixing/app/api/apitest"
	"zhixing/domain/job"
	"zhixing/storage/document"
)

// exporting is an institution whose people go out as files and come in again.
type exporting struct {
	*importing
	x            *app.Exports
	admin        *apitest.Client
	one, two     string
	cards, names []string
}

func newExporting(t *testing.T) *exporting {
	c := &exporting{importing: newImporting(t)}
	c.x = &app.Exports{Store: c.DB.Hours(), People: c.DB.People(), Audit: c.DB.AuditEvents(), Archive: c.DB.Privacy(), Reads: c.DB.AuditEvents(), Seals: apitest.Seals(t), Objects: c.files, Sheets: document.Sheets{}}
	c.Server.Exports = c.x
	c.admin = c.Person(t, "A1", "管理员", "admin")
	committee := c.Unit(t, "party", "", "校党委")
	c.one, c.two = c.Unit(t, "party", committee, "第一支部"), c.Unit(t, "party", committee, "第二支部")
	college := c.Unit(t, "admin", "", "软件学院")
	class := c.Unit(t, "admin", college, "1 班")
	c.names = []string{"张三", "阿依古丽·买买提", "𠮷田", "=cmd|' /C calc'!A0", "＋加", "－1", "@SUM(A1)", "李四"}
	c.cards = []string{"11010519491231002X", "", "110105199903070039", "", "", "", "", ""}
	people := make([]map[string]any, len(c.names))
	for i := range c.names {
		unit := c.one
		if i%2 == 1 {
			unit = c.two
		}
		people[i] = map[string]any{
			"number": fmt.Sprintf("000%d", i), "name": fmt.Sprintf("人%c", 'A'+rune(i)), "kind": "student", "phone": "1380000000" + fmt.Sprint(i),
			"party_unit_id": unit, "admin_unit_id": class, "from": "2024-09-01", "stage": "activist",
		}
		if i%3 == 0 {
			people[i]["rank"], people[i]["email"] = "division_head", fmt.Sprintf("p%d@example.edu.cn", i)
		}
		if c.cards[i] != "" {
			people[i]["id_card"], people[i]["gender"] = c.cards[i], "female"
			people[i]["born_on"] = c.cards[i][6:10] + "-" + c.cards[i][10:12] + "-" + c.cards[i][12:14]
			if i == 2 {
				people[i]["gender"] = "male"
			}
		}
	}
	c.admin.Do("POST", "/people", map[string]any{"people": people}).Want(200)
	for i, n := range c.names { // what no form takes may be there from of old
		c.Exec(t, "UPDATE people SET name = ?, pinyin = ? WHERE number = ?", strings.TrimSpace(n), fmt.Sprintf("p%d", i), fmt.Sprintf("000%d", i))
	}
	return c
}

type orderedFile struct {
	ID, State, Failure string
	RowCount           int    `json:"row_count"`
	FileURL            string `json:"file_url"`
	FileName           string `json:"file_name"`
}

func (c *exporting) export(who *apitest.Client, order map[string]any) (orderedFile, []byte) {
	c.Helper()
	var e orderedFile
	who.Do("POST", "/people-exports", order).Want(200).Into(&e)
	if err := c.x.Make(c.Context(), job.ExportHours{ExportID: e.ID}); err != nil {
		c.Fatal(err)
	}
	who.Do("GET", "/exports/"+e.ID, nil).Want(200).Into(&e)
	return e, who.Do("GET", e.FileURL, nil).Want(200).Body
}

var allColumns = []string{"kind", "gender", "born_on", "id_card", "phone", "email", "party_unit", "admin_unit", "stage", "stage_on", "rank", "rank_on", "status"}

// What goes out comes in again unchanged: every row is the same. Seen red by
// writing the unit's name without its path, by leaving the tab before 0001 and by
// not taking Safe's mark off.
func TestPeopleExportComesInAgainTheSame(t *testing.T) {
	c := newExporting(t)
	twin := c.Unit(t, "party", c.Unit(t, "party", "", "另一党委"), "第一支部") // of the same name elsewhere
	c.Join(t, c.admin.PersonID, twin, "party")
	for _, format := range []string{"csv", "xlsx"} {
		e, file := c.export(c.admin, map[string]any{"columns": allColumns, "format": format, "reason": "上报"})
		if e.RowCount != len(c.names)+1 || !strings.HasSuffix(e.FileName, "."+format) {
			t.Errorf("%s: %+v", format, e)
		}
		i := c.preview(c.admin, "people."+format, file)
		if i.State != "previewed" || i.Counts.Same != len(c.names)+1 || i.Counts.Total != i.Counts.Same {
			t.Errorf("%s: %+v", format, i)
			t.Logf("%s", c.admin.Do("GET", "/imports/"+i.ID+"/rows", nil).Body)
		}
	}
}

// No cell is a formula to whoever opens the file, and no digit is lost.
func TestPeopleExportIsSafe(t *testing.T) {
	c := newExporting(t)
	_, file := c.export(c.admin, map[string]any{"columns": allColumns, "format": "csv", "reason": "上报"})
	if !bytes.HasPrefix(file, []byte("\ufeff")) {
		t.Error("no byte order mark")
	}
	rows, err := csv.NewReader(bytes.NewReader(file[3:])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if trimmed := strings.TrimLeft(cell, " \u3000"); trimmed != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(trimmed)[0]) {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	if row := rowOf(rows, "张三"); row == nil || row[0] != "\t0000" || row[5] != "\t11010519491231002X" && row[5] != "11010519491231002X" {
		t.Errorf("digits: %q", row)
	}
	_, file = c.export(c.admin, map[string]any{"columns": allColumns, "format": "xlsx", "reason": "上报"})
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := book.GetRows("人员")
	if err != nil || !slices.Equal(sheet[0], []string{
		"学工号", "姓名", "人员类别", "性别", "出生日期", "身份证号", "手机", "电子邮箱", "党支部", "部门", "发展阶段", "入党时间", "职级", "任职时间", "人员状态",
	}) {
		t.Fatalf("%q, %v", sheet, err)
	}
	row := rowOf(sheet, "张三")
	if !slices.Equal(row[:12], []string{
		"0000", "张三", "学生", "女", "1949-12-31", "11010519491231002X", "13800000000", "p0@example.edu.cn", "校党委/第一支部", "软件学院/1 班", "入党积极分子", "2024-09-01",
	}) {
		t.Errorf("row %q", row)
	}
	for n := 2; n <= len(sheet); n++ {
		if f, err := book.GetCellFormula("人员", fmt.Sprintf("B%d", n)); f != "" || err != nil {
			t.Errorf("formula %q, %v", f, err)
		}
	}
}

func rowOf(rows [][]string, name string) []string {
	for _, r := range rows {
		if len(r) > 1 && r[1] == name {
			return r
		}
	}
	return nil
}

// The file holds whom its maker sees and shows what he may: the filter, the
// scope, masked numbers, the step-up. Seen red by reading with the scope of the
// institution, and by opening the seal whatever Kept says.
func TestPeopleExportKeepsToRights(t *testing.T) {
	c := newExporting(t)
	order := func(columns ...string) map[string]any {
		return map[string]any{"columns": columns, "format": "csv", "reason": "支部总结"}
	}
	secretary := c.Person(t, "S1", "书记", "secretary@"+c.one)
	secretary.Do("POST", "/people-exports", order("id_card")).Want(403, "person.export_id_card")
	secretary.Do("POST", "/people-exports", order("salary")).Want(422)
	secretary.Do("POST", "/people-exports", map[string]any{"columns": []string{}, "format": "csv", "reason": " "}).Want(422)
	e, file := c.export(secretary, order("phone", "email", "stage"))
	if e.RowCount != 4 || bytes.Contains(file, []byte("13800000000")) || !bytes.Contains(file, []byte("138****0000")) || bytes.Contains(file, []byte("0001")) {
		t.Errorf("%+v: %s", e, file)
	}
	c.Person(t, "L1", "学员").Do("POST", "/people-exports", order("stage")).Want(403, "session.not_permitted")

	filtered := order("stage")
	filtered["filter"] = map[string]any{"unit_id": c.two, "q": "000"}
	if e, _ := c.export(c.admin, filtered); e.RowCount != 4 {
		t.Errorf("filtered: %+v", e)
	}

	c.Exec(t, "UPDATE sessions SET auth_at = now() - interval '1 hour' WHERE person_id = ?", c.admin.PersonID)
	waitFor(t, "the age of the proof", func() bool {
		return c.admin.Do("POST", "/people-exports", order("id_card")).Reason() == "session.step_up_required"
	})
	c.Exec(t, "UPDATE sessions SET auth_at = now() WHERE person_id = ?", c.admin.PersonID)
	waitFor(t, "the new proof", func() bool { return c.admin.Do("POST", "/people-exports", order("id_card")).Status == 200 })
	c.export(c.admin, order("id_card"))
	var rows, cards int
	if err := c.DB.Bun.NewRaw(`SELECT (detail->>'rows')::int, (detail->>'id_cards')::int FROM audit_events WHERE action = 'person.export_made' ORDER BY seq DESC LIMIT 1`).
		Scan(t.Context(), &rows, &cards); err != nil || rows != 11 || cards != 2 {
		t.Errorf("recorded %d rows, %d id numbers, %v", rows, cards, err)
	}
	for _, action := range []string{"person.export", "person.export_download"} {
		var reason string
		if err := c.DB.Bun.NewRaw("SELECT detail->>'reason' FROM audit_events WHERE action = ? LIMIT 1", action).Scan(t.Context(), &reason); err != nil || reason == "" {
			t.Errorf("%s: %q, %v", action, reason, err)
		}
	}
	// Whose right ended since gets neither a new file nor the old one.
	late, _ := c.export(secretary, order("stage"))
	c.Exec(t, "UPDATE grants SET period = daterange('2020-01-01', '2020-02-01') WHERE person_id = ?", secretary.PersonID)
	secretary.Do("GET", "/exports/"+late.ID+"/file", nil).Want(403, "hours.export_not_permitted")
}
