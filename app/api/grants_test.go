package api_test

import (
	"testing"
	"time"

	"zhixing/app/api/apitest"
)

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("waited in vain for: " + what)
}

// A right comes and goes with the grant, in a session that is open all along:
// what is remembered of rights is at most a second old.
func TestGrantComesAndGoes(t *testing.T) {
	e := apitest.New(t)
	admin := e.Person(t, "admin", "管理员", "admin")
	person := e.Person(t, "p1", "王书记")
	branch := e.Unit(t, "party", "", "党委")
	give := func(id string, body map[string]any) *apitest.Reply {
		return admin.Do("POST", "/people/"+id+"/grants", body)
	}
	body := map[string]any{"role": "secretary", "unit_id": branch, "reason": "任职文件"}
	give(admin.PersonID, body).Want(403, "grant.self")
	give(person.PersonID, map[string]any{"role": "learner", "reason": "x"}).Want(422, "grant.role_unknown")
	person.Do("GET", "/people", nil).Want(403)
	id := give(person.PersonID, body).Want(200).JSON()["id"].(string)
	give(person.PersonID, body).Want(409, "grant.already_held")
	waitFor(t, "the right to come", func() bool { return person.Do("GET", "/people", nil).Status == 200 })

	admin.Do("POST", "/grants/"+id+"/end", map[string]any{"reason": ""}).Want(422, "grant.reason_missing")
	admin.Do("POST", "/grants/"+id+"/end", map[string]any{"reason": "免职"}).Want(204)
	admin.Do("POST", "/grants/"+id+"/end", map[string]any{"reason": "免职"}).Want(409, "grant.ended")
	waitFor(t, "the right to go", func() bool { return person.Do("GET", "/people", nil).Status == 403 })
	give(person.PersonID, body).Want(200) // again, on the same day

	var record struct {
		Timeline []struct{ Kind, Value, From, Until string }
	}
	admin.Do("GET", "/people/"+person.PersonID, nil).Want(200).Into(&record)
	if len(record.Timeline) != 2 || record.Timeline[0].Value != "secretary" || record.Timeline[1].From == "" {
		t.Errorf("timeline %+v", record.Timeline)
	}
}

func TestFactsOfAPerson(t *testing.T) {
	e := apitest.New(t)
	admin := e.Person(t, "admin", "管理员", "admin")
	person := e.Person(t, "p1", "张三")
	one, two, office := e.Unit(t, "party", "", "一支部"), e.Unit(t, "party", "", "二支部"), e.Unit(t, "admin", "", "办公室")
	add := func(what, value, from string) *apitest.Reply {
		return admin.Do("POST", "/people/"+person.PersonID+"/"+what, map[string]any{"value": value, "from": from, "document": "党委〔2024〕3号", "reason": "补录"})
	}
	add("stages", "applicant", "2023-03-01").Want(200)
	add("stages", "activist", "2023-10-01").Want(200)
	add("stages", "development_target", "2023-05-01").Want(409, "person.stage_after_applicant")
	add("stages", "activist", "2024-01-01").Want(409, "person.fact_unchanged")
	add("stages", "member", "2099-01-01").Want(409, "person.stage_after_activist")
	add("stages", "development_target", "2099-01-01").Want(200)
	add("stages", "hero", "2099-02-01").Want(422, "person.stage_unknown")
	add("stages", "development_target", "someday").Want(422, "person.date_form")
	add("ranks", "section_head", "2024-01-01").Want(200)
	add("memberships", one, "2023-01-01").Want(200)
	add("memberships", office, "2023-01-01").Want(200) // the other tree
	add("memberships", two, "2024-06-01").Want(200)
	add("memberships", "nonsense", "2024-07-01").Want(404, "unit.unknown")
	e.Exec(t, "UPDATE units SET closed_on = '2025-01-01' WHERE id = ?", one)
	add("memberships", one, "2025-01-01").Want(409, "unit.closed")

	var record struct {
		Stage         string
		Rank          string
		PartyUnitName string `json:"party_unit_name"`
		AdminUnitName string `json:"admin_unit_name"`
		Timeline      []struct {
			Kind, Value, Label, From string
			Until                    *string
		}
		Account struct{ State string }
	}
	admin.Do("GET", "/people/"+person.PersonID, nil).Want(200).Into(&record)
	if record.Stage != "activist" || record.Rank != "section_head" || record.PartyUnitName != "二支部" || record.AdminUnitName != "办公室" || record.Account.State != "active" {
		t.Errorf("record %+v", record)
	}
	ends := map[string]string{}
	for _, f := range record.Timeline {
		if f.Until != nil {
			ends[f.Kind+" "+f.Value+f.Label] = *f.Until
		}
	}
	for fact, want := range map[string]string{"stage applicant": "2023-10-01", "stage activist": "2099-01-01", "party_membership " + one + "一支部": "2024-06-01"} {
		if ends[fact] != want {
			t.Errorf("%s ends %q, want %s (%v)", fact, ends[fact], want, ends)
		}
	}
}

func TestAccounts(t *testing.T) {
	e := apitest.New(t)
	admin := e.Person(t, "admin", "管理员", "admin")
	person := e.Person(t, "p1", "张三")
	base := "/people/" + person.PersonID
	admin.Do("POST", "/people/"+admin.PersonID+"/reset-password", nil).Want(403, "person.account_self")
	admin.Headers = map[string]string{"Idempotency-Key": "k1"}
	first := admin.Do("POST", base+"/reset-password", nil).Want(200).JSON()["password"].(string)
	password := admin.Do("POST", base+"/reset-password", nil).Want(200).JSON()["password"].(string)
	if first == password {
		t.Error("a one-time password was kept and given again")
	}
	admin.Headers = nil
	person.Do("GET", "/session", nil).Want(401, "session.signed_out")
	r := e.Anyone(t).Do("POST", "/session", map[string]any{"number": "p1", "password": password}).Want(200)
	if !r.JSON()["must_change_password"].(bool) {
		t.Error("a one-time password need not be changed")
	}
	again := e.Anyone(t)
	again.Headers = map[string]string{"Cookie": cookieOf(r)}
	again.Do("GET", "/people", nil).Want(403, "session.not_permitted")
	again.Do("POST", "/password", map[string]any{"current": password, "next": "一个新的登录口令"}).Want(204)

	admin.Do("POST", base+"/disable-account", map[string]any{"reason": ""}).Want(422, "person.reason_missing")
	admin.Do("POST", base+"/disable-account", map[string]any{"reason": "毕业离校"}).Want(204)
	waitFor(t, "the session to end", func() bool { return again.Do("GET", "/session", nil).Status == 401 })
	signIn := func() *apitest.Reply {
		return e.Anyone(t).Do("POST", "/session", map[string]any{"number": "p1", "password": "一个新的登录口令"})
	}
	signIn().Want(401, "session.wrong_password")
	admin.Do("POST", base+"/enable-account", map[string]any{"reason": "返校"}).Want(204)
	signIn().Want(200)
}
