package app

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every deed that is written into the audit trail has words in both languages:
// officials read 启用账号, not person.enable_account. A deed is the first argument
// of Did, or a text of that form in a function that calls Did with something
// else, or an argument of that function.
//
// Seen red: with every deed of signing in and of imports missing from the two
// files, as they were before this test.
func TestAuditDeedsHaveWords(t *testing.T) {
	deeds := auditDeeds(t)
	if len(deeds) < 90 {
		t.Fatalf("only %d deeds were found: %v", len(deeds), deeds)
	}
	for _, language := range []string{"zh-CN", "en"} {
		b, err := os.ReadFile(filepath.Join("../frontend/src/locales", language, "audit-trail.json"))
		if err != nil {
			t.Fatal(err)
		}
		var texts struct {
			Areas   map[string]string
			Actions map[string]map[string]string
		}
		if err := json.Unmarshal(b, &texts); err != nil {
			t.Fatal(err)
		}
		for _, deed := range deeds {
			area, verb, _ := strings.Cut(deed, ".")
			if isReason(area, verb) {
				continue
			}
			if texts.Actions[area][verb] == "" {
				t.Errorf("%s: no words for %s", language, deed)
			}
			if texts.Areas[area] == "" {
				t.Errorf("%s: no name for the area %s", language, area)
			}
		}
	}
}

// isReason tells the reason of an error, which has the same form, from a deed.
func isReason(area, verb string) bool {
	b, err := os.ReadFile("../frontend/src/locales/zh-CN/problem." + area + ".json")
	var texts map[string]any
	return area == "body" || err == nil && json.Unmarshal(b, &texts) == nil && texts[verb] != nil
}

var deedForm = regexp.MustCompile(`^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$`)

func auditDeeds(t *testing.T) []string {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found, open := map[string]bool{}, map[string]bool{} // open: functions that are told the deed
	var parsed []*ast.File
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	each(parsed, func(in string, call *ast.CallExpr) {
		if called(call) != "Did" || len(call.Args) == 0 {
			return
		}
		if deed, ok := literal(call.Args[0]); ok {
			found[deed] = true
		} else {
			open[in] = true
		}
	})
	each(parsed, func(_ string, call *ast.CallExpr) {
		if !open[called(call)] {
			return
		}
		for _, arg := range call.Args {
			if deed, ok := literal(arg); ok {
				found[deed] = true
			}
		}
	})
	for _, f := range parsed {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && open[fn.Name.Name] {
				ast.Inspect(fn, func(n ast.Node) bool {
					if call, ok := n.(*ast.CallExpr); ok && called(call) == "E" { // the reason of an error looks alike
						return false
					}
					if e, ok := n.(ast.Expr); ok {
						if deed, ok := literal(e); ok {
							found[deed] = true
						}
					}
					return true
				})
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// each visits every call with the name of the function that it stands in.
func each(files []*ast.File, visit func(in string, call *ast.CallExpr)) {
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					visit(fn.Name.Name, call)
				}
				return true
			})
		}
	}
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil && deedForm.MatchString(s)
}
