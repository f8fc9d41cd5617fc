"""What a program asks people: kept as the arguments of the run that asks, under an id that the program can name."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid5

from psycopg.rows import class_row
from pydantic import JsonValue, TypeAdapter

from bot.work.surface import Connection

COG = "mcp"
"""Stands where runs name their cog."""
QUESTION, APPROVAL = "question", "approval"
_NAMESPACE = UUID("6f9d3a52-0a3c-4f0e-9f0b-6d2c1c7f6e11")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question of a program's. ``values`` are what the buttons are worth, one for each of the ``options``."""

    token: str
    ask_id: str
    kind: Literal["question", "approval"]
    text: str
    context: str = ""
    options: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    multi: bool = False
    other: bool = False
    default: JsonValue = None
    seconds: float = 86_400.0
    members: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    payload: JsonValue = None

    @property
    def run_id(self) -> UUID:
        """The id of the run that asks."""
        return run_id_of(self.token, self.ask_id)

    @property
    def digest(self) -> str:
        """Of what is asked; two that differ in it are two questions."""
        what = (self.kind, self.text, self.context, self.options, self.payload)
        return hashlib.sha256(repr(what).encode()).hexdigest()

    def stored(self) -> Any:
        """As JSON."""
        return _TICKET.dump_python(self, mode="json")


_TICKET = TypeAdapter(Ticket)


def run_id_of(token: str, ask_id: str) -> UUID:
    """The id of the run that asks what a token knows under ``ask_id``; no other token can name it."""
    return uuid5(_NAMESPACE, f"{token}\n{ask_id}")


def read_ticket(stored: Any) -> Ticket:
    """A ticket from JSON."""
    return _TICKET.validate_python(stored)


@dataclass(frozen=True, slots=True)
class Standing:
    """What has come of a ticket: of its run, its question, and the messages that carry it."""

    run_id: UUID
    args: dict[str, Any]
    run_state: str
    run_error: str | None
    run_result: Any
    guild_id: int
    thread_id: int | None
    ask_state: str | None
    result: Any
    decided_by: int | None
    said_channel: int | None
    said_message: int | None
    refusal: str | None

    @property
    def ticket(self) -> Ticket:
        """What was asked."""
        return read_ticket(self.args["ticket"])


_STANDING = """
    SELECT run.id AS run_id, run.args, run.state AS run_state, run.error AS run_error, run.result AS run_result,
           run.guild_id, run.thread_id, ask.state AS ask_state, ask.result, ask.decided_by,
           said.channel_id AS said_channel, said.message_id AS said_message,
           -- why nobody can see it
           CASE WHEN said.state = 'failed' THEN coalesce(said.error, opener.error, 'it was given up')
                WHEN opener.state = 'failed' THEN coalesce(opener.error, 'it was given up') END AS refusal
    FROM run LEFT JOIN ask ON ask.run_id = run.id
         LEFT JOIN outbox AS said ON said.id = ask.said_row
         LEFT JOIN outbox AS opener ON opener.id = run.thread_row
"""


async def standing(conn: Connection, run_id: UUID) -> Standing | None:
    """How it stands; None where there is none."""
    async with conn.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(f"{_STANDING} WHERE run.id = %s AND run.cog = %s", (run_id, COG))
        return await cursor.fetchone()


async def pending(conn: Connection, token: str, *, limit: int, skip: int = 0) -> list[Standing]:
    """A token's questions that nobody has answered, the oldest first."""
    async with conn.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(
            f"{_STANDING} WHERE run.cog = 'mcp' AND run.args -> 'ticket' ->> 'token' = %s"
            " AND run.finished_at IS NULL AND coalesce(ask.state, 'open') IN ('open', 'rewriting')"
            " ORDER BY run.created_at, run.id LIMIT %s OFFSET %s",
            (token, limit, skip),
        )
        return await cursor.fetchall()


async def how_many(conn: Connection, token: str) -> int:
    """How many of a token's questions are open."""
    cursor = await conn.execute(
        "SELECT count(*) FROM run WHERE cog = 'mcp' AND args -> 'ticket' ->> 'token' = %s AND finished_at IS NULL",
        (token,),
    )
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])
