package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"zhixing/domain"
	"zhixing/domain/hours"
)

const exportColumns = `x.id, x.kind, x.filter, x.reason, x.state, x.progress, x.row_count, x.object_key, x.size, x.digest, x.failure, x.downloads,
  x.created_by, x.created_at, x.updated_at, x.finished_at, x.expires_at`

func scanExport(r scanner) (hours.Export, error) {
	var (
		e                 hours.Export
		filter            []byte
		finished, expires sql.NullTime
	)
	err := r.Scan(&e.ID, &e.Kind, &filter, &e.Reason, &e.State, &e.Progress, &e.RowCount, &e.ObjectKey, &e.Size, &e.Digest, &e.Failure, &e.Downloads,
		&e.CreatedBy, &e.CreatedAt, &e.UpdatedAt, &finished, &expires)
	if err != nil {
		return e, err
	}
	e.FinishedAt, e.ExpiresAt = timeOrNil(finished), timeOrNil(expires)
	if e.Ordered() {
		e.Order = filter
		return e, nil
	}
	return e, json.Unmarshal(filter, &e.Filter)
}

// InsertExport implements hours.ExportStore.
func (s *HoursStore) InsertExport(ctx context.Context, e *hours.Export) error {
	filter, err := json.Marshal(e.Filter)
	if err != nil {
		return fmt.Errorf("encode export filter: %w", err)
	}
	if e.Ordered() {
		filter = e.Order
	}
	_, err = s.db.ExecContext(ctx, `INSERT INTO exports (id, kind, filter, reason, state, created_by) VALUES (?, ?, ?::jsonb, ?, ?, ?)`,
		e.ID, e.Kind, string(filter), e.Reason, e.State, e.CreatedBy)
	return fail(err, "insert export", "")
}

// Export implements hours.ExportStore.
func (s *HoursStore) Export(ctx context.Context, makerID, id string) (*hours.Export, error) {
	e, err := scanExport(s.db.QueryRowContext(ctx, `SELECT `+exportColumns+` FROM exports x WHERE x.id = ? AND ? IN ('', x.created_by::text)`, id, makerID))
	if err != nil {
		return nil, fail(err, "read export", "hours.export_unknown")
	}
	return &e, nil
}

// ExportForUpdate implements hours.ExportStore.
func (s *HoursStore) ExportForUpdate(ctx context.Context, id string) (*hours.Export, error) {
	e, err := scanExport(s.db.QueryRowContext(ctx, `SELECT `+exportColumns+` FROM exports x WHERE x.id = ? FOR UPDATE`, id))
	if err != nil {
		return nil, fail(err, "lock export", "hours.export_unknown")
	}
	return &e, nil
}

// SaveExport implements hours.ExportStore.
func (s *HoursStore) SaveExport(ctx context.Context, e *hours.Export) error {
	res, err := s.db.ExecContext(ctx, `UPDATE exports SET state = ?, progress = ?, row_count = ?, object_key = ?, size = ?, digest = ?, failure = ?,
  downloads = ?, updated_at = clock_timestamp(), finished_at = ?, expires_at = ? WHERE id = ?`,
		e.State, e.Progress, e.RowCount, e.ObjectKey, e.Size, e.Digest, e.Failure, e.Downloads, e.FinishedAt, e.ExpiresAt, e.ID)
	return mustAffect(res, err, "save export", "hours.export_unknown")
}

// Exports implements hours.ExportStore, newest first.
func (s *HoursStore) Exports(ctx context.Context, makerID string, p domain.Paging) (domain.Page[hours.Export], error) {
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return domain.Page[hours.Export]{}, err
	}
	before := "ffffffff-ffff-ffff-ffff-ffffffffffff"
	if key != nil {
		before = key[0]
	}
	var rows []hours.Export
	err = s.eachRow(ctx, "read exports", func(r scanner) error {
		e, err := scanExport(r)
		rows = append(rows, e)
		return err
	}, `SELECT `+exportColumns+` FROM exports x WHERE x.created_by = ? AND x.id < ? ORDER BY x.id DESC LIMIT ?`, makerID, before, p.Size()+1)
	return domain.Cut(rows, p.Size(), func(e hours.Export) []string { return []string{e.ID} }), err
}

// ExpiredExports implements hours.ExportStore.
func (s *HoursStore) ExpiredExports(ctx context.Context, limit int) ([]hours.Export, error) {
	var rows []hours.Export
	err := s.eachRow(ctx, "read expired exports", func(r scanner) error {
		e, err := scanExport(r)
		rows = append(rows, e)
		return err
	}, `SELECT `+exportColumns+` FROM exports x WHERE x.state = 'ready' AND x.expires_at <= clock_timestamp() ORDER BY x.expires_at LIMIT ?`, limit)
	return rows, err
}

// StuckExports implements hours.ExportStore.
func (s *HoursStore) StuckExports(ctx context.Context, since time.Time, limit int) ([]string, error) {
	var ids []string
	err := s.db.NewRaw(`SELECT id FROM exports WHERE state IN ('queued', 'running') AND updated_at < ? ORDER BY updated_at LIMIT ?`, since, limit).Scan(ctx, &ids)
	return ids, fail(err, "read stuck exports", "")
}

// HasPermission implements hours.ExportStore.
func (s *HoursStore) HasPermission(ctx context.Context, sc domain.Scope) (bool, error) {
	var ok bool
	err := s.db.NewRaw(`SELECT EXISTS (SELECT 1 FROM grants g JOIN role_permissions r ON r.role = g.role
WHERE g.person_id = ? AND r.permission = ? AND g.period @> civil_today())`, sc.ActorID, sc.Permission).Scan(ctx, &ok)
	return ok, fail(err, "read grants", "")
}
