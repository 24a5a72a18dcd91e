-- +goose Up
-- +goose StatementBegin
-- Roles as data. The built-in ones are written anew at every start; here only
-- their keys, so that what refers to them can.
CREATE TABLE roles (
  key           text PRIMARY KEY,
  built_in      boolean NOT NULL DEFAULT false,
  name_zh       text NOT NULL CONSTRAINT roles_name_zh_check CHECK (name_zh <> ''),
  name_en       text NOT NULL CONSTRAINT roles_name_en_check CHECK (name_en <> ''),
  description   text NOT NULL DEFAULT '',
  reach         text NOT NULL DEFAULT 'any' CONSTRAINT roles_reach_check CHECK (reach IN ('any', 'unit', 'whole')),
  approval      boolean NOT NULL DEFAULT false,
  second_factor boolean NOT NULL DEFAULT false,
  position      integer NOT NULL DEFAULT 1000,
  version       integer NOT NULL DEFAULT 1,
  created_by    uuid REFERENCES people (id),
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  retired_at    timestamptz,
  retired_by    uuid REFERENCES people (id),
  retire_reason text NOT NULL DEFAULT '',
  CONSTRAINT roles_retired_check CHECK (retired_at IS NULL OR (NOT built_in AND retire_reason <> ''))
);
CREATE UNIQUE INDEX roles_name_zh_key ON roles (lower(name_zh)) WHERE retired_at IS NULL;
INSERT INTO roles (key, built_in, name_zh, name_en) VALUES
  ('learner', true, '学员', 'Learner'), ('trainer', true, '教师', 'Trainer'), ('class_manager', true, '班主任', 'Class manager'),
  ('secretary', true, '支部书记', 'Branch secretary'), ('auditor', true, '组织部', 'Organisation department'), ('editor', true, '编辑', 'Editor'),
  ('counsellor', true, '辅导员', 'Counsellor'), ('admin', true, '管理员', 'Administrator');

ALTER TABLE role_permissions ADD CONSTRAINT role_permissions_role_fkey FOREIGN KEY (role) REFERENCES roles (key);
ALTER TABLE grants ADD CONSTRAINT grants_role_fkey FOREIGN KEY (role) REFERENCES roles (key);
ALTER TABLE grants ADD COLUMN approved_by uuid REFERENCES people (id);
ALTER TABLE grants ADD COLUMN approved_at timestamptz;
-- Nobody raises himself, and two persons are two.
ALTER TABLE grants ADD CONSTRAINT grants_not_self_check CHECK (granted_by IS DISTINCT FROM person_id AND approved_by IS DISTINCT FROM person_id);
ALTER TABLE grants ADD CONSTRAINT grants_two_persons_check CHECK (approved_by IS NULL OR approved_by IS DISTINCT FROM granted_by);
CREATE INDEX grants_role_idx ON grants (role);

-- What a role was, step by step: rows are only ever added.
CREATE TABLE role_versions (
  role         text NOT NULL REFERENCES roles (key),
  version      integer NOT NULL,
  what         text NOT NULL CONSTRAINT role_versions_what_check CHECK (what IN ('create', 'change', 'retire')),
  definition   jsonb NOT NULL,
  reason       text NOT NULL DEFAULT '',
  grants_ended integer NOT NULL DEFAULT 0,
  changed_by   uuid REFERENCES people (id),
  changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (role, version)
);

-- A grant that takes a second person's word, from the asking to the answer.
CREATE TABLE grant_requests (
  id            uuid PRIMARY KEY,
  person_id     uuid NOT NULL REFERENCES people (id),
  role          text NOT NULL REFERENCES roles (key),
  unit_id       uuid REFERENCES units (id),
  starts_on     date NOT NULL,
  ends_on       date,
  reason        text NOT NULL CONSTRAINT grant_requests_reason_check CHECK (reason <> ''),
  requested_by  uuid NOT NULL REFERENCES people (id),
  requested_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  state         text NOT NULL DEFAULT 'requested'
    CONSTRAINT grant_requests_state_check CHECK (state IN ('requested', 'approved', 'refused', 'withdrawn')),
  decided_by    uuid REFERENCES people (id),
  decided_at    timestamptz,
  decide_reason text NOT NULL DEFAULT '',
  grant_id      uuid REFERENCES grants (id),
  CONSTRAINT grant_requests_not_self_check CHECK (requested_by <> person_id AND decided_by IS DISTINCT FROM person_id),
  CONSTRAINT grant_requests_two_persons_check CHECK (state <> 'approved' OR (decided_by IS NOT NULL AND decided_by <> requested_by AND grant_id IS NOT NULL)),
  CONSTRAINT grant_requests_decided_check CHECK ((state = 'requested') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX grant_requests_open_key ON grant_requests (person_id, role, coalesce(unit_id::text, '')) WHERE state = 'requested';
CREATE INDEX grant_requests_role_idx ON grant_requests (role) WHERE state = 'requested';

-- Nobody grants what he does not hold. Whoever began the institution holds from
-- now on all that can be granted, so that somebody can.
INSERT INTO grants (id, person_id, role, period, reason)
SELECT gen_random_uuid(), g.person_id, r.role, daterange(civil_today(), NULL), '升级：首任管理员持有可以授予的全部权限'
FROM grants g CROSS JOIN (VALUES ('trainer'), ('auditor')) AS r (role)
WHERE g.role = 'admin' AND g.unit_id IS NULL AND g.granted_by IS NULL AND g.period @> civil_today()
  AND NOT EXISTS (SELECT 1 FROM grants h WHERE h.person_id = g.person_id AND h.role = r.role AND h.unit_id IS NULL AND h.period @> civil_today());
-- +goose StatementEnd
