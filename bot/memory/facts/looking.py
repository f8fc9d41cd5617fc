"""Holds the facts of a place against what is pinned there, and does what follows from it, in one transaction."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.discord import refused_table
from bot.memory.facts import fact_table, index_message, place_table
from bot.memory.facts.deciding import Verdicts, decide, room_for_facts
from bot.memory.facts.fact import MOST_PINS, Fact, FactPlace
from bot.memory.facts.index_message import IndexRules
from bot.memory.facts.marking import Marker
from bot.storage.database import Database
from bot.storage.guild_scope import in_guild
from bot.work.surface import Connection, Place, Said, Say

OUR_UNPIN = timedelta(minutes=10)
"""For so long a pin that the bot takes off counts as gone; one that is still there then takes up room."""


@dataclass(frozen=True, slots=True)
class Look:
    """Looks at one place; made for each look."""

    database: Database
    clock: Clock
    guild_id: int
    marker: Marker
    index: IndexRules

    async def at(self, channel_id: int) -> Verdicts | None:
        """Read the pins of a place and settle its facts; None where there never were any.

        Raises `OutsideError` where Discord does not tell; the place is looked at again then.
        """
        async with self.database.connection() as conn, in_guild(conn, self.guild_id):
            place = await place_table.get(conn, self.guild_id, channel_id)
            if place is None:
                return None
            # Before the pins are read, so that what happens meanwhile is looked at once more.
            await place_table.change(conn, place, {"changed": False})
            read_at = await fact_table.database_time(conn)
        try:
            pinned = await self.marker.surface.pins(channel_id, limit=MOST_PINS)
            return await self._settled(channel_id, pinned, read_at)
        except BaseException:
            async with self.database.connection() as conn, in_guild(conn, self.guild_id):
                await place_table.has_changed(conn, self.guild_id, channel_id)
            raise

    async def _settled(self, channel_id: int, pins: Collection[Said], read_at: datetime) -> Verdicts | None:
        now, pinned = self.clock.now(), {one.id for one in pins}
        async with self.database.transaction() as conn, in_guild(conn, self.guild_id):
            await fact_table.lock_place(conn, channel_id)
            place = await place_table.get(conn, self.guild_id, channel_id)
            if place is None or (place.read_at is not None and place.read_at >= read_at):
                return None  # what somebody else has read meanwhile is newer
            standings = await fact_table.standings(conn, channel_id)
            ours = await fact_table.of_messages(conn, self.guild_id, pinned)
            index_id = await index_message.message_of(conn, place)
            others = len(pinned - {index_id}) - sum(_counts_as_ours(fact, now) for fact in ours.values())
            verdicts = decide(
                standings,
                pinned,
                read_at=read_at,
                now=now,
                room=room_for_facts(others, index=place.index_row is not None),
            )
            await self._apply(conn, verdicts, now)
            told = await self._pin_again(conn, place, verdicts, full=len(pinned) >= MOST_PINS)
            changes = await index_message.shown(
                conn, self.marker, self.index, place, verdicts.live, pinned=pinned, read_at=read_at, now=now
            )
            if verdicts.waiting or verdicts.unpinned:
                changes["changed"] = True
            await place_table.change(
                conn,
                place,
                {
                    **changes,
                    "others": others,
                    "looked_at": now,
                    "read_at": read_at,
                    "told": told,
                    "marks": place.marks + 1,
                },
            )
        return verdicts

    async def _apply(self, conn: Connection, verdicts: Verdicts, now: datetime) -> None:
        for fact in verdicts.taken_off:
            await fact_table.end(conn, fact, "unpinned", now)
        for fact in verdicts.unsaid:
            await fact_table.end(conn, fact, "unsaid", now)
        # What goes before what comes: Discord hears of them in this order.
        for fact in verdicts.expired:
            await fact_table.end(conn, fact, "expired", now)
            await self.marker.take_down(conn, replace(fact, state="expired", ended_at=now))
        for fact in verdicts.evicted:
            await fact_table.end(conn, fact, "evicted", now)
            await self.marker.take_down(conn, replace(fact, state="evicted", ended_at=now))
        for fact in verdicts.back:
            if await fact_table.same(conn, fact.channel_id, fact.text) is None:
                await fact_table.change(conn, fact, {"state": "live", "ended_at": None})
                if fact.state == "evicted":
                    await self.marker.show(conn, replace(fact, state="live", ended_at=None))
        for fact in verdicts.stale:
            await self.marker.say_anew(conn, fact)

    async def _pin_again(self, conn: Connection, place: FactPlace, verdicts: Verdicts, *, full: bool) -> str:
        """Try again what Discord did not take, where that may help; people are told once what is in the way."""
        if not verdicts.unpinned:
            return ""
        refused = await refused_table.of_channel(conn, place.channel_id)
        words = self.marker.words
        if any(one.what == "pin" for one in refused):
            why = words.may_not_pin
        elif full:
            why = words.no_room
        else:
            why = ""
        if why and why != place.told:
            key = f"{self.marker.cog}:facts:{place.channel_id}:told:{place.marks + 1}"
            await self.marker.surface.post(conn, key, Place(channel_id=place.channel_id), Say(why))
        if not full:
            for fact in verdicts.unpinned:
                await self.marker.pin(conn, fact)
        return why


def _counts_as_ours(fact: Fact, now: datetime) -> bool:
    """Whether its pin is counted with the facts: it is one, or the bot is taking it off just now."""
    return fact.ended_at is None or fact.state in {"unpinned", "evicted"} or now - fact.ended_at < OUR_UNPIN
