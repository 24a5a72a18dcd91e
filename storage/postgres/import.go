package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"zhixing/domain"
	"zhixing/domain/job"
	"zhixing/domain/org"
	"zhixing/domain/sheet"
)

// ImportStore is org.ImportStore. What it does to people, PersonStore does.
type ImportStore struct{ PersonStore }

// Imports returns the store of imports of people.
func (db *DB) Imports() *ImportStore { return &ImportStore{PersonStore{db.base()}} }

var _ org.ImportStore = (*ImportStore)(nil)

// InTx implements org.ImportStore.
func (s *ImportStore) InTx(ctx context.Context, fn func(context.Context, org.ImportStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &ImportStore{PersonStore{tx}}) })
}

const importColumns = `i.id, i.state, i.filename, i.size, i.digest, i.object_key, i.format, i.encoding, i.delimiter, i.sheet, i.header, i.columns, i.options,
  i.counts, i.progress, i.failure, i.failure_at, i.reason, i.blockers, i.created_by, coalesce(i.token_id::text, ''),
  coalesce((SELECT tn.name FROM api_tokens tn WHERE tn.id = i.token_id), ''), i.created_at, i.updated_at, i.applied_at, i.undone_at`

func scanImport(r scanner) (org.Import, error) {
	var (
		i                                            org.Import
		columns, options, counts, failedAt, blockers []byte
	)
	err := r.Scan(&i.ID, &i.State, &i.Filename, &i.Size, &i.Digest, &i.ObjectKey, &i.Format, &i.Encoding, &i.Delimiter, &i.Sheet, &i.Header, &columns, &options,
		&counts, &i.Progress, &i.Failure, &failedAt, &i.Reason, &blockers, &i.CreatedBy, &i.TokenID, &i.TokenName, &i.CreatedAt, &i.UpdatedAt, &i.AppliedAt, &i.UndoneAt)
	if err != nil {
		return i, err
	}
	for _, f := range []struct {
		raw []byte
		to  any
	}{{columns, &i.Columns}, {options, &i.Options}, {counts, &i.Counts}, {failedAt, &i.FailureAt}, {blockers, &i.Blockers}} {
		if err := json.Unmarshal(f.raw, f.to); err != nil {
			return i, fmt.Errorf("decode import %s: %w", i.ID, err)
		}
	}
	return i, nil
}

// InsertImport implements org.ImportStore.
func (s *ImportStore) InsertImport(ctx context.Context, i *org.Import) error {
	_, err := s.db.NewRaw("INSERT INTO imports (id, state, filename, size, digest, object_key, created_by, token_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		i.ID, string(i.State), i.Filename, i.Size, i.Digest, i.ObjectKey, i.CreatedBy, nullable(i.TokenID)).Exec(ctx)
	return fail(err, "insert import", "")
}

// Import implements org.ImportStore.
func (s *ImportStore) Import(ctx context.Context, scope domain.Scope, id string) (*org.Import, error) {
	i, err := scanImport(s.db.QueryRowContext(ctx, "SELECT "+importColumns+" FROM imports i WHERE i.id = ? AND ?", id, scopeMade(scope, "i.created_by")))
	return &i, fail(err, "read import", "import.unknown")
}

// ImportUnderWay implements org.ImportStore.
func (s *ImportStore) ImportUnderWay(ctx context.Context, id string) (*org.Import, error) {
	i, err := scanImport(s.db.QueryRowContext(ctx, "SELECT "+importColumns+" FROM imports i WHERE i.id = ?", id))
	return &i, fail(err, "read import", "import.unknown")
}

// ImportForUpdate implements org.ImportStore.
func (s *ImportStore) ImportForUpdate(ctx context.Context, id string) (*org.Import, error) {
	i, err := scanImport(s.db.QueryRowContext(ctx, "SELECT "+importColumns+" FROM imports i WHERE i.id = ? FOR UPDATE", id))
	return &i, fail(err, "lock import", "import.unknown")
}

// SaveImport implements org.ImportStore.
func (s *ImportStore) SaveImport(ctx context.Context, i *org.Import) error {
	var encoded [5]string
	for n, v := range []any{i.Columns, i.Options, i.Counts, i.FailureAt, i.Blockers} {
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode import %s: %w", i.ID, err)
		}
		if encoded[n] = string(b); encoded[n] == "null" {
			encoded[n] = map[bool]string{true: "{}", false: "[]"}[n == 3]
		}
	}
	res, err := s.db.NewRaw(`UPDATE imports SET state = ?, object_key = ?, format = ?, encoding = ?, delimiter = ?, sheet = ?, header = ?, columns = ?::jsonb,
  options = ?::jsonb, counts = ?::jsonb, progress = ?, failure = ?, failure_at = ?::jsonb, reason = ?, blockers = ?::jsonb, applied_at = ?, undone_at = ?,
  updated_at = clock_timestamp() WHERE id = ?`,
		string(i.State), i.ObjectKey, i.Format, i.Encoding, i.Delimiter, i.Sheet, i.Header, encoded[0], encoded[1], encoded[2], i.Progress, i.Failure,
		encoded[3], i.Reason, encoded[4], i.AppliedAt, i.UndoneAt, i.ID).Exec(ctx)
	return mustAffect(res, err, "save import", "import.unknown")
}

