"""All SQL on the table ``code_review``: which pull requests are reviewed on which server, and how far each is."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.review.pull_request import PullId
from bot.review.review import Review, ReviewState
from bot.storage.database import Connection


async def put(conn: Connection, guild_id: int, pull: PullId, channel_id: int) -> Review:
    """The review of a pull request, made where there is none."""
    await conn.execute(
        """
        INSERT INTO code_review (guild_id, repository, number, named, channel_id) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (guild_id, repository, number) DO NOTHING
        """,
        (guild_id, pull.repository.key, pull.number, str(pull.repository), channel_id),
    )
    found = await of_pull(conn, guild_id, pull)
    if found is None:
        raise LookupError(pull)  # rows are never deleted
    return found


async def of_pull(conn: Connection, guild_id: int, pull: PullId) -> Review | None:
    """The review of a pull request."""
    async with conn.cursor(row_factory=class_row(Review)) as cursor:
        await cursor.execute(
            "SELECT * FROM code_review WHERE (guild_id, repository, number) = (%s, %s, %s)",
            (guild_id, pull.repository.key, pull.number),
        )
        return await cursor.fetchone()


async def in_thread(conn: Connection, guild_id: int, thread_id: int) -> Review | None:
    """The review that a thread is of."""
    async with conn.cursor(row_factory=class_row(Review)) as cursor:
        await cursor.execute(
            "SELECT * FROM code_review WHERE thread_id = %s AND guild_id = %s", (thread_id, guild_id)
        )
        return await cursor.fetchone()


async def locked(conn: Connection, guild_id: int, review_id: UUID) -> Review | None:
    """A review, which nobody else changes until the transaction ends."""
    async with conn.cursor(row_factory=class_row(Review)) as cursor:
        await cursor.execute(
            "SELECT * FROM code_review WHERE id = %s AND guild_id = %s FOR NO KEY UPDATE",
            (review_id, guild_id),
        )
        return await cursor.fetchone()


async def listed(
    conn: Connection, guild_id: int, states: Sequence[ReviewState], words: str, limit: int
) -> list[Review]:
    """The newest reviews in some states whose pull request's name or title holds ``words``."""
    async with conn.cursor(row_factory=class_row(Review)) as cursor:
        await cursor.execute(
            """
            SELECT * FROM code_review WHERE guild_id = %s AND state = ANY(%s)
                AND strpos(lower(named || '#' || number || ' ' || title), lower(%s)) > 0
            ORDER BY created_at DESC LIMIT %s
            """,
            (guild_id, list(states), words, limit),
        )
        return await cursor.fetchall()


async def begin(conn: Connection, review_id: UUID, run_id: UUID, head: str, title: str, author: str) -> None:
    """Note that a run looks at a commit."""
    await conn.execute(
        """
        UPDATE code_review SET run_id = %s, deciding = false, head = %s, title = %s, author = %s WHERE id = %s
        """,
        (run_id, head, title, author, review_id),
    )


async def looked(conn: Connection, review_id: UUID, head: str, blobs: Mapping[str, str]) -> None:
    """Note that a commit was looked at to its end, and what a model has seen of it."""
    await conn.execute(
        "UPDATE code_review SET looked = %s, blobs = %s WHERE id = %s", (head, Jsonb(dict(blobs)), review_id)
    )


async def attach(conn: Connection, review_id: UUID, thread_id: int) -> None:
    """Note which thread is its own."""
    await conn.execute("UPDATE code_review SET thread_id = %s WHERE id = %s", (thread_id, review_id))


async def hold(conn: Connection, review_id: UUID, run_id: UUID) -> None:
    """Note which run waits for people's decision."""
    await conn.execute(
        "UPDATE code_review SET run_id = %s, deciding = true WHERE id = %s", (run_id, review_id)
    )


async def let_go(conn: Connection, review_id: UUID) -> None:
    """Note that nothing works on it, and nothing waits for people."""
    await conn.execute("UPDATE code_review SET run_id = NULL, deciding = false WHERE id = %s", (review_id,))


async def decided(conn: Connection, review_id: UUID, run_id: UUID) -> None:
    """Note that nothing waits for people any more, and that nothing stops the run that goes by what they said."""
    await conn.execute(
        "UPDATE code_review SET deciding = false, run_id = NULL, decided_run = %s WHERE id = %s",
        (run_id, review_id),
    )


async def move(conn: Connection, review_id: UUID, state: ReviewState) -> None:
    """Note how it stands."""
    await conn.execute("UPDATE code_review SET state = %s WHERE id = %s", (state, review_id))


async def describe(conn: Connection, review_id: UUID, title: str, author: str) -> None:
    """Note what the pull request is called by now."""
    await conn.execute(
        "UPDATE code_review SET title = %s, author = %s WHERE id = %s", (title, author, review_id)
    )


async def show(conn: Connection, review_id: UUID, mark: str) -> str:
    """Note which reaction its thread's first message shows from now on; the one before."""
    cursor = await conn.execute(
        """
        WITH before AS (SELECT id, mark FROM code_review WHERE id = %s FOR NO KEY UPDATE)
        UPDATE code_review SET mark = %s FROM before WHERE code_review.id = before.id RETURNING before.mark
        """,
        (review_id, mark),
    )
    row = await cursor.fetchone()
    return "" if row is None else str(row[0])


async def posted(conn: Connection, review_id: UUID, head: str, verdict: str, url: str) -> None:
    """Note the review that stands on the code host."""
    await conn.execute(
        "UPDATE code_review SET posted_at_head = %s, verdict = %s, url = %s WHERE id = %s",
        (head, verdict, url, review_id),
    )


async def lost_thread(conn: Connection, guild_id: int, thread_id: int) -> Review | None:
    """Note that somebody has deleted a thread: the next look opens another; the review as it was."""
    before = await in_thread(conn, guild_id, thread_id)
    if before is not None:
        await conn.execute(
            """
            UPDATE code_review SET thread_id = NULL, threads = threads + 1, mark = '', looked = '',
                state = 'skipped'
            WHERE id = %s
            """,
            (before.id,),
        )
    return before
