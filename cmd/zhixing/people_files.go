package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"zhixing/app"
	"zhixing/app/api"
	"zhixing/domain"
	"zhixing/domain/hours"
	"zhixing/domain/job"
	"zhixing/domain/org"
	"zhixing/domain/sheet"
	"zhixing/frontend"
	"zhixing/storage/document"
	"zhixing/storage/local"

	"github.com/urfave/cli/v3"
)

func importCommand() *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "bring data in from a file, by the same rules as the page",
		Commands: []*cli.Command{{
			Name: "people", Usage: "judge every row of a workbook or a CSV file and apply those that are right", ArgsUsage: "FILE",
			Description: "Exit code 0: every row was taken or is the same already. 2: some rows were refused, and the report says why. 1: nothing was done.",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "as", Usage: "number of the person who acts; he needs the right to import", Required: true},
				&cli.BoolFlag{Name: "dry-run", Usage: "judge and report, and apply nothing"},
				&cli.BoolFlag{Name: "json", Usage: "print the outcome and the report as JSON"},
				&cli.StringFlag{Name: "kind", Usage: "staff or student, of new people where no column tells it"},
				&cli.StringFlag{Name: "from", Usage: "first day of unit, stage and rank where no column tells it (default: today)"},
				&cli.StringFlag{Name: "reason", Usage: "why; kept with each change", Value: "zhixing import people"},
				&cli.StringSliceFlag{Name: "column", Usage: "FIELD=LETTER, such as id_card=F; headings that are known need none"},
			},
			Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
				return withProgram(ctx, cfg, func(p *program) error { return importPeople(ctx, p, cmd) })
			}),
		}},
	}
}

func exportCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "as", Usage: "number of the person who acts: the file holds whom he sees", Required: true},
		&cli.StringFlag{Name: "reason", Usage: "why the data leaves the system", Required: true},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "file to write", Required: true},
		&cli.StringFlag{Name: "format", Usage: "xlsx or csv", Value: "xlsx"},
		&cli.StringFlag{Name: "columns", Usage: "comma-separated: " + strings.Join(org.OrderColumns(), ","), Value: strings.Join(usualColumns(), ",")},
		&cli.IntFlag{Name: "age-from", Usage: "full years"}, &cli.IntFlag{Name: "age-to", Usage: "full years"},
	}
	for _, f := range [][2]string{
		{"unit", "id of a unit, with its subtree"},
		{"stage", "development stage"},
		{"stage-on", "the stage of this day"},
		{"rank", "cadre rank"},
		{"post", "post"},
		{"status", "status"},
		{"kind", "staff or student"},
		{"query", "part of a name, start of a number, pinyin or initials"},
	} {
		flags = append(flags, &cli.StringFlag{Name: f[0], Usage: f[1]})
	}
	return &cli.Command{
		Name: "export", Usage: "write data to a file, by the same rules as the page",
		Commands: []*cli.Command{{
			Name: "people", Usage: "the people of a filter", Flags: flags,
			Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
				return withProgram(ctx, cfg, func(p *program) error { return exportPeople(ctx, p, cmd) })
			}),
		}},
	}
}

func usualColumns() []string {
	var out []string
	for _, c := range org.OrderColumns() {
		if c != org.FieldIDCard {
			out = append(out, c)
		}
	}
	return out
}

// withProgram wires the product on the configured services, else on those of the
// zhixing running on the data folder, else on the folder's own for as long as do
// takes.
func withProgram(ctx context.Context, cfg Config, do func(p *program) error) error {
	if cfg.needServices() != nil {
		if _, held := local.Holder(cfg.Data); held {
			e, err := local.Reach(cfg.Data)
			if err != nil {
				return err
			}
			cfg = onStack(cfg, e)
		} else {
			stack, err := local.Start(ctx, local.Options{Dir: cfg.Data, Postgres: cfg.DatabaseURL == "", Redis: cfg.RedisURL == "", MinIO: cfg.S3.Endpoint == ""})
			if err != nil {
				return err
			}
			defer func() { _ = stack.Stop(context.WithoutCancel(ctx)) }()
			cfg = onStack(cfg, stack.Endpoints)
		}
	}
	if err := refuseStale(ctx, cfg.DatabaseURL); err != nil {
		return err
	}
	p, err := build(ctx, cfg, nil)
	if err != nil {
		return err
	}
	if err := ensureBucket(ctx, cfg.S3); err != nil {
		return errors.Join(err, p.close())
	}
	err = inWords(do(p))
	if closeErr := p.close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	return err
}

