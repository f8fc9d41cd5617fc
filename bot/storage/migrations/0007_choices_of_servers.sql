-- What a server's admins have chosen, down to single channels, and who changed what.

-- channel_id 0 is the server itself; access is a list of {kind, id, allowed}.
ALTER TABLE guild_cog
    ADD COLUMN channel_id bigint NOT NULL DEFAULT 0,
    ADD COLUMN access jsonb NOT NULL DEFAULT '[]',
    DROP CONSTRAINT guild_cog_pkey,
    ADD PRIMARY KEY (guild_id, channel_id, cog);

-- Every change by an admin, with what stood there before, so that it can be undone and nobody can deny it.
CREATE TABLE admin_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    guild_id    bigint NOT NULL,
    channel_id  bigint NOT NULL DEFAULT 0,
    cog         text NOT NULL,
    action      text NOT NULL CHECK (action IN ('enable', 'disable', 'access', 'settings', 'undo', 'rollback')),
    member_id   bigint NOT NULL,
    member_name text NOT NULL,
    before      jsonb NOT NULL,
    after       jsonb NOT NULL,
    undoes      bigint REFERENCES admin_change,
    changed_at  timestamptz NOT NULL
);
CREATE INDEX admin_change_guild ON admin_change (guild_id, id DESC);
REVOKE UPDATE, DELETE, TRUNCATE ON admin_change FROM cogswarm_bot;
