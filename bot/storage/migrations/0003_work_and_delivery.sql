-- Runs and their steps, the outbox that carries what they say, and what each guild has switched on.

CREATE TABLE run (
    id           uuid PRIMARY KEY,
    cog          text NOT NULL,
    workflow     text NOT NULL,
    args         jsonb NOT NULL,
    title        text NOT NULL,
    guild_id     bigint NOT NULL,
    channel_id   bigint NOT NULL,
    member_id    bigint NOT NULL,
    member_name  text NOT NULL,
    thread_id    bigint,
    status_row   bigint,
    thread_row   bigint,
    state        text NOT NULL DEFAULT 'ready'
                 CHECK (state IN ('ready', 'running', 'done', 'stopped', 'failed')),
    stop_by      bigint,
    due_at       timestamptz NOT NULL DEFAULT now(),
    lease_owner  uuid,
    lease_until  timestamptz,
    fence        bigint NOT NULL DEFAULT 0,
    attempts     integer NOT NULL DEFAULT 0,
    model_calls  integer NOT NULL DEFAULT 0,
    model_tokens bigint NOT NULL DEFAULT 0,
    model_cost   double precision NOT NULL DEFAULT 0,
    error        text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz
);
CREATE INDEX run_due ON run (due_at) WHERE state IN ('ready', 'running');
CREATE INDEX run_thread ON run (thread_id, created_at);
CREATE INDEX run_thread_row ON run (thread_row) WHERE thread_row IS NOT NULL;
CREATE INDEX run_guild ON run (guild_id, created_at DESC);

CREATE TABLE run_step (
    run_id     uuid NOT NULL REFERENCES run ON DELETE CASCADE,
    key        text NOT NULL,
    effect     text NOT NULL CHECK (effect IN ('repeatable', 'keyed', 'reconciled', 'once')),
    state      text NOT NULL CHECK (state IN ('intended', 'done')),
    result     jsonb,
    fence      bigint NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    done_at    timestamptz,
    PRIMARY KEY (run_id, key)
);

-- An event from Discord that started something; committed with what it started, so that it starts it once.
CREATE TABLE handled_event (
    cog        text NOT NULL,
    event_id   bigint NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cog, event_id)
);

CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL UNIQUE,
    kind         text NOT NULL CHECK (kind IN ('post', 'edit', 'delete', 'thread', 'react', 'unreact')),
    channel_id   bigint,
    channel_from bigint REFERENCES outbox,
    target_id    bigint,
    target_from  bigint REFERENCES outbox,
    after_row    bigint REFERENCES outbox,
    identity     jsonb,
    payload      jsonb NOT NULL,
    run_id       uuid,
    state        text NOT NULL DEFAULT 'pending'
                 CHECK (state IN ('pending', 'sending', 'sent', 'superseded', 'failed')),
    partition    smallint GENERATED ALWAYS AS (((channel_id >> 22) % 64)::smallint) STORED,
    after_id     bigint,
    message_id   bigint,
    attempts     integer NOT NULL DEFAULT 0,
    due_at       timestamptz NOT NULL DEFAULT now(),
    error        text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,
    CHECK (channel_id IS NOT NULL OR channel_from IS NOT NULL)
);
-- The head of each channel's queue is what the deliverer asks for all the time.
CREATE INDEX outbox_queue ON outbox (channel_id, id) WHERE state IN ('pending', 'sending');
CREATE INDEX outbox_waiting ON outbox (channel_from) WHERE channel_id IS NULL;
-- The last message said in a channel is asked for before each post.
CREATE INDEX outbox_said ON outbox (channel_id, message_id) WHERE kind = 'post' AND message_id IS NOT NULL;
CREATE INDEX outbox_target ON outbox (target_from) WHERE target_from IS NOT NULL;
CREATE INDEX outbox_run ON outbox (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE outbox_lease (
    partition smallint PRIMARY KEY CHECK (partition BETWEEN 0 AND 63),
    owner     uuid,
    until     timestamptz NOT NULL DEFAULT '-infinity',
    fence     bigint NOT NULL DEFAULT 0
);
INSERT INTO outbox_lease (partition) SELECT generate_series(0, 63);

-- The webhook through which agents speak in a channel.
CREATE TABLE channel_webhook (
    channel_id bigint PRIMARY KEY,
    webhook_id bigint NOT NULL UNIQUE,
    token      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What a guild has chosen; no row means the owner's defaults.
CREATE TABLE guild_cog (
    guild_id   bigint NOT NULL,
    cog        text NOT NULL,
    enabled    boolean,
    settings   jsonb NOT NULL DEFAULT '{}',
    version    bigint NOT NULL DEFAULT 1,
    changed_by bigint,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (guild_id, cog)
);

-- The hash of the commands last registered in a scope (a guild's id, or 0 for everywhere).
CREATE TABLE command_scope (
    scope_id      bigint PRIMARY KEY,
    digest        text NOT NULL,
    refused       jsonb NOT NULL DEFAULT '{}',
    registered_at timestamptz NOT NULL DEFAULT now()
);
