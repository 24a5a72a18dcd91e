package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhixing/domain/org"
	"zhixing/storage/postgres/postgrestest"
)

// A file goes in by the command as it does by the page: judged, reported,
// applied; what goes out comes in again unchanged. Who acts needs the right.
// Seen red by applying in spite of --dry-run, and by leaving Acting's check out.
func TestPeopleFilesCommand(t *testing.T) {
	db, url := postgrestest.NewURL(t)
	dir := t.TempDir()
	for name, value := range map[string]string{
		"DATABASE_URL": url, "REDIS_URL": os.Getenv("ZHIXING_TEST_REDIS_URL"), "S3_ENDPOINT": os.Getenv("ZHIXING_TEST_S3_ENDPOINT"),
		"S3_ACCESS_KEY": os.Getenv("ZHIXING_TEST_S3_ACCESS_KEY"), "S3_SECRET_KEY": os.Getenv("ZHIXING_TEST_S3_SECRET_KEY"),
		"S3_REGION": os.Getenv("ZHIXING_TEST_S3_REGION"), "DATA": dir, "SECRET_KEY": strings.Repeat("0123456789abcdef", 4), "LOG_LEVEL": "error", "S3_SECURE": "false",
	} {
		t.Setenv("ZHIXING_"+name, value)
	}
	zhixing := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := run(t.Context(), append([]string{"zhixing"}, args...), &out, &out); code != want {
			t.Fatalf("zhixing %v ended with %d, want %d:\n%s", args, code, want, &out)
		}
		return out.String()
	}
	zhixing(0, "setup", "--number", "root", "--name", "管理员")
	file := filepath.Join(dir, "people.csv")
	rows := "学工号,姓名,发展阶段,血型\n2026001,张三,入党积极分子,A\n2026002,,,\n2026003,李四,,\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		t.Helper()
		if err := db.Bun.NewRaw("SELECT count(*) FROM people").Scan(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	zhixing(1, "import", "people", file, "--as", "nobody", "--kind", "student")
	out := zhixing(2, "import", "people", file, "--as", "root", "--kind", "student", "--dry-run")
	for _, want := range []string{"B3\t姓名\t", "血型", "3 rows: 2 new, 0 changed, 0 same, 1 refused", "nothing was applied"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if n := count(); n != 1 {
		t.Fatalf("a dry run left %d people", n)
	}
	var r importReport
	out = zhixing(2, "import", "people", file, "--as", "root", "--kind", "student", "--json")
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &r); err != nil {
		t.Fatal(err, out)
	}
	if r.State != org.ImportApplied || r.Counts.Applied != 2 || r.Counts.Refused != 1 || len(r.Lines) < 2 || count() != 3 {
		t.Errorf("%+v, %d people", r, count())
	}
	if out := zhixing(1, "import", "people", filepath.Join(dir, "none.csv"), "--as", "root"); !strings.Contains(out, "none.csv") {
		t.Errorf("of no file: %s", out)
	}
	for _, format := range []string{"csv", "xlsx"} {
		back := filepath.Join(dir, "out."+format)
		if out := zhixing(0, "export", "people", "--as", "root", "--reason", "迁移", "--format", format, "--query", "2026", "-o", back); !strings.Contains(out, "2 rows in") {
			t.Errorf("export said %s", out)
		}
		if info, err := os.Stat(back); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		if out := zhixing(0, "import", "people", back, "--as", "root"); !strings.Contains(out, "2 rows: 0 new, 0 changed, 2 same, 0 refused") {
			t.Errorf("in again: %s", out)
		}
	}
	db.Bun.NewRaw("DELETE FROM role_permissions WHERE permission = 'people:import'").Exec(t.Context()) //nolint:errcheck // the next line tells
	if out := zhixing(1, "import", "people", file, "--as", "root", "--kind", "student"); !strings.Contains(out, "session.not_permitted") {
		t.Errorf("without the right: %s", out)
	}
}
