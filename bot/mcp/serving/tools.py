"""A tool as data, and one call of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from bot.asks.rules import ApprovalRules
from bot.clock import Clock
from bot.config.web import Group, WebSection
from bot.discord.api import DiscordApi
from bot.mcp.serving.arguments import Arguments
from bot.mcp.serving.grants import Grant
from bot.mirror.picture import Channel
from bot.storage.database import Database
from bot.work.files import FileReader
from bot.work.services import Ring
from bot.work.surface import Surface

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """What tools work with."""

    database: Database
    surface: Surface
    api: DiscordApi
    clock: Clock
    """Of the machinery: what is waited for are seconds that pass."""
    ring: Ring
    ahead: Callable[[], float]
    settings: WebSection
    new_id: Callable[[], UUID]
    new_secret: Callable[[], str]
    rules: Callable[[int], Awaitable[ApprovalRules]]
    files: FileReader | None
    """Reads what people attached; None where nothing can be read."""
    poll: float = 0.3
    """Seconds between two looks at something that is waited for."""
    delivery: float = 20.0
    """Seconds that a call waits for what it says to be delivered."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call has its effect, which the token allows; ``channel`` None: on the server as a whole."""

    guild_id: int
    channel: Channel | None = None


type Progress = Callable[[float, str], Awaitable[None]]
"""Tells the program that calls for how many seconds its call has been worked on, and how it goes."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool. ``key`` comes with a call that may be a repeat; ``state`` is what we answered before."""

    desk: Desk
    grant: Grant
    place: Place | None
    id: UUID
    tool: str
    digest: str
    """SHA-256 of what it would do."""
    progress: Progress
    key: str | None = None
    state: str | None = None
    comes_again: bool = False
    """Whether the program calls again by itself when it is told that it is not done."""
    given: frozenset[str] = frozenset()
    """The arguments that were given, by our names."""

    @property
    def where(self) -> Place:
        """Where it has its effect; for tools that always have a place."""
        assert self.place is not None  # noqa: S101 - such tools have the arguments from which it is found
        return self.place

    @property
    def channel(self) -> Channel:
        """The channel in which it has its effect; as `where`."""
        assert self.where.channel is not None  # noqa: S101 - as above
        return self.where.channel


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool answers: a sentence, and data; ``bare``: the sentence alone, as it is."""

    summary: str
    data: JsonValue = None
    bare: bool = False
    flat: bool = False
    """Whether the data stands by itself, and not under ``data``."""
    pictures: tuple["Picture", ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that goes with an answer."""

    content: bytes = field(repr=False)
    mime: str


@dataclass(frozen=True, slots=True)
class Again:
    """Nothing yet: the program is to call again with ``state``."""

    state: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what it is called with, and what does it. What cannot be undone has a ``preview``."""

    name: str
    group: Group
    summary: str
    arguments: type[Arguments]
    do: Callable[[Call, Any], Awaitable[Outcome | Again]]
    changes: bool = True
    records_itself: bool = False
    """Whether it is recorded in the transaction that does it, and not before."""
    preview: Callable[[Call, Any], Awaitable[str]] | None = None


def reading(
    name: str,
    summary: str,
    arguments: type[Arguments],
    do: Callable[[Call, Any], Awaitable[Outcome | Again]],
    group: Group = "read",
) -> Tool:
    """A tool that changes nothing."""
    return Tool(name, group, summary, arguments, do, changes=False)


type Tools = Sequence[Tool]
