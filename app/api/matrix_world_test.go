package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/app/api/apitest"
	"zhixing/domain/job"
	"zhixing/domain/media"
	"zhixing/domain/org"
	"zhixing/storage/document"
	"zhixing/storage/object/objecttest"
	"zhixing/storage/postgres"
	"zhixing/worker"
)

// How an object stands to who asks. "own" is his own; "same" belongs to somebody
// else in his branch; the two last changed branch yesterday.
var relations = []string{"own", "same", "parent", "child", "sibling", "foreign", "moved out", "moved in"}

// The four states of a session that hold back even somebody with every right.
const (
	signedOut  = "signed out"
	stale      = "stale"       // the proof of who he is, is old
	halfSigned = "half signed" // the second factor is owed
	mustChange = "must change" // a new password is owed
	actingFor  = "acting"      // he looks as somebody else
)

// matrixActor is somebody who asks: a role, and what his grant reaches.
type matrixActor struct {
	name, role, reach string // reach: "none", "branch", "whole", "ended"
	client            *apitest.Client
}

// matrixWorld is one seeded institution: a person, and one of each thing that
// belongs to a person or a unit, in every relation.
type matrixWorld struct {
	*apitest.Env
	t       *testing.T
	ahead   time.Duration // the clock of sessions, so that what is remembered of rights is out of date
	hall    *hall
	college *college
	media   *mediaEnv

	units  map[string]string            // relation -> unit
	ids    map[string]map[string]string // whose ("actor:…", a relation, or "" for what all share) -> kind -> id
	actors []*matrixActor
	states map[string]*apitest.Client
}

func newMatrixWorld(t *testing.T) *matrixWorld {
	w := &matrixWorld{t: t, units: map[string]string{}, ids: map[string]map[string]string{"": {}}, states: map[string]*apitest.Client{}}
	objects := objecttest.New(t)
	if err := objects.Put(t.Context(), "x", "text/plain", 0, strings.NewReader("")); err != nil { // the file of each batch
		t.Fatal(err)
	}
	w.college = &college{files: document.Anchors{Dir: t.TempDir()}, objects: objects, course: map[bool]string{}}
	w.media = &mediaEnv{objects: objects}
	w.Env = apitest.New(t, func(s *api.Server, db *postgres.DB) {
		s.Sessions.Now = func() time.Time { return time.Now().Add(w.ahead) }
		s.Questions, s.Papers, s.Exams = &app.Questions{Store: db.Questions()}, &app.Papers{Store: db.Papers()}, &app.Exams{Store: db.Exams()}
		s.Attempts = app.NewAttempts(db.Attempts())
		s.Amends, s.Regrades = &app.Amends{Store: db.Amends()}, &app.Regrades{Store: db.Amends()}
		w.college.hours = &app.Hours{Store: db.Hours(), Files: w.college.files}
		w.college.policies = &app.Policies{Store: db.Hours()}
		w.college.exports = &app.Exports{Store: db.Hours(), People: db.People(), Audit: db.AuditEvents(), Archive: db.Privacy(), Reads: db.AuditEvents(), Seals: apitest.Seals(t), Objects: w.college.objects, Sheets: document.Sheets{}}
		s.Batches = &app.Batches{Store: db.Hours(), Objects: w.college.objects, Sheets: document.Sheets{}}
		s.Imports = &app.Imports{Store: db.Imports(), Seals: apitest.Seals(t), Objects: objects, Reader: document.Books{}}
		s.Sheets = document.Sheets{}
		s.Hours, s.Policies, s.Exports = w.college.hours, w.college.policies, w.college.exports
		w.media.media = &app.Media{Store: db.Media(), Objects: objects, Encoder: worker.NewFFmpeg(passable(t), 2)}
		s.Media, s.Streams = w.media.media, &app.Streams{Store: db.Media(), Objects: objects, Now: time.Now}
		s.Courses, s.Catalogue = &app.Courses{Store: db.Courses(), Objects: objects}, &app.Catalogue{Store: db.Courses()}
		s.Learning = &app.Learning{Store: db.Learning(), Now: time.Now}
	})
	w.college.Env, w.media.Env = w.Env, w.Env
	w.Exec(t, "INSERT INTO roles (key, name_zh, name_en) VALUES ('nobody', '无', 'None'), ('idle', '闲', 'Idle'), ('own', '考勤员', 'Own')") // the first two carry nothing
	for _, p := range oracleRoles["own"] {
		w.Exec(t, "INSERT INTO role_permissions (role, permission) VALUES ('own', ?)", p)
	}
	w.placeUnits()
	w.placePeople()
	w.shared()
	for _, rel := range relations {
		w.opened(rel)
	}
	w.ids[""]["branch lesson"] = w.ids["own"]["open lesson"]
	exam := w.hall.open(1, func(b m) { b["hours_centi"] = 100 })
	w.ids[""]["exam"] = exam
	for who := range w.ids {
		if who != "" {
			w.belongings(who, exam)
		}
	}
	w.Exec(t, "UPDATE units SET external_key = id::text")
	for i, rel := range relations {
		for range 2 { // nobody closes a unit that somebody is in; and the two look like one person entered twice
			id := app.NewID()
			w.Exec(t, "INSERT INTO people (id, number, name, kind, born_on) VALUES (?0, substr(?0, 20), '组员', 'staff', date '1990-01-01' + ?1::int)", id, i)
			w.Join(t, id, w.units[rel], "party")
			w.ids[rel]["twin"] = id
		}
		w.ids[rel]["unit"] = w.units[rel]
		w.ids[rel]["change"] = app.NewID()
		w.Exec(t, `INSERT INTO unit_changes (id, unit_id, verb, name, effective_on, reason, state) VALUES (?, ?, 'rename', '新名', '2199-01-01', '改名', 'planned')`,
			w.ids[rel]["change"], w.units[rel])
	}
	w.contacts()
	return w
}

