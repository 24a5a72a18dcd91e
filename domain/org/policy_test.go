package org_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhixing/domain"
	"zhixing/domain/org"
)

func TestCheckPassword(t *testing.T) {
	owner := org.Owner{Number: "2024001", Name: "张三丰", Pinyin: "zhangsanfeng"}
	asvs, graded := org.DefaultSignInPolicy(), org.GradedSignInPolicy()
	for _, c := range []struct {
		policy org.SignInPolicy
		next   string
		want   string
	}{
		{asvs, "1234567", "session.password_too_short"},
		{asvs, "correct horse battery", ""},
		{asvs, "一句容易记住的话", ""},
		{asvs, "aaaaaaaa", "session.password_too_simple"},
		{asvs, "12345678", "session.password_too_simple"},
		{asvs, "hgfedcba", "session.password_too_simple"},
		{asvs, "2024001abc", "session.password_too_simple"},
		{asvs, "ZhangSanFeng1", "session.password_too_simple"},
		{asvs, "zhangsanfeng likes tea", ""},
		{asvs, "woaini1314", "session.password_common"},
		{asvs, "Password123", "session.password_common"},
		{graded, "long enough lower", "session.password_classes"},
		{graded, "Long enough 1", ""},
		{graded, "Short1!", "session.password_too_short"},
	} {
		if got := domain.ReasonOf(c.policy.CheckPassword(c.next, owner)); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.policy.Profile, c.next, got, c.want)
		}
	}
}

func TestPolicyCheck(t *testing.T) {
	for name, change := range map[string]func(p *org.SignInPolicy){
		"short":         func(p *org.SignInPolicy) { p.MinLength = 7 },
		"asvs, classes": func(p *org.SignInPolicy) { p.Classes = 3 },
		"asvs, expiry":  func(p *org.SignInPolicy) { p.MaxAgeDays = 90 },
		"profile":       func(p *org.SignInPolicy) { p.Profile = "own" },
		"grace":         func(p *org.SignInPolicy) { p.SecondFactor = org.FactorGrace },
		"networks":      func(p *org.SignInPolicy) { p.HallNetworks = "10.0.0.0/99" },
		"idle":          func(p *org.SignInPolicy) { p.IdleMinutes = 0 },
	} {
		p := org.DefaultSignInPolicy()
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		change(&p)
		if domain.ReasonOf(p.Check()) != "sign_in.policy_wrong" {
			t.Errorf("%s was taken", name)
		}
	}
	if err := org.GradedSignInPolicy().Check(); err != nil {
		t.Error(err)
	}
}

func TestFactorRequired(t *testing.T) {
	p := org.DefaultSignInPolicy()
	p.SecondFactor, p.FactorFrom = org.FactorGrace, "2026-12-01"
	secretary, learner := org.ReadsOthers(org.RoleSecretary.Permissions()), org.ReadsOthers(org.RoleLearner.Permissions())
	if p.FactorRequired(secretary, "2026-11-30") || !p.FactorRequired(secretary, "2026-12-01") || p.FactorRequired(learner, "2027-01-01") {
		t.Error("grace does not end on its day, or learners are asked")
	}
	if !org.ReadsOthers([]org.Permission{"new:permission"}) {
		t.Error("a permission nobody thought about counts as harmless")
	}
}

// A session never outlives either limit.
func TestSessionEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := org.DefaultSignInPolicy()
		p.IdleMinutes, p.AbsoluteHours = rapid.IntRange(5, 10_000).Draw(t, "idle"), rapid.IntRange(1, 2_000).Draw(t, "absolute")
		start := time.Unix(1_800_000_000, 0)
		used := start.Add(time.Duration(rapid.IntRange(0, 1_000_000).Draw(t, "used")) * time.Second)
		end := p.SessionEnds(start, used)
		if end.After(start.Add(p.Absolute())) || end.After(used.Add(p.Idle())) {
			t.Fatalf("ends %v", end)
		}
	})
}
