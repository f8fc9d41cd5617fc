"""All SQL on the table ``bus_request``: what people, or cogs, said to agents on the bus, and how it stands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row

from bot.storage.database import Connection

type State = Literal["queued", "sending", "sent", "answered", "failed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What somebody says to an agent; ``trusted``: they speak for the owner, ``urgent``: it is waited for less long.

    ``message_id`` None: no message asks. Where a ``cog`` asks it hears the answer, in its ``job``, with its ``note``; after
    ``seconds`` it is not sent and not waited for any more.
    """

    id: UUID
    guild_id: int
    channel_id: int
    message_id: int | None
    member_id: int
    author: str
    agent: str
    body: str
    context: str = ""
    trusted: bool = False
    urgent: bool = False
    cog: str = ""
    job: str = ""
    note: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as it stands; ``message_id`` 0: no message asks."""

    id: UUID
    guild_id: int
    channel_id: int
    message_id: int
    member_id: int
    author: str
    agent: str
    body: str
    context: str
    trusted: bool
    urgent: bool
    state: State
    created_at: datetime
    tries: int
    reminded: int
    reason: str
    shown: str
    changes: int
    cog: str = ""
    job: str = ""


_COLUMNS = (
    "id, guild_id, channel_id, coalesce(message_id, 0) AS message_id, member_id, author, agent, body, context, trusted, "
    "urgent, state, created_at, tries, reminded, reason, shown, changes, cog, job"
)


async def add(conn: Connection, new: NewRequest) -> bool:
    """Keep a request, to be sent at once; False where the message has asked before, or it is kept already."""
    cursor = await conn.execute(
        """
        INSERT INTO bus_request (id, guild_id, channel_id, message_id, member_id, author, agent, body, context, trusted,
                                 urgent, cog, job, note, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s))
        ON CONFLICT DO NOTHING
        """,
        (
            new.id, new.guild_id, new.channel_id, new.message_id, new.member_id, new.author, new.agent, new.body,
            new.context, new.trusted, new.urgent, new.cog, new.job, new.note, new.seconds,
        ),
    )  # fmt: skip
    return cursor.rowcount == 1


async def claim(conn: Connection, seconds: float) -> RequestRow | None:
    """The next request that is due, for whoever sends it, who has so long until it is anybody's again."""
    return await _one(
        conn,
        f"""
        UPDATE bus_request SET state = 'sending', tries = tries + 1, next_at = now() + make_interval(secs => %(claim)s)
        WHERE id = (
            SELECT id FROM bus_request WHERE state IN ('queued', 'sending') AND next_at <= now()
            ORDER BY next_at, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING {_COLUMNS}
        """,  # noqa: S608 - the names of columns
        {"claim": seconds},
    )


async def sent(conn: Connection, row: RequestRow) -> bool:
    """Note that the bus has it; False where somebody else has claimed it since, or it was answered meanwhile."""
    cursor = await conn.execute(
        """
        UPDATE bus_request SET state = 'sent', sent_at = now(), reason = ''
        WHERE id = %s AND state = 'sending' AND tries = %s
        """,
        (row.id, row.tries),
    )
    return cursor.rowcount == 1


async def put_back(conn: Connection, row: RequestRow, seconds: float, reason: str) -> bool:
    """Let it be sent later."""
    cursor = await conn.execute(
        """
        UPDATE bus_request SET state = 'queued', next_at = now() + make_interval(secs => %s), reason = %s
        WHERE id = %s AND state = 'sending' AND tries = %s
        """,
        (seconds, reason, row.id, row.tries),
    )
    return cursor.rowcount == 1


async def fail(conn: Connection, row: RequestRow, reason: str) -> bool:
    """Give it up, until somebody asks again."""
    cursor = await conn.execute(
        "UPDATE bus_request SET state = 'failed', reason = %s WHERE id = %s AND state = 'sending' AND tries = %s",
        (reason, row.id, row.tries),
    )
    return cursor.rowcount == 1


async def answered(conn: Connection, request_id: UUID) -> None:
    """Note that something came back."""
    await conn.execute(
        """
        UPDATE bus_request SET state = 'answered', answered_at = coalesce(answered_at, now())
        WHERE id = %s AND state <> 'withdrawn'
        """,
        (request_id,),
    )


async def again(conn: Connection, guild_id: int, request_id: UUID) -> RequestRow | None:
    """Send it once more since somebody wants that; None where it is not this server's, or is being sent already."""
    return await _one(
        conn,
        f"""
        UPDATE bus_request SET state = 'queued', next_at = now(), tries = 0, reminded = 0, reason = '', created_at = now()
        WHERE id = %(id)s AND guild_id = %(guild)s AND state IN ('failed', 'sent') AND body <> ''
        RETURNING {_COLUMNS}
        """,  # noqa: S608 - as above
        {"id": request_id, "guild": guild_id},
    )


async def withdraw(conn: Connection, guild_id: int, message_id: int) -> None:
    """What somebody has deleted is not sent any more, and nothing of it is kept."""
    await conn.execute(
        """
        UPDATE bus_request SET body = '', context = '', state = CASE WHEN state = 'queued' THEN 'withdrawn' ELSE state END
        WHERE guild_id = %s AND message_id = %s
        """,
        (guild_id, message_id),
    )


