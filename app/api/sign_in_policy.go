package api

import (
	"context"

	"zhixing/app"
	"zhixing/domain/org"
)

type policyBodyOfSignIn struct {
	Profile       string `json:"profile" maxLength:"16" doc:"asvs or graded (等级保护)"`
	MinLength     int    `json:"min_length"`
	Classes       int    `json:"classes" doc:"Kinds of characters; 0 asks for none"`
	MaxAgeDays    int    `json:"max_age_days" doc:"0: a password never ends"`
	History       int    `json:"history" doc:"Earlier passwords that must not come back"`
	CodeHours     int    `json:"code_hours" doc:"Life of a one-time code"`
	IdleMinutes   int    `json:"idle_minutes" doc:"Life of a session without use"`
	AbsoluteHours int    `json:"absolute_hours" doc:"Life of a session in all"`
	SecondFactor  string `json:"second_factor" maxLength:"16" doc:"off, grace or on, for who reads others' data"`
	FactorFrom    string `json:"factor_from" maxLength:"16" doc:"First civil date on which grace is over; empty unless grace"`
	LocalOnly     bool   `json:"break_glass_only" doc:"Passwords sign in break-glass administrators alone"`
	HallNetworks  string `json:"hall_networks" maxLength:"2000" doc:"Networks of exam halls, by commas"`
	RememberDays  int    `json:"remember_days" doc:"Life of a known device"`
}

type signInPolicyOutput struct {
	Body struct {
		Policy policyBodyOfSignIn `json:"policy"`
		ASVS   policyBodyOfSignIn `json:"asvs" doc:"Where this profile begins"`
		Graded policyBodyOfSignIn `json:"graded" doc:"Where this profile begins"`
	}
}

func policyOfSignIn(p org.SignInPolicy) policyBodyOfSignIn {
	return policyBodyOfSignIn{
		string(p.Profile), p.MinLength, p.Classes, p.MaxAgeDays, p.History, p.CodeHours, p.IdleMinutes, p.AbsoluteHours,
		p.SecondFactor, p.FactorFrom, p.LocalOnly, p.HallNetworks, p.RememberDays,
	}
}

// getSignInPolicy handles GET /api/v1/sign-in-policy.
func (s *Server) getSignInPolicy(ctx context.Context, _ app.Actor, _ *struct{}) (*signInPolicyOutput, error) {
	p, err := s.Sessions.Policy(ctx)
	if err != nil {
		return nil, err
	}
	out := &signInPolicyOutput{}
	out.Body.Policy, out.Body.ASVS, out.Body.Graded = policyOfSignIn(p), policyOfSignIn(org.DefaultSignInPolicy()), policyOfSignIn(org.GradedSignInPolicy())
	return out, nil
}

type saveSignInPolicyInput struct{ Body policyBodyOfSignIn }

// saveSignInPolicy handles PUT /api/v1/sign-in-policy.
func (s *Server) saveSignInPolicy(ctx context.Context, who app.Actor, in *saveSignInPolicyInput) (*emptyOutput, error) {
	b := in.Body
	return &emptyOutput{}, s.Sessions.SavePolicy(ctx, who, org.SignInPolicy{
		Profile: org.PasswordProfile(b.Profile), MinLength: b.MinLength, Classes: b.Classes, MaxAgeDays: b.MaxAgeDays, History: b.History,
		CodeHours: b.CodeHours, IdleMinutes: b.IdleMinutes, AbsoluteHours: b.AbsoluteHours, SecondFactor: b.SecondFactor,
		FactorFrom: b.FactorFrom, LocalOnly: b.LocalOnly, HallNetworks: b.HallNetworks, RememberDays: b.RememberDays,
	})
}

type breakGlassInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		On     bool   `json:"on"`
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

// setBreakGlass handles POST /api/v1/people/{id}/break-glass.
func (s *Server) setBreakGlass(ctx context.Context, who app.Actor, in *breakGlassInput) (*emptyOutput, error) {
	return &emptyOutput{}, s.Connections.SetBreakGlass(ctx, who, in.ID, in.Body.On, in.Body.Reason)
}

type breakGlassBody struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Name   string `json:"name"`
	Ready  bool   `json:"ready" doc:"Whether the person could sign in by password today and mend the settings"`
}

type breakGlassOutput struct {
	Body struct {
		Items []breakGlassBody `json:"items"`
	}
}

// listBreakGlass handles GET /api/v1/break-glass-people.
func (s *Server) listBreakGlass(ctx context.Context, _ app.Actor, _ *struct{}) (*breakGlassOutput, error) {
	list, err := s.Connections.BreakGlass(ctx)
	if err != nil {
		return nil, err
	}
	out := &breakGlassOutput{}
	out.Body.Items = bodies(list, func(p org.BreakGlassPerson) breakGlassBody { return breakGlassBody(p) })
	return out, nil
}
