package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixing/app"
	"zhixing/app/api/apitest"
	"zhixing/domain/job"
)

// tokenFor makes a token and returns it with a client that acts by it.
func (c *importing) tokenFor(admin *apitest.Client, unit string, permissions ...string) (id string, program *apitest.Client) {
	c.Helper()
	var made struct {
		Token  struct{ ID, Prefix, State string }
		Secret string
	}
	admin.Do("POST", "/api-tokens", m{
		"name": "教务系统", "permissions": permissions, "unit_id": unit, "expires_on": time.Now().AddDate(0, 1, 0).Format(time.DateOnly),
	}).Want(200).Into(&made)
	if !strings.HasPrefix(made.Secret, made.Token.Prefix) || made.Token.State != "active" {
		c.Fatalf("%+v", made)
	}
	program = c.Anyone(c.T)
	program.Headers = map[string]string{"Authorization": "Bearer " + made.Secret, "X-Zhixing": ""}
	return made.Token.ID, program
}

// Every operation that is not marked for programs outside answers a token with
// 401 or 403, whatever the token holds and whoever made it: also those that need
// no sign-in, and also beside a good cookie. Seen red by leaving the case out of
// permitted, and refuseToken out of publicRoute.
func TestTokensAreClosedOut(t *testing.T) {
	c := newImporting(t)
	admin := c.Person(t, "A1", "管理员", "admin", "auditor", "trainer", "secretary")
	_, program := c.tokenFor(admin, "", "people:import", "people:manage", "unit:manage")
	c.Exec(t, "UPDATE api_tokens SET per_minute = 6000")
	doc := readDocument(t)
	open := 0
	for _, o := range doc.operations {
		path := strings.NewReplacer("{id}", app.NewID(), "{person_id}", app.NewID(), "{n}", "1", "{seq}", "1", "{rendition}", "360p").Replace(o.path)
		var body any
		if o.method != "GET" && o.method != "DELETE" {
			body = "{}"
		}
		r := program.Do(o.method, path, body)
		if o.Token {
			open++
			if r.Status == 401 || r.Status == 403 {
				t.Errorf("%s is marked for tokens and answers %d %s", o.ID, r.Status, r.Reason())
			}
			continue
		}
		if r.Status != 401 && r.Status != 403 {
			t.Errorf("%s answers a token with %d: %.200s", o.ID, r.Status, r.Body)
		}
		both := admin.With("Authorization", program.Headers["Authorization"]).Do(o.method, path, body)
		if both.Status != r.Status || both.Reason() != r.Reason() {
			t.Errorf("%s with a cookie beside the token: %d %s", o.ID, both.Status, both.Reason())
		}
	}
	if open != 5 {
		t.Errorf("%d operations are open to tokens", open)
	}
}

