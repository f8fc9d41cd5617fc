"""What comes in from Discord, as the rest of the program sees it; everything in it is untrusted."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Author:
    """Who did it; ``name`` is what people see. ``permissions`` are Discord's bits, where it happened."""

    id: int
    name: str
    is_bot: bool = False
    roles: tuple[int, ...] = ()
    permissions: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """The guild and the channel or thread; ``guild_id`` is None in a direct message.

    ``home_id`` and ``home_name`` are the channel's, also where it happened in a thread of it.
    """

    guild_id: int | None
    channel_id: int
    in_thread: bool
    home_id: int = 0
    home_name: str = ""


@dataclass(frozen=True, slots=True)
class RepliedTo:
    """The message that another one answers: its id, who said it (the name that people see) and what.

    ``mine`` says that this bot did, and ``agent`` as which of its agents, by the name in the config. ``text`` is empty
    where Discord did not send it; the message may be gone by now.
    """

    id: int
    author: str = ""
    text: str = ""
    mine: bool = False
    agent: str | None = None
    webhook_id: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """Something a member (or a bot) said.

    ``hidden`` says that Discord kept its text back: without the Message Content intent only what mentions the bot (a
    reply to an agent does not), direct messages and the targets of context menus can be read. ``reply_to`` is the
    message that it answers; it is not told of the target of a context menu.
    """

    id: int
    where: Where
    author: Author
    text: str
    mentions_me: bool
    reply_to: RepliedTo | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Interaction:
    """A command, a button or a request for suggestions; must be answered within three seconds."""

    id: int
    token: str
    kind: Literal["command", "component", "autocomplete", "modal", "ping"]
    where: Where
    author: Author
    data: dict[str, Any]
    message_id: int | None = None
    readable: tuple[int, ...] = ()
    """The channels whose history the author may read, and whoever reads an answer given here."""
