package api_test

import "slices"

// sample says how to ask an operation for an object that stands in a given
// relation to who asks. Bodies of writes are refused by a rule that comes after
// the check of rights wherever that can be, so that a world serves thousands of
// cells. An operation of the document without a sample fails the matrix.
type sample struct {
	kind    string // what {id} is; "" for an operation without an object, or one that all share
	list    bool   // the reply is a list, in which the object's id stands or does not
	rows    string // of a list below one shared object: what its rows are
	total   string // of a list with rows: the field that counts those within reach
	query   string
	body    string
	status  int    // of the allowed form; 0 is 200
	also    int    // of the allowed form when it was done before
	reason  string // and its reason
	outside string // what a reply about an object outside says, of an operation that answers 422 with rows
	field   string // of a list: the field that holds the id; "" is id
	made    bool   // of who made it, and of who has the whole institution
	authors bool   // open to authors, too, whatever the audience
	bytes   bool   // not JSON
	contact string // "kept": phone and e-mail whole to who keeps people's data, masked to others; "own": whole; "asked": of the phone, what is to be corrected; "": not there
	card    bool   // holds a whole id number; no other reply does
	undo    string // SQL that puts back what the allowed form did: ?0 is the object, ?1 who asked
	except  func(a *matrixActor, rel string) (status int, reason, because string)
}

// about is the kind of thing whose relation to the actor decides.
func (s sample) about() string {
	if s.rows != "" {
		return s.rows
	}
	return s.kind
}

// notHimself: nobody does this to himself, whatever he holds.
func notHimself(reason string) func(*matrixActor, string) (int, string, string) {
	return func(_ *matrixActor, rel string) (int, string, string) {
		if rel == "own" {
			return 403, reason, "nobody does this to himself"
		}
		return 0, "", ""
	}
}

// notHis: who sees it without having made it changes nothing of it.
func notHis(reason string) func(*matrixActor, string) (int, string, string) {
	return func(_ *matrixActor, rel string) (int, string, string) {
		if rel != "own" {
			return 409, reason, "somebody else made it"
		}
		return 0, "", ""
	}
}

// withRightOnly: what is one's own is closed without the right to what is in it.
func withRightOnly(permission, reason string) func(*matrixActor, string) (int, string, string) {
	return func(a *matrixActor, _ string) (int, string, string) {
		if a.reach == "ended" || !slices.Contains(oracleRoles[a.role], permission) {
			return 403, reason, "the right has ended"
		}
		return 0, "", ""
	}
}

// wholeExam: the exam is for everybody, so a part of the institution is not enough.
func wholeExam(a *matrixActor, _ string) (int, string, string) {
	if a.reach == "branch" {
		return 403, "exam.regrade_beyond_scope", "the exam is for everybody"
	}
	return 0, "", ""
}

var (
	draftExam = `{"title":"","paper_id":"{paper}","opens_at":"2026-01-01T00:00:00Z","closes_at":"2026-01-02T00:00:00Z","duration_s":60,"pass_mark_milli":0,"attempts_allowed":1,"review":"never"}`
	badRule   = `"effective_from":"someday","document":{"title":"t","number":"n","clause":"c","clause_text":"x"},"rule":{"total_centi":1},"reason":"年度部署"`
	fact      = `{"value":"nonsense","from":"someday"}`
)

