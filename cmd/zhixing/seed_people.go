package main

import (
	"context"
	"slices"
	"strings"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/domain"
	"zhixing/domain/org"
)

// makeUnits makes the two trees of college.json, parents first.
func (s *seeder) makeUnits(ctx context.Context) error {
	var college struct {
		Institution string
		Units       []struct{ Tree, Name, Kind, Parent string }
	}
	if err := demoJSON("college.json", &college); err != nil {
		return err
	}
	s.p.api.Institution = college.Institution
	for _, tree := range []string{org.TreeParty, org.TreeAdmin} {
		there, err := s.p.api.Units.List(ctx, s.admin, org.UnitFilter{Tree: tree})
		if err != nil {
			return err
		}
		for _, u := range there {
			s.units[u.Name] = u.ID
		}
	}
	for i, u := range college.Units {
		if s.units[u.Name] != "" {
			continue
		}
		made, err := s.p.api.Units.Create(ctx, s.admin, app.NewUnit{Tree: u.Tree, ParentID: s.units[u.Parent], Name: u.Name, Kind: u.Kind, Position: i})
		if err != nil {
			return err
		}
		s.units[u.Name] = made.ID
	}
	return nil
}

// makePeople makes whoever is missing, all in one request, then their facts.
func (s *seeder) makePeople(ctx context.Context) error {
	there, err := pages(func(p domain.Paging) (domain.Page[org.Profile], error) {
		return s.p.api.People.List(ctx, s.admin, org.PersonFilter{}, p)
	})
	if err != nil {
		return err
	}
	posts := s.demoPosts()
	complete := map[string]bool{} // has his last stage
	for _, p := range there {
		s.people[p.Number] = p.ID
		i := slices.IndexFunc(s.rows, func(r demoPerson) bool { return r.Number == p.Number })
		complete[p.Number] = i >= 0 && p.Stage != "" && p.PartyUnitID != "" && (s.rows[i].Rank == "" || p.Rank != "") &&
			len(p.Posts) >= len(posts[p.Number]) && p.Status == s.rows[i].status()
	}
	var missing []org.NewPerson
	for i, r := range s.rows {
		if s.people[r.Number] != "" {
			continue
		}
		n := org.NewPerson{
			Number: r.Number, Name: r.Name, Kind: r.Kind, Gender: r.Gender, BornOn: r.BornOn,
			PartyUnitID: s.units[r.PartyUnit], AdminUnitID: s.units[r.AdminUnit], From: r.JoinedOn,
			IDCard: r.idCard(i), Phone: r.phone(i), Email: r.email(),
		}
		if slices.ContainsFunc(demoSignIns().Accounts, func(a api.DemoAccount) bool { return a.Number == r.Number }) {
			n.Password = demoPassword
		}
		missing = append(missing, n)
	}
	if len(missing) > 0 {
		made, err := s.p.api.People.Create(ctx, s.admin, missing)
		if err != nil {
			return err
		}
		for _, p := range made {
			s.people[p.Number] = p.ID
		}
	}
	for _, r := range s.rows {
		if !complete[r.Number] {
			if err := s.addFacts(ctx, r, posts[r.Number]); err != nil {
				return err
			}
		}
	}
	s.trainer, s.auditor = app.Actor{PersonID: s.people["trainer"]}, app.Actor{PersonID: s.people["auditor"]}
	return nil
}

// addFacts gives a person his history; what an earlier run gave stays.
func (s *seeder) addFacts(ctx context.Context, r demoPerson, posts []org.Fact) error {
	var facts []org.Fact
	if r.Number == s.rows[0].Number { // the first administrator was made before the units
		facts = append(facts, org.Fact{Value: s.units[r.PartyUnit], From: r.JoinedOn}, org.Fact{Value: s.units[r.AdminUnit], From: r.JoinedOn})
	}
	for _, st := range r.Stages {
		facts = append(facts, org.Fact{Kind: org.FactStage, Value: st[0], From: st[1], Document: "演示支部决议"})
	}
	if r.Rank != "" {
		facts = append(facts, org.Fact{Kind: org.FactRank, Value: r.Rank, From: r.RankFrom, Document: "演示任职文件"})
	}
	if st := r.status(); st != org.StatusActive {
		facts = append(facts, org.Fact{Kind: org.FactStatus, Value: string(st), From: "2026-09-01", Document: "演示休学批复"})
	}
	for _, f := range append(facts, posts...) {
		f.PersonID = s.people[r.Number]
		_, err := s.p.api.People.AddFact(ctx, s.admin, f, "演示数据")
		if err != nil && !slices.Contains([]string{"person.fact_same_day", "person.fact_unchanged", "person.fact_unchanged_later"}, domain.ReasonOf(err)) {
			return err
		}
	}
	return nil
}

// makeGrants gives the roles of people.csv.
func (s *seeder) makeGrants(ctx context.Context) error {
	for _, r := range s.rows {
		if r.Roles == "" {
			continue
		}
		role, unit, _ := strings.Cut(r.Roles, "@")
		_, err := s.p.api.Grants.Give(ctx, s.admin, app.NewGrant{PersonID: s.people[r.Number], Role: role, UnitID: s.units[unit], Reason: "演示数据"})
		if err != nil && domain.ReasonOf(err) != "grant.already_held" {
			return err
		}
	}
	return nil
}
