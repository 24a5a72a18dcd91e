package app

import (
	"context"

	"zhixing/domain/audit"
)

// shownPeople notes whom a file shows, many at a time.
type shownPeople struct {
	log    audit.ReadLog // nil notes nothing
	reader string
	ids    []string
}

const shownBatch = 1000

func (s *shownPeople) add(ctx context.Context, id string) error {
	if s.ids = append(s.ids, id); len(s.ids) < shownBatch {
		return nil
	}
	return s.flush(ctx)
}

func (s *shownPeople) flush(ctx context.Context) error {
	ids := s.ids
	if s.ids = nil; s.log == nil || len(ids) == 0 {
		return nil
	}
	return s.log.NoteReads(ctx, s.reader, audit.ReadExport, ids)
}
