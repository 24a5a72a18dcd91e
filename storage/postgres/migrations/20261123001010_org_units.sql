-- +goose Up
-- +goose StatementBegin

-- Where a unit stood and what it was called on each day. units.parent_id, path,
-- name and kind are those of today; these tables are the history. A placement
-- without a lower bound has always been so, as far as is known.
ALTER TABLE units ADD COLUMN opened_on date, ADD COLUMN version int NOT NULL DEFAULT 1;

CREATE TABLE unit_placements (
  unit_id   uuid NOT NULL REFERENCES units (id),
  parent_id uuid REFERENCES units (id),
  path      ltree NOT NULL,
  period    daterange NOT NULL CONSTRAINT unit_placements_period_check CHECK (NOT isempty(period)),
  CONSTRAINT unit_placements_one_at_a_time EXCLUDE USING gist (unit_id WITH =, period WITH &&)
);
CREATE INDEX unit_placements_path_idx ON unit_placements USING gist (path);

CREATE TABLE unit_names (
  unit_id uuid NOT NULL REFERENCES units (id),
  name    text NOT NULL,
  kind    text NOT NULL,
  period  daterange NOT NULL CONSTRAINT unit_names_period_check CHECK (NOT isempty(period)),
  CONSTRAINT unit_names_one_at_a_time EXCLUDE USING gist (unit_id WITH =, period WITH &&)
);

-- A unit is placed and named with its insertion, from the day it opened on, but
-- never before its parent.
CREATE FUNCTION place_unit() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE since date := NEW.opened_on; above date;
BEGIN
  IF NEW.parent_id IS NOT NULL THEN
    SELECT lower(period) INTO above FROM unit_placements WHERE unit_id = NEW.parent_id ORDER BY period LIMIT 1;
    since := greatest(since, above);
  END IF;
  INSERT INTO unit_placements (unit_id, parent_id, path, period) VALUES (NEW.id, NEW.parent_id, NEW.path, daterange(since, NULL));
  INSERT INTO unit_names (unit_id, name, kind, period) VALUES (NEW.id, NEW.name, NEW.kind, daterange(since, NULL));
  RETURN NULL;
END $$;
INSERT INTO unit_placements (unit_id, parent_id, path, period) SELECT id, parent_id, path, daterange(NULL, NULL) FROM units;
INSERT INTO unit_names (unit_id, name, kind, period) SELECT id, name, kind, daterange(NULL, NULL) FROM units;
CREATE TRIGGER units_place AFTER INSERT ON units FOR EACH ROW EXECUTE FUNCTION place_unit();

-- Changes of the trees: applied at once, or planned for a day and applied on it.
CREATE TABLE unit_changes (
  id            uuid PRIMARY KEY,
  seq           bigint GENERATED ALWAYS AS IDENTITY,
  unit_id       uuid NOT NULL REFERENCES units (id),
  verb          text NOT NULL CONSTRAINT unit_changes_verb_check CHECK (verb IN ('rename', 'move', 'merge', 'close')),
  target_id     uuid REFERENCES units (id), -- the new parent, or the unit that takes in; NULL of a move makes a root
  name          text NOT NULL DEFAULT '',
  kind          text NOT NULL DEFAULT '',
  effective_on  date NOT NULL,
  reason        text NOT NULL DEFAULT '',
  state         text NOT NULL CONSTRAINT unit_changes_state_check CHECK (state IN ('planned', 'applied', 'cancelled', 'failed')),
  failure       text NOT NULL DEFAULT '', -- the reason key
  people        int NOT NULL DEFAULT 0,   -- members that a merge moved
  planned_by    uuid REFERENCES people (id),
  planned_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  applied_at    timestamptz,
  cancelled_by  uuid REFERENCES people (id),
  cancelled_at  timestamptz,
  cancel_reason text NOT NULL DEFAULT ''
);
CREATE INDEX unit_changes_planned_idx ON unit_changes (effective_on, seq) WHERE state = 'planned';
CREATE INDEX unit_changes_unit_id_idx ON unit_changes (unit_id);

-- An audience is judged by the tree of the day that is asked about.
CREATE OR REPLACE FUNCTION audience_matches(a jsonb, person uuid, d date) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT (jsonb_array_length(coalesce(a->'kinds', '[]')) = 0
      OR EXISTS (SELECT 1 FROM people p WHERE p.id = person AND a->'kinds' ? p.kind))
    AND (jsonb_array_length(coalesce(a->'stages', '[]')) = 0
      OR EXISTS (SELECT 1 FROM stage_facts s WHERE s.person_id = person AND s.period @> d AND a->'stages' ? s.stage))
    AND (jsonb_array_length(coalesce(a->'ranks', '[]')) = 0
      OR EXISTS (SELECT 1 FROM rank_facts r WHERE r.person_id = person AND r.period @> d AND a->'ranks' ? r.rank))
    AND (jsonb_array_length(coalesce(a->'units', '[]')) = 0
      OR EXISTS (SELECT 1 FROM memberships m JOIN unit_placements mp ON mp.unit_id = m.unit_id AND mp.period @> d
                 JOIN unit_placements ap ON mp.path <@ ap.path AND ap.period @> d AND a->'units' ? ap.unit_id::text
                 WHERE m.person_id = person AND m.period @> d))
$$;
-- +goose StatementEnd
