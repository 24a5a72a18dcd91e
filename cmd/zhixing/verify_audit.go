package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"zhixing/app"
	"zhixing/domain/audit"
	"zhixing/storage/postgres"
)

func verifyAuditCommand() *cli.Command {
	return &cli.Command{
		Name: "audit", Usage: "walk the chain of the audit log and name the first broken entry",
		Description: "A chain cannot show by itself that its end was cut off. Keep the head that is printed in another place and give it back with --head.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "head", Usage: "a head that was kept: SEQ:HASH"},
			&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"},
		},
		Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
			kept, err := parseHead(cmd.String("head"))
			if err != nil {
				return err
			}
			return withDatabase(ctx, cfg, func(db *postgres.DB) error {
				v, err := (&app.Audits{Store: db.AuditEvents()}).Verify(ctx, kept)
				if err != nil {
					return err
				}
				return printAudit(cmd.Root().Writer, v, cmd.Bool("json"))
			})
		}),
	}
}

// parseHead reads SEQ:HASH; "" is no head.
func parseHead(s string) (audit.Chain, error) {
	if s == "" {
		return audit.Chain{}, nil
	}
	bad := errors.New("--head is wrong: it should be a number, a colon and 64 hexadecimal digits, as an earlier run printed it")
	seq, hash, ok := strings.Cut(s, ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if !ok || err != nil || n < 1 {
		return audit.Chain{}, bad
	}
	b, err := hex.DecodeString(hash)
	if err != nil || len(b) != 32 {
		return audit.Chain{}, bad
	}
	return audit.Chain{Seq: n, Hash: b}, nil
}

var flawWords = map[string]string{
	"missing": "the entry is not there",
	"changed": "the entry is not what was written",
	"moved":   "the entry does not follow the one before it",
}

// printAudit tells the outcome; an error, for the exit code, when the chain is broken.
func printAudit(w io.Writer, v *app.Verified, asJSON bool) error {
	head := fmt.Sprintf("%d:%s", v.Head.Seq, hex.EncodeToString(v.Head.Hash))
	if asJSON {
		out := map[string]any{"entries": v.Head.Seq, "head": head, "broken": v.Flaw != nil}
		if v.Flaw != nil {
			out["first_broken"], out["why"] = v.Flaw.Seq, v.Flaw.Why
		}
		if err := json.NewEncoder(w).Encode(out); err != nil {
			return err
		}
	}
	if v.Flaw != nil {
		return fmt.Errorf("the audit log is broken at entry %d: %s", v.Flaw.Seq, flawWords[v.Flaw.Why])
	}
	if !asJSON {
		_, _ = fmt.Fprintf(w, "%d entries, the chain holds\nhead %s\n", v.Head.Seq, head)
	}
	return nil
}