// A token lives from its making, which asks for a fresh proof, to its revocation,
// which holds at once; its secret is nowhere but with who has it.
func TestTokenLife(t *testing.T) {
	c := newImporting(t)
	admin := c.Person(t, "A1", "管理员", "admin")
	unit := c.Unit(t, "party", "", "第一支部")
	id, program := c.tokenFor(admin, unit, "people:import")
	secret := strings.TrimPrefix(program.Headers["Authorization"], "Bearer ")
	program.Do("GET", "/pushes", nil).Want(200)
	var stored int
	if err := c.DB.Bun.NewRaw(`SELECT (SELECT count(*) FROM api_tokens t WHERE to_jsonb(t)::text LIKE '%' || ?0 || '%') +
  (SELECT count(*) FROM audit_events e WHERE e.detail::text LIKE '%' || ?0 || '%') + (SELECT count(*) FROM idempotency_keys)`, secret).Scan(t.Context(), &stored); err != nil || stored != 0 {
		t.Errorf("the secret is kept in %d places, %v", stored, err)
	}
	var list struct {
		Items []struct {
			ID, Prefix, State string
			UnitName          string  `json:"unit_name"`
			LastUsedAt        *string `json:"last_used_at"`
		}
	}
	r := admin.Do("GET", "/api-tokens", nil).Want(200)
	if r.Into(&list); len(list.Items) != 1 || list.Items[0].LastUsedAt == nil || list.Items[0].UnitName != "第一支部" || strings.Contains(string(r.Body), secret) {
		t.Errorf("%s", r.Body)
	}
	for _, bad := range []string{"", "zx_", "zx_" + strings.Repeat("a", 43), secret + "a", strings.ToUpper(secret), "eyJhbGciOiJub25lIn0.e30."} {
		if r := program.With("Authorization", "Bearer "+bad).Do("GET", "/pushes", nil); r.Status != 401 {
			t.Errorf("%q: %d", bad, r.Status)
		}
	}
	program.Do("POST", "/pushes/units", m{"units": []m{{"key": "a", "tree": "party", "name": "x", "kind": "group"}}}).Want(403, "session.not_permitted")

	var rotated struct{ Secret string }
	admin.Do("POST", "/api-tokens/"+id+"/rotate", nil).Want(200).Into(&rotated)
	next := program.With("Authorization", "Bearer "+rotated.Secret)
	next.Do("GET", "/pushes", nil).Want(200)
	program.Do("GET", "/pushes", nil).Want(200) // the old one lives on for a day
	c.Exec(t, "UPDATE api_tokens SET old_until = now()")
	program.Do("GET", "/pushes", nil).Want(401, "token.unknown")

	c.Exec(t, "UPDATE api_tokens SET per_minute = 2, minute_at = NULL, minute_count = 0")
	waitFor(t, "the bound of a minute", func() bool {
		r := next.Do("GET", "/pushes", nil)
		return r.Status == 429 && r.Reason() == "token.too_many" && r.Header.Get("Retry-After") != ""
	})
	c.Exec(t, "UPDATE api_tokens SET per_minute = 6000")
	next.Do("GET", "/pushes", nil).Want(200)

	c.Exec(t, "UPDATE api_tokens SET expires_at = now() - interval '1 second'")
	next.Do("GET", "/pushes", nil).Want(401, "token.unknown")
	c.Exec(t, "UPDATE api_tokens SET expires_at = now() + interval '1 day'")
	next.Do("GET", "/pushes", nil).Want(200)
	admin.Do("POST", "/api-tokens/"+id+"/revoke", m{"reason": "泄露"}).Want(200)
	next.Do("GET", "/pushes", nil).Want(401, "token.unknown")
	admin.Do("POST", "/api-tokens/"+id+"/revoke", m{"reason": "泄露"}).Want(409, "token.revoked")
	admin.Do("POST", "/api-tokens/"+id+"/rotate", nil).Want(409, "token.revoked")

	for field, body := range map[string]m{
		"token.name_form":          {"name": " ", "permissions": []string{"people:import"}, "expires_on": "2026-12-31"},
		"token.permission_missing": {"name": "a", "permissions": []string{}, "expires_on": "2026-12-31"},
		"token.expiry_form":        {"name": "a", "permissions": []string{"people:import"}, "expires_on": "2020-01-01"},
		"token.permission_unknown": {"name": "a", "permissions": []string{"system:manage"}, "expires_on": time.Now().AddDate(0, 1, 0).Format(time.DateOnly)},
	} {
		admin.Do("POST", "/api-tokens", body).Want(422, field)
	}
	c.Exec(t, "DELETE FROM role_permissions WHERE role = 'admin' AND permission = 'people:import'")
	body := m{"name": "a", "permissions": []string{"people:import"}, "expires_on": time.Now().AddDate(0, 1, 0).Format(time.DateOnly)}
	waitFor(t, "the loss of the permission", func() bool { return admin.Do("POST", "/api-tokens", body).Reason() == "token.more_than_own" })
}

type pushReply struct {
	ID, State string
	ImportID  string `json:"import_id"`
	Counts    struct{ Total, New, Changed, Same, Refused int }
	Items     []struct {
		Key, Outcome, ID string
		Changed          []string
		Refusals         []struct{ Field, Reason string }
	}
}

