"""The facts of a channel or thread as cogs use them: to note, change and remove, to hold against the pins, and to tell agents."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from bot.clock import Clock
from bot.discord import refused_table
from bot.errors import UserError
from bot.memory.facts import fact_table, index_message, place_table
from bot.memory.facts.deciding import Verdicts, room_for_facts, to_evict
from bot.memory.facts.fact import LONGEST, LONGEST_NAME, MOST_PINS, Fact, FactPlace, NewFact
from bot.memory.facts.index_message import IndexRules
from bot.memory.facts.knowing import Pinned, known
from bot.memory.facts.looking import Look
from bot.memory.facts.marking import FactWords, Marker
from bot.memory.known import Knowledge
from bot.storage.database import Database
from bot.storage.guild_scope import in_guild
from bot.work.surface import Connection, Surface

EMPTY = "Please say what is to be remembered."
TOO_LONG = "That is too long to be one fact: please say it in at most {most} characters."
PAST = "That time is over already."
UNKNOWN = "I do not know a fact of that number here; please choose one from the list."
NOT_LIVE = "Fact {number} does not hold any more."
CHANGED = "Fact {number} was changed again since then, so this cannot be taken back."
THERE_ALREADY = "Fact {number} says the same."
GONE = "I do not know that fact any more."
HOLDS = "Fact {number} holds already."


@dataclass(frozen=True, slots=True)
class FactServices:
    """What looking after facts needs; made once by the app."""

    database: Database
    surface: Surface
    new_id: Callable[[], UUID]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of noting: the fact, whether it is a new one, and those that gave way to it."""

    fact: Fact
    is_new: bool
    evicted: tuple[Fact, ...] = ()


