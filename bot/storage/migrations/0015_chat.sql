-- What cogs keep about a server, and runs that take turns.

-- Small things that a cog keeps by name: a choice, where a conversation begins.
CREATE TABLE cog_note (
    guild_id   bigint NOT NULL,
    cog        text NOT NULL,
    name       text NOT NULL,
    value      jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (guild_id, cog, name),
    CHECK (length(name) <= 200 AND pg_column_size(value) <= 65536)
);

ALTER TABLE run
    -- runs of one lane in one place are done one after the other; NULL: it waits for nobody
    ADD COLUMN lane text,
    -- in which order runs began
    ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY,
    -- the event on Discord that it began with
    ADD COLUMN cause bigint,
    -- NULL: another has to end first
    ALTER COLUMN due_at DROP NOT NULL;
CREATE INDEX run_lane ON run (cog, lane, thread_id, number) WHERE lane IS NOT NULL;
CREATE INDEX run_cause ON run (cog, cause) WHERE cause IS NOT NULL;
