package api_test

import (
	"testing"

	"zhixing/app/api/apitest"
)

type unitsOf struct {
	Items []struct {
		ID, Name  string
		PathNames []string `json:"path_names"`
		People    int
		Version   int
		ClosedOn  string `json:"closed_on"`
	}
}

func (u unitsOf) find(id string) (name string, path []string, people, version int) {
	for _, i := range u.Items {
		if i.ID == id {
			return i.Name, i.PathNames, i.People, i.Version
		}
	}
	return "", nil, 0, 0
}

// A branch that is to move on a day is where it was until then; on that day, and
// not before, its secretary above loses sight of it and the other gains it. The
// tree of the day before stays as it was.
//
// Seen red: with the change applied when it is planned, with SyncUnits not called,
// with the sweep taking what is due in sixty days, and with the placements read as
// of today whatever as_of says.
func TestMoveOnAFutureDate(t *testing.T) {
	e := apitest.New(t)
	v := newTree(t, e)
	admin := e.Person(t, "admin", "管理员", "admin")
	above := e.Person(t, "s1", "一书记", "secretary@"+v.one)
	other := e.Person(t, "s2", "二书记", "secretary@"+v.two)
	day, before := e.Today(t, 30), e.Today(t, 29)
	move := map[string]any{"verb": "move", "target_id": v.two, "on": day, "version": 1, "reason": "机构调整"}

	preview := admin.Do("POST", "/units/"+v.group+"/changes/preview", move).Want(200).JSON()
	if preview["people"] != 1.0 || preview["unit_count"] != 1.0 || len(preview["sight_lost"].([]any)) != 1 || len(preview["sight_gained"].([]any)) != 1 {
		t.Errorf("preview %v", preview)
	}
	var planned struct{ ID, State string }
	admin.Do("POST", "/units/"+v.group+"/changes", move).Want(200).Into(&planned)
	if planned.State != "planned" {
		t.Fatalf("state %s", planned.State)
	}
	sees := func(who *apitest.Client, want int) {
		t.Helper()
		who.Do("GET", "/people/"+v.people["child"], nil).Want(want)
	}
	apply := func() {
		t.Helper()
		for range 2 { // two workers, or one twice
			if err := e.Server.Units.ApplyDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	apply()
	sees(above, 200)
	sees(other, 404)
	e.SetToday(t, before)
	apply()
	sees(above, 200)
	sees(other, 404)
	e.SetToday(t, day)
	apply()
	sees(above, 404)
	sees(other, 200)

	var then, now unitsOf
	admin.Do("GET", "/units?tree=party&as_of="+before, nil).Want(200).Into(&then)
	admin.Do("GET", "/units?tree=party", nil).Want(200).Into(&now)
	if _, path, _, _ := then.find(v.group); len(path) != 3 || path[1] != "第一支部" {
		t.Errorf("the day before: %v", path)
	}
	if _, path, _, version := now.find(v.group); len(path) != 3 || path[1] != "第二支部" || version != 2 {
		t.Errorf("on the day: %v, version %d", path, version)
	}
	if _, _, people, _ := then.find(v.one); people != 3 {
		t.Errorf("%d people below the branch on the day before", people)
	}
	admin.Do("POST", "/unit-changes/"+planned.ID+"/cancel", map[string]any{"reason": "晚了"}).Want(409, "unit.change_not_planned")
	admin.Do("GET", "/units?tree=party&as_of=x", nil).Want(422, "unit.date_form")
}

// Into another: children, members from the day on, and posts; who was a member
// before stays in the history.
//
// Seen red: with the members' facts moved from their beginning, and with the posts
// left open.
func TestMergeUnits(t *testing.T) {
	e := apitest.New(t)
	v := newTree(t, e)
	admin := e.Person(t, "admin", "管理员", "admin")
	admin.Do("POST", "/people/"+v.people["own"]+"/facts", map[string]any{"verb": "add", "kind": "post", "value": "secretary", "unit_id": v.one, "from": "2021-01-01"}).Want(200)
	merge := func(body map[string]any) *apitest.Reply {
		body["verb"], body["version"] = "merge", 1
		return admin.Do("POST", "/units/"+v.one+"/changes", body)
	}
	today := e.Today(t, 0)
	merge(map[string]any{"target_id": v.two}).Want(422, "unit.reason_missing")
	merge(map[string]any{"reason": "撤并"}).Want(422, "unit.target_missing")
	merge(map[string]any{"target_id": v.group, "reason": "撤并"}).Want(409, "unit.merge_into_child")
	var done struct {
		State  string
		People int
	}
	merge(map[string]any{"target_id": v.two, "reason": "撤并", "on": today}).Want(200).Into(&done)
	if done.State != "applied" || done.People != 2 { // own, and who moved in today
		t.Errorf("done %+v", done)
	}
	var now unitsOf
	admin.Do("GET", "/units?tree=party&closed=true", nil).Want(200).Into(&now)
	if _, path, people, _ := now.find(v.group); path[1] != "第二支部" || people != 1 {
		t.Errorf("the child is at %v with %d", path, people)
	}
	if _, _, people, _ := now.find(v.two); people != 5 {
		t.Errorf("%d people in the other branch", people)
	}
	var person struct {
		PartyUnitName string `json:"party_unit_name"`
		Posts         []any
		Timeline      []factOfTest
	}
	admin.Do("GET", "/people/"+v.people["own"], nil).Want(200).Into(&person)
	if person.PartyUnitName != "第二支部" || len(person.Posts) != 0 || len(person.Timeline) != 3 {
		t.Errorf("member %+v", person)
	}
	for _, f := range person.Timeline {
		if f.Kind == "party_membership" && f.Value == v.one && (f.From != "2020-01-01" || f.Until == nil || *f.Until != today) {
			t.Errorf("history %+v", f)
		}
	}
	merge(map[string]any{"target_id": v.two, "reason": "撤并"}).Want(409, "unit.changed_meanwhile")
}

// What is planned can be cancelled, and what is no longer possible on its day is
// marked with the reason and stops no other.
//
// Seen red: with the failed one left planned (the sweep went round in circles until
// the test ran out of time).
func TestPlannedChanges(t *testing.T) {
	e := apitest.New(t)
	v := newTree(t, e)
	admin := e.Person(t, "admin", "管理员", "admin")
	plan := func(unit string, body map[string]any) string {
		t.Helper()
		body["version"], body["reason"] = 1, "调整"
		return admin.Do("POST", "/units/"+unit+"/changes", body).Want(200).JSON()["id"].(string)
	}
	plan(v.group, map[string]any{"verb": "rename", "name": "第二支部", "on": e.Today(t, 2)})
	// on the day its future sibling has that name:
	plan(v.group, map[string]any{"verb": "move", "target_id": v.committee, "on": e.Today(t, 3)})
	cancelled := plan(v.two, map[string]any{"verb": "rename", "name": "不会有的名字", "on": e.Today(t, 3)})
	plan(v.two, map[string]any{"verb": "rename", "name": "新二支部", "on": e.Today(t, 4)})
	closed := e.Unit(t, "party", v.committee, "空支部")
	closing := admin.Do("POST", "/units/"+closed+"/close", map[string]any{"on": e.Today(t, 9), "reason": "撤销"}).Want(200).JSON()["id"].(string)
	admin.Do("POST", "/people/"+v.people["own"]+"/memberships", map[string]any{"value": closed, "from": e.Today(t, 9)}).Want(409, "unit.closed")
	admin.Do("POST", "/unit-changes/"+cancelled+"/cancel", map[string]any{"reason": "不改了"}).Want(204)
	admin.Do("POST", "/unit-changes/"+closing+"/cancel", map[string]any{"reason": "不撤了"}).Want(204)
	admin.Do("POST", "/people/"+v.people["own"]+"/memberships", map[string]any{"value": closed, "from": e.Today(t, 9)}).Want(200)

	e.SetToday(t, e.Today(t, 5))
	if err := e.Server.Units.ApplyDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	var now unitsOf
	admin.Do("GET", "/units?tree=party", nil).Want(200).Into(&now)
	if name, path, _, _ := now.find(v.group); name != "第二支部" || path[1] != "第一支部" {
		t.Errorf("group %s at %v", name, path)
	}
	if name, _, _, _ := now.find(v.two); name != "新二支部" {
		t.Errorf("branch two is called %s", name)
	}
	var open struct {
		Items []struct {
			Verb, State string
			Failure     map[string]string
		}
	}
	admin.Do("GET", "/unit-changes?open=true", nil).Want(200).Into(&open)
	if len(open.Items) != 1 || open.Items[0].State != "failed" || open.Items[0].Failure["zh-CN"] == "" {
		t.Errorf("open %+v", open.Items)
	}
}

// Every operation on units is for those within reach alone.
func TestUnitChangesStayInside(t *testing.T) {
	e := apitest.New(t)
	v := newTree(t, e)
	part := e.Person(t, "part", "分管理员", "admin@"+v.one)
	secretary := e.Person(t, "sec", "书记", "secretary@"+v.one)
	admin := e.Person(t, "admin", "管理员", "admin")
	body := func(target string) map[string]any {
		return map[string]any{"verb": "move", "target_id": target, "version": 1}
	}
	for _, path := range []string{"/changes", "/changes/preview"} {
		part.Do("POST", "/units/"+v.two+path, body(v.one)).Want(404, "unit.unknown")
		part.Do("POST", "/units/"+v.group+path, body(v.two)).Want(404, "unit.unknown")
		part.Do("POST", "/units/"+v.group+path, map[string]any{"verb": "move", "version": 1}).Want(403, "unit.root_needs_all")
		part.Do("POST", "/units/nonsense"+path, body(v.one)).Want(404, "unit.unknown")
		secretary.Do("POST", "/units/"+v.group+path, body(v.one)).Want(403, "session.not_permitted")
		admin.Do("POST", "/units/"+v.one+path, body(v.group)).Want(409, "unit.cycle")
		admin.Do("POST", "/units/"+v.one+path, body(v.committee)).Want(409, "unit.same_parent")
		admin.Do("POST", "/units/"+v.one+path, body("x")).Want(404, "unit.unknown")
	}
	other := e.Unit(t, "admin", "", "学校")
	admin.Do("POST", "/units/"+v.one+"/changes", body(other)).Want(422, "unit.wrong_tree")
	planned := admin.Do("POST", "/units/"+v.two+"/changes", map[string]any{"verb": "rename", "name": "新名", "on": e.Today(t, 3), "version": 1}).Want(200).JSON()["id"].(string)
	part.Do("POST", "/unit-changes/"+planned+"/cancel", map[string]any{"reason": "x"}).Want(404, "unit.change_unknown")
	part.Do("POST", "/unit-changes/nonsense/cancel", map[string]any{"reason": "x"}).Want(404, "unit.change_unknown")
	if n := len(part.Do("GET", "/unit-changes", nil).Want(200).JSON()["items"].([]any)); n != 0 {
		t.Errorf("%d changes of others", n)
	}
	e.Anyone(t).Do("GET", "/unit-changes", nil).Want(401)
}
