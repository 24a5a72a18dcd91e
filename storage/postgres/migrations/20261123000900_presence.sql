-- +goose Up
-- How a course asks whether somebody is there.
ALTER TABLE courses ADD COLUMN presence_every_min int NOT NULL DEFAULT 0 CONSTRAINT courses_presence_every_min_check CHECK (presence_every_min BETWEEN 0 AND 120); -- 0: never
ALTER TABLE courses ADD COLUMN presence_answer_s int NOT NULL DEFAULT 60 CONSTRAINT courses_presence_answer_s_check CHECK (presence_answer_s BETWEEN 20 AND 600);
ALTER TABLE courses ADD COLUMN presence_ask text NOT NULL DEFAULT 'confirm' CONSTRAINT courses_presence_ask_check CHECK (presence_ask IN ('confirm', 'sum'));
ALTER TABLE courses ADD COLUMN presence_on_miss text NOT NULL DEFAULT 'pause' CONSTRAINT courses_presence_on_miss_check CHECK (presence_on_miss IN ('pause', 'continue'));

-- The rule and the plan of a play, frozen when it is opened. The plan is drawn
-- from the seed, which no browser learns; due and since stand for the next check.
ALTER TABLE plays ADD COLUMN presence_every_s int NOT NULL DEFAULT 0; -- 0: no checks
ALTER TABLE plays ADD COLUMN presence_answer_s int NOT NULL DEFAULT 0;
ALTER TABLE plays ADD COLUMN presence_ask text NOT NULL DEFAULT '';
ALTER TABLE plays ADD COLUMN presence_on_miss text NOT NULL DEFAULT '';
ALTER TABLE plays ADD COLUMN presence_seed bytea;
ALTER TABLE plays ADD COLUMN presence_passed int NOT NULL DEFAULT 0;
ALTER TABLE plays ADD COLUMN presence_interval_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE plays ADD COLUMN presence_due_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE plays ADD COLUMN presence_since timestamptz;
ALTER TABLE plays ADD COLUMN presence_missed_at timestamptz; -- set once, never taken back
ALTER TABLE plays ADD CONSTRAINT plays_presence_check CHECK ((presence_every_s > 0) = (presence_seed IS NOT NULL) AND (presence_every_s > 0) = (presence_since IS NOT NULL));
CREATE INDEX plays_presence_idx ON plays (person_id, opened_at DESC, id DESC) WHERE presence_every_s > 0;

-- A check that was asked, and its one answer.
CREATE TABLE play_checks (
  play_id     uuid NOT NULL REFERENCES plays (id),
  seq         int NOT NULL CONSTRAINT play_checks_seq_check CHECK (seq >= 1),
  asked_at    timestamptz NOT NULL,
  answer_by   timestamptz NOT NULL,
  answered_at timestamptz,
  answer      text NOT NULL DEFAULT '',
  passed      boolean NOT NULL DEFAULT false,
  PRIMARY KEY (play_id, seq),
  CONSTRAINT play_checks_passed_check CHECK (NOT passed OR answered_at IS NOT NULL)
);
-- +goose StatementBegin
CREATE FUNCTION play_checks_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.answered_at IS NOT NULL THEN
    RAISE EXCEPTION 'check % of play % has its answer', OLD.seq, OLD.play_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER play_checks_answer_once BEFORE UPDATE ON play_checks FOR EACH ROW EXECUTE FUNCTION play_checks_keep();
CREATE TRIGGER play_checks_no_delete BEFORE DELETE ON play_checks FOR EACH ROW EXECUTE FUNCTION refuse_change();
