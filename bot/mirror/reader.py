"""The mirror as workers and recall ask it: who may read what in a guild, or that this cannot be told just now."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from bot.errors import OutsideError
from bot.mirror import channel_table, guild_table
from bot.mirror.audience import Audience
from bot.mirror.permissions import Reader, in_channel, reads
from bot.mirror.picture import CATEGORY, PRIVATE_THREAD, Channel, Picture
from bot.storage.database import Database

_SENTENCES = {
    "unknown": "I have not seen yet who may read what in this server; please try again in a minute.",
    "missed": "I may have missed changes to who may read what in this server; please try again in a minute.",
    "silent": "I have not heard from Discord for a while, so I cannot tell who may read what; please try again later.",
    "unavailable": "Discord says that this server is not available just now; please try again when it is back.",
    "unreadable": "Discord said something about this server that I do not understand, so I cannot tell who may read what; "
    "please try again later.",
    "place": "I do not know this place yet, so I cannot tell who may read it; please try again in a minute.",
}

type TakesPart = Callable[[int, int], Awaitable[bool]]
"""Whether a member (second) is in a private thread (first); Discord is asked, and `OutsideError` raised if it fails."""


class Stale(OutsideError):
    """Who may read what cannot be told just now; the sentence is for the person who asked.

    Attributes:
        why: ``unknown``, ``missed``, ``silent``, ``unavailable``, ``unreadable``, or ``place``.
    """

    def __init__(self, why: str) -> None:
        super().__init__(_SENTENCES.get(why, _SENTENCES["missed"]))
        self.why = why


@dataclass(frozen=True, slots=True)
class MirrorSettings:
    """How the mirror is read.

    Attributes:
        silence: seconds after which a silent line is no longer trusted. Discord says something every 41 seconds at
            least; this is also how long a killed bot's mirror is believed.
        most_guilds: guilds that are kept in memory.
    """

    silence: float = 90.0
    most_guilds: int = 200


@dataclass(frozen=True, slots=True)
class Readable:
    """Channels (each with its public threads) and private threads that may be read, as of a guild's version."""

    guild_id: int
    version: int
    ids: frozenset[int]


class Mirror:
    """Reads the mirror, in any process. Safe to use from any task of the event loop."""

    def __init__(
        self, database: Database, takes_part: TakesPart, settings: MirrorSettings | None = None
    ) -> None:
        self._database = database
        self._takes_part = takes_part
        self._settings = settings or MirrorSettings()
        self._known: OrderedDict[int, Picture] = OrderedDict()

    async def picture(self, guild_id: int) -> Picture:
        """A guild's roles and channels as they are now, with one query. Raises `Stale`."""
        before = self._known.get(guild_id)
        async with self._database.connection() as conn:
            found = await guild_table.read(
                conn,
                guild_id,
                known=None if before is None else before.version,
                silence=self._settings.silence,
            )
        if found is None or found.doubt is not None:
            self._known.pop(guild_id, None)
            raise Stale("unknown" if found is None or found.doubt is None else found.doubt)
        picture = found.picture or before
        if picture is None:
            raise Stale("unknown")
        self._known[guild_id] = picture
        self._known.move_to_end(guild_id)
        while len(self._known) > self._settings.most_guilds:
            self._known.popitem(last=False)
        return picture

    async def readable_by_all_of(self, guild_id: int, place_id: int) -> Readable:
        """What everybody who can see a channel or thread can read; what an answer given there may be made of.

        Sound for members with any roles, and not complete: see `bot.mirror.audience`. Raises `Stale`.
        """
        picture = await self.picture(guild_id)
        place = await self._place(picture, place_id)
        return Readable(guild_id, picture.version, Audience(picture).readable_by_all_of(place))

    async def readable_by(
        self, guild_id: int, reader: Reader, *, place_id: int | None, private_threads: Collection[int] = ()
    ) -> Readable:
        """What one member can read; what an answer that only they see may be made of.

        Of ``private_threads`` those that they are in or look after: Discord is asked for one at a time. Age-restricted
        channels count only where ``place_id`` is one (None: direct messages), since nobody says how old the member is. Raises `Stale`, and
        `OutsideError` where Discord cannot be asked.
        """
        picture = await self.picture(guild_id)
        home = None if place_id is None else picture.base_of(await self._place(picture, place_id))
        restricted = home is not None and home.nsfw
        ids = {
            channel.id
            for channel in picture.channels.values()
            if channel.kind != CATEGORY and _open_to(picture, reader, channel, restricted=restricted)
        }
        async with self._database.connection() as conn:
            threads = await channel_table.find(conn, private_threads)
        for thread in threads:
            # First without asking: most threads are in channels that the member cannot see anyway.
            if thread.kind == PRIVATE_THREAD and thread.parent_id in ids:
                ids |= {thread.id} if await self._in_private_thread(picture, reader, thread) else set()
        return Readable(guild_id, picture.version, frozenset(ids))

    async def may_read(self, guild_id: int, reader: Reader, place_id: int) -> bool:
        """Whether a member can read what was said in a channel or thread, whatever their age. Raises as above."""
        picture = await self.picture(guild_id)
        place = await self._place(picture, place_id)
        if place.kind == PRIVATE_THREAD:
            return await self._in_private_thread(picture, reader, place)
        return _open_to(picture, reader, place, restricted=True)

    async def _in_private_thread(self, picture: Picture, reader: Reader, thread: Channel) -> bool:
        if reads(in_channel(picture, reader, thread), thread):
            return True
        if not reads(in_channel(picture, reader, thread, takes_part=True), thread):
            return False
        return await self._takes_part(thread.id, reader.id)

    async def _place(self, picture: Picture, place_id: int) -> Channel:
        place = picture.channels.get(place_id)
        if place is None:
            async with self._database.connection() as conn:
                place = next(iter(await channel_table.find(conn, (place_id,))), None)
        if place is None or picture.base_of(place) is None:
            raise Stale("place")
        return place


def _open_to(picture: Picture, reader: Reader, place: Channel, *, restricted: bool) -> bool:
    home = picture.base_of(place)
    if home is None or (home.nsfw and not restricted):
        return False
    return reads(in_channel(picture, reader, place), place)
