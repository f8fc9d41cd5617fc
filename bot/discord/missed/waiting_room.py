"""Where what happens now waits, while what happened before in the same place is still being read back."""

from collections.abc import Iterator, Sequence

from bot.discord.events import Deletion, Edit, Happening, Message, Reaction, ThreadChange, Where

type Event = Message | Happening


class WaitingRoom:
    """Closed for every guild when a session begins; channels are opened one by one, then the whole guild."""

    def __init__(self) -> None:
        self._open_guilds: set[int] = set()
        self._open_channels: set[tuple[int, int]] = set()
        self._waiting: dict[tuple[int, int], list[Event]] = {}

    def close(self, guild_id: int | None = None) -> None:
        """A session begins (or a guild comes back within one): everything waits. What waits already goes on waiting."""
        if guild_id is None:
            self._open_guilds.clear()
            self._open_channels.clear()
            return
        self._open_guilds.discard(guild_id)
        self._open_channels = {place for place in self._open_channels if place[0] != guild_id}

    def waits(self, event: Event) -> bool:
        """Whether an event has to wait, which it then does. A thread just opened has no past to wait for."""
        where = where_of(event)
        if where.guild_id is None or where.direct or where.guild_id in self._open_guilds:
            return False
        place = (where.guild_id, where.channel_id)
        if isinstance(event, ThreadChange) and event.action == "created":
            self._open_channels.add(place)
        if place in self._open_channels:
            return False
        self._waiting.setdefault(place, []).append(event)
        return True

    def open_channel(self, guild_id: int, channel_id: int, read: Sequence[Message] = ()) -> list[Event]:
        """What was ``read`` back in a channel and what has waited there, in order; nothing waits there any more."""
        place = (guild_id, channel_id)
        self._open_channels.add(place)
        return list(_in_order(read, self._waiting.pop(place, [])))

    def open_guild(self, guild_id: int) -> list[Event]:
        """What still waits in a guild, by channel; nothing waits there any more."""
        self._open_guilds.add(guild_id)
        channels = [channel for guild, channel in self._waiting if guild == guild_id]
        return [event for channel in channels for event in self.open_channel(guild_id, channel)]


def where_of(event: Event) -> Where:
    """Where something happened."""
    return event.message.where if isinstance(event, Edit) else event.where


def _in_order(read: Sequence[Message], waited: Sequence[Event]) -> Iterator[Event]:
    """Messages by their ids; what happened to a message after it."""
    left = list(read)
    for event in waited:
        upto = _message_id(event)
        while left and left[0].id <= upto:
            yield left.pop(0)
        yield event
    yield from left


def _message_id(event: Event) -> int:
    match event:
        case Message():
            return event.id
        case Edit():
            return event.message.id
        case Deletion() | Reaction():
            return event.message_id
        case _:
            return 0
