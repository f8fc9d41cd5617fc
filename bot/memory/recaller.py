"""Recall that leaks nothing: who reads the answer decides which places are looked at, before anything is ranked."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.memory.library import Fit, Library, Recollection
from bot.memory.recall import Question
from bot.mirror.permissions import Reader
from bot.mirror.reader import Mirror

THREADS_ASKED = 8
"""Private threads of which Discord is asked at most, one after the other, whether the asker takes part."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, and in which place the answer stands; None: in direct messages with the bot."""

    guild_id: int
    place_id: int | None
    text: str
    kinds: tuple[str, ...] | None = None
    limit: int = 5
    fits: Fit = "question"


@dataclass(frozen=True, slots=True)
class Recaller:
    """Memories for readers, by the permission mirror. Where that cannot be sure everything here raises `Stale`."""

    library: Library
    mirror: Mirror

    async def for_all(self, query: Query) -> list[Recollection]:
        """What everybody who can see the place of the answer can read where it was said. Raises `Stale`."""
        if query.place_id is None:
            raise ValueError("In direct messages there is one reader; ask for them.")
        readable = await self.mirror.readable_by_all_of(query.guild_id, query.place_id)
        embedded = await self.library.embedded(query.text)
        return await self.library.search(_question(query, readable.ids), embedded, fits=query.fits)

    async def for_one(self, query: Query, reader: Reader) -> list[Recollection]:
        """What one member can read where it was said, for an answer that only they see.

        Raises `Stale`, and `OutsideError` where Discord does not say who is in a private thread.
        """
        embedded = await self.library.embedded(query.text)
        wide = replace(query, limit=THREADS_ASKED)
        threads = await self.library.private_threads_about(_question(wide, ()), embedded)
        readable = await self.mirror.readable_by(
            query.guild_id, reader, place_id=query.place_id, private_threads=sorted(threads)
        )
        return await self.library.search(_question(query, readable.ids), embedded, fits=query.fits)

    async def shared(self, guild_id: int, place_id: int, ids: Collection[int]) -> list[Recollection]:
        """Those of the memories that everybody who can see the place can read. Raises `Stale`."""
        readable = await self.mirror.readable_by_all_of(guild_id, place_id)
        return await self.library.by_ids(guild_id, ids, readable.ids)


def _question(query: Query, readable: Collection[int]) -> Question:
    return Question(query.guild_id, query.text, readable, kinds=query.kinds, limit=query.limit)
