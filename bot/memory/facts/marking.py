"""What is done to the message of a fact: said, pinned, changed, taken off; in the transaction that changes the fact."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.memory.facts import fact_table
from bot.memory.facts.fact import Fact
from bot.work.surface import Connection, Place, Say, Surface


@dataclass(frozen=True, slots=True)
class FactWords:
    """What people read: the message of a fact that holds and of one that does not, the list of all, and what is in the way."""

    said: Callable[[Fact], str]
    over: Callable[[Fact], str]
    index: Callable[[Sequence[Fact]], str]
    no_room: str
    may_not_pin: str


@dataclass(frozen=True, slots=True)
class Marker:
    """Changes messages of facts for one cog; what it gives back is the fact with the rows of the outbox that do so."""

    surface: Surface
    cog: str
    words: FactWords

    async def say(self, conn: Connection, fact: Fact) -> Fact:
        """Say a fact in a message of its own, and pin that; ``fact.marks`` names both, so that it happens once."""
        key = self._key(fact)
        place = Place(channel_id=fact.channel_id)
        (row, *_) = await self.surface.post(conn, key, place, Say(self.words.said(fact)))
        pin = await self.surface.pin_said(conn, f"{key}:pin", row)
        return await _with(conn, fact, said_row=row, pin_row=pin, edit_row=None, message_id=None)

    async def pin(self, conn: Connection, fact: Fact) -> Fact:
        """Pin its message (again)."""
        if fact.said_row is None:
            return await self.say(conn, fact)
        return await _with(
            conn, fact, pin_row=await self.surface.pin_said(conn, self._key(fact), fact.said_row)
        )

    async def show(self, conn: Connection, fact: Fact) -> Fact:
        """Let its message say what holds now."""
        if fact.said_row is None:
            return fact
        text = self.words.said(fact) if fact.is_live else self.words.over(fact)
        # As progress: a message that cannot be changed any more must not become a second one that nobody pinned.
        say = Say(text, urgency="progress")
        key = f"{self._key(fact)}:text"
        await self.surface.edit(conn, key, fact.said_row, say)
        return await _with(conn, fact, edit_row=await _row_of(conn, key))

    async def take_down(self, conn: Connection, fact: Fact) -> Fact:
        """Take its pin off, and let its message say why."""
        if fact.said_row is None:
            return fact
        pin = await self.surface.pin_said(conn, self._key(fact), fact.said_row, on=False)
        return await self.show(conn, await _with(conn, fact, pin_row=pin))

    async def say_anew(self, conn: Connection, fact: Fact) -> Fact:
        """Say a fact in a new message, because Discord lets its old one not be changed any more."""
        if fact.said_row is not None:
            await self.surface.delete(conn, f"{self._key(fact)}:gone", fact.said_row)
        return await self.say(conn, fact)

    def _key(self, fact: Fact) -> str:
        return f"{self.cog}:fact:{fact.id}:{fact.marks + 1}"


async def _with(conn: Connection, fact: Fact, **to: int | None) -> Fact:
    changes = {**to, "marks": fact.marks + 1}
    await fact_table.change(conn, fact, changes)
    return replace(fact, **changes)


async def _row_of(conn: Connection, key: str) -> int | None:
    cursor = await conn.execute("SELECT id FROM outbox WHERE key = %s", (key,))
    row = await cursor.fetchone()
    return None if row is None else int(row[0])
