package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"zhixing/app"
	"zhixing/domain/hours"
	"zhixing/storage/document"
	"zhixing/storage/local"
	"zhixing/storage/postgres"

	"github.com/urfave/cli/v3"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "prove what is kept; exit code 1 if anything is broken",
		Commands: []*cli.Command{{
			Name: "ledger", Usage: "walk every person's chain of hours and compare it with the anchors outside the database",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "anchors", Usage: "folder of anchor files, for example a copy kept elsewhere (default: anchors in the data folder)"},
				&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"},
			},
			Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
				return withDatabase(ctx, cfg, func(db *postgres.DB) error {
					dir := cmd.String("anchors")
					if dir == "" {
						dir = anchorFolder(cfg)
					}
					h := &app.Hours{Store: db.Hours(), Files: document.Anchors{Dir: dir}}
					v, err := h.Verify(ctx)
					if err != nil {
						return err
					}
					return printVerification(cmd.Root().Writer, v, cmd.Bool("json"))
				})
			}),
		}, verifyAuditCommand()},
	}
}

// anchorFolder is where the ledger's anchors are kept, outside the database.
func anchorFolder(cfg Config) string { return filepath.Join(cfg.Data, "anchors") }

// withDatabase opens the configured database, else that of the zhixing running
// on the data folder, else starts the folder's own for as long as do takes.
func withDatabase(ctx context.Context, cfg Config, do func(db *postgres.DB) error) error {
	url, err := runningDatabase(cfg)
	if err != nil {
		return err
	}
	if url == "" {
		stack, err := local.Start(ctx, local.Options{Dir: cfg.Data, Postgres: true})
		if err != nil {
			return err
		}
		defer func() { _ = stack.Stop(context.WithoutCancel(ctx)) }()
		url = stack.Endpoints.DatabaseURL
	}
	db, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return do(db)
}

// runningDatabase is the URL of the configured database, else of that of the
// zhixing running on the data folder; "" when none runs there.
func runningDatabase(cfg Config) (string, error) {
	if cfg.DatabaseURL != "" {
		return cfg.DatabaseURL, nil
	}
	if _, held := local.Holder(cfg.Data); !held {
		return "", nil
	}
	e, err := local.Reach(cfg.Data)
	return e.DatabaseURL, err
}

// printVerification says what was walked and names every broken chain's first
// broken entry; an error, for the exit code, when there is one.
func printVerification(w io.Writer, v *hours.Verification, asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(w).Encode(v); err != nil {
			return err
		}
	} else {
		_, _ = fmt.Fprintf(w, "%d people, %d entries, %d anchor files\n", v.People, v.Entries, v.Anchors)
		for _, b := range v.Breaks {
			if b.PersonID == "" {
				_, _ = fmt.Fprintf(w, "BROKEN anchor: should be %s, is %s\n", b.Want, b.Got)
				continue
			}
			_, _ = fmt.Fprintf(w, "BROKEN person %s, entry %d: %s\n  should be %s\n  is        %s\n", b.PersonID, b.Seq, brokenWords[b.Kind], b.Want, b.Got)
		}
		if more := v.Broken - len(v.Breaks); more > 0 {
			_, _ = fmt.Fprintf(w, "and %d more\n", more)
		}
	}
	if v.Broken > 0 {
		return fmt.Errorf("the ledger is broken in %d places", v.Broken)
	}
	if !asJSON {
		_, _ = fmt.Fprintln(w, "the ledger is whole")
	}
	return nil
}

var brokenWords = map[string]string{
	hours.BrokenContent:   "a field was changed after it was written",
	hours.BrokenLink:      "the entry before it was exchanged",
	hours.BrokenGap:       "an entry is missing here",
	hours.BrokenHead:      "the chain does not end where its head says",
	hours.BrokenTruncated: "anchored entries are gone from the end",
	hours.BrokenRewritten: "the chain was written anew after it was anchored",
	hours.BrokenAnchor:    "the anchor in the database is not the one on file",
}
