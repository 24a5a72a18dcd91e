// Package privacy says of every field that holds something about a person what it
// is for, on what ground it is held, who may see it, how long it is kept and what
// becomes of it when the person is erased.
package privacy

import (
	"slices"
	"strings"
)

// Until what, of data that no rule of retention ends.
const (
	UntilRecord  = "record"  // as long as there is the record of the person
	UntilAccount = "account" // as long as the account, or until its owner takes it away
	UntilLedger  = "ledger"  // for good: what printed hours and results rest on
	UntilFile    = "file"    // for good: the file of somebody's way into the party, of posts and of ranks
	UntilLog     = "log"     // for good: the log of deeds, whose chain would break
	UntilWork    = "work"    // as long as the thing that somebody made or decided
)

// What an erasure does.
const (
	EraseBlank  = "blank"  // the fields are emptied, or a pseudonym takes their place
	EraseRemove = "remove" // the rows go
	EraseKeep   = "keep"   // stays, under the pseudonym
)

// Grounds to hold data (个人信息保护法 art. 13; 28 where it is sensitive).
const (
	GroundDuty     = "duty"     // a duty by law or by the rules of the party
	GroundService  = "service"  // without it the service cannot be given
	GroundSecurity = "security" // the safety of the system (网络安全法 art. 21)
	GroundOwn      = "own"      // the person put it there himself
)

// Readers that are no permission.
const (
	ReaderSelf   = "self"   // the person himself
	ReaderNobody = "nobody" // the program alone: a hash, a sealed secret
)

// Item is data of one kind. What it is called and what it is for stands in the
// page's texts (privacy.item.<key>).
type Item struct {
	Key       string
	Ground    string
	Sensitive bool     // sensitive personal information (个人信息保护法 art. 28)
	Readers   []string // ReaderSelf, ReaderNobody, permissions
	Rule      string   // the rule of retention; "" where Until says it
	Until     string
	Erase     string
	Fields    []Fields
}

// Fields are columns of one table.
type Fields struct {
	Table   string
	Columns string // names with spaces between
}

// Items lists everything, in the order that screens show it.
func Items() []Item { return slices.Clone(items) }

// ColumnsOf returns what is listed of a table: column -> item.
func ColumnsOf(table string) map[string]string {
	out := map[string]string{}
	for _, i := range items {
		for _, f := range i.Fields {
			if f.Table == table {
				for c := range strings.FieldsSeq(f.Columns) {
					out[c] = i.Key
				}
			}
		}
	}
	return out
}

