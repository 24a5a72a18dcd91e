package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/storage/postgres"

	"github.com/jackc/pgx/v5"
	"github.com/urfave/cli/v3"
)

// scaleFlags are the flags of `zhixing seed` that make data for measuring.
func scaleFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "scale", Usage: "for measuring, in an empty database: this many people with five years of hours"},
		&cli.IntFlag{Name: "events", Usage: "with --scale: the number of hour events (default: 2,000,000 for 15,000 people)"},
	}
}

func seedScale(ctx context.Context, cmd *cli.Command, cfg Config) error {
	people, events := cmd.Int("scale"), cmd.Int("events")
	if events == 0 {
		events = people * 2_000_000 / 15_000
	}
	if people < 1 || people > 1_000_000 || events < people {
		return errors.New("--scale must be 1 to 1,000,000, and there must be an event for each")
	}
	return withDatabase(ctx, cfg, func(db *postgres.DB) error {
		s := &scale{
			db: db, people: people, events: events, rand: rand.New(rand.NewPCG(1, 2)), //nolint:gosec // the same data each time
			say: func(format string, args ...any) { _, _ = fmt.Fprintf(cmd.Root().Writer, format+"\n", args...) },
		}
		return s.run(ctx)
	})
}

// scale makes a large college by COPY. The chains are as valid as those that
// grow one credit at a time; evidence is made for the first hundredth of the
// people, on whom drill-downs are measured.
type scale struct {
	db             *postgres.DB
	people, events int
	rand           *rand.Rand
	say            func(format string, args ...any)

	today    hours.Date
	auditor  string
	branches []string // unit ids
	offices  []string
	ids      []string // of people
	lessons  []string
	course   string
	serial   uint64
}

// scaleYears is how far back the events go, the current year included.
const scaleYears = 5

func (s *scale) run(ctx context.Context) error {
	var there int
	if err := s.db.Pool.QueryRow(ctx, "SELECT count(*) FROM (SELECT 1 FROM hour_events UNION ALL SELECT 1 FROM people LIMIT 1000) x").Scan(&there); err != nil {
		return err
	}
	if there >= 500 {
		return errors.New("this database holds people already; measuring needs one of its own")
	}
	s.today = hours.DateOf(time.Now())
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"units", s.units},
		{"people", s.makePeople},
		{"lessons", s.makeLessons},
		{"events", s.makeEvents},
		{"policies", s.policies},
		{"statistics", s.analyze},
	} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		s.say("%-12s %8s", step.name, time.Since(began).Round(10*time.Millisecond))
	}
	s.say("%d people, %d events; sign-ins are not made", s.people, s.events)
	return nil
}

// copyRows copies rows in parts, each its own transaction, so that none is long.
func (s *scale) copyRows(ctx context.Context, table string, columns []string, rows [][]any) error {
	for start := 0; start < len(rows); start += 20_000 {
		part := rows[start:min(len(rows), start+20_000)]
		if _, err := s.db.Pool.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(part)); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
	}
	return nil
}

// units makes both trees: a root, a tenth in the middle, branches and offices.
func (s *scale) units(ctx context.Context) error {
	var rows [][]any
	label := func(id string) string { return strings.ReplaceAll(id, "-", "") }
	for _, tree := range []string{"party", "admin"} {
		root := app.NewID()
		names := map[string][3]string{"party": {"学院党委（测量）", "党总支", "党支部"}, "admin": {"学院（测量）", "二级学院", "教研室"}}[tree]
		rows = append(rows, []any{root, tree, nil, label(root), names[0], "root"})
		for i := range max(1, s.people/1000) {
			middle := app.NewID()
			path := label(root) + "." + label(middle)
			rows = append(rows, []any{middle, tree, root, path, fmt.Sprintf("第%d%s", i+1, names[1]), "general"})
			for j := range 10 {
				leaf := app.NewID()
				rows = append(rows, []any{leaf, tree, middle, path + "." + label(leaf), fmt.Sprintf("第%d-%d%s", i+1, j+1, names[2]), "branch"})
				if tree == "party" {
					s.branches = append(s.branches, leaf)
				} else {
					s.offices = append(s.offices, leaf)
				}
			}
		}
	}
	batch := &pgx.Batch{}
	for _, r := range rows {
		batch.Queue("INSERT INTO units (id, tree, parent_id, path, name, kind) VALUES ($1, $2, $3, $4::text::ltree, $5, $6)", r...)
	}
	return s.db.Pool.SendBatch(ctx, batch).Close()
}

