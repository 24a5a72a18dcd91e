package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	anyCall  = regexp.MustCompile(`\bhttp\.(?:get|post|put|patch|delete|bytes)\b`)
	withPath = regexp.MustCompile("^http\\.(?:(get|post|put|patch|delete)(?:<[^(]*?>)?\\(|bytes(?:<[^(]*?>)?\\(\\s*'(POST|PUT)',)\\s*(?:withQuery\\(\\s*)?[`'](/(?:\\$\\{[^}]*\\}|[^`'?])*)")
	filledIn = regexp.MustCompile(`\$\{[^}]*\}`)
)

// The page asks only for operations that there are: the address and the method of
// each call of its one http port is held against the API's document (ADR 0014).
// Seen red: with an operation renamed in the document, and with a patch for a put.
func TestPageAsksForWhatThereIs(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(readRoot(t, "docs/openapi.json")), &doc); err != nil {
		t.Fatal(err)
	}
	elsewhere := map[string]int{"features/exam-taking/api/attempt.ts": 1} // calls whose address is made in the line before
	calls := 0
	root := filepath.Join("..", "..", "frontend", "src")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		if err != nil || d.IsDir() || strings.HasPrefix(name, "api/") || strings.Contains(name, ".test.") || !strings.HasPrefix(filepath.Ext(name), ".ts") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, at := range anyCall.FindAllStringIndex(string(b), -1) {
			calls++
			m := withPath.FindStringSubmatch(string(b[at[0]:]))
			if m == nil {
				if elsewhere[name]--; elsewhere[name] < 0 {
					t.Errorf("%s: the address of %.60q is no literal", name, b[at[0]:])
				}
				continue
			}
			method, asked := strings.ToLower(m[1]+m[2]), strings.Split(filledIn.ReplaceAllString(m[3], "*"), "/")
			if !anyPath(doc.Paths, method, asked) {
				t.Errorf("%s: there is no %s %s", name, method, m[3])
			}
		}
		return err
	})
	if err != nil || calls < 150 {
		t.Errorf("looked at %d calls: %v", calls, err)
	}
}

// anyPath reports whether a path of the document is the one asked for, where *
// stands for what the page fills in.
func anyPath(paths map[string]map[string]json.RawMessage, method string, asked []string) bool {
	for p, methods := range paths {
		is := strings.Split(p, "/")
		same := len(is) == len(asked) && methods[method] != nil
		for i := 0; same && i < len(is); i++ {
			same = is[i] == asked[i] || strings.Contains(asked[i], "*")
		}
		if same {
			return true
		}
	}
	return false
}
