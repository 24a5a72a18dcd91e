-- +goose Up
-- +goose StatementBegin

-- Where to tell a system outside that something happened. The log of deeds says
-- what did: cursor_seq is how far it has been read for this one.
CREATE TABLE webhooks (
  id         uuid PRIMARY KEY,
  name       text NOT NULL CONSTRAINT webhooks_name_check CHECK (char_length(name) BETWEEN 1 AND 60),
  url        text NOT NULL,
  events     text[] NOT NULL CONSTRAINT webhooks_events_check CHECK (cardinality(events) > 0),
  secret     text NOT NULL,            -- sealed
  old_secret text NOT NULL DEFAULT '', -- sealed; signs too until old_until
  old_until  timestamptz,
  enabled    boolean NOT NULL DEFAULT true,
  cursor_seq bigint NOT NULL,
  created_by uuid NOT NULL REFERENCES people (id),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE webhook_deliveries (
  id         uuid PRIMARY KEY,
  webhook_id uuid NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  seq        bigint CONSTRAINT webhook_deliveries_seq_check CHECK (seq > 0), -- NULL: a test
  type       text NOT NULL,
  body       text NOT NULL,
  state      text NOT NULL DEFAULT 'waiting' CONSTRAINT webhook_deliveries_state_check CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts   int NOT NULL DEFAULT 0,
  status     int NOT NULL DEFAULT 0, -- of the last answer, 0 for none
  failure    text NOT NULL DEFAULT '',
  due_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at   timestamptz,
  CONSTRAINT webhook_deliveries_webhook_id_seq_key UNIQUE (webhook_id, seq)
);
CREATE INDEX webhook_deliveries_webhook_id_idx ON webhook_deliveries (webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_due_at_idx ON webhook_deliveries (due_at) WHERE state = 'waiting';
-- +goose StatementEnd