// names with their pinyin, enough for lists that look like lists.
var (
	scaleSurnames = strings.Fields("张zhang 王wang 李li 赵zhao 刘liu 陈chen 杨yang 黄huang 周zhou 吴wu 徐xu 孙sun 马ma 朱zhu 胡hu 郭guo 何he 高gao 林lin 罗luo")
	scaleGiven    = strings.Fields("建jian 国guo 晓xiao 明ming 丽li 华hua 伟wei 芳fang 娜na 敏min 静jing 强qiang 磊lei 军jun 洋yang 勇yong 艳yan 杰jie 涛tao 超chao 思si 远yuan 文wen 博bo")
)

func splitName(s string) (string, string) {
	r := []rune(s)
	return string(r[0]), string(r[1:])
}

func (s *scale) name() (name, pinyin, initials string) {
	parts := []string{scaleSurnames[s.rand.IntN(len(scaleSurnames))], scaleGiven[s.rand.IntN(len(scaleGiven))]}
	if s.rand.IntN(4) > 0 {
		parts = append(parts, scaleGiven[s.rand.IntN(len(scaleGiven))])
	}
	for _, p := range parts {
		char, sound := splitName(p)
		name, pinyin, initials = name+char, pinyin+sound, initials+sound[:1]
	}
	return name, pinyin, initials
}

func (s *scale) makePeople(ctx context.Context) error {
	var people, members, stages, ranks [][]any
	always := func(from hours.Date) string { return "[" + from.String() + ",)" }
	since := hours.NewDate(s.today.Year()-scaleYears, 1, 1)
	for i := range s.people {
		id := app.NewID()
		s.ids = append(s.ids, id)
		name, pinyin, initials := s.name()
		kind := "student"
		if i%4 == 0 {
			kind = "staff"
		}
		people = append(people, []any{id, fmt.Sprintf("L%06d", i), name, pinyin, initials, kind})
		members = append(members, []any{app.NewID(), id, s.branches[i%len(s.branches)], "party", always(since)},
			[]any{app.NewID(), id, s.offices[i/7%len(s.offices)], "admin", always(since)})
		stage := []string{"masses", "applicant", "activist", "development_target", "member", "member"}[s.rand.IntN(6)]
		if stage == "member" && s.rand.IntN(5) == 0 { // became one in the course of the year
			on := hours.FirstDay(s.today.Year()) + hours.Date(s.rand.IntN(200))
			stages = append(stages, []any{app.NewID(), id, "development_target", "[" + since.String() + "," + on.String() + ")"},
				[]any{app.NewID(), id, stage, always(on)})
		} else {
			stages = append(stages, []any{app.NewID(), id, stage, always(since)})
		}
		if kind == "staff" && s.rand.IntN(10) == 0 {
			ranks = append(ranks, []any{app.NewID(), id, []string{"section_head", "division_deputy", "division_head"}[s.rand.IntN(3)], always(since)})
		}
	}
	s.auditor = app.NewID()
	people = append(people, []any{s.auditor, scaleAuditor, "测量审核员", "celiang", "cl", "staff"})
	secretary := app.NewID()
	people = append(people, []any{secretary, scaleSecretary, "测量支部书记", "celiang", "cl", "staff"})
	err := errors.Join(s.copyRows(ctx, "people", []string{"id", "number", "name", "pinyin", "initials", "kind"}, people))
	for _, x := range []struct {
		table, value string
		rows         [][]any
	}{{"stage_facts", "stage", stages}, {"rank_facts", "rank", ranks}} {
		err = errors.Join(err, s.insertFacts(ctx, "INSERT INTO "+x.table+" (id, person_id, "+x.value+", period) VALUES ($1, $2, $3, $4::text::daterange)", x.rows))
	}
	err = errors.Join(err, s.insertFacts(ctx, "INSERT INTO memberships (id, person_id, unit_id, tree, period) VALUES ($1, $2, $3, $4, $5::text::daterange)", members))
	grant := "INSERT INTO grants (id, person_id, role, unit_id, period, reason) VALUES ($1, $2, $3, $4, '[2020-01-01,)', 'measuring')"
	return errors.Join(err, s.insertFacts(ctx, grant, [][]any{
		{app.NewID(), s.auditor, "auditor", nil}, {app.NewID(), secretary, "secretary", s.branches[0]},
	}))
}

