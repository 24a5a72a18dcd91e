//go:build !race

package api_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"zhixing/app/api"
	"zhixing/domain/org"
)

// mutants weakens one policy after another and wants at least one cell of the
// matrix to turn red: whoever takes a policy away hears of it.
type mutants struct {
	*matrix
	killed, total int
}

// try weakens, asks until something is wrong, and puts back.
func (v *mutants) try(what string, weaken func() (restore func()), wrong func() bool) {
	v.t.Helper()
	v.total++
	restore := weaken()
	v.ahead += 2 * time.Second // what is remembered of rights is at most a second old
	if wrong() {
		v.killed++
	} else {
		v.t.Errorf("nobody noticed: %s", what)
	}
	restore()
	v.ahead += 2 * time.Second
}

// operations takes each operation's permission, scope and demands away.
func (v *mutants) operations() {
	for _, o := range v.doc.operations {
		if o.Scope == string(api.ScopePublic) {
			continue
		}
		s := samples[o.ID]
		weaken := func(change func(*api.Operation)) func() func() {
			return func() func() { return v.Server.Weaken(o.ID, change) }
		}
		noticed := func() bool { return len(v.row(o, s, true)) > 0 }
		inStates := func() bool { return len(v.stateRow(o, s)) > 0 }
		if o.Permission == string(org.PermSelf) { // everybody has it: the other way round
			v.try(o.ID+" asks for what nobody has", weaken(func(p *api.Operation) { p.Permission = api.Nobodys }), noticed)
		} else {
			v.try(o.ID+" asks for no more than being signed in", weaken(func(p *api.Operation) { p.Permission = org.PermSelf }), noticed)
		}
		if o.Scope == string(api.ScopeWhole) {
			v.try(o.ID+" is open to who has a part", weaken(func(p *api.Operation) { p.Scope = api.ScopeAll }), noticed)
		}
		if o.StepUp {
			v.try(o.ID+" asks for no fresh proof", weaken(func(p *api.Operation) { p.Recent = false }), inStates)
		}
		if !o.openToActing() {
			v.try(o.ID+" is open to who looks as another", weaken(func(p *api.Operation) { p.Acting = true }), inStates)
		}
		if !o.Halfway {
			v.try(o.ID+" is open without the second factor", weaken(func(p *api.Operation) { p.Halfway = true }), inStates)
		}
	}
}

// roles takes each permission from each role, and gives each role each that it lacks.
func (v *mutants) roles() {
	all := map[string]bool{}
	for _, ps := range oracleRoles {
		for _, p := range ps {
			all[p] = true
		}
	}
	for role, held := range oracleRoles {
		if role == string(org.RoleLearner) {
			continue // everybody is one by a rule of the code, and no row gives or takes that
		}
		for p := range all {
			if slices.Contains(oracleRoles["learner"], p) {
				continue
			}
			gives := "INSERT INTO role_permissions (role, permission) VALUES (?, ?)"
			takes := "DELETE FROM role_permissions WHERE role = ? AND permission = ?"
			what, there, back := "gains", gives, takes
			if slices.Contains(held, p) {
				what, there, back = "loses", takes, gives
			}
			v.try(fmt.Sprintf("%s %s %s", role, what, p), func() func() {
				v.Exec(v.t, there, role, p)
				return func() { v.Exec(v.t, back, role, p) }
			}, func() bool { return v.noticedBy(role, p) })
		}
	}
}

// noticedBy asks the operations of a permission as the people of a role.
func (v *mutants) noticedBy(role, permission string) bool {
	for _, o := range v.doc.operations {
		if o.Permission != permission {
			continue
		}
		for _, a := range v.actors {
			if a.role == role && a.reach == "whole" && v.cell(o, samples[o.ID], a, "sibling") != "" {
				return true
			}
		}
	}
	return false
}

// TestMatrix asserts every role × operation × relation of the object, status
// and field set, from the committed OpenAPI document; then it weakens one policy
// after another and wants each to be noticed.
func TestMatrix(t *testing.T) {
	x := &matrix{matrixWorld: newMatrixWorld(t), doc: readDocument(t), unknowns: map[string]string{}}
	for _, o := range x.doc.operations {
		if _, ok := samples[o.ID]; !ok {
			t.Errorf("operation %s has no sample: say in matrix_samples_test.go how to ask it", o.ID)
		}
	}
	for id := range samples {
		if !slices.ContainsFunc(x.doc.operations, func(o operation) bool { return o.ID == id }) {
			t.Errorf("sample %s belongs to no operation", id)
		}
	}
	if t.Failed() {
		return
	}
	for _, o := range x.doc.operations {
		for _, wrong := range x.row(o, samples[o.ID], false) {
			t.Error(wrong)
		}
	}
	t.Logf("matrix: %d operations, %d actors, %d cells, %d replies held against what the reader may see", len(x.doc.operations), len(x.actors), x.cells, x.shownChecks)
	if len(x.doc.operations) < 240 || len(x.actors) < 25 || x.cells < 36000 || x.shownChecks < 3800 {
		t.Error("the matrix has lost cells") // an emptied list passes everything
	}
	if t.Failed() {
		return // a matrix that is red notices everything
	}
	v := &mutants{matrix: x}
	v.all()
	t.Logf("mutants: %d of %d noticed", v.killed, v.total)
	if v.total < leastMutants {
		t.Errorf("only %d mutants, want %d", v.total, leastMutants)
	}
}
