//go:build plant_scope && !race

package api_test

import "zhixing/storage/postgres"

// leastMutants: one at each place of the store that has a condition of scope.
const leastMutants = 33

// heldElsewhere are conditions of which no reply of the matrix tells, with the
// test that turns red without them.
var heldElsewhere = map[string]string{
	"postgres.(*AuditStore).Count": "TestAuditExport", // the rows of a file that is made later
	"postgres.subjectName":         "TestAuditEvents", // names of those outside whom somebody inside did something to
}

// all weakens the conditions of scope; the rest is weakened without the tag.
func (v *mutants) all() { v.scopes() }

// scopes takes the condition of scope away at each place of the store that has
// one, one place after another.
func (v *mutants) scopes() {
	postgres.PlantScope("")
	for _, o := range v.doc.operations { // who asks what: where the conditions are
		for _, a := range v.actors {
			if a.reach == "branch" {
				v.cell(o, samples[o.ID], a, "sibling")
			}
		}
	}
	places := postgres.ScopePlaces()
	for _, place := range places {
		if heldElsewhere[place] != "" {
			continue
		}
		v.try("no scope in "+place, func() func() {
			postgres.PlantScope(place)
			return func() { postgres.PlantScope("") }
		}, v.noticedOutside)
	}
	v.t.Logf("scopes: %d places, %d of them held elsewhere", len(places), len(heldElsewhere))
}

// noticedOutside asks for what lies outside, as everybody who has a part.
func (v *mutants) noticedOutside() bool {
	for _, o := range v.doc.operations {
		if o.Scope != "subtree" {
			continue
		}
		for _, a := range v.actors {
			if a.reach != "branch" {
				continue
			}
			for _, rel := range []string{"sibling", "foreign"} {
				if v.cell(o, samples[o.ID], a, rel) != "" {
					return true
				}
			}
		}
	}
	return false
}
