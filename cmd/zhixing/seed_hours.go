package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/hours"
)

// The names of the demonstration's policies.
const (
	policyMember   = "党员年度集中学习培训"
	policyActivist = "入党积极分子培训"
	policyTarget   = "发展对象集中培训"
	policySection  = "科级及以下干部年度培训"
	policyDivision = "处级及以上干部年度培训"
)

type demoPolicy struct {
	name     string
	document hours.Document
	audience domain.Audience
	rule     hours.Rule
	above    bool // binds instead of the member policy: the greater, not the sum
}

func demoPolicies() []demoPolicy {
	cap16 := []hours.Cap{{Source: hours.ExternalPlatform, CapCenti: 1600}}
	return []demoPolicy{
		{
			policyMember,
			hours.Document{
				Title: "《中国共产党党员教育管理工作条例》", Number: "中共中央2019年5月印发", Clause: "第二十条",
				ClauseText: "党员每年集中学习培训时间一般不少于32学时。",
			},
			domain.Audience{Stages: []string{"member", "probationary_member"}},
			hours.Rule{TotalCenti: 3200, RequiredCenti: 1600, SourceCaps: cap16},
			false,
		},
		{
			policyActivist,
			hours.Document{
				Title: "《云岭职业技术学院入党积极分子培训实施办法》（校内规定，演示用）", Number: "云职院党〔2026〕3号", Clause: "第八条",
				ClauseText: "入党积极分子每年参加培训不少于40学时，其中必修不少于16学时。",
			},
			domain.Audience{Stages: []string{"activist"}},
			hours.Rule{TotalCenti: 4000, RequiredCenti: 1600, SourceCaps: cap16},
			false,
		},
		{
			policyTarget,
			hours.Document{
				Title: "《中国共产党发展党员工作细则》", Number: "中共中央办公厅印发", Clause: "第十七条",
				ClauseText: "对发展对象进行短期集中培训，培训时间一般不少于三天（或不少于二十四个学时）。",
			},
			domain.Audience{Stages: []string{"development_target"}},
			hours.Rule{TotalCenti: 2400, RequiredCenti: 1600},
			false,
		},
		{
			policySection,
			hours.Document{
				Title: "《干部教育培训工作条例》", Number: "中共中央2023年10月印发", Clause: "第三章　教育培训对象",
				ClauseText: "乡科级及以下干部每年参加教育培训累计不少于12天或者90学时。",
			},
			domain.Audience{Ranks: []string{"section_deputy", "section_head"}},
			hours.Rule{TotalCenti: 9000, RequiredCenti: 3200, SourceCaps: cap16},
			true,
		},
		{
			policyDivision,
			hours.Document{
				Title: "《干部教育培训工作条例》", Number: "中共中央2023年10月印发", Clause: "第三章　教育培训对象",
				ClauseText: "县处级以上党政领导干部每5年参加教育培训累计不少于3个月或者550学时；本校按年均110学时要求。",
			},
			domain.Audience{Ranks: []string{"division_deputy", "division_head", "bureau_deputy", "bureau_head"}},
			hours.Rule{TotalCenti: 11000, RequiredCenti: 4000, SourceCaps: cap16},
			true,
		},
	}
}

