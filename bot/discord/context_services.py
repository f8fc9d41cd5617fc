"""What every context works with, put together once by the app."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from bot.agents.agent import Persona
from bot.asks.present import Present
from bot.bus.bridge import Bridge
from bot.bus.work import BusEnd
from bot.clock import Clock
from bot.config.loaded import LoadedConfig
from bot.discord.agents_desk import AgentsParts
from bot.discord.guild_members import GuildMembers
from bot.discord.memory_desk import MemoryParts
from bot.discord.runs_desk import DeskServices
from bot.memory.facts.desk import FactServices
from bot.memory.recaller import Recaller
from bot.mirror.reader import Mirror
from bot.plugins.owner import offered_models
from bot.review.desk import CodeParts
from bot.storage.database import Database
from bot.work.files import FileReader
from bot.work.services import RunServices
from bot.work.surface import Connection, Surface
from bot.work.tasks.giving import TaskServices


@dataclass(frozen=True, slots=True)
class ContextServices:
    """What every context works with; made once by the app."""

    database: Database
    surface: Surface
    ring: Callable[[Connection, UUID], Awaitable[None]]
    """The doorbell: says in the caller's transaction that a run is there."""
    new_id: Callable[[], UUID]
    me: int
    """The bot's user id."""
    message_content: bool
    """Whether the bot may read messages that do not mention it."""
    persona: Callable[[str], Persona]
    """Who an agent is."""
    agent_called: Callable[[str], str | None]
    """What the config calls the agent that speaks under a name; None where there is none."""
    clock: Clock
    permit: Callable[[int, Persona], Persona]
    """The agent as the owner lets it work on a server; raises `UserError` where it may not."""
    agents: AgentsParts
    """Every agent, for those who look after them."""
    present: Present | None = None
    """What people are on a server at this moment, asked of Discord."""
    files: FileReader | None = None
    """Reads what people attached."""
    code: CodeParts | None = None
    """Repositories and what checks them; None where the owner names none."""
    ahead: Callable[[], float] = lambda: 0.0
    """By how many seconds people's time is ahead of the database's: only ever where a test moves it."""
    memory: MemoryParts | None = None
    """What is remembered, and who may read it; None where nothing is."""
    bridge: Bridge | None = None
    """The connection to an agent bus; None where the owner names none."""
    bus: BusEnd | None = None
    """Its agents as workers."""

    def within(self, guild_id: int) -> "ContextServices":
        """The same, for what happens in one guild: of the database there is only what is its own."""
        return replace(self, database=self.database.within(guild_id))

    @property
    def tasks(self) -> TaskServices:
        """What looking after tasks needs."""
        return TaskServices(
            self.database, self.surface, self.ring, self.new_id, self.clock, self.ahead, self.present
        )

    @property
    def facts(self) -> FactServices:
        """What looking after facts needs."""
        return FactServices(self.database, self.surface, self.new_id, self.clock)

    @property
    def runs(self) -> DeskServices:
        """What looking after runs needs."""
        return DeskServices(self.database, self.surface, self.ring, self.ahead, self.present, self.files)


def context_services(
    loaded: LoadedConfig,
    services: RunServices,
    me: int,
    mirror: Mirror,
    members: GuildMembers,
    bridge: Bridge | None,
) -> ContextServices:
    """What contexts work with beside the runs of the same process."""
    return ContextServices(
        database=services.database,
        surface=services.surface,
        ring=services.ring,
        new_id=uuid4,
        me=me,
        message_content=loaded.config.discord.message_content,
        persona=services.personas.get,
        agent_called=services.personas.called,
        clock=services.clock,
        permit=services.permit,
        agents=AgentsParts(
            personas=services.personas,
            permit=services.permit,
            models=partial(offered_models, loaded.config),
            database=services.database,
            clock=services.clock,
            zone=ZoneInfo(loaded.config.timezone),
        ),
        ahead=services.ahead,
        present=services.present,
        files=services.files,
        bridge=bridge,
        bus=services.bus,
        memory=MemoryParts(
            services.database, Recaller(services.library, mirror), members.reader, services.clock
        ),
        code=services.code,
    )
