"""SQL on the tables ``ask``, ``ask_version`` and ``ask_vote``. Whoever needs a run's row, too, locks the run first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Json, Jsonb
from pydantic import TypeAdapter

from bot.asks.elicited import KEPT, Elicited
from bot.asks.policy import Kind, Policy, Vote
from bot.work.surface import Connection

type State = Literal[
    "open", "rewriting", "approved", "rejected", "answered", "expired", "defaulted", "withdrawn"
]

_POLICY = TypeAdapter(Policy)


@dataclass(frozen=True, slots=True)
class NewAsk:
    """A question as a run asks it. ``choices`` are what can be chosen, or the fields of a form."""

    id: UUID
    wait_id: UUID
    run_id: UUID
    guild_id: int
    cog: str
    kind: Kind
    title: str
    requester_id: int
    policy: Policy
    choices: Mapping[str, str]
    other: bool = False
    replies: bool = False
    fallback: Any = None
    elicited: Elicited | None = None
    rewrites: bool = False
    multi: bool = False


@dataclass(frozen=True, slots=True)
class AskRow:
    """A question as it stands."""

    id: UUID
    wait_id: UUID
    run_id: UUID
    guild_id: int
    cog: str
    kind: Kind
    title: str
    requester_id: int
    policy: Any
    choices: dict[str, str]
    other: bool
    replies: bool
    state: State
    version: int
    escalated: bool
    fallback: Any
    deadline_at: datetime | None
    said_row: int | None
    result: Any
    decided_by: int | None
    decided_at: datetime | None
    created_at: datetime
    elicited: Any = None
    rewrites: bool = False
    multi: bool = False

    @property
    def asked_by_server(self) -> Elicited | None:
        """What a tool server asks for; None where nobody but us asks."""
        return None if self.elicited is None else KEPT.validate_python(self.elicited)

    @property
    def rules(self) -> Policy:
        """Who may answer, and how many must."""
        return _POLICY.validate_python(self.policy)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """What was to be approved at one time."""

    ask_id: UUID
    version: int
    payload: Any
    hash: str
    made_by: int | None
    created_at: datetime


async def insert(conn: Connection, new: NewAsk) -> None:
    """Store a question, with the deadline of its wait."""
    await conn.execute(
        """
        INSERT INTO ask (id, wait_id, run_id, guild_id, cog, kind, title, requester_id, policy, choices, other,
                         replies, fallback, elicited, rewrites, multi, deadline_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
                (SELECT until FROM run_wait WHERE id = %s))
        """,
        (
            new.id, new.wait_id, new.run_id, new.guild_id, new.cog, new.kind, new.title, new.requester_id,
            Jsonb(_POLICY.dump_python(new.policy, mode="json")), Json(dict(new.choices)), new.other, new.replies,
            None if new.fallback is None else Jsonb(new.fallback),
            None if new.elicited is None else Json(KEPT.dump_python(new.elicited, mode="json")), new.rewrites,
            new.multi, new.wait_id,
        ),
    )  # fmt: skip


async def as_kept(conn: Connection, payload: Any) -> Any:
    """A payload as the database keeps it, without secrets: what is hashed has to be what is stored."""
    row = await (await conn.execute("SELECT %s::json", (Json(payload),))).fetchone()
    return None if row is None else row[0]


async def add_version(
    conn: Connection, ask_id: UUID, version: int, payload: Any, digest: str, made_by: int | None
) -> None:
    """Store what is to be approved from now on."""
    await conn.execute(
        "INSERT INTO ask_version (ask_id, version, payload, hash, made_by) VALUES (%s, %s, %s, %s, %s)",
        (ask_id, version, Json(payload), digest, made_by),
    )
    await conn.execute("UPDATE ask SET version = %s WHERE id = %s AND state = 'open'", (version, ask_id))


async def said(conn: Connection, ask_id: UUID, row: int) -> None:
    """Note which outbox row holds the buttons."""
    await conn.execute("UPDATE ask SET said_row = %s WHERE id = %s", (row, ask_id))


async def get(conn: Connection, ask_id: UUID) -> AskRow | None:
    """One question."""
    async with conn.cursor(row_factory=class_row(AskRow)) as cursor:
        await cursor.execute("SELECT * FROM ask WHERE id = %s", (ask_id,))
        return await cursor.fetchone()


async def locked(conn: Connection, ask_id: UUID) -> AskRow | None:
    """One question, which nobody else changes until the transaction ends. The run's row was locked before."""
    async with conn.cursor(row_factory=class_row(AskRow)) as cursor:
        await cursor.execute("SELECT * FROM ask WHERE id = %s FOR UPDATE", (ask_id,))
        return await cursor.fetchone()


