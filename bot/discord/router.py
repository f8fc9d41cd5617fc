"""Takes what comes in from Discord to where it belongs: guilds to their life, messages and interactions to cogs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import structlog

from bot.clock import Clock
from bot.discord import refused_table
from bot.discord.api import DiscordApi
from bot.discord.choices_watch import ChoicesWatch
from bot.discord.context_services import ContextServices
from bot.discord.direct.conversations import DirectConversations
from bot.discord.direct.servers import DirectServers
from bot.discord.entrance import Entrance
from bot.discord.events import Happening, Interaction, Message
from bot.discord.guild_life import GuildLife
from bot.discord.guild_members import GuildMembers
from bot.discord.interactions import Interactions
from bot.discord.listening import Listening
from bot.discord.missed.catching_up import CatchingUp
from bot.discord.missed.cursors import Cursors
from bot.discord.missed.guild_seen import GuildSeen
from bot.discord.missed.history import History
from bot.discord.missed.settings import ReadBackSettings
from bot.discord.missed.waiting_room import where_of
from bot.discord.registrar import Registrar
from bot.discord.server_parts import ServerParts
from bot.discord.timekeeper import Timekeeper, TimekeeperSettings
from bot.errors import OutsideError
from bot.plugins.cog import Cog
from bot.plugins.guilds import Guilds
from bot.plugins.refusal_book import RefusalBook
from bot.work.surface import Place, Say

HOW_TO_BE_LET_IN = (
    "Hello! The owner of this bot chooses the servers it works on, and this one is not among them yet. "
    "Ask them to add `{guild_id}` under `servers.allow`; nothing else works here until then."
)

ALL_THERE_LOOKS, ALL_THERE_PAUSE = 150, 0.1
"""How often, and after how many seconds each, is looked whether the servers have appeared."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RouterPace:
    """How often it looks for what nobody tells it; ``choices`` and ``refusals`` are seconds."""

    timekeeper: TimekeeperSettings = field(default_factory=TimekeeperSettings)
    choices: float = 30.0
    refusals: float = 1.0
    read_back: ReadBackSettings = field(default_factory=ReadBackSettings)


