-- +goose Up
-- A grant that is ended on its first day holds on no day: its period becomes
-- empty, so every reader of period is right at once, and starts_on (written
-- when it ends), ended_at and end_reason keep what was.
ALTER TABLE grants ADD COLUMN starts_on date;
ALTER TABLE grants ADD COLUMN ended_at timestamptz;
ALTER TABLE grants ADD COLUMN end_reason text NOT NULL DEFAULT '';
ALTER TABLE grants DROP CONSTRAINT grants_period_check;
ALTER TABLE grants ADD CONSTRAINT grants_period_check CHECK (NOT isempty(period) OR (ended_at IS NOT NULL AND starts_on IS NOT NULL));
