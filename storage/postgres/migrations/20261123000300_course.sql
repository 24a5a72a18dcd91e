-- +goose Up
-- +goose StatementBegin
CREATE TABLE courses (
  id              uuid PRIMARY KEY,
  title           text NOT NULL CONSTRAINT courses_title_check CHECK (char_length(title) BETWEEN 1 AND 120),
  summary         text NOT NULL DEFAULT '',
  category        text NOT NULL DEFAULT '',
  tags            text[] NOT NULL DEFAULT '{}',
  teacher_name    text NOT NULL DEFAULT '',
  required        boolean NOT NULL DEFAULT false,
  audience        jsonb NOT NULL DEFAULT '{}',
  state           text NOT NULL CONSTRAINT courses_state_check CHECK (state IN ('draft', 'published', 'unpublished')),
  cover_key       text NOT NULL DEFAULT '',
  cover_medium_id uuid REFERENCES media (id),
  version         int NOT NULL DEFAULT 1,
  created_by      uuid NOT NULL REFERENCES people (id),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  published_at    timestamptz,
  search          tsvector NOT NULL DEFAULT ''::tsvector, -- bigrams of title, teacher, tags, category, summary
  CONSTRAINT courses_published_at_check CHECK (state = 'draft' OR published_at IS NOT NULL)
);
CREATE INDEX courses_search_idx ON courses USING gin (search);
CREATE INDEX courses_catalogue_idx ON courses (published_at DESC, id DESC) WHERE state = 'published';
CREATE INDEX courses_updated_at_id_idx ON courses (updated_at DESC, id DESC);
CREATE INDEX courses_cover_medium_id_idx ON courses (cover_medium_id) WHERE cover_medium_id IS NOT NULL;

CREATE TABLE chapters (
  id        uuid PRIMARY KEY,
  course_id uuid NOT NULL REFERENCES courses (id),
  title     text NOT NULL CONSTRAINT chapters_title_check CHECK (char_length(title) BETWEEN 1 AND 120),
  position  int NOT NULL,
  CONSTRAINT chapters_id_course_id_key UNIQUE (id, course_id)
);
CREATE INDEX chapters_course_id_position_idx ON chapters (course_id, position, id);

CREATE TABLE lessons (
  id                uuid PRIMARY KEY,
  course_id         uuid NOT NULL REFERENCES courses (id),
  chapter_id        uuid NOT NULL,
  title             text NOT NULL CONSTRAINT lessons_title_check CHECK (char_length(title) BETWEEN 1 AND 120),
  position          int NOT NULL,
  medium_id         uuid REFERENCES media (id),
  media_version     int NOT NULL DEFAULT 0, -- +1 whenever another medium is put in; coverage belongs to one version
  hours_centi       int NOT NULL CONSTRAINT lessons_hours_centi_check CHECK (hours_centi BETWEEN 0 AND 10000),
  threshold_percent int NOT NULL CONSTRAINT lessons_threshold_percent_check CHECK (threshold_percent BETWEEN 1 AND 100),
  allow_skip        boolean NOT NULL DEFAULT false,
  max_rate_percent  int NOT NULL CONSTRAINT lessons_max_rate_percent_check CHECK (max_rate_percent BETWEEN 100 AND 300),
  closed_at         timestamptz,
  created_at        timestamptz NOT NULL DEFAULT now(),
  -- a lesson lies in a chapter of its own course
  CONSTRAINT lessons_chapter_id_fkey FOREIGN KEY (chapter_id, course_id) REFERENCES chapters (id, course_id)
);
CREATE INDEX lessons_course_id_idx ON lessons (course_id, chapter_id, position);
CREATE INDEX lessons_chapter_id_idx ON lessons (chapter_id);
CREATE INDEX lessons_medium_id_idx ON lessons (medium_id);

-- course_open says whether a learner may open a course today: published, and
-- the audience rule holds the person.
CREATE FUNCTION course_open(c courses, person uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT c.state = 'published' AND audience_matches(c.audience, person, civil_today()) $$;
-- +goose StatementEnd
