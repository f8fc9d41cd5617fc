"""All SQL on the table ``task_queue``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.surface import Connection
from bot.work.tasks.task import RULES, QueueRules


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue as the database has it."""

    channel_id: int
    guild_id: int
    rules: dict[str, Any]
    is_open: bool
    board_row: int | None
    board_text: str | None
    board_edits: int
    alarm_since: datetime | None
    alarm_row: int | None
    alarm_text: str
    alarms: int
    pictured: str | None


async def put(conn: Connection, guild_id: int, channel_id: int, rules: QueueRules) -> None:
    """Make a channel a queue, or give it other rules."""
    await conn.execute(
        """
        INSERT INTO task_queue AS old (channel_id, guild_id, rules) VALUES (%s, %s, %s)
        ON CONFLICT (channel_id) DO UPDATE SET rules = excluded.rules, is_open = true
        WHERE old.rules <> excluded.rules OR NOT old.is_open
        """,
        (channel_id, guild_id, Jsonb(RULES.dump_python(rules, mode="json"))),
    )


async def close(conn: Connection, channel_id: int) -> None:
    """Hand out nothing more from a channel that is no queue any longer."""
    await conn.execute("UPDATE task_queue SET is_open = false WHERE channel_id = %s", (channel_id,))


async def get(conn: Connection, channel_id: int, *, locked: bool = False) -> QueueRow | None:
    """One queue; ``locked`` keeps others from changing it, or counting in it, until the transaction ends."""
    async with conn.cursor(row_factory=class_row(QueueRow)) as cursor:
        query = "SELECT * FROM task_queue WHERE channel_id = %s"
        await cursor.execute(f"{query} FOR UPDATE" if locked else query, (channel_id,))
        return await cursor.fetchone()


async def of_guild(conn: Connection, guild_id: int) -> list[QueueRow]:
    """The queues of a server."""
    async with conn.cursor(row_factory=class_row(QueueRow)) as cursor:
        await cursor.execute("SELECT * FROM task_queue WHERE guild_id = %s ORDER BY channel_id", (guild_id,))
        return await cursor.fetchall()


async def with_board(conn: Connection, guild_id: int, message_id: int) -> int | None:
    """The queue whose board a message is."""
    cursor = await conn.execute(
        """
        SELECT task_queue.channel_id FROM task_queue JOIN outbox ON outbox.id = task_queue.board_row
        WHERE task_queue.guild_id = %s AND outbox.message_id = %s
        """,
        (guild_id, message_id),
    )
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def board(conn: Connection, channel_id: int, row: int | None, text: str | None) -> None:
    """Note which message shows the board, and what it says; no row: nobody wants one any more."""
    await conn.execute(
        """
        UPDATE task_queue SET board_row = %s, board_text = %s, board_edits = board_edits + 1,
            pictured = CASE WHEN board_row IS DISTINCT FROM %s THEN NULL ELSE pictured END
        WHERE channel_id = %s
        """,
        (row, text, row, channel_id),
    )


async def board_is_lost(conn: Connection, board_row: int) -> bool:
    """Whether the message of a board could not be said, or not be changed any more."""
    cursor = await conn.execute(
        """
        SELECT EXISTS (SELECT FROM outbox WHERE id = %(row)s AND state = 'failed')
            OR EXISTS (SELECT FROM outbox WHERE target_from = %(row)s AND kind = 'edit' AND state = 'failed')
        """,
        {"row": board_row},
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def begin_alarm(conn: Connection, channel_id: int, row: int, text: str) -> None:
    """Note that a queue needs help, and the message that says so."""
    await conn.execute(
        """
        UPDATE task_queue SET alarm_since = now(), alarm_row = %s, alarm_text = %s, alarms = alarms + 1
        WHERE channel_id = %s
        """,
        (row, text, channel_id),
    )


async def end_alarm(conn: Connection, channel_id: int) -> None:
    """Note that it needs no help any more."""
    await conn.execute(
        "UPDATE task_queue SET alarm_since = NULL, alarm_row = NULL, alarm_text = '' WHERE channel_id = %s",
        (channel_id,),
    )


async def pictured(conn: Connection, channel_id: int, shown: str) -> None:
    """Note what the picture on the board shows."""
    await conn.execute("UPDATE task_queue SET pictured = %s WHERE channel_id = %s", (shown, channel_id))