// Imports implements org.ImportStore.
func (s *ImportStore) Imports(ctx context.Context, scope domain.Scope, p domain.Paging) (domain.Page[org.Import], error) {
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return domain.Page[org.Import]{}, err
	}
	before := "ffffffff-ffff-ffff-ffff-ffffffffffff"
	if key != nil {
		before = key[0]
	}
	rows, err := s.imports(ctx, "i.id < ? AND ? ORDER BY i.id DESC LIMIT ?", before, scopeMade(scope, "i.created_by"), p.Size()+1)
	return domain.Cut(rows, p.Size(), func(i org.Import) []string { return []string{i.ID} }), err
}

func (s *ImportStore) imports(ctx context.Context, where string, args ...any) ([]org.Import, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+importColumns+" FROM imports i WHERE "+where, args...)
	if err != nil {
		return nil, fail(err, "list imports", "")
	}
	defer func() { _ = rows.Close() }()
	var out []org.Import
	for rows.Next() {
		i, err := scanImport(rows)
		if err != nil {
			return nil, fail(err, "list imports", "")
		}
		out = append(out, i)
	}
	return out, fail(rows.Err(), "list imports", "")
}

// TakeTurn implements org.ImportStore.
func (s *ImportStore) TakeTurn(ctx context.Context, id string) error {
	_, err := s.db.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended('import:' || ?, 0))", id).Exec(ctx)
	return fail(err, "take a turn", "")
}

// ShowProgress implements org.ImportStore.
func (s *ImportStore) ShowProgress(ctx context.Context, id string, state org.ImportState, percent int) error {
	_, err := s.pool.Exec(ctx, "UPDATE imports SET progress = $3, updated_at = clock_timestamp() WHERE id = $1 AND state = $2", id, string(state), percent)
	return fail(err, "show progress", "")
}

// LeftImports implements org.ImportStore.
func (s *ImportStore) LeftImports(ctx context.Context, since time.Time, limit int) ([]org.Import, error) {
	return s.imports(ctx, "i.state IN ('uploaded', 'mapped', 'applying', 'undoing') AND i.updated_at < ? ORDER BY i.updated_at LIMIT ?", since, limit)
}

// OldImports implements org.ImportStore.
func (s *ImportStore) OldImports(ctx context.Context, before time.Time, limit int) ([]org.Import, error) {
	return s.imports(ctx, "i.object_key <> '' AND i.created_at < ? ORDER BY i.created_at LIMIT ?", before, limit)
}

// ClearRows implements org.ImportStore.
func (s *ImportStore) ClearRows(ctx context.Context, id string) error {
	_, err := s.db.NewRaw("DELETE FROM import_rows WHERE import_id = ?", id).Exec(ctx)
	if err == nil {
		_, err = s.db.NewRaw("DELETE FROM import_remarks WHERE import_id = ?", id).Exec(ctx)
	}
	return fail(err, "clear rows", "")
}

// InsertRemarks implements org.ImportStore.
func (s *ImportStore) InsertRemarks(ctx context.Context, id string, remarks []sheet.Remark) error {
	if len(remarks) == 0 {
		return nil
	}
	body, err := json.Marshal(remarks)
	if err != nil {
		return fmt.Errorf("encode remarks: %w", err)
	}
	_, err = s.db.NewRaw(`INSERT INTO import_remarks (import_id, kind, sheet, line, col, text)
SELECT ?, r.kind, coalesce(r.sheet, ''), coalesce(r.line, 0), r."column", r.text
FROM jsonb_to_recordset(?::jsonb) AS r (kind text, sheet text, line int, "column" int, text text)`, id, string(body)).Exec(ctx)
	return fail(err, "insert remarks", "")
}

// EachRemark implements org.ImportStore.
func (s *ImportStore) EachRemark(ctx context.Context, id string, fn func(sheet.Remark) error) error {
	rows, err := s.db.QueryContext(ctx, "SELECT kind, sheet, line, col, text FROM import_remarks WHERE import_id = ? ORDER BY line, col, seq", id)
	if err != nil {
		return fail(err, "read remarks", "")
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r sheet.Remark
		if err := rows.Scan(&r.Kind, &r.Sheet, &r.Line, &r.Column, &r.Text); err != nil {
			return fail(err, "read remarks", "")
		}
		if err := fn(r); err != nil {
			return err
		}
	}
	return fail(rows.Err(), "read remarks", "")
}

// RecomputePeople implements org.ImportStore.
func (s *ImportStore) RecomputePeople(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	j := job.RecomputePerson{}
	_, err := s.db.NewRaw(`INSERT INTO outbox (id, kind, queue, payload)
SELECT gen_random_uuid(), ?0, ?1, jsonb_build_object('person_id', p, 'year', y)
FROM jsonb_array_elements_text(?2::jsonb) p, generate_series(extract(year FROM civil_today())::int - 1, extract(year FROM civil_today())::int) y`,
		j.Kind(), job.QueueOf(j), encodeJSON(ids)).Exec(ctx)
	return fail(err, "ask for obligations", "")
}
