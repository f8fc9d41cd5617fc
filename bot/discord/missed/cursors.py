"""How far each channel was heard: kept in memory, written down together, never further than what is done.

A message counts as heard when all cogs that wanted it have ended with it. While a guild is being caught up with, nothing
of it moves on: whoever dies then begins where it began.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.discord.missed.cursor_table import Place


@dataclass(slots=True)
class _Channel:
    position: int
    newest: int = 0
    under_way: Counter[int] = field(default_factory=Counter[int])

    def reached(self) -> int:
        """Up to where everything is done."""
        return max(self.position, min(self.under_way) - 1 if self.under_way else self.newest)


class Cursors:
    """The cursors of all guilds; ids are messages', which grow with time."""

    def __init__(self) -> None:
        self._since: dict[int, int] = {}
        self._channels: dict[Place, _Channel] = {}
        self._held: set[int] = set()
        self._changed: set[Place] = set()
        self._passed: set[Place] = set()

    def knows(self, guild_id: int) -> bool:
        """Whether it is known how far a guild was heard."""
        return guild_id in self._since

    def load(self, guild_id: int, since: int, positions: Mapping[int, int]) -> None:
        """Take in what was written down about a guild: its channels count from ``since`` where they have no position."""
        self.forget(guild_id)
        self._since[guild_id] = since
        for channel_id, position in positions.items():
            self._channels[guild_id, channel_id] = _Channel(position)

    def forget(self, guild_id: int) -> None:
        """Nobody listens in a guild any more."""
        self._since.pop(guild_id, None)
        self._held.discard(guild_id)
        for place in [one for one in self._channels if one[0] == guild_id]:
            del self._channels[place]
            self._changed.discard(place)
            self._passed.discard(place)

    def position(self, guild_id: int, channel_id: int) -> int:
        """Up to where a channel was heard."""
        channel = self._channels.get((guild_id, channel_id))
        since = self._since.get(guild_id, 0)
        return since if channel is None else max(since, channel.position)

    def begin(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """A cog begins with a message; nothing is kept of guilds that are not known."""
        if guild_id not in self._since:
            return
        channel = self._channel(guild_id, channel_id)
        channel.under_way[message_id] += 1
        channel.newest = max(channel.newest, message_id)

    def done(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """A cog has ended with a message."""
        channel = self._channels.get((guild_id, channel_id))
        if channel is None:
            return  # forgotten meanwhile
        channel.under_way[message_id] -= 1
        if channel.under_way[message_id] <= 0:
            del channel.under_way[message_id]
        self._changed.add((guild_id, channel_id))

    def passed(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """Nobody wanted a message where somebody listens: not worth writing down, until something else is."""
        if guild_id not in self._since:
            return
        channel = self._channel(guild_id, channel_id)
        channel.newest = max(channel.newest, message_id)
        self._passed.add((guild_id, channel_id))

    def read_to(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """A channel was read back up to a message, and what is in it was begun."""
        channel = self._channel(guild_id, channel_id)
        channel.newest = max(channel.newest, message_id)
        self._changed.add((guild_id, channel_id))

    def hold(self, guild_id: int | None = None) -> None:
        """Let the cursors of a guild (of all that are known) rest until it is caught up with."""
        self._settle()
        self._held.update(self._since if guild_id is None else {guild_id})

    def release(self, guild_id: int) -> None:
        """A guild is caught up with."""
        self._held.discard(guild_id)

    def to_write(self, *, at_the_end: bool = False) -> dict[Place, int]:
        """What has moved since it was written down last; tell `not_written` where that fails.

        ``at_the_end`` adds channels in which nobody wanted what was said, so that it is not read back.
        """
        if at_the_end:
            self._changed |= self._passed
            self._passed.clear()
        moved = self._settle()
        return {place: self._channels[place].position for place in moved}

    def not_written(self, places: Iterable[Place]) -> None:
        """Writing failed: the next `to_write` names these again."""
        self._changed.update(place for place in places if place in self._channels)

    def lowest_under_way(self, guild_id: int) -> int | None:
        """The oldest message of a guild that a cog is still busy with."""
        return min(
            (
                message
                for (guild, _), channel in self._channels.items()
                if guild == guild_id
                for message in channel.under_way
            ),
            default=None,
        )

    def drop_before(self, message_id: int) -> None:
        """Let go of channels in which nothing was said for so long that it would not be read back."""
        for place, channel in list(self._channels.items()):
            waits = place in self._changed or place in self._passed
            if not channel.under_way and not waits and channel.position < message_id:
                del self._channels[place]

    def _channel(self, guild_id: int, channel_id: int) -> _Channel:
        place = (guild_id, channel_id)
        if place not in self._channels:
            self._channels[place] = _Channel(self._since.get(guild_id, 0))
        return self._channels[place]

    def _settle(self) -> list[Place]:
        """Let the positions of guilds that are not held follow; which ones could."""
        moved = [place for place in self._changed if place[0] not in self._held]
        for place in moved:
            self._changed.discard(place)
            self._channels[place].position = self._channels[place].reached()
        return moved
