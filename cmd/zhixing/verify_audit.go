package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"zhixing/app"
	"zhixing/domain/audit"
	"zhixing/storage/document"
	"zhixing/storage/postgres"
)

func verifyAuditCommand() *cli.Command {
	return &cli.Command{
		Name: "audit", Usage: "walk the chain of the audit log and name the first broken entry",
		Description: "A chain cannot show by itself that its end was cut off, or that it was written anew. Each minute its head goes to the anchor file outside the database; keep copies of that file elsewhere and give one with --anchor. A single head that was noted is given with --head.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "anchor", Usage: "anchor file, for example a copy kept elsewhere (default: the one that is written)"},
			&cli.StringFlag{Name: "head", Usage: "a head that was kept: SEQ:HASH"},
			&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"},
		},
		Action: configured(func(ctx context.Context, cmd *cli.Command, cfg Config) error {
			kept, err := parseHead(cmd.String("head"))
			if err != nil {
				return err
			}
			return withDatabase(ctx, cfg, func(db *postgres.DB) error {
				path := cmd.String("anchor")
				if path == "" {
					path = auditAnchor(cfg)
				}
				v, err := (&app.Audits{Store: db.AuditEvents(), File: document.AuditAnchor{Path: path}}).Verify(ctx, kept...)
				if err != nil {
					return err
				}
				return printAudit(cmd.Root().Writer, v, cmd.Bool("json"))
			})
		}),
	}
}

// auditAnchor is the file that the head of the audit log goes to each minute.
func auditAnchor(cfg Config) string {
	if cfg.AuditAnchor != "" {
		return cfg.AuditAnchor
	}
	return filepath.Join(cfg.Data, "audit.anchor")
}

// parseHead reads SEQ:HASH; "" is no head.
func parseHead(s string) ([]audit.Mark, error) {
	if s == "" {
		return nil, nil
	}
	bad := errors.New("--head is wrong: it should be a number, a colon and 64 hexadecimal digits, as an earlier run printed it")
	seq, hash, ok := strings.Cut(s, ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if !ok || err != nil || n < 1 {
		return nil, bad
	}
	b, err := hex.DecodeString(hash)
	if err != nil || len(b) != 32 {
		return nil, bad
	}
	return []audit.Mark{{Seq: n, Hash: b}}, nil
}

var flawWords = map[string]string{
	"missing": "the entry is not there",
	"changed": "the entry is not what was written",
	"moved":   "the entry does not follow the one before it",

	audit.FlawRewritten: "the log up to here is not the one that was anchored; it was written anew",
	audit.FlawCut:       "entries that were anchored are gone from the end",
}

// fileWords are flaws of the anchor file; Seq is a line or the entry of the last anchor.
var fileWords = map[string]string{
	audit.FlawFile:     "the anchor file was changed at line %d",
	audit.FlawFileCut:  "the end of the anchor file is gone; the database knows of anchors up to entry %d",
	audit.FlawFileGone: "there is no anchor file; the database knows of anchors up to entry %d",
}

// printAudit tells the outcome; an error, for the exit code, when the chain is broken.
func printAudit(w io.Writer, v *app.Verified, asJSON bool) error {
	head := fmt.Sprintf("%d:%s", v.Head.Seq, hex.EncodeToString(v.Head.Hash))
	if asJSON {
		out := map[string]any{"entries": v.Head.Seq, "head": head, "anchors": v.Marks, "broken": v.Flaw != nil}
		if v.Flaw != nil {
			out["first_broken"], out["why"] = v.Flaw.Seq, v.Flaw.Why
		}
		if err := json.NewEncoder(w).Encode(out); err != nil {
			return err
		}
	}
	if v.Flaw != nil {
		if words, ok := fileWords[v.Flaw.Why]; ok {
			return fmt.Errorf(words, v.Flaw.Seq)
		}
		return fmt.Errorf("the audit log is broken at entry %d: %s", v.Flaw.Seq, flawWords[v.Flaw.Why])
	}
	if !asJSON {
		_, _ = fmt.Fprintf(w, "%d entries, the chain holds and agrees with %d anchors\nhead %s\n", v.Head.Seq, v.Marks, head)
	}
	return nil
}
