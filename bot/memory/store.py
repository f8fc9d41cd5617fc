"""Remembering: one row a memory, written in the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from bot.memory.embedder import Embedded, tidy
from bot.memory.space import ensure_space
from bot.memory.subject import text_to_embed

MAX_TITLE = 300
MAX_BODY = 20_000

type Visibility = Literal["channel", "private_thread"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said. A private thread is read by its members only, any other by its channel's."""

    guild_id: int
    channel_id: int
    thread_id: int | None = None
    private: bool = False

    @property
    def visibility(self) -> Visibility:
        """Whose reading rights decide."""
        return "private_thread" if self.private else "channel"


@dataclass(frozen=True, slots=True)
class NewMemory:
    """Something to recall later. ``key`` names it once per guild and kind, such as the run's id.

    A short ``body`` that begins with the essence is found best: its first 400 characters are embedded.
    Longer text than 300 (title) and 20,000 characters (body) is cut. The text may come from outside: it is data.
    """

    place: Place
    kind: str
    key: str
    title: str
    body: str
    created_at: datetime
    run_id: UUID | None = None
    member_id: int | None = None

    @property
    def text(self) -> str:
        """What is to be embedded, before the transaction begins."""
        return text_to_embed(tidy(self.title, MAX_TITLE), tidy(self.body, MAX_BODY))


async def remember(conn: AsyncConnection[Any], memory: NewMemory, embedded: Embedded | None) -> int:
    """Store ``memory`` and return its id; one with the same guild, kind and key stays as it is.

    ``embedded`` is the vector of ``memory.text`` (see `bot.memory.embedder.embed_one`), or None to be filled
    in later by `bot.memory.reembed.reembed`.
    """
    space_id = None if embedded is None else (await ensure_space(conn, embedded.space)).id
    cursor = await conn.execute(
        "INSERT INTO memory (guild_id, channel_id, thread_id, visibility, member_id, run_id, kind, key,"
        "                    title, body, created_at, space_id, embedding, tainted)"
        " VALUES (%(guild)s, %(channel)s, %(thread)s, %(visibility)s, %(member)s, %(run)s, %(kind)s, %(key)s,"
        "         %(title)s, %(body)s, %(created)s, %(space)s, %(vector)s::halfvec,"
        "         %(run)s::uuid IS NULL OR EXISTS (SELECT 1 FROM run_taint WHERE run_id = %(run)s))"
        # an update of nothing: unlike DO NOTHING it returns the row that is there
        " ON CONFLICT (guild_id, kind, key) DO UPDATE SET key = excluded.key"
        " RETURNING id",
        {
            "guild": memory.place.guild_id,
            "channel": memory.place.channel_id,
            "thread": memory.place.thread_id,
            "visibility": memory.place.visibility,
            "member": memory.member_id,
            "run": memory.run_id,
            "kind": memory.kind,
            "key": memory.key,
            "title": tidy(memory.title, MAX_TITLE),
            "body": tidy(memory.body, MAX_BODY),
            "created": memory.created_at,
            "space": space_id,
            "vector": None if embedded is None else halfvec(embedded.vector),
        },
    )
    row = await cursor.fetchone()
    assert row is not None, "an insert that updates on conflict returns its row"  # noqa: S101 - narrows the type
    return int(row[0])


def halfvec(vector: list[float]) -> str:
    """Return ``vector`` in pgvector's text form; a halfvec keeps about three decimal digits."""
    return "[" + ",".join(f"{number:.6g}" for number in vector) + "]"