// What everybody in the world can be reached by; each has an id number of his own,
// which begins alike and differs in the end.
const (
	worldPhone, worldEmail = "13912345678", "ouyang@example.edu.cn"
	worldCardMask          = "110***********"
)

var worldCard = regexp.MustCompile(`11010519491231\d{3}[\dX]`)

// contacts writes a telephone, an address and a sealed id number into every record
// that an operation is asked for.
func (w *matrixWorld) contacts() {
	w.Exec(w.t, "UPDATE people SET phone = ?, email = ?", worldPhone, worldEmail)
	seals, n := apitest.Seals(w.t), 0
	for _, of := range w.ids {
		id := of["person"]
		if id == "" {
			continue
		}
		n++
		card := fmt.Sprintf("11010519491231%03d", n)
		sum := 0
		for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
			sum += weight * int(card[i]-'0')
		}
		checked, err := org.ParseIDCard(card + string("10X98765432"[sum%11]))
		if err != nil {
			w.t.Fatal(err)
		}
		sealed, err := seals.Seal(org.IDCardPurpose+":"+id, []byte(checked))
		if err != nil {
			w.t.Fatal(err)
		}
		w.Exec(w.t, "UPDATE people SET id_card_sealed = ?, id_card_digest = ?, id_card_mask = ? WHERE id = ?",
			sealed, seals.Digests(org.IDCardPurpose, []byte(checked))[0], checked.Mask(), id)
	}
}

func (w *matrixWorld) placeUnits() {
	t, e := w.t, w.Env
	committee := e.Unit(t, "party", "", "党委")
	one, two := e.Unit(t, "party", committee, "第一支部"), e.Unit(t, "party", committee, "第二支部")
	w.units = map[string]string{
		"own": one, "same": one, "parent": committee, "child": e.Unit(t, "party", one, "第一小组"), "sibling": two,
		"foreign": e.Unit(t, "party", "", "另一党委"), "moved out": e.Unit(t, "party", two, "迁出的小组"), "moved in": e.Unit(t, "party", one, "迁入的小组"),
	}
}

