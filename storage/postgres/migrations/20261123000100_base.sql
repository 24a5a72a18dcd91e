-- +goose Up
-- +goose StatementBegin
CREATE EXTENSION IF NOT EXISTS ltree;
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- The civil date in force: every date of the college is a date in Shanghai.
CREATE FUNCTION civil_today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation'; END $$;

CREATE TABLE units (
  id         uuid PRIMARY KEY,
  tree       text NOT NULL CONSTRAINT units_tree_check CHECK (tree IN ('party', 'admin')),
  parent_id  uuid REFERENCES units (id),
  path       ltree NOT NULL,
  name       text NOT NULL CONSTRAINT units_name_check CHECK (char_length(name) BETWEEN 1 AND 100),
  kind       text NOT NULL,
  position   int NOT NULL DEFAULT 0,
  closed_on  date,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX units_path_key ON units USING btree (path);
CREATE INDEX units_path_idx ON units USING gist (path);
CREATE INDEX units_parent_id_idx ON units (parent_id);
CREATE UNIQUE INDEX units_parent_id_name_key ON units (tree, parent_id, name) NULLS NOT DISTINCT WHERE closed_on IS NULL;

CREATE TABLE people (
  id         uuid PRIMARY KEY,
  number     text NOT NULL CONSTRAINT people_number_key UNIQUE CONSTRAINT people_number_check CHECK (number ~ '^[0-9A-Za-z_-]{1,32}$'),
  name       text NOT NULL CONSTRAINT people_name_check CHECK (char_length(name) BETWEEN 1 AND 60),
  pinyin     text NOT NULL DEFAULT '',
  initials   text NOT NULL DEFAULT '',
  kind       text NOT NULL CONSTRAINT people_kind_check CHECK (kind IN ('staff', 'student')),
  gender     text CONSTRAINT people_gender_check CHECK (gender IN ('female', 'male')),
  born_on    date,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX people_pinyin_id_idx ON people (pinyin, id);
CREATE INDEX people_initials_idx ON people (initials text_pattern_ops);
CREATE INDEX people_name_idx ON people (name text_pattern_ops);
CREATE INDEX people_number_pattern_idx ON people (number text_pattern_ops);

CREATE TABLE memberships (
  id         uuid PRIMARY KEY,
  person_id  uuid NOT NULL REFERENCES people (id),
  unit_id    uuid NOT NULL REFERENCES units (id),
  tree       text NOT NULL CONSTRAINT memberships_tree_check CHECK (tree IN ('party', 'admin')),
  period     daterange NOT NULL CONSTRAINT memberships_period_check CHECK (NOT isempty(period)),
  document   text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT memberships_one_per_tree EXCLUDE USING gist (person_id WITH =, tree WITH =, period WITH &&)
);
CREATE INDEX memberships_unit_id_idx ON memberships (unit_id, person_id);

CREATE TABLE stage_facts (
  id         uuid PRIMARY KEY,
  person_id  uuid NOT NULL REFERENCES people (id),
  stage      text NOT NULL CONSTRAINT stage_facts_stage_check CHECK (stage IN ('masses', 'applicant', 'activist', 'development_target', 'probationary_member', 'member')),
  period     daterange NOT NULL CONSTRAINT stage_facts_period_check CHECK (NOT isempty(period)),
  document   text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT stage_facts_one_at_a_time EXCLUDE USING gist (person_id WITH =, period WITH &&)
);
CREATE INDEX stage_facts_stage_idx ON stage_facts (stage, person_id);

CREATE TABLE rank_facts (
  id         uuid PRIMARY KEY,
  person_id  uuid NOT NULL REFERENCES people (id),
  rank       text NOT NULL CONSTRAINT rank_facts_rank_check CHECK (rank IN ('section_deputy', 'section_head', 'division_deputy', 'division_head', 'bureau_deputy', 'bureau_head')),
  period     daterange NOT NULL CONSTRAINT rank_facts_period_check CHECK (NOT isempty(period)),
  document   text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT rank_facts_one_at_a_time EXCLUDE USING gist (person_id WITH =, period WITH &&)
);
CREATE INDEX rank_facts_rank_idx ON rank_facts (rank, person_id);

-- Roles as data: the built-in ones are written from domain/org at migration time.
CREATE TABLE role_permissions (
  role       text NOT NULL,
  permission text NOT NULL,
  PRIMARY KEY (role, permission)
);
CREATE INDEX role_permissions_permission_idx ON role_permissions (permission);

CREATE TABLE grants (
  id         uuid PRIMARY KEY,
  person_id  uuid NOT NULL REFERENCES people (id),
  role       text NOT NULL,
  unit_id    uuid REFERENCES units (id), -- NULL: the whole institution
  period     daterange NOT NULL CONSTRAINT grants_period_check CHECK (NOT isempty(period)),
  granted_by uuid REFERENCES people (id),
  reason     text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_by   uuid REFERENCES people (id)
);
CREATE INDEX grants_person_id_idx ON grants (person_id);
CREATE INDEX grants_unit_id_idx ON grants (unit_id);

CREATE TABLE accounts (
  person_id     uuid PRIMARY KEY REFERENCES people (id),
  password_hash text NOT NULL,
  must_change   boolean NOT NULL DEFAULT false,
  changed_at    timestamptz NOT NULL DEFAULT now(),
  disabled_at   timestamptz
);

CREATE TABLE sessions (
  id           uuid PRIMARY KEY,
  token_hash   bytea NOT NULL CONSTRAINT sessions_token_hash_key UNIQUE,
  person_id    uuid NOT NULL REFERENCES people (id),
  device_id    text NOT NULL DEFAULT '',
  user_agent   text NOT NULL DEFAULT '',
  ip           text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz
);
CREATE INDEX sessions_person_id_idx ON sessions (person_id) WHERE revoked_at IS NULL;
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

CREATE TABLE sign_in_failures (
  key           text PRIMARY KEY, -- account:<number> or device:<id>
  failures      int NOT NULL,
  last_at       timestamptz NOT NULL,
  blocked_until timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_last_at_idx ON sign_in_failures (last_at);

CREATE TABLE signing_keys (
  purpose    text PRIMARY KEY,
  secret     bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE idempotency_keys (
  person_id  uuid NOT NULL,
  operation  text NOT NULL,
  key        text NOT NULL,
  body_hash  bytea NOT NULL,
  status     int, -- NULL while the first request is under way
  body       bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (person_id, operation, key)
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

-- The outbox is the memory of every job; Redis only rings the bell.
CREATE TABLE outbox (
  id          uuid PRIMARY KEY,
  kind        text NOT NULL,
  queue       text NOT NULL,
  payload     jsonb NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  run_after   timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at     timestamptz,
  attempts    int NOT NULL DEFAULT 0,
  lease_until timestamptz,
  lease_by    uuid,
  done_at     timestamptz,
  dead_at     timestamptz,
  error       text NOT NULL DEFAULT ''
);
CREATE INDEX outbox_unsent_idx ON outbox (run_after) WHERE sent_at IS NULL AND done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_sent_idx ON outbox (sent_at) WHERE sent_at IS NOT NULL AND done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_done_at_idx ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_dead_at_idx ON outbox (dead_at) WHERE dead_at IS NOT NULL;

CREATE TABLE audit_events (
  seq          bigint PRIMARY KEY,
  at           timestamptz NOT NULL,
  actor_id     uuid, -- NULL: the system itself
  action       text NOT NULL,
  subject_type text NOT NULL,
  subject_id   text NOT NULL,
  detail       jsonb NOT NULL,
  request_id   text NOT NULL,
  ip           text NOT NULL,
  prev_hash    bytea NOT NULL,
  hash         bytea NOT NULL
);
CREATE INDEX audit_events_actor_id_seq_idx ON audit_events (actor_id, seq DESC);
CREATE INDEX audit_events_subject_idx ON audit_events (subject_type, subject_id, seq DESC);
CREATE INDEX audit_events_action_seq_idx ON audit_events (action, seq DESC);
CREATE INDEX audit_events_at_idx ON audit_events (at);
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The hash of an entry covers every column and the hash before it.
CREATE FUNCTION audit_hash(e audit_events) RETURNS bytea LANGUAGE sql IMMUTABLE
AS $$
  SELECT sha256(e.prev_hash || convert_to(jsonb_build_array(e.seq, (extract(epoch FROM e.at) * 1000000)::bigint, e.actor_id, e.action,
    e.subject_type, e.subject_id, e.detail, e.request_id, e.ip)::text, 'UTF8'))
$$;

-- One writer at a time: the advisory lock orders the chain; it is held to the end of the transaction.
CREATE FUNCTION audit_append(p_actor uuid, p_action text, p_subject_type text, p_subject_id text, p_detail jsonb, p_request_id text, p_ip text)
RETURNS bigint LANGUAGE plpgsql
AS $$
DECLARE last audit_events; e audit_events;
BEGIN
  PERFORM pg_advisory_xact_lock(7302001);
  SELECT * INTO last FROM audit_events ORDER BY seq DESC LIMIT 1;
  e.seq := coalesce(last.seq, 0) + 1;
  e.at := clock_timestamp();
  e.actor_id := p_actor; e.action := p_action; e.subject_type := p_subject_type; e.subject_id := p_subject_id;
  e.detail := p_detail; e.request_id := p_request_id; e.ip := p_ip;
  e.prev_hash := coalesce(last.hash, '\x'::bytea);
  e.hash := audit_hash(e);
  INSERT INTO audit_events SELECT e.*;
  RETURN e.seq;
END $$;

-- audience_matches says whether a person is inside an audience rule on a day (domain.Audience).
CREATE FUNCTION audience_matches(a jsonb, person uuid, d date) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT (jsonb_array_length(coalesce(a->'kinds', '[]')) = 0
      OR EXISTS (SELECT 1 FROM people p WHERE p.id = person AND a->'kinds' ? p.kind))
    AND (jsonb_array_length(coalesce(a->'stages', '[]')) = 0
      OR EXISTS (SELECT 1 FROM stage_facts s WHERE s.person_id = person AND s.period @> d AND a->'stages' ? s.stage))
    AND (jsonb_array_length(coalesce(a->'ranks', '[]')) = 0
      OR EXISTS (SELECT 1 FROM rank_facts r WHERE r.person_id = person AND r.period @> d AND a->'ranks' ? r.rank))
    AND (jsonb_array_length(coalesce(a->'units', '[]')) = 0
      OR EXISTS (SELECT 1 FROM memberships m JOIN units mu ON mu.id = m.unit_id
                 JOIN units au ON mu.path <@ au.path AND a->'units' ? au.id::text
                 WHERE m.person_id = person AND m.period @> d))
$$;
-- +goose StatementEnd
