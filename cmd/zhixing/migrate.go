package main

import (
	"context"
	"errors"
	"log/slog"

	"zhixing/storage/postgres"

	"github.com/urfave/cli/v3"
)

func migrateCommand() *cli.Command {
	return &cli.Command{
		Name: "migrate", Usage: "bring the database's schema to this binary's version; safe to run twice and at once",
		Action: configured(func(ctx context.Context, _ *cli.Command, cfg Config) error {
			if cfg.DatabaseURL == "" {
				return errors.New("ZHIXING_DATABASE_URL is not set (`zhixing up` migrates its own database by itself)")
			}
			if err := postgres.Migrate(ctx, cfg.DatabaseURL); err != nil {
				return err
			}
			slog.InfoContext(ctx, "the schema is up to date")
			return nil
		}),
	}
}
