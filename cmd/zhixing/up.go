package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"zhixing/storage/local"
	"zhixing/storage/postgres"

	"github.com/urfave/cli/v3"
)

func upCommand() *cli.Command {
	return &cli.Command{
		Name: "up", Usage: "run everything on this machine, with services of its own where none are configured",
		ArgsUsage: "[-- command to run once ready; everything stops when it ends]",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "demo", Usage: "fill in demonstration data and demo sign-ins (never for real people)"},
			&cli.BoolFlag{Name: "services-only", Usage: "only PostgreSQL, Redis and MinIO, for tests and development"},
		},
		Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
			u := &up{cfg: cfg, demo: cmd.Bool("demo"), servicesOnly: cmd.Bool("services-only"), command: cmd.Args().Slice(), out: cmd.Root().Writer}
			return u.run(ctx)
		}),
	}
}

// up is one run of `zhixing up`.
type up struct {
	cfg          Config
	demo         bool
	servicesOnly bool
	command      []string
	out          io.Writer
}

func (u *up) run(ctx context.Context) error {
	began := time.Now()
	stack, err := local.Start(ctx, local.Options{
		Dir: u.cfg.Data, Log: slog.Default(),
		Postgres: u.cfg.DatabaseURL == "", Redis: u.cfg.RedisURL == "", MinIO: u.cfg.S3.Endpoint == "",
	})
	if err != nil {
		return err
	}
	u.cfg = onStack(u.cfg, stack.Endpoints)
	atMost := drainLimit + stack.StopGraces()
	err = u.onServices(ctx, stack, began)
	slog.InfoContext(ctx, "stopping the services", "in_all_at_most", atMost.String())
	// The services stop last, and also when ctx is done already.
	if stopErr := stack.Stop(context.WithoutCancel(ctx)); stopErr != nil {
		err = errors.Join(err, stopErr)
	}
	slog.InfoContext(ctx, "stopped")
	return err
}

// onStack fills in the addresses of the services that run here.
func onStack(c Config, e local.Endpoints) Config {
	if c.DatabaseURL == "" {
		c.DatabaseURL = e.DatabaseURL
	}
	if c.RedisURL == "" {
		c.RedisURL = e.RedisURL
	}
	if c.S3.Endpoint == "" {
		c.S3.Endpoint, c.S3.AccessKey, c.S3.SecretKey = e.S3Endpoint, e.S3AccessKey, e.S3SecretKey
		c.S3.Region, c.S3.Secure = local.Region, false
	}
	return c
}

func (u *up) onServices(ctx context.Context, stack *local.Stack, began time.Time) error {
	if err := ensureBucket(ctx, u.cfg.S3); err != nil {
		return err
	}
	if u.servicesOnly {
		slog.InfoContext(ctx, "services ready", "after_ms", time.Since(began).Milliseconds())
		env := testEnvironment(u.cfg, stack.Endpoints)
		if len(u.command) > 0 {
			return runCommand(ctx, u.command, env)
		}
		for _, line := range env {
			name, value, _ := strings.Cut(line, "=")
			u.say("export %s='%s'\n", name, value)
		}
		<-ctx.Done()
		return nil
	}
	if err := postgres.Migrate(ctx, u.cfg.DatabaseURL); err != nil {
		return err
	}
	p, err := build(ctx, u.cfg, stack)
	if err != nil {
		return err
	}
	return errors.Join(u.product(ctx, p, began), p.close())
}

// product runs API and worker, fills in the demonstration, says where to go and
// waits for the end, or for the command's.
func (u *up) product(ctx context.Context, p *program, began time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if u.demo {
		p.api.Demo = demoSignIns()
	}
	ln, err := listen(ctx, u.cfg.Addr)
	if err != nil {
		return err
	}
	address := "http://" + browserAddress(ln.Addr())
	if u.cfg.PublicURL == "" { // passkeys work at http://localhost too
		if err := p.answerAt("http://" + localhost(ln.Addr())); err != nil {
			return err
		}
		p.api.Sessions.PublicURL = address
	}
	done := make(chan error, 1)
	go func() { done <- p.run(ctx, ln, true) }()
	slog.InfoContext(ctx, "ready", "address", address, "after_ms", time.Since(began).Milliseconds(), "version", version)
	err = u.fill(ctx, p, address)
	if err == nil && len(u.command) > 0 {
		env := append(testEnvironment(u.cfg, p.stack.Endpoints), "ZHIXING_TEST_URL="+address)
		err = runCommand(ctx, u.command, env)
	} else if err == nil {
		select {
		case err := <-done: // the API or the worker failed, or it is time
			return err
		case <-ctx.Done():
		}
	}
	cancel()
	return errors.Join(err, <-done)
}

// fill makes the demonstration's data when asked to and prints where to go.
func (u *up) fill(ctx context.Context, p *program, address string) error {
	if u.demo {
		began := time.Now()
		if err := seedDemo(ctx, p); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // Ctrl-C while filling: the next start goes on
			}
			return fmt.Errorf("demonstration data: %w", err)
		}
		slog.InfoContext(ctx, "demonstration data ready", "after_ms", time.Since(began).Milliseconds())
	}
	u.say("\n  知行 Zhixing  %s\n\n", address)
	if u.demo {
		for _, a := range demoSignIns().Accounts {
			u.say("  %-10s %-14s %s\n", a.Number, a.Password, a.Name)
		}
		u.say("\n")
	}
	u.say("  data in %s; Ctrl-C stops everything\n\n", u.cfg.Data)
	return nil
}

func (u *up) say(format string, args ...any) {
	_, _ = fmt.Fprintf(u.out, format, args...) // a closed terminal is no reason to stop
}

// browserAddress is an address that a browser on this machine can open.
func browserAddress(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// localhost is the address by its name: browsers allow some things only there.
func localhost(a net.Addr) string {
	_, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return net.JoinHostPort("localhost", port)
}

// testEnvironment tells tests where their services are. The database is that of
// the superuser: each test makes one of its own.
func testEnvironment(c Config, e local.Endpoints) []string {
	database := c.DatabaseURL
	if e.SuperDatabaseURL != "" {
		database = e.SuperDatabaseURL
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		data = c.Data
	}
	return []string{
		"ZHIXING_TEST_DATABASE_URL=" + database, "ZHIXING_TEST_REDIS_URL=" + c.RedisURL,
		"ZHIXING_TEST_S3_ENDPOINT=" + c.S3.Endpoint, "ZHIXING_TEST_S3_REGION=" + c.S3.Region, "ZHIXING_TEST_S3_BUCKET=" + c.S3.Bucket,
		"ZHIXING_TEST_S3_ACCESS_KEY=" + c.S3.AccessKey, "ZHIXING_TEST_S3_SECRET_KEY=" + c.S3.SecretKey,
		"ZHIXING_TEST_DATA=" + data,
	}
}

// runCommand runs a command to its end. When ctx is done it is asked to end, and
// killed if it does not; it is killed too when we are.
func runCommand(ctx context.Context, command, env []string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // G204: the operator's own command
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, prefix) || strings.HasPrefix(line, testPrefix) { // our settings are not its
			cmd.Env = append(cmd.Env, line)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = drainLimit
	return runBound(cmd)
}
