-- +goose Up
-- +goose StatementBegin

-- A key for a program outside: what it may do and within which unit. The secret is
-- shown once and kept as a hash; while it is exchanged, the one before lives on.
CREATE TABLE api_tokens (
  id           uuid PRIMARY KEY,
  name         text NOT NULL CONSTRAINT api_tokens_name_check CHECK (char_length(name) BETWEEN 1 AND 60),
  prefix       text NOT NULL,
  secret_hash  bytea NOT NULL CONSTRAINT api_tokens_secret_hash_key UNIQUE,
  old_hash     bytea CONSTRAINT api_tokens_old_hash_key UNIQUE,
  old_until    timestamptz,
  permissions  text[] NOT NULL CONSTRAINT api_tokens_permissions_check CHECK (cardinality(permissions) > 0),
  unit_id      uuid REFERENCES units (id), -- NULL: the whole institution
  per_minute   int NOT NULL CONSTRAINT api_tokens_per_minute_check CHECK (per_minute BETWEEN 1 AND 6000),
  created_by   uuid NOT NULL REFERENCES people (id),
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  last_ip      text NOT NULL DEFAULT '',
  minute_at    timestamptz,           -- the minute that minute_count counts
  minute_count int NOT NULL DEFAULT 0
);

-- What a program outside pushed and what came of each item.
CREATE TABLE pushes (
  id          uuid PRIMARY KEY,
  kind        text NOT NULL CONSTRAINT pushes_kind_check CHECK (kind IN ('people', 'units', 'facts')),
  state       text NOT NULL CONSTRAINT pushes_state_check CHECK (state IN ('running', 'done')),
  token_id    uuid REFERENCES api_tokens (id),
  created_by  uuid NOT NULL REFERENCES people (id),
  import_id   uuid REFERENCES imports (id),
  items       jsonb NOT NULL DEFAULT '[]',
  counts      jsonb NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz
);
CREATE INDEX pushes_created_by_idx ON pushes (created_by, id DESC);
CREATE INDEX pushes_token_id_idx ON pushes (token_id, id DESC);

-- What another system calls a unit.
ALTER TABLE units ADD COLUMN external_key text CONSTRAINT units_external_key_check CHECK (char_length(external_key) BETWEEN 1 AND 64);
CREATE UNIQUE INDEX units_external_key_key ON units (tree, external_key) WHERE external_key IS NOT NULL;

ALTER TABLE imports ADD COLUMN token_id uuid REFERENCES api_tokens (id);
-- +goose StatementEnd
