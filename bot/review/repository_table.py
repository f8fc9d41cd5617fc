"""SQL on the table ``code_repository``: which repositories are looked at, and whose turn it is."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.storage.database import Connection

CLAIM_SECONDS = 300.0
"""For how long nobody else looks at a repository that somebody has begun to look at."""


@dataclass(frozen=True, slots=True)
class Due:
    """A repository to look at; ``first`` says that it never was."""

    repository: str
    etag: str | None
    first: bool
    failures: int


async def follow(conn: Connection, repositories: Collection[str]) -> None:
    """Have repositories looked at from now on."""
    await conn.execute(
        "INSERT INTO code_repository (repository) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
        (sorted(repositories),),
    )


async def at_once(conn: Connection) -> None:
    """Have every repository looked at again now: after a while in which nothing was heard."""
    await conn.execute(
        "UPDATE code_repository SET next_look = now() WHERE next_look > now() AND looked_at IS NOT NULL"
    )


async def take(conn: Connection) -> Due | None:
    """Take the repository that was to be looked at longest ago."""
    cursor = await conn.execute(
        """
        UPDATE code_repository SET next_look = now() + make_interval(secs => %s)
        WHERE repository = (SELECT repository FROM code_repository WHERE next_look <= now()
                            ORDER BY next_look LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING repository, etag, looked_at IS NULL, failures
        """,
        (CLAIM_SECONDS,),
    )
    row = await cursor.fetchone()
    return None if row is None else Due(str(row[0]), row[1], bool(row[2]), int(row[3]))


async def looked(conn: Connection, repository: str, etag: str | None, seconds: float) -> None:
    """Note that it was looked at to its end; it is looked at again after so many seconds."""
    await conn.execute(
        """
        UPDATE code_repository SET etag = %s, looked_at = now(), failures = 0, error = NULL,
            next_look = now() + make_interval(secs => %s)
        WHERE repository = %s
        """,
        (etag, seconds, repository),
    )


async def failed(conn: Connection, repository: str, error: str, seconds: float) -> None:
    """Note why it could not be looked at, and when it is tried again."""
    await conn.execute(
        """
        UPDATE code_repository SET failures = failures + 1, error = %s, next_look = now() + make_interval(secs => %s)
        WHERE repository = %s
        """,
        (error, seconds, repository),
    )


async def trouble(conn: Connection, repository: str) -> str | None:
    """Why it could not be looked at the last time; None where it could."""
    cursor = await conn.execute(
        "SELECT error FROM code_repository WHERE repository = %s AND failures > 0", (repository,)
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])
