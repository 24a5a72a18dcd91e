// Command zhixing is the whole product in one binary: the API with the page in
// it, the workers, the one-machine stack and the operator's tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"
)

// version is set by the linker (make build).
var version = "development"

func main() {
	self, _ = os.Executable() // without it, passwords are hashed in this process
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() { // a second Ctrl-C ends at once; the children end with us
		<-ctx.Done()
		stop()
	}()
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cli.Command{
		Name: "zhixing", Version: version, Usage: "知行: online learning and examinations",
		Description:    "Settings are environment variables, ZHIXING_…; docs/operations.md lists them.",
		Commands:       commands(),
		Writer:         stdout,
		ErrWriter:      stderr,
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, // here, below
	}
	err := root.Run(ctx, args)
	if err == nil {
		return 0
	}
	if ended, ok := errors.AsType[*exec.ExitError](err); ok { // the command of `up … -- command`
		return max(1, ended.ExitCode())
	}
	_, _ = fmt.Fprintln(stderr, "zhixing:", err)
	if _, ok := errors.AsType[partial](err); ok {
		return 2
	}
	return 1
}

// commands lists the subcommands, one line each.
func commands() []*cli.Command {
	return []*cli.Command{
		upCommand(),
		serveCommand(),
		workerCommand(),
		migrateCommand(),
		setupCommand(),
		seedCommand(),
		importCommand(),
		exportCommand(),
		doctorCommand(),
		hashesCommand(),
		openapiCommand(),
		verifyCommand(),
		loadtestCommand(),
		benchCommand(),
	}
}

// configured wraps an action that needs the settings; it also sets up the log.
func configured(do func(ctx context.Context, cmd *cli.Command, cfg Config) error) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		cfg, err := readConfig(os.Environ())
		if err != nil {
			return fmt.Errorf("settings:\n%w", err)
		}
		slog.SetDefault(newLogger(cfg, os.Stderr))
		return do(ctx, cmd, cfg)
	}
}

// newLogger writes JSON, or text where a person reads along.
func newLogger(cfg Config, f *os.File) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.LogLevel}
	fi, err := f.Stat()
	terminal := err == nil && fi.Mode()&os.ModeCharDevice != 0
	if cfg.LogFormat == "text" || cfg.LogFormat == "auto" && terminal {
		return slog.New(slog.NewTextHandler(f, opts))
	}
	return slog.New(slog.NewJSONHandler(f, opts))
}
