package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"

	"zhixing/domain"
	"zhixing/domain/media"
)

// MediaStore is media.Store.
type MediaStore struct{ base }

// Media returns the store of media.
func (db *DB) Media() *MediaStore { return &MediaStore{db.base()} }

var _ media.Store = (*MediaStore)(nil)

type mediumRow struct {
	bun.BaseModel `bun:"table:media,alias:m"`
	media.Medium
}

type partRow struct {
	bun.BaseModel `bun:"table:media_parts,alias:mp"`
	media.Part
}

type renditionRow struct {
	bun.BaseModel `bun:"table:media_renditions,alias:mr"`
	MediumID      string `bun:",pk"`
	RunID         string
	Position      int
	media.Rendition
}

// InTx implements media.Store.
func (s *MediaStore) InTx(ctx context.Context, fn func(context.Context, media.Store) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &MediaStore{tx}) })
}

// Medium implements media.Store.
func (s *MediaStore) Medium(ctx context.Context, id string) (*media.Medium, error) {
	row := &mediumRow{}
	err := named(s.db.NewSelect().Model(row)).Where("m.id = ?", id).Scan(ctx)
	return &row.Medium, fail(err, "read medium", "media.not_found")
}

// named adds the owner's name.
func named(q *bun.SelectQuery) *bun.SelectQuery {
	return q.ColumnExpr("m.*").ColumnExpr("p.name AS owner_name").Join("JOIN people p ON p.id = m.owner_id")
}

// MediumForUpdate implements media.Store.
func (s *MediaStore) MediumForUpdate(ctx context.Context, id string) (*media.Medium, error) {
	row := &mediumRow{}
	err := s.db.NewSelect().Model(row).Where("m.id = ?", id).For("UPDATE").Scan(ctx)
	return &row.Medium, fail(err, "lock medium", "media.not_found")
}

// Media implements media.Store.
func (s *MediaStore) Media(ctx context.Context, f media.Filter) (domain.Page[media.Medium], error) {
	var page domain.Page[media.Medium]
	key, err := domain.DecodeToken(f.Token, 2)
	if err != nil {
		return page, err
	}
	var rows []mediumRow
	q := named(s.db.NewSelect().Model(&rows)).OrderExpr("m.created_at DESC, m.id DESC").Limit(int64(f.Size()) + 1)
	if f.OwnerID != "" {
		q.Where("m.owner_id = ?", f.OwnerID)
	}
	if len(f.States) > 0 {
		q.Where("m.state IN (?)", bun.List(f.States))
	}
	if f.Query != "" {
		q.Where("m.filename ILIKE ?", "%"+likeEscaper.Replace(f.Query)+"%")
	}
	if key != nil {
		q.Where("(m.created_at, m.id) < (?::timestamptz, ?::uuid)", key[0], key[1])
	}
	if err := q.Scan(ctx); err != nil {
		return page, badToken(err, "list media")
	}
	media := make([]media.Medium, len(rows))
	for i := range rows {
		media[i] = rows[i].Medium
	}
	return domain.Cut(media, f.Size(), mediumKey), nil
}

func mediumKey(m media.Medium) []string { return []string{m.CreatedAt.Format(time.RFC3339Nano), m.ID} }

// InsertMedium implements media.Store.
func (s *MediaStore) InsertMedium(ctx context.Context, m *media.Medium) error {
	_, err := s.db.NewInsert().Model(&mediumRow{Medium: *m}).Exec(ctx)
	return fail(err, "insert medium", "")
}

// SaveMedium implements media.Store.
func (s *MediaStore) SaveMedium(ctx context.Context, m *media.Medium) error {
	res, err := s.db.NewUpdate().Model(&mediumRow{Medium: *m}).ExcludeColumn("owner_id", "created_at").WherePK().Exec(ctx)
	return mustAffect(res, err, "save medium", "media.not_found")
}

// OpenUploads implements media.Store.
func (s *MediaStore) OpenUploads(ctx context.Context, ownerID string) (count int, bytes int64, err error) {
	if _, err = s.db.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended('media:' || ?, 0))", ownerID).Exec(ctx); err != nil {
		return 0, 0, fail(err, "lock uploads", "")
	}
	err = s.db.NewRaw("SELECT count(*), coalesce(sum(size), 0) FROM media WHERE owner_id = ? AND state = 'uploading'", ownerID).Scan(ctx, &count, &bytes)
	return count, bytes, fail(err, "count uploads", "")
}

