"""SQL that lists a server's tasks, of whatever kind somebody asks for."""

from dataclasses import dataclass
from typing import LiteralString

from psycopg.rows import class_row

from bot.work.surface import Connection
from bot.work.tasks.states import STATES, State
from bot.work.tasks.task import Task

_IN_QUEUE: LiteralString = "AND queue_id = %(queue_id)s "
_ASKED_FOR: LiteralString = "AND member_id = %(member_id)s "
_HAS: LiteralString = "AND worker = %(worker)s AND member_id IS DISTINCT FROM %(member_id)s "
_OF_STATE: LiteralString = """
SELECT * FROM task WHERE guild_id = %(guild_id)s AND task.state = wanted.state {whose}
ORDER BY created_at DESC, number DESC LIMIT %(each)s
"""
_LISTED: LiteralString = """
SELECT found.* FROM unnest(%(states)s::text[]) AS wanted (state) CROSS JOIN LATERAL ({each}) AS found
ORDER BY ended_at IS NOT NULL, created_at DESC, number DESC LIMIT %(limit)s
"""
_LISTED_WITH_WORDS: LiteralString = """
SELECT found.* FROM unnest(%(states)s::text[]) AS wanted (state) CROSS JOIN LATERAL (
    SELECT * FROM ({each}) AS newest
    WHERE strpos(lower(title), lower(%(words)s)) > 0 OR starts_with(number::text, ltrim(%(words)s, '#'))
    UNION
    SELECT * FROM task
    WHERE guild_id = %(guild_id)s AND number = %(number)s AND task.state = wanted.state
) AS found
ORDER BY ended_at IS NOT NULL, created_at DESC, number DESC LIMIT %(limit)s
"""
SEARCHED = 5_000
"""Of so many tasks of each state, the newest, titles are looked through: somebody waits while typing."""
LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tasks are meant; what is left out does not matter."""

    states: tuple[State, ...] = ()
    queue_id: int | None = None
    worker: str | None = None
    member_id: int | None = None
    """Who asked for it."""
    words: str = ""


async def listed(conn: Connection, guild_id: int, wanted: Filter, limit: int) -> list[Task]:
    """Tasks of a server, what is not over first, then the newest. Words are looked for in the newest `SEARCHED` of a state.

    Each state is read by itself, from the index that has its tasks in this order: however many there are, no more are
    read than are shown.
    """
    async with conn.cursor(row_factory=class_row(Task)) as cursor:
        await cursor.execute(
            _LISTED_WITH_WORDS.format(each=_each(wanted)) if wanted.words else _LISTED.format(each=_each(wanted)),
            {
                "guild_id": guild_id, "states": list(wanted.states or STATES), "queue_id": wanted.queue_id,
                "worker": wanted.worker, "member_id": wanted.member_id, "words": wanted.words, "limit": limit,
                "each": SEARCHED if wanted.words else limit, "number": _number_in(wanted.words),
            },
        )  # fmt: skip
        return await cursor.fetchall()


def _each(wanted: Filter) -> LiteralString:
    """The tasks of one state that are meant: of everybody, or of who asked for them and of who has them."""
    in_queue = _IN_QUEUE if wanted.queue_id is not None else ""
    if wanted.worker is None:
        return _OF_STATE.format(whose=in_queue)
    asked_for = _OF_STATE.format(whose=_ASKED_FOR + in_queue)
    has = _OF_STATE.format(whose=_HAS + in_queue)
    return f"({asked_for}) UNION ALL ({has})"


def _number_in(words: str) -> int | None:
    number = words.strip().removeprefix("#")
    return int(number) if number.isdecimal() and len(number) <= LONGEST_NUMBER else None