class Router:
    """Implements `bot.discord.gateway.Listener` for the loaded cogs."""

    def __init__(
        self,
        api: DiscordApi,
        cogs: Mapping[str, Cog],
        guilds: Guilds,
        registrar: Registrar,
        services: ContextServices,
        *,
        absent: Mapping[str, str] | None = None,
        machinery: Clock | None = None,
        pace: RouterPace | None = None,
    ) -> None:
        self._guilds = guilds
        self._registrar = registrar
        self._services = services
        self.entrance = Entrance(api.user_id, cogs, guilds, services, lambda: self._parts)
        self._pace = pace = pace or RouterPace()
        self._machinery = machinery = machinery or services.clock
        self.timekeeper = Timekeeper(
            self.entrance,
            guilds,
            services.database,
            services.clock,
            pace.timekeeper,
            machinery=machinery,
        )
        discords, cursors = replace(machinery, now=services.clock.now), Cursors()
        self.missed = CatchingUp(
            self.entrance,
            Listening(self.entrance, cursors, machinery),
            cursors,
            History(api),
            services.database,
            discords,
            pace.read_back,
            reads_all=services.message_content,
        )
        self.life = GuildLife(
            cogs,
            guilds,
            registrar,
            self.entrance.own_context,
            by_the_clock=self.timekeeper,
            database=services.database,
            me=api.user_id,
            changed=self.missed.rules_changed,
        )
        self._book = RefusalBook(self.entrance.doorkeeper, services.database)
        self._names: dict[int, str] = {}
        self._coming: set[int] = set()
        self._told = asyncio.Event()
        servers = DirectServers(
            guilds,
            lambda: {guild: self._names.get(guild, str(guild)) for guild in self.life.guilds},
            GuildMembers(api, machinery),
            services.database,
            services.surface,
            machinery,
        )
        self._direct = DirectConversations(
            servers, self.missed.take, self._all_there, api, services.database, services.surface, machinery
        )
        self._parts = ServerParts(
            cogs,
            absent or {},
            guilds,
            self.life,
            self.entrance.doorkeeper,
            self._book,
            services.database,
            services.clock,
            servers,
        )
        self._watch = ChoicesWatch(services.database, guilds, self.life, machinery, pace.choices)
        self._interactions = Interactions(api, self.entrance, self._mend, self._direct)
        self._resynced: set[int] = set()
        self.ready: asyncio.Event = asyncio.Event()

    @property
    def guilds(self) -> frozenset[int]:
        """The guilds that have appeared."""
        return self.life.guilds

    @property
    def busy(self) -> bool:
        """Whether a guild is just being made as its admins chose."""
        return self.life.busy

    def zone(self, guild_id: int) -> ZoneInfo:
        """The time zone of a guild's people."""
        return self._guilds.zone(guild_id)

    async def keep_going(self) -> None:
        """Do, until cancelled, what nothing from Discord sets off.

        Commands that could not be registered are, jobs that are due are done, what admins chose through other processes
        takes effect, what was refused is noted, and how far everything was heard.
        """
        try:
            await self._keep_going()
        finally:
            await self._direct.close()

    async def _keep_going(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._registrar.again_forever(self.life.again), name="registrar")
            tasks.create_task(self.timekeeper.run_forever(lambda: self.life.guilds), name="timekeeper")
            tasks.create_task(self._watch.run_forever(), name="choices")
            tasks.create_task(self.missed.keep_forever(), name="missed")
            tasks.create_task(self._book.write_forever(self._machinery, self._pace.refusals), name="refusals")

    async def catch_up(self) -> list[int]:
        """Make take effect at once what admins chose through other processes; gives the guilds where they did."""
        return await self._watch.look()

    def session_began(self) -> None:
        """What was said since the last session is read back when the guilds are there."""
        self.missed.session_began()

    def all_told(self) -> None:
        """From now on it is known with whom the bot shares a server."""
        self._told.set()

    async def all_ready(self) -> None:
        """Wait for the first server, however long that takes, and then for the others."""
        await self.ready.wait()
        await self._all_there()

    async def _all_there(self) -> None:
        """Wait for the servers that Discord tells of at the start; what somebody writes is not refused before."""
        for _ in range(ALL_THERE_LOOKS):
            if self._told.is_set() and not self._coming:
                return
            await self._machinery.sleep(ALL_THERE_PAUSE)
        log.warning("not_all_servers_there", coming=len(self._coming))

    async def guild_ready(
        self, guild_id: int, name: str, talk_in: int | None = None, seen: GuildSeen | None = None
    ) -> None:
        """Register the guild's commands and let its cogs know; a guild that is not let in is told once."""
        session = self.missed.session
        self.missed.guild_comes(guild_id)
        self._names[guild_id] = name
        self._coming.add(guild_id)
        try:
            await self._book.open(guild_id)
            await self.life.appear(guild_id)
        except BaseException:
            self.missed.guild_without_rules(guild_id)
            raise
        finally:
            self._coming.discard(guild_id)
        if seen is None:
            self.missed.guild_without_rules(guild_id)
        elif session == self.missed.session:
            self.missed.guild_ready(seen)
        if not self._guilds.lets_in(guild_id) and talk_in is not None:
            async with self._services.database.transaction() as conn:
                say = Say(HOW_TO_BE_LET_IN.format(guild_id=guild_id))
                await self._services.surface.post(
                    conn, f"not_let_in:{guild_id}", Place(channel_id=talk_in), say
                )
        log.info("guild_ready", guild=guild_id, name=name, cogs=sorted(self.life.live(guild_id)))
        self.ready.set()

    async def guild_gone(self, guild_id: int) -> None:
        """The bot was thrown out of a guild."""
        await self.life.vanish(guild_id)
        await self.missed.guild_gone(guild_id)
        log.info("guild_gone", guild=guild_id)

    async def permissions_changed(self, guild_id: int) -> None:
        """Say again what could not be said for want of permissions."""
        try:
            async with self._services.database.transaction() as conn:
                await refused_table.permissions_changed(conn, guild_id)
        except OutsideError as error:
            log.warning("not_tried_again", guild=guild_id, reason=str(error))

    async def message(self, message: Message) -> None:
        """Offer a message to the cogs that listen."""
        if message.where.direct:
            self._direct.tell(message)
        else:
            self.missed.take(message)

    async def happened(self, event: Happening) -> None:
        """Tell the cogs that listen what happened to a message, to pins or to a thread."""
        if where_of(event).direct:
            self._direct.tell(event)
        else:
            self.missed.take(event)

    async def interaction(self, interaction: Interaction) -> None:
        """Answer a command, a button, a select, a form or a request for suggestions."""
        self.missed.noticed(interaction.where.guild_id, interaction.id)
        await self._interactions.take(interaction)

    async def _mend(self, guild_id: int | None) -> None:
        """Discord shows a command that we do not have: register anew, once for each guild and start."""
        if guild_id is None or guild_id in self._resynced:
            return
        self._resynced.add(guild_id)
        await self._registrar.forget(guild_id)
        await self.life.again(guild_id)