// Parts implements media.Store.
func (s *MediaStore) Parts(ctx context.Context, mediumID string) ([]media.Part, error) {
	var rows []partRow
	err := s.db.NewSelect().Model(&rows).Where("mp.medium_id = ?", mediumID).OrderExpr("mp.number").Scan(ctx)
	parts := make([]media.Part, len(rows))
	for i := range rows {
		parts[i] = rows[i].Part
	}
	return parts, fail(err, "read parts", "")
}

// Upload implements media.Store.
func (s *MediaStore) Upload(ctx context.Context, mediumID string, n int) (*media.Medium, *media.Part, error) {
	m, p := &media.Medium{ID: mediumID}, media.Part{MediumID: mediumID, Number: n}
	err := s.pool.QueryRow(ctx, `SELECT m.owner_id, m.state, m.size, m.part_size, m.part_count, m.upload_id, coalesce(p.sha256, ''), coalesce(p.size, 0), coalesce(p.e_tag, '')
FROM media m LEFT JOIN media_parts p ON p.medium_id = m.id AND p.number = $2 WHERE m.id = $1`, mediumID, n).
		Scan(&m.OwnerID, &m.State, &m.Size, &m.PartSize, &m.PartCount, &m.UploadID, &p.SHA256, &p.Size, &p.ETag)
	if err != nil {
		return nil, nil, fail(err, "read upload", "media.not_found")
	}
	if p.SHA256 == "" {
		return m, nil, nil
	}
	return m, &p, nil
}

// InsertPart implements media.Store.
func (s *MediaStore) InsertPart(ctx context.Context, p *media.Part) (bool, error) {
	tag, err := s.pool.Exec(ctx, `INSERT INTO media_parts (medium_id, number, size, sha256, e_tag)
SELECT id, $2, $3, $4, $5 FROM media WHERE id = $1 AND state = 'uploading' FOR SHARE ON CONFLICT DO NOTHING`, p.MediumID, p.Number, p.Size, p.SHA256, p.ETag)
	return tag.RowsAffected() == 1, fail(err, "insert part", "")
}

// RemoveParts implements media.Store.
func (s *MediaStore) RemoveParts(ctx context.Context, mediumID string, numbers []int) error {
	_, err := s.pool.Exec(ctx, "DELETE FROM media_parts WHERE medium_id = $1 AND number = ANY($2)", mediumID, numbers)
	return fail(err, "remove parts", "")
}

// Beat implements media.Store.
func (s *MediaStore) Beat(ctx context.Context, mediumID, runID string, progress int) (bool, error) {
	tag, err := s.pool.Exec(ctx, `UPDATE media SET progress = $3, lease_until = clock_timestamp() + $4 * interval '1 second'
WHERE id = $1 AND work_run_id = $2 AND state IN ('probing', 'transcoding')`, mediumID, runID, progress, media.LeaseTTL.Seconds())
	return tag.RowsAffected() == 1, fail(err, "keep the lease of a medium", "")
}

// Renditions implements media.Store.
func (s *MediaStore) Renditions(ctx context.Context, mediumID, runID string) ([]media.Rendition, error) {
	var rows []renditionRow
	err := s.db.NewSelect().Model(&rows).Where("mr.medium_id = ?", mediumID).Where("mr.run_id = ?", runID).OrderExpr("mr.position").Scan(ctx)
	rs := make([]media.Rendition, len(rows))
	for i := range rows {
		rs[i] = rows[i].Rendition
	}
	return rs, fail(err, "read renditions", "")
}

// SaveRenditions implements media.Store.
func (s *MediaStore) SaveRenditions(ctx context.Context, mediumID, runID string, rs []media.Rendition) error {
	if _, err := s.db.NewDelete().Model((*renditionRow)(nil)).Where("medium_id = ?", mediumID).Exec(ctx); err != nil {
		return fail(err, "remove renditions", "")
	}
	rows := make([]renditionRow, len(rs))
	for i, r := range rs {
		rows[i] = renditionRow{MediumID: mediumID, RunID: runID, Position: i, Rendition: r}
	}
	_, err := s.db.NewInsert().Model(&rows).Exec(ctx)
	return fail(err, "insert renditions", "")
}