class Facts:
    """The facts of one channel or thread of a server. Whatever changes one is a transaction under the lock of that place."""

    def __init__(
        self,
        services: FactServices,
        guild_id: int,
        cog: str,
        place_id: int,
        home_id: int,
        still_on: Callable[[Connection], Awaitable[None]] | None = None,
    ) -> None:
        self._services = services
        self._guild_id = guild_id
        self._cog = cog
        self._place_id = place_id
        self._home_id = home_id
        self._still_on = still_on

    async def begin_here(self, words: FactWords, index: IndexRules) -> None:
        """Count the pins here where nobody has yet, so that it is known how much room they leave. Raises `OutsideError`."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            place = await place_table.known(conn, self._guild_id, self._place_id, self._home_id)
        if place.looked_at is None:
            await self.look(self._place_id, words, index)

    # what people and agents do

    async def note(self, new: NewFact, words: FactWords) -> Noted:
        """Note a fact, say it and pin it; where the same stands here already, that one is the answer.

        Raises `UserError` for nothing, too much, a time that is over, and where people's pins leave no room.
        """
        services, text = self._services, _checked(new.text)
        now = services.clock.now()
        if new.expires_at is not None and new.expires_at <= now:
            raise UserError(PAST)
        new = replace(new, text=text, stated_name=new.stated_name[:LONGEST_NAME])
        async with services.database.transaction() as conn, in_guild(conn, self._guild_id):
            if self._still_on is not None:
                await self._still_on(conn)
            await fact_table.lock_place(conn, new.channel_id)
            there = await fact_table.same(conn, new.channel_id, text)
            if there is not None:
                return Noted(there, is_new=False)
            before = await self._to_replace(conn, new)
            place = await place_table.known(conn, self._guild_id, new.channel_id, new.home_id)
            marker = self._marker(words)
            fact = await fact_table.insert(conn, services.new_id(), self._guild_id, new, now)
            if before is not None:
                await fact_table.change(conn, before, {"replaced_by": fact.number})
                await fact_table.end(conn, before, "replaced", now)
                over = replace(before, state="replaced", ended_at=now, replaced_by=fact.number)
                await marker.take_down(conn, over)
            evicted = await self._make_room(conn, place, marker, now, fact)
            fact = await marker.say(conn, fact)
            await place_table.has_changed(conn, self._guild_id, new.channel_id)
        return Noted(fact, is_new=True, evicted=evicted)

    async def edit(
        self, fact_id: UUID, words: FactWords, *, text: str | None = None, expires_at: datetime | None = None
    ) -> Fact:
        """Let a fact say something else, or end at another time; its message is changed in place. Raises `UserError`."""
        now = self._services.clock.now()
        if expires_at is not None and expires_at <= now:
            raise UserError(PAST)
        async with self._services.database.transaction() as conn, in_guild(conn, self._guild_id):
            fact = await self._live(conn, fact_id)
            to = fact.text if text is None else _checked(text)
            there = await fact_table.same(conn, fact.channel_id, to)
            if there is not None and there.id != fact.id:
                raise UserError(THERE_ALREADY.format(number=there.number))
            return await self._rewritten(
                conn,
                self._marker(words),
                replace(
                    fact, text=to, before=fact.text, noted_at=now, expires_at=expires_at or fact.expires_at
                ),
            )

    async def take_back(self, fact_id: UUID, version: int, words: FactWords) -> Fact:
        """Let a fact say again what it said before its last change, which made it ``version``. Raises `UserError`."""
        async with self._services.database.transaction() as conn, in_guild(conn, self._guild_id):
            fact = await self._live(conn, fact_id)
            if fact.version != version or fact.before is None:
                raise UserError(CHANGED.format(number=fact.number))
            there = await fact_table.same(conn, fact.channel_id, fact.before)
            if there is not None and there.id != fact.id:
                raise UserError(THERE_ALREADY.format(number=there.number))
            return await self._rewritten(
                conn, self._marker(words), replace(fact, text=fact.before, before=None)
            )

    async def remove(self, fact_id: UUID, words: FactWords) -> Fact:
        """Let a fact hold no longer; its pin is taken off. Raises `UserError` where that is so already."""
        now = self._services.clock.now()
        async with self._services.database.transaction() as conn, in_guild(conn, self._guild_id):
            fact = await self._live(conn, fact_id)
            await fact_table.end(conn, fact, "removed", now)
            return await self._marker(words).take_down(conn, replace(fact, state="removed", ended_at=now))

    async def restore(self, fact_id: UUID, words: FactWords) -> Fact:
        """Let a fact hold again that was removed, or that another had taken the place of. Raises `UserError`."""
        async with self._services.database.transaction() as conn, in_guild(conn, self._guild_id):
            fact = await self._locked(conn, fact_id)
            if fact.is_live:
                raise UserError(HOLDS.format(number=fact.number))
            there = await fact_table.same(conn, fact.channel_id, fact.text)
            if there is not None:
                raise UserError(THERE_ALREADY.format(number=there.number))
            place = await place_table.known(conn, self._guild_id, fact.channel_id, self._home_id)
            marker, now = self._marker(words), self._services.clock.now()
            to = {"state": "live", "ended_at": None, "replaced_by": None}
            await fact_table.change(conn, fact, to)
            fact = replace(fact, state="live", ended_at=None, replaced_by=None)
            await self._make_room(conn, place, marker, now, fact)
            await place_table.has_changed(conn, self._guild_id, fact.channel_id)
            return await marker.show(conn, await marker.pin(conn, fact))

    # what stands

    async def here(self, words: str = "", limit: int = 1_000) -> list[Fact]:
        """The facts that hold here, in a thread also those of its channel, whose words hold ``words``; the newest first."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            return await fact_table.live(conn, self._guild_id, {self._place_id, self._home_id}, words, limit)

    async def find(self, number: int) -> Fact:
        """The fact of a number that holds here. Raises `UserError` where there is none."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            fact = await fact_table.find(conn, self._guild_id, number=number)
        if fact is None or fact.channel_id not in {self._place_id, self._home_id}:
            raise UserError(UNKNOWN)
        if not fact.is_live:
            raise UserError(NOT_LIVE.format(number=number))
        return fact

    async def of_number(self, number: int) -> Fact | None:
        """A fact of this server by its number, whether it holds or not."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            return await fact_table.find(conn, self._guild_id, number=number)

    async def get(self, fact_id: UUID) -> Fact | None:
        """A fact of this server, whether it holds or not."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            return await fact_table.find(conn, self._guild_id, fact_id=fact_id)

    async def may_not_pin(self) -> bool:
        """Whether Discord has lately refused to let the bot pin here."""
        async with self._services.database.connection() as conn:
            refused = await refused_table.of_channel(conn, self._place_id)
        return any(one.what == "pin" for one in refused)

    async def known(self) -> Knowledge:
        """All that is pinned here, and in a thread what is pinned in its channel, as Discord says at this moment.

        What was pinned last comes first, and holds where two contradict each other. Raises `OutsideError`.
        """
        places = [
            Pinned(
                self._guild_id, channel_id, await self._services.surface.pins(channel_id, limit=MOST_PINS), {}
            )
            for channel_id in dict.fromkeys((self._place_id, self._home_id))
        ]
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            places = [await self._with_facts(conn, one) for one in places]
        return known(places, self._services.clock.now())

    # looking after them

    async def changed(self, channel_id: int) -> bool:
        """Note that something happened to the pins of a place; False where it has no facts."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            return await place_table.has_changed(conn, self._guild_id, channel_id)

    async def is_said_in(self, message_id: int) -> bool:
        """Whether a message is, or was, one of a fact, or the list of them."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            if await place_table.is_index(conn, self._guild_id, message_id):
                return True
            return bool(await fact_table.of_messages(conn, self._guild_id, [message_id]))

    async def all_changed(self) -> None:
        """Note that anything may have happened in all places of this server."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            await place_table.all_changed(conn, self._guild_id)

    async def due(self) -> list[FactPlace]:
        """The places with facts to look at: something happened or is over there, or nobody has looked for an hour."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            return await place_table.due(conn, self._guild_id, self._services.clock.now())

    async def look(self, channel_id: int, words: FactWords, index: IndexRules) -> Verdicts | None:
        """Hold the facts of a place against its pins, and do what follows. Raises `OutsideError`."""
        services = self._services
        look = Look(services.database, services.clock, self._guild_id, self._marker(words), index)
        return await look.at(channel_id)

    async def for_recall(self, limit: int = 50) -> list[Fact]:
        """Facts of which recall is to be told: that they hold as they are now, or hold no more."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            return await fact_table.for_recall(conn, self._guild_id, limit)

    async def recall_knows(self, fact: Fact, *, version: int) -> None:
        """Note which version of a fact recall knows by now; 0: none."""
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            await fact_table.change(conn, fact, {"recalled": version})

    async def forget_ended(self) -> int:
        """Delete what ended so long ago that nobody takes it back any more."""
        before = self._services.clock.now() - fact_table.KEPT
        async with self._services.database.connection() as conn, in_guild(conn, self._guild_id):
            return await fact_table.forget_ended(conn, self._guild_id, before)

    # parts

    async def _to_replace(self, conn: Connection, new: NewFact) -> Fact | None:
        if new.replaces is None:
            return None
        before = await fact_table.find(conn, self._guild_id, number=new.replaces)
        if before is None or before.channel_id != new.channel_id:
            raise UserError(UNKNOWN)
        if not before.is_live:
            raise UserError(NOT_LIVE.format(number=before.number))
        return before

    async def _make_room(
        self, conn: Connection, place: FactPlace, marker: Marker, now: datetime, fact: Fact
    ) -> tuple[Fact, ...]:
        """Take off facts where ``fact`` would be one too many; never what people pinned."""
        room = room_for_facts(place.others, index=place.index_row is not None)
        if room == 0:
            raise UserError(marker.words.no_room)
        facts = await fact_table.live(conn, self._guild_id, {fact.channel_id})
        evicted = to_evict([one for one in facts if one.id != fact.id], len(facts) - room)
        for one in evicted:
            await fact_table.end(conn, one, "evicted", now)
            await marker.take_down(conn, replace(one, state="evicted", ended_at=now))
        return tuple(evicted)

    async def _rewritten(self, conn: Connection, marker: Marker, fact: Fact) -> Fact:
        fact = replace(fact, version=fact.version + 1)
        await fact_table.change(
            conn,
            fact,
            {"text": fact.text, "before": fact.before, "version": fact.version, "noted_at": fact.noted_at, "expires_at": fact.expires_at},
        )  # fmt: skip
        await place_table.has_changed(conn, self._guild_id, fact.channel_id)
        return await marker.show(conn, fact)

    async def _locked(self, conn: Connection, fact_id: UUID) -> Fact:
        """A fact under the lock of its place, which comes before that of its row everywhere."""
        fact = await fact_table.find(conn, self._guild_id, fact_id=fact_id)
        if fact is not None:
            await fact_table.lock_place(conn, fact.channel_id)
            fact = await fact_table.find(conn, self._guild_id, fact_id=fact_id)
        if fact is None:
            raise UserError(GONE)
        return fact

    async def _live(self, conn: Connection, fact_id: UUID) -> Fact:
        fact = await self._locked(conn, fact_id)
        if not fact.is_live:
            raise UserError(NOT_LIVE.format(number=fact.number))
        return fact

    async def _with_facts(self, conn: Connection, one: Pinned) -> Pinned:
        facts = await fact_table.of_messages(conn, self._guild_id, [said.id for said in one.messages])
        place = await place_table.get(conn, self._guild_id, one.channel_id)
        index_id = None if place is None else await index_message.message_of(conn, place)
        return replace(one, facts=facts, index_id=index_id)

    def _marker(self, words: FactWords) -> Marker:
        return Marker(self._services.surface, self._cog, words)


def _checked(text: str) -> str:
    """A fact on one line. Raises `UserError`."""
    line = " ".join(text.split())
    if not any(character.isalnum() for character in line):
        raise UserError(EMPTY)
    if len(line) > LONGEST:
        raise UserError(TOO_LONG.format(most=LONGEST))
    return line
