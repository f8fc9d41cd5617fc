"""All SQL on the tables ``bus_letter`` and ``bus_line``: what came from the bus, and what became of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from bot.bus.letters import Letter
from bot.storage.database import Connection

type Fate = Literal["posted", "receipt", "review", "assigned", "discarded", "old", "own", "unheard", "heard"]


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter that people look at."""

    number: int
    source: str
    body: str
    received_at: datetime
    state: Fate
    reason: str


@dataclass(frozen=True, slots=True)
class HeardRow:
    """A letter for a cog: which request it answers, as the cog noted that."""

    number: int
    request_id: UUID
    agent: str
    note: str
    body: str
    received_at: datetime


async def unseen(conn: Connection, line: str, letters: Sequence[Letter]) -> list[Letter]:
    """Those that were not kept before, in their order."""
    cursor = await conn.execute(
        "SELECT letter FROM bus_letter WHERE line = %s AND letter = ANY(%s)",
        (line, [one.id for one in letters]),
    )
    known = {str(row[0]) for row in await cursor.fetchall()}
    return [one for one in letters if one.id not in known]


async def add(
    conn: Connection,
    line: str,
    letter: Letter,
    fate: Fate,
    *,
    reason: str = "",
    request_id: UUID | None = None,
) -> int | None:
    """Keep a letter with what becomes of it in this transaction; its number, None where it was kept before."""
    cursor = await conn.execute(
        """
        INSERT INTO bus_letter (line, letter, source, body, said_at, state, reason, request_id)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (line, letter) DO NOTHING RETURNING number
        """,
        (line, letter.id, letter.source[:200], letter.text, letter.at, fate, reason, request_id),
    )
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def in_review(conn: Connection, number: int) -> LetterRow | None:
    """A letter that waits for people, locked; None where it does not, or not any more."""
    async with conn.cursor(row_factory=class_row(LetterRow)) as cursor:
        await cursor.execute(
            """
            SELECT number, source, body, received_at, state, reason FROM bus_letter
            WHERE number = %s AND state = 'review' FOR UPDATE
            """,
            (number,),
        )
        return await cursor.fetchone()


async def waiting(conn: Connection, limit: int) -> Sequence[LetterRow]:
    """Letters that wait for people, the oldest first."""
    async with conn.cursor(row_factory=class_row(LetterRow)) as cursor:
        await cursor.execute(
            """
            SELECT number, source, body, received_at, state, reason FROM bus_letter
            WHERE state = 'review' ORDER BY number LIMIT %s
            """,
            (limit,),
        )
        return await cursor.fetchall()


async def unheard(conn: Connection, guild_id: int, cog: str, limit: int) -> Sequence[HeardRow]:
    """Letters that a cog on a server has not read yet, the oldest first."""
    async with conn.cursor(row_factory=class_row(HeardRow)) as cursor:
        await cursor.execute(
            """
            SELECT number, request_id, agent, note, letter.body, received_at
            FROM bus_letter AS letter JOIN bus_request ON bus_request.id = request_id
            WHERE letter.state = 'unheard' AND guild_id = %s AND cog = %s ORDER BY number LIMIT %s
            """,
            (guild_id, cog, limit),
        )
        return await cursor.fetchall()


async def heard(conn: Connection, guild_id: int, cog: str, number: int) -> None:
    """Note that its cog has read a letter, and keep of it only that it came: what is in it is the cog's, such as a sealed bid."""
    await conn.execute(
        """
        UPDATE bus_letter SET state = 'heard', body = '' FROM bus_request
        WHERE number = %s AND bus_letter.state = 'unheard' AND bus_request.id = request_id AND guild_id = %s AND cog = %s
        """,
        (number, guild_id, cog),
    )


async def settle(conn: Connection, number: int, fate: Fate, request_id: UUID | None = None) -> None:
    """Note what people decided."""
    await conn.execute(
        "UPDATE bus_letter SET state = %s, request_id = coalesce(%s, request_id) WHERE number = %s",
        (fate, request_id, number),
    )


async def forget_texts(conn: Connection, days: int) -> None:
    """Keep of old letters only that they came: an inbox that keeps everything shows them again."""
    await conn.execute(
        """
        UPDATE bus_letter SET body = '' WHERE received_at < now() - make_interval(days => %s) AND body <> ''
        AND state NOT IN ('review', 'unheard')
        """,
        (days,),
    )


async def since(conn: Connection, line: str) -> datetime:
    """Since when this bus is listened to; from now on, the first time."""
    await conn.execute("INSERT INTO bus_line (name) VALUES (%s) ON CONFLICT DO NOTHING", (line,))
    cursor = await conn.execute("SELECT since FROM bus_line WHERE name = %s", (line,))
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - it was written above
    moment: datetime = row[0]
    return moment


async def turned(conn: Connection, line: str, *, down: bool) -> int | None:
    """Note that the bus is out of order, or works again; which outage it is, None where that was known."""
    cursor = await conn.execute(
        """
        UPDATE bus_line SET down = %(down)s, outages = outages + %(down)s::int WHERE name = %(line)s AND down <> %(down)s
        RETURNING outages
        """,
        {"line": line, "down": down},
    )
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def has_any(conn: Connection, states: Collection[Fate]) -> bool:
    """Whether a letter is in one of some states."""
    cursor = await conn.execute(
        "SELECT EXISTS (SELECT FROM bus_letter WHERE state = ANY(%s))", (list(states),)
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])