// What a campus system pushes comes in by the rules of an import: an item at a
// time, in any order, again and again, within the reach of the token, with a
// report that stays, and it can be undone. Seen red by judging with the reach of
// who made the token.
func TestPushPeople(t *testing.T) {
	c := newImporting(t)
	admin := c.Person(t, "A1", "管理员", "admin")
	root := c.Unit(t, "party", "", "校党委")
	one, two := c.Unit(t, "party", root, "第一支部"), c.Unit(t, "party", root, "第二支部")
	c.Exec(t, "UPDATE units SET external_key = 'B-1' WHERE id = ?", one)
	c.Exec(t, "UPDATE units SET external_key = 'B-2' WHERE id = ?", two)
	token, program := c.tokenFor(admin, one, "people:import")
	people := []m{
		{"number": "S1", "name": "张三", "kind": "student", "party_unit": "#B-1", "stage": "activist", "stage_on": "2026-03-01"},
		{"number": "S2", "name": "李\n四", "kind": "student", "party_unit": "第一支部", "phone": "13800000000"},
		{"number": "S3", "name": "", "kind": "student", "party_unit": "#B-1"},
		{"number": "S4", "name": "王五", "kind": "student", "party_unit": "#B-2"}, // outside the token's reach
		{"number": "", "name": ""},
		{"number": "S1", "name": "又一个", "kind": "student", "party_unit": "#B-1"},
		{"number": "S6", "name": "=1+1", "kind": "student", "party_unit": "#B-1"},
	}
	var p pushReply
	program.With("Idempotency-Key", "k1").Do("POST", "/pushes/people", m{"people": people}).Want(200).Into(&p)
	var got []string
	for _, i := range p.Items {
		reason := ""
		if len(i.Refusals) > 0 {
			reason = i.Refusals[0].Field + " " + i.Refusals[0].Reason
		}
		got = append(got, strings.TrimSpace(i.Key+" "+i.Outcome+" "+reason))
	}
	if want := []string{
		"S1 new", "S2 new", "S3 refused name import.name_missing", "S4 refused party_unit import.unit_unknown", "refused number import.number_missing",
		"S1 refused number import.repeated", "S6 refused name import.formula",
	}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	var again pushReply
	if r := program.With("Idempotency-Key", "k1").Do("POST", "/pushes/people", m{"people": people}).Want(200); r.Header.Get("Idempotency-Replayed") != "true" {
		t.Error("the key was not known again")
	}
	slices.Reverse(people[:2])
	program.Do("POST", "/pushes/people", m{"people": people[:2]}).Want(200).Into(&again)
	if again.Counts.Same != 2 || again.Counts.New != 0 {
		t.Errorf("pushed again: %+v", again)
	}
	var report pushReply
	program.Do("GET", "/pushes/"+p.ID, nil).Want(200).Into(&report)
	if report.State != "done" || len(report.Items) != 7 || report.Counts.New != 2 || report.Counts.Refused != 5 {
		t.Errorf("report: %+v", report)
	}
	_, other := c.tokenFor(admin, two, "people:import")
	other.Do("GET", "/pushes/"+p.ID, nil).Want(404, "push.unknown")
	other.Do("POST", "/pushes/people", m{"people": []m{{"number": "S1", "name": "改名"}}}).Want(200).Into(&again)
	if again.Counts.Refused != 1 || again.Items[0].Refusals[0].Reason != "import.out_of_reach" {
		t.Errorf("outside its reach: %+v", again)
	}
	var actors int
	if err := c.DB.Bun.NewRaw(`SELECT count(DISTINCT action) FROM audit_events WHERE actor_id = ? AND action IN ('push.people', 'import.apply', 'import.applied') AND detail->>'token' = '教务系统'`, token).
		Scan(t.Context(), &actors); err != nil || actors != 3 {
		t.Errorf("%d deeds of the token are recorded, %v", actors, err)
	}
	admin.Do("POST", "/imports/"+p.ImportID+"/undo", m{"reason": "推送有误"}).Want(200)
	if err := c.u.UndoRows(t.Context(), job.UndoImport{ImportID: p.ImportID, ActorID: admin.PersonID}); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := c.DB.Bun.NewRaw("SELECT count(*) FROM people WHERE number IN ('S1', 'S2')").Scan(t.Context(), &left); err != nil || left != 0 {
		t.Errorf("%d people after the undo, %v", left, err)
	}
}

