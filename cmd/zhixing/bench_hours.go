package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"zhixing/app"
	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/job"
	"zhixing/domain/org"
	"zhixing/storage/document"
	"zhixing/storage/postgres"

	"github.com/urfave/cli/v3"
)

func benchCommand() *cli.Command {
	return &cli.Command{
		Name: "bench", Usage: "measure against the targets of the design",
		Commands: []*cli.Command{{
			Name: "hours", Usage: "the ledger, the reports and the export, on a database made by `zhixing seed --scale`",
			Flags: []cli.Flag{
				&cli.IntFlag{Name: "runs", Usage: "repetitions of each read", Value: 100},
				&cli.BoolFlag{Name: "export-only", Usage: "only the export, to see the memory that it takes"},
			},
			Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
				return withDatabase(ctx, cfg, func(db *postgres.DB) error {
					b := &hoursBench{db: db, runs: cmd.Int("runs"), out: cmd.Root().Writer}
					if cmd.Bool("export-only") {
						auditor, err := b.person(ctx, scaleAuditor, org.RoleAuditor)
						if err != nil {
							return err
						}
						return b.export(ctx, auditor)
					}
					return b.run(ctx)
				})
			}),
		}, benchTranscodeCommand(), benchImportCommand(), benchPeopleCommand()},
	}
}

// hoursBench times the use cases behind the organisation department's screens.
// Each figure stands beside its ratio to counting the year's obligations in the
// same run, so that figures of different machines can be compared.
type hoursBench struct {
	db   *postgres.DB
	runs int
	out  io.Writer
	base time.Duration
}

func (b *hoursBench) run(ctx context.Context) error {
	h := &app.Hours{Store: b.db.Hours(), Files: document.Anchors{}}
	auditor, err := b.person(ctx, scaleAuditor, org.RoleAuditor)
	if err != nil {
		return err
	}
	secretary, err := b.person(ctx, scaleSecretary, org.RoleSecretary)
	if err != nil {
		return err
	}
	var learners, events []string
	if err := b.list(ctx, &learners, "SELECT p.id FROM people p WHERE EXISTS (SELECT 1 FROM completions c WHERE c.person_id = p.id) ORDER BY p.id LIMIT 100"); err != nil {
		return err
	}
	if err := b.list(ctx, &events, `SELECT e.id FROM hour_events e JOIN completions c ON c.id::text = e.source_ref WHERE e.person_id = ANY(
  SELECT person_id FROM completions ORDER BY person_id LIMIT 2000) AND e.occurred_on >= date_trunc('year', civil_today()) ORDER BY e.id LIMIT 200`); err != nil {
		return err
	}
	if len(learners) == 0 || len(events) == 0 {
		return errors.New("nothing to measure: run `zhixing seed --scale 15000` on an empty database first")
	}
	b.line("work", "runs", "least", "p50", "p95", "max", "× base", "own CPU")
	if err := b.time("base: SELECT count(*) of obligations", b.runs, func(int) error {
		var n int
		return b.db.Pool.QueryRow(ctx, "SELECT count(*) FROM hour_obligations WHERE lead").Scan(&n)
	}); err != nil {
		return err
	}
	screen := func(who app.Actor, f hours.PeopleFilter) func(int) error {
		return func(int) error {
			if _, _, _, err := h.Overview(ctx, who, f); err != nil {
				return err
			}
			_, _, err := h.People(ctx, who, f, domain.Paging{})
			return err
		}
	}
	var errs []error
	for _, x := range []struct {
		name string
		do   func(int) error
	}{
		{"overview and first page, everybody", screen(auditor, hours.PeopleFilter{})},
		{"… of one state, by name", screen(auditor, hours.PeopleFilter{State: hours.StateLate, Sort: "name"})},
		{"… searched by initials", screen(auditor, hours.PeopleFilter{Query: "zj"})},
		{"… by last day of learning", screen(auditor, hours.PeopleFilter{Sort: "-last_on"})},
		{"… of one branch's secretary", screen(secretary, hours.PeopleFilter{})},
		{"a person's year", func(i int) error {
			_, err := h.Person(ctx, auditor, learners[i%len(learners)], 0, nil)
			return err
		}},
		{"an entry with its spans, rules and chain", func(i int) error {
			_, err := h.Event(ctx, auditor, events[i%len(events)])
			return err
		}},
		{"my hours", func(i int) error {
			_, err := h.My(ctx, app.Actor{PersonID: learners[i%len(learners)]}, 0)
			return err
		}},
	} {
		errs = append(errs, b.time(x.name, b.runs, x.do))
	}
	return errors.Join(append(errs, b.heavy(ctx, h, auditor))...)
}