// makePolicies writes, previews and activates what is missing.
func (s *seeder) makePolicies(ctx context.Context) error {
	there, err := s.p.api.Policies.List(ctx)
	if err != nil {
		return err
	}
	memberID := ""
	for _, d := range demoPolicies() {
		i := slices.IndexFunc(there, func(p hours.Policy) bool { return p.Name == d.name })
		var x *hours.Policy
		if i >= 0 {
			x = &there[i]
		} else {
			draft := app.PolicyDraft{
				Name: d.name, EffectiveFrom: hours.NewDate(hours.DateOf(s.now).Year(), time.January, 1), Document: d.document,
				Audience: d.audience, Rule: d.rule, Reason: "演示数据",
			}
			if d.above {
				draft.Supersedes = []string{memberID}
			}
			if x, err = s.p.api.Policies.Create(ctx, s.auditor, draft); err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
		}
		if d.name == policyMember {
			memberID = x.ID
		}
		if x.Versions[0].State == hours.Active {
			continue
		}
		preview, err := s.p.api.Policies.Preview(ctx, s.auditor, x.ID, 1)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		if _, err := s.p.api.Policies.Activate(ctx, s.auditor, x.ID, 1, preview.Digest, "演示数据"); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	return nil
}

// demoTraining is an offline class or the like that the college held.
type demoTraining struct {
	month, day int
	source     hours.Source
	title      string
	centi      int
	required   bool
}

func demoTrainings() []demoTraining {
	return []demoTraining{
		{1, 12, hours.OfflineTraining, "寒假教职工政治理论集中学习", 800, true},
		{3, 9, hours.LiveClass, "全国两会精神专题辅导", 200, false},
		{3, 23, hours.OfflineTraining, "春季党校集中培训（第一期）", 1600, true},
		{4, 20, hours.ExternalPlatform, "干部网络学院专题班", 1000, false},
		{5, 11, hours.Activity, "“走进红色遗址”主题党日", 400, false},
		{6, 15, hours.OfflineTraining, "发展对象短期集中培训班", 2400, true},
		{7, 6, hours.OfflineTraining, "暑期干部能力提升班", 2400, true},
		{8, 24, hours.ExternalPlatform, "干部网络学院暑期研修", 1200, false},
		{9, 14, hours.OfflineTraining, "秋季党校集中培训（第十七期）", 1600, true},
		{10, 12, hours.LiveClass, "党风廉政建设专题报告会", 300, true},
		{10, 26, hours.Activity, "志愿服务与岗位实践", 400, false},
		{11, 9, hours.OfflineTraining, "党员轮训班", 1600, true},
		{12, 7, hours.LiveClass, "年度理论学习总结会", 200, false},
	}
}

// secondAuditor enters what the auditor herself has attended.
const secondAuditor = "T2004"

// makeHours gives everybody a year: some done, some short, some with nothing.
func (s *seeder) makeHours(ctx context.Context) error {
	today := hours.DateOf(s.now)
	entries := map[string][]hours.Entry{} // by who enters them
	for _, r := range s.rows {
		want := demoTarget(r) * demoShare(r.Number) / 100
		got := 0
		for _, t := range shuffled(demoTrainings(), r.Number) {
			on := hours.NewDate(today.Year(), time.Month(t.month), t.day)
			fits := !strings.Contains(t.title, "发展对象") || r.stage() == "development_target"
			if got >= want || on >= today || !fits {
				continue
			}
			by := "auditor"
			if r.Number == by { // nobody enters his own
				by = secondAuditor
			}
			entries[by] = append(entries[by], hours.Entry{
				PersonID: s.people[r.Number], Source: t.source, Title: t.title, AmountCenti: t.centi, Required: t.required,
				OccurredOn: on, Document: fmt.Sprintf("签到册与考核结果　党校〔%d〕%d号", today.Year(), t.month),
			})
			got += t.centi
		}
	}
	for by, list := range entries {
		if _, err := s.p.api.Hours.Enter(ctx, app.Actor{PersonID: s.people[by]}, list); err != nil {
			return err
		}
	}
	return nil
}

// demoTarget is the person's yearly total in centi-hours.
func demoTarget(r demoPerson) int {
	switch {
	case strings.HasPrefix(r.Rank, "section"):
		return 9000
	case r.Rank != "":
		return 11000
	case r.stage() == "activist":
		return 4000
	case r.stage() == "development_target":
		return 2400
	case r.stage() == "member", r.stage() == "probationary_member":
		return 3200
	}
	return 0
}

// demoShare is how much of it the person has done, in percent.
func demoShare(number string) int {
	if number == "learner" {
		return 55
	}
	switch c := chance(number, "share"); {
	case c < 35:
		return 105
	case c < 75:
		return 45 + c
	case c < 92:
		return 25
	}
	return 0
}

// shuffled puts trainings into an order of the person's own.
func shuffled(ts []demoTraining, number string) []demoTraining {
	slices.SortStableFunc(ts, func(a, b demoTraining) int { return chance(number, a.title) - chance(number, b.title) })
	return ts
}
