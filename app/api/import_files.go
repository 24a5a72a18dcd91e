package api

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"zhixing/app"
	"zhixing/domain/hours"
	"zhixing/domain/org"
	"zhixing/domain/sheet"

	"github.com/gofiber/fiber/v2"
)

// table writes rows as a workbook, or as CSV with a byte order mark, by which
// spreadsheets know UTF-8; no cell of it is a formula.
func (s *Server) table(c *fiber.Ctx, name string, t hours.Sheet, rows iter.Seq2[[]any, error]) error {
	var out bytes.Buffer
	kind, ending := app.SheetType, ".xlsx"
	if c.Query("format") == "csv" {
		kind, ending = app.CSVType, ".csv"
		if err := (hours.CSV{}).WriteSheet(&out, t, rows); err != nil {
			return err
		}
	} else if err := s.Sheets.WriteSheet(&out, t, rows); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="import`+ending+`"; filename*=UTF-8''`+url.PathEscape(name+ending))
	return c.Send(out.Bytes())
}

var reportColumns = []hours.Column{
	{Title: "行", Kind: hours.ColumnNumber, Width: 8},
	{Title: "列", Kind: hours.ColumnText, Width: 6},
	{Title: "列名", Kind: hours.ColumnText, Width: 18},
	{Title: "情况", Kind: hours.ColumnText, Width: 16},
	{Title: "说明", Kind: hours.ColumnText, Width: 60},
	{Title: "文件中的内容", Kind: hours.ColumnText, Width: 40},
}

var reportKinds = map[string]string{
	sheet.RemarkTitle: "标题行，未导入", sheet.RemarkBlank: "空行，已跳过", sheet.RemarkSheet: "其他工作表，未读取", sheet.RemarkHidden: "隐藏工作表，未读取",
	sheet.RemarkComment: "批注，未导入", sheet.RemarkUnmapped: "未对应的列，未导入", sheet.RemarkExtra: "表头以外的列，未导入", sheet.RemarkNote: "按规则整理",
	sheet.RemarkRefused: "未导入", "merged": "合并单元格，只取第一格",
}

var errStop = errors.New("stop")

// getImportReport handles GET /api/v1/imports/{id}/report?format=xlsx|csv: all
// of the file that was not taken as it stands.
func (s *Server) getImportReport(c *fiber.Ctx, who app.Actor) error {
	i, err := s.Imports.Get(c.UserContext(), who, c.Params("id"))
	if err != nil {
		return err
	}
	rows := func(yield func([]any, error) bool) {
		_, err := s.Imports.Report(c.UserContext(), who, i.ID, func(l app.ReportLine) error {
			text := ""
			if l.Reason != "" {
				text = s.Texts.sentences(l.Reason, l.Params)[Languages()[0]]
			}
			if !yield([]any{l.Line, sheet.ColumnName(l.Column), l.Title, reportKinds[l.Kind], text, l.Text}, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
	n := i.Counts
	return s.table(c, "导入情况-"+strings.TrimSuffix(strings.TrimSuffix(i.Filename, ".xlsx"), ".csv"), hours.Sheet{
		Title: "未按原样导入的内容", Columns: reportColumns, Notes: [][2]string{
			{"文件", i.Filename},
			{"SHA-256", i.Digest},
			{"数据行", fmt.Sprint(n.Total)},
			{"新增 / 变更 / 无变化", fmt.Sprintf("%d / %d / %d", n.New, n.Changed, n.Same)},
			{"未导入", fmt.Sprint(n.Refused + n.Stale)},
			{"空行", fmt.Sprint(n.Blank)},
		},
	}, rows)
}

// getImportTemplate handles GET /api/v1/import-template?format=xlsx|csv.
func (s *Server) getImportTemplate(c *fiber.Ctx, _ app.Actor) error {
	fields, choices := org.ImportFields(), org.ChoiceNames()
	t := hours.Sheet{Title: "人员", Choices: map[int][]string{}}
	for n, f := range fields {
		t.Columns = append(t.Columns, hours.Column{Title: f.Names[0], Kind: hours.ColumnText, Width: 16})
		if words := choices[f.Key]; words != nil {
			t.Choices[n] = words
		}
	}
	t.Notes = [][2]string{
		{"学工号", "必填。教职工工号或学生学号，也是登录账号；已有的学工号表示更新这名人员。"},
		{"姓名", "必填。"},
		{"人员类别", "教职工 或 学生。整张表相同时可不填，在导入时统一选择。"},
		{"日期", "1985-07-01、1985/7/1、1985.7、1985年7月、198507 均可；年份须为四位。"},
		{"身份证号", "请保持单元格为“文本”格式，否则 Excel 会丢失末尾几位数字。"},
		{"党支部、部门", "填写系统中的单位名称；重名时写出上级，如：计算机学院/软件工程系。"},
		{"发展阶段", "群众、入党申请人、入党积极分子、发展对象、预备党员、正式党员。"},
		{"空白单元格", "表示不改动已有内容，不会清空。"},
		{"示例行", "表中的示例请在导入前删除。"},
	}
	examples := [][]any{
		{"2026001", "张三", "学生", "男", "2006-07-01", "", "13800000000", "", "", "", "入党积极分子", "2026-03-01", "", "", ""},
		{"T0001", "阿依古丽·买买提", "教职工", "女", "1985.7", "", "", "guli@example.edu.cn", "", "", "正式党员", "2010-07-01", "副处级", "2024-01-15", "示例〔2024〕1 号"},
	}
	return s.table(c, "人员导入模板", t, func(yield func([]any, error) bool) {
		for _, row := range examples {
			if !yield(row, nil) {
				return
			}
		}
	})
}
