package privacy

import "slices"

// Source is a table that holds rows about people, as an archive of all about one
// person gives it.
type Source struct {
	Table string
	Title string // of the file in the archive, which is an official document and in Chinese
	By    string // the column that names the person, or the row of Via
	Via   string // a table with id and person_id; "" where By names the person
	Give  string // columns that the archive shows
}

// NotGiven tells of tables that are no source, and why. Who made and decided things
// of the institution (the item "deeds") finds his deeds in audit_events.
var NotGiven = map[string]string{
	"sign_in_lanes":  "a count of guesses, gone within the hour",
	"import_remarks": "titles and remarks of files; nothing tells whose",
}

// Sources lists them in the order of the archive.
func Sources() []Source { return slices.Clone(sources) }

var sources = []Source{
	{"people", "基本信息", "id", "", "number name kind gender born_on id_card_mask phone email created_at updated_at erased_at"},
	{"memberships", "所在单位", "person_id", "", "tree unit_id period document created_at"},
	{"stage_facts", "发展阶段", "person_id", "", "stage period move due_on document created_at"},
	{"rank_facts", "干部职级", "person_id", "", "rank period document created_at"},
	{"post_facts", "职务", "person_id", "", "post note unit_id period document created_at"},
	{"status_facts", "在册状态", "person_id", "", "status period document created_at"},
	{"fact_operations", "资料变更", "person_id", "", "at kind verb first_day reason"},
	{"person_merges", "档案合并", "person_id", "", "merged_at reason undone_at undo_reason"},
	{"correction_requests", "更正申请", "person_id", "", "created_at field value from_on note state decided_at decision"},
	{"erasures", "删除申请", "person_id", "", "requested_at reason state decided_at decide_reason done_at"},
	{"accounts", "账号", "person_id", "", "changed_at must_change disabled_at closed_for break_glass"},
	{"password_history", "历次密码的更换时间", "person_id", "", "retired_at"},
	{"recovery_codes", "恢复码的使用时间", "person_id", "", "used_at"},
	{"passkeys", "通行密钥", "person_id", "", "name created_at last_used_at"},
	{"passkey_ceremonies", "正在进行的通行密钥验证", "person_id", "", "purpose expires_at"},
	{"identity_links", "关联的校外账号", "person_id", "", "connection_id subject linked_at last_used_at"},
	{"identity_conflicts", "未能匹配的登录", "number", "", "connection_id subject number reason tries first_at last_at"},
	{"sessions", "登录记录", "person_id", "", "created_at last_seen_at expires_at revoked_at method ip user_agent device_id"},
	{"known_devices", "用过的设备", "person_id", "", "first_at last_at"},
	{"grants", "角色", "person_id", "", "role unit_id period reason ended_at end_reason"},
	{"grant_requests", "角色申请", "person_id", "", "requested_at role unit_id starts_on ends_on reason state decided_at decide_reason"},
	{"impersonations", "以本人身份查看", "person_id", "", "started_at ends_at ended_at reason"},
	{"plays", "学习记录", "person_id", "", "id lesson_id opened_at closed_at device_id user_agent presence_passed presence_missed_at"},
	{"play_spans", "观看区间", "person_id", "", "play_id wall media rate_percent"},
	{"play_checks", "在场确认", "play_id", "plays", "play_id asked_at answered_at answer passed"},
	{"play_refusals", "未计入的观看", "play_id", "plays", "play_id reason media first_at last_at reports"},
	{"learning_flags", "学习异常提示", "person_id", "", "play_id kind times flagged_at last_at"},
	{"lesson_progress", "课时进度", "person_id", "", "lesson_id covered_ms last_position_ms last_play_at completed_at"},
	{"completions", "完成的课时", "person_id", "", "lesson_id covered_ms duration_ms threshold_percent completed_at"},
	{"attempts", "考试作答", "person_id", "", "id exam_id number state started_at due_at submitted_at submitted_by device_id score_milli passed voided_at"},
	{"attempt_operations", "作答过程", "attempt_id", "attempts", "attempt_id received_at item seq choice"},
	{"attempt_late_operations", "逾时到达的作答", "attempt_id", "attempts", "attempt_id received_at item seq choice"},
	{"attempt_events", "作答事件", "attempt_id", "attempts", "attempt_id at kind device_id previous"},
	{"attempt_voids", "作废的作答", "attempt_id", "attempts", "attempt_id voided_at reason counts"},
	{"grades", "成绩", "attempt_id", "attempts", "attempt_id grading_version score_milli total_milli passed graded_at cause"},
	{"late_inclusions", "逾时作答的补录申请", "attempt_id", "attempts", "attempt_id proposed_at reason"},
	{"late_decisions", "逾时作答的补录决定", "inclusion_id", "late_inclusions", "decided_at approved reason"},
	{"hour_obligations", "应修学时", "person_id", "", "policy_id year total_centi required_centi counted_centi part_centi short_centi due_on"},
	{"hour_events", "学时流水", "person_id", "", "seq occurred_on kind source title amount_centi required reason recorded_at hash"},
	{"hour_chains", "学时流水的末位", "person_id", "", "seq hash updated_at"},
	{"ledger_heads", "学时流水的存证", "person_id", "", "anchored_on seq hash"},
	{"hour_batch_people", "线下培训名册", "person_id", "", "batch_id amount_centi"},
	{"people_views", "保存的筛选", "owner_id", "", "name shared filter created_at"},
	{"people_bulks", "涉及本人的批量修改", "person_ids", "", "created_at state finished_at"},
	{"import_rows", "导入文件中的本人", "person_id", "", "import_id line outcome vals applied_at"},
	{"pushes", "外部系统推送中的本人", "items", "", "created_at kind state"},
	{"exports", "本人要的导出文件", "created_by", "", "created_at kind reason state row_count downloads"},
	{"person_reads", "谁看过本人的资料", "person_id", "", "on_day kind actor_id"},
	{"idempotency_keys", "请求回执", "person_id", "", "created_at operation status"},
	{"audit_events", "操作日志", "subject_id", "", "seq at action actor_id ip"},
}

