"""What every run works with, put together once by the app."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from bot.agents.meter import Meter
from bot.agents.persona import Persona
from bot.agents.personas import Personas
from bot.asks.present import Present
from bot.asks.rules import ApprovalRules
from bot.bus.work import BusEnd
from bot.clock import Clock
from bot.config.agents import BudgetSection
from bot.mcp.acceptance import Acceptance
from bot.mcp.toolbox import Toolbox
from bot.memory.known import Knowledge
from bot.memory.library import Library
from bot.observe.known_secrets import NO_SECRETS, Secrets
from bot.review.desk import CodeParts
from bot.storage.database import Database
from bot.work.agency import Agency
from bot.work.files import FileReader
from bot.work.principal import Principal
from bot.work.streaming import PACE
from bot.work.surface import Connection, Surface

type Ring = Callable[[Connection, UUID], Awaitable[None]]


async def usual_rules(_guild_id: int) -> ApprovalRules:
    """What holds where no admin has set anything."""
    return ApprovalRules()


async def unheard(_conn: Connection, _run_id: UUID) -> None:
    """No doorbell: what is due is found by looking, a little later."""


async def known(_guild_id: int) -> None:
    """Nothing is asked of what guilds have chosen."""


class Knowing(Protocol):
    """Gathers what cogs know of a place."""

    async def __call__(
        self, principal: Principal, place_id: int, reads: Callable[[int, str], bool]
    ) -> Knowledge:
        """What is known in a channel or thread, as far as ``reads`` lets the channel (its id and name) be read."""
        ...


type Readable = Callable[[Principal, int], Awaitable[Collection[int]]]
"""What all those can read who read what is said in a place on behalf of a principal. Raises `OutsideError`."""


@dataclass(frozen=True, slots=True)
class RunServices:
    """What every run works with; made once by the app."""

    database: Database
    surface: Surface
    personas: Personas
    tools: Toolbox
    library: Library
    clock: Clock
    meter: Callable[[UUID, Principal, BudgetSection], Meter]
    mention_after: float = 60.0
    """Whoever asked for something that took longer than these seconds is mentioned when it ends; 0: never."""
    me: int = 0
    """The bot's own id: what a job or the web began was asked for by nobody who could be mentioned."""
    pace: float = PACE
    """Seconds between two edits of a text that is shown while it is written."""
    permit: Callable[[int, Persona], Persona] = lambda _guild_id, persona: persona
    """The agent as the owner lets it work in a guild; raises `UserError` where it may not."""
    agency: Agency | None = None
    """What agents are sent with; None where no run asks any."""
    learn: Callable[[int], Awaitable[None]] = known
    """Makes this process know what a guild has chosen, before a run of that guild goes on in it."""
    ring: Ring = unheard
    """Says, in the caller's transaction, that a run can go on."""
    rules: Callable[[int], Awaitable[ApprovalRules]] = usual_rules
    """Who approves what agents want to do on a server."""
    present: Present | None = None
    """What people are on a server at this moment; None where nobody can tell, and what was true when they acted counts."""
    ahead: Callable[[], float] = lambda: 0.0
    """By how many seconds people's time is ahead of the database's: only ever where a test moves it."""
    machinery: Clock = field(default_factory=Clock)
    """Paces what goes by the seconds that pass, whatever time it is for people."""
    hold: float = 60.0
    """For how many seconds a tool call that asks people for something is kept, before it is given up and repeated later."""
    acceptance: Acceptance | None = None
    """How people accept tools that are not what was accepted; None where they cannot."""
    files: FileReader | None = None
    """Reads what people attached; None where nothing is attached."""
    secrets: Secrets = NO_SECRETS
    """What is not shown of a text while it grows, and not recorded."""
    code: CodeParts | None = None
    """Repositories and what checks them; None where the owner names none."""
    readable: Readable | None = None
    """What whoever reads along in a place can read; None where nobody knows."""
    knowing: Knowing | None = None
    """What cogs know of a place; None where there are none that do."""
    bus: BusEnd | None = None
    """The agents of a bus; None where the owner names none."""
