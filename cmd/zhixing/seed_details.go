package main

import (
	"fmt"
	"strings"

	"zhixing/domain/org"
)

// What the demonstration says about its people besides people.csv. All of it is
// invented: no region begins with 99, no subscriber has 199 0000, and .example
// belongs to nobody (RFC 2606).

// idCard is a well-formed id number of the person's birth date and gender. A few
// people have none on record yet.
func (p *demoPerson) idCard(row int) string {
	if chance(p.Number, "id card") >= 92 {
		return ""
	}
	sequence := 2 * (row + 1)
	if p.Gender == "male" {
		sequence++
	}
	digits := fmt.Sprintf("990101%s%03d", strings.ReplaceAll(p.BornOn, "-", ""), sequence)
	for _, check := range "0123456789X" {
		if card, err := org.ParseIDCard(digits + string(check)); err == nil {
			return string(card)
		}
	}
	return ""
}

func (p *demoPerson) phone(row int) string {
	if chance(p.Number, "phone") >= 90 {
		return ""
	}
	return fmt.Sprintf("1990000%04d", 1000+row*37)
}

func (p *demoPerson) email() string {
	if p.Kind != "staff" {
		return ""
	}
	return strings.ToLower(p.Number) + "@yunling.example"
}

// status is what the person's status is today; a few students are on leave.
func (p *demoPerson) status() org.Status {
	if p.Kind == "student" && p.Number != "learner" && p.stage() != string(org.StageMember) && chance(p.Number, "leave") < 4 {
		return org.StatusOnLeave
	}
	return org.StatusActive
}

// demoPosts gives every branch its committee: whoever keeps its data is its
// secretary, the next members follow. It returns posts by number.
func (s *seeder) demoPosts() map[string][]org.Fact {
	posts := map[string][]org.Fact{}
	hold := func(number, post, unit, from string) {
		posts[number] = append(posts[number], org.Fact{Kind: org.FactPost, Value: post, UnitID: s.units[unit], From: from, Document: "演示任职文件"})
	}
	committee := map[string][]string{} // posts of a unit that nobody holds yet
	for _, r := range s.rows {
		if unit, ok := strings.CutPrefix(r.Roles, "secretary@"); ok {
			hold(r.Number, "secretary", unit, "2024-03-01")
		}
		if _, ok := committee[r.PartyUnit]; !ok {
			committee[r.PartyUnit] = []string{"organisation", "publicity", "discipline"}
		}
	}
	for _, r := range s.rows {
		open := committee[r.PartyUnit]
		switch {
		case r.AdminUnit == "学院领导":
			hold(r.Number, "leadership", r.AdminUnit, "2021-03-01")
		case r.Roles == "" && len(open) > 0 && r.stage() == string(org.StageMember) && r.JoinedOn < "2025-01-01":
			hold(r.Number, open[0], r.PartyUnit, "2025-03-01")
			committee[r.PartyUnit] = open[1:]
		}
	}
	hold("T2019", "class_manager", "软件技术2501班", "2025-09-01")
	return posts
}
