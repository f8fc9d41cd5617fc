-- Direct messages with the bot: which server each conversation belongs to, and the runs that speak there.

ALTER TABLE run
    -- it speaks in direct messages with the member on whose behalf it acts; guild_id is the server it belongs to
    ADD COLUMN direct boolean NOT NULL DEFAULT false;

-- The server whose agents, tools and budgets apply when a member writes to the bot directly.
CREATE TABLE direct_home (
    member_id  bigint PRIMARY KEY,
    -- their direct messages with the bot: of a deletion Discord tells no more than the channel
    channel_id bigint NOT NULL,
    guild_id   bigint NOT NULL,
    -- whether they chose it; otherwise it was the only one
    chosen     boolean NOT NULL,
    -- what was said up to here belongs to another server and is not read any more; NULL: there was no other
    since      bigint,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX direct_home_channel ON direct_home (channel_id);
