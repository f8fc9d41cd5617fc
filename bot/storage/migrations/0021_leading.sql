-- Leaders and workers, work that waits for tasks, circles of waiting, alarms of queues, and what agents were taught.

-- How a leader would split a task. Each change that people make to it is a version of its own.
CREATE TABLE task_plan (
    task_id    uuid NOT NULL REFERENCES task ON DELETE CASCADE,
    version    integer NOT NULL,
    guild_id   bigint NOT NULL,
    -- what the leader's run waits with until somebody says what shall be done with this version
    wait_id    uuid NOT NULL UNIQUE,
    parts      jsonb NOT NULL,
    -- NULL: the leader
    made_by    bigint,
    state      text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'changed', 'started', 'over')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task_id, version)
);
ALTER TABLE task
    -- the outbox row of the message in which its plan stands
    ADD COLUMN plan_row bigint,
    -- by which version of its parent's plan it was made
    ADD COLUMN plan     integer;

-- Runs wait for the end of one of several tasks.
ALTER TABLE run_wait DROP CONSTRAINT run_wait_kind_check;
ALTER TABLE run_wait
    ADD CONSTRAINT run_wait_kind_check CHECK (kind IN ('time', 'answer', 'run', 'tasks')),
    ADD COLUMN for_tasks uuid[],
    ADD CHECK ((kind = 'tasks') = (for_tasks IS NOT NULL));
CREATE INDEX run_wait_for_tasks ON run_wait USING gin (for_tasks) WHERE answered_at IS NULL AND for_tasks IS NOT NULL;

-- A task that would use what another has.
CREATE TABLE task_resource_wait (
    guild_id bigint NOT NULL,
    name     text NOT NULL,
    task_id  uuid NOT NULL REFERENCES task ON DELETE CASCADE,
    since    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task_id, name)
);
CREATE INDEX task_resource_wait_name ON task_resource_wait (guild_id, name);
-- What has to be free before anybody can have the task.
ALTER TABLE task ADD COLUMN uses text[] NOT NULL DEFAULT '{}';
CREATE INDEX task_orphans ON task (guild_id) WHERE parent_id IS NOT NULL AND ended_at IS NULL;

-- Work that waits for itself, through however many others; people were told, and have buttons to break it.
CREATE TABLE waiting_circle (
    id        uuid PRIMARY KEY,
    guild_id  bigint NOT NULL,
    -- the same circle, wherever it is begun to be read
    key       text NOT NULL,
    links     jsonb NOT NULL,
    said_row  bigint,
    found_at  timestamptz NOT NULL DEFAULT now(),
    over_at   timestamptz
);
CREATE UNIQUE INDEX waiting_circle_open ON waiting_circle (guild_id, key) WHERE over_at IS NULL;

-- A queue that is too full, or whose oldest task waits for too long: since when, and the message that said so.
ALTER TABLE task_queue
    ADD COLUMN alarm_since timestamptz,
    ADD COLUMN alarm_row   bigint,
    ADD COLUMN alarm_text  text NOT NULL DEFAULT '',
    ADD COLUMN alarms      integer NOT NULL DEFAULT 0,
    -- what the picture on the board shows
    ADD COLUMN pictured    text;
-- Tasks whose message is said, and not noted at the task yet.
CREATE INDEX task_message_row ON task (guild_id) WHERE message_id IS NULL AND message_row IS NOT NULL;
-- Who took part in tasks lately.
CREATE INDEX task_event_people ON task_event (guild_id, at) WHERE by LIKE 'member:%';

-- What an agent is told besides on a server, each after somebody has agreed to it.
CREATE TABLE agent_lesson (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    guild_id    bigint NOT NULL,
    agent       text NOT NULL,
    text        text NOT NULL CHECK (length(text) BETWEEN 1 AND 500),
    -- the run that proposed it: the same lesson again, after a crash, is one
    run_id      uuid NOT NULL UNIQUE,
    accepted_by bigint NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT now(),
    undone_by   bigint,
    undone_at   timestamptz
);
CREATE INDEX agent_lesson_agent ON agent_lesson (guild_id, agent, id) WHERE undone_at IS NULL;
