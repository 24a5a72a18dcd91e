package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The size bar: what is longer than this is split, not excused.
const (
	maxFileLines     = 400
	maxFunctionLines = 100
)

// sized is a file or a function with its number of lines.
type sized struct {
	name  string
	lines int
}

// TestSizeBar prints the ten longest files and functions of the program (tests
// and generated code apart) and fails for those above the bar. Seen red with a
// file of 401 lines and a function of 101.
func TestSizeBar(t *testing.T) {
	var files, functions []sized
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "data") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		if ast.IsGenerated(f) {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files = append(files, sized{rel, fset.File(f.FileStart).LineCount()})
		ast.Inspect(f, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncDecl); ok {
				from, to := fset.Position(fn.Pos()).Line, fset.Position(fn.End()).Line
				functions = append(functions, sized{fmt.Sprintf("%s:%d %s", rel, from, fn.Name.Name), to - from + 1})
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 || len(functions) < 200 {
		t.Fatalf("found only %d files and %d functions: the search is broken", len(files), len(functions))
	}
	report(t, "file", files, maxFileLines)
	report(t, "function", functions, maxFunctionLines)
}

func report(t *testing.T, kind string, all []sized, limit int) {
	t.Helper()
	slices.SortFunc(all, func(a, b sized) int { return b.lines - a.lines })
	for i, s := range all {
		if i < 10 {
			t.Logf("%4d lines  %s", s.lines, s.name)
		}
		if s.lines > limit {
			t.Errorf("the %s %s has %d lines, more than %d: split it", kind, s.name, s.lines, limit)
		}
	}
}
