-- How much of a question a memory answers with its words, by what those words weigh among what may be read.

-- The words of a question by which `memory_query` finds.
CREATE FUNCTION memory_lexemes(question text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN tsvector_to_array(
        CASE WHEN numnode(plainto_tsquery('english'::regconfig, question)) > 0
             THEN to_tsvector('english'::regconfig, question)
             ELSE to_tsvector('simple'::regconfig, question)
        END);

-- As before, and with ``coverage``: the share (0 to 1) of the weight of the question's words that the memory has. A word
-- weighs the more, the fewer of the memories found have it, and one that none has weighs most. Only what may be read is
-- counted, so that the answer tells nothing of other places.
DROP FUNCTION memory_words;
CREATE FUNCTION memory_words(
    guild bigint, readable bigint[], kinds text[], not_run uuid, words text, candidates integer
) RETURNS TABLE (id bigint, rank real, coverage real)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 40
    SET search_path = pg_catalog, public, pg_temp
BEGIN ATOMIC
    WITH matched AS MATERIALIZED (
        SELECT m.id, ts_rank('{0.1, 0.2, 0.4, 1.0}', m.tsv, memory_query(words), 1) AS rank,
               ARRAY(SELECT lexeme FROM unnest(tsvector_to_array(m.tsv)) AS lexeme
                     WHERE lexeme = ANY(memory_lexemes(words))) AS found
        FROM memory AS m
        WHERE m.tsv @@ memory_query(words)
          AND in_scope(guild) AND m.guild_id = guild
          AND (m.visibility = 'channel' AND m.channel_id = ANY(readable)
               OR m.visibility = 'private_thread' AND m.thread_id = ANY(readable))
          AND (kinds IS NULL OR m.kind = ANY(kinds))
          AND (not_run IS NULL OR m.run_id IS DISTINCT FROM not_run)
    ), weighed AS MATERIALIZED (
        SELECT asked.lexeme,
               ln(1 + ((SELECT count(*) FROM matched) + 0.5) / (count(one.lexeme) + 0.5)) AS weight
        FROM unnest(memory_lexemes(words)) AS asked(lexeme)
        LEFT JOIN (SELECT unnest(matched.found) AS lexeme FROM matched) AS one ON one.lexeme = asked.lexeme
        GROUP BY asked.lexeme
    ), first AS (
        SELECT matched.id, matched.rank, matched.found FROM matched ORDER BY matched.rank DESC, matched.id LIMIT candidates
    )
    SELECT first.id, first.rank,
           ((SELECT sum(weighed.weight) FROM weighed WHERE weighed.lexeme = ANY(first.found))
            / (SELECT sum(weighed.weight) FROM weighed))::real
    FROM first ORDER BY 2 DESC, 1;
END;
REVOKE EXECUTE ON FUNCTION memory_words FROM PUBLIC;
GRANT EXECUTE ON FUNCTION memory_words TO cogswarm_bot;

-- Guild by guild, in every table: what a transaction is about is asked once a query and not once a row, so that the planner
-- still knows how many rows to expect.
CREATE FUNCTION guild_in_scope() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(nullif(current_setting('cogswarm.guild', true), ''), '*')::bigint;
CREATE FUNCTION every_guild_in_scope() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('cogswarm.guild', true) = '*', false);
CREATE FUNCTION no_guild_in_scope() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN guild_in_scope() IS NULL;

-- As soon as a transaction says which guild it is about, no other guild's row of the table is to be seen or written. Where
-- nothing is said, all are: the machinery (delivery, leases, clocks) serves all guilds at once. What belongs to no guild
-- (none, or 0) is open to all. Called beside the CREATE TABLE of every table that has a guild_id.
CREATE FUNCTION keep_guilds_apart(guild_table regclass) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    rows text := '(SELECT no_guild_in_scope()) OR guild_id = (SELECT guild_in_scope()) OR coalesce(guild_id, 0) = 0';
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guild_table);
    EXECUTE format('CREATE POLICY of_guild ON %s USING (%s) WITH CHECK (%s)', guild_table, rows, rows);
END $$;
REVOKE EXECUTE ON FUNCTION keep_guilds_apart FROM PUBLIC;

-- Every table so far.
SELECT keep_guilds_apart(c.oid)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
  AND a.attname = 'guild_id' AND NOT a.attisdropped
ORDER BY c.oid;

-- What is remembered, and what is pinned, stays closed where nothing is said.
CREATE FUNCTION keep_guilds_closed(guild_table regclass, earlier_policy name) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    rows text := '(SELECT every_guild_in_scope()) OR guild_id = (SELECT guild_in_scope())';
BEGIN
    EXECUTE format('DROP POLICY IF EXISTS %I ON %s', earlier_policy, guild_table);
    EXECUTE format('CREATE POLICY of_guild ON %s USING (%s) WITH CHECK (%s)', guild_table, rows, rows);
END $$;
REVOKE EXECUTE ON FUNCTION keep_guilds_closed FROM PUBLIC;
SELECT keep_guilds_closed(closed::regclass, (closed || '_of_guild')::name)
FROM unnest(ARRAY['memory', 'fact', 'fact_place', 'memory_opt_out', 'source']) AS closed;
