package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"zhixing/app"
	"zhixing/domain/job"
	"zhixing/storage/document"
	"zhixing/storage/postgres/postgrestest"
)

// The whole way of an inspector: data made at scale is whole, can be measured,
// and after an edit in the table and a cut of a chain's end with its head the
// command names both people and entries and ends with 1. Each comparison was
// seen red where it is made: domain/hours/chain_test.go.
func TestVerifyLedgerCommand(t *testing.T) {
	db, url := postgrestest.NewURL(t)
	dir := t.TempDir()
	t.Setenv("ZHIXING_DATABASE_URL", url)
	t.Setenv("ZHIXING_DATA", dir)
	zhixing := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := run(t.Context(), append([]string{"zhixing"}, args...), &out, &out); code != want {
			t.Fatalf("zhixing %v ended with %d, want %d:\n%s", args, code, want, &out)
		}
		return out.String()
	}
	zhixing(0, "seed", "--scale", "30", "--events", "1200")
	if out := zhixing(0, "bench", "hours", "--runs", "2"); !strings.Contains(out, "export: 32 rows") && !strings.Contains(out, "export: 33 rows") {
		t.Errorf("bench said\n%s", out)
	}
	h := &app.Hours{Store: db.Hours(), Files: document.Anchors{Dir: dir + "/anchors"}}
	if err := h.Anchor(t.Context(), job.AnchorLedger{}); err != nil {
		t.Fatal(err)
	}
	if out := zhixing(0, "verify", "ledger"); !strings.Contains(out, "1200 entries, 1 anchor files\nthe ledger is whole") {
		t.Errorf("verify said\n%s", out)
	}
	var edited, cut string
	err := db.Pool.QueryRow(t.Context(), "SELECT min(person_id::text), max(person_id::text) FROM hour_events").Scan(&edited, &cut)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		"ALTER TABLE hour_events DISABLE TRIGGER ALL",
		"UPDATE hour_events SET amount_centi = 9900 WHERE seq = 7 AND person_id = '" + edited + "'",
		"DELETE FROM hour_events WHERE seq > 12 AND person_id = '" + cut + "'",
		"UPDATE hour_chains c SET seq = 12, hash = (SELECT hash FROM hour_events e WHERE e.person_id = c.person_id AND e.seq = 12) WHERE person_id = '" + cut + "'",
	} {
		if _, err := db.Pool.Exec(context.Background(), q); err != nil {
			t.Fatal(err)
		}
	}
	out := zhixing(1, "verify", "ledger")
	for _, want := range []string{"BROKEN person " + edited + ", entry 7: a field was changed", "BROKEN person " + cut + ", entry 13: anchored entries are gone", "broken in 2 places"} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	if out := zhixing(1, "verify", "ledger", "--anchors", t.TempDir()); !strings.Contains(out, "anchor: should be") {
		t.Errorf("a missing folder of anchors is not told:\n%s", out)
	}
}
