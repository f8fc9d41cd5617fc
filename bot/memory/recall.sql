-- The hits of a question in one guild: nearest vectors and best matching words, fused by reciprocal rank.
-- ``near`` are the ids that the guild's index found, nearest first; null: there is none. MATERIALIZED keeps the scan of the
-- guild's vectors exact, whatever indexes there are.
WITH readable AS NOT MATERIALIZED (
    SELECT id, space_id, embedding
    FROM memory
    WHERE guild_id = %(guild)s
      AND (visibility = 'channel' AND channel_id = ANY(%(readable)s::bigint[])
           OR visibility = 'private_thread' AND thread_id = ANY(%(readable)s::bigint[]))
      AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[]))
      AND (%(not_run)s::uuid IS NULL OR run_id IS DISTINCT FROM %(not_run)s::uuid)
), measured AS MATERIALIZED (
    SELECT id, embedding <=> %(vector)s::halfvec AS distance FROM readable
    WHERE space_id = %(space)s::integer AND %(near)s::bigint[] IS NULL
), nearest AS (
    (SELECT id, row_number() OVER (ORDER BY distance, id) AS place
     FROM measured ORDER BY distance, id LIMIT %(candidates)s)
    UNION ALL
    SELECT given.id, given.place FROM unnest(%(near)s::bigint[]) WITH ORDINALITY AS given(id, place)
), wordiest AS (
    SELECT id, coverage, row_number() OVER (ORDER BY rank DESC, id) AS place
    FROM memory_words(%(guild)s, %(readable)s::bigint[], %(kinds)s::text[], %(not_run)s::uuid, %(words)s, %(candidates)s)
), fused AS (
    SELECT memory.*,
           CASE WHEN memory.space_id = %(space)s::integer THEN 1 - (memory.embedding <=> %(vector)s::halfvec) END AS similarity,
           coalesce(wordiest.coverage, 0)::float8 AS coverage,
           (coalesce(1.0 / (%(k)s + nearest.place), 0) + coalesce(1.0 / (%(k)s + wordiest.place), 0))::float8 AS score
    FROM nearest
    FULL JOIN wordiest USING (id)
    JOIN memory USING (id)
    -- said again, since the policy's own condition keeps no index from being passed over
    WHERE memory.guild_id = %(guild)s
), best AS (
    -- of the pieces of one text only the best
    SELECT DISTINCT ON (kind, key) * FROM fused ORDER BY kind, key, score DESC, similarity DESC NULLS LAST, id
)
SELECT best.id, best.kind, best.key, best.title, best.body AS passage, best.guild_id, best.channel_id, best.thread_id,
       best.message_id, best.run_id, best.member_id, best.created_at, best.tainted, best.similarity, best.coverage, best.score,
       (SELECT string_agg(piece.body, '' ORDER BY piece.chunk) FROM memory AS piece
        WHERE piece.guild_id = best.guild_id AND piece.kind = best.kind AND piece.key = best.key
          AND piece.visibility = best.visibility AND piece.channel_id = best.channel_id
          AND piece.thread_id IS NOT DISTINCT FROM best.thread_id) AS body
FROM best
ORDER BY score DESC, similarity DESC NULLS LAST, id DESC
