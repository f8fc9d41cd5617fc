-- Tasks: channels that are queues, what is to be done in them, who holds it, and what has become of it.

-- A channel that is a queue, with its rules as the cog last saw them, and the message that shows its board.
CREATE TABLE task_queue (
    channel_id  bigint PRIMARY KEY,
    guild_id    bigint NOT NULL,
    rules       jsonb NOT NULL,
    is_open     boolean NOT NULL DEFAULT true,
    board_row   bigint,
    board_text  text,
    board_edits integer NOT NULL DEFAULT 0
);
CREATE INDEX task_queue_guild ON task_queue (guild_id);

-- The number that people call a task by was last given to, on each server.
CREATE TABLE task_number (
    guild_id bigint PRIMARY KEY,
    last     integer NOT NULL
);

CREATE TABLE task (
    id             uuid PRIMARY KEY,
    guild_id       bigint NOT NULL,
    queue_id       bigint NOT NULL REFERENCES task_queue,
    number         integer NOT NULL,
    title          text NOT NULL,
    body           text NOT NULL,
    -- on whose behalf it is done
    member_id      bigint NOT NULL,
    member_name    text NOT NULL,
    -- where its state is shown: a message, or the outbox row of one that is still to be said
    message_id     bigint,
    message_in     bigint NOT NULL,
    message_row    bigint,
    thread_id      bigint,
    thread_row     bigint,
    state          text NOT NULL CHECK (state IN
                   ('available', 'claimed', 'working', 'waiting', 'review', 'blocked', 'done', 'failed')),
    state_since    timestamptz NOT NULL DEFAULT now(),
    capabilities   text[] NOT NULL DEFAULT '{}',
    -- the higher, the sooner
    priority       smallint NOT NULL DEFAULT 0,
    parent_id      uuid REFERENCES task ON DELETE SET NULL,
    -- 'member:<id>' or 'agent:<name>'
    worker         text,
    worker_name    text NOT NULL DEFAULT '',
    run_id         uuid,
    -- goes up with every holder: only the newest may change anything
    fence          bigint NOT NULL DEFAULT 0,
    lease_until    timestamptz,
    attempts       integer NOT NULL DEFAULT 0,
    most_attempts  integer NOT NULL CHECK (most_attempts > 0),
    -- why it is blocked, has failed, or has nobody to do it
    reason         text NOT NULL DEFAULT '',
    award          text NOT NULL DEFAULT '',
    considered     jsonb NOT NULL DEFAULT '[]',
    -- what is shown of it by now, so that only changes are sent
    shown_mark     text,
    shown_name     text,
    shown_changes  integer NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    ended_at       timestamptz,
    UNIQUE (guild_id, number),
    CHECK ((worker IS NOT NULL) = (state IN ('claimed', 'working', 'waiting', 'review')))
);
-- What a message asks for is done once.
CREATE UNIQUE INDEX task_message ON task (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX task_thread ON task (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX task_thread_row ON task (thread_row) WHERE thread_row IS NOT NULL;
CREATE INDEX task_turn ON task (queue_id, priority DESC, created_at) WHERE state = 'available';
CREATE INDEX task_lease ON task (guild_id, lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX task_queue_state ON task (queue_id, state);
CREATE INDEX task_guild ON task (guild_id, state, created_at DESC);
CREATE INDEX task_worker ON task (guild_id, worker) WHERE worker IS NOT NULL;
CREATE INDEX task_parent ON task (parent_id) WHERE parent_id IS NOT NULL;

-- A task that cannot begin before another is done.
CREATE TABLE task_need (
    task_id uuid NOT NULL REFERENCES task ON DELETE CASCADE,
    needs   uuid NOT NULL REFERENCES task ON DELETE CASCADE,
    PRIMARY KEY (task_id, needs),
    CHECK (task_id <> needs)
);
CREATE INDEX task_need_needs ON task_need (needs);

-- What came of a task. A result that came too late is refused, and kept for reading.
CREATE TABLE task_result (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id     uuid NOT NULL REFERENCES task ON DELETE CASCADE,
    fence       bigint NOT NULL,
    worker      text NOT NULL,
    worker_name text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('result', 'late', 'checkpoint')),
    body        text NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    -- the same work handed in again (after a crash) is one result
    UNIQUE (task_id, fence, kind)
);

-- Everything that happened to a task; `told` says that people have been shown it.
CREATE TABLE task_event (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id  uuid NOT NULL REFERENCES task ON DELETE CASCADE,
    guild_id bigint NOT NULL,
    kind     text NOT NULL,
    state    text NOT NULL,
    fence    bigint NOT NULL,
    by       text NOT NULL,
    by_name  text NOT NULL,
    body     text NOT NULL DEFAULT '',
    at       timestamptz NOT NULL DEFAULT now(),
    told     boolean NOT NULL DEFAULT false
);
CREATE INDEX task_event_untold ON task_event (guild_id, id) WHERE NOT told;
CREATE INDEX task_event_task ON task_event (task_id, id);

-- A repository, a file, an environment that one task at a time may use.
CREATE TABLE task_resource (
    guild_id bigint NOT NULL,
    name     text NOT NULL,
    task_id  uuid NOT NULL REFERENCES task ON DELETE CASCADE,
    fence    bigint NOT NULL,
    until    timestamptz NOT NULL,
    PRIMARY KEY (guild_id, name)
);
CREATE INDEX task_resource_task ON task_resource (task_id);
