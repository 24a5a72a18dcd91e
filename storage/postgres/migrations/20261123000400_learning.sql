-- +goose Up
-- +goose StatementBegin

-- One opening of a lesson by a person on a device. The lesson's rules are
-- frozen in it. A person has one open play at most; opening another closes it.
CREATE TABLE plays (
  id               uuid PRIMARY KEY,
  person_id        uuid NOT NULL REFERENCES people (id),
  lesson_id        uuid NOT NULL REFERENCES lessons (id),
  media_version    int NOT NULL, -- lessons.media_version then
  device_id        text NOT NULL CONSTRAINT plays_device_id_check CHECK (char_length(device_id) BETWEEN 1 AND 64),
  session_id       uuid REFERENCES sessions (id) ON DELETE SET NULL,
  user_agent       text NOT NULL DEFAULT '',
  duration_ms      bigint NOT NULL CONSTRAINT plays_duration_ms_check CHECK (duration_ms BETWEEN 1 AND 2000000000),
  max_rate_percent int NOT NULL CONSTRAINT plays_max_rate_percent_check CHECK (max_rate_percent BETWEEN 25 AND 400),
  allow_skip       boolean NOT NULL,
  opened_at        timestamptz NOT NULL,
  closed_at        timestamptz,
  CONSTRAINT plays_closed_at_check CHECK (closed_at >= opened_at)
);
CREATE UNIQUE INDEX plays_open_key ON plays (person_id) WHERE closed_at IS NULL;
CREATE INDEX plays_person_id_opened_at_idx ON plays (person_id, opened_at DESC, id DESC);
CREATE INDEX plays_lesson_id_idx ON plays (lesson_id, person_id, opened_at DESC);

-- A stretch of a medium that was credited, and the wall time that earned it.
-- No second of a person's life is in two rows. Checked at the end of a
-- statement, since a slow report may move a row and the one before it.
CREATE TABLE play_spans (
  play_id      uuid NOT NULL REFERENCES plays (id),
  seq          int NOT NULL CONSTRAINT play_spans_seq_check CHECK (seq >= 1),
  person_id    uuid NOT NULL,
  media        int4range NOT NULL, -- milliseconds
  rate_percent int NOT NULL CONSTRAINT play_spans_rate_percent_check CHECK (rate_percent BETWEEN 1 AND 400),
  wall         tstzrange NOT NULL,
  PRIMARY KEY (play_id, seq),
  CONSTRAINT play_spans_media_check CHECK (NOT isempty(media) AND lower(media) >= 0 AND NOT upper_inf(media)),
  -- no faster than it says; a microsecond is the rounding of the cost
  CONSTRAINT play_spans_wall_check CHECK (NOT isempty(wall) AND lower_inc(wall) AND NOT upper_inc(wall)
    AND upper(wall) - lower(wall) + interval '1 microsecond' >= (upper(media) - lower(media)) * (100.0 / rate_percent) * interval '1 millisecond'),
  CONSTRAINT play_spans_one_life EXCLUDE USING gist (person_id WITH =, wall WITH &&) DEFERRABLE INITIALLY IMMEDIATE
) WITH (fillfactor = 80);

-- What a person has covered of one version of a lesson. revision guards every
-- change of the coverage and of the spans that made it.
CREATE TABLE lesson_progress (
  person_id        uuid NOT NULL REFERENCES people (id),
  lesson_id        uuid NOT NULL REFERENCES lessons (id),
  media_version    int NOT NULL,
  covered          int4multirange NOT NULL DEFAULT '{}', -- milliseconds
  covered_ms       int NOT NULL DEFAULT 0 CONSTRAINT lesson_progress_covered_ms_check CHECK (covered_ms >= 0),
  last_position_ms int NOT NULL DEFAULT 0 CONSTRAINT lesson_progress_last_position_ms_check CHECK (last_position_ms >= 0),
  last_play_at     timestamptz NOT NULL,
  completed_at     timestamptz,
  revision         bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (person_id, lesson_id, media_version)
) WITH (fillfactor = 70);

-- A person reached a lesson's threshold. Once for each version; never changed.
CREATE TABLE completions (
  id                uuid PRIMARY KEY,
  person_id         uuid NOT NULL REFERENCES people (id),
  lesson_id         uuid NOT NULL REFERENCES lessons (id),
  media_version     int NOT NULL,
  play_id           uuid NOT NULL REFERENCES plays (id),
  covered_ms        int NOT NULL,
  duration_ms       bigint NOT NULL,
  threshold_percent int NOT NULL,
  completed_at      timestamptz NOT NULL,
  CONSTRAINT completions_person_lesson_version_key UNIQUE (person_id, lesson_id, media_version)
);
CREATE INDEX completions_lesson_id_idx ON completions (lesson_id, completed_at);
CREATE TRIGGER completions_append_only BEFORE UPDATE OR DELETE ON completions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER completions_no_truncate BEFORE TRUNCATE ON completions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was claimed and not credited, and why. A stretch that was credited
-- later stays here; readers leave out what is covered.
CREATE TABLE play_refusals (
  play_id  uuid NOT NULL REFERENCES plays (id),
  reason   text NOT NULL CONSTRAINT play_refusals_reason_check CHECK (reason LIKE 'learning.%'),
  media    int4multirange NOT NULL,
  first_at timestamptz NOT NULL,
  last_at  timestamptz NOT NULL,
  reports  int NOT NULL DEFAULT 1,
  PRIMARY KEY (play_id, reason)
);

-- Marks for an auditor. They take nothing away.
CREATE TABLE learning_flags (
  play_id    uuid NOT NULL REFERENCES plays (id),
  kind       text NOT NULL,
  person_id  uuid NOT NULL REFERENCES people (id),
  detail     jsonb NOT NULL DEFAULT '{}', -- of the first time
  times      int NOT NULL DEFAULT 1,
  flagged_at timestamptz NOT NULL,
  last_at    timestamptz NOT NULL,
  PRIMARY KEY (play_id, kind)
);
CREATE INDEX learning_flags_person_id_idx ON learning_flags (person_id, last_at DESC);
CREATE INDEX learning_flags_last_at_idx ON learning_flags (last_at DESC);
-- +goose StatementEnd