func (w *matrixWorld) placePeople() {
	t := w.t
	add := func(whose, rel string, c *apitest.Client) {
		w.join(c.PersonID, rel)
		w.college.stage(t, c.PersonID, "member", "2020-01-01", "")
		w.ids[whose] = map[string]string{"person": c.PersonID}
	}
	for i, rel := range relations[1:] {
		add(rel, rel, w.Person(t, fmt.Sprintf("S%03d", i), "甲"+rel))
	}
	w.ids["own"] = map[string]string{}
	for i, spec := range actorSpecs() {
		var grants []string
		if spec.reach == "whole" {
			grants = []string{spec.role}
		} else if spec.reach != "none" {
			grants = []string{spec.role + "@" + w.units["own"]}
		}
		spec.client = w.Person(t, fmt.Sprintf("A%03d", i), "乙"+spec.name, grants...)
		if spec.reach == "ended" {
			w.Exec(t, "UPDATE grants SET period = daterange('2020-01-01', civil_today()), starts_on = '2020-01-01', ended_at = now() WHERE person_id = ?", spec.client.PersonID)
		}
		w.Exec(t, "UPDATE sessions SET rotate_due = false")
		add("actor:"+spec.name, "own", spec.client)
		w.actors = append(w.actors, spec)
	}
	w.states[signedOut] = w.Anyone(t)
	for _, state := range []string{stale, halfSigned, mustChange, actingFor} {
		w.states[state] = w.Person(t, "X"+strings.ReplaceAll(state, " ", ""), "丙"+state, "trainer", "auditor", "admin", "secretary")
	}
	set := func(state, sql string) { w.Exec(t, sql, w.states[state].PersonID) }
	set(stale, "UPDATE sessions SET auth_at = now() - interval '1 hour' WHERE person_id = ?")
	set(halfSigned, "UPDATE sessions SET needs_factor = true WHERE person_id = ?")
	set(mustChange, "UPDATE accounts SET must_change = true WHERE person_id = ?")
	set(actingFor, fmt.Sprintf(`INSERT INTO impersonations (id, session_id, actor_id, person_id, reason, ends_at)
SELECT gen_random_uuid(), id, person_id, '%s', '矩阵', now() + interval '59 minutes' FROM sessions WHERE person_id = ?`, w.states[stale].PersonID))
	w.ahead = 5 * time.Second
}

// join makes a person a member of the relation's unit; who moved, moved yesterday.
func (w *matrixWorld) join(id, rel string) {
	from, to := w.units[rel], ""
	switch rel {
	case "moved out":
		from, to = w.units["own"], w.units["sibling"]
	case "moved in":
		from, to = w.units["sibling"], w.units["own"]
	}
	if to == "" {
		w.Join(w.t, id, from, "party")
		return
	}
	w.Exec(w.t, `INSERT INTO memberships (id, person_id, unit_id, tree, period) VALUES
(gen_random_uuid(), ?0, ?1, 'party', daterange('2020-01-01', civil_today() - 1)), (gen_random_uuid(), ?0, ?2, 'party', daterange(civil_today() - 1, NULL))`, id, from, to)
}

func actorSpecs() []*matrixActor {
	specs := []*matrixActor{{name: "learner", role: "learner", reach: "none"}}
	for _, role := range []string{"trainer", "class_manager", "secretary", "auditor", "editor", "counsellor", "admin", "own"} {
		for _, reach := range []string{"branch", "whole", "ended"} {
			specs = append(specs, &matrixActor{name: role + " " + reach, role: role, reach: reach})
		}
	}
	return specs
}

// client is the session of an actor by name.
func (w *matrixWorld) client(name string) *apitest.Client {
	for _, a := range w.actors {
		if a.name == name {
			return a.client
		}
	}
	panic("no actor " + name)
}

