"""A fact, and what becomes of it; plain data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

LONGEST = 500
"""Characters of a fact: one message holds it, and its line in a list is still a line."""
LONGEST_NAME = 100
MOST_PINS = 250
"""Of a channel or thread (https://discord.com/developers/docs/resources/message#pin-message)."""
SPARE_PINS = 5
"""Pins that are left for people, so that they need not take off facts first."""

type FactState = Literal["live", "unpinned", "evicted", "replaced", "expired", "removed", "unsaid"]
"""``live`` is what agents know, once it is pinned. It ends when people take its message or pin away (``unpinned``), there was
no room for its pin (``evicted``), another took its place, its time was over, somebody removed it by command, or Discord took
no message there (``unsaid``)."""

type Row = Literal["pending", "sending", "sent", "superseded", "failed"]
"""How a row of the outbox stands."""

UNDER_WAY: frozenset[Row] = frozenset({"pending", "sending"})


@dataclass(frozen=True, slots=True)
class NewFact:
    """What is to be known in ``channel_id``, a channel or a thread of ``home_id``.

    ``stated_id`` and ``stated_name`` say whose words they are. ``noted_id`` had it kept, by ``agent`` where an agent did so
    for them. ``source_id`` is the message, in the same place, that it was taken from. The texts come from outside.
    """

    channel_id: int
    home_id: int
    text: str
    stated_name: str
    noted_id: int
    stated_id: int | None = None
    agent: str = ""
    source_id: int | None = None
    expires_at: datetime | None = None
    replaces: int | None = None
    """The number of the fact that it takes the place of."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as it stands; columns of its row."""

    id: UUID
    guild_id: int
    channel_id: int
    number: int
    text: str
    version: int
    before: str | None
    stated_id: int | None
    stated_name: str
    noted_id: int
    agent: str
    source_id: int | None
    noted_at: datetime
    expires_at: datetime | None
    replaces: int | None
    replaced_by: int | None
    state: FactState
    ended_at: datetime | None
    said_row: int | None
    pin_row: int | None
    edit_row: int | None
    message_id: int | None
    marks: int
    recalled: int

    @property
    def is_live(self) -> bool:
        """Whether agents know it, once it is pinned."""
        return self.state == "live"

    @property
    def link(self) -> str:
        """Its message; empty until that is there."""
        return (
            "" if self.message_id is None else message_link(self.guild_id, self.channel_id, self.message_id)
        )

    @property
    def source_link(self) -> str:
        """The message that it was taken from; empty where there is none."""
        return "" if self.source_id is None else message_link(self.guild_id, self.channel_id, self.source_id)

    def is_over(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Standing:
    """A fact with how its message and the last mark on it stand in the outbox; ``marked_at``: when Discord had the mark."""

    fact: Fact
    said: Row | None
    marked: Row | None
    marked_at: datetime | None
    edited: Row | None


@dataclass(frozen=True, slots=True)
class FactPlace:
    """A channel or thread with facts; columns of its row."""

    channel_id: int
    guild_id: int
    home_id: int
    changed: bool
    looked_at: datetime | None
    read_at: datetime | None
    others: int
    index_row: int | None
    index_pin: int | None
    index_id: int | None
    index_text: str
    index_at: datetime | None
    index_off: bool
    marks: int
    told: str


def message_link(guild_id: int, channel_id: int, message_id: int) -> str:
    """Where a message is."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"
