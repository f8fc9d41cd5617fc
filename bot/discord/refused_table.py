"""SQL on the table ``refused_channel``: where the bot was not let do something, why, and when to try again."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from bot.discord import outbox_table
from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class RefusedChannel:
    """Something that Discord does not let the bot do in a channel; ``what`` is a kind of the outbox, or ``history``."""

    channel_id: int
    what: str
    code: int
    reason: str
    times: int
    since: datetime
    until: datetime


async def note(
    conn: Connection, channel_id: int, what: str, *, code: int, reason: str, first: float, longest: float
) -> tuple[float, bool]:
    """Remember a refusal: in how many seconds to try again (twice as long each time), and whether it is news."""
    cursor = await conn.execute(
        """
        INSERT INTO refused_channel AS old (channel_id, what, code, reason, until)
        VALUES (%(channel_id)s, %(what)s, %(code)s, %(reason)s, now() + make_interval(secs => %(first)s))
        ON CONFLICT (channel_id, what) DO UPDATE SET
            code = excluded.code, reason = excluded.reason, times = old.times + 1,
            until = now() + make_interval(secs => least(%(longest)s, %(first)s * 2 ^ least(old.times, 20)))
        RETURNING extract(epoch FROM until - now())::float8, times
        """,
        {"channel_id": channel_id, "what": what, "code": code, "reason": reason, "first": first,
         "longest": longest},
    )  # fmt: skip
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - the statement always answers
    return float(row[0]), int(row[1]) == 1


async def forget(conn: Connection, channel_id: int, what: str) -> None:
    """Something works again."""
    await conn.execute("DELETE FROM refused_channel WHERE channel_id = %s AND what = %s", (channel_id, what))


async def forget_above(conn: Connection, thread_id: int, what: str) -> None:
    """Something works again in the channel that a thread belongs to."""
    await conn.execute(
        """
        DELETE FROM refused_channel
        WHERE channel_id = (SELECT parent_id FROM mirror_channel WHERE channel_id = %s) AND what = %s
        """,
        (thread_id, what),
    )


async def of_channel(conn: Connection, channel_id: int) -> list[RefusedChannel]:
    """What does not work in a channel, for whoever asks why."""
    async with conn.cursor(row_factory=class_row(RefusedChannel)) as cursor:
        await cursor.execute(
            "SELECT * FROM refused_channel WHERE channel_id = %s ORDER BY what", (channel_id,)
        )
        return await cursor.fetchall()


async def permissions_changed(conn: Connection, guild_id: int) -> None:
    """Try again at once what was refused in a guild, in every process; where a channel's guild is unknown, too."""
    await conn.execute(
        """
        WITH again AS (
            DELETE FROM refused_channel USING refused_channel AS refused
            LEFT JOIN mirror_channel AS home ON home.channel_id = refused.channel_id
            WHERE refused_channel.channel_id = refused.channel_id AND refused_channel.what = refused.what
              AND coalesce(home.guild_id, %(guild_id)s) = %(guild_id)s
            RETURNING refused.channel_id
        )
        UPDATE outbox SET due_at = now() FROM again
        WHERE outbox.channel_id = again.channel_id AND outbox.state IN ('pending', 'sending') AND outbox.lane = 0
        """,
        {"guild_id": guild_id},
    )
    await conn.execute("SELECT pg_notify(%s, %s)", (outbox_table.WAKE, outbox_table.PERMISSIONS))