// Numbers of the people on whose behalf is measured.
const (
	scaleAuditor   = "SCALE-AUDITOR"
	scaleSecretary = "SCALE-SECRETARY"
)

func (s *scale) insertFacts(ctx context.Context, query string, rows [][]any) error {
	for start := 0; start < len(rows); start += 2000 {
		batch := &pgx.Batch{}
		for _, r := range rows[start:min(len(rows), start+2000)] {
			batch.Queue(query, r...)
		}
		if err := s.db.Pool.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
	}
	return nil
}

func (s *scale) makeLessons(ctx context.Context) error {
	s.course = app.NewID()
	var rows [][]any
	for i := range 200 {
		id := app.NewID()
		s.lessons = append(s.lessons, id)
		rows = append(rows, []any{id, s.course, fmt.Sprintf("测量课时 %d", i+1), i + 1})
	}
	return errors.Join(
		s.insertFacts(ctx, "INSERT INTO courses (id, title, state, created_by) VALUES ($1, '测量课程', 'draft', $2)", [][]any{{s.course, s.auditor}}),
		s.insertFacts(ctx, "INSERT INTO chapters (id, course_id, title, position) VALUES ($1, $1, '第一章', 1)", [][]any{{s.course}}),
		s.insertFacts(ctx, `INSERT INTO lessons (id, course_id, chapter_id, title, position, hours_centi, threshold_percent, max_rate_percent)
VALUES ($1, $2, $2, $3, $4, 100, 90, 200)`, rows))
}

// policies writes and activates three rules through the use cases, and has
// everybody's obligations computed.
func (s *scale) policies(ctx context.Context) error {
	store := s.db.Hours()
	who := app.Actor{PersonID: s.auditor}
	p := &app.Policies{Store: store}
	document := hours.Document{Title: "学习培训学时规定（测量）", Number: "测〔2026〕1 号", Clause: "第一条", ClauseText: "用于测量的规定。"}
	var everyone string
	for _, d := range []app.PolicyDraft{
		{Name: "全员学习", Rule: hours.Rule{TotalCenti: 2400, DailyMaxCenti: 1200}},
		{
			Name: "党员集中学习", Audience: domain.Audience{Stages: []string{"member", "probationary_member"}},
			Rule: hours.Rule{TotalCenti: 3200, RequiredCenti: 1600, SourceCaps: []hours.Cap{{Source: hours.OnlineVideo, CapCenti: 2400}}},
		},
		{
			Name: "干部教育培训", Audience: domain.Audience{Ranks: []string{"section_head", "division_deputy", "division_head"}},
			Rule: hours.Rule{TotalCenti: 9000, RequiredCenti: 3000, Prorating: hours.Prorating{On: true, RoundUpCenti: 50}},
		},
	} {
		d.EffectiveFrom, d.Document, d.Reason = hours.NewDate(s.today.Year()-scaleYears, 1, 1), document, "测量"
		if d.Name == "党员集中学习" {
			d.Supersedes = []string{everyone}
		}
		made, err := p.Create(ctx, who, d)
		if err != nil {
			return err
		}
		if everyone == "" {
			everyone = made.ID
		}
		preview, err := p.Preview(ctx, who, made.ID, 1)
		if err != nil {
			return err
		}
		if _, err := p.Activate(ctx, who, made.ID, 1, preview.Digest, "测量"); err != nil {
			return err
		}
	}
	h := &app.Hours{Store: store}
	return h.RecomputeYear(ctx, s.today.Year())
}

func (s *scale) analyze(ctx context.Context) error {
	for _, t := range []string{"people", "units", "memberships", "stage_facts", "rank_facts", "hour_events", "hour_chains", "hour_obligations", "completions", "plays", "play_spans"} {
		if _, err := s.db.Pool.Exec(ctx, "ANALYZE "+pgx.Identifier{t}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}
