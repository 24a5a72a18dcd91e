package api_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/app/api/apitest"
	"zhixing/domain/job"
)

// tracesOf looks through every row of every table for texts, and names the tables.
func tracesOf(t *testing.T, e *apitest.Env, texts ...string) map[string]bool {
	t.Helper()
	rows, err := e.DB.Pool.Query(t.Context(), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	found := map[string]bool{}
	for _, table := range tables {
		for _, text := range texts {
			if count(t, e, "SELECT count(*) FROM "+table+" x WHERE strpos(x::text, $1) > 0", text) > 0 {
				found[table] = true
			}
		}
	}
	return found
}

// leaving is a person of a college with something of his in most tables, who left.
func leaving(t *testing.T, c *college, number, name string) *apitest.Client {
	t.Helper()
	who := c.Person(t, number, name)
	c.Join(t, who.PersonID, c.first, "party")
	c.stage(t, who.PersonID, "activist", "2020-01-01", "")
	admin := c.Person(t, "A"+app.NewID()[30:], "管理员", "admin")
	admin.Do("PUT", "/people/"+who.PersonID, map[string]any{
		"version": 1, "number": number, "name": name, "kind": "staff", "born_on": "1990-03-07", "phone": "13812345678", "email": "traceable@example.edu.cn", "id_card": "11010519491231002X",
	}).Want(200)
	who.Do("POST", "/me/corrections", map[string]any{"field": "name", "value": name + "甲", "note": "户口本上是" + name}).Want(200)
	c.credit(t, who.PersonID)
	e := app.NewID()
	c.Exec(t, "INSERT INTO imports (id, state, filename, size, digest, object_key, created_by) VALUES (?0, 'applied', 'a.csv', 1, 'x', 'x', ?1)", e, admin.PersonID)
	c.Exec(t, "INSERT INTO import_rows (import_id, line, outcome, vals, sealed, person_id) VALUES (?0, 1, 'new', jsonb_build_object('name', ?2::text), 'x', ?1)", e, who.PersonID, name)
	c.Exec(t, "INSERT INTO pushes (id, kind, state, created_by, items) VALUES (gen_random_uuid(), 'people', 'done', ?0, jsonb_build_array(jsonb_build_object('key', ?2::text, 'id', ?1::text), jsonb_build_object('key', 'S9', 'id', 'x')))", admin.PersonID, who.PersonID, number)
	c.Exec(t, "UPDATE plays SET user_agent = 'traceable browser' WHERE person_id = ?", who.PersonID)
	admin.Do("GET", "/people/"+who.PersonID, nil).Want(200)
	return who
}

func left(t *testing.T, e *apitest.Env, person string) {
	t.Helper()
	e.Exec(t, "INSERT INTO status_facts (id, person_id, status, period) VALUES (gen_random_uuid(), ?, 'left', daterange(civil_today() - 1, NULL))", person)
}

// credit makes the person watch a lesson and earn hours for it.
func (c *college) credit(t *testing.T, person string) {
	t.Helper()
	c.earn(t, person, true, 100, time.Now().Add(-48*time.Hour))
	if err := c.hours.RecomputePerson(t.Context(), job.RecomputePerson{PersonID: person}); err != nil {
		t.Fatal(err)
	}
}

func newErasing(t *testing.T) *college {
	t.Helper()
	c := newCollege(t)
	c.Server.Erasures = &app.Erasures{Store: c.DB.Privacy(), Objects: c.objects}
	return c
}

// One asks, another approves by typing whom, a job does it: afterwards no table holds
// the name, number, phone, mail, birth date or id number, the person cannot sign in
// and cannot be changed, lists show a pseudonym, and both chains still verify. The
// job run again and at once changes nothing more.
// Seen red: with accounts, correction_requests and import_rows in
// turn taken out of erasing, with who asked approving, with the name in the log of
// deeds as it was before, and without the trigger people_stay_erased.
func TestErasePerson(t *testing.T) {
	c := newErasing(t)
	ask, decide := c.Person(t, "K1", "档案员", "admin"), c.Person(t, "K2", "处长", "admin")
	who := leaving(t, c, "TRACE77", "覃追踪")
	id := who.PersonID
	address := "/people/" + id + "/erasure"
	reason := map[string]any{"reason": "离校后本人书面申请"}
	ask.Do("POST", address, reason).Want(409, "privacy.erasure_blocked")
	left(t, c.Env, id)
	before := ask.Do("GET", address, nil).Want(200).JSON()
	if len(before["blockers"].([]any)) != 0 || len(before["items"].([]any)) < 8 {
		t.Errorf("preview %v", before)
	}
	var e struct{ ID, State string }
	ask.Do("POST", address, map[string]any{"reason": ""}).Want(422, "privacy.reason_missing")
	ask.Do("POST", address, reason).Want(200).Into(&e)
	decide.Do("POST", address, reason).Want(409, "privacy.erasure_open")
	approve := "/erasures/" + e.ID + "/approve"
	ask.Do("POST", approve, map[string]any{"number": "TRACE77"}).Want(403, "privacy.erasure_second_person")
	decide.Do("POST", approve, map[string]any{"number": "trace"}).Want(422, "privacy.erasure_confirm")
	decide.Do("POST", approve, map[string]any{"number": "TRACE77"}).Want(204)
	decide.Do("POST", approve, map[string]any{"number": "TRACE77"}).Want(409, "privacy.erasure_decided")
	rows := count(t, c.Env, "SELECT count(*) FROM hour_events WHERE person_id = $1", id)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := c.Server.Erasures.Erase(context.WithoutCancel(t.Context()), job.ErasePerson{ErasureID: e.ID}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if found := tracesOf(t, c.Env, "覃追踪", "TRACE77", "trace77", "13812345678", "traceable", "1990-03-07", "11010519491231002X", "qin zhui zong"); len(found) != 0 {
		t.Errorf("still in %v", found)
	}
	if n := count(t, c.Env, "SELECT count(*) FROM audit_events WHERE action = 'privacy.erase' AND subject_id = $1", id); n != 1 {
		t.Errorf("%d entries of the erasure", n)
	}
	if n := count(t, c.Env, "SELECT count(*) FROM accounts WHERE person_id = $1", id) + count(t, c.Env, "SELECT count(*) FROM sessions WHERE person_id = $1", id); n != 0 {
		t.Error("he can sign in")
	}
	if n := count(t, c.Env, "SELECT jsonb_array_length(items) FROM pushes LIMIT 1"); n != 1 {
		t.Errorf("%d items of the push are left", n)
	}
	if n := count(t, c.Env, "SELECT count(*) FROM hour_events WHERE person_id = $1", id); n != rows || n == 0 {
		t.Errorf("%d entries of the ledger, were %d", n, rows)
	}
	sound(t, c)
	shown := decide.Do("GET", "/people/"+id, nil).Want(200).JSON()
	if !strings.HasPrefix(shown["name"].(string), "已删除人员 ") || shown["erased_at"] == nil {
		t.Errorf("%v", shown)
	}
	decide.Do("POST", "/people/"+id+"/reset-password", nil).Want(409, "person.is_erased")
	decide.Do("PUT", "/people/"+id, map[string]any{"version": 3, "number": "TRACE77", "name": "覃追踪", "kind": "staff"}).Want(409, "person.is_erased")
	decide.Do("POST", address, reason).Want(409, "person.is_erased")
	if _, err := c.DB.Bun.NewRaw("UPDATE people SET name = '覃追踪' WHERE id = ?", id).Exec(t.Context()); err == nil {
		t.Error("the row was written")
	}
}

// sound verifies both chains.
func sound(t *testing.T, c *college) {
	t.Helper()
	if n := count(t, c.Env, "SELECT count(*) FROM audit_events e WHERE e.hash <> audit_hash(e)"); n != 0 {
		t.Errorf("%d entries of the log do not verify", n)
	}
	checked, err := c.hours.Verify(t.Context())
	if err != nil || checked.Broken != 0 || checked.Entries == 0 {
		t.Errorf("ledger: %+v %v", checked, err)
	}
}

// A person asks himself while he is on the roll, and it waits; nobody approves it
// until he is off, and what stands in the way when the job comes stops it. Who keeps
// another branch sees nothing of it.
func TestErasureOfOneself(t *testing.T) {
	c := newErasing(t)
	keeper, foreign := c.Person(t, "K1", "档案员", "admin@"+c.first), c.Person(t, "K2", "别处", "admin@"+c.second)
	me := leaving(t, c, "ME77", "本人")
	var e struct{ ID string }
	me.Do("POST", "/me/erasure", map[string]any{"reason": "不再使用"}).Want(200).Into(&e)
	if r := me.Do("GET", "/me/erasure", nil).Want(200).JSON(); r["blockers"].([]any)[0] != "in_service" || r["latest"].(map[string]any)["own"] != true {
		t.Errorf("%v", r)
	}
	foreign.Do("GET", "/people/"+me.PersonID+"/erasure", nil).Want(404, "person.unknown")
	foreign.Do("POST", "/erasures/"+e.ID+"/approve", map[string]any{"number": "ME77"}).Want(404, "privacy.erasure_unknown")
	foreign.Do("POST", "/erasures/"+e.ID+"/withdraw", nil).Want(404, "privacy.erasure_unknown")
	keeper.Do("POST", "/erasures/"+e.ID+"/approve", map[string]any{"number": "ME77"}).Want(409, "privacy.erasure_blocked")
	me.Do("POST", "/erasures/"+e.ID+"/withdraw", nil).Want(204)
	me.Do("POST", "/me/erasure", map[string]any{"reason": "不再使用"}).Want(200).Into(&e)
	left(t, c.Env, me.PersonID)
	var page struct{ Items []struct{ ID string } }
	keeper.Do("GET", "/erasures", nil).Want(200).Into(&page)
	if len(page.Items) != 1 || page.Items[0].ID != e.ID {
		t.Errorf("%+v", page)
	}
	foreign.Do("GET", "/erasures", nil).Want(200).Into(&page)
	if len(page.Items) != 0 {
		t.Errorf("outside: %+v", page)
	}
	keeper.Do("POST", "/erasures/"+e.ID+"/approve", map[string]any{"number": "ME77"}).Want(204)
	c.Exec(t, "DELETE FROM status_facts WHERE person_id = ?", me.PersonID) // he is back before the job comes
	if err := c.Server.Erasures.Erase(t.Context(), job.ErasePerson{ErasureID: e.ID}); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c.Env, "SELECT count(*) FROM people WHERE id = $1 AND name = '本人' AND erased_at IS NULL", me.PersonID); n != 1 {
		t.Error("erased while on the roll")
	}
	if n := count(t, c.Env, "SELECT count(*) FROM erasures WHERE id = $1 AND state = 'stopped'", e.ID); n != 1 {
		t.Error("not stopped")
	}
}
