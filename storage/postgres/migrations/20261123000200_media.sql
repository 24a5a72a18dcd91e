-- +goose Up
-- +goose StatementBegin
CREATE TABLE media (
  id            uuid PRIMARY KEY,
  owner_id      uuid NOT NULL REFERENCES people (id),
  filename      text NOT NULL CONSTRAINT media_filename_check CHECK (char_length(filename) BETWEEN 1 AND 200),
  size          bigint NOT NULL CONSTRAINT media_size_check CHECK (size > 0),
  state         text NOT NULL CONSTRAINT media_state_check CHECK (state IN ('uploading', 'uploaded', 'probing', 'transcoding', 'ready', 'rejected', 'cancelled')),
  upload_id     text NOT NULL DEFAULT '',
  part_size     bigint NOT NULL CONSTRAINT media_part_size_check CHECK (part_size > 0),
  part_count    int NOT NULL CONSTRAINT media_part_count_check CHECK (part_count BETWEEN 1 AND 10000),
  progress      smallint NOT NULL DEFAULT 0 CONSTRAINT media_progress_check CHECK (progress BETWEEN 0 AND 100),
  reason        text NOT NULL DEFAULT '',
  reason_params jsonb,
  version       int NOT NULL DEFAULT 0,
  run_id        uuid,
  duration_ms   bigint NOT NULL DEFAULT 0,
  width         int NOT NULL DEFAULT 0,
  height        int NOT NULL DEFAULT 0,
  has_poster    boolean NOT NULL DEFAULT false,
  work_run_id   uuid,
  lease_until   timestamptz,
  runs          int NOT NULL DEFAULT 0,
  created_at    timestamptz NOT NULL DEFAULT now(),
  expires_at    timestamptz NOT NULL,
  uploaded_at   timestamptz,
  finished_at   timestamptz,
  cleaned_at    timestamptz,
  CONSTRAINT media_ready_check CHECK (state <> 'ready' OR (run_id IS NOT NULL AND duration_ms > 0)),
  CONSTRAINT media_rejected_check CHECK ((state = 'rejected') = (reason <> ''))
);
CREATE INDEX media_created_at_id_idx ON media (created_at DESC, id DESC);
CREATE INDEX media_owner_id_created_at_idx ON media (owner_id, created_at DESC, id DESC);
CREATE INDEX media_open_idx ON media (owner_id) WHERE state = 'uploading';
CREATE INDEX media_overdue_idx ON media (expires_at) WHERE state = 'uploading' OR (state = 'cancelled' AND cleaned_at IS NULL);
CREATE INDEX media_waiting_idx ON media (uploaded_at) WHERE state IN ('uploaded', 'probing', 'transcoding');

CREATE TABLE media_parts (
  medium_id uuid NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  number    int NOT NULL CONSTRAINT media_parts_number_check CHECK (number >= 1),
  size      bigint NOT NULL,
  sha256    text NOT NULL CONSTRAINT media_parts_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  e_tag     text NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (medium_id, number)
);

-- The renditions of the published run, and of no other.
CREATE TABLE media_renditions (
  medium_id uuid NOT NULL REFERENCES media (id) ON DELETE CASCADE,
  run_id    uuid NOT NULL,
  name      text NOT NULL CONSTRAINT media_renditions_name_check CHECK (name ~ '^[0-9]{2,4}p$'),
  position  smallint NOT NULL,
  width     int NOT NULL,
  height    int NOT NULL,
  bandwidth int NOT NULL,
  codecs    text NOT NULL,
  size      bigint NOT NULL,
  playlist  text NOT NULL,
  PRIMARY KEY (medium_id, name)
);
-- +goose StatementEnd
