//go:build !plant_scope && !race

package api_test

// leastMutants: of the declarations and of the roles.
const leastMutants = 850

// all weakens the declarations and the roles. The conditions of the store need a
// program into which their mutants are built: make mutants.
func (v *mutants) all() {
	v.operations()
	v.roles()
}
