package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"zhixing/domain"
	"zhixing/domain/org"
)

// ConnectionStore is org.ConnectionStore.
type ConnectionStore struct{ base }

// Connections returns the store of identity peers.
func (db *DB) Connections() *ConnectionStore { return &ConnectionStore{db.base()} }

var _ org.ConnectionStore = (*ConnectionStore)(nil)

// InTx implements org.ConnectionStore.
func (s *ConnectionStore) InTx(ctx context.Context, fn func(context.Context, org.ConnectionStore) error) error {
	return s.inTx(ctx, func(ctx context.Context, tx base) error { return fn(ctx, &ConnectionStore{tx}) })
}

type connectionRow struct {
	ID, Kind, Name string
	Enabled        bool
	Position       int
	Config         []byte
	Secret         string
	Version        int
}

const connectionColumns = "SELECT id, kind, name, enabled, position, config, secret, version FROM identity_connections "

func (r *connectionRow) connection() (org.Connection, error) {
	c := org.Connection{ID: r.ID, Kind: r.Kind, Name: r.Name, Enabled: r.Enabled, Position: r.Position, Secret: r.Secret, Version: r.Version}
	if err := json.Unmarshal(r.Config, &c.Config); err != nil {
		return c, fmt.Errorf("connection %s: %w", r.ID, err)
	}
	return c, nil
}