async def remind(conn: Connection, seconds: Mapping[bool, float]) -> RequestRow | None:
    """A request that nothing came back for in the time of its class: one that is to be sent or told of next."""
    return await _one(
        conn,
        f"""
        UPDATE bus_request SET reminded = reminded + 1, sent_at = now(),
            state = CASE WHEN reminded = 0 THEN 'queued' ELSE state END, next_at = now()
        WHERE id = (
            SELECT id FROM bus_request WHERE state = 'sent' AND reminded < 2
            AND sent_at < now() - make_interval(secs => CASE WHEN urgent THEN %(urgent)s ELSE %(usual)s END)
            ORDER BY sent_at LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING {_COLUMNS}
        """,  # noqa: S608 - as above
        {"urgent": seconds[True], "usual": seconds[False]},
    )


async def expire(conn: Connection) -> None:
    """Let go of what its cog does not wait for any more."""
    await conn.execute(
        """
        UPDATE bus_request SET state = 'withdrawn'
        WHERE expires_at <= now() AND state IN ('queued', 'sending', 'sent')
        """
    )


async def call_off(conn: Connection, guild_id: int, request_id: UUID) -> None:
    """Do not send it, and do not wait for it; what comes all the same finds its cog."""
    await conn.execute(
        """
        UPDATE bus_request SET state = 'withdrawn'
        WHERE id = %s AND guild_id = %s AND cog <> '' AND state IN ('queued', 'sending', 'sent')
        """,
        (request_id, guild_id),
    )


async def shown(conn: Connection, request_id: UUID, mark: str) -> None:
    """Note which mark stands under the message."""
    await conn.execute(
        "UPDATE bus_request SET shown = %s, changes = changes + 1 WHERE id = %s", (mark, request_id)
    )


async def get(conn: Connection, request_id: UUID) -> RequestRow | None:
    """A request, locked until the transaction ends."""
    return await _one(
        conn,
        f"SELECT {_COLUMNS} FROM bus_request WHERE id = %(id)s FOR UPDATE",  # noqa: S608 - as above
        {"id": request_id},
    )


async def named(conn: Connection, ids: Collection[UUID]) -> Sequence[RequestRow]:
    """Those of some requests that are ours."""
    async with conn.cursor(row_factory=class_row(RequestRow)) as cursor:
        await cursor.execute(f"SELECT {_COLUMNS} FROM bus_request WHERE id = ANY(%s)", (list(ids),))  # noqa: S608 - as above
        return await cursor.fetchall()


async def still_open(conn: Connection, agent: str, seconds: float) -> Sequence[RequestRow]:
    """Up to two requests to an agent that were sent not longer ago than that and that nothing came back for."""
    async with conn.cursor(row_factory=class_row(RequestRow)) as cursor:
        await cursor.execute(
            f"""
            SELECT {_COLUMNS} FROM bus_request WHERE agent = %s AND state IN ('sent', 'sending')
            AND coalesce(sent_at, created_at) > now() - make_interval(secs => %s) LIMIT 2
            """,  # noqa: S608 - as above
            (agent, seconds),
        )
        return await cursor.fetchall()


async def latest(conn: Connection, guild_id: int, limit: int) -> Sequence[RequestRow]:
    """A server's last requests, the newest first."""
    async with conn.cursor(row_factory=class_row(RequestRow)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM bus_request WHERE guild_id = %s ORDER BY created_at DESC LIMIT %s",  # noqa: S608 - as above
            (guild_id, limit),
        )
        return await cursor.fetchall()


async def counts(conn: Connection, guild_id: int) -> dict[str, int]:
    """How many of a server's requests of the last day are in which state."""
    cursor = await conn.execute(
        """
        SELECT state, count(*) FROM bus_request WHERE guild_id = %s AND created_at > now() - interval '1 day'
        GROUP BY state
        """,
        (guild_id,),
    )
    return {str(state): int(count) for state, count in await cursor.fetchall()}


async def due(conn: Connection) -> tuple[bool, bool]:
    """Whether something is to be sent, and whether something is waited for."""
    cursor = await conn.execute(
        """
        SELECT EXISTS (SELECT FROM bus_request WHERE state IN ('queued', 'sending')),
               EXISTS (SELECT FROM bus_request WHERE state = 'sent' AND sent_at > now() - interval '15 minutes')
        """
    )
    row = await cursor.fetchone()
    return (False, False) if row is None else (bool(row[0]), bool(row[1]))


async def take_in(conn: Connection, new: NewRequest, created_at: datetime | None) -> bool:
    """Keep a request that another connector has sent; what it said is not known. False where it is known already."""
    cursor = await conn.execute(
        """
        INSERT INTO bus_request (id, guild_id, channel_id, message_id, member_id, author, agent, body, state, sent_at,
                                 created_at, reminded)
        VALUES (%(id)s, %(guild)s, %(channel)s, %(message)s, %(member)s, %(author)s, %(agent)s, '', 'sent',
                coalesce(%(at)s, now()), coalesce(%(at)s, now()), 2)
        ON CONFLICT DO NOTHING
        """,
        {
            "id": new.id, "guild": new.guild_id, "channel": new.channel_id, "message": new.message_id,
            "member": new.member_id, "author": new.author, "agent": new.agent, "at": created_at,
        },
    )  # fmt: skip
    return cursor.rowcount == 1


async def forget_texts(conn: Connection, days: int) -> None:
    """Keep of old requests only where their answers belong."""
    await conn.execute(
        """
        UPDATE bus_request SET body = '', context = ''
        WHERE created_at < now() - make_interval(days => %s) AND state NOT IN ('queued', 'sending') AND body <> ''
        """,
        (days,),
    )


async def _one(conn: Connection, query: Any, values: Mapping[str, object]) -> RequestRow | None:
    async with conn.cursor(row_factory=class_row(RequestRow)) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchone()