// Overdue implements media.Store.
func (s *MediaStore) Overdue(ctx context.Context, limit int) ([]media.Medium, error) {
	return s.some(ctx, limit, "m.expires_at", `(m.state = 'uploading' AND m.expires_at < clock_timestamp())
  OR (m.state = 'cancelled' AND m.cleaned_at IS NULL AND m.finished_at < clock_timestamp() - interval '1 minute')`)
}

// Waiting implements media.Store. A job that is still to be done needs no second one.
func (s *MediaStore) Waiting(ctx context.Context, limit int) ([]media.Medium, error) {
	return s.some(ctx, limit, "m.uploaded_at", `m.state IN ('uploaded', 'probing', 'transcoding')
  AND (m.lease_until IS NULL OR m.lease_until < clock_timestamp())
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = 'media:process_medium' AND o.done_at IS NULL AND o.dead_at IS NULL AND o.payload->>'medium_id' = m.id::text)`)
}

func (s *MediaStore) some(ctx context.Context, limit int, order, where string) ([]media.Medium, error) {
	var rows []mediumRow
	err := s.db.NewSelect().Model(&rows).Where(where).OrderExpr(order).Limit(int64(limit)).Scan(ctx)
	found := make([]media.Medium, len(rows))
	for i := range rows {
		found[i] = rows[i].Medium
	}
	return found, fail(err, "find media", "")
}

const trackColumns = `SELECT m.id, m.run_id, m.has_poster, r.name, r.width, r.height, r.bandwidth, r.codecs, r.size `

// LessonTrack implements media.Store.
func (s *MediaStore) LessonTrack(ctx context.Context, v media.Viewer, lessonID string) (*media.Track, error) {
	return s.track(ctx, "course.lesson_not_found", trackColumns+`
FROM lessons l
JOIN courses c ON c.id = l.course_id
JOIN media m ON m.id = l.medium_id AND m.state = 'ready'
JOIN media_renditions r ON r.medium_id = m.id AND r.run_id = m.run_id
WHERE l.id = $1 AND ($3 OR (l.closed_at IS NULL AND course_open(c, $2)))
ORDER BY r.position`, lessonID, v.PersonID, v.Staff)
}

// MediumTrack implements media.Store.
func (s *MediaStore) MediumTrack(ctx context.Context, v media.Viewer, mediumID string) (*media.Track, error) {
	return s.track(ctx, "media.not_found", trackColumns+`
FROM media m
JOIN media_renditions r ON r.medium_id = m.id AND r.run_id = m.run_id
WHERE m.id = $1 AND m.state = 'ready' AND ($3 OR EXISTS (
  SELECT 1 FROM lessons l JOIN courses c ON c.id = l.course_id
  WHERE l.medium_id = m.id AND l.closed_at IS NULL AND course_open(c, $2)))
ORDER BY r.position`, mediumID, v.PersonID, v.Staff)
}

func (s *MediaStore) track(ctx context.Context, missing, query string, args ...any) (*media.Track, error) {
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, fail(err, "find a track", "")
	}
	t := &media.Track{}
	var r media.Rendition
	_, err = pgx.ForEachRow(rows, []any{&t.MediumID, &t.RunID, &t.HasPoster, &r.Name, &r.Width, &r.Height, &r.Bandwidth, &r.Codecs, &r.Size}, func() error {
		t.Renditions = append(t.Renditions, r)
		return nil
	})
	if err == nil && t.MediumID == "" {
		err = pgx.ErrNoRows
	}
	return t, fail(err, "find a track", missing)
}

// badToken turns a token whose values PostgreSQL cannot read into the reader's
// fault.
func badToken(err error, doing string) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (pg.Code == "22007" || pg.Code == "22008" || pg.Code == "22P02") {
		return domain.E(domain.Invalid, "page.bad_token")
	}
	return fail(err, doing, "")
}