// heavy times what runs in the background.
func (b *hoursBench) heavy(ctx context.Context, h *app.Hours, auditor app.Actor) error {
	year := hours.DateOf(time.Now()).Year()
	errs := []error{b.time("recompute of all obligations", 1, func(int) error {
		if _, err := b.db.Pool.Exec(ctx, "DELETE FROM hour_recomputes"); err != nil {
			return err
		}
		return h.RecomputeYear(ctx, year)
	}), b.export(ctx, auditor)}
	var entries int
	errs = append(errs, b.time("walk of the whole ledger", 1, func(int) error {
		v, err := h.Verify(ctx)
		if err != nil {
			return err
		}
		entries = v.Entries
		if v.Broken > 0 {
			return fmt.Errorf("the ledger is broken: %+v", v.Breaks[0])
		}
		return nil
	}))
	_, _ = fmt.Fprintf(b.out, "ledger: %d entries\n", entries)
	return errors.Join(errs...)
}

// export times the whole job, from the order to the file.
func (b *hoursBench) export(ctx context.Context, auditor app.Actor) error {
	sink := &counted{}
	x := &app.Exports{Store: b.db.Hours(), Objects: sink, Sheets: document.Sheets{}}
	var rows int
	err := b.time("export of everybody to xlsx", 3, func(int) error {
		e, err := x.Create(ctx, auditor, hours.ExportPeople, hours.PeopleFilter{}, "测量导出")
		if err != nil {
			return err
		}
		if err := x.Make(ctx, job.ExportHours{ExportID: e.ID}); err != nil {
			return err
		}
		e, err = x.Get(ctx, auditor, e.ID)
		rows = e.RowCount
		return err
	})
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(b.out, "export: %d rows, %d bytes, process at most %d MiB\n", rows, sink.size, u.Maxrss>>10)
	return err
}

// person is an actor with a role, as a session would make him.
func (b *hoursBench) person(ctx context.Context, number string, role org.Role) (app.Actor, error) {
	a := app.Actor{Roles: []org.Role{role}, Permissions: role.Permissions()}
	if err := b.db.Pool.QueryRow(ctx, "SELECT id FROM people WHERE number = $1", number).Scan(&a.PersonID); err != nil {
		return a, fmt.Errorf("%s is not there: run `zhixing seed --scale 15000` on an empty database first: %w", number, err)
	}
	return a, nil
}

func (b *hoursBench) list(ctx context.Context, to *[]string, query string) error {
	rows, err := b.db.Pool.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		*to = append(*to, id)
	}
	return rows.Err()
}

// time runs do a few times unmeasured, then measures each run.
func (b *hoursBench) time(name string, runs int, do func(i int) error) error {
	if runs > 1 {
		for i := range 3 {
			if err := do(i); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	took := make([]time.Duration, runs)
	cpu := processCPU()
	for i := range took {
		began := time.Now()
		if err := do(i); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		took[i] = time.Since(began)
	}
	cpu = (processCPU() - cpu) / time.Duration(runs)
	slices.Sort(took)
	p50 := took[runs/2]
	if b.base == 0 {
		b.base = p50
	}
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
	b.line(name, fmt.Sprint(runs), ms(took[0]), ms(p50), ms(took[min(runs-1, runs*95/100)]), ms(took[runs-1]), fmt.Sprintf("%.1f", float64(p50)/float64(b.base)), ms(cpu))
	return nil
}

// processCPU is the processor time of this process so far.
func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (b *hoursBench) line(name string, cells ...string) {
	_, _ = fmt.Fprintf(b.out, "%s", padRight(name, 44))
	for _, c := range cells {
		_, _ = fmt.Fprintf(b.out, "%12s", c)
	}
	_, _ = fmt.Fprintln(b.out)
}

func padRight(s string, n int) string {
	for len([]rune(s)) < n {
		s += " "
	}
	return s
}

// counted takes the files of exports and keeps only their size.
type counted struct{ size int64 }

func (c *counted) Put(_ context.Context, _, _ string, _ int64, body io.Reader) (err error) {
	c.size, err = io.Copy(io.Discard, body)
	return err
}

func (c *counted) Get(context.Context, string, int64, int64) (io.ReadCloser, error) {
	return nil, errors.New("not kept")
}

func (c *counted) RemovePrefix(context.Context, string) error { return nil }
