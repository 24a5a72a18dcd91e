package api_test

import (
	"strings"
	"testing"

	"zhixing/app/api/apitest"
)

// Who lost the phone and the recovery codes is helped by an administrator: the
// second step is gone with everything that stood for it, every session ends, the
// password stays, and both sides find it in the log.
//
// Seen red: with RevokeSessions left out the stolen session went on; with the
// recovery codes left in place an old one could be counted still.
func TestResetFactors(t *testing.T) {
	e := apitest.New(t)
	admin := e.Person(t, "admin", "管理员", "admin")
	me := e.Person(t, "p1", "张三")
	enrol(t, me)
	path := "/people/" + me.PersonID + "/reset-factors"
	admin.Do("POST", path, map[string]any{"reason": " "}).Want(422, "person.reason_missing")
	admin.Do("POST", "/people/"+admin.PersonID+"/reset-factors", map[string]any{"reason": "手机遗失"}).Want(403, "person.account_self")
	admin.Do("POST", path, map[string]any{"reason": "手机遗失"}).Want(204)
	waitFor(t, "the session to end", func() bool { return me.Do("GET", "/session", nil).Status == 401 })
	r := signIn(e, t, "p1")
	if r.JSON()["needs_factor"].(bool) {
		t.Error("a second factor is still asked for")
	}
	if f := as(e, t, r).Do("GET", "/my-factors", nil).Want(200).JSON(); f["totp"].(bool) || f["recovery_left"].(float64) != 0 {
		t.Errorf("left: %v", f)
	}
	if n := auditRows(t, e, "action = 'person.reset_factors' AND subject_id = ? AND detail->>'totp' = 'true' AND detail->>'reason' = '手机遗失'", me.PersonID); n != 1 {
		t.Errorf("%d audit rows", n)
	}
}

// The administrator of a unit neither resets the second step of who holds a role
// nor sees or ends his sessions: it would be a way to become that person.
//
// Seen red: with the three done outside onAccount, each was allowed.
func TestAccountsOfRoleHoldersAreHandledByTheInstitution(t *testing.T) {
	e := apitest.New(t)
	unit := e.Unit(t, "party", "", "第一党支部")
	local := e.Person(t, "local", "支部管理员", "admin@"+unit)
	holder := e.Person(t, "p1", "书记", "secretary@"+unit)
	plain := e.Person(t, "p2", "学员")
	for _, who := range []string{local.PersonID, holder.PersonID, plain.PersonID} {
		e.Join(t, who, unit, "party")
	}
	why := map[string]any{"reason": "设备遗失"}
	for _, verb := range []string{"reset-factors", "end-sessions"} {
		local.Do("POST", "/people/"+holder.PersonID+"/"+verb, why).Want(403, "person.account_holds_roles")
	}
	local.Do("GET", "/people/"+holder.PersonID+"/sessions", nil).Want(403, "person.account_holds_roles")
	r := local.Do("GET", "/people/"+plain.PersonID+"/sessions", nil).Want(200)
	if list := list(r, "items"); len(list) != 1 || list[0]["current"].(bool) {
		t.Errorf("sessions %v", list)
	}
	if strings.Contains(string(r.Body), "token") {
		t.Errorf("a token is told: %s", r.Body)
	}
	local.Do("POST", "/people/"+plain.PersonID+"/end-sessions", map[string]any{"reason": ""}).Want(422, "person.reason_missing")
	local.Do("POST", "/people/"+plain.PersonID+"/end-sessions", why).Want(204)
	waitFor(t, "the session to end", func() bool { return plain.Do("GET", "/session", nil).Status == 401 })
	if looks := list(as(e, t, signIn(e, t, "p2")).Do("GET", "/me/looks", nil).Want(200), "items"); len(looks) != 1 {
		t.Errorf("the look at the devices is not told: %v", looks)
	}
}

