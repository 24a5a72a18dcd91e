package api_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"zhixing/app/api/apitest"
	"zhixing/domain/org"
	"zhixing/storage/postgres"
)

// rightsWorld is a college with two administrators, a branch and a person.
type rightsWorld struct {
	*apitest.Env
	t                    *testing.T
	one, two, part, p    *apitest.Client
	committee, own, away string
}

func newRights(t *testing.T) *rightsWorld {
	w := &rightsWorld{Env: apitest.New(t), t: t}
	w.committee = w.Unit(t, "party", "", "党委")
	w.own, w.away = w.Unit(t, "party", w.committee, "一支部"), w.Unit(t, "party", w.committee, "二支部")
	w.one, w.two = w.Person(t, "a1", "甲管理", "admin"), w.Person(t, "a2", "乙管理", "admin")
	w.part, w.p = w.Person(t, "a3", "支部管理", "admin@"+w.own), w.Person(t, "p1", "张三")
	w.Join(t, w.p.PersonID, w.own, "party")
	return w
}

func (w *rightsWorld) role(change m) m {
	b := m{"name_zh": "考勤员", "permissions": []string{"people:read", "hours:file"}, "reach": "unit", "approval": false}
	for k, v := range change {
		b[k] = v
	}
	return b
}

func (w *rightsWorld) make(change m) string {
	w.t.Helper()
	return w.one.Do("POST", "/roles", w.role(change)).Want(200).JSON()["id"].(string)
}

func (w *rightsWorld) give(by *apitest.Client, person, role, unit string) *apitest.Reply {
	return by.Do("POST", "/people/"+person+"/grants", m{"role": role, "unit_id": unit, "reason": "任职"})
}

// A role of the institution: what it may be made of, how it changes for everybody
// who holds it at once, and how it ends.
func TestOwnRole(t *testing.T) {
	w := newRights(t)
	w.one.Do("POST", "/roles", w.role(m{"permissions": []string{"hours:adjust"}})).Want(403, "role.more_than_own")
	w.one.Do("POST", "/roles", w.role(m{"permissions": []string{"self:use"}})).Want(422, "role.refused")
	w.part.Do("POST", "/roles", w.role(nil)).Want(403, "session.needs_whole")
	id := w.make(nil)
	w.one.Do("POST", "/roles", w.role(nil)).Want(409, "role.name_taken")
	w.give(w.one, w.p.PersonID, id, "").Want(422, "grant.role_needs_unit")
	w.give(w.part, w.p.PersonID, id, w.own).Want(200)
	waitFor(t, "the right to come", func() bool { return w.p.Do("GET", "/people", nil).Status == 200 })
	var s struct {
		HeldRoles []struct {
			Key         string
			NameZH      string `json:"name_zh"`
			Permissions []string
		} `json:"held_roles"`
	}
	w.p.Do("GET", "/session", nil).Want(200).Into(&s)
	if len(s.HeldRoles) != 2 || s.HeldRoles[1].NameZH != "考勤员" || len(s.HeldRoles[1].Permissions) != 3 {
		t.Errorf("held roles %+v", s.HeldRoles)
	}

	next := w.role(m{"permissions": []string{"hours:file", "hours:read"}, "version": 1})
	r := w.two.Do("POST", "/roles/"+id+"/preview", next).Want(200).JSON()
	if r["count"].(float64) != 1 || r["added"].([]any)[0] != "hours:read" || r["removed"].([]any)[0] != "people:read" {
		t.Errorf("preview %v", r)
	}
	w.two.Do("PUT", "/roles/"+id, next).Want(422, "role.reason_missing")
	next["reason"] = "缩小"
	w.two.Do("PUT", "/roles/"+id, next).Want(200)
	w.two.Do("PUT", "/roles/"+id, next).Want(409, "role.changed_meanwhile")
	waitFor(t, "the right to go", func() bool { return w.p.Do("GET", "/people", nil).Status == 403 })
	w.two.Do("PUT", "/roles/admin", next).Want(403, "role.built_in")
}

