-- +goose Up
-- +goose StatementBegin
ALTER TABLE exports DROP CONSTRAINT exports_kind_check;
ALTER TABLE exports ADD CONSTRAINT exports_kind_check CHECK (kind IN ('hours_people', 'people_xlsx', 'people_csv', 'audit_xlsx', 'audit_csv'));

-- Who was shown whose data: one row a reader, a person, a kind and a civil day,
-- however often. Records that are opened one by one are in audit_events as well.
CREATE TABLE person_reads (
  person_id uuid NOT NULL REFERENCES people (id),
  on_day    date NOT NULL DEFAULT civil_today(),
  actor_id  uuid NOT NULL, -- a person, or a token of a program
  kind      text NOT NULL CONSTRAINT person_reads_kind_check CHECK (kind IN
    ('list', 'hours_list', 'hours', 'exam_list', 'exam', 'batch', 'grant', 'correction', 'import', 'export', 'photo', 'other')),
  at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (person_id, on_day, actor_id, kind)
);
CREATE INDEX person_reads_on_day_idx ON person_reads (on_day);
-- +goose StatementEnd
