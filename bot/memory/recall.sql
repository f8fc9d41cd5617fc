-- The hits of a question in one guild: nearest vectors and best matching words, fused by reciprocal rank.
-- MATERIALIZED keeps the scan of the guild's vectors exact, whatever indexes there are.
WITH readable AS NOT MATERIALIZED (
    SELECT id, space_id, embedding, tsv
    FROM memory
    WHERE guild_id = %(guild)s
      AND (visibility = 'channel' AND channel_id = ANY(%(readable)s::bigint[])
           OR visibility = 'private_thread' AND thread_id = ANY(%(readable)s::bigint[]))
      AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[]))
      AND (%(not_run)s::uuid IS NULL OR run_id IS DISTINCT FROM %(not_run)s::uuid)
), measured AS MATERIALIZED (
    SELECT id, embedding <=> %(vector)s::halfvec AS distance FROM readable WHERE space_id = %(space)s::integer
), nearest AS (
    SELECT id, row_number() OVER (ORDER BY distance, id) AS place
    FROM measured ORDER BY distance, id LIMIT %(candidates)s
), matched AS MATERIALIZED (
    SELECT id, ts_rank('{0.1, 0.2, 0.4, 1.0}', tsv, memory_query(%(words)s::text), 1) AS rank
    FROM readable WHERE tsv @@ memory_query(%(words)s::text)
), wordiest AS (
    SELECT id, row_number() OVER (ORDER BY rank DESC, id) AS place
    FROM matched ORDER BY rank DESC, id LIMIT %(candidates)s
)
SELECT memory.id, memory.kind, memory.title, memory.body, memory.guild_id, memory.channel_id, memory.thread_id,
       memory.run_id, memory.member_id, memory.created_at, memory.tainted,
       CASE WHEN memory.space_id = %(space)s::integer THEN 1 - (memory.embedding <=> %(vector)s::halfvec) END AS similarity,
       (coalesce(1.0 / (%(k)s + nearest.place), 0) + coalesce(1.0 / (%(k)s + wordiest.place), 0))::float8 AS score
FROM nearest
FULL JOIN wordiest USING (id)
JOIN memory USING (id)
ORDER BY score DESC, similarity DESC NULLS LAST, memory.id DESC
