package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhixing/domain"
	"zhixing/domain/org"
)

// TokenStore is org.TokenStore.
type TokenStore struct{ PersonStore }

// Tokens returns the store of tokens.
func (db *DB) Tokens() *TokenStore { return &TokenStore{PersonStore{db.base()}} }

var _ org.TokenStore = (*TokenStore)(nil)

// InTx implements org.TokenStore.
func (s *TokenStore) InTx(ctx context.Context, fn func(context.Context, org.TokenStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &TokenStore{PersonStore{tx}}) })
}

//nolint:gosec // G101: names of columns, no secret
const tokenColumns = `t.id, t.name, t.prefix, t.secret_hash, t.old_hash, t.old_until, to_json(t.permissions)::text, t.unit_id::text, coalesce(u.name, ''),
  t.per_minute, t.created_by, p.name, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, t.last_ip
FROM api_tokens t JOIN people p ON p.id = t.created_by LEFT JOIN units u ON u.id = t.unit_id`

func scanToken(r scanner) (org.Token, error) {
	var t org.Token
	var permissions string
	err := r.Scan(&t.ID, &t.Name, &t.Prefix, &t.SecretHash, &t.OldHash, &t.OldUntil, &permissions, &t.UnitID, &t.UnitName, &t.PerMinute, &t.CreatedBy,
		&t.CreatorName, &t.CreatedAt, &t.ExpiresAt, &t.RevokedAt, &t.LastUsedAt, &t.LastIP)
	if err != nil {
		return t, err
	}
	return t, decodeJSON([]byte(permissions), &t.Permissions)
}

// InsertToken implements org.TokenStore.
func (s *TokenStore) InsertToken(ctx context.Context, t *org.Token) error {
	_, err := s.db.NewRaw(`INSERT INTO api_tokens (id, name, prefix, secret_hash, permissions, unit_id, per_minute, created_by, expires_at)
VALUES (?, ?, ?, ?, ARRAY(SELECT json_array_elements_text(?::json)), ?, ?, ?, ?)`,
		t.ID, t.Name, t.Prefix, t.SecretHash, encodeJSON(t.Permissions), t.UnitID, t.PerMinute, t.CreatedBy, t.ExpiresAt).Exec(ctx)
	return fail(err, "insert token", "")
}

// Tokens implements org.TokenStore.
func (s *TokenStore) Tokens(ctx context.Context, p domain.Paging) (domain.Page[org.Token], error) {
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return domain.Page[org.Token]{}, err
	}
	before := "ffffffff-ffff-ffff-ffff-ffffffffffff"
	if key != nil {
		before = key[0]
	}
	var rows []org.Token
	err = s.eachRow(ctx, "list tokens", func(r scanner) error {
		t, err := scanToken(r)
		rows = append(rows, t)
		return err
	}, "SELECT "+tokenColumns+" WHERE t.id < ? ORDER BY t.id DESC LIMIT ?", before, p.Size()+1)
	return domain.Cut(rows, p.Size(), func(t org.Token) []string { return []string{t.ID} }), err
}

// TokenForUpdate implements org.TokenStore.
func (s *TokenStore) TokenForUpdate(ctx context.Context, id string) (*org.Token, error) {
	t, err := scanToken(s.db.QueryRowContext(ctx, "SELECT "+tokenColumns+" WHERE t.id = ? FOR UPDATE OF t", id))
	return &t, fail(err, "lock token", "token.unknown")
}

// SaveToken implements org.TokenStore.
func (s *TokenStore) SaveToken(ctx context.Context, t *org.Token) error {
	res, err := s.db.NewRaw("UPDATE api_tokens SET prefix = ?, secret_hash = ?, old_hash = ?, old_until = ?, revoked_at = ? WHERE id = ?",
		t.Prefix, t.SecretHash, nullableBytes(t.OldHash), t.OldUntil, t.RevokedAt, t.ID).Exec(ctx)
	return mustAffect(res, err, "save token", "token.unknown")
}

// UseToken implements org.TokenStore.
func (s *TokenStore) UseToken(ctx context.Context, hash []byte, ip string) (*org.Token, error) {
	t := &org.Token{}
	var permissions []string
	err := s.pool.QueryRow(ctx, `UPDATE api_tokens t SET last_used_at = clock_timestamp(), last_ip = $2, minute_at = date_trunc('minute', clock_timestamp()),
  minute_count = CASE WHEN t.minute_at = date_trunc('minute', clock_timestamp()) THEN t.minute_count + 1 ELSE 1 END
WHERE (t.secret_hash = $1 OR t.old_hash = $1 AND t.old_until > clock_timestamp()) AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp()
RETURNING t.id, t.name, t.permissions, t.unit_id::text, t.created_by, t.per_minute, t.minute_count, 60 - floor(extract(second FROM clock_timestamp()))::int`,
		hash, ip).Scan(&t.ID, &t.Name, &permissions, &t.UnitID, &t.CreatedBy, &t.PerMinute, &t.Count, &t.Wait)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, domain.E(domain.NotFound, "token.unknown")
	}
	if err != nil {
		return nil, fmt.Errorf("use token: %w", err)
	}
	for _, p := range permissions {
		t.Permissions = append(t.Permissions, org.Permission(p))
	}
	return t, nil
}

// PushStore is org.PushStore.
type PushStore struct{ base }

// Pushes returns the store of pushes.
func (db *DB) Pushes() *PushStore { return &PushStore{db.base()} }

var _ org.PushStore = (*PushStore)(nil)