// shared makes what belongs to the institution.
func (w *matrixWorld) shared() {
	t, s := w.t, w.ids[""]
	w.college.auditor = w.client("auditor whole")
	w.hall = &hall{Env: w.Env, t: t, trainer: w.client("trainer whole")}
	w.hall.bank = w.hall.id(w.hall.trainer.Do("POST", "/banks", m{"name": "党章"}).Want(200))
	s["bank"], s["question"] = w.hall.bank, w.hall.question(1)
	s["paper"], s["draft"] = w.hall.paper(1), w.hall.draft(1)
	s["policy"] = w.college.policy(t, "党员学习", 3200)
	s["nothing"] = app.NewID()
	s["role"] = "idle"
	s["token"], s["webhook"], s["old webhook"], s["delivery"] = app.NewID(), app.NewID(), app.NewID(), app.NewID()
	w.Exec(t, `INSERT INTO api_tokens (id, name, prefix, secret_hash, permissions, per_minute, created_by, expires_at)
VALUES (?, '教务', 'zx_', '\x00', '{people:import}', 60, ?, now() + interval '30 days')`, s["token"], w.hall.trainer.PersonID)
	for _, hook := range []string{"webhook", "old webhook"} {
		w.Exec(t, "INSERT INTO webhooks (id, name, url, events, secret, cursor_seq, created_by) VALUES (?, ?, 'https://b.cn', '{unit}', 'x', 0, ?)", s[hook], hook, w.hall.trainer.PersonID)
	}
	w.Exec(t, "INSERT INTO webhook_deliveries (id, webhook_id, seq, type, body, state, ended_at) VALUES (?, ?, 1, 'unit', '{}', 'failed', now())", s["delivery"], s["webhook"])
	w.Exec(t, "INSERT INTO identity_connections (id, kind, name, config) VALUES (?, 'cas', '统一认证', '{}')", app.NewID())
	s["course"], s["chapter"], s["lesson"] = w.media.courseWith(t, w.hall.trainer, "党章学习", nil)
	s["medium"] = w.media.ready(t, w.hall.trainer, 60, noise(100))
	s["regrade"] = app.NewID()
	w.Exec(t, `INSERT INTO regrades (id, exam_id, number, state, reason, created_by, finished_at) VALUES (?, ?, 1, 'done', '更正', ?, now())`,
		s["regrade"], s["draft"], w.hall.trainer.PersonID)
}

// opened makes a course and an exam whose audience is the relation's unit.
func (w *matrixWorld) opened(rel string) {
	if rel == "same" { // the unit is the same as his own
		for _, kind := range []string{"open course", "open lesson", "open medium", "open exam"} {
			w.ids[rel][kind] = w.ids["own"][kind]
		}
		return
	}
	audience := m{"units": []string{w.units[rel]}}
	t, o := w.t, w.ids[rel]
	o["open course"], _, o["open lesson"] = w.media.courseWith(t, w.hall.trainer, "面向"+rel, m{"audience": audience})
	w.hall.trainer.Do("POST", "/courses/"+o["open course"]+"/publish", nil).Want(200)
	var medium, run string
	if err := w.DB.Pool.QueryRow(t.Context(), `SELECT l.medium_id::text, m.run_id::text FROM lessons l JOIN media m ON m.id = l.medium_id WHERE l.id = $1`,
		o["open lesson"]).Scan(&medium, &run); err != nil {
		t.Fatal(err)
	}
	o["open medium"] = medium
	w.Exec(t, "UPDATE courses SET cover_medium_id = ? WHERE id = ?", medium, o["open course"])
	poster := []byte("\xff\xd8\xffposter")
	if err := w.media.objects.Put(t.Context(), media.PosterKey(medium, run), "image/jpeg", int64(len(poster)), bytes.NewReader(poster)); err != nil {
		t.Fatal(err)
	}
	o["open exam"] = w.hall.open(1, func(b m) { b["audience"] = audience })
}

