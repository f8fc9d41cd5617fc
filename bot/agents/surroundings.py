"""What an agent works with while it works for somebody; each part is a protocol, so that work and tests bring their own."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bot.agents.decisions import Decisions
from bot.agents.meter import Meter
from bot.agents.permit import Permit
from bot.agents.persona import Persona
from bot.agents.recorder import InMemory, Recorder, Under
from bot.agents.talk import Spoken
from bot.clock import Clock
from bot.config.agents import BetweenAgentsSection
from bot.mcp.toolbox import Toolbox
from bot.work.principal import Principal

if TYPE_CHECKING:
    from bot.agents.agent import Agent

type Say = Callable[[str], None]
"""Shows in a few words what is being done; it neither raises nor waits."""


class Board(Protocol):
    """Where people see what is being done."""

    def showing(self) -> AbstractAsyncContextManager[Say]:
        """Within the block, what is said is shown, with the time it has taken; nothing of it is kept."""
        ...


class Duty(Protocol):
    """What holds for an agent at this moment, whichever process asks."""

    async def current(self, persona: Persona, principal: Principal) -> Persona:
        """The agent as the server's admins want it, such as with another model. Raises `UserError` where it is paused."""
        ...

    def working(self, persona: Persona, say: Say, *, patient: bool) -> AbstractAsyncContextManager[None]:
        """Within the block, it works on one thing more; before, it is waited for until it has room for that.

        Raises `UserError` where it has none for long; at once where nobody is ``patient``.
        """
        ...


class Taint(Protocol):
    """Whether the work has read text from outside; once it has, that stays so."""

    async def mark(self, source: str) -> None:
        """Note that text of ``source`` was read."""
        ...

    async def marked(self) -> bool:
        """Whether any was."""
        ...


@dataclass(slots=True)
class Team:
    """Those an agent may hand tasks to, and what they have said to each other for this task."""

    member: "Callable[[str], Agent] | None" = None
    limits: BetweenAgentsSection = field(default_factory=BetweenAgentsSection)
    spoken: list[Spoken] = field(default_factory=list[Spoken])


@dataclass(frozen=True, slots=True)
class NoBoard:
    """Nobody looks."""

    @asynccontextmanager
    async def showing(self) -> AsyncGenerator[Say]:
        """Drop what is said."""
        yield lambda _text: None


@dataclass(frozen=True, slots=True)
class AlwaysOnDuty:
    """No admin has a say, and there is room for everything."""

    async def current(self, persona: Persona, principal: Principal) -> Persona:
        """As it is."""
        del principal
        return persona

    @asynccontextmanager
    async def working(self, persona: Persona, say: Say, *, patient: bool) -> AsyncGenerator[None]:
        """At once."""
        del persona, say, patient
        yield


@dataclass(slots=True)
class TaintInMemory:
    """Forgotten with the process."""

    sources: list[str] = field(default_factory=list[str])

    async def mark(self, source: str) -> None:
        """As `Taint.mark`."""
        self.sources.append(source)

    async def marked(self) -> bool:
        """As `Taint.marked`."""
        return bool(self.sources)


@dataclass(slots=True)
class Numbered:
    """Recorders for one conversation after the other; the same order gives the same names after a restart."""

    recorder: Recorder = field(default_factory=InMemory)
    count: int = 0

    def next(self) -> Recorder:
        """The recorder of the next conversation."""
        self.count += 1
        return Under(self.recorder, f"talk:{self.count}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an agent works with for one run."""

    meter: Meter
    toolbox: Toolbox
    permit: Permit
    talks: Numbered = field(default_factory=Numbered)
    duty: Duty = field(default_factory=AlwaysOnDuty)
    taint: Taint = field(default_factory=TaintInMemory)
    board: Board = field(default_factory=NoBoard)
    team: Team = field(default_factory=Team)
    clock: Clock = field(default_factory=Clock)
    decisions: Decisions | None = None
    """None: nobody can be asked, so that what needs people's agreement is refused."""
