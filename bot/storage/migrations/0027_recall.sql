-- Recall: memories in pieces, whose text leaves a server's rows to nobody else, and what people decided about theirs.

ALTER TABLE memory
    -- A long text is several rows of one key, in this order; each is found by itself.
    ADD COLUMN chunk integer NOT NULL DEFAULT 0 CHECK (chunk >= 0),
    -- The message that says it, where there is one; together with the place it is the link.
    ADD COLUMN message_id bigint,
    DROP CONSTRAINT memory_guild_id_kind_key_key,
    ADD UNIQUE (guild_id, kind, key, chunk);
CREATE INDEX memory_message ON memory (guild_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX memory_member ON memory (guild_id, member_id) WHERE member_id IS NOT NULL;
CREATE INDEX memory_channel ON memory (channel_id);

-- What was remembered in threads says whose it is: a private thread's members' alone, or the channel's.
UPDATE memory SET visibility = 'private_thread', thread_id = place.channel_id, channel_id = coalesce(place.parent_id, memory.channel_id)
FROM mirror_channel AS place
WHERE place.channel_id = coalesce(memory.thread_id, memory.channel_id) AND place.kind = 12;
UPDATE memory SET thread_id = coalesce(memory.thread_id, memory.channel_id), channel_id = place.parent_id
FROM mirror_channel AS place
WHERE place.channel_id = memory.channel_id AND place.kind IN (10, 11) AND place.parent_id IS NOT NULL;

-- Who does not want to be remembered on a server.
CREATE TABLE memory_opt_out (
    guild_id  bigint NOT NULL,
    member_id bigint NOT NULL,
    since     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (guild_id, member_id)
);

-- The one guild whose rows a transaction is about; '*' is the bot's own housekeeping in all of them, and where nothing is
-- said no row is to be seen. So a query that forgets its guild finds nothing rather than everything.
CREATE FUNCTION in_scope(guild bigint) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN current_setting('cogswarm.guild', true) = '*' OR guild::text = current_setting('cogswarm.guild', true);

ALTER TABLE memory ENABLE ROW LEVEL SECURITY;
CREATE POLICY memory_of_guild ON memory USING (in_scope(guild_id)) WITH CHECK (in_scope(guild_id));
ALTER TABLE memory_opt_out ENABLE ROW LEVEL SECURITY;
CREATE POLICY memory_opt_out_of_guild ON memory_opt_out USING (in_scope(guild_id)) WITH CHECK (in_scope(guild_id));
ALTER TABLE source ENABLE ROW LEVEL SECURITY;
CREATE POLICY source_of_guild ON source USING (in_scope(guild_id)) WITH CHECK (in_scope(guild_id));

-- Nothing promotes itself: whether a memory rests on text from outside, and whose it is, is said when it is written.
REVOKE UPDATE ON memory, source FROM cogswarm_bot;
GRANT UPDATE (key, space_id, embedding) ON memory TO cogswarm_bot;
-- keeping a source again changes nothing, and locks the row that is there
GRANT UPDATE (url) ON source TO cogswarm_bot;

-- Full-text search for the bot's role. The policy above would be looked at before the words (@@ may not go first, since
-- it could tell of rows that are not to be seen), and that keeps the index on words from being used; so this function
-- belongs to the owner of the table, whom the policy does not bind, and looks at the guild itself.
CREATE FUNCTION memory_words(
    guild bigint, readable bigint[], kinds text[], not_run uuid, words text, candidates integer
) RETURNS TABLE (id bigint, rank real)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 40
    SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    SELECT m.id, ts_rank('{0.1, 0.2, 0.4, 1.0}', m.tsv, memory_query(words), 1) AS rank
    FROM memory AS m
    WHERE m.tsv @@ memory_query(words)
      AND in_scope(guild) AND m.guild_id = guild
      AND (m.visibility = 'channel' AND m.channel_id = ANY(readable)
           OR m.visibility = 'private_thread' AND m.thread_id = ANY(readable))
      AND (kinds IS NULL OR m.kind = ANY(kinds))
      AND (not_run IS NULL OR m.run_id IS DISTINCT FROM not_run)
    ORDER BY 2 DESC, 1
    LIMIT candidates;
END;
REVOKE EXECUTE ON FUNCTION memory_words FROM PUBLIC;
GRANT EXECUTE ON FUNCTION memory_words TO cogswarm_bot;

-- A guild that was left takes its memories along, a channel or thread that is gone its own. The mirror forgets them only
-- where Discord says that they are gone, in the transaction that writes it down.
CREATE FUNCTION forget_with_guild() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM memory WHERE guild_id = OLD.guild_id;
    DELETE FROM memory_opt_out WHERE guild_id = OLD.guild_id;
    DELETE FROM source WHERE guild_id = OLD.guild_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_memories AFTER DELETE ON mirror_guild FOR EACH ROW EXECUTE FUNCTION forget_with_guild();

CREATE FUNCTION forget_with_channel() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM memory WHERE channel_id = OLD.channel_id;
    DELETE FROM memory WHERE thread_id = OLD.channel_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_memories AFTER DELETE ON mirror_channel FOR EACH ROW EXECUTE FUNCTION forget_with_channel();