// inWords says what a problem means, as the page does.
func inWords(err error) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok {
		return err
	}
	texts, loadErr := api.LoadTexts(frontend.Locales())
	if loadErr != nil {
		return errors.Join(err, loadErr)
	}
	return fmt.Errorf("%s (%s)", texts.Sentence("en", e.Reason, e.Params), e.Reason)
}

// partial ends the command with code 2: done, but not all of it.
type partial struct{ refused int }

func (p partial) Error() string { return fmt.Sprintf("%d rows were not imported", p.refused) }

// importReport is what --json prints.
type importReport struct {
	ID      string           `json:"id"`
	State   org.ImportState  `json:"state"`
	DryRun  bool             `json:"dry_run"`
	Counts  org.ImportCounts `json:"counts"`
	Failure string           `json:"failure,omitempty"`
	Lines   []reportLine     `json:"report"`
}

type reportLine struct {
	Line   int    `json:"line"`
	Column string `json:"column,omitempty"`
	Title  string `json:"title,omitempty"`
	Kind   string `json:"kind"`
	Reason string `json:"reason,omitempty"`
	Says   string `json:"says,omitempty"`
	Text   string `json:"text,omitempty"`
}

// importPeople goes the way of the page, one step after another: a running
// worker that has the same job in hand does no harm.
func importPeople(ctx context.Context, p *program, cmd *cli.Command) error {
	u := p.api.Imports
	path := cmd.Args().First()
	if path == "" || cmd.Args().Len() > 1 {
		return errors.New("name one file")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	who, err := p.api.People.Acting(ctx, cmd.String("as"), org.PermPeopleImport)
	if err != nil {
		return err
	}
	i, err := u.Upload(ctx, who, filepath.Base(path), data)
	if err != nil {
		return err
	}
	if err := u.ReadHead(ctx, job.ReadImport{ImportID: i.ID}); err != nil {
		return err
	}
	if i, err = u.Get(ctx, who, i.ID); err != nil {
		return err
	}
	if i.State == org.ImportRead {
		fields, err := mapping(i.Columns, cmd.StringSlice("column"))
		if err != nil {
			return err
		}
		if _, err := u.SetMapping(ctx, who, i.ID, fields, org.ImportOptions{Kind: cmd.String("kind"), From: cmd.String("from")}); err != nil {
			return err
		}
		if err := u.Preview(ctx, job.PreviewImport{ImportID: i.ID}); err != nil {
			return err
		}
		if i, err = u.Get(ctx, who, i.ID); err != nil {
			return err
		}
	}
	if i.State == org.ImportPreviewed && !cmd.Bool("dry-run") && i.Counts.New+i.Counts.Changed > 0 {
		if _, err := u.Apply(ctx, who, i.ID, cmd.String("reason")); err != nil {
			return err
		}
		if err := u.ApplyRows(ctx, job.ApplyImport{ImportID: i.ID}); err != nil {
			return err
		}
	}
	return p.tell(ctx, who, i.ID, cmd)
}

// mapping is what the headings suggest, with what the command says instead.
func mapping(columns []sheet.Column, said []string) (map[int]string, error) {
	fields := map[int]string{}
	for _, c := range columns {
		fields[c.Index] = c.Field
	}
	for _, s := range said {
		field, letter, ok := strings.Cut(s, "=")
		at := -1
		for _, c := range columns {
			if strings.EqualFold(sheet.ColumnName(c.Index), letter) {
				at = c.Index
			}
			if fields[c.Index] == field {
				fields[c.Index] = ""
			}
		}
		if !ok || at < 0 {
			return nil, fmt.Errorf("--column %s: say FIELD=LETTER with a letter that the table has", s)
		}
		fields[at] = field
	}
	return fields, nil
}

// tell prints what came of an import, and every part of the file that was not
// taken as it stands.
func (p *program) tell(ctx context.Context, who app.Actor, id string, cmd *cli.Command) error {
	r := importReport{ID: id, DryRun: cmd.Bool("dry-run"), Lines: []reportLine{}}
	i, err := p.api.Imports.Report(ctx, who, id, func(l app.ReportLine) error {
		line := reportLine{Line: l.Line, Column: sheet.ColumnName(l.Column), Title: l.Title, Kind: l.Kind, Reason: l.Reason, Text: l.Text}
		if l.Reason != "" {
			line.Says = p.api.Texts.Sentence("en", l.Reason, l.Params)
		}
		r.Lines = append(r.Lines, line)
		return nil
	})
	if err != nil {
		return err
	}
	r.State, r.Counts, r.Failure = i.State, i.Counts, i.Failure
	w := cmd.Root().Writer
	if cmd.Bool("json") {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r); err != nil {
			return err
		}
	} else {
		printImport(w, &r)
	}
	switch {
	case i.Failure != "":
		return domain.E(domain.Invalid, i.Failure)
	case i.Counts.Refused+i.Counts.Stale > 0:
		return partial{i.Counts.Refused + i.Counts.Stale}
	}
	return nil
}

