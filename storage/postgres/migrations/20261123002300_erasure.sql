-- +goose Up
-- +goose StatementBegin

-- When a person's data was erased. What is left of the row is a pseudonym, so
-- that the ledger and the log still refer to somebody.
ALTER TABLE people ADD COLUMN erased_at timestamptz;

-- Somebody asks for a person's data to be erased; a second person decides; a job
-- does it, and it cannot be undone.
CREATE TABLE erasures (
  id            uuid PRIMARY KEY,
  person_id     uuid NOT NULL REFERENCES people (id),
  reason        text NOT NULL CONSTRAINT erasures_reason_check CHECK (char_length(reason) BETWEEN 2 AND 500),
  requested_by  uuid NOT NULL REFERENCES people (id), -- the person himself, or staff
  requested_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  state         text NOT NULL CONSTRAINT erasures_state_check CHECK (state IN ('requested', 'approved', 'done', 'stopped', 'refused', 'withdrawn')),
  decided_by    uuid REFERENCES people (id),
  decided_at    timestamptz,
  decide_reason text NOT NULL DEFAULT '',
  failure       text NOT NULL DEFAULT '', -- the reason key, of one that was stopped
  done_at       timestamptz,
  counts        jsonb NOT NULL DEFAULT '{}', -- item of data -> rows
  CONSTRAINT erasures_two_persons_check CHECK (state NOT IN ('approved', 'done') OR (decided_by IS NOT NULL AND decided_by <> requested_by AND decided_by <> person_id)),
  CONSTRAINT erasures_decided_check CHECK ((state = 'requested') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX erasures_open_key ON erasures (person_id) WHERE state IN ('requested', 'approved');
CREATE INDEX erasures_person_id_idx ON erasures (person_id, requested_at DESC);
CREATE INDEX erasures_working_idx ON erasures (decided_at) WHERE state = 'approved';

-- What was erased stays so, whoever writes.
CREATE FUNCTION people_stay_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'person % was erased', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER people_stay_erased BEFORE UPDATE OR DELETE ON people FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION people_stay_erased();
-- +goose StatementEnd