var samples = map[string]sample{
	// sign-in
	"getSettings": {}, "signIn": {body: `{"number":"nobody","password":"wrong"}`, status: 401, also: 429},
	"signInByPasskey": {body: `{"ceremony_id":"x","answer":{}}`, status: 404, reason: "sign_in.ceremony_over"}, "askPasskey": {status: 200},
	"getSession": {}, "listSessions": {}, "getMyFactors": {},
	"signOut": {undo: "UPDATE sessions SET revoked_at = NULL WHERE person_id = ?1"}, "signOutEverywhere": {undo: "UPDATE sessions SET revoked_at = NULL WHERE person_id = ?1"},
	"giveSecondFactor": {body: `{"code":"000000"}`, status: 409}, "stepUp": {body: `{}`, status: 409},
	"revokeSession":  {kind: "session", status: 204, undo: "UPDATE sessions SET revoked_at = NULL WHERE person_id = ?1"},
	"changePassword": {body: `{"current":"wrong","next":"x"}`, status: 422},
	"beginTotp":      {}, "confirmTotp": {body: `{"code":"000000"}`, status: 422}, "removeTotp": {status: 204},
	"newRecoveryCodes": {}, "beginPasskey": {}, "addPasskey": {body: `{"ceremony_id":"{nothing}","name":"x","answer":{}}`, status: 404, reason: "sign_in.ceremony_over"},
	"renamePasskey": {kind: "passkey", body: `{"name":"钥匙"}`, status: 204}, "removePasskey": {kind: "passkey", status: 204, undo: "INSERT INTO passkeys (id, person_id, credential_id, credential, name) VALUES (?0, ?1, convert_to(?0, 'UTF8'), '{}', '钥匙')"},
	"getSignInPolicy": {}, "saveSignInPolicy": {body: `{"profile":"none","min_length":0,"classes":0,"max_age_days":0,"history":0,"code_hours":0,"idle_minutes":0,"absolute_hours":0,"second_factor":"none","factor_from":"","break_glass_only":false,"hall_networks":"","remember_days":0}`, status: 422},

	"beginSignIn": {kind: "nothing", body: `{}`, status: 404}, "signInDirectory": {kind: "nothing", body: `{"name":"x","password":"x"}`, status: 404},
	"finishSignIn": {body: `{"query":"state=x"}`, status: 401}, "listMyIdentities": {kind: "link", list: true},
	"removeMyIdentity": {kind: "link", status: 204, undo: "INSERT INTO identity_links (id, connection_id, subject, person_id) SELECT ?0, id, ?0::text, ?1 FROM identity_connections"},
	"listConnections":  {}, "addConnection": {body: `{"kind":"cas","name":"","enabled":false}`, status: 422},
	"saveConnection": {kind: "nothing", body: `{"kind":"cas","name":"x","enabled":false,"version":1}`, status: 422}, "removeConnection": {kind: "nothing", status: 404},
	"testConnection": {kind: "nothing", status: 404}, "listConflicts": {}, "resolveConflict": {kind: "nothing", status: 404},
	"linkConflict": {kind: "nothing", body: `{"number":"x","reason":"本人到场核对"}`, status: 404}, "listBreakGlass": {},
	"listIdentities": {kind: "person"}, "removeIdentity": {kind: "nothing", status: 404},
	"setBreakGlass": {kind: "person", body: `{"on":true,"reason":""}`, status: 422},

	// units and people
	"listUnits": {kind: "unit", list: true, query: "tree=party"}, "createUnit": {kind: "unit", body: `{"tree":"party","parent_id":"{unit}","name":"新组","kind":"group"}`, also: 409},
	"updateUnit": {kind: "unit", body: `{"name":"改名","position":0,"version":999}`, status: 409}, "closeUnit": {kind: "unit", body: `{"on":"2019-01-01","reason":"撤销"}`, status: 409},
	"changeUnit":        {kind: "unit", body: `{"verb":"rename","name":"改名","version":999,"reason":"改"}`, status: 409},
	"previewUnitChange": {kind: "unit", body: `{"verb":"rename","name":"改名","version":999}`},
	"listUnitChanges":   {kind: "change", list: true}, "cancelUnitChange": {kind: "change", body: `{"reason":"不改了"}`, status: 204, also: 409},
	"listPeople": {kind: "person", list: true, query: "limit=200"}, "countPeople": {}, "getPerson": {kind: "person", contact: "kept"},
	"createPeople": {kind: "unit", body: `{"people":[{"number":"S000","name":"甲","kind":"student","party_unit_id":"{unit}"}]}`, status: 422, outside: "unit.unknown"},
	"updatePerson": {kind: "person", body: `{"number":"x","name":"x","kind":"staff","version":999}`, status: 409},
	"revealPerson": {kind: "person", body: `{"reason":"核对"}`, card: true}, "setPersonPhoto": {kind: "person", query: "version=999", body: "no picture", status: 422},
	"getPersonPhoto": {kind: "person", bytes: true, status: 404, reason: "person.no_photo"}, "changeFacts": {kind: "person", body: `{"verb":"add","kind":"stage","value":"nonsense","from":"someday"}`, status: 422},
	"previewFacts":       {kind: "person", body: `{"verb":"add","kind":"stage","value":"nonsense","from":"someday"}`, status: 422},
	"listFactOperations": {kind: "person"}, "addStage": {kind: "person", body: fact, status: 422}, "addRank": {kind: "person", body: fact, status: 422},
	"addMembership": {kind: "person", body: fact, status: 422}, "resetPassword": {kind: "person", except: notHimself("person.account_self")},
	"resetFactors": {kind: "person", body: `{"reason":"手机遗失"}`, status: 204, except: notHimself("person.account_self")}, "listPersonSessions": {kind: "person", except: notHimself("person.account_self")},
	"endPersonSessions": {kind: "person", body: `{"reason":"设备遗失"}`, status: 204, except: notHimself("person.account_self")},
	"disableAccount":    {kind: "person", body: `{"reason":"离校"}`, status: 204, also: 409, except: notHimself("person.account_self")}, "enableAccount": {kind: "person", body: `{"reason":"返校"}`, status: 204, also: 409, except: notHimself("person.account_self")},
	"giveGrant":     {kind: "person", body: `{"role":"secretary","unit_id":"{unit}","from":"someday","reason":"任职"}`, status: 422, except: notHimself("grant.self")},
	"listRoleNames": {}, "listPermissions": {}, "listRoles": {}, "getRole": {kind: "role"},
	"createRole": {body: `{"name_zh":"","permissions":[],"reach":"any","approval":false}`, status: 422}, "changeRole": {kind: "role", body: `{"name_zh":"","permissions":[],"reach":"any","approval":false}`, status: 422},
	"previewRole": {kind: "role", body: `{"name_zh":"","permissions":[],"reach":"any","approval":false}`, status: 422}, "retireRole": {kind: "role", body: `{"reason":""}`, status: 422},
	"impersonatePerson": {kind: "person", body: `{"reason":"","minutes":10}`, status: 422, except: notHimself("impersonation.self")}, "endImpersonation": {status: 409, reason: "impersonation.none"},
	"getPersonRights": {kind: "person"}, "listPersonWatchers": {kind: "person"},
	"listGrants": {kind: "grant", list: true, query: "limit=200"}, "listGrantRequests": {kind: "request", list: true, query: "limit=200&all=true"},
	"approveGrantRequest": {kind: "request", status: 409, reason: "grant.request_decided", except: notHimself("grant.self")}, "refuseGrantRequest": {kind: "request", body: `{"reason":"不符"}`, status: 409, reason: "grant.request_decided", except: notHimself("grant.self")},
	"withdrawGrantRequest": {kind: "request", status: 403, reason: "grant.request_not_yours"},
	"endGrant":             {kind: "grant", body: `{"reason":""}`, status: 422, except: notHimself("grant.self")},
	"mergePerson":          {kind: "person", body: `{"into_id":"{person}","reason":"重复"}`, status: 409, except: notHimself("person.account_self")}, "unmergePerson": {kind: "person", body: `{"reason":"不是"}`, status: 404, reason: "person.not_merged"},
	"listDuplicates": {kind: "twin", list: true}, "listPeopleViews": {kind: "view", list: true}, "savePeopleView": {body: `{"name":"","filter":{}}`, status: 422},
	"deletePeopleView": {kind: "view", status: 204, undo: "INSERT INTO people_views (id, owner_id, name, filter) VALUES (?0, ?1, '我的', '{}')"}, "startBulk": {body: `{"kind":"stage"}`, status: 422},
	"getBulk": {kind: "bulk"}, "applyBulk": {kind: "bulk", status: 409},
	"listPersonCorrections": {kind: "correction", list: true, contact: "asked", query: "limit=200&all=true"}, "approvePersonCorrection": {kind: "correction", body: `{}`, status: 204, also: 409, undo: "UPDATE people SET phone = '" + worldPhone + "' WHERE phone <> ''", except: notHimself("person.correction_own")},
	"declinePersonCorrection": {kind: "correction", body: `{"reason":"不实"}`, status: 204, also: 409, except: notHimself("person.correction_own")}, "getMe": {contact: "own"}, "listLooks": {}, "listMyWatchers": {}, "listMyCorrections": {kind: "correction", list: true, contact: "asked"},
	"askCorrection": {body: `{"field":"phone","value":"x","note":""}`, status: 422}, "withdrawCorrection": {kind: "correction", status: 204, also: 409, undo: "UPDATE correction_requests SET state = 'open', decided_at = NULL, decided_by = NULL WHERE id = ?0"},
	"listAuditEvents": {kind: "person", list: true, field: "actor_id", query: "actor={person}"},

	// import: a file is seen by who brought it and by who has the whole institution, and changed by the first alone
	"listImports": {kind: "import", made: true, list: true, query: "limit=200"}, "getImportTemplate": {bytes: true, query: "kind=people"},
	"uploadImport": {query: "filename=a.csv", body: "x", undo: "DELETE FROM imports WHERE created_by = ?1 AND filename = 'a.csv'"},
	"getImport":    {kind: "import", made: true}, "mapImport": {kind: "import", made: true, body: `{"columns":[]}`, status: 409, reason: "import.kept_no_longer", except: notHis("import.not_yours")},
	"listImportRows": {kind: "import", made: true}, "getImportReport": {kind: "import", made: true, bytes: true},
	"applyImport": {kind: "import", made: true, body: `{"reason":"入库"}`, status: 409, reason: "import.wrong_state", except: notHis("import.not_yours")},
	"undoImport":  {kind: "import", made: true, body: `{"reason":"撤销"}`, status: 409, reason: "import.kept_no_longer", except: notHis("import.not_yours")},

	// programs outside
	"listTokens": {}, "createToken": {body: `{"name":"","permissions":[],"expires_on":"someday"}`, status: 422}, "rotateToken": {kind: "token"},
	"revokeToken": {kind: "token", body: `{"reason":"泄露"}`, undo: "UPDATE api_tokens SET revoked_at = NULL WHERE id = ?0"}, "listPushes": {kind: "push", list: true, query: "limit=200"}, "getPush": {kind: "push"},
	"pushPeople": {kind: "unit", body: `{"people":[{"number":"","name":"","party_unit":"#{unit}"}]}`, outside: "import.unit_unknown"}, "pushUnits": {kind: "unit", body: `{"units":[{"key":" ","tree":"party","name":"","kind":"group","parent_key":"{unit}"}]}`, outside: "push.key_form"},
	"pushFacts": {body: `{"facts":[{"number":"nobody","kind":"stage","from":"someday"}]}`},

	"listWebhooks": {kind: "webhook", list: true}, "createWebhook": {body: `{"name":"","url":"","events":[]}`, status: 422}, "updateWebhook": {kind: "webhook", body: `{"name":"a","url":"https://a.cn","events":["unit"]}`},
	"removeWebhook": {kind: "old webhook", status: 204, undo: "INSERT INTO webhooks (id, name, url, events, secret, cursor_seq, created_by) VALUES (?0, '旧', 'https://b.cn', '{unit}', 'x', 0, ?1)"},
	"rotateWebhook": {kind: "webhook"}, "testWebhook": {kind: "webhook"}, "listDeliveries": {kind: "webhook"}, "resendDelivery": {kind: "delivery"},

	// media, courses, learning
	"createMedium": {body: `{"filename":"a.exe","size":0}`, status: 422}, "putPart": {kind: "medium of", body: "x", status: 409},
	"completeMedium": {kind: "medium of", status: 409}, "cancelMedium": {kind: "medium of"}, "retryMedium": {kind: "medium", status: 409},
	"listMedia": {kind: "medium", list: true}, "getMedium": {kind: "medium"}, "getMediumPoster": {kind: "open medium", bytes: true, authors: true},
	"getMediumMaster": {kind: "medium", bytes: true}, "getMediumPlaylist": {kind: "medium", bytes: true}, "getMediumBytes": {kind: "medium", bytes: true},
	"getLessonMaster": {kind: "open lesson", bytes: true, authors: true}, "getLessonPlaylist": {kind: "open lesson", bytes: true, authors: true}, "getLessonBytes": {kind: "open lesson", bytes: true, authors: true},
	"getLessonPoster": {kind: "open lesson", bytes: true, authors: true},
	"listCourses":     {kind: "course", list: true}, "createCourse": {body: `{"title":""}`, status: 422}, "getCourse": {kind: "course"},
	"updateCourse": {kind: "course", body: `{"title":"x","version":999}`, status: 409}, "publishCourse": {kind: "course", also: 409}, "unpublishCourse": {kind: "course", also: 409},
	"reorderCourse": {kind: "course", body: `{"chapters":[],"version":999}`, status: 409}, "setCourseCover": {kind: "course", body: "no picture", status: 422},
	"getCourseCover": {kind: "open course", bytes: true, authors: true}, "addChapter": {kind: "course", body: `{"title":""}`, status: 422},
	"updateChapter": {kind: "chapter", body: `{"title":""}`, status: 422}, "removeChapter": {kind: "chapter", status: 409},
	"addLesson": {kind: "chapter", body: `{"title":""}`, status: 422}, "updateLesson": {kind: "lesson", body: `{"title":""}`, status: 422},
	"removeLesson": {kind: "watched", status: 409}, "closeLesson": {kind: "watched", also: 409}, "reopenLesson": {kind: "watched", also: 409},
	"listCatalogue": {kind: "open course", list: true}, "getCatalogueCourse": {kind: "open course"},
	"openPlay": {kind: "open lesson", body: `{"device_id":"phone"}`}, "reportPlay": {kind: "play", body: `{"seq":1,"position_ms":0,"spans":[]}`},
	"askCheck": {kind: "play", status: 409}, "answerCheck": {kind: "play", body: `{"answer":"x"}`, status: 409},
	"continueLearning": {}, "listRecentLessons": {}, "getLearningRecord": {kind: "branch lesson"}, "getCompletionEvidence": {kind: "completion"},

	// questions, papers, exams
	"listBanks": {kind: "bank", list: true}, "createBank": {body: `{"name":" "}`, status: 422}, "getBank": {kind: "bank"}, "updateBank": {kind: "bank", body: `{"name":" "}`, status: 422},
	"listQuestions": {kind: "bank"}, "createQuestion": {kind: "bank", body: `{"kind":"single","stem":"","key":[]}`, status: 422},
	"getQuestion": {kind: "question"}, "updateQuestion": {kind: "question", body: `{"kind":"single","stem":"","key":[]}`, status: 422}, "retireQuestion": {kind: "question", body: `{"reason":"过时"}`},
	"listPapers": {kind: "paper", list: true}, "createPaper": {body: `{"title":""}`, status: 422}, "getPaper": {kind: "paper"},
	"updatePaper": {kind: "paper", body: `{"title":""}`, status: 422}, "drawPaper": {kind: "paper", body: `{}`},
	"listExams": {kind: "exam", list: true}, "createExam": {body: draftExam, status: 422}, "getExam": {kind: "exam"}, "updateExam": {kind: "draft", body: draftExam, status: 422},
	"publishExam": {kind: "exam", status: 409}, "cancelExam": {kind: "exam", body: `{"reason":""}`, status: 422},
	"listAttempts": {kind: "exam", rows: "attempt", query: "limit=200", total: "graded"}, "getAttemptEvidence": {kind: "attempt"}, "proposeLateInclusion": {kind: "attempt", body: `{"reason":""}`, status: 422},
	"voidAttempt": {kind: "attempt", body: `{"reason":""}`, status: 422}, "listLateInclusions": {kind: "inclusion", list: true, query: "limit=200"},
	"approveLateInclusion": {kind: "inclusion", body: `{"reason":""}`, status: 422}, "declineLateInclusion": {kind: "inclusion", body: `{"reason":""}`, status: 422},
	"getMarking": {kind: "exam"}, "previewRegrade": {kind: "exam", body: `{"items":[]}`, status: 409}, "applyRegrade": {kind: "exam", body: `{"items":[],"reason":""}`, status: 422, except: wholeExam},
	"listRegrades": {kind: "exam"}, "getRegrade": {kind: "regrade"}, "undoRegrade": {kind: "regrade", body: `{"reason":"误更正"}`, status: 409, except: wholeExam},
	"checkReceipt": {kind: "attempt", body: `{"receipt":"x"}`, status: 422}, "listMyExams": {kind: "open exam", list: true}, "getMyExam": {kind: "open exam"},
	"startAttempt": {kind: "open exam", body: `{"device_id":"desk"}`}, "getAttempt": {kind: "attempt", query: "device_id=desk"},
	"takeOverAttempt": {kind: "attempt", body: `{"device_id":"desk"}`, status: 409}, "submitAttempt": {kind: "attempt", body: `{"epoch":1}`},
	"saveAnswers":   {kind: "attempt", body: `{"epoch":1,"operations":[{"op_id":"018f2f6e-0000-7000-8000-000000000000","item":"x","seq":1,"value":[]}]}`, status: 422},
	"reviewAttempt": {kind: "attempt"},

	// hours, policies, exports
	"getMyHours": {}, "getHoursOverview": {}, "listHoursPeople": {kind: "person", list: true, query: "limit=200"}, "getPersonHours": {kind: "person"},
	"getHourEvent": {kind: "event"}, "reverseHourEvent": {kind: "event", body: `{"reason":"  "}`, status: 422, except: notHimself("hours.own_entry")},
	"listHourBatches": {kind: "batch", list: true, query: "limit=200"}, "createHourBatch": {body: `{"title":"集中培训","document_no":"","document_on":"2026-01-01","organiser":"党校","source":"offline_training","starts_on":"2026-01-01","ends_on":"2026-01-02","people":[]}`, status: 422},
	"getHourBatchSheet": {bytes: true}, "getHourBatch": {kind: "batch"}, "updateHourBatch": {kind: "batch", body: `{"version":999,"title":"集中培训","document_no":"","document_on":"2026-01-01","organiser":"党校","source":"offline_training","starts_on":"2026-01-01","ends_on":"2026-01-02","people":[]}`, status: 403, reason: "hours.batch_not_yours"},
	"setHourBatchFile": {kind: "batch", query: "version=999&name=a.pdf", body: "%PDF-1.7\n%%EOF", status: 403, reason: "hours.batch_not_yours"}, "getHourBatchFile": {kind: "batch", bytes: true},
	"submitHourBatch": {kind: "batch", body: `{"version":999}`, status: 403, reason: "hours.batch_not_yours"}, "withdrawHourBatch": {kind: "batch", body: `{"version":999,"reason":"误报"}`, status: 403, reason: "hours.batch_not_yours"},
	"approveHourBatch": {kind: "batch", body: `{"version":999}`, status: 409}, "rejectHourBatch": {kind: "batch", body: `{"version":999,"reason":"不符"}`, status: 409},
	"reverseHourBatch": {kind: "batch", body: `{"version":999,"reason":"误报"}`, status: 409},
	"listPolicies":     {kind: "policy", list: true}, "createPolicy": {body: `{"name":"x",` + badRule + `}`, status: 422}, "getPolicy": {kind: "policy"},
	"addPolicyVersion": {kind: "policy", body: `{` + badRule + `}`, status: 422}, "previewPolicy": {kind: "policy", body: `{"number":99}`, status: 404, reason: "hours.version_unknown"},
	"activatePolicy": {kind: "policy", body: `{"number":99,"preview_digest":"x","reason":"年度部署"}`, status: 404, reason: "hours.version_unknown"},
	"retirePolicy":   {kind: "policy", body: `{"from":"someday","reason":"年度部署"}`, status: 422},
	"createExport":   {body: `{"kind":"hours_people","reason":"年度考核"}`}, "listExports": {kind: "export", list: true, query: "limit=200"},
	"previewMyErasure": {}, "askMyErasure": {body: `{"reason":""}`, status: 422}, "previewErasure": {kind: "person"}, "askErasure": {kind: "person", body: `{"reason":""}`, status: 422},
	"listErasures":   {kind: "erasure", list: true, query: "limit=200&all=true"},
	"approveErasure": {kind: "erasure", body: `{"number":"x"}`, status: 409, reason: "privacy.erasure_decided"}, "refuseErasure": {kind: "erasure", body: `{"reason":"不符"}`, status: 409, reason: "privacy.erasure_decided"},
	"withdrawErasure": {kind: "erasure", status: 409, reason: "privacy.erasure_decided"},
	"exportMyData":    {}, "exportPersonData": {kind: "person", body: `{"reason":"本人书面申请"}`},
	"listPrivacyItems": {}, "setRetentionTerm": {kind: "nothing", body: `{"days":1,"reason":"年度"}`, status: 404}, "listRetentionRuns": {},
	"createAuditExport":  {body: `{"format":"csv","reason":"年度考核"}`},
	"createPeopleExport": {body: `{"columns":["stage"],"format":"csv","reason":"年度考核"}`},
	"getExport":          {kind: "export"}, "getExportFile": {kind: "export", bytes: true, status: 409, except: withRightOnly("hours:read", "hours.export_not_permitted")},
}