var items = []Item{
	{
		Key: "identity", Ground: GroundDuty, Readers: []string{ReaderSelf, "people:read", "hours:read", "exam:results", "people:import"}, Until: UntilRecord, Erase: EraseBlank,
		Fields: []Fields{
			{"people", "id number name pinyin initials kind version created_at updated_at merged_into erased_at"},
			{"hour_obligations", "name number pinyin initials person_kind"},
		},
	},
	{
		Key: "birth", Ground: GroundDuty, Readers: []string{ReaderSelf, "people:read"}, Until: UntilRecord, Erase: EraseBlank,
		Fields: []Fields{{"people", "gender born_on"}},
	},
	{
		Key: "id_card", Ground: GroundDuty, Sensitive: true, Readers: []string{ReaderSelf, "people:manage"}, Rule: RuleIDCards, Erase: EraseBlank,
		Fields: []Fields{{"people", "id_card_sealed id_card_digest id_card_mask"}},
	},
	{
		Key: "contact", Ground: GroundService, Readers: []string{ReaderSelf, "people:read"}, Rule: RuleContacts, Erase: EraseBlank,
		Fields: []Fields{{"people", "phone email"}},
	},
	{
		Key: "photo", Ground: GroundService, Readers: []string{ReaderSelf, "people:read"}, Rule: RulePhotos, Erase: EraseBlank,
		Fields: []Fields{{"people", "photo_key"}},
	},
	{
		Key: "membership", Ground: GroundDuty, Readers: []string{ReaderSelf, "people:read", "hours:read"}, Until: UntilFile, Erase: EraseKeep,
		Fields: []Fields{
			{"memberships", "id person_id unit_id tree period document created_at"},
			{"post_facts", "id person_id post note unit_id period document created_at"},
			{"status_facts", "id person_id status period document created_at"},
			{"rank_facts", "id person_id rank period document created_at"},
		},
	},
	{
		Key: "stage", Ground: GroundDuty, Sensitive: true, Readers: []string{ReaderSelf, "people:read", "hours:read"}, Until: UntilFile, Erase: EraseKeep,
		Fields: []Fields{{"stage_facts", "id person_id stage period document created_at move due_on"}},
	},
	{
		Key: "history", Ground: GroundDuty, Readers: []string{"people:read"}, Until: UntilFile, Erase: EraseKeep,
		Fields: []Fields{
			{"fact_operations", "id seq person_id kind verb before after first_day actor_id reason undoes bulk_id at"},
			{"person_merges", "id person_id into_id reason merged_by merged_at undone_by undone_at undo_reason"},
		},
	},
	{
		Key: "account", Ground: GroundService, Readers: []string{ReaderNobody}, Until: UntilAccount, Erase: EraseRemove,
		Fields: []Fields{
			{"accounts", "person_id password_hash must_change changed_at disabled_at closed_for code_hash code_expires_at break_glass totp_secret totp_pending totp_step"},
			{"password_history", "id person_id password_hash retired_at"},
			{"recovery_codes", "person_id code_hash used_at"},
			{"passkeys", "id person_id credential_id credential name created_at last_used_at"},
			{"passkey_ceremonies", "id person_id purpose state expires_at"},
			{"identity_links", "id connection_id subject person_id linked_at last_used_at"},
			{"sign_in_lanes", "key due_at"},
		},
	},
	{
		Key: "sessions", Ground: GroundSecurity, Readers: []string{ReaderSelf}, Rule: RuleSessions, Erase: EraseRemove,
		Fields: []Fields{{"sessions", "id token_hash person_id device_id user_agent ip created_at last_seen_at expires_at revoked_at method needs_factor auth_at rotate_due prev_token_hash prev_until"}},
	},
	{
		Key: "devices", Ground: GroundSecurity, Readers: []string{ReaderNobody}, Rule: RuleDevices, Erase: EraseRemove,
		Fields: []Fields{{"known_devices", "person_id token_hash first_at last_at"}},
	},
	{
		Key: "conflicts", Ground: GroundSecurity, Readers: []string{"system:manage"}, Rule: RuleConflicts, Erase: EraseRemove,
		Fields: []Fields{{"identity_conflicts", "id connection_id subject number reason tries first_at last_at resolved_at resolved_by"}},
	},
	{
		Key: "rights", Ground: GroundDuty, Readers: []string{ReaderSelf, "grant:manage", "audit:read"}, Until: UntilFile, Erase: EraseKeep,
		Fields: []Fields{
			{"grants", "id person_id role unit_id period granted_by reason created_at ended_by starts_on ended_at end_reason approved_by approved_at"},
			{"grant_requests", "id person_id role unit_id starts_on ends_on reason requested_by requested_at state decided_by decided_at decide_reason grant_id"},
			{"impersonations", "id session_id actor_id person_id reason started_at ends_at ended_at"},
		},
	},
	{
		Key: "learning", Ground: GroundDuty, Readers: []string{ReaderSelf, "hours:audit"}, Until: UntilLedger, Erase: EraseKeep,
		Fields: []Fields{
			{"plays", "id person_id lesson_id media_version session_id duration_ms max_rate_percent allow_skip opened_at closed_at presence_every_s presence_answer_s presence_ask presence_on_miss presence_seed presence_passed presence_interval_ms presence_due_ms presence_since presence_missed_at"},
			{"play_spans", "play_id seq person_id media rate_percent wall"},
			{"play_checks", "play_id seq asked_at answer_by answered_at answer passed"},
			{"play_refusals", "play_id reason media first_at last_at reports"},
			{"learning_flags", "play_id kind person_id detail times flagged_at last_at"},
			{"lesson_progress", "person_id lesson_id media_version covered covered_ms last_position_ms last_play_at completed_at revision"},
			{"completions", "id person_id lesson_id media_version play_id covered_ms duration_ms threshold_percent completed_at"},
		},
	},
	{
		Key: "learning_device", Ground: GroundSecurity, Readers: []string{"hours:audit"}, Until: UntilRecord, Erase: EraseBlank,
		Fields: []Fields{{"plays", "device_id user_agent"}, {"attempts", "device_id"}},
	},
	{
		Key: "exams", Ground: GroundDuty, Readers: []string{ReaderSelf, "exam:results", "exam:evidence"}, Until: UntilLedger, Erase: EraseKeep,
		Fields: []Fields{
			{"attempts", "id exam_id person_id number state seed epoch minted_at started_at held_at due_at check_at submitted_at submitted_by graded_at grading_version score_milli passed voided_at"},
			{"attempt_operations", "attempt_id op_id server_seq received_at seq choice epoch item mac"},
			{"attempt_late_operations", "attempt_id op_id server_seq received_at seq choice epoch item mac"},
			{"attempt_events", "attempt_id epoch kind at device_id previous"},
			{"attempt_voids", "attempt_id reason counts voided_by voided_at"},
			{"grades", "attempt_id grading_version score_milli total_milli passed marks choices graded_at cause correction_hash regrade_id inclusion_id"},
			{"late_inclusions", "id attempt_id op_ids reason proposed_by proposed_at"},
			{"late_decisions", "inclusion_id approved reason decided_by decided_at"},
		},
	},
	{
		Key: "hours", Ground: GroundDuty, Readers: []string{ReaderSelf, "hours:read", "hours:audit"}, Until: UntilLedger, Erase: EraseKeep,
		Fields: []Fields{
			{"hour_events", "id person_id seq kind source source_ref subject title amount_centi required occurred_on evidence_kind evidence_id evidence_digest rule reverses_id reason actor_id recorded_at prev_hash hash"},
			{"hour_chains", "person_id seq hash updated_at"},
			{"ledger_heads", "person_id anchored_on seq hash"},
			{"hour_obligations", "person_id policy_id year version_id lead days total_centi required_centi counted_centi part_centi short_centi recent_centi sources reasons due_on last_on stage rank unit_name unit_paths last_event_at changed_on changed_at"},
			{"hour_batch_people", "batch_id person_id amount_centi"},
		},
	},
	{
		Key: "corrections", Ground: GroundDuty, Readers: []string{ReaderSelf, "people:correct"}, Rule: RuleCorrections, Erase: EraseRemove,
		Fields: []Fields{{"correction_requests", "id person_id field value from_on note state created_at decided_by decided_at decision"}},
	},
	{
		Key: "imports", Ground: GroundDuty, Readers: []string{"people:import"}, Rule: RuleImports, Erase: EraseRemove,
		Fields: []Fields{
			{"import_rows", "import_id line outcome vals changes refusals notes sealed person_id seen undo applied_at"},
			{"import_remarks", "import_id seq kind sheet line col text"},
		},
	},
	{
		Key: "pushes", Ground: GroundDuty, Readers: []string{"people:import"}, Rule: RulePushes, Erase: EraseRemove,
		Fields: []Fields{{"pushes", "items"}},
	},
	{
		Key: "bulks", Ground: GroundDuty, Readers: []string{"people:manage"}, Rule: RuleBulks, Erase: EraseKeep,
		Fields: []Fields{{"people_bulks", "id actor_id deed person_ids state position accepted refused created_at touched_at finished_at"}},
	},
	{
		Key: "exports", Ground: GroundDuty, Readers: []string{ReaderSelf}, Rule: RuleExports, Erase: EraseKeep,
		Fields: []Fields{{"exports", "id kind filter reason state progress row_count object_key size digest failure downloads created_by created_at updated_at finished_at expires_at"}},
	},
	{
		Key: "reads", Ground: GroundDuty, Readers: []string{ReaderSelf}, Rule: RuleReads, Erase: EraseRemove,
		Fields: []Fields{{"person_reads", "person_id on_day actor_id kind at"}},
	},
	{
		Key: "views", Ground: GroundOwn, Readers: []string{ReaderSelf, "people:read"}, Until: UntilAccount, Erase: EraseRemove,
		Fields: []Fields{{"people_views", "id owner_id name shared filter created_at"}},
	},
	{
		Key: "replies", Ground: GroundService, Readers: []string{ReaderNobody}, Rule: RuleReplies, Erase: EraseRemove,
		Fields: []Fields{{"idempotency_keys", "person_id operation key body_hash status body created_at"}},
	},
	{
		Key: "erasures", Ground: GroundDuty, Readers: []string{ReaderSelf, "people:manage"}, Until: UntilLog, Erase: EraseKeep,
		Fields: []Fields{{"erasures", "id person_id reason requested_by requested_at state decided_by decided_at decide_reason failure done_at counts"}},
	},
	{
		Key: "audit", Ground: GroundSecurity, Readers: []string{"audit:read"}, Until: UntilLog, Erase: EraseKeep,
		Fields: []Fields{{"audit_events", "seq at actor_id action subject_type subject_id detail request_id ip prev_hash hash"}},
	},
	{
		Key: "deeds", Ground: GroundDuty, Readers: []string{ReaderSelf, "audit:read"}, Until: UntilWork, Erase: EraseKeep,
		Fields: []Fields{
			{"api_tokens", "created_by last_ip"},
			{"courses", "created_by"},
			{"exams", "created_by cancelled_by"},
			{"hour_batches", "filed_by decided_by ended_by file_key file_name"},
			{"hour_policies", "created_by"},
			{"hour_policy_versions", "created_by activated_by"},
			{"imports", "created_by filename object_key"},
			{"media", "owner_id"},
			{"papers", "created_by"},
			{"pushes", "created_by"},
			{"question_banks", "created_by"},
			{"question_versions", "created_by"},
			{"questions", "created_by"},
			{"regrades", "created_by"},
			{"retention_terms", "changed_by"},
			{"role_versions", "changed_by"},
			{"roles", "created_by retired_by"},
			{"sign_in_settings", "changed_by"},
			{"unit_changes", "planned_by cancelled_by"},
			{"webhooks", "created_by"},
		},
	},
}