// Word is what the archive calls a column.
func Word(column string) string {
	if w := words[column]; w != "" {
		return w
	}
	return column
}

var words = map[string]string{ //nolint:gosec // words for columns, no secrets
	"action": "操作", "actor_id": "操作人", "amount_centi": "学时（百分之一）", "anchored_on": "存证日期", "answer": "回答", "answered_at": "回答时间", "applied_at": "写入时间",
	"approved": "同意", "asked_at": "询问时间", "at": "时间", "attempt_id": "作答编号", "batch_id": "培训", "born_on": "出生日期", "break_glass": "应急管理员", "cause": "成绩来由",
	"changed_at": "密码更换时间", "choice": "选择（位）", "closed_at": "关闭时间", "closed_for": "停用缘由", "completed_at": "完成时间", "connection_id": "身份源", "counted_centi": "已计（百分之一学时）",
	"counts": "占用次数", "covered_ms": "已看（毫秒）", "created_at": "登记时间", "decide_reason": "决定理由", "decided_at": "决定时间", "decision": "答复", "device_id": "设备编号",
	"disabled_at": "停用时间", "document": "依据", "done_at": "完成时间", "downloads": "下载次数", "due_at": "截止时间", "due_on": "截止日期", "duration_ms": "时长（毫秒）", "email": "电子邮箱",
	"end_reason": "结束理由", "ended_at": "结束时间", "ends_at": "到期时间", "ends_on": "截止日期", "erased_at": "删除时间", "exam_id": "考试", "expires_at": "到期时间", "field": "项目",
	"filter": "条件", "finished_at": "完成时间", "first_at": "最早", "first_day": "影响自", "flagged_at": "提示时间", "from_on": "自", "gender": "性别", "graded_at": "判分时间",
	"grading_version": "判分版本", "hash": "哈希", "id": "编号", "id_card_mask": "身份证号", "import_id": "导入文件", "ip": "来源地址", "item": "题号", "kind": "类别", "last_at": "最近",
	"last_play_at": "最近学习", "last_position_ms": "看到（毫秒）", "last_seen_at": "最近使用", "last_used_at": "最近使用", "lesson_id": "课时", "line": "行", "linked_at": "关联时间",
	"media": "视频位置（毫秒）", "merged_at": "合并时间", "method": "登录方式", "move": "变动方式", "must_change": "须改密码", "name": "姓名或名称", "note": "说明", "number": "学工号或序号",
	"occurred_on": "发生日期", "on_day": "日期", "opened_at": "打开时间", "operation": "操作", "outcome": "结果", "part_centi": "必修已计（百分之一学时）", "passed": "通过", "period": "起止",
	"phone": "电话", "play_id": "学习编号", "policy_id": "学时规定", "post": "职务", "presence_missed_at": "未应答时间", "presence_passed": "应答次数", "previous": "原设备编号",
	"proposed_at": "申请时间", "purpose": "用途", "rank": "职级", "rate_percent": "倍速（%）", "reason": "理由", "received_at": "收到时间", "recorded_at": "记入时间", "reports": "次数",
	"requested_at": "申请时间", "required": "必修", "required_centi": "必修应修（百分之一学时）", "retired_at": "更换时间", "revoked_at": "退出时间", "role": "角色", "row_count": "行数",
	"score_milli": "得分（千分之一）", "seq": "序号", "shared": "共享", "short_centi": "还差（百分之一学时）", "source": "来源", "stage": "发展阶段", "started_at": "开始时间", "starts_on": "起始日期",
	"state": "状态", "status": "状态", "subject": "校外标识", "submitted_at": "交卷时间", "submitted_by": "交卷方式", "threshold_percent": "完成标准（%）", "times": "次数", "title": "内容",
	"total_centi": "应修（百分之一学时）", "total_milli": "满分（千分之一）", "tree": "组织体系", "tries": "次数", "undo_reason": "撤销理由", "undone_at": "撤销时间", "unit_id": "单位",
	"updated_at": "更新时间", "used_at": "使用时间", "user_agent": "浏览器", "vals": "内容", "value": "应为", "verb": "方式", "voided_at": "作废时间", "wall": "观看时间", "year": "年度",
}
