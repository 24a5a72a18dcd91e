package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/domain"
	"zhixing/domain/org"

	"github.com/urfave/cli/v3"
)

// demoPassword opens every demo account; they exist only under --demo.
const demoPassword = "zhixing-demo" //nolint:gosec // G101: printed at start on purpose

// demoFiles is the invented college, its people, courses and questions, as text
// that a reader can check.
//
//go:embed demo
var demoFiles embed.FS

// demoSignIns are shown at start and on the sign-in page of a demonstration.
func demoSignIns() *api.Demo {
	return &api.Demo{Accounts: []api.DemoAccount{
		{Number: "learner", Password: demoPassword, Role: "learner", Name: "学员　林晓雨"},
		{Number: "trainer", Password: demoPassword, Role: "trainer", Name: "教师　周明远"},
		{Number: "secretary", Password: demoPassword, Role: "secretary", Name: "支部书记　陈立新"},
		{Number: "auditor", Password: demoPassword, Role: "auditor", Name: "组织部　赵文静"},
		{Number: "admin", Password: demoPassword, Role: "admin", Name: "管理员　何志强"},
	}}
}

func seedCommand() *cli.Command {
	return &cli.Command{
		Name: "seed", Usage: "fill a database with invented data (never one with real people)",
		Flags: append(scaleFlags(), &cli.BoolFlag{Name: "demo", Usage: "the demonstration: a college, courses, exams and a year of hours"}),
		Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
			if cmd.IsSet("scale") {
				return seedScale(ctx, cmd, cfg)
			}
			if !cmd.Bool("demo") {
				return errors.New("say which data to make: --demo or --scale")
			}
			if cfg.DatabaseURL == "" || cfg.S3.Endpoint == "" {
				return errors.New("ZHIXING_DATABASE_URL and ZHIXING_S3_ENDPOINT are not set (`zhixing up --demo` fills its own services by itself)")
			}
			p, err := build(ctx, cfg, nil)
			if err != nil {
				return err
			}
			s, err := seedFacts(ctx, p)
			if err == nil {
				err = s.videos(ctx)
			}
			return errors.Join(err, p.close())
		}),
	}
}

// seedDemo makes the demonstration's data through use cases; a second run adds
// nothing. The videos are made and taken in behind the running program.
func seedDemo(ctx context.Context, p *program) error {
	s, err := seedFacts(ctx, p)
	if err != nil {
		return err
	}
	go func() {
		if err := s.videos(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "demonstration videos; the next start goes on", "error", err)
		}
	}()
	return nil
}

// seeder makes the demonstration. Every step looks for what is there, so that a
// run that was cut off is taken up again.
type seeder struct {
	p       *program
	dir     string // of generated videos
	now     time.Time
	rows    []demoPerson
	people  map[string]string // number -> id
	units   map[string]string // name -> id
	admin   app.Actor
	trainer app.Actor
	auditor app.Actor
}

// errRealData is the answer to --demo on a database that people already use.
var errRealData = errors.New("this database belongs to real people: it has an administrator who is not the demonstration's. " +
	"Start without --demo, or choose another data folder (ZHIXING_DATA)")

func seedFacts(ctx context.Context, p *program) (*seeder, error) {
	now, err := p.db.People().Now(ctx)
	if err != nil {
		return nil, err
	}
	s := &seeder{p: p, dir: filepath.Join(p.cfg.Data, "demo-videos"), now: now, people: map[string]string{}, units: map[string]string{}}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"people file", s.readPeople},
		{"administrator", s.administrator},
		{"units", s.makeUnits},
		{"people", s.makePeople},
		{"roles", s.makeGrants},
		{"questions", s.makeQuestions},
		{"exams", s.makeExams},
		{"courses", s.makeCourses},
		{"policies", s.makePolicies},
		{"hours", s.makeHours},
	} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
		slog.DebugContext(ctx, "demonstration", "step", step.name, "ms", time.Since(began).Milliseconds())
	}
	return s, nil
}

// administrator makes the first administrator, or signs in as the one that an
// earlier run made: whoever cannot is not in a demonstration.
func (s *seeder) administrator(ctx context.Context) error {
	row := s.rows[0] // admin
	setup := &app.Setup{Store: s.p.db.Setup(), Passwords: s.p.api.People.Passwords}
	made, err := setup.FirstAdministrator(ctx, org.NewPerson{
		Number: row.Number, Name: row.Name, Kind: row.Kind, Gender: row.Gender, BornOn: row.BornOn,
		Password: demoPassword,
	}, "演示数据")
	if err == nil {
		s.admin = app.Actor{PersonID: made.ID}
		return nil
	}
	if domain.ReasonOf(err) != "setup.already_done" {
		return err
	}
	in, err := s.p.api.Sessions.SignIn(ctx, app.SignIn{Number: row.Number, Password: demoPassword, Door: app.Door{UserAgent: "zhixing seed"}})
	if err != nil {
		if domain.CodeOf(err) == domain.Unauthenticated {
			return errRealData
		}
		return err
	}
	s.admin = app.Actor{PersonID: in.Identity.PersonID, SessionID: in.Identity.SessionID}
	return s.p.api.Sessions.SignOut(ctx, s.admin)
}

// demoPerson is a row of people.csv.
type demoPerson struct {
	Number, Name, Kind, Gender, BornOn string
	PartyUnit, AdminUnit, JoinedOn     string
	Stages                             [][2]string // stage, first day; oldest first
	Rank, RankFrom                     string
	Roles                              string // role@unit; role@ is the whole institution
}

func (s *seeder) readPeople(context.Context) error {
	b, err := demoFiles.ReadFile("demo/people.csv")
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		return err
	}
	for _, r := range rows[1:] {
		p := demoPerson{
			Number: r[0], Name: r[1], Kind: r[2], Gender: r[3], BornOn: r[4], PartyUnit: r[5], AdminUnit: r[6], JoinedOn: r[7],
			Rank: r[9], RankFrom: r[10], Roles: r[11],
		}
		for f := range strings.SplitSeq(r[8], ";") {
			stage, from, _ := strings.Cut(f, ":")
			p.Stages = append(p.Stages, [2]string{stage, from})
		}
		s.rows = append(s.rows, p)
	}
	return nil
}

// stage is the person's stage in the end.
func (p *demoPerson) stage() string { return p.Stages[len(p.Stages)-1][0] }

func demoJSON(name string, into any) error {
	b, err := demoFiles.ReadFile("demo/" + name)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// chance is a number from 0 to 99 that is always the same for the same words:
// every demonstration looks alike.
func chance(words ...string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(words, "\x00")))
	v := h.Sum32()
	v ^= v >> 16
	v *= 0x7feb352d
	v ^= v >> 15
	return int(v % 100)
}

// pages reads a keyset list to its end.
func pages[T any](read func(domain.Paging) (domain.Page[T], error)) (all []T, err error) {
	p := domain.Paging{Limit: domain.MaxLimit}
	for {
		page, err := read(p)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if p.Token = page.NextPageToken; p.Token == "" {
			return all, nil
		}
	}
}