// Units come in whatever the order of parents and children, are known again by
// their key, and nothing is ever closed. Facts are added oldest first.
func TestPushUnitsAndFacts(t *testing.T) {
	c := newImporting(t)
	admin := c.Person(t, "A1", "管理员", "admin")
	old := c.Unit(t, "party", "", "校党委")
	_, program := c.tokenFor(admin, "", "people:import", "people:manage", "unit:manage")
	units := []m{
		{"key": "3", "tree": "party", "parent_key": "2", "name": "第一支部", "kind": "branch"},
		{"key": "2", "tree": "party", "parent_key": "1", "name": "计算机学院党总支", "kind": "general_branch"},
		{"key": "1", "tree": "party", "name": "校党委", "kind": "committee"},
		{"key": "4", "tree": "party", "parent_key": "nowhere", "name": "第四支部", "kind": "branch"},
		{"key": "5", "tree": "party", "parent_key": "6", "name": "甲", "kind": "branch"},
		{"key": "6", "tree": "party", "parent_key": "5", "name": "乙", "kind": "branch"},
	}
	push := func(path string, body m) (p pushReply) {
		t.Helper()
		program.Do("POST", "/pushes/"+path, body).Want(200).Into(&p)
		return p
	}
	outcomes := func(p pushReply) string {
		var out []string
		for _, i := range p.Items {
			reason := ""
			if len(i.Refusals) > 0 {
				reason = " " + i.Refusals[0].Reason
			}
			out = append(out, i.Outcome+reason)
		}
		return strings.Join(out, ", ")
	}
	first := push("units", m{"units": units})
	if got := outcomes(first); got != "new, new, changed, refused push.parent_unknown, refused push.parent_cycle, refused push.parent_cycle" || first.Items[2].ID != old {
		t.Errorf("first: %s", got)
	}
	if got := outcomes(push("units", m{"units": units[:3]})); got != "same, same, same" {
		t.Errorf("again: %s", got)
	}
	units[0]["name"], units[0]["parent_key"] = "软件工程支部", "1"
	if p := push("units", m{"units": units[:1]}); outcomes(p) != "changed" || fmt.Sprint(p.Items[0].Changed) != "[name parent_key]" {
		t.Errorf("renamed and moved: %+v", p)
	}
	var open int
	if err := c.DB.Bun.NewRaw("SELECT count(*) FROM units WHERE closed_on IS NULL").Scan(t.Context(), &open); err != nil || open != 3 {
		t.Errorf("%d units are open, %v", open, err)
	}

	push("people", m{"people": []m{{"number": "S1", "name": "张三", "kind": "student", "party_unit": "#3"}}, "from": "2026-01-01"})
	facts := []m{
		{"number": "S1", "kind": "stage", "value": "activist", "from": "2026-05-01", "document": "支部〔2026〕2号", "reason": "补录"},
		{"number": "S1", "kind": "stage", "value": "applicant", "from": "2026-02-01", "document": "支部〔2026〕1号", "reason": "补录"},
		{"number": "S1", "kind": "party_membership", "unit": "2", "from": "2026-06-01", "reason": "补录"},
		{"number": "S9", "kind": "stage", "value": "activist", "from": "2026-05-01"},
		{"number": "S1", "kind": "salary", "value": "1", "from": "2026-05-01"},
	}
	if got := outcomes(push("facts", m{"facts": facts})); got != "new, new, new, refused person.unknown, refused push.kind_unknown" {
		t.Errorf("facts: %s", got)
	}
	if got := outcomes(push("facts", m{"facts": facts[:3]})); got != "same, same, same" {
		t.Errorf("facts again: %s", got)
	}
	program.Do("POST", "/pushes/facts", m{"facts": []m{}}).Want(422)
	var ahead struct{ Items []struct{ Kind string } }
	if program.Do("GET", "/pushes?limit=2", nil).Want(200).Into(&ahead); len(ahead.Items) != 2 || ahead.Items[0].Kind != "facts" {
		t.Errorf("list: %+v", ahead)
	}
}
