package api_test

import (
	"fmt"
	"testing"

	"zhixing/app/api/apitest"
)

// tree is a party tree with one person in each place:
// committee > branch one > group, committee > branch two, and another root.
type tree struct {
	committee, one, group, two, foreign string
	people                              map[string]string // place -> person id
}

func newTree(t *testing.T, e *apitest.Env) tree {
	t.Helper()
	v := tree{committee: e.Unit(t, "party", "", "党委"), foreign: e.Unit(t, "party", "", "另一党委"), people: map[string]string{}}
	v.one, v.two = e.Unit(t, "party", v.committee, "第一支部"), e.Unit(t, "party", v.committee, "第二支部")
	v.group = e.Unit(t, "party", v.one, "第一小组")
	for place, unit := range map[string]string{"parent": v.committee, "own": v.one, "child": v.group, "sibling": v.two, "foreign": v.foreign} {
		p := e.Person(t, place, "在"+place)
		e.Join(t, p.PersonID, unit, "party")
		v.people[place] = p.PersonID
	}
	for place, periods := range map[string][2]string{"moved in today": {v.two, v.one}, "moved out today": {v.one, v.two}} {
		p := e.Person(t, fmt.Sprintf("m%d", len(v.people)), place)
		e.Exec(t, `INSERT INTO memberships (id, person_id, unit_id, tree, period) VALUES
(gen_random_uuid(), ?0, ?1, 'party', daterange('2020-01-01', civil_today())), (gen_random_uuid(), ?0, ?2, 'party', daterange(civil_today(), NULL))`,
			p.PersonID, periods[0], periods[1])
		v.people[place] = p.PersonID
	}
	return v
}

// A secretary sees his branch and what is below it, today, and nobody else:
// not the parent, the sibling branch, another root, nor who has left.
//
// Seen red: with the condition taken out of PersonStore.Record, and with
// "sm.period @> civil_today()" taken out of scopePeople.
func TestSecretarySeesHisBranchOnly(t *testing.T) {
	e := apitest.New(t)
	v := newTree(t, e)
	secretary := e.Person(t, "secretary", "书记", "secretary@"+v.one)
	reach := map[string]bool{"own": true, "child": true, "moved in today": true}
	list := listed(t, secretary)
	var count struct{ Total int }
	secretary.Do("GET", "/people-count", nil).Want(200).Into(&count)
	if count.Total != len(list) {
		t.Errorf("counts %d, lists %d", count.Total, len(list))
	}
	for place, id := range v.people {
		t.Run(place, func(t *testing.T) {
			if reach[place] {
				secretary.Do("GET", "/people/"+id, nil).Want(200)
			} else {
				secretary.Do("GET", "/people/"+id, nil).Want(404, "person.unknown")
			}
			if list[id] != reach[place] {
				t.Errorf("in the list: %v", list[id])
			}
		})
	}
	secretary.Do("GET", "/people/00000000-0000-7000-8000-000000000000", nil).Want(404, "person.unknown")
	secretary.Do("GET", "/people/nonsense", nil).Want(404, "person.unknown")

	t.Run("filter by a unit outside gives nobody", func(t *testing.T) {
		var page struct{ Items []struct{ ID string } }
		secretary.Do("GET", "/people?unit_id="+v.two, nil).Want(200).Into(&page)
		if len(page.Items) != 0 {
			t.Errorf("got %+v", page.Items)
		}
	})
	t.Run("units", func(t *testing.T) {
		var units struct {
			Items []struct {
				ID        string
				People    int
				PathNames []string `json:"path_names"`
			}
		}
		secretary.Do("GET", "/units?tree=party", nil).Want(200).Into(&units)
		if len(units.Items) != 2 || units.Items[0].ID != v.one || units.Items[0].People != 3 || fmt.Sprint(units.Items[1].PathNames) != "[党委 第一支部 第一小组]" {
			t.Errorf("units %+v", units.Items)
		}
	})
	t.Run("ended grant", func(t *testing.T) {
		e.Exec(t, "UPDATE grants SET period = daterange('2020-01-01', civil_today()) WHERE person_id = ?", secretary.PersonID)
		again := e.SignIn(t, "secretary", secretary.PersonID)
		again.Do("GET", "/people/"+v.people["own"], nil).Want(403, "session.not_permitted")
	})
	t.Run("grant of tomorrow", func(t *testing.T) {
		e.Exec(t, "UPDATE grants SET period = daterange(civil_today() + 1, NULL) WHERE person_id = ?", secretary.PersonID)
		e.SignIn(t, "secretary", secretary.PersonID).Do("GET", "/people", nil).Want(403, "session.not_permitted")
	})
}