// Impersonal tells of the tables that hold nothing about a person beside what Items
// lists of them, and why. A table that is neither here nor wholly in Items fails a test.
var Impersonal = map[string]string{
	"api_tokens": "keys of programs", "audit_anchors": "hashes of the log", "chapters": "courses", "courses": "courses", "exams": "exams",
	"frozen_paper_questions": "papers", "frozen_papers": "papers", "hour_batches": "the head of a batch; who is in it stands in hour_batch_people",
	"hour_policies": "rules", "hour_policy_versions": "rules", "hour_recomputes": "progress of a run", "identity_connections": "peers",
	"identity_flows": "a browser on its way, nobody known yet", "imports": "the head of an import; its rows stand in import_rows",
	"ledger_anchors": "hashes of the ledger", "lessons": "courses", "media": "videos", "media_parts": "videos", "media_renditions": "videos",
	"outbox": "jobs, by id", "paper_corrections": "papers", "papers": "papers", "pushes": "the head of a push", "question_banks": "questions",
	"question_versions": "questions", "questions": "questions", "regrades": "figures of a run", "retention_runs": "figures of a run",
	"retention_terms": "terms", "role_permissions": "roles", "role_versions": "roles", "roles": "roles", "sign_in_settings": "rules",
	"signing_keys": "keys", "unit_changes": "units", "unit_names": "units", "unit_placements": "units", "units": "units",
	"webhook_deliveries": "messages that carry ids", "webhooks": "addresses of systems",
}