async def version_of(conn: Connection, ask_id: UUID, version: int) -> VersionRow | None:
    """What one version says."""
    async with conn.cursor(row_factory=class_row(VersionRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM ask_version WHERE ask_id = %s AND version = %s", (ask_id, version)
        )
        return await cursor.fetchone()


async def votes(conn: Connection, ask_id: UUID, version: int) -> list[Vote]:
    """What people have said to a version, the first first."""
    async with conn.cursor(row_factory=class_row(Vote)) as cursor:
        await cursor.execute(
            """
            SELECT member_id, seat_id, yes, value, note, via, veto FROM ask_vote
            WHERE ask_id = %s AND version = %s ORDER BY at, member_id
            """,
            (ask_id, version),
        )
        return await cursor.fetchall()


async def put_vote(conn: Connection, ask_id: UUID, version: int, vote: Vote) -> bool:
    """Note what somebody says, in place of what they said before; False where that is what stands there already."""
    cursor = await conn.execute(
        """
        INSERT INTO ask_vote (ask_id, version, member_id, seat_id, yes, value, note, via, veto)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (ask_id, version, member_id) DO UPDATE
        SET seat_id = excluded.seat_id, yes = excluded.yes, value = excluded.value, note = excluded.note,
            via = excluded.via, veto = excluded.veto, at = now()
        WHERE (ask_vote.yes, ask_vote.value, ask_vote.note, ask_vote.veto)
              IS DISTINCT FROM (excluded.yes, excluded.value, excluded.note, excluded.veto)
        """,
        (
            ask_id, version, vote.member_id, vote.seat_id, vote.yes, Jsonb(vote.value), vote.note, vote.via,
            vote.veto,
        ),
    )  # fmt: skip
    return cursor.rowcount == 1


async def decide(conn: Connection, ask_id: UUID, state: State, result: Any, by: int | None) -> bool:
    """End a question, if it is open; whether it was this that ended it."""
    cursor = await conn.execute(
        """
        UPDATE ask SET state = %s, result = %s, decided_by = %s, decided_at = now()
        WHERE id = %s AND state IN ('open', 'rewriting')
        """,
        (state, Jsonb(result), by, ask_id),
    )
    return cursor.rowcount == 1


async def reopen(conn: Connection, ask_id: UUID) -> bool:
    """Open a question again whose run had ended and was let go on; False where it is not one of those."""
    cursor = await conn.execute(
        """
        UPDATE ask SET state = 'open', result = NULL, decided_at = NULL, decided_by = NULL
        WHERE id = %s AND state = 'withdrawn'
        """,
        (ask_id,),
    )
    return cursor.rowcount == 1


async def send_back(conn: Connection, ask_id: UUID) -> bool:
    """Nothing can be said to a question until another version is written; False where it is not open."""
    cursor = await conn.execute(
        "UPDATE ask SET state = 'rewriting' WHERE id = %s AND state = 'open'", (ask_id,)
    )
    return cursor.rowcount == 1


async def resume(conn: Connection, ask_id: UUID, wait_id: UUID) -> None:
    """Open a question again after it was sent back; from now on it answers this wait."""
    await conn.execute(
        "UPDATE ask SET state = 'open', wait_id = %s WHERE id = %s AND decided_at IS NULL", (wait_id, ask_id)
    )


async def escalate(conn: Connection, ask_id: UUID) -> bool:
    """Let those answer, too, who are asked later; False where they may already, or it is decided."""
    cursor = await conn.execute(
        "UPDATE ask SET escalated = true WHERE id = %s AND state = 'open' AND NOT escalated", (ask_id,)
    )
    return cursor.rowcount == 1


async def open_ones(
    conn: Connection, guild_id: int, *, cog: str = "", words: str = "", limit: int = 100
) -> list[AskRow]:
    """A guild's open questions, oldest first, of runs that have not ended."""
    async with conn.cursor(row_factory=class_row(AskRow)) as cursor:
        await cursor.execute(
            """
            SELECT ask.* FROM ask JOIN run ON run.id = ask.run_id
            WHERE ask.guild_id = %s AND ask.state = 'open' AND run.finished_at IS NULL
              AND (%s::text = '' OR ask.cog = %s) AND strpos(lower(ask.title), lower(%s)) > 0
            ORDER BY ask.created_at LIMIT %s
            """,
            (guild_id, cog, cog, words, limit),
        )
        return await cursor.fetchall()


async def decided_ones(conn: Connection, guild_id: int, limit: int = 15, *, cog: str = "") -> list[AskRow]:
    """What was decided in a guild, the last first."""
    async with conn.cursor(row_factory=class_row(AskRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM ask WHERE guild_id = %s AND decided_at IS NOT NULL "
            "AND (%s::text = '' OR cog = %s) ORDER BY decided_at DESC LIMIT %s",
            (guild_id, cog, cog, limit),
        )
        return await cursor.fetchall()


async def by_message(conn: Connection, guild_id: int, message_id: int) -> AskRow | None:
    """The open question that a message of Discord holds."""
    async with conn.cursor(row_factory=class_row(AskRow)) as cursor:
        await cursor.execute(
            """
            SELECT ask.* FROM ask JOIN outbox ON outbox.id = ask.said_row
            WHERE outbox.message_id = %s AND ask.guild_id = %s AND ask.state = 'open'
            """,
            (message_id, guild_id),
        )
        return await cursor.fetchone()


async def add_draft(conn: Connection, ask_id: UUID, version: int, member_id: int, row: int) -> None:
    """Note that somebody was told to reply with a new version, and in which outbox row."""
    await conn.execute(
        """
        INSERT INTO ask_draft (ask_id, version, member_id, said_row) VALUES (%s, %s, %s, %s)
        ON CONFLICT DO NOTHING
        """,
        (ask_id, version, member_id, row),
    )


async def has_draft(conn: Connection, ask_id: UUID, version: int, member_id: int) -> bool:
    """Whether somebody was told so for this version."""
    cursor = await conn.execute(
        "SELECT 1 FROM ask_draft WHERE ask_id = %s AND version = %s AND member_id = %s",
        (ask_id, version, member_id),
    )
    return await cursor.fetchone() is not None


async def draft_of(conn: Connection, guild_id: int, message_id: int) -> tuple[UUID, int, int] | None:
    """The question, its version and the person to whom a message of Discord says so."""
    cursor = await conn.execute(
        """
        SELECT ask.id, ask_draft.version, ask_draft.member_id
        FROM outbox JOIN ask_draft ON ask_draft.said_row = outbox.id JOIN ask ON ask.id = ask_draft.ask_id
        WHERE outbox.message_id = %s AND ask.guild_id = %s
        """,
        (message_id, guild_id),
    )
    return await cursor.fetchone()


async def is_late(conn: Connection, ask_id: UUID, ahead: float) -> bool:
    """Whether the deadline has passed, by the time of the statement."""
    cursor = await conn.execute(
        """
        SELECT coalesce(deadline_at <= clock_timestamp() + make_interval(secs => %s), false)
        FROM ask WHERE id = %s
        """,
        (ahead, ask_id),
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def places(conn: Connection, asks: Sequence[AskRow]) -> dict[UUID, int]:
    """The thread or channel of each question's run."""
    cursor = await conn.execute(
        "SELECT id, coalesce(thread_id, channel_id) FROM run WHERE id = ANY(%s)",
        ([one.run_id for one in asks],),
    )
    found: dict[UUID, int] = dict(await cursor.fetchall())
    return {one.id: found[one.run_id] for one in asks if one.run_id in found}
