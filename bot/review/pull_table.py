"""SQL on the table ``code_pull``: pull requests as they were last told of."""

from collections.abc import Collection, Mapping

from psycopg.rows import class_row

from bot.review.events import PullLook
from bot.storage.database import Connection

_COLUMNS = "number, head, state, draft, digest, updated_at"


async def note(conn: Connection, repository: str, look: PullLook) -> None:
    """Note how a pull request looks; what is older than what is known changes nothing."""
    await conn.execute(
        """
        INSERT INTO code_pull (repository, number, head, state, draft, digest, updated_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (repository, number) DO UPDATE SET head = excluded.head, state = excluded.state,
            draft = excluded.draft, digest = excluded.digest, updated_at = excluded.updated_at
        WHERE code_pull.updated_at <= excluded.updated_at
        """,
        (repository, look.number, look.head, look.state, look.draft, look.digest, look.updated_at),
    )


async def known(conn: Connection, repository: str, numbers: Collection[int]) -> Mapping[int, PullLook]:
    """What is known of pull requests: of those named, and of all that were open."""
    async with conn.cursor(row_factory=class_row(PullLook)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM code_pull WHERE repository = %s AND (state = 'open' OR number = ANY(%s))",  # noqa: S608 - constant
            (repository, list(numbers)),
        )
        return {row.number: row for row in await cursor.fetchall()}


async def at(conn: Connection, repository: str, head: str) -> list[int]:
    """The numbers of the open pull requests whose head is a commit."""
    cursor = await conn.execute(
        "SELECT number FROM code_pull WHERE repository = %s AND head = %s AND state = 'open' ORDER BY number LIMIT 20",
        (repository, head),
    )
    return [int(row[0]) for row in await cursor.fetchall()]
