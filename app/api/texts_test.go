package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"zhixing/app/api"
)

const root = "../.."

// Every reason in the source has a sentence in every language, with the same
// places to fill in: nobody is ever shown a bare key.
//
// Seen red: with "page.bad_token" taken out of en/problem.page.json.
func TestEveryReasonHasItsSentences(t *testing.T) {
	texts, err := api.LoadTexts(os.DirFS(filepath.Join(root, "frontend/src/locales")))
	if err != nil {
		t.Fatal(err)
	}
	contexts := map[string]bool{}
	for reason := range texts["zh-CN"] {
		contexts[head(reason)] = true
	}
	used := reasonsInSource(t, contexts)
	if len(used) < 150 {
		t.Fatalf("only %d reasons found in the source: the search is broken", len(used))
	}
	for reason, where := range used {
		for _, lang := range api.Languages() {
			if texts[lang][reason] == "" {
				t.Errorf("%s: reason %q has no sentence in %s", where, reason, lang)
			}
		}
	}
	for reason, zh := range texts["zh-CN"] {
		if en, ok := texts["en"][reason]; !ok {
			t.Errorf("reason %q has no English sentence", reason)
		} else if a, b := places(zh), places(en); !slices.Equal(a, b) {
			t.Errorf("reason %q fills in %v in Chinese and %v in English", reason, a, b)
		}
	}
	for reason := range texts["en"] {
		if _, ok := texts["zh-CN"][reason]; !ok {
			t.Errorf("reason %q has no Chinese sentence", reason)
		}
	}
}

func places(s string) []string {
	return slices.Compact(slices.Sorted(slices.Values(regexp.MustCompile(`{{\w+}}`).FindAllString(s, -1))))
}

// reasonForm is what a reason looks like; reasonTakers are the functions that
// take one. What others take and looks alike is a deed for the audit log.
var (
	reasonForm   = regexp.MustCompile(`^[a-z_]+\.[a-z0-9_]+$`)
	reasonTakers = []string{"E", "At", "fail", "mustAffect", "ParseID", "refuse", "bad", "atRow", "checkText", "first"}
)

// reasonsInSource returns every reason literal with the place of one use: all
// that E and At take, elsewhere what begins like a reason of a known context.
func reasonsInSource(t *testing.T, contexts map[string]bool) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, dir := range []string{"domain", "app", "storage", "worker"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				values := candidates(n)
				call, ok := n.(*ast.CallExpr)
				certain := ok && (called(call) == "E" || called(call) == "At")
				for _, v := range values {
					if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						if s, err := strconv.Unquote(lit.Value); err == nil && reasonForm.MatchString(s) && (certain && !location(s) || contexts[head(s)]) {
							found[s] = fset.Position(lit.Pos()).String()
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// candidates returns the expressions of a node that may be reasons.
func candidates(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.ReturnStmt:
		return n.Results
	case *ast.AssignStmt:
		if id, ok := n.Lhs[0].(*ast.Ident); ok && strings.Contains(strings.ToLower(id.Name), "reason") {
			return n.Rhs
		}
	case *ast.KeyValueExpr:
		if id, ok := n.Key.(*ast.Ident); ok && id.Name == "Reason" {
			return []ast.Expr{n.Value}
		}
	case *ast.CallExpr:
		if slices.Contains(reasonTakers, called(n)) {
			return n.Args
		}
	}
	return nil
}

// called is the name of the function or method of a call.
func called(n *ast.CallExpr) string {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func head(s string) string {
	h, _, _ := strings.Cut(s, ".")
	return h
}

// location is a path to a field, which looks like a reason.
func location(s string) bool {
	return slices.Contains([]string{"body", "query", "path", "rule", "row", "header"}, head(s))
}

// The document of the API leaves out what an unexported struct puts into a
// body, although the answer holds it: what is embedded is exported.
//
// Seen red: with personBody, as it was called, in personRecordBody.
func TestBodiesEmbedWhatTheDocumentSees(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v: the search is broken", len(files), err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.StructType)
			if !ok {
				return true
			}
			for _, f := range s.Fields.List {
				if id, ok := f.Type.(*ast.Ident); ok && len(f.Names) == 0 && strings.HasSuffix(id.Name, "Body") && !id.IsExported() {
					t.Errorf("%s: embeds %s, which the document does not see", name, id.Name)
				}
			}
			return true
		})
	}
}
