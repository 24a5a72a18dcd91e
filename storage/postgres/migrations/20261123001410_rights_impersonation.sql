-- +goose Up
-- +goose StatementBegin
-- Somebody of the support looks at the pages as another person sees them: read
-- only, for a reason, for minutes. It hangs on the session of who looks.
CREATE TABLE impersonations (
  id         uuid PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  actor_id   uuid NOT NULL REFERENCES people (id),
  person_id  uuid NOT NULL REFERENCES people (id),
  reason     text NOT NULL CONSTRAINT impersonations_reason_check CHECK (reason <> ''),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ends_at    timestamptz NOT NULL,
  ended_at   timestamptz,
  CONSTRAINT impersonations_self_check CHECK (actor_id <> person_id),
  CONSTRAINT impersonations_ends_at_check CHECK (ends_at <= started_at + interval '1 hour')
);
CREATE UNIQUE INDEX impersonations_session_id_open_key ON impersonations (session_id) WHERE ended_at IS NULL;
CREATE INDEX impersonations_person_id_idx ON impersonations (person_id);
CREATE INDEX impersonations_actor_id_idx ON impersonations (actor_id);

-- It began because nobody sees more by it than with his own rights. When the rights
-- of either change, or what a role carries, it ends.
CREATE FUNCTION grants_end_impersonations() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE whose uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.person_id ELSE NEW.person_id END;
BEGIN
  UPDATE impersonations SET ended_at = clock_timestamp() WHERE ended_at IS NULL AND (person_id = whose OR actor_id = whose);
  RETURN NULL;
END $$;
CREATE TRIGGER grants_end_impersonations AFTER INSERT OR UPDATE OR DELETE ON grants FOR EACH ROW EXECUTE FUNCTION grants_end_impersonations();
CREATE FUNCTION roles_end_impersonations() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE impersonations SET ended_at = clock_timestamp() WHERE ended_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER role_permissions_end_impersonations AFTER INSERT OR UPDATE OR DELETE ON role_permissions FOR EACH STATEMENT EXECUTE FUNCTION roles_end_impersonations();
-- +goose StatementEnd
