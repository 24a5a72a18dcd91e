package org

import (
	"strings"

	"zhixing/domain/sheet"
)

// The fields that a column can hold.
const (
	FieldNumber    = "number"
	FieldName      = "name"
	FieldKind      = "kind"
	FieldGender    = "gender"
	FieldBornOn    = "born_on"
	FieldIDCard    = "id_card"
	FieldPhone     = "phone"
	FieldEmail     = "email"
	FieldPartyUnit = "party_unit"
	FieldAdminUnit = "admin_unit"
	FieldStage     = "stage"
	FieldStageOn   = "stage_on"
	FieldRank      = "rank"
	FieldRankOn    = "rank_on"
	FieldDocument  = "document"
)

// ImportFields lists the fields in the order of the template, each with the
// names that headers give it; the first is the template's.
func ImportFields() []sheet.Field {
	return []sheet.Field{
		{Key: FieldNumber, Names: []string{"学工号", "学号", "工号", "编号", "职工号", "教工号", "人员编号", "学号/工号", "一卡通号", "number", "no", "staff number", "student number"}},
		{Key: FieldName, Names: []string{"姓名", "名字", "人员姓名", "学生姓名", "教师姓名", "name", "full name"}},
		{Key: FieldKind, Names: []string{"人员类别", "身份", "类别", "人员类型", "教工/学生", "kind"}},
		{Key: FieldGender, Names: []string{"性别", "gender", "sex"}},
		{Key: FieldBornOn, Names: []string{"出生日期", "出生年月", "出生年月日", "生日", "出生时间", "date of birth", "birthday", "born on"}},
		{Key: FieldIDCard, Names: []string{"身份证号", "身份证号码", "身份证", "公民身份号码", "证件号码", "证件号", "id card", "id number"}},
		{Key: FieldPhone, Names: []string{"手机", "手机号", "手机号码", "联系电话", "电话", "联系方式", "移动电话", "phone", "mobile"}},
		{Key: FieldEmail, Names: []string{"电子邮箱", "邮箱", "电子邮件", "email", "e-mail"}},
		{Key: FieldPartyUnit, Names: []string{"党支部", "所在党支部", "所属党支部", "党组织", "所在党组织", "所属党组织", "支部", "支部名称", "party unit", "branch"}},
		{Key: FieldAdminUnit, Names: []string{"部门", "院系", "班级", "所在单位", "所在部门", "所属部门", "学院", "单位", "二级学院", "行政单位", "department", "class"}},
		{Key: FieldStage, Names: []string{"发展阶段", "政治面貌", "党员类别", "stage"}},
		{Key: FieldStageOn, Names: []string{"入党时间", "入党日期", "阶段日期", "发展阶段日期", "加入党组织时间", "确定时间", "stage date"}},
		{Key: FieldRank, Names: []string{"职级", "干部职级", "行政级别", "级别", "行政职级", "rank"}},
		{Key: FieldRankOn, Names: []string{"任职时间", "任职日期", "任现职级时间", "rank date"}},
		{Key: FieldDocument, Names: []string{"依据文件", "批准文号", "文号", "依据", "document"}},
	}
}

// sensitive fields are masked wherever a sample of them is shown.
func sensitive(field string) bool { return field == FieldIDCard || field == FieldPhone }

// MaskSample hides what a preview of a column must not show.
func MaskSample(field, text string) string {
	digits := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	if text != "" && (sensitive(field) || digits >= 11) {
		r := []rune(text)
		if len(r) <= 4 {
			return strings.Repeat("*", len(r))
		}
		return string(r[:min(3, len(r)-4)]) + strings.Repeat("*", max(1, len(r)-7)) + string(r[len(r)-4:])
	}
	return text
}

// The words that people write besides the names of documents.
var genderWords = withNames(map[string]string{"男性": "male", "女性": "female", "m": "male", "f": "female"}, genderNames)

var kindWords = withNames(map[string]string{
	"教工": "staff", "教师": "staff", "老师": "staff", "职工": "staff", "干部": "staff", "辅导员": "staff", "员工": "staff", "在编": "staff",
	"本科生": "student", "研究生": "student", "专科生": "student", "硕士生": "student", "博士生": "student",
}, kindNames)

var stageWords = withNames(map[string]string{
	"共青团员": "masses", "团员": "masses", "中国共产主义青年团团员": "masses",
	"申请人": "applicant", "申请入党人员": "applicant",
	"积极分子":   "activist",
	"党员发展对象": "development_target",
	"中共预备党员": "probationary_member", "中国共产党预备党员": "probationary_member",
	"党员": "member", "中共党员": "member", "中共正式党员": "member", "中国共产党党员": "member",
}, stageNames)

var rankWords = withNames(map[string]string{
	"副科": "section_deputy", "乡科级副职": "section_deputy",
	"正科": "section_head", "乡科级正职": "section_head",
	"副处": "division_deputy", "县处级副职": "division_deputy",
	"正处": "division_head", "县处级正职": "division_head",
	"副厅": "bureau_deputy", "厅局级副职": "bureau_deputy",
	"正厅": "bureau_head", "厅局级正职": "bureau_head",
}, rankNames)

// word looks a cell up in a list of words; a key of the list itself is one too.
func word(words map[string]string, text string) (string, bool) {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	if v, ok := words[text]; ok {
		return v, true
	}
	for _, v := range words {
		if v == text {
			return v, true
		}
	}
	return "", false
}

// unitName leaves out what people write in one way or another: spaces, brackets
// of either width, the dot of a name.
func unitName(s string) string {
	narrow, _ := sheet.Narrow(s)
	return strings.NewReplacer(" ", "", "(", "", ")", "", "·", "", "\"", "").Replace(strings.ToLower(CleanName(narrow)))
}

// pathName is a path as ImportUnits keeps it, "" when the text is none.
func pathName(s string) string {
	narrow, _ := sheet.Narrow(s)
	parts := strings.FieldsFunc(narrow, func(r rune) bool { return r == '/' || r == '\\' || r == '>' || r == '→' })
	if len(parts) < 2 {
		return ""
	}
	path := ""
	for _, p := range parts {
		path += unitName(p) + "/"
	}
	return path
}