func printImport(w io.Writer, r *importReport) {
	for _, l := range r.Lines {
		says := l.Says
		if says == "" {
			says = l.Kind
		}
		_, _ = fmt.Fprintf(w, "%s%d\t%s\t%s\t%s\n", l.Column, l.Line, l.Title, says, l.Text)
	}
	c := r.Counts
	_, _ = fmt.Fprintf(w, "%d rows: %d new, %d changed, %d same, %d refused, %d changed by others meanwhile, %d blank\n",
		c.Total, c.New, c.Changed, c.Same, c.Refused, c.Stale, c.Blank)
	switch {
	case r.DryRun:
		_, _ = fmt.Fprintf(w, "nothing was applied (--dry-run); import %s\n", r.ID)
	default:
		_, _ = fmt.Fprintf(w, "%d rows applied; import %s\n", c.Applied, r.ID)
	}
}

func exportPeople(ctx context.Context, p *program, cmd *cli.Command) error {
	x := p.api.Exports
	format := cmd.String("format")
	if format != "xlsx" && format != "csv" {
		return errors.New("--format is xlsx or csv")
	}
	who, err := p.api.People.Acting(ctx, cmd.String("as"), org.PermPeopleRead)
	if err != nil {
		return err
	}
	order := org.PeopleOrder{
		Filter: org.PersonFilter{
			UnitID: cmd.String("unit"), Stage: cmd.String("stage"), StageOn: cmd.String("stage-on"), Rank: cmd.String("rank"), Post: cmd.String("post"),
			Status: cmd.String("status"), Kind: cmd.String("kind"), AgeFrom: cmd.Int("age-from"), AgeTo: cmd.Int("age-to"), Query: cmd.String("query"),
		},
		Columns: strings.Split(cmd.String("columns"), ","),
	}
	e, err := x.CreatePeople(ctx, who, format, order, cmd.String("reason"))
	if err != nil {
		return err
	}
	if err := x.Make(ctx, job.ExportHours{ExportID: e.ID}); err != nil {
		return err
	}
	if e, err = x.Get(ctx, who, e.ID); err != nil {
		return err
	}
	if e.State != hours.ExportReady { // a worker has it in hand, or it failed
		return domain.E(domain.Conflict, "hours.export_failed")
	}
	e, body, err := x.File(ctx, who, e.ID)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if err := document.WriteWhole(cmd.String("output"), body); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.Root().Writer, "%d rows in %s, SHA-256 %s\n", e.RowCount, cmd.String("output"), e.Digest)
	return err
}
