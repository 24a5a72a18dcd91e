-- +goose Up
-- +goose StatementBegin

-- What the organisation department demands. A policy is a name; its wording is in versions.
CREATE TABLE hour_policies (
  id           uuid PRIMARY KEY,
  name         text NOT NULL CONSTRAINT hour_policies_name_check CHECK (char_length(name) BETWEEN 1 AND 100),
  retired_from date,
  created_by   uuid NOT NULL REFERENCES people (id),
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX hour_policies_name_key ON hour_policies (name);

CREATE TABLE hour_policy_versions (
  id              uuid PRIMARY KEY,
  policy_id       uuid NOT NULL REFERENCES hour_policies (id),
  number          int NOT NULL,
  state           text NOT NULL CONSTRAINT hour_policy_versions_state_check CHECK (state IN ('draft', 'active')),
  effective_from  date NOT NULL,
  document        jsonb NOT NULL, -- hours.Document: title, number, clause and its words
  audience        jsonb NOT NULL,
  rule            jsonb NOT NULL, -- hours.Rule
  supersedes      uuid[] NOT NULL DEFAULT '{}',
  reason          text NOT NULL,
  preview         jsonb, -- hours.Preview
  created_by      uuid NOT NULL REFERENCES people (id),
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  activated_by    uuid REFERENCES people (id),
  activated_at    timestamptz,
  CONSTRAINT hour_policy_versions_policy_id_number_key UNIQUE (policy_id, number),
  CONSTRAINT hour_policy_versions_active_check CHECK ((state = 'active') = (activated_at IS NOT NULL))
);

-- An active version is what obligations were judged by; it is never reworded.
CREATE FUNCTION hour_policy_version_guard() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN
  IF OLD.state = 'active' THEN
    RAISE EXCEPTION 'an active policy version is not changed: % refused', TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER hour_policy_versions_frozen BEFORE UPDATE OR DELETE ON hour_policy_versions
  FOR EACH ROW EXECUTE FUNCTION hour_policy_version_guard();

-- The head of each person's chain. Its row is the lock under which entries are appended.
CREATE TABLE hour_chains (
  person_id  uuid PRIMARY KEY REFERENCES people (id),
  seq        bigint NOT NULL DEFAULT 0,
  hash       bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CONSTRAINT hour_chains_hash_check CHECK (octet_length(hash) = 32),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX hour_chains_updated_at_idx ON hour_chains (updated_at);

-- The ledger. Entries are appended, never changed; a correction is a reversal.
CREATE TABLE hour_events (
  id              uuid PRIMARY KEY,
  person_id       uuid NOT NULL REFERENCES people (id),
  seq             bigint NOT NULL CONSTRAINT hour_events_seq_check CHECK (seq > 0),
  kind            text NOT NULL CONSTRAINT hour_events_kind_check CHECK (kind IN ('credit', 'reversal')),
  source          text NOT NULL CONSTRAINT hour_events_source_check CHECK (source IN ('online_video', 'exam_pass', 'offline_training',
                    'external_platform', 'live_class', 'teaching', 'paper', 'activity', 'manual')),
  source_ref      text NOT NULL,
  subject         text NOT NULL DEFAULT '',
  title           text NOT NULL,
  amount_centi    int NOT NULL CONSTRAINT hour_events_amount_centi_check CHECK (amount_centi <> 0),
  required        boolean NOT NULL,
  occurred_on     date NOT NULL,
  evidence_kind   text NOT NULL CONSTRAINT hour_events_evidence_kind_check CHECK (evidence_kind IN ('completion', 'attempt', 'decision')),
  evidence_id     text NOT NULL,
  evidence_digest text NOT NULL,
  rule            text NOT NULL,
  reverses_id     uuid CONSTRAINT hour_events_reverses_id_key UNIQUE REFERENCES hour_events (id),
  reason          text NOT NULL DEFAULT '',
  actor_id        uuid REFERENCES people (id),
  recorded_at     timestamptz NOT NULL,
  prev_hash       bytea NOT NULL,
  hash            bytea NOT NULL,
  CONSTRAINT hour_events_person_id_seq_key UNIQUE (person_id, seq),
  CONSTRAINT hour_events_credit_check CHECK (kind <> 'credit' OR (amount_centi > 0 AND reverses_id IS NULL)),
  CONSTRAINT hour_events_reversal_check CHECK (kind <> 'reversal' OR (reverses_id IS NOT NULL AND reason <> '' AND actor_id IS NOT NULL))
);
-- A completion or an attempt earns once, whoever asks and however often.
CREATE UNIQUE INDEX hour_events_source_key ON hour_events (source, source_ref) WHERE kind = 'credit';
CREATE INDEX hour_events_person_id_occurred_on_idx ON hour_events (person_id, occurred_on);
CREATE TRIGGER hour_events_append_only BEFORE UPDATE OR DELETE ON hour_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER hour_events_no_truncate BEFORE TRUNCATE ON hour_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The sweep looks for what earned nothing yet.
CREATE INDEX completions_completed_at_idx ON completions (completed_at);
CREATE INDEX attempts_graded_at_idx ON attempts (graded_at) WHERE state = 'graded' AND passed;

-- Anchors: once a day the heads that moved are written here and to a file outside the database.
CREATE TABLE ledger_anchors (
  anchored_on date PRIMARY KEY,
  anchored_at timestamptz NOT NULL,
  file        text NOT NULL,
  digest      text NOT NULL, -- hex SHA-256 of the file
  prev_digest text NOT NULL, -- of the anchor before, '' for the first
  moved       int NOT NULL
);
CREATE TRIGGER ledger_anchors_append_only BEFORE UPDATE OR DELETE ON ledger_anchors FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TABLE ledger_heads (
  person_id   uuid NOT NULL REFERENCES people (id),
  anchored_on date NOT NULL REFERENCES ledger_anchors (anchored_on),
  seq         bigint NOT NULL,
  hash        bytea NOT NULL,
  PRIMARY KEY (person_id, anchored_on)
);
CREATE TRIGGER ledger_heads_append_only BEFORE UPDATE OR DELETE ON ledger_heads FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A cache of what hours.Assess says, wide enough to filter, sort and search
-- without a join. It can be thrown away and computed again.
CREATE TABLE hour_obligations (
  person_id      uuid NOT NULL REFERENCES people (id),
  policy_id      uuid NOT NULL REFERENCES hour_policies (id),
  year           int NOT NULL,
  version_id     uuid NOT NULL REFERENCES hour_policy_versions (id),
  lead           boolean NOT NULL, -- the one that speaks for the person in lists
  days           int NOT NULL,
  total_centi    int NOT NULL,
  required_centi int NOT NULL,
  counted_centi  int NOT NULL,
  part_centi     int NOT NULL,
  short_centi    int NOT NULL,
  recent_centi   int NOT NULL,
  sources        jsonb NOT NULL,
  reasons        jsonb NOT NULL,
  due_on         date NOT NULL,
  last_on        date,
  name           text NOT NULL,
  number         text NOT NULL,
  pinyin         text NOT NULL,
  initials       text NOT NULL,
  person_kind    text NOT NULL,
  stage          text NOT NULL DEFAULT '',
  rank           text NOT NULL DEFAULT '',
  unit_name      text NOT NULL DEFAULT '', -- the party unit, else the administrative one
  unit_paths     ltree[] NOT NULL DEFAULT '{}',
  last_event_at  timestamptz,
  changed_on     date NOT NULL, -- the day whose computation gave these figures first
  changed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (person_id, year, policy_id)
) WITH (fillfactor = 85);
-- The overview reads this index alone.
CREATE INDEX hour_obligations_overview_idx ON hour_obligations (year, person_id)
  INCLUDE (stage, total_centi, counted_centi, short_centi, recent_centi, due_on, lead) WHERE lead;
CREATE INDEX hour_obligations_lead_pinyin_idx ON hour_obligations (year, pinyin, person_id) WHERE lead;
CREATE INDEX hour_obligations_lead_short_idx ON hour_obligations (year, short_centi DESC, person_id DESC) WHERE lead;
CREATE INDEX hour_obligations_policy_id_idx ON hour_obligations (policy_id, year, short_centi DESC, person_id DESC);

-- Runs over all people, each resumable at its cursor.
CREATE TABLE hour_recomputes (
  year        int NOT NULL,
  as_of       date NOT NULL,
  digest      text NOT NULL, -- of the governing versions
  cursor      uuid,
  people      int NOT NULL DEFAULT 0,
  started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  PRIMARY KEY (year, as_of, digest)
);

-- Reports made in the background; the file is in object storage until it expires.
CREATE TABLE exports (
  id          uuid PRIMARY KEY,
  kind        text NOT NULL CONSTRAINT exports_kind_check CHECK (kind IN ('hours_people')),
  filter      jsonb NOT NULL,
  reason      text NOT NULL CONSTRAINT exports_reason_check CHECK (char_length(reason) BETWEEN 2 AND 500),
  state       text NOT NULL CONSTRAINT exports_state_check CHECK (state IN ('queued', 'running', 'ready', 'failed', 'expired')),
  progress    int NOT NULL DEFAULT 0 CONSTRAINT exports_progress_check CHECK (progress BETWEEN 0 AND 100),
  row_count   int NOT NULL DEFAULT 0,
  object_key  text NOT NULL DEFAULT '',
  size        bigint NOT NULL DEFAULT 0,
  digest      text NOT NULL DEFAULT '',
  failure     text NOT NULL DEFAULT '',
  downloads   int NOT NULL DEFAULT 0,
  created_by  uuid NOT NULL REFERENCES people (id),
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  expires_at  timestamptz
);
CREATE INDEX exports_created_by_idx ON exports (created_by, created_at DESC, id DESC);
CREATE INDEX exports_expires_at_idx ON exports (expires_at) WHERE state = 'ready';
CREATE INDEX exports_open_idx ON exports (updated_at) WHERE state IN ('queued', 'running');
-- +goose StatementEnd
