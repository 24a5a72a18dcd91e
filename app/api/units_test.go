package api_test

import (
	"testing"

	"zhixing/app/api/apitest"
)

func TestUnits(t *testing.T) {
	e := apitest.New(t)
	admin := e.Person(t, "admin", "管理员", "admin")
	create := func(tree, parent, name, kind string) *apitest.Reply {
		body := map[string]any{"tree": tree, "name": name, "kind": kind}
		if parent != "" {
			body["parent_id"] = parent
		}
		return admin.Do("POST", "/units", body)
	}
	id := func(r *apitest.Reply) string { return r.Want(200).JSON()["id"].(string) }
	committee := id(create("party", "", "中共学院委员会", "committee"))
	school := id(create("admin", "", "学院", "institution"))
	branch := id(create("party", committee, "学生第一党支部", "branch"))
	create("party", committee, "学生第一党支部", "branch").Want(409, "unit.name_taken")
	create("party", branch, "学生第一党支部", "group").Want(200) // same name elsewhere is fine
	create("party", committee, " ", "branch").Want(422, "unit.name_form")
	create("party", committee, "办公室", "office").Want(422, "unit.kind_unknown")
	create("admin", committee, "办公室", "office").Want(422, "unit.wrong_tree")
	create("party", "00000000-0000-7000-8000-000000000000", "支部", "branch").Want(404, "unit.unknown")

	admin.Do("PUT", "/units/"+branch, map[string]any{"name": "学生第二党支部", "position": 3, "version": 1}).Want(200)
	other := id(create("party", committee, "教工党支部", "branch"))
	admin.Do("PUT", "/units/"+other, map[string]any{"name": "学生第二党支部", "position": 0, "version": 1}).Want(409, "unit.name_taken")

	closing := func(id, on, reason string) *apitest.Reply {
		return admin.Do("POST", "/units/"+id+"/close", map[string]any{"on": on, "reason": reason})
	}
	closing(committee, "2027-01-01", "撤并").Want(409, "unit.has_children")
	e.Join(t, admin.PersonID, other, "party")
	closing(other, "2027-01-01", "撤并").Want(409, "unit.has_members")
	e.Exec(t, "UPDATE memberships SET period = daterange('2020-01-01', '2027-01-01') WHERE unit_id = ?", other)
	closing(other, "2026-12-31", "撤并").Want(409, "unit.has_members")
	closing(other, "2027-01-01", "").Want(422, "unit.reason_missing")
	closing(other, "元旦", "撤并").Want(422, "unit.date_form")
	closing(other, "2027-01-01", "撤并").Want(200)
	closing(other, "2027-02-01", "撤并").Want(409, "unit.already_closed")
	create("party", other, "小组", "group").Want(409, "unit.parent_closed")
	create("party", committee, "教工党支部", "branch").Want(200) // the name is free again
	closing(school, "2020-01-01", "更名").Want(200)

	count := func(query string) int {
		return len(admin.Do("GET", "/units?tree="+query, nil).Want(200).JSON()["items"].([]any))
	}
	if n := count("admin"); n != 0 {
		t.Errorf("%d open administrative units, want 0", n)
	}
	if n := count("admin&closed=true"); n != 1 {
		t.Errorf("%d administrative units with the closed, want 1", n)
	}
	admin.Do("GET", "/units", nil).Want(422)
}
