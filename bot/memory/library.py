"""Sources and memory behind one door: embeds before a transaction begins, reads and writes within it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.clock import Clock
from bot.memory import sources, store
from bot.memory.embedder import Embedded, Embedder, embed_one
from bot.memory.recall import Method, Question, recall
from bot.memory.reembed import reembed
from bot.memory.sources import Document, Source
from bot.memory.store import NewMemory, Place
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.surface import Connection


@dataclass(frozen=True, slots=True)
class Recollection:
    """A memory about the same subject, with where it was said; its text is untrusted data."""

    title: str
    body: str
    place_id: int
    at: datetime
    method: Method
    tainted: bool = True
    """It rests on text from outside (left out by who recorded it before: it is taken to)."""


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

    async def recall(
        self,
        guild_id: int,
        text: str,
        *,
        kind: str | None,
        readable: Sequence[int],
        not_run: UUID | None = None,
    ) -> list[Recollection]:
        """Memories (of any kind, None) about the very subject of ``text``, best first, from readable places only."""
        embedded = await embed_one(self._embedder, text)
        question = Question(
            guild_id, text, readable, kinds=None if kind is None else (kind,), not_run=not_run
        )
        async with self._database.connection() as conn:
            recalled = await recall(conn, question, embedded)
            hits = [hit.found for hit in recalled.same_subject]
            # A memory may have been written before the thread it came from was open.
            threads = {
                hit.id: await runs_table.thread_of(conn, hit.run_id)
                for hit in hits
                if hit.run_id is not None and hit.thread_id is None
            }
        return [
            Recollection(
                title=hit.title,
                body=hit.body,
                place_id=hit.thread_id or threads.get(hit.id) or hit.channel_id,
                at=hit.created_at,
                method=recalled.method,
                tainted=hit.tainted,
            )
            for hit in hits
        ]

    async def prepare(
        self,
        place: Place,
        *,
        kind: str,
        key: str,
        title: str,
        body: str,
        run_id: UUID,
        member_id: int,
    ) -> tuple[NewMemory, Embedded | None]:
        """Embed what is to be remembered, outside any transaction; `write` stores it."""
        memory = NewMemory(
            place, kind, key, title, body, self._clock.now(), run_id=run_id, member_id=member_id
        )
        return memory, await embed_one(self._embedder, memory.text)

    async def write(self, conn: Connection, memory: NewMemory, embedded: Embedded | None) -> None:
        """Store what was prepared, in the caller's transaction."""
        await store.remember(conn, memory, embedded)

    async def catch_up(self) -> int:
        """Embed what was remembered while no embedder (or another one) served; the answer is how many."""
        return 0 if self._embedder is None else await reembed(self._database.transaction, self._embedder)
