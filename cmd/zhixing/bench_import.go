package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/urfave/cli/v3"

	"zhixing/app"
	"zhixing/domain/hours"
	"zhixing/domain/job"
	"zhixing/domain/org"
	"zhixing/storage/document"
)

func benchImportCommand() *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "people from a file, from the upload to the undo; run it without a worker beside",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "rows", Value: 100_000, Usage: "of the file"},
			&cli.StringFlag{Name: "format", Value: "csv", Usage: "csv or xlsx"},
			&cli.StringFlag{Name: "as", Value: "admin", Usage: "number of the person who acts"},
		},
		Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
			return withProgram(ctx, cfg, func(p *program) error {
				b := &importBench{p: p, rows: cmd.Int("rows"), format: cmd.String("format"), out: cmd.Root().Writer}
				return b.run(ctx, cmd.String("as"))
			})
		}),
	}
}

// importBench times an import beside a COPY of the same rows into a bare table.
type importBench struct {
	p      *program
	rows   int
	format string
	out    io.Writer
	base   time.Duration
}

func (b *importBench) run(ctx context.Context, as string) error {
	who, err := b.p.api.People.Acting(ctx, as, org.PermPeopleImport)
	if err != nil {
		return err
	}
	data, err := b.file()
	if err != nil {
		return err
	}
	if err := b.copy(ctx); err != nil {
		return err
	}
	u := b.p.api.Imports
	var id string
	began, cpu := time.Now(), processCPU()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"upload and read the head", func() error {
			i, err := u.Upload(ctx, who, "bench."+b.format, data)
			if err != nil {
				return err
			}
			id = i.ID
			return u.ReadHead(ctx, job.ReadImport{ImportID: id})
		}},
		{"preview of every row", func() error { return b.preview(ctx, who, id) }},
		{"apply", func() error {
			if _, err := u.Apply(ctx, who, id, "bench"); err != nil {
				return err
			}
			return u.ApplyRows(ctx, job.ApplyImport{ImportID: id})
		}},
	} {
		if err := b.time(step.name, step.do); err != nil {
			return err
		}
	}
	whole := time.Since(began)
	i, err := u.Get(ctx, who, id)
	if err != nil {
		return err
	}
	if i.State != org.ImportApplied || i.Counts.Applied != b.rows {
		return fmt.Errorf("%d of %d rows were applied, state %s", i.Counts.Applied, b.rows, i.State)
	}
	b.line("the whole import", whole)
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(b.out, "%d rows of %s, %.1f MiB: %.0f rows/s, %.1f s of our processor, process at most %d MiB\n", b.rows, b.format,
		float64(len(data))/(1<<20), float64(b.rows)/whole.Seconds(), (processCPU() - cpu).Seconds(), usage.Maxrss>>10)
	return b.time("undo", func() error {
		if _, err := u.Undo(ctx, who, id, "bench"); err != nil {
			return err
		}
		if err := u.UndoRows(ctx, job.UndoImport{ImportID: id, ActorID: who.PersonID}); err != nil {
			return err
		}
		if i, err := u.Get(ctx, who, id); err != nil || i.State != org.ImportUndone {
			return errors.Join(err, errors.New("the import was not undone"))
		}
		return nil
	})
}

func (b *importBench) preview(ctx context.Context, who app.Actor, id string) error {
	u := b.p.api.Imports
	i, err := u.Get(ctx, who, id)
	if err != nil {
		return err
	}
	fields, err := mapping(i.Columns, nil)
	if err != nil {
		return err
	}
	if _, err := u.SetMapping(ctx, who, id, fields, org.ImportOptions{}); err != nil {
		return err
	}
	return u.Preview(ctx, job.PreviewImport{ImportID: id})
}

// table has a person a row, as the template has them; the units are left out,
// since whose they are does not matter here.
func (b *importBench) table() iter.Seq2[[]any, error] {
	family, given := []rune("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"), []rune("安博辰栋恩帆冠皓嘉凯岚铭宁佩琪睿")
	return func(yield func([]any, error) bool) {
		for n := range b.rows {
			born := time.Date(1960+n%45, time.Month(1+n/45%12), 1+n/540%28, 0, 0, 0, 0, time.UTC)
			gender := []string{"女", "男"}[n%2]
			row := []any{
				fmt.Sprintf("BENCH-%07d", n), string([]rune{family[n%16], given[n/16%16], given[n/256%16]}), []string{"学生", "教工"}[n/2%2], gender,
				born.Format([]string{"2006-01-02", "2006/1/2", "2006年1月2日"}[n%3]), benchCard(born, n), fmt.Sprintf("139%08d", n), fmt.Sprintf("bench%d@example.edu.cn", n),
				[]string{"入党积极分子", "群众", "中共党员"}[n%3],
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// benchCard is an id number that is right in itself and nobody else's here.
func benchCard(born time.Time, n int) string {
	body := fmt.Sprintf("%06d%s%03d", 110_000+n/1000, born.Format("20060102"), 2*(n/2%500)+n%2)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(body[i]-'0')
	}
	return body + string("10X98765432"[sum%11])
}

var benchColumns = []string{"学工号", "姓名", "人员类别", "性别", "出生日期", "身份证号", "手机", "电子邮箱", "发展阶段"}

func (b *importBench) file() ([]byte, error) {
	var sheets hours.Sheets = hours.CSV{}
	if b.format == "xlsx" {
		sheets = document.Sheets{}
	}
	var columns []hours.Column
	for _, c := range benchColumns {
		columns = append(columns, hours.Column{Title: c, Kind: hours.ColumnText, Width: 16})
	}
	var out bytes.Buffer
	err := sheets.WriteSheet(&out, hours.Sheet{Title: "人员", Columns: columns}, b.table())
	return out.Bytes(), err
}

// copy is the base: the same rows into a table without any rule.
func (b *importBench) copy(ctx context.Context) error {
	conn, err := b.p.db.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "CREATE TEMP TABLE bench_import (a text PRIMARY KEY, b text, c text, d text, e text, f text, g text, h text, i text)"); err != nil {
		return err
	}
	next, stop := iter.Pull2(b.table())
	defer stop()
	return errors.Join(b.time("base: COPY into a bare table", func() error {
		_, err := conn.CopyFrom(ctx, pgx.Identifier{"bench_import"}, strings.Split("abcdefghi", ""), pgx.CopyFromFunc(func() ([]any, error) {
			row, err, ok := next()
			if !ok {
				return nil, nil //nolint:nilnil // the end, as pgx wants it told
			}
			return row, err
		}))
		return err
	}), func() error { _, err := conn.Exec(ctx, "DROP TABLE bench_import"); return err }())
}

func (b *importBench) time(name string, do func() error) error {
	began := time.Now()
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	took := time.Since(began)
	if b.base == 0 {
		b.base = took
	}
	b.line(name, took)
	return nil
}

func (b *importBench) line(name string, took time.Duration) {
	_, _ = fmt.Fprintf(b.out, "%s%8.2f s %8.1f × base\n", padRight(name, 32), took.Seconds(), took.Seconds()/b.base.Seconds())
}
