package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/urfave/cli/v3"
)

func loadtestCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "url", Value: "http://127.0.0.1:8080", Usage: "server started with --demo, on this machine"},
		&cli.IntFlag{Name: "concurrency", Aliases: []string{"c"}, Value: 32, Usage: "requests under way at once, at most"},
		&cli.FloatFlag{Name: "rate", Usage: "begin so many a second, whether the ones before have ended or not; 0: as fast as they end"},
		&cli.IntFlag{Name: "attempts", Aliases: []string{"n"}, Usage: "how many in all"},
		&cli.DurationFlag{Name: "duration", Aliases: []string{"d"}, Usage: "for how long"},
		&cli.IntFlag{Name: "people", Usage: "people to make for it"},
		&cli.BoolFlag{Name: "json", Usage: "one last line of JSON instead of the table"},
		&cli.StringFlag{Name: "database-url", Usage: "measure single INSERTs there with pgbench, beside it (default ZHIXING_DATABASE_URL, else that of the zhixing running on ZHIXING_DATA)"},
	}
	kind := func(name, usage string, run func(*loadtest, context.Context) error, more ...cli.Flag) *cli.Command {
		return &cli.Command{Name: name, Usage: usage, Flags: slices.Concat(flags, more), Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
			l := &loadtest{
				kind: name, url: cmd.String("url"), concurrency: cmd.Int("concurrency"), rate: cmd.Float("rate"), items: cmd.Int("attempts"),
				duration: cmd.Duration("duration"), wanted: cmd.Int("people"), json: cmd.Bool("json"), databaseURL: cmd.String("database-url"), answers: max(1, cmd.Int("answers")), savers: cmd.Int("savers"),
				out: cmd.Root().Writer, progress: cmd.Root().ErrWriter,
			}
			if l.databaseURL == "" {
				var err error
				if l.databaseURL, err = runningDatabase(cfg); err != nil {
					return err
				}
			}
			return l.run(ctx, run)
		})}
	}
	return &cli.Command{
		Name: "loadtest", Usage: "measure a server started with --demo; makes people and exams of its own there",
		Commands: []*cli.Command{
			kind("exam", "whole attempts: view, start, 4 saves of 5 answers, submit, review", (*loadtest).exam),
			kind("sign-in", "people who have not signed in today, all at once (default 1,000)", (*loadtest).signIns,
				&cli.IntFlag{Name: "savers", Usage: "people who sit an exam and save their answers before and beside it; 50 saves a second in all"}),
			kind("earn", "whole attempts until their hours show in what the learner owes (default 200)", (*loadtest).earn),
			kind("saves", "the saving of answers alone", (*loadtest).saves, &cli.IntFlag{Name: "answers", Value: 5, Usage: "answers in each request"}),
			kind("watch", "reports of what is being watched", (*loadtest).watch),
			kind("herd", "starts of an exam, all at the bell (default 10,000 in 10 s)", (*loadtest).herd),
			kind("media", "the bytes of a video, beside a plain server's", (*loadtest).media),
			kind("connections", "the server's memory with --attempts connections open (default 1,000)", (*loadtest).connections),
		},
	}
}

// loadtest is one measurement.
type loadtest struct {
	kind          string
	url           string
	concurrency   int
	rate          float64
	items         int
	duration      time.Duration
	wanted        int
	json          bool
	databaseURL   string
	answers       int    // in one save
	savers        int    // who save beside a herd that signs in
	stage         string // of the people made
	earns         int    // centi-hours for each exam, whatever its grade
	out, progress io.Writer

	client *loadClient
	admin  *visitor
	unit   string // id of the unit of the people made
	people []*visitor
	result loadResult
}

// run prepares, measures and prints. do is the workload.
func (l *loadtest) run(ctx context.Context, do func(*loadtest, context.Context) error) error {
	if l.concurrency < 1 || l.concurrency > 4096 || l.rate < 0 || l.items < 0 || l.duration < 0 || l.wanted < 0 {
		return errors.New("concurrency must be 1 to 4096, and nothing negative")
	}
	host, err := loopback(ctx, l.url)
	if err != nil {
		return err
	}
	l.client = newLoadClient(host, l.concurrency)
	var settings struct {
		DemoAccounts []struct{ Number, Password, Role string } `json:"demo_accounts"`
	}
	anyone := &visitor{client: l.client}
	if err := anyone.do("GET", "/settings", nil, &settings); err != nil {
		return fmt.Errorf("reach %s: %w", l.url, err)
	}
	for _, a := range settings.DemoAccounts {
		if a.Role == "admin" {
			l.admin = &visitor{client: l.client, number: a.Number, password: a.Password, device: "loadtest"}
		}
	}
	if l.admin == nil {
		return errors.New("this server was not started with --demo; a load test makes people and exams, so it runs on demonstrations only")
	}
	if err := l.admin.signIn(); err != nil {
		return fmt.Errorf("sign in as the demonstration's administrator: %w", err)
	}
	if err := l.settle(ctx); err != nil {
		return err
	}
	l.result.Kind, l.result.Concurrency, l.result.Rate = l.kind, l.concurrency, l.rate
	if err := do(l, ctx); err != nil {
		return err
	}
	l.result.Pgbench = measureInserts(ctx, l.databaseURL, min(l.concurrency, 64))
	if err := l.result.print(l.out, l.json); err != nil {
		return err
	}
	if l.result.Done == 0 {
		return errors.New("nothing succeeded")
	}
	return nil
}

// settleMost bounds how long a load test waits for the demonstration's videos.
const settleMost = 10 * time.Minute

// settle waits until every lesson has its video: a fresh demonstration makes and
// transcodes them at first, and would be measured with it.
func (l *loadtest) settle(ctx context.Context) error {
	for began, said := time.Now(), false; time.Since(began) < settleMost; time.Sleep(time.Second) {
		var list struct {
			Items []struct {
				Lessons int `json:"lesson_count"`
				Ready   int `json:"ready_count"`
			} `json:"items"`
		}
		if err := l.admin.do("GET", "/courses?limit=200", nil, &list); err != nil {
			return fmt.Errorf("read courses: %w", err)
		}
		busy := 0
		for _, c := range list.Items {
			busy += c.Lessons - c.Ready
		}
		if busy == 0 || ctx.Err() != nil {
			return ctx.Err()
		}
		if !said {
			l.say("waiting for %d videos of the demonstration", busy)
			said = true
		}
	}
	l.say("the videos take too long; they are measured with the rest")
	return nil
}

func (l *loadtest) say(format string, args ...any) {
	_, _ = fmt.Fprintf(l.progress, format+"\n", args...)
}

// loopback returns the host and port of a URL on this machine; a load test
// never leaves it.
func loopback(ctx context.Context, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return "", fmt.Errorf("--url %q: want http://127.0.0.1:port", raw)
	}
	addrs, err := net.DefaultResolver.LookupIPAddr(ctx, u.Hostname())
	if err != nil {
		return "", fmt.Errorf("--url %q: %w", raw, err)
	}
	for _, a := range addrs {
		if !a.IP.IsLoopback() {
			return "", fmt.Errorf("--url %q is another machine (%s); a load test runs against this one only", raw, a.IP)
		}
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(addrs[0].IP.String(), port), nil
}
