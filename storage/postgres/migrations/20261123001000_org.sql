-- +goose Up
-- +goose StatementBegin

-- What is known of a person besides the dated facts. The id number is sealed
-- under a key that is not in the database; the digest is keyed too and finds
-- equal numbers; the mask is what every reader with a right to it sees.
ALTER TABLE people
  ADD COLUMN version        int NOT NULL DEFAULT 1,
  ADD COLUMN id_card_sealed text,
  ADD COLUMN id_card_digest bytea,
  ADD COLUMN id_card_mask   text NOT NULL DEFAULT '',
  ADD COLUMN phone          text NOT NULL DEFAULT '' CONSTRAINT people_phone_check CHECK (char_length(phone) <= 20),
  ADD COLUMN email          text NOT NULL DEFAULT '' CONSTRAINT people_email_check CHECK (char_length(email) <= 254),
  ADD COLUMN photo_key      text NOT NULL DEFAULT '',
  ADD COLUMN merged_into    uuid REFERENCES people (id),
  ADD CONSTRAINT people_merged_into_check CHECK (merged_into <> id),
  ADD CONSTRAINT people_id_card_check CHECK ((id_card_sealed IS NULL) = (id_card_digest IS NULL) AND (id_card_sealed IS NULL) = (id_card_mask = ''));
CREATE INDEX people_id_card_digest_idx ON people (id_card_digest) WHERE id_card_digest IS NOT NULL;
CREATE INDEX people_merged_into_idx ON people (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX people_name_born_on_idx ON people (name, born_on) WHERE born_on IS NOT NULL;
CREATE INDEX people_phone_idx ON people (phone) WHERE phone <> '';

-- How a stage was reached, and until when an extended probation lasts.
ALTER TABLE stage_facts
  ADD COLUMN move   text NOT NULL DEFAULT '' CONSTRAINT stage_facts_move_check CHECK (move IN ('', 'advance', 'stop', 'withdraw', 'cancel', 'extend', 'leave', 'expel', 'restore')),
  ADD COLUMN due_on date;

-- Posts (书记, 支委 …): several at once, each in a unit. note names a post that the list lacks.
CREATE TABLE post_facts (
  id         uuid PRIMARY KEY,
  person_id  uuid NOT NULL REFERENCES people (id),
  post       text NOT NULL CONSTRAINT post_facts_post_check CHECK (post IN ('secretary', 'deputy_secretary', 'organisation', 'publicity', 'discipline', 'committee_member', 'leadership', 'class_manager', 'other')),
  note       text NOT NULL DEFAULT '' CONSTRAINT post_facts_note_check CHECK ((post = 'other') = (note <> '')),
  unit_id    uuid NOT NULL REFERENCES units (id),
  period     daterange NOT NULL CONSTRAINT post_facts_period_check CHECK (NOT isempty(period)),
  document   text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT post_facts_once_at_a_time EXCLUDE USING gist (person_id WITH =, unit_id WITH =, post WITH =, note WITH =, period WITH &&)
);
CREATE INDEX post_facts_post_idx ON post_facts (post, person_id);
CREATE INDEX post_facts_unit_id_idx ON post_facts (unit_id);

-- Status: without a row a person is active.
CREATE TABLE status_facts (
  id         uuid PRIMARY KEY,
  person_id  uuid NOT NULL REFERENCES people (id),
  status     text NOT NULL CONSTRAINT status_facts_status_check CHECK (status IN ('active', 'on_leave', 'suspended', 'retired', 'left', 'deceased')),
  period     daterange NOT NULL CONSTRAINT status_facts_period_check CHECK (NOT isempty(period)),
  document   text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT status_facts_one_at_a_time EXCLUDE USING gist (person_id WITH =, period WITH &&)
);
CREATE INDEX status_facts_status_idx ON status_facts (status, person_id);

-- Each change of dated facts with the rows it touched, as they were and as they
-- became. A row that stands in before and not in after was superseded by the
-- operation; nothing of it is lost. Replaying them gives the tables.
CREATE TABLE fact_operations (
  id         uuid PRIMARY KEY,
  seq        bigint GENERATED ALWAYS AS IDENTITY,
  person_id  uuid NOT NULL REFERENCES people (id),
  kind       text NOT NULL,
  verb       text NOT NULL CONSTRAINT fact_operations_verb_check CHECK (verb IN ('add', 'end', 'correct', 'remove', 'undo')),
  before     jsonb NOT NULL,
  after      jsonb NOT NULL,
  first_day  date NOT NULL,
  actor_id   uuid REFERENCES people (id),
  reason     text NOT NULL DEFAULT '',
  undoes     uuid CONSTRAINT fact_operations_undoes_key UNIQUE REFERENCES fact_operations (id),
  bulk_id    uuid,
  at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX fact_operations_person_id_idx ON fact_operations (person_id, seq DESC);
CREATE INDEX fact_operations_bulk_id_idx ON fact_operations (bulk_id) WHERE bulk_id IS NOT NULL;
CREATE TRIGGER fact_operations_append_only BEFORE UPDATE OR DELETE ON fact_operations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fact_operations_no_truncate BEFORE TRUNCATE ON fact_operations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Why an account is closed: '' by hand, else the status that closed it; what a
-- status closed, its end opens again.
ALTER TABLE accounts ADD COLUMN closed_for text NOT NULL DEFAULT '';
-- +goose StatementEnd
