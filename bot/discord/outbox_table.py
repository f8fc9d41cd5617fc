"""All SQL on the tables ``outbox`` and ``outbox_lease``."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.surface import Connection

WAKE = "outbox"
"""The notification that says something is to be delivered."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Something that must reach Discord once, in its channel's order."""

    id: int
    key: str
    kind: str
    channel_id: int
    target_id: int | None
    identity: dict[str, Any] | None
    payload: dict[str, Any]
    run_id: UUID | None
    state: str
    partition: int
    after_id: int | None
    attempts: int
    cog: str | None = None
    """Which cog it is of, where its key says so."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """What is to be delivered; a channel or the row that opens it, a target or the row that posts it.

    ``key`` begins with the id of the run, or the name of the cog, that it is of, and a colon.
    """

    key: str
    kind: str
    payload: dict[str, Any]
    channel_id: int | None = None
    channel_from: int | None = None
    target_id: int | None = None
    target_from: int | None = None
    identity: dict[str, Any] | None = None
    run_id: UUID | None = None
    after_row: int | None = None
    """A row, of whichever channel, that has to be delivered (or given up) before this one."""


async def add(conn: Connection, new: NewRow) -> int:
    """Add a row and wake the deliverer; the same key again changes nothing and answers the first row."""
    cursor = await conn.execute(
        """
        -- Locked, so that the delivery which opens the thread either sees this row or is seen by it.
        WITH opened AS (SELECT message_id FROM outbox WHERE id = %(channel_from)s FOR SHARE),
        added AS (
            INSERT INTO outbox (key, kind, payload, channel_id, channel_from, target_id, target_from,
                                identity, run_id, after_row)
            VALUES (%(key)s, %(kind)s, %(payload)s,
                    coalesce(%(channel_id)s, (SELECT message_id FROM opened)), %(channel_from)s,
                    %(target_id)s, %(target_from)s, %(identity)s, %(run_id)s, %(after_row)s)
            ON CONFLICT (key) DO NOTHING RETURNING id
        )
        SELECT id FROM added UNION ALL SELECT id FROM outbox WHERE key = %(key)s LIMIT 1
        """,
        {
            "key": new.key, "kind": new.kind, "payload": Jsonb(new.payload), "channel_id": new.channel_id,
            "channel_from": new.channel_from, "target_id": new.target_id, "target_from": new.target_from,
            "identity": None if new.identity is None else Jsonb(new.identity), "run_id": new.run_id,
            "after_row": new.after_row,
        },
    )  # fmt: skip
    row = await cursor.fetchone()
    if row is None:
        # Somebody else saved it while the statement ran: only a new statement sees that.
        cursor = await conn.execute("SELECT id FROM outbox WHERE key = %s", (new.key,))
        row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - the row was added or stood there
    await conn.execute("SELECT pg_notify(%s, '')", (WAKE,))
    return int(row[0])


async def place_of(conn: Connection, row: int) -> tuple[int | None, int | None]:
    """Where the message of a row is: its channel, or the row that will open it."""
    cursor = await conn.execute("SELECT channel_id, channel_from FROM outbox WHERE id = %s", (row,))
    found = await cursor.fetchone()
    return (None, None) if found is None else (found[0], found[1])


async def supersede_edits(conn: Connection, target_from: int) -> None:
    """Drop edits of a message that nobody has seen yet, because a newer one follows."""
    await conn.execute(
        """
        UPDATE outbox SET state = 'superseded'
        WHERE target_from = %s AND kind = 'edit' AND state = 'pending' AND attempts = 0
        """,
        (target_from,),
    )


async def take_leases(conn: Connection, owner: UUID, seconds: float) -> dict[int, int]:
    """Take or renew every partition that is free or ours: the fence of each partition held."""
    cursor = await conn.execute(
        """
        WITH free AS (
            SELECT partition FROM outbox_lease WHERE until < now() OR owner = %(owner)s FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox_lease AS lease SET
            fence = lease.fence + (lease.owner IS DISTINCT FROM %(owner)s)::int,
            owner = %(owner)s, until = now() + make_interval(secs => %(seconds)s)
        FROM free WHERE free.partition = lease.partition
        RETURNING lease.partition, lease.fence
        """,
        {"owner": owner, "seconds": seconds},
    )
    return {int(row[0]): int(row[1]) for row in await cursor.fetchall()}


async def drop_leases(conn: Connection, owner: UUID) -> None:
    """Give back every partition, so that another process need not wait for the leases to end."""
    await conn.execute("UPDATE outbox_lease SET until = '-infinity' WHERE owner = %s", (owner,))


async def heads(conn: Connection, partitions: list[int], busy: list[int], limit: int) -> list[OutboxRow]:
    """The first undelivered row of each channel of ``partitions`` that is not ``busy``, where it is due."""
    async with conn.cursor(row_factory=class_row(OutboxRow)) as cursor:
        await cursor.execute(
            """
            SELECT head.id, head.key, head.kind, head.channel_id,
                   coalesce(head.target_id, target.message_id) AS target_id,
                   head.identity, head.payload, head.run_id, head.state, head.partition, head.after_id,
                   head.attempts,
                   CASE WHEN head.key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:'
                        THEN (SELECT run.cog FROM run WHERE run.id = left(head.key, 36)::uuid)
                        ELSE substring(head.key FROM '^([a-z0-9_]+):') END AS cog
            FROM (
                SELECT DISTINCT ON (channel_id) * FROM outbox
                WHERE state IN ('pending', 'sending') AND channel_id IS NOT NULL
                ORDER BY channel_id, id
            ) AS head
            LEFT JOIN outbox AS target ON target.id = head.target_from
            LEFT JOIN outbox AS before ON before.id = head.after_row AND before.state IN ('pending', 'sending')
            WHERE before.id IS NULL AND head.due_at <= now() AND head.partition = ANY(%s) AND head.channel_id <> ALL(%s)
            ORDER BY head.id LIMIT %s
            """,
            (partitions, busy, limit),
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


async def begin(
    conn: Connection, row: OutboxRow, *, owner: UUID, fence: int, floor: int, margin: float
) -> int | None:
    """Mark a row as being sent, under the lease: the id after which its message would stand.

    ``floor`` serves where nothing is known to stand in the channel. None means that the lease is gone, or
    ends in less than ``margin`` seconds, so that a request might outlive it.
    """
    cursor = await conn.execute(
        """
        UPDATE outbox SET state = 'sending', attempts = attempts + 1,
            after_id = coalesce(after_id,
                (SELECT max(said.message_id) FROM outbox AS said WHERE said.channel_id = outbox.channel_id
                 AND said.kind = 'post' AND said.message_id IS NOT NULL), %(floor)s)
        WHERE id = %(id)s AND EXISTS (
            SELECT 1 FROM outbox_lease WHERE partition = %(partition)s AND owner = %(owner)s
            AND fence = %(fence)s AND until > now() + make_interval(secs => %(margin)s) FOR SHARE)
        RETURNING after_id
        """,
        {"id": row.id, "floor": floor, "partition": row.partition, "owner": owner, "fence": fence,
         "margin": margin},
    )  # fmt: skip
    found = await cursor.fetchone()
    return None if found is None else int(found[0])


async def sent(conn: Connection, row: OutboxRow, message_id: int | None) -> None:
    """Record the delivery."""
    await conn.execute(
        "UPDATE outbox SET state = 'sent', message_id = %s, sent_at = now(), error = NULL WHERE id = %s",
        (message_id, row.id),
    )


async def opened(conn: Connection, row: OutboxRow, channel_id: int) -> None:
    """Let what waited for the thread of ``row`` go to ``channel_id``."""
    await conn.execute("UPDATE outbox SET message_id = %s WHERE id = %s", (channel_id, row.id))
    await conn.execute(
        "UPDATE outbox SET channel_id = %s WHERE channel_from = %s AND channel_id IS NULL",
        (channel_id, row.id),
    )


async def known_messages(conn: Connection, channel_id: int, ids: list[int]) -> set[int]:
    """Which of ``ids`` the outbox has recorded as its own."""
    cursor = await conn.execute(
        "SELECT message_id FROM outbox WHERE channel_id = %s AND message_id = ANY(%s) AND kind = 'post'",
        (channel_id, ids),
    )
    return {int(row[0]) for row in await cursor.fetchall()}


async def later(conn: Connection, row: OutboxRow, seconds: float, error: str, *, unsent: bool) -> None:
    """Try again after a while; ``unsent`` says that the request certainly had no effect."""
    await conn.execute(
        """
        UPDATE outbox SET due_at = now() + make_interval(secs => %s), error = %s,
                          state = CASE WHEN %s THEN 'pending' ELSE state END
        WHERE id = %s
        """,
        (seconds, error, unsent, row.id),
    )


async def fail(conn: Connection, row: OutboxRow, error: str) -> None:
    """Give up on a row, and on edits and reactions that were for its message."""
    await conn.execute(
        """
        UPDATE outbox SET state = 'failed', error = %(error)s
        WHERE id = %(id)s OR (target_from = %(id)s AND kind <> 'thread' AND state = 'pending')
        """,
        {"error": error, "id": row.id},
    )
