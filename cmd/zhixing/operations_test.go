package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// -update writes the table instead of comparing it.
var update = flag.Bool("update", false, "write the settings' table into docs/operations.md")

func settingsTable() string {
	var b strings.Builder
	b.WriteString("| setting | default | what it says |\n|---|---|---|\n")
	for _, s := range settings {
		def := "—"
		if s.def != "" {
			def = "`" + s.def + "`"
		}
		secret := ""
		if s.secret {
			secret = " Secret; `_FILE` works."
		}
		fmt.Fprintf(&b, "| `%s%s` | %s | %s%s |\n", prefix, s.name, def, s.help, secret)
	}
	return b.String()
}

// The operator's table is the program's. Run with -update after a change.
func TestOperationsListsEverySetting(t *testing.T) {
	const from, to = "with cmd/zhixing/config.go -->\n", "<!-- end of settings -->"
	path := filepath.Join("..", "..", "docs", "operations.md")
	page := readRoot(t, "docs/operations.md")
	head, rest, ok1 := strings.Cut(page, from)
	got, tail, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatal("docs/operations.md has lost the marks round its table")
	}
	if *update {
		if err := os.WriteFile(path, []byte(head+from+settingsTable()+to+tail), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != settingsTable() {
		t.Errorf("docs/operations.md differs from config.go; run go test ./cmd/zhixing -run Operations -update\n%s", settingsTable())
	}
}

// Both READMEs are of one build: the same headings, commands, files and rows of
// tables. Seen red: with a kind of change in one of them only, as it was.
func TestReadmesAgree(t *testing.T) {
	en, zh := readRoot(t, "README.md"), readRoot(t, "README.zh-CN.md")
	for _, mark := range []string{"## ", "| ", "| `", "```"} {
		if a, b := strings.Count(en, "\n"+mark), strings.Count(zh, "\n"+mark); a != b {
			t.Errorf("README.md has %d lines with %q, README.zh-CN.md %d", a, mark, b)
		}
	}
	for _, page := range []string{en, zh} {
		for _, want := range []string{"make run", "make test", demoPassword} {
			if !strings.Contains(page, want) {
				t.Errorf("a README does not name %q", want)
			}
		}
		for _, a := range demoSignIns().Accounts {
			if !strings.Contains(page, "`"+a.Number+"`") {
				t.Errorf("a README does not name the demo account %s", a.Number)
			}
		}
	}
}
