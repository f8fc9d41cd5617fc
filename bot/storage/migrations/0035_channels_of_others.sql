-- What is said is said in a channel of the guild it is about, whoever names the channel.

-- The guild of a channel, also where a transaction is about another guild; NULL where the channel is not known.
CREATE FUNCTION guild_of_channel(channel bigint) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    RETURN (SELECT guild_id FROM mirror_channel WHERE channel_id = channel);
REVOKE EXECUTE ON FUNCTION guild_of_channel FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guild_of_channel TO cogswarm_bot;
