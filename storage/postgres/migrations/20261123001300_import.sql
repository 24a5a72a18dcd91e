-- +goose Up
-- +goose StatementBegin

-- A file of people on its way in. The file itself is in the object store, sealed.
CREATE TABLE imports (
  id          uuid PRIMARY KEY,
  state       text NOT NULL CONSTRAINT imports_state_check CHECK (state IN ('uploaded', 'read', 'mapped', 'previewed', 'applying', 'applied', 'undoing', 'undone', 'failed')),
  filename    text NOT NULL CONSTRAINT imports_filename_check CHECK (char_length(filename) BETWEEN 1 AND 200),
  size        bigint NOT NULL,
  digest      text NOT NULL,
  object_key  text NOT NULL, -- '' once the file is no longer kept
  format      text NOT NULL DEFAULT '',
  encoding    text NOT NULL DEFAULT '',
  delimiter   text NOT NULL DEFAULT '',
  sheet       text NOT NULL DEFAULT '',
  header      int NOT NULL DEFAULT 0,
  columns     jsonb NOT NULL DEFAULT '[]',
  options     jsonb NOT NULL DEFAULT '{}',
  counts      jsonb NOT NULL DEFAULT '{}',
  progress    int NOT NULL DEFAULT 0 CONSTRAINT imports_progress_check CHECK (progress BETWEEN 0 AND 100),
  failure     text NOT NULL DEFAULT '',
  failure_at  jsonb NOT NULL DEFAULT '{}',
  reason      text NOT NULL DEFAULT '',
  blockers    jsonb NOT NULL DEFAULT '[]',
  created_by  uuid NOT NULL REFERENCES people (id),
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  applied_at  timestamptz,
  undone_at   timestamptz
);
CREATE INDEX imports_created_by_idx ON imports (created_by, id DESC);
CREATE INDEX imports_working_idx ON imports (updated_at) WHERE state IN ('uploaded', 'mapped', 'applying', 'undoing');
CREATE INDEX imports_kept_idx ON imports (created_at) WHERE object_key <> '';

-- The rows of a file and what came of each. vals is what a row says, cleaned and
-- without the id number; sealed holds the cells as they stand.
CREATE TABLE import_rows (
  import_id  uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
  line       int NOT NULL,
  outcome    text NOT NULL CONSTRAINT import_rows_outcome_check CHECK (outcome IN ('new', 'changed', 'same', 'refused', 'stale')),
  vals       jsonb NOT NULL,
  changes    jsonb NOT NULL DEFAULT '[]',
  refusals   jsonb NOT NULL DEFAULT '[]',
  notes      jsonb NOT NULL DEFAULT '[]',
  sealed     text NOT NULL,
  person_id  uuid, -- no reference: an undone row's person is gone
  seen       text NOT NULL DEFAULT '',
  undo       jsonb,
  applied_at timestamptz,
  PRIMARY KEY (import_id, line)
);
CREATE INDEX import_rows_outcome_idx ON import_rows (import_id, outcome, line);
CREATE INDEX import_rows_waiting_idx ON import_rows (import_id, line) WHERE applied_at IS NULL AND outcome IN ('new', 'changed');

-- What of a file is not a taken cell: titles, blank lines, pages, comments,
-- columns that nobody mapped. text is sealed where the cell may hold anything.
CREATE TABLE import_remarks (
  import_id uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
  seq       bigint GENERATED ALWAYS AS IDENTITY,
  kind      text NOT NULL,
  sheet     text NOT NULL DEFAULT '',
  line      int NOT NULL,
  col       int NOT NULL,
  text      text NOT NULL,
  PRIMARY KEY (import_id, seq)
);

ALTER TABLE exports DROP CONSTRAINT exports_kind_check;
ALTER TABLE exports ADD CONSTRAINT exports_kind_check CHECK (kind IN ('hours_people', 'people_xlsx', 'people_csv'));
-- +goose StatementEnd
