"""SQL on the table ``code_delivery``: what happened in repositories, each thing once, until everybody has heard it."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.review.events import RepositoryEvent
from bot.storage.database import Connection

HAPPENED = "code_delivery"
"""The notification that says that something is to be heard."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that this process tells now; ``tries`` counts this time."""

    event: RepositoryEvent
    tries: int


async def add(conn: Connection, event: RepositoryEvent) -> bool:
    """Note that something happened and say so; False where that delivery is known."""
    cursor = await conn.execute(
        """
        INSERT INTO code_delivery (id, event, action, repository, told) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (id) DO NOTHING
        """,
        (event.id, event.event, event.action, event.repository.key, event.as_json()),
    )
    if cursor.rowcount == 0:
        return False
    await conn.execute("SELECT pg_notify(%s, '')", (HAPPENED,))
    return True


async def take(conn: Connection, busy: Collection[str], seconds: float) -> Taken | None:
    """Take what is to be told next, for so long, of a repository in which nothing else is being told.

    What happened in a repository is told in order: what waits for its next try lets nothing past.
    """
    cursor = await conn.execute(
        """
        UPDATE code_delivery SET tries = tries + 1, not_before = now() + make_interval(secs => %s)
        WHERE id = (
            SELECT id FROM code_delivery WHERE heard_at IS NULL AND (repository, seq) IN (
                SELECT repository, min(seq) FROM code_delivery
                WHERE heard_at IS NULL AND repository <> ALL(%s) GROUP BY repository)
            AND not_before <= now() ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING told, tries
        """,
        (seconds, list(busy)),
    )
    row = await cursor.fetchone()
    return None if row is None else Taken(RepositoryEvent.from_json(row[0]), int(row[1]))


async def heard(conn: Connection, taken: Taken) -> None:
    """Note that everybody has heard it."""
    await conn.execute("UPDATE code_delivery SET heard_at = now() WHERE id = %s", (taken.event.id,))


async def again(conn: Connection, taken: Taken, seconds: float) -> None:
    """Let it be told once more after a while, unless somebody else tells it by now."""
    await conn.execute(
        """
        UPDATE code_delivery SET not_before = now() + make_interval(secs => %s)
        WHERE id = %s AND tries = %s AND heard_at IS NULL
        """,
        (seconds, taken.event.id, taken.tries),
    )


async def forget(conn: Connection, hours: float) -> int:
    """Forget what was received longer ago than so many hours, and heard; how many."""
    cursor = await conn.execute(
        """
        DELETE FROM code_delivery
        WHERE received_at < now() - make_interval(secs => %s) AND heard_at IS NOT NULL
        """,
        (hours * 3_600,),
    )
    return cursor.rowcount
