"""Sources and memory behind one door: embeds before a transaction begins, reads and writes within it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from bot.clock import Clock
from bot.memory import held, sources, store
from bot.memory.embedder import Embedded, Embedder, embed_one
from bot.memory.recall import Found, Method, Question, recall
from bot.memory.reembed import reembed
from bot.memory.sources import Document, Source
from bot.memory.store import NewMemory, Place
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.surface import Connection

DISCORD = "https://discord.com/channels"

MOST = 80
"""Hits that both searches have together at most."""

type Fit = Literal["subject", "question"]
"""What a memory has to be: about the very subject that is named, or something that may well answer the question."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """A memory that fits, with where it was said; its text is untrusted data."""

    title: str
    body: str
    place_id: int
    at: datetime
    method: Method
    tainted: bool = True
    """It rests on text from outside (left out by who recorded it before: it is taken to)."""
    id: int = 0
    kind: str = ""
    guild_id: int = 0
    message_id: int | None = None
    member_id: int | None = None
    passage: str = ""
    """The part of ``body`` that fits best."""
    clear: bool = False
    """It most likely answers what was asked; where none of several does, say that nothing clearly answers."""

    @property
    def link(self) -> str:
        """Where it was said."""
        message = "" if self.message_id is None else f"/{self.message_id}"
        return f"{DISCORD}/{self.guild_id}/{self.place_id}{message}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A memory in pieces, with their vectors."""

    pieces: tuple[tuple[NewMemory, Embedded | None], ...]


class Library:
    """What was fetched and what was found out, guild by guild."""

    def __init__(self, database: Database, embedder: Embedder | None, clock: Clock) -> None:
        self._database = database
        self._embedder = embedder
        self._clock = clock

    async def keep(self, run_id: UUID, guild_id: int, documents: Sequence[Document]) -> list[Source]:
        """Keep documents of a run, numbered from 1 in the order of their first keeping."""
        async with self._database.transaction() as conn:
            return await sources.keep(conn, run_id, guild_id, documents)

    async def sources(self, run_id: UUID, guild_id: int) -> list[Source]:
        """The sources of a run of this guild, by number."""
        async with self._database.connection() as conn:
            return await sources.of_run(conn, run_id, guild_id)

    async def embedded(self, text: str) -> Embedded | None:
        """The vector of a question, made once for several searches; None where words alone serve."""
        return await embed_one(self._embedder, text)

    async def search(
        self, question: Question, embedded: Embedded | None, *, fits: Fit = "question"
    ) -> list[Recollection]:
        """Memories that fit, best first, from the readable places of the question only."""
        async with self._database.connection() as conn:
            recalled = await recall(conn, replace(question, limit=MOST), embedded)
            hits = recalled.same_subject if fits == "subject" else recalled.relevant
            clear = {hit.found.id for hit in hits if hit.verdict == "clear"}
            found = [hit.found for hit in hits[: question.limit]]
            # A memory may have been written before the thread it came from was open.
            threads = {
                one.id: await runs_table.thread_of(conn, one.run_id)
                for one in found
                if one.run_id is not None and one.thread_id is None
            }
        return [
            _recollection(one, threads.get(one.id), recalled.method, clear=one.id in clear) for one in found
        ]

    async def private_threads_about(self, question: Question, embedded: Embedded | None) -> set[int]:
        """The private threads in which something near the question was remembered, whoever may read them.

        Nothing of what was said there leaves this; it only says of which threads it is worth asking who takes part.
        """
        async with self._database.connection() as conn:
            known = await held.private_threads(conn, question.guild_id)
            if not known:
                return set()
            recalled = await recall(conn, replace(question, readable=known), embedded)
        near = {hit.found.thread_id for hit in recalled.hits}
        return {thread for thread in near if thread in known}

    async def by_ids(
        self, guild_id: int, ids: Collection[int], readable: Collection[int]
    ) -> list[Recollection]:
        """These memories, in the order of their ids as given, as far as they lie in readable places."""
        async with self._database.connection() as conn:
            found = await held.by_ids(conn, guild_id, ids, readable)
        order = list(ids)
        found.sort(key=lambda one: order.index(one.id))
        return [_recollection(one, None, "semantic") for one in found]

    async def prepare(
        self,
        place: Place,
        *,
        kind: str,
        key: str,
        title: str,
        body: str,
        run_id: UUID | None = None,
        member_id: int | None = None,
        message_id: int | None = None,
        at: datetime | None = None,
    ) -> Prepared:
        """Cut what is to be remembered into pieces and embed them, outside any transaction; `write` stores it."""
        whole = NewMemory(
            place, kind, key, title, body, at or self._clock.now(), run_id, member_id, message_id
        )
        return Prepared(
            tuple([(piece, await embed_one(self._embedder, piece.text)) for piece in whole.in_pieces()])
        )

    async def write(self, conn: Connection, prepared: Prepared) -> bool:
        """Store what was prepared, in the caller's transaction; False where its member wants nothing remembered."""
        ids = [await store.remember(conn, memory, embedded) for memory, embedded in prepared.pieces]
        return None not in ids

    async def catch_up(self) -> int:
        """Embed what was remembered while no embedder (or another one) served; the answer is how many."""
        return 0 if self._embedder is None else await reembed(self._database.transaction, self._embedder)


def _recollection(
    found: Found, thread_id: int | None, method: Method, *, clear: bool = False
) -> Recollection:
    return Recollection(
        title=found.title,
        body=found.body,
        place_id=found.thread_id or thread_id or found.channel_id,
        at=found.created_at,
        method=method,
        tainted=found.tainted,
        id=found.id,
        kind=found.kind,
        guild_id=found.guild_id,
        message_id=found.message_id,
        member_id=found.member_id,
        passage=found.passage,
        clear=clear,
    )
