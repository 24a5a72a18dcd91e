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
		&cli.BoolFlag{Name: "people-only", Usage: "with --scale: people, units and dated facts, without hours; up to 1,000,000 in some minutes"},
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
			db: db, people: people, events: events, peopleOnly: cmd.Bool("people-only"), rand: rand.New(rand.NewPCG(1, 2)), //nolint:gosec // the same data each time
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
	peopleOnly     bool
	rand           *rand.Rand
	say            func(format string, args ...any)

	today    hours.Date
	auditor  string
	branches []string // unit ids
	middle   string   // the first of the largest units below the party's root
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
	type step struct {
		name string
		do   func(context.Context) error
	}
	steps := []step{{"units", s.units}, {"people", s.makePeople}}
	if !s.peopleOnly {
		steps = append(steps, step{"lessons", s.makeLessons}, step{"events", s.makeEvents}, step{"policies", s.policies})
	}
	for _, step := range append(steps, step{"statistics", s.analyze}) {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		s.say("%-12s %8s", step.name, time.Since(began).Round(10*time.Millisecond))
	}
	if s.peopleOnly {
		s.say("%d people; sign-ins are not made", s.people)
		return nil
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

// units makes both trees: a root, below it a unit for every fifty thousand where
// there are more than that, below these one for every thousand, and branches and
// offices of a hundred.
func (s *scale) units(ctx context.Context) error {
	var rows [][]any
	label := func(id string) string { return strings.ReplaceAll(id, "-", "") }
	for _, tree := range []string{"party", "admin"} {
		names := map[string][4]string{"party": {"学院党委（测量）", "党总支", "党支部", "分党委"}, "admin": {"学院（测量）", "二级学院", "教研室", "校区"}}[tree]
		add := func(parent any, above, name, kind string) (id, path string) {
			id = app.NewID()
			path = label(id)
			if above != "" {
				path = above + "." + path
			}
			rows = append(rows, []any{id, tree, parent, path, name, kind})
			return id, path
		}
		root, rootPath := add(nil, "", names[0], "root")
		above, abovePath := root, rootPath
		for i := range max(1, s.people/1000) {
			if s.people > 50_000 && i%50 == 0 {
				above, abovePath = add(root, rootPath, fmt.Sprintf("第%d%s", i/50+1, names[3]), "general")
			}
			middle, path := add(above, abovePath, fmt.Sprintf("第%d%s", i+1, names[1]), "general")
			if i == 0 && tree == "party" {
				if s.middle = above; above == root {
					s.middle = middle
				}
			}
			for j := range 10 {
				leaf, _ := add(middle, path, fmt.Sprintf("第%d-%d%s", i+1, j+1, names[2]), "branch")
				if tree == "party" {
					s.branches = append(s.branches, leaf)
				} else {
					s.offices = append(s.offices, leaf)
				}
			}
		}
	}
	return s.insertFacts(ctx, "INSERT INTO units (id, tree, parent_id, path, name, kind) VALUES ($1, $2, $3, $4::text::ltree, $5, $6)", rows)
}

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
	for _, t := range []string{"people", "units", "memberships", "stage_facts", "rank_facts", "status_facts", "post_facts", "hour_events", "hour_chains", "hour_obligations", "completions", "plays", "play_spans"} {
		if _, err := s.db.Pool.Exec(ctx, "VACUUM (ANALYZE) "+pgx.Identifier{t}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}