// Correcting a stage asks for the document as recording it did; only the first stage
// that is known may stand without one.
func TestCorrectionKeepsTheDocument(t *testing.T) {
	e := apitest.New(t)
	admin := e.Person(t, "admin", "管理员", "admin")
	path := "/people/" + e.Person(t, "p1", "张三").PersonID + "/facts"
	add := func(value, from, document string) string {
		r := admin.Do("POST", path, map[string]any{"verb": "add", "kind": "stage", "value": value, "from": from, "document": document, "reason": "补录"}).Want(200)
		var c factChange
		r.Into(&c)
		return c.Operation.After[len(c.Operation.After)-1].ID
	}
	first := add("applicant", "2021-01-01", "")
	second := add("activist", "2022-01-01", "支部会议纪要")
	correct := func(id, value, from, document string) *apitest.Reply {
		return admin.Do("POST", path, map[string]any{"verb": "correct", "fact_id": id, "value": value, "from": from, "document": document, "reason": "日期登错"})
	}
	correct(second, "activist", "2022-02-01", "").Want(422, "person.document_missing")
	correct(second, "activist", "2022-02-01", "支部会议纪要").Want(200)
	correct(first, "applicant", "2021-02-01", "").Want(200)
}

// An exam that is open to everybody gets no attempt for who left, died or turned out
// to be somebody else.
func TestGoneAreNotMinted(t *testing.T) {
	h := newHall(t)
	id := h.draft(1)
	who := map[string]*apitest.Client{}
	for _, number := range []string{"here", "left", "died", "alias"} {
		who[number] = h.Person(t, number, "张三")
	}
	for number, status := range map[string]string{"left": "left", "died": "deceased", "here": "on_leave"} {
		h.Exec(t, "INSERT INTO status_facts (id, person_id, status, period) VALUES (gen_random_uuid(), ?, ?, daterange('2024-01-01', NULL))", who[number].PersonID, status)
	}
	h.Exec(t, "UPDATE people SET merged_into = ? WHERE id = ?", who["here"].PersonID, who["alias"].PersonID)
	h.trainer.Do("POST", "/exams/"+id+"/publish", nil).Want(200)
	h.mint(id)
	for number, c := range who {
		var n int
		if err := h.DB.Bun.NewRaw("SELECT count(*) FROM attempts WHERE exam_id = ? AND person_id = ?", id, c.PersonID).Scan(t.Context(), &n); err != nil || (n == 1) != (number == "here") {
			t.Errorf("%s: %d attempts, %v", number, n, err)
		}
	}
}

// A session ends when it was not used for as long as the policy says, goes on when it
// was, and ends all the same when its whole time is over.
func TestSessionLimits(t *testing.T) {
	e := apitest.New(t)
	admin := e.Person(t, "admin", "管理员", "admin")
	policy := admin.Do("GET", "/sign-in-policy", nil).Want(200).JSON()["policy"].(map[string]any)
	policy["idle_minutes"], policy["absolute_hours"] = 5, 1
	admin.Do("PUT", "/sign-in-policy", policy).Want(204)
	me := e.Person(t, "p1", "张三")
	back := func(created, used string) *apitest.Client {
		c := e.SignIn(t, "p1", me.PersonID)
		e.Exec(t, "UPDATE sessions SET created_at = created_at - ?::interval, last_seen_at = last_seen_at - ?::interval WHERE id = (SELECT id FROM sessions ORDER BY created_at DESC, id DESC LIMIT 1)", created, used)
		return c
	}
	back("4 minutes", "4 minutes").Do("GET", "/session", nil).Want(200)
	back("6 minutes", "6 minutes").Do("GET", "/session", nil).Want(401, "session.signed_out")
	back("61 minutes", "1 minute").Do("GET", "/session", nil).Want(401, "session.signed_out")
	near := back("59 minutes", "2 minutes")
	near.Do("GET", "/session", nil).Want(200)
	var over bool
	if err := e.DB.Bun.NewRaw("SELECT bool_or(expires_at > created_at + interval '1 hour') FROM sessions WHERE last_seen_at > clock_timestamp() - interval '30 seconds' AND created_at < clock_timestamp() - interval '50 minutes'").Scan(t.Context(), &over); err != nil || over {
		t.Errorf("a used session goes past its whole time: %v, %v", over, err)
	}
}
