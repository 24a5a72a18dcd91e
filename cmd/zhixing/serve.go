package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"zhixing/storage/postgres"

	"github.com/urfave/cli/v3"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name: "serve", Usage: "answer the API and serve the page, on services that run elsewhere",
		Action: configured(func(ctx context.Context, _ *cli.Command, cfg Config) error { return runOn(ctx, cfg, true, false) }),
	}
}

func workerCommand() *cli.Command {
	return &cli.Command{
		Name: "worker", Usage: "do the background jobs, on services that run elsewhere",
		Action: configured(func(ctx context.Context, _ *cli.Command, cfg Config) error { return runOn(ctx, cfg, false, true) }),
	}
}

// runOn runs the API, the worker or both until ctx is done.
func runOn(ctx context.Context, cfg Config, serve, work bool) error {
	if err := cfg.needServices(); err != nil {
		return err
	}
	if err := cfg.needSecretKey(); err != nil {
		return err
	}
	if err := refuseStale(ctx, cfg.DatabaseURL); err != nil {
		return err
	}
	if err := ensureBucket(ctx, cfg.S3); err != nil {
		return err
	}
	p, err := build(ctx, cfg, nil)
	if err != nil {
		return err
	}
	var ln net.Listener
	if serve {
		if ln, err = listen(ctx, cfg.Addr); err != nil {
			return errors.Join(err, p.close())
		}
		slog.InfoContext(ctx, "serving", "address", ln.Addr().String(), "version", version)
	}
	if work {
		slog.InfoContext(ctx, "working", "kinds", len(p.worker.Kinds), "version", version)
	}
	return errors.Join(p.run(ctx, ln, work), p.close())
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("ZHIXING_ADDR %s cannot be listened on: %w", addr, err)
	}
	return ln, nil
}

// refuseStale refuses a database whose schema is not this binary's.
func refuseStale(ctx context.Context, url string) error {
	n, err := postgres.Pending(ctx, url)
	switch {
	case err != nil:
		return err
	case n > 0:
		return fmt.Errorf("the database lacks %d migrations; run `zhixing migrate`", n)
	case n < 0:
		return errors.New("the database is newer than this binary; install the newer zhixing")
	}
	return nil
}
