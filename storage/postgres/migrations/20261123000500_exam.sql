-- +goose Up
-- +goose StatementBegin

-- Banks and questions. A question points at its newest version; versions are
-- never changed, so a frozen paper can always be explained.
CREATE TABLE question_banks (
  id          uuid PRIMARY KEY,
  name        text NOT NULL CONSTRAINT question_banks_name_key UNIQUE CONSTRAINT question_banks_name_check CHECK (char_length(name) BETWEEN 1 AND 80),
  description text NOT NULL DEFAULT '' CONSTRAINT question_banks_description_check CHECK (char_length(description) <= 500),
  created_by  uuid REFERENCES people (id),
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- stem, tags, difficulty and points are those of the newest version, for search.
CREATE TABLE questions (
  id           uuid PRIMARY KEY,
  bank_id      uuid NOT NULL REFERENCES question_banks (id),
  kind         text NOT NULL CONSTRAINT questions_kind_check CHECK (kind IN ('single', 'multiple', 'judgement')),
  state        text NOT NULL DEFAULT 'active' CONSTRAINT questions_state_check CHECK (state IN ('active', 'retired')),
  version      int NOT NULL CONSTRAINT questions_version_check CHECK (version >= 1),
  stem         text NOT NULL,
  tags         text[] NOT NULL DEFAULT '{}',
  created_by   uuid REFERENCES people (id),
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX questions_bank_id_id_idx ON questions (bank_id, id);
CREATE INDEX questions_tags_idx ON questions USING gin (tags);

CREATE TABLE question_versions (
  question_id  uuid NOT NULL REFERENCES questions (id),
  number       int NOT NULL,
  stem         text NOT NULL,
  options      jsonb NOT NULL,
  key          text[] NOT NULL,
  points_milli int NOT NULL CONSTRAINT question_versions_points_milli_check CHECK (points_milli > 0),
  explanation  text NOT NULL DEFAULT '',
  source       text NOT NULL DEFAULT '',
  tags         text[] NOT NULL DEFAULT '{}',
  difficulty   smallint NOT NULL CONSTRAINT question_versions_difficulty_check CHECK (difficulty BETWEEN 1 AND 5),
  created_by   uuid REFERENCES people (id),
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (question_id, number)
);
CREATE TRIGGER question_versions_append_only BEFORE UPDATE OR DELETE ON question_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Papers are recipes; frozen_papers is what they became, named by content.
CREATE TABLE papers (
  id         uuid PRIMARY KEY,
  title      text NOT NULL CONSTRAINT papers_title_check CHECK (char_length(title) BETWEEN 1 AND 120),
  partial    text NOT NULL CONSTRAINT papers_partial_check CHECK (partial IN ('full', 'half')),
  items      jsonb NOT NULL DEFAULT '[]',
  blueprint  jsonb NOT NULL DEFAULT '[]',
  draw_seed  bigint NOT NULL,
  version    int NOT NULL DEFAULT 1,
  created_by uuid REFERENCES people (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- content is text, not jsonb: the bytes themselves are hashed. The check makes a
-- paper that does not fit its name impossible.
CREATE TABLE frozen_papers (
  hash        bytea PRIMARY KEY,
  content     text NOT NULL,
  item_count  int NOT NULL CONSTRAINT frozen_papers_item_count_check CHECK (item_count > 0),
  total_milli int NOT NULL CONSTRAINT frozen_papers_total_milli_check CHECK (total_milli > 0),
  created_at  timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT frozen_papers_hash_check CHECK (hash = sha256(convert_to(content, 'UTF8')))
);
CREATE TRIGGER frozen_papers_append_only BEFORE UPDATE OR DELETE ON frozen_papers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER frozen_papers_no_truncate BEFORE TRUNCATE ON frozen_papers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE frozen_paper_questions (
  hash        bytea NOT NULL REFERENCES frozen_papers (hash),
  question_id uuid NOT NULL,
  version     int NOT NULL,
  PRIMARY KEY (hash, question_id),
  FOREIGN KEY (question_id, version) REFERENCES question_versions (question_id, number)
);
CREATE INDEX frozen_paper_questions_question_id_idx ON frozen_paper_questions (question_id);

CREATE TABLE exams (
  id                uuid PRIMARY KEY,
  title             text NOT NULL CONSTRAINT exams_title_check CHECK (char_length(title) BETWEEN 1 AND 120),
  description       text NOT NULL DEFAULT '',
  paper_id          uuid NOT NULL REFERENCES papers (id),
  state             text NOT NULL CONSTRAINT exams_state_check CHECK (state IN ('draft', 'published', 'cancelled')),
  opens_at          timestamptz NOT NULL,
  closes_at         timestamptz NOT NULL,
  duration_s        int NOT NULL CONSTRAINT exams_duration_s_check CHECK (duration_s BETWEEN 1 AND 86400),
  grace_ms          int NOT NULL DEFAULT 2000 CONSTRAINT exams_grace_ms_check CHECK (grace_ms BETWEEN 0 AND 60000),
  pass_mark_milli   int NOT NULL CONSTRAINT exams_pass_mark_milli_check CHECK (pass_mark_milli >= 0),
  attempts_allowed  int NOT NULL CONSTRAINT exams_attempts_allowed_check CHECK (attempts_allowed BETWEEN 1 AND 10),
  shuffle_questions boolean NOT NULL,
  shuffle_options   boolean NOT NULL,
  audience          jsonb NOT NULL DEFAULT '{}',
  review            text NOT NULL CONSTRAINT exams_review_check CHECK (review IN ('never', 'after_submit', 'after_close')),
  hours_centi       int NOT NULL DEFAULT 0 CONSTRAINT exams_hours_centi_check CHECK (hours_centi BETWEEN 0 AND 10000),
  paper_hash        bytea REFERENCES frozen_papers (hash),
  question_count    int NOT NULL DEFAULT 0,
  total_milli       int NOT NULL DEFAULT 0,
  created_by        uuid REFERENCES people (id),
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  published_at      timestamptz,
  cancelled_at      timestamptz,
  cancel_reason     text NOT NULL DEFAULT '',
  CONSTRAINT exams_window_check CHECK (closes_at > opens_at),
  CONSTRAINT exams_frozen_check CHECK ((state = 'draft') = (paper_hash IS NULL))
);
CREATE INDEX exams_state_closes_at_idx ON exams (state, closes_at);
CREATE INDEX exams_paper_id_idx ON exams (paper_id);
CREATE INDEX exams_paper_hash_idx ON exams (paper_hash);

-- A published exam is a promise to those who sit it: only its end may change.
CREATE FUNCTION exams_refuse_change() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'exam % is %: its rules do not change', OLD.id, OLD.state USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER exams_published_rules_fixed BEFORE UPDATE ON exams FOR EACH ROW
  WHEN (OLD.state <> 'draft' AND (
       (NEW.paper_id, NEW.opens_at, NEW.closes_at, NEW.duration_s, NEW.grace_ms, NEW.pass_mark_milli, NEW.attempts_allowed,
        NEW.shuffle_questions, NEW.shuffle_options, NEW.audience, NEW.review, NEW.hours_centi, NEW.paper_hash)
       IS DISTINCT FROM
       (OLD.paper_id, OLD.opens_at, OLD.closes_at, OLD.duration_s, OLD.grace_ms, OLD.pass_mark_milli, OLD.attempts_allowed,
        OLD.shuffle_questions, OLD.shuffle_options, OLD.audience, OLD.review, OLD.hours_centi, OLD.paper_hash)
    OR NOT (NEW.state = OLD.state OR (OLD.state = 'published' AND NEW.state = 'cancelled'))))
  EXECUTE FUNCTION exams_refuse_change();

-- Attempts are minted before the bell, so that starting is one UPDATE. Rows stay
-- small and a page keeps room, because each is updated three times.
CREATE TABLE attempts (
  id              uuid PRIMARY KEY,
  exam_id         uuid NOT NULL REFERENCES exams (id),
  person_id       uuid NOT NULL REFERENCES people (id),
  number          smallint NOT NULL CONSTRAINT attempts_number_check CHECK (number >= 1),
  state           text NOT NULL DEFAULT 'ready' CONSTRAINT attempts_state_check
                  CHECK (state IN ('ready', 'in_progress', 'submitted', 'marking', 'graded', 'voided')),
  seed            bytea NOT NULL CONSTRAINT attempts_seed_check CHECK (octet_length(seed) = 16),
  epoch           int NOT NULL DEFAULT 0,
  device_id       text NOT NULL DEFAULT '',
  minted_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at      timestamptz,
  held_at         timestamptz, -- since when the device of this epoch holds it
  due_at          timestamptz,
  check_at        timestamptz, -- due + grace; the sweep goes by it
  submitted_at    timestamptz,
  submitted_by    text CONSTRAINT attempts_submitted_by_check CHECK (submitted_by IN ('person', 'clock')),
  graded_at       timestamptz,
  grading_version int NOT NULL DEFAULT 0,
  score_milli     int NOT NULL DEFAULT 0,
  passed          boolean NOT NULL DEFAULT false,
  voided_at       timestamptz,
  CONSTRAINT attempts_started_check CHECK (state IN ('ready', 'voided') OR (started_at IS NOT NULL AND due_at IS NOT NULL AND check_at >= due_at AND epoch >= 1)),
  CONSTRAINT attempts_submitted_check CHECK (state NOT IN ('submitted', 'marking', 'graded')
    OR (submitted_at IS NOT NULL AND submitted_by IS NOT NULL AND submitted_at <= due_at)),
  CONSTRAINT attempts_graded_check CHECK (state <> 'graded' OR (graded_at IS NOT NULL AND grading_version >= 1))
) WITH (fillfactor = 70);
-- Few indexes on purpose: each change of state writes into every one.
CREATE UNIQUE INDEX attempts_exam_id_person_id_number_key ON attempts (exam_id, person_id, number);
CREATE UNIQUE INDEX attempts_exam_id_person_id_open_key ON attempts (exam_id, person_id) WHERE state IN ('ready', 'in_progress');
CREATE INDEX attempts_check_at_idx ON attempts (check_at) WHERE state = 'in_progress';
CREATE INDEX attempts_submitted_at_idx ON attempts (submitted_at) WHERE state = 'submitted';

CREATE FUNCTION attempts_refuse_change() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'attempt %: % may not become %, nor what it stands on change', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation'; END $$;

-- The same table as exam.transitions; a test compares them pair by pair. The
-- comparison is in WHEN, so that a permitted change costs no function call.
CREATE TRIGGER attempts_state_forward_only BEFORE UPDATE OF state ON attempts FOR EACH ROW
  WHEN (NEW.state <> OLD.state AND NOT (
       (OLD.state = 'ready'       AND NEW.state IN ('in_progress', 'voided'))
    OR (OLD.state = 'in_progress' AND NEW.state IN ('submitted', 'voided'))
    OR (OLD.state = 'submitted'   AND NEW.state IN ('marking', 'graded', 'voided'))
    OR (OLD.state = 'marking'     AND NEW.state IN ('graded', 'voided'))
    OR (OLD.state = 'graded'      AND NEW.state = 'voided')))
  EXECUTE FUNCTION attempts_refuse_change();
CREATE TRIGGER attempts_facts_fixed BEFORE UPDATE ON attempts FOR EACH ROW
  WHEN (NEW.exam_id <> OLD.exam_id OR NEW.person_id <> OLD.person_id OR NEW.number <> OLD.number OR NEW.seed <> OLD.seed
     OR NEW.epoch < OLD.epoch OR NEW.started_at <> OLD.started_at OR NEW.submitted_at <> OLD.submitted_at
     OR NEW.submitted_by <> OLD.submitted_by)
  EXECUTE FUNCTION attempts_refuse_change();
CREATE TRIGGER attempts_no_delete BEFORE DELETE ON attempts FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Answers given, appended and never changed. There is no foreign key to attempts
-- on purpose: the statement that inserts holds the attempt's row lock, attempts
-- are never deleted, and five checks a save would cost a tenth of its time.
-- choice is a set of bits over the frozen item's options. mac is keyed.
CREATE SEQUENCE attempt_operations_server_seq AS bigint;
CREATE TABLE attempt_operations (
  attempt_id  uuid NOT NULL,
  op_id       uuid NOT NULL,
  server_seq  bigint NOT NULL DEFAULT nextval('attempt_operations_server_seq'),
  received_at timestamptz NOT NULL,
  seq         int NOT NULL,
  choice      int NOT NULL,
  epoch       int NOT NULL,
  item        smallint NOT NULL,
  mac         bytea NOT NULL,
  PRIMARY KEY (attempt_id, op_id)
);
CREATE TRIGGER attempt_operations_append_only BEFORE UPDATE OR DELETE ON attempt_operations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempt_operations_no_truncate BEFORE TRUNCATE ON attempt_operations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The last net under the save statement: once for each statement, not each row.
CREATE FUNCTION attempt_operations_only_open() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM added o LEFT JOIN attempts a ON a.id = o.attempt_id WHERE a.state IS DISTINCT FROM 'in_progress') THEN
    RAISE EXCEPTION 'answers of an attempt that is not in progress do not change' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER attempt_operations_only_open AFTER INSERT ON attempt_operations
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION attempt_operations_only_open();

-- What arrived after due + grace: kept, shown to auditors, not graded.
CREATE TABLE attempt_late_operations (
  attempt_id  uuid NOT NULL REFERENCES attempts (id),
  op_id       uuid NOT NULL,
  server_seq  bigint NOT NULL DEFAULT nextval('attempt_operations_server_seq'),
  received_at timestamptz NOT NULL,
  seq         int NOT NULL,
  choice      int NOT NULL,
  epoch       int NOT NULL,
  item        smallint NOT NULL,
  mac         bytea NOT NULL,
  PRIMARY KEY (attempt_id, op_id)
);
CREATE TRIGGER attempt_late_operations_append_only BEFORE UPDATE OR DELETE ON attempt_late_operations FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE attempt_events (
  attempt_id uuid NOT NULL REFERENCES attempts (id),
  epoch      int NOT NULL,
  kind       text NOT NULL CONSTRAINT attempt_events_kind_check CHECK (kind IN ('taken_over')),
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  device_id  text NOT NULL,
  previous   text NOT NULL, -- the device before
  PRIMARY KEY (attempt_id, epoch)
);
CREATE TRIGGER attempt_events_append_only BEFORE UPDATE OR DELETE ON attempt_events FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE grades (
  attempt_id      uuid NOT NULL REFERENCES attempts (id),
  grading_version int NOT NULL CONSTRAINT grades_grading_version_check CHECK (grading_version >= 1),
  score_milli     int NOT NULL,
  total_milli     int NOT NULL,
  passed          boolean NOT NULL,
  marks           int[] NOT NULL, -- by item of the frozen paper
  choices         int[] NOT NULL, -- what was graded, by item
  graded_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (attempt_id, grading_version)
);
CREATE TRIGGER grades_append_only BEFORE UPDATE OR DELETE ON grades FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- +goose StatementEnd
