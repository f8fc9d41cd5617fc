"""What a server remembers, in the hands of one person: recalled for them or for all, added to, shown and forgotten."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.discord.events import Author, Message
from bot.errors import UserError
from bot.memory import forget, held
from bot.memory.held import Held
from bot.memory.library import Recollection
from bot.memory.recaller import Query, Recaller
from bot.memory.whereabouts import place_of
from bot.mirror.permissions import Reader
from bot.storage.database import Database

MESSAGE = "message"
"""The kind of memories that are what people said, where a channel lets them be remembered."""
LONGEST_TITLE = 80
NOT_DIRECT = "This works on a server, so that those who may read it there find it again."
LEFT = "You are not on this server any more."

type ReaderOf = Callable[[int, int], Awaitable[Reader | None]]
"""A member (second) of a guild (first) as they are now, asked of Discord; None where they are none."""


@dataclass(frozen=True, slots=True)
class MemoryParts:
    """What remembering works with; made once by the app."""

    database: Database
    recaller: Recaller
    reader: ReaderOf
    clock: Clock


class Memory:
    """The memory of one server, asked in one place by one person; ``place_id`` None: in direct messages with the bot."""

    def __init__(self, parts: MemoryParts, guild_id: int, place_id: int | None, author: Author) -> None:
        self._parts = parts
        self._guild_id = guild_id
        self._place_id = place_id
        self._author = author

    async def recall(
        self, question: str, *, kinds: Sequence[str] | None = None, limit: int = 5
    ) -> list[Recollection]:
        """What may answer a question and this person can read, best first: for an answer that only they see.

        Their roles are asked of Discord each time. Raises `OutsideError` where it cannot be told who may read what.
        """
        reader = await self._parts.reader(self._guild_id, self._author.id)
        if reader is None:
            raise UserError(LEFT)
        return await self._parts.recaller.for_one(self._query(question, kinds, limit), reader)

    async def readable(self) -> frozenset[int]:
        """The channels that this person can read at this moment, and this place: for answers that only they see.

        Their roles are asked of Discord each time. Raises `OutsideError` where it cannot be told.
        """
        reader = await self._parts.reader(self._guild_id, self._author.id)
        if reader is None:
            raise UserError(LEFT)
        mirror = self._parts.recaller.mirror
        found = await mirror.readable_by(self._guild_id, reader, place_id=self._place_id)
        return found.ids if self._place_id is None else found.ids | {self._place_id}

    async def recall_for_all(
        self, question: str, *, kinds: Sequence[str] | None = None, limit: int = 5
    ) -> list[Recollection]:
        """What may answer a question and everybody who reads here can read: for an answer that stands here."""
        if self._place_id is None:
            return await self.recall(question, kinds=kinds, limit=limit)
        return await self._parts.recaller.for_all(self._query(question, kinds, limit))

    async def shared(self, ids: Collection[int]) -> list[Recollection]:
        """Those of the memories that everybody who reads here can read; none where nobody else does."""
        if self._place_id is None:
            return []
        return await self._parts.recaller.shared(self._guild_id, self._place_id, ids)

    async def remember(
        self,
        *,
        kind: str,
        key: str,
        title: str,
        body: str,
        place_id: int | None = None,
        message_id: int | None = None,
        member_id: int | None = None,
    ) -> bool:
        """Remember something that was said here (or in ``place_id``), in place of what ``kind`` and ``key`` named before.

        It counts as text from outside. False where the person who said it (left out: who acted) wants nothing
        remembered; what was there before is forgotten then, too.
        """
        library, database = self._parts.recaller.library, self._parts.database
        where = place_id or self._place_id
        if where is None:
            raise UserError(NOT_DIRECT)
        async with database.connection() as conn:
            place = await place_of(conn, self._guild_id, where)
        prepared = await library.prepare(
            place,
            kind=kind,
            key=key,
            title=title,
            body=body,
            member_id=member_id or self._author.id,
            message_id=message_id,
        )
        async with database.transaction() as conn:
            await forget.forget_key(conn, self._guild_id, kind, key)
            return await library.write(conn, prepared)

    async def remember_message(self, message: Message) -> bool:
        """Remember what somebody said, as it is now."""
        text = message.text.strip()
        if not text:
            await self.forget_message(message.id)
            return False
        return await self.remember(
            kind=MESSAGE,
            key=str(message.id),
            title=" ".join(text.split())[:LONGEST_TITLE],
            body=text,
            place_id=message.where.channel_id,
            message_id=message.id,
            member_id=message.author.id,
        )

    async def holds_message(self, message_id: int) -> bool:
        """Whether what a message says is remembered."""
        async with self._parts.database.connection() as conn:
            return await held.holds_message(conn, self._guild_id, message_id)

    async def forget(self, kind: str, key: str) -> bool:
        """Forget what a kind and key name; False where there was nothing."""
        async with self._parts.database.connection() as conn:
            return await forget.forget_key(conn, self._guild_id, kind, key)

    async def forget_message(self, message_id: int) -> int:
        """Forget whatever a message said."""
        async with self._parts.database.connection() as conn:
            return await forget.forget_message(conn, self._guild_id, message_id)

    async def forget_older(self, days: int, kinds: Collection[str]) -> int:
        """Forget what was remembered of these kinds more than some days ago."""
        before = self._parts.clock.now() - timedelta(days=days)
        async with self._parts.database.connection() as conn:
            return await forget.forget_older(conn, self._guild_id, kinds, before)

    async def kinds(self) -> list[str]:
        """The kinds of what this server remembers."""
        async with self._parts.database.connection() as conn:
            return await held.kinds(conn, self._guild_id)

    async def of_me(self) -> list[Held]:
        """How much is remembered of this person on this server, by kind."""
        async with self._parts.database.connection() as conn:
            return await held.of_member(conn, self._guild_id, self._author.id)

    async def export(self) -> list[Mapping[str, Any]]:
        """All that is remembered of this person on this server, as plain values."""
        async with self._parts.database.connection() as conn:
            return [*await held.export_member(conn, self._guild_id, self._author.id)]

    async def erase(self) -> int:
        """Forget all that is remembered of this person on this server; gives how much that was."""
        async with self._parts.database.transaction() as conn:
            return await held.erase_member(conn, self._guild_id, self._author.id)

    async def opt_out(self) -> int:
        """Forget all of this person and remember nothing of them any more; gives how much was forgotten."""
        async with self._parts.database.transaction() as conn:
            await held.opt_out(conn, self._guild_id, self._author.id)
            return await held.erase_member(conn, self._guild_id, self._author.id)

    async def opt_in(self) -> bool:
        """Remember from now on; False where that was so already."""
        async with self._parts.database.connection() as conn:
            return await held.opt_in(conn, self._guild_id, self._author.id)

    async def opted_out(self) -> bool:
        """Whether this person wants nothing remembered."""
        async with self._parts.database.connection() as conn:
            return await held.opted_out(conn, self._guild_id, self._author.id)

    def _query(self, question: str, kinds: Sequence[str] | None, limit: int) -> Query:
        chosen = None if kinds is None else tuple(kinds)
        return Query(self._guild_id, self._place_id, question, kinds=chosen, limit=limit)