// Who holds a role, or waits for it, changes neither what it carries nor ends it.
func TestRoleHeldByOneself(t *testing.T) {
	w := newRights(t)
	id := w.make(m{"reach": "any"})
	w.give(w.two, w.one.PersonID, id, "").Want(200)
	next := w.role(m{"reach": "any", "permissions": []string{"people:read", "hours:file", "hours:read"}, "version": 1, "reason": "加"})
	w.one.Do("PUT", "/roles/"+id, next).Want(403, "role.held_by_you")
	w.one.Do("POST", "/roles/"+id+"/retire", m{"reason": "停"}).Want(403, "role.held_by_you")
	if n := w.two.Do("POST", "/roles/"+id+"/retire", m{"reason": "停"}).Want(200).JSON()["grants_ended"]; n != 1.0 {
		t.Errorf("%v grants ended", n)
	}
	w.two.Do("POST", "/roles/"+id+"/retire", m{"reason": "停"}).Want(409, "role.retired")
	w.give(w.two, w.p.PersonID, id, "").Want(409, "grant.role_retired")
	var record struct {
		Versions []struct{ What, Reason string }
	}
	w.two.Do("GET", "/roles/"+id, nil).Want(200).Into(&record)
	if len(record.Versions) != 2 || record.Versions[0].What != "retire" || record.Versions[0].Reason != "停" {
		t.Errorf("history %+v", record.Versions)
	}
}

// Nobody gives what he does not hold, nor where, nor for longer.
func TestGrantWithinOwn(t *testing.T) {
	w := newRights(t)
	w.give(w.one, w.p.PersonID, "auditor", "").Want(403, "grant.more_than_own")
	w.give(w.part, w.p.PersonID, "secretary", w.away).Want(404, "unit.unknown")
	w.give(w.part, w.p.PersonID, "secretary", w.own).Want(200)
	short := w.Person(t, "a4", "短期", "admin")
	w.Exec(t, "UPDATE grants SET period = daterange('2020-01-01', civil_today() + 10) WHERE person_id = ?", short.PersonID)
	w.give(short, w.p.PersonID, "counsellor", w.own).Want(403, "grant.more_than_own")
	short.Do("POST", "/people/"+w.p.PersonID+"/grants", m{"role": "counsellor", "unit_id": w.own, "until": w.Today(t, 10), "reason": "短"}).Want(200)
}

