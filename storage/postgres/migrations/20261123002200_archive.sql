-- +goose Up
ALTER TABLE exports DROP CONSTRAINT exports_kind_check;
ALTER TABLE exports ADD CONSTRAINT exports_kind_check CHECK (kind IN ('hours_people', 'people_xlsx', 'people_csv', 'audit_xlsx', 'audit_csv', 'person_zip'));