func listed(t *testing.T, c *apitest.Client) map[string]bool {
	t.Helper()
	var page struct{ Items []struct{ ID string } }
	c.Do("GET", "/people?limit=200", nil).Want(200).Into(&page)
	ids := map[string]bool{}
	for _, p := range page.Items {
		ids[p.ID] = true
	}
	return ids
}

// An administrator of a part does nothing to people, units and grants outside
// it, and cannot reach beyond it through somebody inside it. Seen red with the
// scope taken out of the statement that locks a person: 204 for a stranger.
func TestPartAdministratorStaysInside(t *testing.T) {
	e := apitest.New(t)
	v := newTree(t, e)
	admin := e.Person(t, "part", "分管理员", "admin@"+v.one)
	stage := map[string]any{"value": "activist", "from": "2024-01-01"}
	for place, id := range v.people {
		inside := place == "own" || place == "child" || place == "moved in today"
		for path, body := range map[string]any{
			"/stages": stage, "/ranks": map[string]any{"value": "section_deputy", "from": "2024-01-01"},
			"/memberships": map[string]any{"value": v.group, "from": "2199-01-01"}, "/reset-password": nil,
			"/disable-account": map[string]any{"reason": "离校"}, "/grants": map[string]any{"role": "secretary", "unit_id": v.group, "reason": "任职"},
		} {
			t.Run(place+path, func(t *testing.T) {
				r := admin.Do("POST", "/people/"+id+path, body)
				switch {
				case !inside:
					r.Want(404, "person.unknown")
				case path == "/memberships" && place == "child": // is there already
					r.Want(409, "person.fact_unchanged")
				case r.Status >= 300 && r.Reason() != "person.account_holds_roles": // granted above, in either order
					t.Errorf("status %d: %s", r.Status, r.Body)
				}
			})
		}
	}
	own := "/people/" + v.people["own"]
	admin.Do("POST", own+"/grants", map[string]any{"role": "secretary", "unit_id": v.two, "reason": "任职"}).Want(404, "unit.unknown")
	admin.Do("POST", own+"/grants", map[string]any{"role": "auditor", "reason": "任职"}).Want(403, "grant.needs_all")
	admin.Do("POST", own+"/memberships", map[string]any{"value": v.two, "from": "2198-01-01"}).Want(404, "unit.unknown")
	admin.Do("POST", "/units", map[string]any{"tree": "party", "name": "新党委", "kind": "committee"}).Want(403, "unit.root_needs_all")
	admin.Do("POST", "/units", map[string]any{"tree": "party", "parent_id": v.two, "name": "小组", "kind": "group"}).Want(404, "unit.unknown")
	admin.Do("PUT", "/units/"+v.two, map[string]any{"name": "改名", "position": 0, "version": 1}).Want(404, "unit.unknown")
	admin.Do("POST", "/units/"+v.two+"/close", map[string]any{"on": "2027-01-01", "reason": "撤销"}).Want(404, "unit.unknown")
	row := map[string]any{"number": "n1", "name": "张三", "kind": "student"}
	admin.Do("POST", "/people", map[string]any{"people": []any{row}}).Want(422, "person.rows_refused")
	row["party_unit_id"] = v.two
	admin.Do("POST", "/people", map[string]any{"people": []any{row}}).Want(422, "person.rows_refused")
	row["party_unit_id"] = v.one
	admin.Do("POST", "/people", map[string]any{"people": []any{row}}).Want(200)

	// Inside, but with a role elsewhere: to reset his password would be to become him.
	e.Exec(t, "INSERT INTO grants (id, person_id, role, period) VALUES (gen_random_uuid(), ?, 'auditor', daterange('2020-01-01', NULL))", v.people["own"])
	admin.Do("POST", own+"/reset-password", nil).Want(403, "person.account_holds_roles")
}

// What a learner asks of staff operations is refused before anything is read. Seen
// red with listPeople asking for the permission that everybody has.
func TestLearnerIsRefused(t *testing.T) {
	e := apitest.New(t)
	v := newTree(t, e)
	me := e.Person(t, "learner", "学员")
	for _, op := range [][2]string{
		{"GET", "/units?tree=party"},
		{"POST", "/units"},
		{"PUT", "/units/" + v.one},
		{"POST", "/units/" + v.one + "/close"},
		{"GET", "/people"},
		{"POST", "/people"},
		{"GET", "/people/" + me.PersonID},
		{"POST", "/people/" + me.PersonID + "/grants"},
		{"POST", "/people/" + me.PersonID + "/stages"},
		{"POST", "/people/" + me.PersonID + "/reset-password"},
		{"POST", "/grants/" + v.one + "/end"},
		{"GET", "/audit-events"},
	} {
		me.Do(op[0], op[1], nil).Want(403, "session.not_permitted")
		e.Anyone(t).Do(op[0], op[1], nil).Want(401, "session.signed_out")
	}
}
