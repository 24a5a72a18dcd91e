// Package frontend carries the built single-page application and the texts of
// both languages inside the binary.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

//go:embed src/locales
var locales embed.FS

// Dist is the built application, index.html at its root. Before the first
// build it holds no index.html.
func Dist() fs.FS { return sub(dist, "dist") }

// Locales is the texts, "<language>/<namespace>.json" with the languages zh-CN
// and en. The texts of error reasons are in "problem.<context>.json".
func Locales() fs.FS { return sub(locales, "src/locales") }

// sub fails only when the embedded path does not exist, which the directives
// above rule out at compile time.
func sub(files embed.FS, dir string) fs.FS {
	tree, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return tree
}