// InTx implements org.PushStore.
func (s *PushStore) InTx(ctx context.Context, fn func(context.Context, org.PushStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &PushStore{tx}) })
}

// InsertPush implements org.PushStore.
func (s *PushStore) InsertPush(ctx context.Context, p *org.Push) error {
	_, err := s.db.NewRaw("INSERT INTO pushes (id, kind, state, token_id, created_by) VALUES (?, ?, 'running', ?, ?)",
		p.ID, p.Kind, nullable(p.TokenID), p.CreatedBy).Exec(ctx)
	return fail(err, "insert push", "")
}

// SavePush implements org.PushStore.
func (s *PushStore) SavePush(ctx context.Context, p *org.Push) error {
	res, err := s.db.NewRaw("UPDATE pushes SET state = 'done', import_id = ?, items = ?::jsonb, counts = ?::jsonb, finished_at = ? WHERE id = ?",
		nullable(p.ImportID), encodeJSON(p.Items), encodeJSON(p.Counts), p.FinishedAt, p.ID).Exec(ctx)
	return mustAffect(res, err, "save push", "push.unknown")
}

const pushOwned = "CASE WHEN ?0 <> '' THEN s.token_id::text = ?0 ELSE s.created_by::text = ?1 END"

// Push implements org.PushStore.
func (s *PushStore) Push(ctx context.Context, personID, tokenID, id string) (*org.Push, error) {
	found, err := s.pushes(ctx, "s.items", pushOwned+" AND s.id = ?2", tokenID, personID, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, domain.E(domain.NotFound, "push.unknown")
	}
	return &found[0], nil
}

// Pushes implements org.PushStore.
func (s *PushStore) Pushes(ctx context.Context, personID, tokenID string, p domain.Paging) (domain.Page[org.Push], error) {
	key, err := domain.DecodeToken(p.Token, 1)
	if err != nil {
		return domain.Page[org.Push]{}, err
	}
	before := "ffffffff-ffff-ffff-ffff-ffffffffffff"
	if key != nil {
		before = key[0]
	}
	rows, err := s.pushes(ctx, "'[]'::jsonb", pushOwned+" AND s.id < ?2 ORDER BY s.id DESC LIMIT ?3", tokenID, personID, before, p.Size()+1)
	return domain.Cut(rows, p.Size(), func(p org.Push) []string { return []string{p.ID} }), err
}

func (s *PushStore) pushes(ctx context.Context, items, where string, args ...any) (out []org.Push, err error) {
	err = s.eachRow(ctx, "read pushes", func(r scanner) error {
		var (
			p                 org.Push
			items, counts     []byte
			state             string
			finished          *time.Time
			token, fromImport *string
		)
		if err := r.Scan(&p.ID, &p.Kind, &state, &token, &p.TokenName, &p.CreatedBy, &fromImport, &items, &counts, &p.CreatedAt, &finished); err != nil {
			return err
		}
		p.Running, p.FinishedAt = state == "running", finished
		if token != nil {
			p.TokenID = *token
		}
		if fromImport != nil {
			p.ImportID = *fromImport
		}
		if err := errors.Join(decodeJSON(items, &p.Items), decodeJSON(counts, &p.Counts)); err != nil {
			return err
		}
		out = append(out, p)
		return nil
	}, `SELECT s.id, s.kind, s.state, s.token_id::text, coalesce(t.name, ''), s.created_by, s.import_id::text, `+items+`, s.counts, s.created_at, s.finished_at
FROM pushes s LEFT JOIN api_tokens t ON t.id = s.token_id WHERE `+where, args...)
	return out, err
}

// UnitByKey implements org.UnitKeys.
func (b base) UnitByKey(ctx context.Context, scope domain.Scope, tree, key string) (*org.Unit, error) {
	var row unitRow
	err := b.db.NewRaw("SELECT "+unitColumns+" FROM units u WHERE ?0 IN ('', u.tree) AND (u.external_key = ?1 OR u.id::text = ?1) AND ?2 ORDER BY u.external_key IS NULL LIMIT 1",
		tree, key, scopeUnits(scope, "u.path")).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "read unit", "unit.unknown")
	}
	return &row.Unit, nil
}

// UnitByName implements org.UnitKeys.
func (b base) UnitByName(ctx context.Context, scope domain.Scope, tree, parentID, name string) (*org.Unit, error) {
	var row unitRow
	err := b.db.NewRaw("SELECT "+unitColumns+` FROM units u WHERE u.tree = ?0 AND u.name = ?2 AND u.external_key IS NULL AND u.parent_id IS NOT DISTINCT FROM nullif(?1, '')::uuid
  AND (u.closed_on IS NULL OR u.closed_on > civil_today()) AND ?3 LIMIT 1`, tree, parentID, name, scopeUnits(scope, "u.path")).Scan(ctx, &row)
	if err != nil {
		return nil, fail(err, "read unit", "unit.unknown")
	}
	return &row.Unit, nil
}

// SetUnitKey implements org.UnitKeys.
func (b base) SetUnitKey(ctx context.Context, id, key string) error {
	res, err := b.db.NewRaw("UPDATE units SET external_key = ? WHERE id = ?", key, id).Exec(ctx)
	return mustAffect(res, err, "set key of unit", "unit.unknown", "units_external_key_key", "unit.key_taken")
}

// PersonByNumber implements org.RosterStore.
func (s *PersonStore) PersonByNumber(ctx context.Context, number string) (id string, err error) {
	err = s.db.NewRaw("SELECT id FROM people WHERE number = ? AND merged_into IS NULL", number).Scan(ctx, &id)
	return id, fail(err, "read person", "person.unknown")
}
