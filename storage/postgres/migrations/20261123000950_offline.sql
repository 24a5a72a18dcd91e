-- +goose Up
-- Hours of offline training, filed for many people on a document: filed by one
-- person, decided by another, credited in one transaction, reversed as a whole.
CREATE TABLE hour_batches (
  id          uuid PRIMARY KEY,
  title       text NOT NULL CONSTRAINT hour_batches_title_check CHECK (char_length(title) BETWEEN 1 AND 200),
  document_no text NOT NULL CONSTRAINT hour_batches_document_no_check CHECK (char_length(document_no) BETWEEN 1 AND 100),
  document_on date NOT NULL,
  organiser   text NOT NULL CONSTRAINT hour_batches_organiser_check CHECK (char_length(organiser) BETWEEN 1 AND 100),
  source      text NOT NULL CONSTRAINT hour_batches_source_check CHECK (source IN ('offline_training', 'external_platform', 'live_class', 'teaching', 'paper', 'activity', 'manual')),
  starts_on   date NOT NULL,
  ends_on     date NOT NULL CONSTRAINT hour_batches_ends_on_check CHECK (ends_on >= starts_on),
  required    boolean NOT NULL,
  note        text NOT NULL DEFAULT '',
  state       text NOT NULL CONSTRAINT hour_batches_state_check CHECK (state IN ('draft', 'filed', 'approved', 'rejected', 'withdrawn', 'reversed')),
  file_key    text NOT NULL DEFAULT '',
  file_name   text NOT NULL DEFAULT '',
  file_type   text NOT NULL DEFAULT '',
  file_size   bigint NOT NULL DEFAULT 0,
  file_digest text NOT NULL DEFAULT '',
  filed_by    uuid NOT NULL REFERENCES people (id),
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  filed_at    timestamptz,
  decided_by  uuid REFERENCES people (id) CONSTRAINT hour_batches_two_persons_check CHECK (decided_by <> filed_by),
  decided_at  timestamptz,
  reason      text NOT NULL DEFAULT '',
  ended_by    uuid REFERENCES people (id),
  ended_at    timestamptz,
  version     int NOT NULL DEFAULT 1,
  CONSTRAINT hour_batches_file_check CHECK (state IN ('draft', 'withdrawn') OR file_key <> ''),
  CONSTRAINT hour_batches_decided_check CHECK (state NOT IN ('approved', 'rejected', 'reversed') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL))
);
CREATE INDEX hour_batches_created_at_idx ON hour_batches (created_at DESC, id DESC);
CREATE INDEX hour_batches_filed_by_idx ON hour_batches (filed_by);

CREATE TABLE hour_batch_people (
  batch_id     uuid NOT NULL REFERENCES hour_batches (id),
  person_id    uuid NOT NULL REFERENCES people (id),
  amount_centi int NOT NULL CONSTRAINT hour_batch_people_amount_centi_check CHECK (amount_centi BETWEEN 1 AND 20000),
  PRIMARY KEY (batch_id, person_id)
);
CREATE INDEX hour_batch_people_person_id_idx ON hour_batch_people (person_id);

-- What was decided is never reworded, and never goes back.
-- +goose StatementBegin
CREATE FUNCTION hour_batches_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state IN ('withdrawn', 'reversed')
    OR (OLD.state = 'approved' AND (NEW.state <> 'reversed' OR (to_jsonb(NEW) - '{state,reason,ended_by,ended_at,version}'::text[]) <> (to_jsonb(OLD) - '{state,reason,ended_by,ended_at,version}'::text[])))
    OR (OLD.state = 'filed' AND NEW.state NOT IN ('approved', 'rejected', 'withdrawn')) THEN
    RAISE EXCEPTION 'batch % is %: % refused', OLD.id, OLD.state, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION hour_batch_people_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT state FROM hour_batches WHERE id = OLD.batch_id) NOT IN ('draft', 'rejected') THEN
    RAISE EXCEPTION 'the roster of batch % is kept', OLD.batch_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
-- +goose StatementEnd
CREATE TRIGGER hour_batches_kept BEFORE UPDATE OR DELETE ON hour_batches FOR EACH ROW EXECUTE FUNCTION hour_batches_guard();
CREATE TRIGGER hour_batch_people_kept BEFORE UPDATE OR DELETE ON hour_batch_people FOR EACH ROW EXECUTE FUNCTION hour_batch_people_guard();

ALTER TABLE hour_events DROP CONSTRAINT hour_events_evidence_kind_check;
ALTER TABLE hour_events ADD CONSTRAINT hour_events_evidence_kind_check CHECK (evidence_kind IN ('completion', 'attempt', 'decision', 'batch'));
CREATE INDEX hour_events_batch_idx ON hour_events (evidence_id) WHERE evidence_kind = 'batch';
