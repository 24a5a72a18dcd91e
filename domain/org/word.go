package org

// The names of things as official documents write them. Files are in Chinese
// whoever orders them; screens have their own texts in two languages.
var (
	kindNames   = map[string]string{"staff": "教职工", "student": "学生"}
	genderNames = map[string]string{"male": "男", "female": "女"}
	stageNames  = map[Stage]string{
		StageMasses: "群众", StageApplicant: "入党申请人", StageActivist: "入党积极分子", StageTarget: "发展对象",
		StageProbationer: "预备党员", StageMember: "正式党员",
	}
	rankNames = map[string]string{
		"section_deputy": "副科级", "section_head": "正科级", "division_deputy": "副处级", "division_head": "正处级",
		"bureau_deputy": "副厅级", "bureau_head": "正厅级",
	}
	statusNames = map[Status]string{
		StatusActive: "在册", StatusOnLeave: "请假离岗", StatusSuspended: "停职（停学）", StatusRetired: "退休", StatusLeft: "离校（调离）", StatusDeceased: "去世",
	}
)

// KindName is 教职工 or 学生, "" for no kind.
func KindName(kind string) string { return kindNames[kind] }

// GenderName is 男 or 女, "" for none.
func GenderName(gender string) string { return genderNames[gender] }

// StageName is such as 入党积极分子, "" for none.
func StageName(s Stage) string { return stageNames[s] }

// RankName is such as 副处级, "" for none.
func RankName(rank string) string { return rankNames[rank] }

// StatusName is such as 在册, "" for none.
func StatusName(s Status) string { return statusNames[s] }

// ChoiceNames lists the names that a column of a file can hold, in the order of
// the rules, by field; a field of free text has none.
func ChoiceNames() map[string][]string {
	out := map[string][]string{FieldGender: {genderNames["male"], genderNames["female"]}}
	for _, k := range Kinds() {
		out[FieldKind] = append(out[FieldKind], kindNames[k])
	}
	for _, s := range Stages() {
		out[FieldStage] = append(out[FieldStage], stageNames[s])
	}
	for _, r := range Ranks() {
		out[FieldRank] = append(out[FieldRank], rankNames[r])
	}
	return out
}

// withNames adds the names of documents to the words that people use besides.
func withNames[K ~string](words map[string]string, names map[K]string) map[string]string {
	for key, name := range names {
		words[name] = string(key)
	}
	return words
}
