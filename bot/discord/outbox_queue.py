"""SQL that says whose turn it is: the first row of each lane of each channel, urgent first, fair across guilds."""

from collections.abc import Collection, Mapping

from psycopg.rows import class_row

from bot.discord.outbox_table import OutboxRow
from bot.work.surface import Connection

HEADS = """
    -- From one lane to the next by the index, so that a long queue costs no more than a short one.
    WITH RECURSIVE place AS (
        (SELECT channel_id, lane FROM outbox
         WHERE state IN ('pending', 'sending') AND channel_id IS NOT NULL ORDER BY channel_id, lane LIMIT 1)
        UNION ALL
        SELECT beyond.channel_id, beyond.lane FROM place CROSS JOIN LATERAL (
            SELECT outbox.channel_id, outbox.lane FROM outbox
            WHERE outbox.state IN ('pending', 'sending')
              AND (outbox.channel_id, outbox.lane) > (place.channel_id, place.lane)
            ORDER BY outbox.channel_id, outbox.lane LIMIT 1) AS beyond
    ),
    due AS (
        SELECT head.*, target.message_id AS target_message, target.via AS target_via,
               -- What is urgent lends its urgency to what stands before it; progress has waited long enough once.
               CASE WHEN urgent.urgency = 3 AND head.created_at < now() - interval '10 seconds' THEN 2
                    ELSE urgent.urgency END AS pressing
        FROM place
        CROSS JOIN LATERAL (
            SELECT * FROM outbox WHERE outbox.channel_id = place.channel_id AND outbox.lane = place.lane
            AND outbox.state IN ('pending', 'sending') ORDER BY outbox.id LIMIT 1) AS head
        CROSS JOIN LATERAL (
            SELECT min(outbox.urgency) AS urgency FROM outbox
            WHERE outbox.channel_id = place.channel_id AND outbox.lane = place.lane
            AND outbox.state IN ('pending', 'sending')) AS urgent
        LEFT JOIN outbox AS target ON target.id = head.target_from
        LEFT JOIN outbox AS before ON before.id = head.after_row AND before.state IN ('pending', 'sending')
        WHERE before.id IS NULL AND head.due_at <= now() AND head.partition = ANY(%(partitions)s)
          AND (target.id IS NULL OR target.state NOT IN ('pending', 'sending'))
          AND NOT EXISTS (SELECT FROM unnest(%(busy_channels)s::bigint[], %(busy_lanes)s::int[]) AS busy(channel, lane)
                          WHERE busy.channel = head.channel_id AND busy.lane = head.lane)
    )
    SELECT due.id, due.key, due.kind, due.channel_id, coalesce(due.target_id, due.target_message) AS target_id,
           due.identity, due.payload, due.run_id, due.state, due.partition, due.after_id, due.attempts, due.created_at,
           due.urgency, due.guild_id, due.lane, due.target_via,
           CASE WHEN due.key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:'
                THEN (SELECT run.cog FROM run WHERE run.id = left(due.key, 36)::uuid)
                ELSE substring(due.key FROM '^([a-z0-9_]+):') END AS cog
    FROM due LEFT JOIN unnest(%(groups)s::bigint[], %(served)s::int[]) AS under_way(guild, number)
             ON under_way.guild = coalesce(due.guild_id, due.channel_id)
    ORDER BY due.pressing,
             row_number() OVER (PARTITION BY coalesce(due.guild_id, due.channel_id) ORDER BY due.pressing, due.id)
                 + coalesce(under_way.number, 0),
             due.id
    LIMIT %(limit)s
"""


async def heads(
    conn: Connection,
    partitions: Collection[int],
    *,
    busy: Collection[tuple[int, int]],
    under_way: Mapping[int, int],
    limit: int,
) -> list[OutboxRow]:
    """The first undelivered row of each lane of ``partitions`` that is not ``busy``, where it is due.

    ``under_way`` says how many deliveries each guild has at this moment, which counts as turns it has had.
    """
    async with conn.cursor(row_factory=class_row(OutboxRow)) as cursor:
        await cursor.execute(
            HEADS,
            {
                "partitions": list(partitions),
                "busy_channels": [channel for channel, _ in busy],
                "busy_lanes": [lane for _, lane in busy],
                "groups": list(under_way),
                "served": list(under_way.values()),
                "limit": limit,
            },
        )
        return await cursor.fetchall()


async def next_due_in(conn: Connection) -> float | None:
    """Seconds until a row that waits for its time is due."""
    cursor = await conn.execute(
        """
        SELECT extract(epoch FROM min(due_at) - now())::float8 FROM outbox
        WHERE state IN ('pending', 'sending') AND channel_id IS NOT NULL AND due_at > now()
        """
    )
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else max(0.0, float(row[0]))
