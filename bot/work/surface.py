"""The narrow way in which work speaks to people; what is behind it need not be Discord.

Everything written here goes into the caller's transaction and is delivered later, once and in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from psycopg import AsyncConnection

from bot.plugins.values import Attachment
from bot.work.choosing import Button, ButtonStyle, Choice, Select, SelectKind
from bot.work.embeds import Embed, EmbedField
from bot.work.polls import Delivered, Poll, PollVotes

__all__ = [
    "Button", "ButtonStyle", "Choice", "Connection", "Delivered", "Embed", "EmbedField", "File", "Importance", "Place", "Poll", "PollVotes", "Said", "Say",
    "Select", "SelectKind", "Speaker", "Surface", "Tag",
]  # fmt: skip

type Connection = AsyncConnection[Any]
type Importance = Literal["question", "result", "progress"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """The name (and picture) under which an agent speaks; ``agent`` is what the config calls it."""

    name: str
    avatar_url: str | None = None
    agent: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a message, at most 10 MiB; ``alt`` says what a picture shows, and a picture must have one."""

    name: str
    content: bytes
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """What a message says. Mentions nobody but ``mentions`` and whole ``roles``; longer texts become several messages.

    ``urgency`` decides who goes first where not all can; progress is shown without a notification. Cards stand under
    the text, files go with the last message (with the card that shows them), and below it stand selects, then buttons:
    five rows, of which each select takes one. With ``previews`` Discord shows what the text links to. A message with a ``poll``
    cannot be edited.
    """

    text: str
    speaker: Speaker | None = None
    buttons: tuple[Button, ...] = ()
    mentions: tuple[int, ...] = ()
    reply_to: int | None = None
    urgency: Importance = "result"
    files: tuple[File, ...] = ()
    embeds: tuple[Embed, ...] = ()
    selects: tuple[Select, ...] = ()
    previews: bool = False
    roles: tuple[int, ...] = ()
    poll: Poll | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """The tag ``name`` of a forum's post, in place of whichever of ``of`` (names with their emoji) it has.

    At most 20 letters a name. People's own tags stay; what the forum lacks of these is made there.
    """

    name: str
    of: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said: a channel or thread, or the thread that an outbox row will open."""

    channel_id: int | None = None
    opened_by: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A message in a channel's history; its text is untrusted data."""

    id: int
    author: str
    author_id: int
    is_bot: bool
    text: str
    at: datetime
    link: str
    mine: bool = False
    """The bot itself said it, not an agent through a webhook."""
    webhook_id: int | None = None
    spoken: bool = True
    """Somebody wrote it; otherwise it is a notice of Discord's."""
    attachments: tuple[Attachment, ...] = ()
    pinned_at: datetime | None = None
    """Told of pins only."""


class Surface(Protocol):
    """Where work posts, edits, opens threads, shows states and reads what was said."""

    async def post(
        self, conn: Connection, key: str, place: Place, say: Say, *, run_id: Any = None
    ) -> list[int]:
        """Post in ``place``; the answer is the messages' outbox rows, for edits and threads."""
        ...

    async def is_posted(self, conn: Connection, key: str) -> bool:
        """Whether something was posted under this key."""
        ...

    async def delivered(self, conn: Connection, row: int) -> Delivered:
        """What became of a post: still on its way, there, or refused."""
        ...

    async def end_poll(self, channel_id: int, message_id: int) -> None:
        """End a poll of the bot's; one that is over or gone stays so. Raises `OutsideError`."""
        ...

    async def poll_votes(self, channel_id: int, message_id: int) -> PollVotes | None:
        """Who voted for what in a poll; None where it is gone. Raises `OutsideError`."""
        ...

    async def edit(self, conn: Connection, key: str, row: int, say: Say, *, after: int | None = None) -> None:
        """Change the message of ``row``; of several edits still waiting only the newest is sent.

        Files take the place of those that the message has; without files these stay.
        ``after`` names a row that has to be delivered first, also where it is of another channel.
        """
        ...

    async def replace(self, conn: Connection, key: str, row: int, say: Say) -> list[int]:
        """Make the message of ``row`` say all of ``say``; what does not fit follows in messages after it.

        The answer is the outbox rows of the edit and of those messages.
        """
        ...

    async def delete(self, conn: Connection, key: str, row: int) -> None:
        """Take back the message of ``row``."""
        ...

    async def open_thread(self, conn: Connection, key: str, row: int, name: str) -> Place:
        """Open a thread under the message of ``row``."""
        ...

    async def open_thread_on(
        self, conn: Connection, key: str, channel_id: int, message_id: int, name: str
    ) -> Place:
        """Open a thread under somebody's message; one that is there already is that thread."""
        ...

    async def open_private_thread(self, conn: Connection, key: str, channel_id: int, name: str) -> Place:
        """Open a thread that only those see who are mentioned in it."""
        ...

    async def open_forum_post(
        self,
        conn: Connection,
        key: str,
        channel_id: int,
        name: str,
        say: Say,
        *,
        tags: Sequence[int] = (),
        tag: Tag | None = None,
    ) -> Place:
        """Open a post of a forum with its first message; the row that opens it is also the message's."""
        ...

    async def change_thread(
        self,
        conn: Connection,
        key: str,
        place: Place,
        *,
        name: str | None = None,
        archived: bool | None = None,
        locked: bool | None = None,
        pinned: bool | None = None,
        tag: Tag | None = None,
    ) -> None:
        """Rename, archive, lock, pin (in its forum) or tag a thread, after what was said in it before."""
        ...

    async def react(self, conn: Connection, key: str, channel_id: int, message_id: int, emoji: str) -> None:
        """Show a state as the bot's reaction on a message."""
        ...

    async def unreact(self, conn: Connection, key: str, channel_id: int, message_id: int, emoji: str) -> None:
        """Take the bot's reaction back."""
        ...

    async def mark(self, conn: Connection, key: str, row: int, emoji: str, *, on: bool) -> None:
        """Show (or take back) a state under the message of ``row``, which may still be on its way."""
        ...

    async def pin(self, conn: Connection, key: str, channel_id: int, message_id: int) -> None:
        """Pin a message."""
        ...

    async def unpin(self, conn: Connection, key: str, channel_id: int, message_id: int) -> None:
        """Take a pin off."""
        ...

    async def pin_said(self, conn: Connection, key: str, row: int, *, on: bool = True) -> int:
        """Pin the message of ``row``, which may still be on its way, or take its pin off; the outbox row that does it."""
        ...

    async def pins(self, channel_id: int, *, limit: int = 250) -> Sequence[Said]:
        """A channel's pinned messages, the last pinned first, each with when it was pinned."""
        ...

    async def history(
        self,
        channel_id: int,
        *,
        since: timedelta | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> Sequence[Said]:
        """What was said in a channel or thread, oldest first, at most ``limit`` messages; between two where they are given."""
        ...
