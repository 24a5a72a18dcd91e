package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/org"
	"zhixing/storage/postgres"

	"github.com/urfave/cli/v3"
)

func benchPeopleCommand() *cli.Command {
	return &cli.Command{
		Name: "people", Usage: "lists, filters, search and counts, on a database made by `zhixing seed --scale N --people-only`",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "runs", Usage: "repetitions of each read", Value: 40},
			&cli.BoolFlag{Name: "explain", Usage: "also how the database goes about each statement"},
			&cli.StringFlag{Name: "only", Usage: "only the reads whose name contains this"},
		},
		Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
			return withDatabase(ctx, cfg, func(db *postgres.DB) error {
				b := &peopleBench{
					hoursBench: hoursBench{db: db, runs: max(2, cmd.Int("runs")), out: cmd.Root().Writer},
					explain:    cmd.Bool("explain"), only: cmd.String("only"),
				}
				return b.run(ctx)
			})
		}),
	}
}

// peopleBench times the use cases behind the list of people, for whoever sees
// all of it, one of its largest parts, and one branch. Each figure stands beside
// its ratio to reading one person by id in the same run.
type peopleBench struct {
	hoursBench
	explain bool
	only    string
}

// peopleRead is one thing to be measured: what is looked at, by whom.
type peopleRead struct {
	name   string
	filter org.PersonFilter
	token  string
	count  bool
}

func (b *peopleBench) run(ctx context.Context) error {
	u := &app.People{Store: b.db.People()}
	var ids []string
	if err := b.list(ctx, &ids, "SELECT id FROM people ORDER BY number LIMIT 100"); err != nil {
		return err
	}
	if len(ids) == 0 {
		return errors.New("nothing to measure: run `zhixing seed --scale 1000000 --people-only` on an empty database first")
	}
	var people int
	if err := b.db.Pool.QueryRow(ctx, "SELECT count(*) FROM people").Scan(&people); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(b.out, "%d people\n", people)
	b.line("read", "runs", "least", "p50", "p95", "max", "× base", "own CPU")
	if err := b.time("base: one person by id", b.runs, func(i int) error {
		var name string
		return b.db.Pool.QueryRow(ctx, "SELECT name FROM people WHERE id = $1", ids[i%len(ids)]).Scan(&name)
	}); err != nil {
		return err
	}
	for _, x := range []struct {
		who    string
		number string
		role   org.Role
	}{{"all", scaleAuditor, org.RoleAuditor}, {"a large part", scaleMiddle, org.RoleSecretary}, {"a branch", scaleSecretary, org.RoleSecretary}} {
		who, err := b.person(ctx, x.number, x.role)
		if err != nil {
			return err
		}
		reads, err := b.reads(ctx)
		if err != nil {
			return err
		}
		for _, r := range reads {
			r.name = x.who + ": " + r.name
			if !strings.Contains(r.name, b.only) {
				continue
			}
			if err := b.measure(ctx, u, who, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// reads are what people do with the list.
func (b *peopleBench) reads(ctx context.Context) ([]peopleRead, error) {
	var branch, middle, pinyin, id, number string
	err := b.db.Pool.QueryRow(ctx, `SELECT g.unit_id, (SELECT g.unit_id FROM grants g JOIN people p ON p.id = g.person_id WHERE p.number = $2),
  m.pinyin, m.id, (SELECT number FROM people WHERE kind = 'student' ORDER BY id LIMIT 1)
FROM grants g JOIN people p ON p.id = g.person_id,
  (SELECT pinyin, id FROM people ORDER BY pinyin, id OFFSET (SELECT count(*) / 2 FROM people) LIMIT 1) m
WHERE p.number = $1`, scaleSecretary, scaleMiddle).Scan(&branch, &middle, &pinyin, &id, &number)
	if err != nil {
		return nil, err
	}
	past := time.Now().AddDate(-2, 0, 0).Format(time.DateOnly)
	return []peopleRead{
		{name: "first page, by pinyin"},
		{name: "page in the middle", token: domain.EncodeToken(pinyin, id)},
		{name: "a branch", filter: org.PersonFilter{UnitID: branch}},
		{name: "a large subtree", filter: org.PersonFilter{UnitID: middle}},
		{name: "a saved filter: staff, active, member, there", filter: org.PersonFilter{UnitID: middle, Stage: "member", Kind: "staff", Status: "active"}},
		{name: "a stage today", filter: org.PersonFilter{Stage: "development_target"}},
		{name: "a stage two years ago", filter: org.PersonFilter{Stage: "activist", StageOn: past}},
		{name: "a rank", filter: org.PersonFilter{Rank: "division_head"}},
		{name: "retired", filter: org.PersonFilter{Status: "retired"}},
		{name: "search by name 张建国", filter: org.PersonFilter{Query: "张建国"}},
		{name: "search by part of a name 建国", filter: org.PersonFilter{Query: "建国"}},
		{name: "search by surname 张", filter: org.PersonFilter{Query: "张"}},
		{name: "search by initials zs", filter: org.PersonFilter{Query: "zs"}},
		{name: "search by initials z", filter: org.PersonFilter{Query: "z"}},
		{name: "search by initials zjg", filter: org.PersonFilter{Query: "zjg"}},
		{name: "search by pinyin zhangjian", filter: org.PersonFilter{Query: "zhangjian"}},
		{name: "search by number", filter: org.PersonFilter{Query: number}},
		{name: "search by start of a number", filter: org.PersonFilter{Query: number[:7]}},
		{name: "search for nobody", filter: org.PersonFilter{Query: "不存在的人"}},
		{name: "count of all", count: true},
		{name: "count of a stage today", filter: org.PersonFilter{Stage: "member"}, count: true},
		{name: "count of a stage two years ago", filter: org.PersonFilter{Stage: "activist", StageOn: past}, count: true},
		{name: "count of a stage in the subtree", filter: org.PersonFilter{UnitID: middle, Stage: "member"}, count: true},
	}, nil
}

func (b *peopleBench) measure(ctx context.Context, u *app.People, who app.Actor, r peopleRead) error {
	do := func(u *app.People) error {
		if r.count {
			_, err := u.Count(ctx, who, r.filter)
			return err
		}
		_, err := u.List(ctx, who, r.filter, domain.Paging{Token: r.token})
		return err
	}
	if err := b.time(r.name, b.runs, func(int) error { return do(u) }); err != nil || !b.explain {
		return err
	}
	plans, err := b.db.Explain(ctx, func(s *postgres.PersonStore) error { return do(&app.People{Store: s}) })
	for _, p := range plans {
		_, _ = fmt.Fprintf(b.out, "\n%s\n    %s\n\n", p.Statement, strings.Join(p.Lines, "\n    "))
	}
	return err
}
