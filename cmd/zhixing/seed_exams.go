package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/exam"
	"zhixing/domain/question"
)

const demoBank = "党的基本知识题库"

// makeQuestions fills one bank from questions.json.
func (s *seeder) makeQuestions(ctx context.Context) error {
	bank, err := s.bank(ctx)
	if err != nil {
		return err
	}
	var all []struct {
		Kind        question.Kind
		Stem        string
		Options     []string
		Key         []string
		Tags        []string
		Difficulty  int
		Source      string
		Explanation string
	}
	if err := demoJSON("questions.json", &all); err != nil {
		return err
	}
	if bank.Questions >= len(all) {
		return nil
	}
	there, err := pages(func(p domain.Paging) (domain.Page[question.Question], error) {
		return s.p.api.Questions.List(ctx, s.trainer, question.Filter{BankID: bank.ID}, p)
	})
	if err != nil {
		return err
	}
	for _, q := range all {
		if slices.ContainsFunc(there, func(o question.Question) bool { return o.Stem == q.Stem }) {
			continue
		}
		c := question.Content{Kind: q.Kind, Stem: q.Stem, Key: q.Key, Tags: q.Tags, Difficulty: q.Difficulty, Source: q.Source, Explanation: q.Explanation}
		for i, text := range q.Options {
			c.Options = append(c.Options, question.Option{ID: string(rune('A' + i)), Text: text})
		}
		if _, err := s.p.api.Questions.Create(ctx, s.trainer, bank.ID, c); err != nil {
			return fmt.Errorf("%s: %w", q.Stem, err)
		}
	}
	return nil
}

func (s *seeder) bank(ctx context.Context) (*question.Bank, error) {
	banks, err := s.p.api.Questions.Banks(ctx, s.trainer, demoBank, domain.Paging{})
	if err != nil {
		return nil, err
	}
	for i := range banks.Items {
		if banks.Items[i].Name == demoBank {
			return &banks.Items[i], nil
		}
	}
	return s.p.api.Questions.CreateBank(ctx, s.trainer, question.Bank{
		Name:        demoBank,
		Description: "党章、发展党员、党员教育、党纪、党史和宪法的基本知识，每题注明出处条款。",
	})
}

// row asks a blueprint for count questions of a kind at points each.
func row(bank string, kind question.Kind, count, points int) exam.BlueprintRow {
	return exam.BlueprintRow{BankID: bank, Kind: kind, Count: count, PointsMilli: points * 1000}
}

// clock is an hour of the day in Shanghai, days from today: exams begin and end
// when people are at work.
func (s *seeder) clock(days, hour int) time.Time {
	t := s.now.In(time.FixedZone("Asia/Shanghai", 8*60*60))
	return time.Date(t.Year(), t.Month(), t.Day()+days, hour, 0, 0, 0, t.Location())
}

