"""What a person sees, put together from the events they hear: messages as they are now, channels, reactions."""

from collections.abc import Callable
from typing import cast

from bot.local_discord.model import Json

type Note = Callable[[Json], None]

BUFFER = 10_000


def emoji_key(emoji: Json) -> str:
    """An emoji as routes name it: the character itself, or ``name:id``."""
    return str(emoji["name"]) if emoji.get("id") is None else f"{emoji['name']}:{emoji['id']}"


class Seen:
    """The newest ten thousand messages that were heard of, the guilds, and their channels and threads, by id."""

    def __init__(self) -> None:
        self.messages: dict[str, Json] = {}
        self.guilds: dict[str, Json] = {}
        self.channels: dict[str, Json] = {}
        self.gone: set[str] = set()
        self.edits: dict[str, int] = {}
        self._reactions: dict[str, set[tuple[str, str]]] = {}
        self._notes: dict[str, Note] = {
            "MESSAGE_CREATE": self._message,
            "MESSAGE_UPDATE": self._changed,
            "MESSAGE_DELETE": lambda data: self.forget(data["id"]),
            "MESSAGE_DELETE_BULK": lambda data: self.forget(*data["ids"]),
            "MESSAGE_REACTION_ADD": lambda data: self._reacted(data, there=True),
            "MESSAGE_REACTION_REMOVE": lambda data: self._reacted(data, there=False),
            "MESSAGE_REACTION_REMOVE_ALL": self._no_reactions,
            "MESSAGE_REACTION_REMOVE_EMOJI": self._no_emoji,
            "GUILD_CREATE": self._guild,
            "CHANNEL_CREATE": self._channel,
            "CHANNEL_UPDATE": self._channel,
            "CHANNEL_DELETE": self._no_channel,
            "THREAD_CREATE": self._channel,
            "THREAD_UPDATE": self._channel,
            "THREAD_DELETE": self._no_channel,
        }

    def note(self, name: str, data: Json) -> None:
        """Take an event into account."""
        noted = self._notes.get(name)
        if noted is not None:
            noted(data)

    def reacted(self, message_id: str, emoji: str) -> set[str]:
        """Who put a reaction under a message since we listen, by user id."""
        return {user for key, user in self._reactions.get(message_id, ()) if key == emoji}

    def forget(self, *message_ids: str) -> None:
        """Remember messages only as being gone."""
        for message_id in message_ids:
            self.messages.pop(message_id, None)
            self._reactions.pop(message_id, None)
            self.edits.pop(message_id, None)
            self.gone.add(message_id)

    def _message(self, data: Json) -> None:
        # Put at the end, so that of two that fit the one that changed last is found.
        known = self.messages.pop(data["id"], {})
        self.messages[data["id"]] = {**known, **data}
        if len(self.messages) > BUFFER:
            oldest = next(iter(self.messages))
            del self.messages[oldest]
            self.edits.pop(oldest, None)

    def _changed(self, data: Json) -> None:
        self.edits[data["id"]] = self.edits.get(data["id"], 0) + 1
        self._message(data)

    def _reacted(self, data: Json, *, there: bool) -> None:
        entry = (emoji_key(data["emoji"]), str(data["user_id"]))
        under = self._reactions.setdefault(data["message_id"], set())
        (under.add if there else under.discard)(entry)

    def _no_reactions(self, data: Json) -> None:
        self._reactions.pop(data["message_id"], None)

    def _no_emoji(self, data: Json) -> None:
        lost = emoji_key(data["emoji"])
        under = self._reactions.get(data["message_id"], set())
        self._reactions[data["message_id"]] = {entry for entry in under if entry[0] != lost}

    def _guild(self, data: Json) -> None:
        self.guilds[data["id"]] = data
        for channel in cast("list[Json]", [*data.get("channels", []), *data.get("threads", [])]):
            self._channel({**channel, "guild_id": data["id"]})

    def _channel(self, data: Json) -> None:
        self.channels[data["id"]] = {**self.channels.get(data["id"], {}), **data}

    def _no_channel(self, data: Json) -> None:
        self.channels.pop(data["id"], None)
