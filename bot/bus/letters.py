"""What travels over a bus, whichever bus it is, and how one is spoken to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.errors import OutsideError

AGENT = "agent:"


@dataclass(frozen=True, slots=True)
class Letter:
    """Something that came from the bus; all of it is untrusted.

    ``id`` is the bus's own where it has one. ``answers`` is the request that its envelope names; only the buses with
    structured envelopes have that.
    """

    id: str
    source: str
    text: str
    at: datetime | None = None
    answers: str = ""

    @property
    def agent(self) -> str:
        """Who sent it, as `agent_name` writes it."""
        return agent_name(self.source)


@dataclass(frozen=True, slots=True)
class Page:
    """What was read at once, the oldest first. ``full`` says that there may be more than was asked for."""

    letters: Sequence[Letter] = ()
    full: bool = False
    asked_again: bool = False
    """Asking for a larger page shows older letters, since reading takes nothing away."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An agent on the bus; ``note`` is what it says of itself, untrusted."""

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bus can carry: characters in a message, letters in a page at rest and at most."""

    characters: int
    page: int
    most_page: int


class BusRefused(OutsideError):
    """The bus does not take this message, and will not take it later either."""

    may_pass = False


class BusBusy(OutsideError):
    """The bus wants to be left alone for ``seconds``; nothing was done."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class NotLetIn(OutsideError):
    """The bus does not accept the token; asking again is of no use."""

    may_pass = False


class Transport(Protocol):
    """One bus. Each method raises `OutsideError`, or one of its kinds above."""

    @property
    def kind(self) -> str:
        """What it speaks: ``sos``, ``sos-http``, ``mupot`` or ``in-process``."""
        ...

    @property
    def limits(self) -> Limits:
        """What it can carry."""
        ...

    async def send(self, to: str, text: str, request_id: str) -> None:
        """Send a request to an agent. Where the bus has ids, sending the same again under one does nothing."""
        ...

    async def receive(self, limit: int) -> Page:
        """What is in our inbox."""
        ...

    async def done(self, letters: Sequence[Letter]) -> None:
        """Say that letters are kept here now, so that the bus need not bring them again."""
        ...

    async def announce(self) -> None:
        """Say that we are there, where the bus keeps a list of that; needed again every ten minutes."""
        ...

    async def peers(self) -> list[Peer]:
        """Who is on the bus."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """How we log in: where the bus is, with which token, and what we are called there."""

    url: str
    token: str = field(repr=False)
    name: str


def agent_name(source: str) -> str:
    """An agent's bare name: ``agent:Kasra`` and ``kasra`` are the same."""
    return source.strip().casefold().removeprefix(AGENT).strip()