// Connections implements org.ConnectionStore.
func (s *ConnectionStore) Connections(ctx context.Context) ([]org.Connection, error) {
	var rows []connectionRow
	if err := s.db.NewRaw(connectionColumns+"ORDER BY position, id LIMIT 100").Scan(ctx, &rows); err != nil {
		return nil, fail(err, "list connections", "")
	}
	out := make([]org.Connection, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].connection(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Connection implements org.ConnectionStore.
func (s *ConnectionStore) Connection(ctx context.Context, id string) (*org.Connection, error) {
	var row connectionRow
	if err := s.db.NewRaw(connectionColumns+"WHERE id = ?", id).Scan(ctx, &row); err != nil {
		return nil, fail(err, "read connection", "identity.connection_unknown")
	}
	c, err := row.connection()
	return &c, err
}

// InsertConnection implements org.ConnectionStore.
func (s *ConnectionStore) InsertConnection(ctx context.Context, c *org.Connection) error {
	config, err := json.Marshal(c.Config)
	if err != nil {
		return fmt.Errorf("encode connection: %w", err)
	}
	_, err = s.db.NewRaw("INSERT INTO identity_connections (id, kind, name, enabled, position, config, secret) VALUES (?, ?, ?, ?, ?, ?::jsonb, ?)",
		c.ID, c.Kind, c.Name, c.Enabled, c.Position, string(config), c.Secret).Exec(ctx)
	return fail(err, "insert connection", "")
}

// SaveConnection implements org.ConnectionStore.
func (s *ConnectionStore) SaveConnection(ctx context.Context, c *org.Connection) error {
	config, err := json.Marshal(c.Config)
	if err != nil {
		return fmt.Errorf("encode connection: %w", err)
	}
	res, err := s.db.NewRaw(`UPDATE identity_connections SET name = ?, enabled = ?, position = ?, config = ?::jsonb, secret = ?,
version = version + 1, updated_at = clock_timestamp() WHERE id = ? AND version = ?`,
		c.Name, c.Enabled, c.Position, string(config), c.Secret, c.ID, c.Version).Exec(ctx)
	saved, err := affected(res, err, "save connection")
	if err == nil && !saved {
		err = domain.E(domain.Conflict, "identity.connection_changed")
	}
	return err
}

// RemoveConnection implements org.ConnectionStore; its links go with it.
func (s *ConnectionStore) RemoveConnection(ctx context.Context, id string) error {
	res, err := s.db.NewRaw("DELETE FROM identity_connections WHERE id = ?", id).Exec(ctx)
	return mustAffect(res, err, "remove connection", "identity.connection_unknown")
}

// InsertFlow implements org.ConnectionStore.
func (s *ConnectionStore) InsertFlow(ctx context.Context, f *org.FlowRow, life time.Duration) error {
	_, err := s.db.NewRaw(`INSERT INTO identity_flows (state_hash, browser_hash, connection_id, secrets, return_to, expires_at)
VALUES (?, ?, ?, ?, ?, clock_timestamp() + ?::interval)`, f.StateHash, f.BrowserHash, f.ConnectionID, f.Secrets, f.ReturnTo,
		fmt.Sprintf("%d seconds", int(life.Seconds()))).Exec(ctx)
	return fail(err, "insert flow", "")
}

// TakeFlow implements org.ConnectionStore.
func (s *ConnectionStore) TakeFlow(ctx context.Context, stateHash, browserHash []byte) (*org.FlowRow, error) {
	var f org.FlowRow
	err := s.db.NewRaw(`DELETE FROM identity_flows WHERE state_hash = ? AND browser_hash = ? AND expires_at > clock_timestamp()
RETURNING state_hash, browser_hash, connection_id, secrets, return_to`, stateHash, browserHash).
		Scan(ctx, &f.StateHash, &f.BrowserHash, &f.ConnectionID, &f.Secrets, &f.ReturnTo)
	if err = fail(err, "take flow", "identity.flow_over"); domain.CodeOf(err) == domain.NotFound {
		return nil, domain.E(domain.Unauthenticated, "identity.flow_over")
	}
	return &f, err
}

const linkColumns = `SELECT l.id, l.connection_id, l.subject, l.person_id, c.name AS connection_name, c.kind, l.linked_at, l.last_used_at
FROM identity_links l JOIN identity_connections c ON c.id = l.connection_id `

// Link implements org.ConnectionStore.
func (s *ConnectionStore) Link(ctx context.Context, connectionID, subject string) (*org.Link, error) {
	var l org.Link
	err := s.db.NewRaw(linkColumns+"WHERE l.connection_id = ? AND l.subject = ?", connectionID, subject).Scan(ctx, &l)
	return &l, fail(err, "read link", "identity.not_linked")
}

// LinksOf implements org.ConnectionStore.
func (s *ConnectionStore) LinksOf(ctx context.Context, personID string) ([]org.Link, error) {
	out := []org.Link{}
	err := s.db.NewRaw(linkColumns+"WHERE l.person_id = ? ORDER BY c.position, l.id LIMIT 100", personID).Scan(ctx, &out)
	return out, fail(err, "list links", "")
}

// InsertLink implements org.ConnectionStore.
func (s *ConnectionStore) InsertLink(ctx context.Context, l *org.Link) error {
	_, err := s.db.NewRaw("INSERT INTO identity_links (id, connection_id, subject, person_id) VALUES (?, ?, ?, ?)",
		l.ID, l.ConnectionID, l.Subject, l.PersonID).Exec(ctx)
	return fail(err, "insert link", "", "identity_links_subject_key", "identity.number_conflict", "identity_links_person_key", "identity.number_conflict")
}

// LinkUsed implements org.ConnectionStore.
func (s *ConnectionStore) LinkUsed(ctx context.Context, id string) error {
	_, err := s.db.NewRaw("UPDATE identity_links SET last_used_at = clock_timestamp() WHERE id = ?", id).Exec(ctx)
	return fail(err, "use link", "")
}

// RemoveLink implements org.ConnectionStore.
func (s *ConnectionStore) RemoveLink(ctx context.Context, id, personID string) (*org.Link, error) {
	var l org.Link
	err := s.db.NewRaw("DELETE FROM identity_links WHERE id = ?0 AND (?1 = '' OR person_id::text = ?1) RETURNING id, connection_id, subject, person_id",
		id, personID).Scan(ctx, &l.ID, &l.ConnectionID, &l.Subject, &l.PersonID)
	return &l, fail(err, "remove link", "identity.not_linked")
}

// PersonByNumber implements org.ConnectionStore.
func (s *ConnectionStore) PersonByNumber(ctx context.Context, number string) (*org.Person, error) {
	var p org.Person
	err := s.db.NewRaw("SELECT id, number, name FROM people WHERE number = ? AND merged_into IS NULL", number).Scan(ctx, &p.ID, &p.Number, &p.Name)
	return &p, fail(err, "read person", "identity.person_unknown")
}

// OpenAccount implements org.ConnectionStore.
func (s *ConnectionStore) OpenAccount(ctx context.Context, personID string) error {
	_, err := s.db.NewRaw("INSERT INTO accounts (person_id, password_hash) VALUES (?, '') ON CONFLICT (person_id) DO NOTHING", personID).Exec(ctx)
	return fail(err, "open account", "")
}

// NoteConflict implements org.ConnectionStore.
func (s *ConnectionStore) NoteConflict(ctx context.Context, c *org.IdentityConflict) error {
	_, err := s.db.NewRaw(`INSERT INTO identity_conflicts AS x (id, connection_id, subject, number, reason) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (connection_id, subject) DO UPDATE SET number = excluded.number, reason = excluded.reason, tries = x.tries + 1,
  last_at = clock_timestamp(), resolved_at = NULL, resolved_by = NULL`, c.ID, c.ConnectionID, c.Subject, c.Number, c.Reason).Exec(ctx)
	return fail(err, "note identity conflict", "")
}

// Conflicts implements org.ConnectionStore.
func (s *ConnectionStore) Conflicts(ctx context.Context, p domain.Paging) (domain.Page[org.IdentityConflict], error) {
	query, args := `SELECT x.id, x.connection_id, c.name AS connection_name, x.subject, x.number, x.reason, x.tries, x.first_at, x.last_at
FROM identity_conflicts x JOIN identity_connections c ON c.id = x.connection_id WHERE x.resolved_at IS NULL`, []any{}
	if p.Token != "" {
		key, err := domain.DecodeToken(p.Token, 2)
		if err != nil {
			return domain.Page[org.IdentityConflict]{}, err
		}
		query, args = query+" AND (x.last_at, x.id) < (?::timestamptz, ?::uuid)", append(args, key[0], key[1])
	}
	items := []org.IdentityConflict{}
	if err := s.db.NewRaw(query+" ORDER BY x.last_at DESC, x.id DESC LIMIT ?", append(args, p.Size()+1)...).Scan(ctx, &items); err != nil {
		return domain.Page[org.IdentityConflict]{}, fail(err, "list identity conflicts", "")
	}
	return domain.Cut(items, p.Size(), func(c org.IdentityConflict) []string { return []string{c.LastAt.Format(time.RFC3339Nano), c.ID} }), nil
}

// ConflictForUpdate implements org.ConnectionStore.
func (s *ConnectionStore) ConflictForUpdate(ctx context.Context, id string) (*org.IdentityConflict, error) {
	var c org.IdentityConflict
	err := s.db.NewRaw("SELECT id, connection_id, subject, number, reason FROM identity_conflicts WHERE id = ? AND resolved_at IS NULL FOR UPDATE", id).
		Scan(ctx, &c.ID, &c.ConnectionID, &c.Subject, &c.Number, &c.Reason)
	return &c, fail(err, "read identity conflict", "identity.conflict_unknown")
}

// ResolveConflict implements org.ConnectionStore.
func (s *ConnectionStore) ResolveConflict(ctx context.Context, id, by string) error {
	res, err := s.db.NewRaw("UPDATE identity_conflicts SET resolved_at = clock_timestamp(), resolved_by = ? WHERE id = ? AND resolved_at IS NULL", by, id).Exec(ctx)
	return mustAffect(res, err, "resolve identity conflict", "identity.conflict_unknown")
}

// SetBreakGlass implements org.ConnectionStore.
func (s *ConnectionStore) SetBreakGlass(ctx context.Context, personID string, on bool) error {
	res, err := s.db.NewRaw("UPDATE accounts SET break_glass = ? WHERE person_id = ?", on, personID).Exec(ctx)
	return mustAffect(res, err, "set break-glass", "person.no_account")
}

// BreakGlassPeople implements org.ConnectionStore.
func (s *ConnectionStore) BreakGlassPeople(ctx context.Context) ([]org.BreakGlassPerson, error) {
	out := []org.BreakGlassPerson{}
	err := s.db.NewRaw(`SELECT p.id, p.number, p.name, `+breakGlassReady+` AS ready FROM accounts a JOIN people p ON p.id = a.person_id
WHERE a.break_glass ORDER BY p.pinyin, p.id LIMIT 100`, org.PermSystem).Scan(ctx, &out)
	return out, fail(err, "list break-glass administrators", "")
}

// LockSignInPolicy implements org.ConnectionStore.
func (s *ConnectionStore) LockSignInPolicy(ctx context.Context) (org.SignInPolicy, error) {
	if _, err := s.db.NewRaw("SELECT 1 FROM sign_in_settings FOR UPDATE").Exec(ctx); err != nil {
		return org.SignInPolicy{}, fail(err, "lock sign-in policy", "")
	}
	return s.SignInPolicy(ctx)
}
