-- +goose Up
-- +goose StatementBegin
-- Peers outside that say who somebody is.
CREATE TABLE identity_connections (
  id         uuid PRIMARY KEY,
  kind       text NOT NULL CONSTRAINT identity_connections_kind_check CHECK (kind IN ('oidc', 'cas', 'ldap', 'wecom', 'dingtalk')),
  name       text NOT NULL CONSTRAINT identity_connections_name_check CHECK (char_length(name) BETWEEN 1 AND 40),
  enabled    boolean NOT NULL DEFAULT false,
  position   int NOT NULL DEFAULT 0,
  config     jsonb NOT NULL,
  secret     text NOT NULL DEFAULT '', -- sealed
  version    int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What a peer calls a person, for ever: iss and sub, user, entryUUID, userid.
CREATE TABLE identity_links (
  id            uuid PRIMARY KEY,
  connection_id uuid NOT NULL REFERENCES identity_connections (id) ON DELETE CASCADE,
  subject       text NOT NULL,
  person_id     uuid NOT NULL REFERENCES people (id),
  linked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_used_at  timestamptz,
  CONSTRAINT identity_links_subject_key UNIQUE (connection_id, subject),
  CONSTRAINT identity_links_person_key UNIQUE (connection_id, person_id)
);
CREATE INDEX identity_links_person_id_idx ON identity_links (person_id);

-- A browser on its way to a peer and back; taken once.
CREATE TABLE identity_flows (
  state_hash    bytea PRIMARY KEY,
  browser_hash  bytea NOT NULL,
  connection_id uuid NOT NULL REFERENCES identity_connections (id) ON DELETE CASCADE,
  secrets       text NOT NULL, -- sealed: state, nonce and PKCE verifier
  return_to     text NOT NULL,
  expires_at    timestamptz NOT NULL
);
CREATE INDEX identity_flows_expires_at_idx ON identity_flows (expires_at);

-- Whom a peer vouched for and we could not let in: for staff to decide.
CREATE TABLE identity_conflicts (
  id            uuid PRIMARY KEY,
  connection_id uuid NOT NULL REFERENCES identity_connections (id) ON DELETE CASCADE,
  subject       text NOT NULL,
  number        text NOT NULL,
  reason        text NOT NULL,
  tries         int NOT NULL DEFAULT 1,
  first_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  resolved_at   timestamptz,
  resolved_by   uuid REFERENCES people (id),
  CONSTRAINT identity_conflicts_subject_key UNIQUE (connection_id, subject)
);
CREATE INDEX identity_conflicts_open_idx ON identity_conflicts (last_at DESC, id) WHERE resolved_at IS NULL;
-- +goose StatementEnd
