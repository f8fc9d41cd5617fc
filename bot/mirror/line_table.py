"""SQL on the table ``mirror_line``: who listens to Discord, and until when all that was heard stands here."""

from dataclasses import dataclass
from uuid import UUID

from bot.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Line:
    """The line as it is noted; ``epoch`` None: nobody listens. ``silent`` is in seconds, by Postgres' clock."""

    epoch: UUID | None
    silent: float


async def begin(conn: Connection, epoch: UUID, me: int) -> None:
    """Somebody begins to listen: what was known is doubtful until each guild's next full account."""
    await conn.execute("UPDATE mirror_line SET epoch = %s, me = %s, heard_at = now()", (epoch, me))


async def end(conn: Connection, epoch: UUID) -> None:
    """Nothing is heard any more, or not everything."""
    await conn.execute("UPDATE mirror_line SET epoch = NULL WHERE epoch = %s", (epoch,))


async def heard(conn: Connection, epoch: UUID, seconds_ago: float) -> bool:
    """All that was heard until then stands here; False where another listens by now."""
    cursor = await conn.execute(
        "UPDATE mirror_line SET heard_at = now() - make_interval(secs => %s) WHERE epoch = %s",
        (seconds_ago, epoch),
    )
    return cursor.rowcount > 0


async def held(conn: Connection, epoch: UUID) -> bool:
    """Whether this is the line that is listened on, until the transaction ends."""
    cursor = await conn.execute("SELECT 1 FROM mirror_line WHERE epoch = %s FOR SHARE", (epoch,))
    return await cursor.fetchone() is not None


async def line(conn: Connection) -> Line:
    """The line as it is."""
    cursor = await conn.execute(
        """
        SELECT epoch, CASE WHEN isfinite(heard_at) THEN extract(epoch FROM now() - heard_at)::float8
                           ELSE 'infinity' END
        FROM mirror_line
        """
    )
    row = await cursor.fetchone()
    return Line(None, float("inf")) if row is None else Line(row[0], float(row[1]))
