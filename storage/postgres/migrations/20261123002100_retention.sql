-- +goose Up
-- +goose StatementBegin
-- How long personal data is kept, where the institution changed what is usual. The
-- rules themselves, and within which bounds a term may be set, are in the program.
CREATE TABLE retention_terms (
  rule       text PRIMARY KEY,
  days       int NOT NULL CONSTRAINT retention_terms_days_check CHECK (days > 0),
  reason     text NOT NULL CONSTRAINT retention_terms_reason_check CHECK (char_length(reason) BETWEEN 2 AND 500),
  changed_by uuid NOT NULL REFERENCES people (id),
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What each rule took away on a day. The row is the lock under which it works.
CREATE TABLE retention_runs (
  rule        text NOT NULL,
  on_day      date NOT NULL,
  days        int NOT NULL, -- the term that held
  removed     int NOT NULL DEFAULT 0,
  started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  touched_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  PRIMARY KEY (rule, on_day)
);
CREATE INDEX retention_runs_on_day_idx ON retention_runs (on_day DESC, rule);
CREATE INDEX correction_requests_decided_at_idx ON correction_requests (decided_at) WHERE state <> 'open';
CREATE INDEX people_bulks_touched_at_idx ON people_bulks (touched_at) WHERE state IN ('checked', 'done');
CREATE INDEX exports_finished_at_idx ON exports (finished_at) WHERE state IN ('expired', 'failed');
CREATE INDEX pushes_finished_at_idx ON pushes (finished_at) WHERE items <> '[]';
CREATE INDEX people_photo_idx ON people (id) WHERE photo_key <> '';
CREATE INDEX plays_session_id_idx ON plays (session_id) WHERE session_id IS NOT NULL; -- sessions that end their term are removed
-- +goose StatementEnd
