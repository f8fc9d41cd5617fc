-- Facts: what the agents of a place are to know, each in a pinned message of the bot. Whether one holds is decided by its
-- pin: what people take off, edit or delete on Discord is so here, too.

CREATE TABLE fact (
    id          uuid PRIMARY KEY,
    guild_id    bigint NOT NULL,
    -- the channel or thread whose pin it is
    channel_id  bigint NOT NULL,
    number      integer NOT NULL,
    text        text NOT NULL CHECK (length(text) BETWEEN 1 AND 500),
    -- counts the changes; what it said before the last one, so that this can be undone
    version     integer NOT NULL DEFAULT 1,
    before      text,
    -- whose words they are: a member, or by name alone somebody else (an agent, a webhook)
    stated_id   bigint,
    stated_name text NOT NULL CHECK (length(stated_name) <= 100),
    -- who had it kept, and the agent that did so for them
    noted_id    bigint NOT NULL,
    agent       text NOT NULL DEFAULT '',
    -- the message that it was taken from, in the same place
    source_id   bigint,
    noted_at    timestamptz NOT NULL,
    expires_at  timestamptz,
    -- the numbers of the fact that it took the place of, and of the one that took its own
    replaces    integer,
    replaced_by integer,
    state       text NOT NULL DEFAULT 'live'
                CHECK (state IN ('live', 'unpinned', 'evicted', 'replaced', 'expired', 'removed', 'unsaid')),
    ended_at    timestamptz,
    -- the outbox rows of its message and of the last pin, unpin and change of it
    said_row    bigint REFERENCES outbox,
    pin_row     bigint REFERENCES outbox,
    edit_row    bigint REFERENCES outbox,
    message_id  bigint,
    -- how often something was done to its message; keys of the outbox
    marks       integer NOT NULL DEFAULT 0,
    -- the version that recall knows; 0: none
    recalled    integer NOT NULL DEFAULT 0,
    UNIQUE (guild_id, number),
    CHECK ((state = 'live') = (ended_at IS NULL))
);
-- The same words are one fact of a place.
CREATE UNIQUE INDEX fact_words ON fact (channel_id, md5(lower(text))) WHERE state = 'live';
CREATE INDEX fact_message ON fact (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX fact_of_place ON fact (guild_id, channel_id, state);
CREATE INDEX fact_ended ON fact (guild_id, ended_at) WHERE ended_at IS NOT NULL;
-- What the outbox may forget is looked up by these.
CREATE INDEX fact_said_row ON fact (said_row);
CREATE INDEX fact_pin_row ON fact (pin_row);
CREATE INDEX fact_edit_row ON fact (edit_row);

-- A channel or thread with facts: what else is pinned there, and the message that lists them all.
CREATE TABLE fact_place (
    channel_id bigint PRIMARY KEY,
    guild_id   bigint NOT NULL,
    -- the channel, also of a thread: whose settings hold
    home_id    bigint NOT NULL,
    -- something happened there since it was looked at
    changed    boolean NOT NULL DEFAULT true,
    looked_at  timestamptz,
    -- when the pins began to be read that were looked at last, by the database's clock
    read_at    timestamptz,
    -- pins that are not the bot's facts
    others     integer NOT NULL DEFAULT 0,
    index_row  bigint REFERENCES outbox,
    index_pin  bigint REFERENCES outbox,
    index_id   bigint,
    index_text text NOT NULL DEFAULT '',
    index_at   timestamptz,
    -- people took it away
    index_off  boolean NOT NULL DEFAULT false,
    marks      integer NOT NULL DEFAULT 0,
    -- what people were told is in the way of pinning
    told       text NOT NULL DEFAULT ''
);
CREATE INDEX fact_place_guild ON fact_place (guild_id);
CREATE INDEX fact_place_index_row ON fact_place (index_row) WHERE index_row IS NOT NULL;
CREATE INDEX fact_place_index_pin ON fact_place (index_pin) WHERE index_pin IS NOT NULL;

-- The one guild that a transaction names, or '*' for housekeeping in all of them.
ALTER TABLE fact ENABLE ROW LEVEL SECURITY;
CREATE POLICY fact_of_guild ON fact
    USING (current_setting('cogswarm.guild', true) IN ('*', guild_id::text))
    WITH CHECK (current_setting('cogswarm.guild', true) IN ('*', guild_id::text));
ALTER TABLE fact_place ENABLE ROW LEVEL SECURITY;
CREATE POLICY fact_place_of_guild ON fact_place
    USING (current_setting('cogswarm.guild', true) IN ('*', guild_id::text))
    WITH CHECK (current_setting('cogswarm.guild', true) IN ('*', guild_id::text));

-- A channel, thread or guild that is gone takes its facts along; the mirror forgets them only where Discord says so.
CREATE FUNCTION forget_facts_of_guild() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM fact WHERE guild_id = OLD.guild_id;
    DELETE FROM fact_place WHERE guild_id = OLD.guild_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_facts AFTER DELETE ON mirror_guild FOR EACH ROW EXECUTE FUNCTION forget_facts_of_guild();

CREATE FUNCTION forget_facts_of_channel() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM fact WHERE channel_id = OLD.channel_id;
    DELETE FROM fact_place WHERE channel_id = OLD.channel_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_facts AFTER DELETE ON mirror_channel FOR EACH ROW EXECUTE FUNCTION forget_facts_of_channel();
