"""Remembering: one row a memory, written in the caller's transaction."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from bot.memory.embedder import Embedded, tidy
from bot.memory.pieces import pieces
from bot.memory.space import ensure_space
from bot.memory.subject import text_to_embed
from bot.storage.guild_scope import in_guild

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

    Of a ``body`` the first 400 characters are embedded; a longer one is stored as several (`in_pieces`), which differ
    in ``chunk``. Longer text than 300 (title) and 20,000 characters (body) is cut. The text may come from outside: it
    is data. ``message_id`` is the message that says it.
    """

    place: Place
    kind: str
    key: str
    title: str
    body: str
    created_at: datetime
    run_id: UUID | None = None
    member_id: int | None = None
    message_id: int | None = None
    chunk: int = 0

    def in_pieces(self) -> "list[NewMemory]":
        """The same as memories whose whole body is embedded, in order."""
        bodies = pieces(tidy(self.body, MAX_BODY))
        return [replace(self, body=body, chunk=number) for number, body in enumerate(bodies)]

    @property
    def text(self) -> str:
        """What is to be embedded, before the transaction begins."""
        return text_to_embed(tidy(self.title, MAX_TITLE), tidy(self.body, MAX_BODY))


async def remember(conn: AsyncConnection[Any], memory: NewMemory, embedded: Embedded | None) -> int | None:
    """Store ``memory`` and return its id; one with the same guild, kind, key and chunk stays as it is.

    None where its member does not want to be remembered: nothing is stored then. ``embedded`` is the vector of
    ``memory.text`` (see `bot.memory.embedder.embed_one`), or None to be filled in later by `bot.memory.reembed.reembed`.
    """
    space_id = None if embedded is None else (await ensure_space(conn, embedded.space)).id
    values: dict[str, Any] = {
        "guild": memory.place.guild_id,
        "channel": memory.place.channel_id,
        "thread": memory.place.thread_id,
        "visibility": memory.place.visibility,
        "member": memory.member_id,
        "run": memory.run_id,
        "message": memory.message_id,
        "kind": memory.kind,
        "key": memory.key,
        "chunk": memory.chunk,
        "title": tidy(memory.title, MAX_TITLE),
        "body": tidy(memory.body, MAX_BODY),
        "created": memory.created_at,
        "space": space_id,
        "vector": None if embedded is None else halfvec(embedded.vector),
    }
    async with in_guild(conn, memory.place.guild_id):
        if memory.member_id is not None:
            # so that nothing is written behind the back of somebody who opts out at this moment
            await conn.execute(LOCK_MEMBER_SHARED, values)
        cursor = await conn.execute(_INSERT, values)
        row = await cursor.fetchone()
    return None if row is None else int(row[0])


LOCK_MEMBER_SHARED = (
    "SELECT pg_advisory_xact_lock_shared(hashtextextended("
    "'remembered ' || %(guild)s::text || ' ' || %(member)s::text, 0))"
)

_INSERT = """
INSERT INTO memory (guild_id, channel_id, thread_id, visibility, member_id, run_id, message_id, kind, key, chunk,
                    title, body, created_at, space_id, embedding, tainted)
SELECT %(guild)s, %(channel)s, %(thread)s, %(visibility)s, %(member)s, %(run)s, %(message)s, %(kind)s, %(key)s, %(chunk)s,
       %(title)s, %(body)s, %(created)s, %(space)s, %(vector)s::halfvec,
       %(run)s::uuid IS NULL OR EXISTS (SELECT 1 FROM run_taint WHERE run_id = %(run)s)
WHERE NOT EXISTS (SELECT 1 FROM memory_opt_out WHERE guild_id = %(guild)s AND member_id = %(member)s)
-- an update of nothing: unlike DO NOTHING it returns the row that is there
ON CONFLICT (guild_id, kind, key, chunk) DO UPDATE SET key = excluded.key
RETURNING id
"""


def halfvec(vector: list[float]) -> str:
    """Return ``vector`` in pgvector's text form; a halfvec keeps about three decimal digits."""
    return "[" + ",".join(f"{number:.6g}" for number in vector) + "]"
