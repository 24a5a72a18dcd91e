package api_test

import (
	"net/http"
	"slices"
	"testing"

	"zhixing/app/api/apitest"
)

// Somebody of the support looks at the pages as another: read only, for a reason,
// for minutes, with both ids in every audit row, and never in an exam. Nobody sees
// more by it than his own rights show.
//
// Seen red: with LacksOf asking nothing (a branch administrator looked as one of
// the whole institution); with the actor of an audit row left to be the person;
// with the attempts left out of the condition of the session.
func TestImpersonation(t *testing.T) {
	w := newRights(t)
	look := func(by *apitest.Client, whom string) *apitest.Reply {
		return by.Do("POST", "/people/"+whom+"/impersonate", m{"reason": "来电求助"})
	}
	over := w.Person(t, "x1", "全院书记", "secretary")
	w.Join(t, over.PersonID, w.own, "party")
	strange := w.Person(t, "x2", "教师", "trainer@"+w.own)
	away := w.Person(t, "x3", "外支部")
	w.Join(t, away.PersonID, w.away, "party")

	look(w.p, w.one.PersonID).Want(403, "session.not_permitted")
	look(w.part, away.PersonID).Want(404, "person.unknown")
	look(w.part, over.PersonID).Want(403, "impersonation.more_than_own")
	look(w.one, strange.PersonID).Want(403, "impersonation.more_than_own") // no administrator sees evidence of attempts
	look(w.one, w.one.PersonID).Want(403, "impersonation.self")
	w.one.Do("POST", "/people/"+w.p.PersonID+"/impersonate", m{"reason": " "}).Want(422, "impersonation.reason_missing")
	w.one.Do("POST", "/people/"+w.p.PersonID+"/impersonate", m{"reason": "来电求助", "minutes": 61}).Want(422, "impersonation.minutes_range")
	w.one.Do("POST", "/session/end-impersonation", nil).Want(409, "impersonation.none")

	var s struct {
		Person struct{ ID string }
		Roles  []string
		Looks  *struct {
			ByID   string `json:"by_id"`
			Reason string
		} `json:"impersonation"`
	}
	look(w.one, over.PersonID).Want(200).Into(&s)
	if s.Person.ID != over.PersonID || s.Looks == nil || s.Looks.ByID != w.one.PersonID || s.Looks.Reason != "来电求助" || slices.Contains(s.Roles, "admin") {
		t.Fatalf("session %+v", s)
	}
	w.one.Do("GET", "/people/"+w.p.PersonID, nil).Want(200)                                            // with the secretary's right
	w.one.Do("GET", "/roles", nil).Want(403, "session.not_permitted")                                  // and no longer with his own
	w.one.Do("POST", "/me/corrections", m{"field": "phone", "value": "1"}).Want(403, "session.acting") // nothing is done
	w.one.Do("GET", "/sessions", nil).Want(403, "session.acting")                                      // nor looked into what is hers alone
	look(w.one, w.p.PersonID).Want(403, "session.acting")
	if n := auditRows(t, w.Env, `action = 'person.read' AND actor_id = ? AND detail->>'as_person' = ?`, w.one.PersonID, over.PersonID); n != 1 {
		t.Errorf("%d rows name both", n)
	}
	w.one.Do("POST", "/session/end-impersonation", nil).Want(200)
	w.one.Do("GET", "/roles", nil).Want(200)

	// The box of time, a change of rights, and an exam end it.
	open := func() { t.Helper(); look(w.one, over.PersonID).Want(200) }
	back := func(why string) {
		t.Helper()
		waitFor(t, why, func() bool { return w.one.Do("GET", "/roles", nil).Status == 200 })
	}
	open()
	w.Exec(t, "UPDATE impersonations SET started_at = now() - interval '20 minutes', ends_at = now() - interval '1 minute' WHERE ended_at IS NULL")
	back("the box of time to end it")
	open()
	w.give(w.two, over.PersonID, "editor", w.own).Want(200)
	back("new rights of the person to end it")
	open()
	tx, err := w.DB.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		"SET LOCAL session_replication_role = replica", // an attempt without its exam
		"INSERT INTO attempts (id, exam_id, person_id, number, seed, state, epoch, device_id, started_at, due_at, check_at) VALUES (gen_random_uuid(), gen_random_uuid(), '" + over.PersonID +
			"', 1, '\\x00000000000000000000000000000000', 'in_progress', 1, 'desk', now(), now() + interval '1 hour', now() + interval '1 hour')",
	} {
		if _, err := tx.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	back("the exam to end it")
	look(w.one, over.PersonID).Want(409, "impersonation.in_exam")
	var looks struct{ Items []struct{ By, What string } }
	over.Do("GET", "/me/looks", nil).Want(200).Into(&looks)
	if n := len(looks.Items); n != 4 || looks.Items[0].What != "impersonate" || looks.Items[0].By != "甲管理" {
		t.Errorf("what the person sees of it: %+v", looks.Items)
	}

	// Signing out ends the session of who looks.
	look(w.two, w.p.PersonID).Want(200)
	w.two.Do("DELETE", "/session", nil).Want(200)
	w.two.Do("GET", "/session", nil).Want(401)

	for _, o := range w.Server.Operations() { // the few things that write and are open
		if o.Acting && o.Method != http.MethodGet && o.ID != "signOut" && o.ID != "endImpersonation" {
			t.Errorf("%s is open to who looks as another", o.ID)
		}
	}
}

func auditRows(t *testing.T, e *apitest.Env, where string, args ...any) (n int) {
	t.Helper()
	if err := e.DB.Bun.NewRaw("SELECT count(*) FROM audit_events WHERE "+where, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}
