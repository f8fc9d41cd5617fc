-- What the gate remembers, what cogs do by the clock, and how work ends whose cog was switched off.

-- A cog's job in a guild. Its row exists while the cog is on there; `schedule` is what due_at was computed from.
CREATE TABLE cog_job (
    guild_id    bigint NOT NULL,
    cog         text NOT NULL,
    name        text NOT NULL,
    schedule    text NOT NULL,
    due_at      timestamptz NOT NULL,
    fence       bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    started_at  timestamptz,
    ended_at    timestamptz,
    failures    integer NOT NULL DEFAULT 0,
    error       text,
    PRIMARY KEY (guild_id, cog, name)
);
CREATE INDEX cog_job_due ON cog_job (due_at);

-- How often what was refused or ignored, by the short form of its reason.
CREATE TABLE refusal_count (
    guild_id bigint NOT NULL,
    cog      text NOT NULL,
    reason   text NOT NULL,
    count    bigint NOT NULL,
    PRIMARY KEY (guild_id, cog, reason)
);

-- Why somebody, or a message, was refused; only the latest of each guild are kept.
CREATE TABLE refusal (
    guild_id   bigint NOT NULL,
    about      text NOT NULL CHECK (about IN ('member', 'message')),
    subject_id bigint NOT NULL,
    cog        text NOT NULL,
    reason     text NOT NULL,
    sentence   text NOT NULL,
    refused_at timestamptz NOT NULL,
    PRIMARY KEY (guild_id, about, subject_id, cog)
);
CREATE INDEX refusal_latest ON refusal (guild_id, about, refused_at DESC);

-- Why a run was asked to stop, where nobody pressed Stop.
ALTER TABLE run ADD COLUMN stop_reason text;
CREATE INDEX run_unfinished ON run (guild_id, cog) WHERE finished_at IS NULL;
