package postgres

import (
	"context"

	"github.com/uptrace/bun"

	"zhixing/domain/audit"
)

var _ audit.ReadLog = (*AuditStore)(nil)

// NoteReads implements audit.ReadLog. In the order of ids, so that two readers of
// one list do not wait for each other in a circle.
func (s *AuditStore) NoteReads(ctx context.Context, readerID, kind string, personIDs []string) error {
	if len(personIDs) == 0 {
		return nil
	}
	_, err := s.db.NewRaw(`INSERT INTO person_reads (person_id, actor_id, kind)
SELECT DISTINCT p.id, ?0::uuid, ?1 FROM people p WHERE p.id IN (?2) AND p.id <> ?0::uuid ORDER BY p.id ON CONFLICT DO NOTHING`,
		readerID, kind, bun.List(personIDs)).Exec(ctx)
	return fail(err, "note reads", "")
}
