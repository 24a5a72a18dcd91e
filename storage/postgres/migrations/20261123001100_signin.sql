-- +goose Up
-- +goose StatementBegin
ALTER TABLE accounts
  ADD COLUMN code_hash       text NOT NULL DEFAULT '', -- an administrator's one-time code
  ADD COLUMN code_expires_at timestamptz,
  ADD COLUMN break_glass     boolean NOT NULL DEFAULT false,
  ADD COLUMN totp_secret     text NOT NULL DEFAULT '', -- sealed
  ADD COLUMN totp_pending    text NOT NULL DEFAULT '', -- sealed
  ADD COLUMN totp_step       bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT accounts_code_check CHECK ((code_hash = '') = (code_expires_at IS NULL));

CREATE TABLE password_history (
  id            uuid PRIMARY KEY,
  person_id     uuid NOT NULL REFERENCES people (id),
  password_hash text NOT NULL,
  retired_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX password_history_person_id_idx ON password_history (person_id, retired_at DESC);

CREATE TABLE recovery_codes (
  person_id uuid NOT NULL REFERENCES people (id),
  code_hash bytea NOT NULL, -- SHA-256 of 59 random bits
  used_at   timestamptz,
  PRIMARY KEY (person_id, code_hash)
);

CREATE TABLE passkeys (
  id            uuid PRIMARY KEY,
  person_id     uuid NOT NULL REFERENCES people (id),
  credential_id bytea NOT NULL CONSTRAINT passkeys_credential_id_key UNIQUE,
  credential    bytea NOT NULL,
  name          text NOT NULL CONSTRAINT passkeys_name_check CHECK (char_length(name) BETWEEN 1 AND 60),
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_used_at  timestamptz
);
CREATE INDEX passkeys_person_id_idx ON passkeys (person_id);

CREATE TABLE passkey_ceremonies (
  id         uuid PRIMARY KEY,
  person_id  uuid REFERENCES people (id),
  purpose    text NOT NULL CONSTRAINT passkey_ceremonies_purpose_check CHECK (purpose IN ('register', 'sign_in', 'factor', 'step_up')),
  state      bytea NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_ceremonies_expires_at_idx ON passkey_ceremonies (expires_at);

-- A device on which the person signed in before: its token is a cookie.
CREATE TABLE known_devices (
  person_id  uuid NOT NULL REFERENCES people (id),
  token_hash bytea NOT NULL,
  first_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (person_id, token_hash)
);
CREATE INDEX known_devices_last_at_idx ON known_devices (last_at);

ALTER TABLE sessions
  ADD COLUMN method          text NOT NULL DEFAULT 'password' CONSTRAINT sessions_method_check CHECK (method IN ('password', 'code', 'passkey', 'external')),
  ADD COLUMN needs_factor    boolean NOT NULL DEFAULT false,
  ADD COLUMN auth_at         timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN rotate_due      boolean NOT NULL DEFAULT false,
  ADD COLUMN prev_token_hash bytea, -- the token before the last change, for requests under way
  ADD COLUMN prev_until      timestamptz;
CREATE UNIQUE INDEX sessions_prev_token_hash_key ON sessions (prev_token_hash) WHERE prev_token_hash IS NOT NULL;

-- Whoever changes a person's rights, and however: his tokens must be replaced.
CREATE FUNCTION sessions_rotate() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE sessions SET rotate_due = true
  WHERE person_id = CASE WHEN TG_OP = 'DELETE' THEN OLD.person_id ELSE NEW.person_id END AND revoked_at IS NULL AND NOT rotate_due;
  RETURN NULL;
END $$;
CREATE TRIGGER grants_rotate_sessions AFTER INSERT OR UPDATE OR DELETE ON grants FOR EACH ROW EXECUTE FUNCTION sessions_rotate();

CREATE TABLE sign_in_settings (
  one        boolean PRIMARY KEY DEFAULT true CONSTRAINT sign_in_settings_one_check CHECK (one),
  policy     jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  changed_by uuid REFERENCES people (id)
);

DROP TABLE sign_in_failures;
CREATE TABLE sign_in_lanes (
  key    text PRIMARY KEY,
  due_at timestamptz NOT NULL -- when the lane will be empty again
);
CREATE INDEX sign_in_lanes_due_at_idx ON sign_in_lanes (due_at);
-- +goose StatementEnd
