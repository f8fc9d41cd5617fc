"""What comes in from Discord, as the rest of the program sees it; everything in it is untrusted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.plugins.values import Attachment, Role

NOBODY_ID = 0
"""The author's id where Discord does not say who did something."""
SPOKEN = frozenset({0, 19})
"""Types of messages that somebody wrote, ordinary ones and replies; the others are Discord's own notices."""


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
    """The guild and the channel or thread.

    ``home_id`` and ``home_name`` are the channel's, also where it happened in a thread of it. ``direct`` says that it was
    in direct messages; ``guild_id`` is then the guild that the conversation belongs to, and None before that is known.
    """

    guild_id: int | None
    channel_id: int
    in_thread: bool
    home_id: int = 0
    home_name: str = ""
    direct: bool = False
    thread_name: str = ""
    """What the thread is called it happened in, such as a forum's post; empty elsewhere."""
    bot_permissions: int | None = None
    """What the bot may do there; told of interactions only."""


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
    attachments: tuple[Attachment, ...] = ()
    mentioned_roles: tuple[Role, ...] = ()
    """Without names where the message was read back."""
    mentions_others: bool = False
    """It mentions people other than this bot."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A message whose text was changed, as it is now; ``at`` is when."""

    message: Message
    at: datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """A message that is gone; Discord says neither who took it away nor what it said."""

    message_id: int
    where: Where


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction put under a message (``added``), taken back (``removed``), or taken away by a moderator (``cleared``).

    ``emoji`` is the character itself, or ``name:id`` for a server's own; when cleared, empty means all of them and the
    ``author`` is nobody; the bot's own are told as cleared whoever took them back, the bot included. Of one who takes a reaction back Discord tells the id and nothing else.
    """

    message_id: int
    where: Where
    author: Author
    emoji: str
    action: Literal["added", "removed", "cleared"]


@dataclass(frozen=True, slots=True)
class Pins:
    """Something was pinned in a channel, or a pin was taken off; Discord does not say what or by whom."""

    where: Where
    last_pin: datetime | None


@dataclass(frozen=True, slots=True)
class ThreadChange:
    """A thread was opened, changed (renamed, archived, locked, or the reverse, or tagged), or deleted.

    ``where`` is the thread itself. A thread that had been archived before the bot connected and is deleted then is not
    told by nextcord; a watch on a message in it finds out.
    """

    where: Where
    action: Literal["created", "changed", "deleted"]
    name: str
    archived: bool
    locked: bool
    tags: tuple[str, ...] | None = None
    """Of a forum's post the names of its tags; None of other threads."""


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction under a message, and who chose it (the first few hundred)."""

    emoji: str
    count: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ThreadState:
    """How a thread stands."""

    id: int
    name: str
    archived: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class FoundAgain:
    """A watched message as it was found after a gap; ``note`` is what the cog wrote when it began to watch.

    ``gone`` is True where the message, or its whole channel, was deleted: the watch ends with that. ``thread`` is the
    thread that the message is in, or else the one under it.
    """

    note: str
    message_id: int
    where: Where
    gone: bool = False
    message: Message | None = None
    edited_at: datetime | None = None
    pinned: bool = False
    reactions: tuple[Reacted, ...] = ()
    thread: ThreadState | None = None


type Happening = Edit | Deletion | Reaction | Pins | ThreadChange
"""What happens beside messages, commands and buttons."""


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
    locale: str = ""
    """The language in which the person uses Discord, such as ``de`` or ``en-US``."""
