"""SQL on the tables of runs for people who look after them: lists, one run in detail, and finding one by its title."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as people who look after it see it; ``title`` and ``error`` come from outside.

    ``state`` is ready (it is due, or tried again at ``due_at``), running, waiting, done, stopped or failed.
    """

    id: UUID
    title: str
    cog: str
    state: str
    guild_id: int
    channel_id: int
    thread_id: int | None
    member_id: int
    error: str | None
    due_at: datetime | None
    deadline_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    attempts: int
    failures: int
    model_calls: int
    model_tokens: int
    steps: int
    questions: list[str]
    """What it asks people and nobody has answered."""


_VIEW = """
SELECT id, title, cog, state, guild_id, channel_id, thread_id, member_id, error, due_at, deadline_at, created_at,
       finished_at, attempts, failures, model_calls, model_tokens,
       (SELECT count(*) FROM run_step WHERE run_id = run.id AND run_step.state = 'done') AS steps,
       ARRAY(SELECT coalesce(question, key) FROM run_wait
             WHERE run_id = run.id AND kind = 'answer' AND answered_at IS NULL ORDER BY run_wait.created_at) AS questions
FROM run
"""


async def listed(
    conn: Connection,
    *,
    states: Sequence[str],
    guild_id: int | None = None,
    member_id: int | None = None,
    asker: int | None = None,
    thread_id: int | None = None,
    words: str = "",
    limit: int = 25,
) -> list[RunView]:
    """The newest runs of a guild (of all), of a member, in a thread, whose title holds ``words``.

    Where there is an ``asker``, runs in direct messages are theirs only.
    """
    async with conn.cursor(row_factory=class_row(RunView)) as cursor:
        await cursor.execute(
            f"""{_VIEW}
            WHERE state = ANY(%(states)s)
              AND (%(guild_id)s::bigint IS NULL OR guild_id = %(guild_id)s)
              AND (%(member_id)s::bigint IS NULL OR member_id = %(member_id)s)
              AND (%(asker)s::bigint IS NULL OR NOT direct OR member_id = %(asker)s)
              AND (%(thread_id)s::bigint IS NULL OR thread_id = %(thread_id)s)
              AND strpos(lower(title), lower(%(words)s)) > 0
            ORDER BY created_at DESC LIMIT %(limit)s
            """,
            {
                "states": list(states), "guild_id": guild_id, "member_id": member_id, "asker": asker,
                "thread_id": thread_id, "words": words, "limit": limit,
            },
        )  # fmt: skip
        return await cursor.fetchall()


async def found(conn: Connection, begins: str, limit: int = 2) -> list[RunView]:
    """Runs whose id begins with ``begins``."""
    async with conn.cursor(row_factory=class_row(RunView)) as cursor:
        await cursor.execute(f"{_VIEW} WHERE starts_with(id::text, %s) LIMIT %s", (begins.lower(), limit))
        return await cursor.fetchall()