// belongings makes one of everything that belongs to a person.
func (w *matrixWorld) belongings(whose, exam string) {
	t, o := w.t, w.ids[whose]
	person := o["person"]
	if person == "" {
		return
	}
	for _, kind := range []string{"inclusion", "export", "push", "import", "passkey", "grant", "view", "bulk", "correction", "medium of", "batch", "link", "request", "erasure"} {
		o[kind] = app.NewID()
	}
	tx, err := w.DB.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.QueryRow(t.Context(), "SELECT id::text FROM attempts WHERE exam_id = $1 AND person_id = $2", exam, person).Scan(new(string)); err != nil {
		t.Fatal(whose, err)
	}
	for _, q := range []string{
		"SET LOCAL session_replication_role = replica", // the triggers guard the way of an attempt, which is skipped here
		fmt.Sprintf(`UPDATE attempts SET state = 'submitted', epoch = 1, device_id = 'desk', started_at = now() - interval '50 minutes', held_at = now() - interval '50 minutes',
due_at = now() - interval '20 minutes', check_at = now() - interval '20 minutes', submitted_at = now() - interval '30 minutes', submitted_by = 'person'
WHERE exam_id = '%s' AND person_id = '%s'`, exam, person),
	} {
		if _, err := tx.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.read(&o, "attempt", "SELECT id::text FROM attempts WHERE exam_id = $1 AND person_id = $2", exam, person)
	if err := w.Server.Attempts.Grade(t.Context(), o["attempt"]); err != nil {
		t.Fatal(err)
	}
	w.Exec(t, "INSERT INTO late_inclusions (id, attempt_id, op_ids, reason, proposed_by) VALUES (?, ?, ARRAY[?::uuid], '断网', ?)",
		o["inclusion"], o["attempt"], o["inclusion"], w.hall.trainer.PersonID)
	w.Exec(t, `INSERT INTO attempt_late_operations (attempt_id, op_id, received_at, seq, choice, epoch, item, mac) VALUES (?, ?, now(), 1, 1, 1, 0, '\x00')`,
		o["attempt"], o["inclusion"])
	j := w.college.complete(t, person, w.lessonOf(), time.Now().Add(-48*time.Hour))
	if err := w.college.hours.CreditLesson(context.WithoutCancel(t.Context()), job.CreditLesson{PersonID: person, LessonID: j.LessonID, CompletionID: j.CompletionID}); err != nil {
		t.Fatal(err)
	}
	if err := w.college.hours.RecomputePerson(t.Context(), job.RecomputePerson{PersonID: person}); err != nil {
		t.Fatal(err)
	}
	o["completion"] = j.CompletionID
	w.read(&o, "event", "SELECT id::text FROM hour_events WHERE person_id = $1", person)
	o["play"] = app.NewID()
	w.Exec(t, `INSERT INTO plays (id, person_id, lesson_id, media_version, device_id, duration_ms, max_rate_percent, allow_skip, opened_at) SELECT ?, ?, id, media_version, 'phone', 60000, 200, false, now() FROM lessons WHERE id = ?`,
		o["play"], person, w.ids[""]["branch lesson"])
	w.Exec(t, `INSERT INTO exports (id, kind, filter, reason, state, created_by) VALUES (?, 'hours_people', '{}', '年度考核', 'queued', ?)`, o["export"], person)
	w.Exec(t, "INSERT INTO pushes (id, kind, state, created_by) VALUES (?, 'units', 'done', ?)", o["push"], person)
	w.Exec(t, "INSERT INTO imports (id, state, filename, size, digest, object_key, created_by) VALUES (?, 'undone', 'b.csv', 1, 'x', '', ?)", o["import"], person)
	o["session"] = w.session(person)
	w.Exec(t, "INSERT INTO passkeys (id, person_id, credential_id, credential, name) VALUES (?0, ?1, convert_to(?0, 'UTF8'), '{}', '钥匙')", o["passkey"], person)
	// A grant that nobody's rights come from, and that keeps nobody from anything: what it is of, begins tomorrow.
	holder := person
	if unitOf(whose) == whose { // held by somebody else in the same place
		holder = app.NewID()
		w.Exec(t, "INSERT INTO people (id, number, name, kind) VALUES (?0, substr(?0, 20), '持有人', 'staff')", holder)
		w.join(holder, whose)
	}
	w.Exec(t, `INSERT INTO grants (id, person_id, role, unit_id, period, reason) VALUES (?, ?, 'nobody', ?, daterange(civil_today() + 1, NULL), '矩阵')`,
		o["grant"], holder, w.units[unitOf(whose)])
	w.Exec(t, `INSERT INTO grant_requests (id, person_id, role, unit_id, starts_on, reason, requested_by, state, decided_by, decided_at, decide_reason)
VALUES (?, ?, 'nobody', ?, civil_today(), '矩阵', ?, 'refused', ?, now(), '不符')`, o["request"], holder, w.units[unitOf(whose)], w.states[stale].PersonID, w.states[halfSigned].PersonID)
	w.Exec(t, "INSERT INTO people_views (id, owner_id, name, filter) VALUES (?, ?, '我的', '{}')", o["view"], person)
	w.Exec(t, "INSERT INTO people_bulks (id, actor_id, deed, person_ids, state) VALUES (?, ?, '{}', '{}', 'done')", o["bulk"], person)
	w.Exec(t, "INSERT INTO correction_requests (id, person_id, field, value, note, state) VALUES (?, ?, 'phone', '13800000000', '换号', 'open')", o["correction"], person)
	w.Exec(t, `INSERT INTO media (id, owner_id, filename, size, state, part_size, part_count, expires_at) VALUES (?, ?, 'a.mp4', 1, 'cancelled', 1, 1, now())`, o["medium of"], person)
	w.Exec(t, `INSERT INTO hour_batches (id, title, document_no, document_on, organiser, source, starts_on, ends_on, required, state, file_key, filed_by, filed_at)
VALUES (?, '集中培训', '1号', '2026-01-01', '党校', 'offline_training', '2026-01-01', '2026-01-02', true, 'filed', 'x', ?, now())`, o["batch"], w.states[stale].PersonID)
	w.Exec(t, "INSERT INTO hour_batch_people (batch_id, person_id, amount_centi) VALUES (?, ?, 100)", o["batch"], person)
	w.Exec(t, "INSERT INTO identity_links (id, connection_id, subject, person_id) SELECT ?0, id, ?0::text, ?1 FROM identity_connections", o["link"], person)
	w.Exec(t, "INSERT INTO erasures (id, person_id, reason, requested_by, state, decided_at) VALUES (?0, ?1, '矩阵', ?1, 'withdrawn', now())", o["erasure"], person)
	w.Exec(t, "UPDATE sessions SET rotate_due = false")
}

func unitOf(whose string) string {
	if len(whose) > 6 && whose[:6] == "actor:" {
		return "own"
	}
	return whose
}

// lessonOf is the lesson that everybody completed.
func (w *matrixWorld) lessonOf() string {
	if w.ids[""]["watched"] == "" {
		w.ids[""]["watched"] = w.college.lesson(w.t, true, 100)
	}
	return w.ids[""]["watched"]
}

func (w *matrixWorld) read(o *map[string]string, kind, sql string, args ...any) {
	var id string
	if err := w.DB.Pool.QueryRow(w.t.Context(), sql, args...).Scan(&id); err != nil {
		w.t.Fatalf("%s: %v", kind, err)
	}
	(*o)[kind] = id
}

// session opens a second session for a person, one that may be ended.
func (w *matrixWorld) session(person string) string {
	id := app.NewID()
	hash := sha256.Sum256([]byte(id))
	w.Exec(w.t, "INSERT INTO sessions (id, token_hash, person_id, expires_at, auth_at) VALUES (?, ?, ?, now() + interval '1 hour', now())", id, hash[:], person)
	return id
}

// object is the id of a thing of a kind, in a relation to an actor.
func (w *matrixWorld) object(kind string, a *matrixActor, rel string) string {
	if id := w.ids[""][kind]; id != "" {
		return id
	}
	if rel == "own" {
		if id := w.ids["actor:"+a.name][kind]; id != "" {
			return id
		}
	}
	id := w.ids[rel][kind]
	if id == "" {
		w.t.Fatalf("the world has no %s in the relation %q", kind, rel)
	}
	return id
}
