-- What Discord says of guilds, so that whoever has no gateway can tell who may read what.

-- The one line on which it is heard. Its epoch is new whenever something may have been missed, which makes every
-- guild doubtful at once until its next full account; NULL while nobody listens. heard_at: all until then stands here.
CREATE TABLE mirror_line (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch    uuid,
    me       bigint NOT NULL DEFAULT 0,
    heard_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO mirror_line DEFAULT VALUES;

CREATE TABLE mirror_guild (
    guild_id bigint PRIMARY KEY,
    name     text NOT NULL,
    owner_id bigint NOT NULL,
    -- Begins where no guild that was forgotten and came back can have been before.
    version  bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1e6)::bigint,
    -- Of the last full account; NULL once anything has changed since.
    digest   bytea,
    -- The line's epoch at the last full account.
    epoch    uuid,
    trouble  text CHECK (trouble IN ('unavailable', 'unreadable'))
);

CREATE TABLE mirror_role (
    guild_id    bigint NOT NULL,
    role_id     bigint NOT NULL,
    name        text NOT NULL,
    permissions bigint NOT NULL,
    position    integer NOT NULL,
    -- The bot whose own role it is.
    bot_id      bigint,
    PRIMARY KEY (guild_id, role_id)
);

-- Channels and threads, and what was known of them before there was more than their kind and place.
CREATE TABLE mirror_channel (
    channel_id bigint PRIMARY KEY,
    guild_id   bigint,
    parent_id  bigint,
    kind       smallint NOT NULL,
    name       text NOT NULL DEFAULT '',
    nsfw       boolean NOT NULL DEFAULT false,
    archived   boolean NOT NULL DEFAULT false,
    -- [[role or member, 0 for a role and 1 for a member, allow, deny], ...]; NULL: not known, which is not none.
    overwrites jsonb
);
CREATE INDEX mirror_channel_guild ON mirror_channel (guild_id, kind);
CREATE INDEX mirror_channel_threads ON mirror_channel (parent_id) WHERE kind IN (10, 11, 12);

INSERT INTO mirror_channel (channel_id, guild_id, parent_id, kind)
SELECT channel_id, guild_id, parent_id, kind FROM channel_home;
DROP TABLE channel_home;
