-- +goose Up
-- +goose StatementBegin

-- What is marked otherwise than a frozen paper says. The paper is never touched;
-- a correction is a document of its own, named by its content, as papers are.
CREATE TABLE paper_corrections (
  hash       bytea PRIMARY KEY,
  paper_hash bytea NOT NULL REFERENCES frozen_papers (hash),
  content    text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT paper_corrections_hash_check CHECK (hash = sha256(convert_to(content, 'UTF8'))),
  CONSTRAINT paper_corrections_hash_paper_hash_key UNIQUE (hash, paper_hash)
);
CREATE TRIGGER paper_corrections_append_only BEFORE UPDATE OR DELETE ON paper_corrections FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Each regrade of an exam, undone ones and undoings among them. A run that was
-- cut goes on at its cursor.
CREATE TABLE regrades (
  id              uuid PRIMARY KEY,
  exam_id         uuid NOT NULL REFERENCES exams (id),
  number          int NOT NULL,
  state           text NOT NULL CONSTRAINT regrades_state_check CHECK (state IN ('running', 'done')),
  correction_hash bytea REFERENCES paper_corrections (hash), -- NULL: as published
  previous_hash   bytea REFERENCES paper_corrections (hash),
  undoes_id       uuid REFERENCES regrades (id),
  reason          text NOT NULL CONSTRAINT regrades_reason_check CHECK (char_length(reason) BETWEEN 1 AND 500),
  attempts        int NOT NULL DEFAULT 0,
  graded          int NOT NULL DEFAULT 0,
  changed         int NOT NULL DEFAULT 0,
  to_pass         int NOT NULL DEFAULT 0,
  to_fail         int NOT NULL DEFAULT 0,
  cursor          uuid,
  created_by      uuid NOT NULL REFERENCES people (id),
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at     timestamptz,
  CONSTRAINT regrades_exam_id_number_key UNIQUE (exam_id, number),
  CONSTRAINT regrades_finished_check CHECK ((state = 'done') = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX regrades_running_key ON regrades (exam_id) WHERE state = 'running';
CREATE INDEX regrades_finished_at_idx ON regrades (finished_at);

-- A regrade that ended stays as it was; what it stands on never changes.
CREATE FUNCTION regrades_refuse_change() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'regrade % is kept as it was: % refused', OLD.id, TG_OP USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER regrades_kept BEFORE UPDATE ON regrades FOR EACH ROW
  WHEN (OLD.state = 'done' OR (NEW.exam_id, NEW.number, NEW.correction_hash, NEW.previous_hash, NEW.undoes_id, NEW.reason, NEW.created_by, NEW.created_at)
     IS DISTINCT FROM (OLD.exam_id, OLD.number, OLD.correction_hash, OLD.previous_hash, OLD.undoes_id, OLD.reason, OLD.created_by, OLD.created_at))
  EXECUTE FUNCTION regrades_refuse_change();
CREATE TRIGGER regrades_no_delete BEFORE DELETE ON regrades FOR EACH ROW EXECUTE FUNCTION regrades_refuse_change();

-- What an exam is graded by now, and who cancelled it.
ALTER TABLE exams ADD COLUMN correction_hash bytea REFERENCES paper_corrections (hash);
ALTER TABLE exams ADD COLUMN regrade_id uuid REFERENCES regrades (id);
ALTER TABLE exams ADD COLUMN cancelled_by uuid REFERENCES people (id);

-- Sealed late answers count only by two persons' word: one proposes, another decides.
CREATE TABLE late_inclusions (
  id          uuid PRIMARY KEY,
  attempt_id  uuid NOT NULL REFERENCES attempts (id),
  op_ids      uuid[] NOT NULL CONSTRAINT late_inclusions_op_ids_check CHECK (cardinality(op_ids) BETWEEN 1 AND 100000),
  reason      text NOT NULL CONSTRAINT late_inclusions_reason_check CHECK (char_length(reason) BETWEEN 1 AND 500),
  proposed_by uuid NOT NULL REFERENCES people (id),
  proposed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX late_inclusions_attempt_id_idx ON late_inclusions (attempt_id);
CREATE TRIGGER late_inclusions_append_only BEFORE UPDATE OR DELETE ON late_inclusions FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE late_decisions (
  inclusion_id uuid PRIMARY KEY REFERENCES late_inclusions (id),
  approved     boolean NOT NULL,
  reason       text NOT NULL CONSTRAINT late_decisions_reason_check CHECK (char_length(reason) BETWEEN 1 AND 500),
  decided_by   uuid NOT NULL REFERENCES people (id),
  decided_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER late_decisions_append_only BEFORE UPDATE OR DELETE ON late_decisions FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The last net under the rule: three different people.
CREATE FUNCTION late_decisions_two_persons() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM late_inclusions i JOIN attempts a ON a.id = i.attempt_id
             WHERE i.id = NEW.inclusion_id AND (NEW.decided_by IN (i.proposed_by, a.person_id) OR i.proposed_by = a.person_id)) THEN
    RAISE EXCEPTION 'late answers are included by two persons, neither of whom sat the exam' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER late_decisions_two_persons BEFORE INSERT ON late_decisions FOR EACH ROW EXECUTE FUNCTION late_decisions_two_persons();

-- An attempt taken out by name and reason. Attempts that a cancelled exam took
-- with it have no row here.
CREATE TABLE attempt_voids (
  attempt_id uuid PRIMARY KEY REFERENCES attempts (id),
  reason     text NOT NULL CONSTRAINT attempt_voids_reason_check CHECK (char_length(reason) BETWEEN 1 AND 500),
  counts     boolean NOT NULL, -- still uses up one of the attempts allowed
  voided_by  uuid NOT NULL REFERENCES people (id),
  voided_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER attempt_voids_append_only BEFORE UPDATE OR DELETE ON attempt_voids FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Why each grade was given, and under what. One grade for each regrade and each
-- inclusion, however often their jobs run.
ALTER TABLE grades ADD COLUMN cause text NOT NULL DEFAULT 'first'
  CONSTRAINT grades_cause_check CHECK (cause IN ('first', 'regrade', 'late_included'));
ALTER TABLE grades ADD COLUMN correction_hash bytea REFERENCES paper_corrections (hash);
ALTER TABLE grades ADD COLUMN regrade_id uuid REFERENCES regrades (id);
ALTER TABLE grades ADD COLUMN inclusion_id uuid REFERENCES late_decisions (inclusion_id);
ALTER TABLE grades ADD CONSTRAINT grades_cause_of_check CHECK (
  (cause = 'first' AND grading_version = 1 AND regrade_id IS NULL AND inclusion_id IS NULL)
  OR (cause = 'regrade' AND grading_version > 1 AND regrade_id IS NOT NULL AND inclusion_id IS NULL)
  OR (cause = 'late_included' AND grading_version > 1 AND regrade_id IS NULL AND inclusion_id IS NOT NULL));
CREATE UNIQUE INDEX grades_regrade_id_attempt_id_key ON grades (regrade_id, attempt_id) WHERE regrade_id IS NOT NULL;
CREATE UNIQUE INDEX grades_inclusion_id_key ON grades (inclusion_id) WHERE inclusion_id IS NOT NULL;

CREATE FUNCTION grades_included_by_decision() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM late_inclusions i JOIN late_decisions d ON d.inclusion_id = i.id
                 WHERE i.id = NEW.inclusion_id AND i.attempt_id = NEW.attempt_id AND d.approved) THEN
    RAISE EXCEPTION 'late answers of attempt % were not approved', NEW.attempt_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER grades_included_by_decision BEFORE INSERT ON grades FOR EACH ROW
  WHEN (NEW.inclusion_id IS NOT NULL) EXECUTE FUNCTION grades_included_by_decision();
-- +goose StatementEnd
