-- +goose Up
-- +goose StatementBegin
-- What is remembered of each file that the head of the audit chain is written
-- to: a file whose end was cut is noticed.
CREATE TABLE audit_anchors (
  file_id uuid PRIMARY KEY,
  marks   int NOT NULL,
  seq     bigint NOT NULL,
  link    bytea NOT NULL,
  at      timestamptz NOT NULL
);
CREATE INDEX audit_events_request_idx ON audit_events (request_id) WHERE request_id <> '';

-- +goose StatementEnd