// Where a role asks for it, a grant waits for a second person: not who asked, not
// whom it is for; once; and only while who asked could still give it.
func TestGrantApproval(t *testing.T) {
	w := newRights(t)
	id := w.make(m{"approval": true, "reach": "any"})
	ask := func(by *apitest.Client, person string) string {
		r := w.give(by, person, id, w.own).Want(200).JSON()
		if r["state"] != "requested" {
			t.Fatalf("state %v", r["state"])
		}
		return r["id"].(string)
	}
	path := "/grant-requests/" + ask(w.one, w.p.PersonID)
	w.give(w.two, w.p.PersonID, id, w.own).Want(409, "grant.request_open")
	w.p.Do("GET", "/people", nil).Want(403)
	w.one.Do("POST", path+"/approve", nil).Want(403, "grant.request_own")
	w.p.Do("POST", path+"/approve", nil).Want(403, "session.not_permitted")
	w.two.Do("POST", path+"/withdraw", nil).Want(403, "grant.request_not_yours")
	w.two.Do("POST", path+"/refuse", m{"reason": ""}).Want(422, "grant.reason_missing")

	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for range 8 {
		for _, by := range []*apitest.Client{w.two, w.part} {
			wg.Go(func() {
				r := by.Do("POST", path+"/approve", nil)
				mu.Lock()
				defer mu.Unlock()
				got[r.Status]++
			})
		}
	}
	wg.Wait()
	if got[200] != 1 || got[409] != 15 {
		t.Errorf("16 approvals at once: %v", got)
	}
	waitFor(t, "the right to come", func() bool { return w.p.Do("GET", "/people", nil).Status == 200 })
	var raw struct {
		Items []map[string]any
	}
	w.two.Do("GET", "/grants?person_id="+w.p.PersonID, nil).Want(200).Into(&raw)
	if len(raw.Items) != 1 || raw.Items[0]["granter_name"] != "甲管理" || !slices.Contains([]any{"乙管理", "支部管理"}, raw.Items[0]["approver_name"]) {
		t.Errorf("grants %v", raw.Items)
	}

	q := w.Person(t, "p2", "李四")
	w.Join(t, q.PersonID, w.own, "party")
	self := "/grant-requests/" + ask(w.one, w.part.PersonID)
	w.Join(t, w.part.PersonID, w.own, "party")
	w.part.Do("POST", self+"/approve", nil).Want(403, "grant.self")
	w.one.Do("POST", self+"/withdraw", nil).Want(204)
	w.two.Do("POST", self+"/approve", nil).Want(409, "grant.request_decided")

	late := "/grant-requests/" + ask(w.one, q.PersonID)
	w.Exec(t, "UPDATE grant_requests SET starts_on = civil_today() - 9, ends_on = civil_today() WHERE id = ?", strings.TrimPrefix(late, "/grant-requests/"))
	w.two.Do("POST", late+"/approve", nil).Want(409, "grant.request_late")
	w.two.Do("POST", late+"/refuse", m{"reason": "已过期"}).Want(204)

	lost := "/grant-requests/" + ask(w.one, q.PersonID)
	w.Exec(t, "UPDATE grants SET period = daterange('2020-01-01', civil_today()) WHERE person_id = ?", w.one.PersonID)
	w.two.Do("POST", lost+"/approve", nil).Want(409, "grant.requester_lost")
}

// The institution's own roles outlive a start; built-in ones are what the code says.
func TestRolesAtStart(t *testing.T) {
	w := newRights(t)
	id := w.make(nil)
	w.Exec(t, "DELETE FROM role_permissions WHERE role = 'secretary'")
	if err := migrateAgain(t, w.Env); err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]int{id: 3, "secretary": len(org.RoleSecretary.Permissions())} {
		var n int
		if err := w.DB.Bun.NewRaw("SELECT count(*) FROM role_permissions WHERE role = ?", role).Scan(t.Context(), &n); err != nil || n != want {
			t.Errorf("%s carries %d, want %d (%v)", role, n, want, err)
		}
	}
}

// Every permission has a name and a sentence in both languages, and the built-in
// roles are called the same in the table and on the page.
func TestWordsOfRights(t *testing.T) {
	for lang, name := range map[string]func(org.RoleDefinition) string{
		"zh-CN": func(d org.RoleDefinition) string { return d.NameZH }, "en": func(d org.RoleDefinition) string { return d.NameEN },
	} {
		var rights struct {
			Permission map[string]struct{ Name, About string }
			Group      map[string]string
		}
		var common struct{ Role map[string]string }
		for file, into := range map[string]any{"rights": &rights, "common": &common} {
			raw, err := os.ReadFile("../../frontend/src/locales/" + lang + "/" + file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, into); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range org.PermissionList() {
			key := strings.ReplaceAll(string(p.Key), ":", "_")
			if rights.Permission[key].Name == "" || rights.Permission[key].About == "" || rights.Group[p.Group] == "" {
				t.Errorf("%s: no words for %s", lang, p.Key)
			}
		}
		for _, d := range org.BuiltIns() {
			if common.Role[string(d.Key)] != name(d) {
				t.Errorf("%s: %s is called %q and %q", lang, d.Key, common.Role[string(d.Key)], name(d))
			}
		}
	}
}

func migrateAgain(t *testing.T, e *apitest.Env) error {
	return postgres.MigrateDB(t.Context(), e.DB.Bun.DB)
}
