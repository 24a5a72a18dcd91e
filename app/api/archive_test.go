package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"zhixing/app"
	"zhixing/app/api/apitest"
	"zhixing/domain/job"
	"zhixing/domain/privacy"
)

// archiveOf has an ordered archive made and returns its files by name.
func (c *exporting) archiveOf(who *apitest.Client, id string) map[string]string {
	c.Helper()
	if err := c.x.Make(c.Context(), job.ExportHours{ExportID: id}); err != nil {
		c.Fatal(err)
	}
	var e orderedFile
	who.Do("GET", "/exports/"+id, nil).Want(200).Into(&e)
	body := who.Do("GET", e.FileURL, nil).Want(200).Body
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		c.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			c.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			c.Fatal(err)
		}
		files[f.Name] = string(b)
	}
	return files
}

// The archive holds what is known of the person and of nobody else; no cell of it is
// a formula, nothing that is secret is in it, and a mark that is not out is not. The
// person gets the whole id number, staff the mask. Order and download are in the log,
// the person is told, and who lost the right gets nothing more.
// Seen red: with the person left out of ownedBy, with cells not made safe, with
// password_hash given, with released always true, and with the right
// asked for at the order alone.
func TestPersonArchive(t *testing.T) {
	c := newExporting(t)
	keeper := c.Person(t, "K1", "档案员", "admin@"+c.one)
	me, other := c.Person(t, "P1", "本人"), c.Person(t, "P2", "旁人")
	c.Join(t, me.PersonID, c.one, "party")
	c.Join(t, other.PersonID, c.two, "party")
	c.admin.Do("PUT", "/people/"+me.PersonID, map[string]any{
		"version": 1, "number": "P1", "name": "本人", "kind": "staff", "phone": "13812345678", "email": "me@example.edu.cn", "id_card": "11010519491231002X",
	}).Want(200)
	me.Do("POST", "/me/corrections", map[string]any{"field": "name", "value": "本人甲", "note": "=HYPERLINK(\"http://x\")"}).Want(200)
	other.Do("POST", "/me/corrections", map[string]any{"field": "name", "value": "旁人乙", "note": "旁人的说明"}).Want(200)
	exam, attempt := app.NewID(), app.NewID()
	arrangeGraded(t, c.Env, exam, attempt, me.PersonID)

	var e orderedFile
	me.Do("POST", "/me/data-exports", nil).Want(200).Into(&e)
	files := c.archiveOf(me, e.ID)
	all := strings.Builder{}
	for _, text := range files {
		all.WriteString(text)
	}
	if len(files) != len(privacy.Sources())+2 {
		t.Errorf("%d files", len(files))
	}
	for _, want := range []string{"13812345678", "me@example.edu.cn", "11010519491231002X", "本人甲", "第一支部", "'=HYPERLINK"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%s is not there", want)
		}
	}
	for name, text := range files {
		if strings.Contains(text, "旁人") || strings.Contains(text, "argon2") {
			t.Errorf("%s holds what it must not", name)
		}
		if strings.HasSuffix(name, ".csv") && strings.Contains(text, ",=") {
			t.Errorf("%s holds a formula", name)
		}
	}
	var data map[string][]map[string]string
	if err := json.Unmarshal([]byte(files["data.json"]), &data); err != nil {
		t.Fatal(err)
	}
	if len(data) != len(privacy.Sources()) || len(data["attempts"]) != 1 || data["attempts"][0]["score_milli"] != "" || len(data["grades"]) != 0 {
		t.Errorf("before release: %v %v", data["attempts"], data["grades"])
	}
	asReplica(t, c.Env, "UPDATE exams SET closes_at = clock_timestamp() - interval '1 minute' WHERE id = '"+exam+"'")
	me.Do("POST", "/me/data-exports", nil).Want(200).Into(&e)
	if err := json.Unmarshal([]byte(c.archiveOf(me, e.ID)["data.json"]), &data); err != nil {
		t.Fatal(err)
	}
	if data["attempts"][0]["score_milli"] != "1000" {
		t.Errorf("after release: %v", data["attempts"])
	}

	keeper.Do("POST", "/people/"+other.PersonID+"/data-exports", map[string]any{"reason": "书面申请"}).Want(404, "person.unknown")
	keeper.Do("POST", "/people/"+me.PersonID+"/data-exports", map[string]any{"reason": ""}).Want(422)
	keeper.Do("POST", "/people/"+me.PersonID+"/data-exports", map[string]any{"reason": "本人书面申请"}).Want(200).Into(&e)
	made := c.archiveOf(keeper, e.ID)["data.json"]
	if strings.Contains(made, "11010519491231002X") || !strings.Contains(made, "13812345678") {
		t.Error("staff got the whole id number, or not the rest")
	}
	me.Do("GET", "/exports/"+e.ID, nil).Want(404)
	if looksAt(t, me)[look{"档案员", "export"}] != 1 {
		t.Error("the person is not told")
	}
	if n := count(t, c.Env, "SELECT count(*) FROM audit_events WHERE action IN ('person.archive', 'person.archive_made', 'person.archive_download') AND detail->>'reason' = '本人书面申请'"); n != 3 {
		t.Errorf("%d entries", n)
	}
	c.Exec(t, "UPDATE memberships SET unit_id = ? WHERE person_id = ?", c.two, me.PersonID)
	keeper.Do("GET", "/exports/"+e.ID+"/file", nil).Want(403, "hours.export_not_permitted")
}

// arrangeGraded makes a graded attempt of an exam that shows its marks after it closes.
func arrangeGraded(t *testing.T, e *apitest.Env, exam, attempt, person string) {
	t.Helper()
	paper := app.NewID()
	asReplica(t, e,
		"INSERT INTO papers (id, title, partial, draw_seed) VALUES ('"+paper+"', '卷', 'full', 1)",
		`INSERT INTO exams (id, title, paper_id, state, opens_at, closes_at, duration_s, pass_mark_milli, attempts_allowed, shuffle_questions, shuffle_options, review, paper_hash)
VALUES ('`+exam+`', '结业考试', '`+paper+`', 'published', now() - interval '2 hours', now() + interval '1 hour', 3600, 0, 1, false, false, 'after_close', '\x00')`,
		`INSERT INTO attempts (id, exam_id, person_id, number, state, seed, epoch, started_at, due_at, check_at, submitted_at, submitted_by, graded_at, grading_version, score_milli, passed)
VALUES ('`+attempt+`', '`+exam+`', '`+person+`', 1, 'graded', decode(repeat('00', 16), 'hex'), 1, now() - interval '1 hour', now(), now(), now() - interval '30 minutes', 'person', now(), 1, 1000, true)`,
		`INSERT INTO grades (attempt_id, grading_version, score_milli, total_milli, passed, marks, choices) VALUES ('`+attempt+`', 1, 1000, 1000, true, '{1000}', '{1}')`,
	)
}

// asReplica arranges what triggers guard against.
func asReplica(t *testing.T, e *apitest.Env, queries ...string) {
	t.Helper()
	tx, err := e.DB.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range append([]string{"SET LOCAL session_replication_role = replica"}, queries...) {
		if _, err := tx.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}
