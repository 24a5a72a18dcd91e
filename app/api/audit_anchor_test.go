package api_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"zhixing/app"
	"zhixing/app/api/apitest"
	"zhixing/domain/audit"
	"zhixing/storage/document"
)

// anchored is an audit log with an anchor file.
type anchored struct {
	*apitest.Env
	t      *testing.T
	path   string
	audits *app.Audits
}

func newAnchored(t *testing.T) *anchored {
	a := &anchored{Env: apitest.New(t), t: t, path: filepath.Join(t.TempDir(), "kept", "audit.anchor")}
	a.audits = &app.Audits{Store: a.DB.AuditEvents(), File: document.AuditAnchor{Path: a.path}}
	a.Exec(t, "ALTER TABLE audit_events DISABLE TRIGGER ALL")
	a.Exec(t, "ALTER TABLE audit_events DROP CONSTRAINT audit_events_pkey")
	return a
}

func (a *anchored) add(n int) {
	a.t.Helper()
	for range n {
		if err := a.DB.AuditEvents().Audit(a.t.Context(), audit.Entry{Action: "test.do", SubjectType: "thing", SubjectID: "1", IP: "10.0.0.1"}); err != nil {
			a.t.Fatal(err)
		}
	}
}

func (a *anchored) anchor() {
	a.t.Helper()
	if err := a.audits.Anchor(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
}

func (a *anchored) verify() *app.Verified {
	a.t.Helper()
	v, err := a.audits.Verify(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	return v
}

func (a *anchored) lines() []string {
	a.t.Helper()
	b, err := os.ReadFile(a.path)
	if err != nil {
		a.t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")
}

func (a *anchored) write(lines []string) {
	a.t.Helper()
	text := strings.TrimSuffix(strings.Join(lines, ""), "\n") + "\n"
	if err := os.WriteFile(a.path, []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// Whatever is flipped, deleted, reordered or cut, in the log or in the file, and
// even where the whole chain is hashed anew after it, shows.
//
// Seen red: without comparing with the marks (Chain.Against) what is hashed anew
// goes unnoticed; without the look at the last mark (Audits.Anchor) it is anchored over.
func TestAuditAnchorFindsTampering(t *testing.T) {
	a := newAnchored(t)
	for range 12 {
		a.add(3)
		a.anchor()
	}
	if v := a.verify(); v.Flaw != nil || v.Marks != 12 || v.Head.Seq != 36 {
		t.Fatalf("untouched: %+v %+v", v, v.Flaw)
	}
	a.Exec(t, "CREATE TABLE before AS SELECT * FROM audit_events")
	lines := a.lines()
	rehash := func(from int) {
		for seq := from; seq <= 36; seq++ {
			a.Exec(t, `UPDATE audit_events e SET prev_hash = coalesce((SELECT p.hash FROM audit_events p WHERE p.seq = e.seq - 1), ''::bytea) WHERE seq = ?`, seq)
			a.Exec(t, "UPDATE audit_events e SET hash = audit_hash(e) WHERE seq = ?", seq)
		}
	}
	found := map[string]int{}
	for range 40 {
		n, row := rand.IntN(9), 1+rand.IntN(36)
		switch n {
		case 0:
			a.Exec(t, "UPDATE audit_events SET ip = ip || '1' WHERE seq = ?", row)
		case 1: // with all that follows hashed anew
			a.Exec(t, "UPDATE audit_events SET action = 'test.forge' WHERE seq = ?", row)
			rehash(row)
		case 2:
			a.Exec(t, "DELETE FROM audit_events WHERE seq = ?", row)
		case 3: // with what follows moved up and hashed anew
			a.Exec(t, "DELETE FROM audit_events WHERE seq = ?", row)
			a.Exec(t, "UPDATE audit_events SET seq = seq - 1 WHERE seq > ?", row)
			rehash(row)
		case 4:
			a.Exec(t, "UPDATE audit_events SET seq = CASE seq WHEN ?0 THEN ?1 ELSE ?0 END WHERE seq IN (?0, ?1)", row, 1+row%36)
		case 5:
			a.Exec(t, "DELETE FROM audit_events WHERE seq >= ?", row)
		case 6: // the end of the file
			a.write(lines[:1+rand.IntN(12)])
		case 7: // a line out of the file
			at := 1 + rand.IntN(11)
			a.write(append(append([]string{}, lines[:at]...), lines[at+1:]...))
		case 8: // another hash in the file
			at := 1 + rand.IntN(12)
			forged := append([]string{}, lines...)
			forged[at] = strings.Map(func(r rune) rune {
				if r == 'a' {
					return 'b'
				}
				return r
			}, forged[at])
			a.write(forged)
		}
		v := a.verify()
		if v.Flaw == nil {
			t.Errorf("tampering %d at %d was not found", n, row)
		} else {
			found[fmt.Sprintf("%d %s", n, v.Flaw.Why)]++
		}
		if n < 6 && n != 2 && row <= 36 { // the sweep of the next minute says it, too, where it touches the last mark
			if err := a.audits.Anchor(t.Context()); (n == 1 || n == 3 || n == 5) && err == nil {
				t.Errorf("tampering %d at %d was anchored over", n, row)
			}
		}
		a.Exec(t, "DELETE FROM audit_events")
		a.Exec(t, "INSERT INTO audit_events SELECT * FROM before")
		a.write(lines)
	}
	t.Log(found)
	if err := os.Remove(a.path); err != nil {
		t.Fatal(err)
	}
	if v := a.verify(); v.Flaw == nil || v.Flaw.Why != audit.FlawFileGone {
		t.Errorf("no file: %+v", v.Flaw)
	}
}

// Many processes write one line for one state; a line that a crash tore, and one
// whose row was lost, are no tampering; a new process goes on. Seen red without
// LockAnchors: lines of two processes do not follow each other.
func TestAuditAnchorManyAndCrashes(t *testing.T) {
	a := newAnchored(t)
	a.anchor()
	if _, err := os.Stat(a.path); err == nil {
		t.Error("an empty log was anchored")
	}
	for range 4 {
		a.add(2)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				other := &app.Audits{Store: a.DB.AuditEvents(), File: document.AuditAnchor{Path: a.path}}
				if err := other.Anchor(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if v := a.verify(); v.Flaw != nil || v.Marks != 4 {
		t.Fatalf("%+v %+v", v, v.Flaw)
	}
	whole, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.path, append(bytes.Clone(whole), "2026-11-23T00:00:0"...), 0o600); err != nil { // torn
		t.Fatal(err)
	}
	a.add(1)
	a.anchor()
	if v := a.verify(); v.Flaw != nil || v.Marks != 5 {
		t.Fatalf("after a torn line: %+v %+v", v, v.Flaw)
	}
	a.Exec(t, "CREATE TABLE kept AS SELECT * FROM audit_anchors")
	a.add(1)
	a.anchor()
	a.Exec(t, "DELETE FROM audit_anchors")
	a.Exec(t, "INSERT INTO audit_anchors SELECT * FROM kept") // the line is there, its row was lost
	a.add(1)
	a.anchor()
	if v := a.verify(); v.Flaw != nil || v.Marks != 7 {
		t.Fatalf("after a lost row: %+v %+v", v, v.Flaw)
	}
}
