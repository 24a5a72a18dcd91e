// Package migrations embeds the schema's history. A file is never edited once merged.
package migrations

import "embed"

// FS holds the goose SQL files.
//
//go:embed *.sql
var FS embed.FS
