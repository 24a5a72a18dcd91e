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
