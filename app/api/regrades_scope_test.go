package api_test

import "testing"

// A regrade is everybody's who sat. Who has a part of the institution regrades an
// exam that names units of that part only.
//
// Seen red: with an exam that names any unit of the part taken for one that names
// no other.
func TestRegradeNeedsTheWholeExam(t *testing.T) {
	h := newHall(t)
	committee := h.Unit(t, "party", "", "党委")
	one, two := h.Unit(t, "party", committee, "一支部"), h.Unit(t, "party", committee, "二支部")
	group := h.Unit(t, "party", one, "小组")
	part := h.Person(t, "T002", "支部教师", "trainer@"+one)
	items := m{"reason": "答案有误", "items": []m{{"number": 1, "rule": "key", "key": []string{"C"}}}}
	for _, c := range []struct {
		units []string
		may   bool
	}{
		{nil, false},
		{[]string{committee}, false},
		{[]string{two}, false},
		{[]string{one, two}, false},
		{[]string{one}, true},
		{[]string{group}, true},
		{[]string{one, group}, true},
	} {
		id := h.open(1, func(b m) {
			if c.units != nil {
				b["audience"] = m{"units": c.units}
			}
		})
		r := part.Do("POST", "/exams/"+id+"/regrades", items)
		if !c.may {
			r.Want(403, "exam.regrade_beyond_scope")
			h.trainer.Do("POST", "/exams/"+id+"/regrades", items).Want(200)
			continue
		}
		r.Want(200)
	}
}
