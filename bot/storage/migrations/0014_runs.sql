-- Runs that wait without being held, that are retried, that have a deadline and a priority, and that start other runs.

ALTER TABLE run DROP CONSTRAINT run_state_check;
ALTER TABLE run ADD CONSTRAINT run_state_check
    CHECK (state IN ('ready', 'running', 'waiting', 'done', 'stopped', 'failed'));
ALTER TABLE run
    -- 0 what is being stopped, 1 people wait for it, 2 the usual, 3 in the background
    ADD COLUMN priority smallint NOT NULL DEFAULT 2 CHECK (priority BETWEEN 0 AND 3),
    -- how many seconds it may take, from its start or from when people tried it again
    ADD COLUMN seconds double precision CHECK (seconds > 0),
    ADD COLUMN deadline_at timestamptz,
    ADD COLUMN parent_id uuid REFERENCES run ON DELETE SET NULL,
    -- how often something outside failed it since it last got on
    ADD COLUMN failures integer NOT NULL DEFAULT 0,
    -- how often people tried it again
    ADD COLUMN round integer NOT NULL DEFAULT 0,
    ADD COLUMN result jsonb,
    -- NULL: somebody or something has to wake it
    ALTER COLUMN due_at DROP NOT NULL;

DROP INDEX run_due;
-- Whose turn it is: by guild, and within a guild by priority.
CREATE INDEX run_turn ON run (guild_id, priority, due_at) WHERE state = 'ready';
-- How many a guild has under way, and whose holder has fallen silent.
CREATE INDEX run_held ON run (guild_id, lease_until) WHERE state = 'running';
CREATE INDEX run_waiting ON run (due_at) WHERE state = 'waiting';
CREATE INDEX run_over ON run (finished_at) WHERE state IN ('done', 'stopped', 'failed');
CREATE INDEX run_parent ON run (parent_id) WHERE parent_id IS NOT NULL;

ALTER TABLE run_step DROP CONSTRAINT run_step_effect_check;
ALTER TABLE run_step ADD CONSTRAINT run_step_effect_check
    CHECK (effect IN ('repeatable', 'keyed', 'reconciled', 'once', 'wait'));

-- What a run waits for: a time, what people decide, or the end of another run. Whoever answers first decides.
CREATE TABLE run_wait (
    id          uuid PRIMARY KEY,
    run_id      uuid NOT NULL REFERENCES run ON DELETE CASCADE,
    key         text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('time', 'answer', 'run')),
    -- for a time: when it has come; otherwise when nobody is waited for any more
    until       timestamptz,
    for_run     uuid,
    question    text,
    -- the buttons under the question: what each is worth and says
    options     jsonb NOT NULL DEFAULT '{}',
    -- the outbox row of the question
    said_row    bigint,
    answer      jsonb,
    answered_by bigint,
    answered_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (run_id, key),
    CHECK ((kind = 'time') <= (until IS NOT NULL)),
    CHECK ((kind = 'run') = (for_run IS NOT NULL))
);
CREATE INDEX run_wait_for_run ON run_wait (for_run) WHERE answered_at IS NULL AND for_run IS NOT NULL;
CREATE INDEX run_wait_said ON run_wait (said_row) WHERE answered_at IS NULL AND said_row IS NOT NULL;