// makeExams publishes one exam that is over, one that is open and one to come.
func (s *seeder) makeExams(ctx context.Context) error {
	there, err := pages(func(p domain.Paging) (domain.Page[exam.Exam], error) {
		return s.p.api.Exams.List(ctx, s.trainer, exam.ExamFilter{}, p)
	})
	if err != nil {
		return err
	}
	bank, err := s.bank(ctx)
	if err != nil {
		return err
	}
	rules := exam.Exam{Grace: exam.DefaultGrace, ShuffleQuestions: true, ShuffleOptions: true, PassMarkMilli: 60_000}
	over, open, next := rules, rules, rules
	over.Title, over.Description = "党章党规知识测试", "面向全校教职工和学生的党章党规知识测试，每人一次机会，结束后公布答案与解析。"
	over.OpensAt, over.ClosesAt, over.Duration = s.clock(-20, 9), s.now.Add(90*time.Second), 45*time.Minute // while the people below sit it
	over.AttemptsAllowed, over.Review, over.HoursCenti = 1, exam.ReviewAfterClose, 100
	open.Title, open.Description = "入党积极分子阶段测试", "学完《党章导读》和积极分子培训课程后参加。可考三次，交卷后即可查看解析。"
	open.OpensAt, open.ClosesAt, open.Duration = s.clock(-2, 9), s.clock(45, 17), 40*time.Minute
	open.AttemptsAllowed, open.Review, open.HoursCenti = 3, exam.ReviewAfterSubmit, 200
	next.Title, next.Description = "国家宪法日知识竞赛", "国家宪法日知识竞赛，限时三十分钟，每人一次机会。"
	next.OpensAt, next.ClosesAt, next.Duration = s.clock(11, 9), s.clock(11, 11), 30*time.Minute
	next.AttemptsAllowed, next.Review, next.HoursCenti = 1, exam.ReviewAfterClose, 100
	wide := []exam.BlueprintRow{row(bank.ID, question.Single, 20, 3), row(bank.ID, question.Multiple, 5, 4), row(bank.ID, question.Judgement, 10, 2)}
	law := []exam.BlueprintRow{
		{BankID: bank.ID, Tag: "宪法", Kind: question.Single, Count: 10, PointsMilli: 6000},
		{BankID: bank.ID, Tag: "宪法", Kind: question.Judgement, Count: 5, PointsMilli: 4000},
		{BankID: bank.ID, Tag: "宪法", Kind: question.Multiple, Count: 2, PointsMilli: 10_000},
	}
	for _, e := range []struct {
		x    exam.Exam
		rows []exam.BlueprintRow
	}{{over, wide}, {open, wide}, {next, law}} {
		i := slices.IndexFunc(there, func(o exam.Exam) bool { return o.Title == e.x.Title })
		if i >= 0 && there[i].State != exam.Draft {
			continue
		}
		id := ""
		if i >= 0 {
			id = there[i].ID
		} else {
			paper, err := s.p.api.Papers.Create(ctx, s.trainer, exam.Paper{Title: e.x.Title + "试卷", Partial: exam.PartialHalf, Blueprint: e.rows, DrawSeed: 1})
			if err != nil {
				return err
			}
			e.x.PaperID = paper.ID
			made, err := s.p.api.Exams.Create(ctx, s.trainer, e.x)
			if err != nil {
				return err
			}
			id = made.ID
		}
		if _, err := s.p.api.Exams.Publish(ctx, s.trainer, id); err != nil {
			return err
		}
		if e.x.Title == over.Title {
			if err := s.sitAll(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// sitAll lets a third of the people sit an exam while it is open.
func (s *seeder) sitAll(ctx context.Context, examID string) error {
	sat := 0
	for _, r := range s.rows {
		if r.Number == "learner" || chance(r.Number, "sits") < 30 {
			if err := s.sit(ctx, app.Actor{PersonID: s.people[r.Number]}, r, examID); err != nil {
				return fmt.Errorf("%s sits: %w", r.Number, err)
			}
			if sat++; sat == 34 {
				break
			}
		}
	}
	return nil
}

// sit answers as well as the person is able to, and submits.
func (s *seeder) sit(ctx context.Context, who app.Actor, r demoPerson, examID string) error {
	const device = "demo"
	v, err := s.p.api.Attempts.Start(ctx, who, examID, device)
	if err != nil {
		return err
	}
	able := 45 + chance(r.Number, "able")*55/100 // of a hundred questions
	var given []app.GivenAnswer
	for i := range v.Sheet.Items {
		item, options := v.Sheet.Frozen(i), v.Sheet.Options(i)
		knows := chance(r.Number, item.Stem) < able
		var value []string
		for _, o := range item.Options {
			if slices.Contains(item.Key, o.ID) == knows {
				j := slices.IndexFunc(options, func(l exam.SheetOption) bool { return l.Text == o.Text })
				value = append(value, options[j].ID)
			}
		}
		if item.Kind != question.Multiple {
			value = value[:1]
		}
		given = append(given, app.GivenAnswer{OpID: app.NewID(), Item: v.Sheet.Items[i].ID(), Seq: i + 1, Value: value})
	}
	if _, err := s.p.api.Attempts.Save(ctx, who, v.Attempt.ID, v.Attempt.Epoch, given); err != nil {
		return err
	}
	_, err = s.p.api.Attempts.Submit(ctx, who, v.Attempt.ID, v.Attempt.Epoch)
	return err
}
