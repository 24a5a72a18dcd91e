-- +goose Up
-- +goose StatementBegin

-- Two records of one human being made one: an alias, which an undo takes away.
-- Nothing that refers to either is rewritten.
CREATE TABLE person_merges (
  id          uuid PRIMARY KEY,
  person_id   uuid NOT NULL REFERENCES people (id), -- who is an alias from now on
  into_id     uuid NOT NULL REFERENCES people (id),
  reason      text NOT NULL,
  merged_by   uuid REFERENCES people (id),
  merged_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  undone_by   uuid REFERENCES people (id),
  undone_at   timestamptz,
  undo_reason text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX person_merges_person_id_key ON person_merges (person_id) WHERE undone_at IS NULL;
CREATE INDEX person_merges_into_id_idx ON person_merges (into_id) WHERE undone_at IS NULL;

-- Filters that somebody saved under a name.
CREATE TABLE people_views (
  id         uuid PRIMARY KEY,
  owner_id   uuid NOT NULL REFERENCES people (id),
  name       text NOT NULL CONSTRAINT people_views_name_check CHECK (char_length(name) BETWEEN 1 AND 40),
  shared     boolean NOT NULL DEFAULT false,
  filter     jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT people_views_owner_id_name_key UNIQUE (owner_id, name)
);

-- One change for many people: checked for each, then done for each.
CREATE TABLE people_bulks (
  id          uuid PRIMARY KEY,
  actor_id    uuid NOT NULL REFERENCES people (id),
  deed        jsonb NOT NULL,
  person_ids  uuid[] NOT NULL,
  state       text NOT NULL CONSTRAINT people_bulks_state_check CHECK (state IN ('checking', 'checked', 'running', 'done')),
  position    int NOT NULL DEFAULT 0, -- how many of person_ids the present pass has come to
  accepted    int NOT NULL DEFAULT 0,
  refused     jsonb NOT NULL DEFAULT '[]',
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  touched_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz
);
CREATE INDEX people_bulks_open_idx ON people_bulks (touched_at) WHERE state IN ('checking', 'running');
CREATE INDEX people_bulks_actor_id_idx ON people_bulks (actor_id, created_at DESC);

-- What people ask to have corrected in their own record.
CREATE TABLE correction_requests (
  id           uuid PRIMARY KEY,
  person_id    uuid NOT NULL REFERENCES people (id),
  field        text NOT NULL CONSTRAINT correction_requests_field_check CHECK (field IN ('name', 'gender', 'born_on', 'phone', 'email', 'stage', 'rank', 'party_membership', 'admin_membership')),
  value        text NOT NULL,
  from_on      date,
  note         text NOT NULL,
  state        text NOT NULL CONSTRAINT correction_requests_state_check CHECK (state IN ('open', 'approved', 'declined', 'withdrawn')),
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  decided_by   uuid REFERENCES people (id),
  decided_at   timestamptz,
  decision     text NOT NULL DEFAULT ''
);
CREATE INDEX correction_requests_person_id_idx ON correction_requests (person_id, created_at DESC);
CREATE INDEX correction_requests_open_idx ON correction_requests (created_at, id) WHERE state = 'open';

CREATE INDEX people_letters_idx ON people (replace(pinyin, ' ', '') text_pattern_ops);
CREATE INDEX people_born_on_idx ON people (born_on);
-- +goose StatementEnd
