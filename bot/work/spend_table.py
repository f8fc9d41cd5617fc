"""All SQL on the tables ``spend_limit``, ``agent_spend`` and ``spend_warning``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from psycopg.rows import class_row

from bot.work.surface import Connection

type Scope = Literal["all", "guild", "member"]


@dataclass(frozen=True, slots=True)
class Account:
    """Whose spending on a day is counted; ``subject`` is a member's or a server's id, 0 for all."""

    scope: Scope
    guild_id: int
    subject: int
    day: date


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent, or put aside for calls under way; ``cost`` in US dollars."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """Through which agent and model a member spends."""

    guild_id: int
    day: date
    agent: str
    member_id: int
    model: str
    priced: bool


@dataclass(frozen=True, slots=True)
class SpendRow:
    """What somebody has spent through an agent on a day, with one model."""

    day: date
    agent: str
    member_id: int
    model: str
    calls: int
    failed: int
    tokens: int
    cost: float
    priced: bool


async def locked(conn: Connection, accounts: Sequence[Account]) -> list[Spent]:
    """What was spent, in the order of ``accounts``; nobody else adds to them before the transaction ends.

    Give them in one order everywhere, so that two transactions do not wait for each other.
    """
    found: list[Spent] = []
    for one in accounts:
        cursor = await conn.execute(
            """
            INSERT INTO spend_limit (scope, guild_id, subject, day) VALUES (%s, %s, %s, %s)
            ON CONFLICT (scope, guild_id, subject, day) DO UPDATE SET calls = spend_limit.calls
            RETURNING calls, tokens, cost
            """,
            (one.scope, one.guild_id, one.subject, one.day),
        )
        row = await cursor.fetchone()
        found.append(Spent() if row is None else Spent(int(row[0]), int(row[1]), float(row[2])))
    return found


async def add(
    conn: Connection, accounts: Sequence[Account], share: Share, more: Spent, *, failed: int = 0
) -> None:
    """Add to what was spent; negative numbers take back."""
    for one in accounts:
        await conn.execute(
            """
            UPDATE spend_limit SET calls = calls + %s, tokens = tokens + %s, cost = cost + %s
            WHERE scope = %s AND guild_id = %s AND subject = %s AND day = %s
            """,
            (more.calls, more.tokens, more.cost, one.scope, one.guild_id, one.subject, one.day),
        )
    await conn.execute(
        """
        INSERT INTO agent_spend
            (guild_id, day, agent, member_id, model, calls, failed, tokens, cost, priced)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (guild_id, day, agent, member_id, model) DO UPDATE SET
            calls = agent_spend.calls + excluded.calls, failed = agent_spend.failed + excluded.failed,
            tokens = agent_spend.tokens + excluded.tokens, cost = agent_spend.cost + excluded.cost,
            priced = excluded.priced
        """,
        (
            share.guild_id, share.day, share.agent, share.member_id, share.model, more.calls, failed,
            more.tokens, more.cost, share.priced,
        ),
    )  # fmt: skip


async def warn_once(conn: Connection, key: str) -> bool:
    """Note that a warning is given; False where it was before."""
    cursor = await conn.execute("INSERT INTO spend_warning (key) VALUES (%s) ON CONFLICT DO NOTHING", (key,))
    return cursor.rowcount == 1


async def of_guild(
    conn: Connection, guild_id: int, since: date, *, member_id: int | None = None
) -> list[SpendRow]:
    """What was spent on a server since a day (by one member), the oldest day first."""
    async with conn.cursor(row_factory=class_row(SpendRow)) as cursor:
        await cursor.execute(
            """
            SELECT day, agent, member_id, model, calls, failed, tokens, cost, priced FROM agent_spend
            WHERE guild_id = %s AND day >= %s AND (%s::bigint IS NULL OR member_id = %s)
            ORDER BY day, agent, member_id, model
            """,
            (guild_id, since, member_id, member_id),
        )
        return await cursor.fetchall()
