"""The composition root: from the configuration to a running bot; the only module that knows everything."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog

from bot.agents.configured import agency_of, personas_of
from bot.agents.duty import DutySettings
from bot.agents.personas import all_agents
from bot.asks.present import PresentMembers
from bot.asks.rules import COG as RULES_OF
from bot.asks.rules import RulesOfServers
from bot.bus.bridge import Bridge
from bot.bus.configured import bridge_of, bus_end_of
from bot.bus.parts import OfficeSettings
from bot.clock import Clock
from bot.config.loaded import LoadedConfig
from bot.config.models import RunsSection
from bot.discord.api import DiscordApi, open_api, point_at
from bot.discord.attachments import attachment_reader
from bot.discord.choices_watch import ChoicesWatch
from bot.discord.cog_knowledge import CogKnowledge
from bot.discord.cog_tools import CogTools
from bot.discord.commands import CommandSync
from bot.discord.context_services import ContextServices, context_services
from bot.discord.deliverer import Deliverer, DelivererSettings
from bot.discord.delivery import Delivery
from bot.discord.gateway import DIRECT_MESSAGES, REACTIONS, GatewaySettings, stay_connected
from bot.discord.guild_members import GuildMembers
from bot.discord.identities import Identities
from bot.discord.limits import LimitSettings
from bot.discord.lost import Lost
from bot.discord.mirror_intake import IntakeSettings, MirrorIntake
from bot.discord.mirror_writer import MirrorWriter, WriterSettings
from bot.discord.outbox_cleaning import CleaningSettings, OutboxCleaner
from bot.discord.registrar import Registrar, RegistrarSettings
from bot.discord.repository_events import RepositoryEvents
from bot.discord.router import Router, RouterPace
from bot.discord.surface import DiscordSurface
from bot.discord.thread_members import ThreadMembers
from bot.discord.worker_guilds import WorkerGuilds
from bot.llm.breakers import Breakers
from bot.mcp.joined import JoinedTools
from bot.mcp.serving.questions import WORKFLOWS
from bot.mcp.tool_servers import tool_servers
from bot.mcp.toolbox import Toolbox
from bot.memory.configured import embedder_of
from bot.memory.library import Library
from bot.memory.upkeep import look_after_memory
from bot.mirror.reader import Mirror
from bot.observe.known_secrets import telling
from bot.plugins.configured import cogs_by_intents, load_plugins
from bot.plugins.guilds import Guilds
from bot.plugins.lifecycle import Started, started
from bot.plugins.loading import Loaded
from bot.plugins.owner import permitted
from bot.review.configured import code_of
from bot.review.looking import Looking
from bot.storage.configured import database_of
from bot.storage.database import Database
from bot.web.opening import web_served
from bot.work.budget import RunMeter
from bot.work.doorbell import Doorbell
from bot.work.engine import Engine
from bot.work.outages import Outages
from bot.work.principal import Principal
from bot.work.services import RunServices
from bot.work.settings import EngineSettings
from bot.work.streaming import PACE

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the parts are; the defaults are right outside tests."""

    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    registrar: RegistrarSettings = field(default_factory=RegistrarSettings)
    intake: IntakeSettings = field(default_factory=IntakeSettings)
    mirror: WriterSettings = field(default_factory=WriterSettings)
    router: RouterPace = field(default_factory=RouterPace)
    streaming: float = PACE
    """Seconds between two edits of a text that is shown while it is written."""
    duty: DutySettings = field(default_factory=DutySettings)
    bridge: OfficeSettings | None = None
    """None: as the configuration says."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A running bot, for whoever started it."""

    database: Database
    router: Router
    engine: Engine
    mirror: Mirror
    tools: Toolbox
    web: str | None = None
    """Its web address, where it has one."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that works on runs and delivers what they say; with a gateway besides, it is a bot."""

    api: DiscordApi
    services: RunServices
    router: Router
    """Through its gate go the tools of cogs; nothing else comes in where there is no gateway."""
    engine: Engine
    parts: Mapping[str, Callable[[], Coroutine[Any, Any, None]]]
    """What has to go on for as long as it lives, by name."""
    bridge: Bridge | None = None
    """Kept at work by the process that has the gateway."""


async def run_bot(
    loaded: LoadedConfig,
    plugins: Loaded | None = None,
    *,
    recognised: Callable[[], None] | None = None,
    ready: Callable[[], None] | None = None,
) -> None:
    """Run the bot until cancelled, with ``plugins`` or all that are found.

    ``recognised`` is called when Discord has accepted the token, ``ready`` when the first guild is served. Raises `ConfigError`
    or `OutsideError` where it cannot start.
    """
    async with running_bot(loaded, plugins or load_plugins(loaded)) as bot:
        if recognised is not None:
            recognised()
        await bot.router.ready.wait()
        if ready is not None:
            ready()
        await asyncio.Event().wait()


async def run_worker(loaded: LoadedConfig, *, ready: Callable[[], None] | None = None) -> None:
    """Work on runs, on any machine that reaches the database, until cancelled; without a gateway.

    Raises `ConfigError` or `OutsideError` where it cannot start.
    """
    async with (
        _worker(loaded, load_plugins(loaded), Clock(), Clock(), Pace(), alone=True) as worker,
        _going_on(worker.parts),
    ):
        log.info("worker_ready")
        if ready is not None:
            ready()
        await asyncio.Event().wait()


@asynccontextmanager
async def running_bot(
    loaded: LoadedConfig,
    plugins: Loaded,
    *,
    clock: Clock | None = None,
    machinery: Clock | None = None,
    pace: Pace | None = None,
) -> AsyncGenerator[Bot]:
    """A bot that is connected, works and delivers until the block ends.

    ``clock`` says what time it is for cogs and on Discord. ``machinery`` (left out: the same) is the clock of what is
    measured against Postgres' own: leases, heartbeats, budgets, and of connections.
    """
    clock, pace, config = clock or Clock(), pace or Pace(), loaded.config
    machinery = machinery or clock
    async with _worker(loaded, plugins, clock, machinery, pace, alone=False) as worker:
        database, router = worker.services.database, worker.router
        intents = {"message_content"} if config.discord.message_content else set[str]()
        intents |= {DIRECT_MESSAGES} if config.servers.direct_messages else set[str]()
        intents |= (
            {REACTIONS} if any("reaction" in cog.hears for cog in router.entrance.cogs.values()) else set()
        )
        intake = MirrorIntake(machinery, uuid4, pace.intake)
        bridge = {} if worker.bridge is None else {"bridge": worker.bridge.run_forever}
        parts = {
            **worker.parts,
            **bridge,
            "router": router.keep_going,
            "gateway": partial(
                stay_connected,
                config.discord.bot_token,
                intents,
                router,
                clock=machinery,
                settings=pace.gateway,
                tap=intake,
            ),
            "mirror": MirrorWriter(database, intake, machinery, pace.mirror).run_forever,
        }
        if (code := worker.services.code) is not None:
            looking = Looking(code.github, database, code.section, machinery)
            told = RepositoryEvents(router.entrance, database, code.section.servers_of, machinery)
            parts["repositories"] = looking.look_forever
            parts["repository events"] = partial(told.tell_forever, router.all_ready, lambda: router.guilds)
        served = web_served(loaded, worker.api, worker.services, machinery, router.ready.is_set)
        async with _going_on(parts), served as web:
            mirror = Mirror(database, ThreadMembers(worker.api, machinery).takes_part)
            yield Bot(database, router, worker.engine, mirror, worker.services.tools, web)


@asynccontextmanager
async def _worker(
    loaded: LoadedConfig, plugins: Loaded, clock: Clock, machinery: Clock, pace: Pace, *, alone: bool
) -> AsyncGenerator[Worker]:
    """Everything that works on runs and delivers, opened but not going yet; ``alone``: without a gateway."""
    config, secrets = loaded.config, telling(loaded.secrets())
    if config.discord.api_url:
        point_at(config.discord.api_url)
    able, unable = cogs_by_intents(plugins.cogs, message_content=config.discord.message_content)
    async with AsyncExitStack() as stack:
        cogs = await stack.enter_async_context(started(able, config.cogs))
        cogs = Started(cogs.cogs, {**unable, **cogs.absent})
        database = await stack.enter_async_context(database_of(loaded, machinery))
        api = await stack.enter_async_context(
            open_api(
                config.discord.bot_token,
                request_seconds=config.discord.request_seconds,
                limits=LimitSettings(behind_proxy=config.discord.behind_proxy),
                clock=machinery,
                secrets=secrets,
            )
        )
        surface = DiscordSurface(api, clock, most_chunks=config.discord.most_chunks, secrets=secrets)
        outages = Outages(database, surface, config.servers.alert_channel)
        # Breakers count seconds that pass, so they go by the machinery's clock.
        breakers = Breakers(outages.changed, clock=machinery)
        personas = personas_of(loaded, plugins, breakers, clock)
        stack.push_async_callback(personas.aclose)
        embedder = await embedder_of(loaded, personas)
        if embedder is not None:
            stack.push_async_callback(embedder.aclose)
        agents = all_agents(config, plugins.agents).values()
        servers = await stack.enter_async_context(
            tool_servers(loaded, agents, database, breakers, clock, machinery)
        )
        library = Library(database, embedder, clock)
        cog_tools, cog_knowledge = CogTools(cogs.cogs), CogKnowledge(cogs.cogs)
        mirror = Mirror(database, ThreadMembers(api, machinery).takes_part)
        files = await stack.enter_async_context(attachment_reader(config.discord.api_url))
        members = GuildMembers(api, machinery)
        present = PresentMembers(members, database)
        doorbell = await stack.enter_async_context(Doorbell.opened(database))
        code = await stack.enter_async_context(code_of(loaded, database, machinery))
        bridge = bridge_of(loaded, database, surface, machinery, pace.bridge, lambda: router.entrance)
        guilds = Guilds(config, cogs.cogs, database)
        followed = WorkerGuilds(guilds)
        services = RunServices(
            database=database,
            surface=surface,
            personas=personas,
            tools=JoinedTools(dict.fromkeys(cog_tools.servers, cog_tools), servers.tools),
            library=library,
            clock=clock,
            meter=lambda run_id, principal, budget: RunMeter(
                database, machinery, run_id, principal, budget, config.budgets, ZoneInfo(config.timezone)
            ),
            mention_after=config.discord.mention_after,
            me=api.user_id,
            pace=pace.streaming,
            permit=partial(permitted, config),
            agency=agency_of(config, personas, members, database, pace.duty),
            learn=followed.learn if alone else guilds.learn,
            rules=RulesOfServers(database, dict(config.cogs.get(RULES_OF, {}))),
            present=present,
            ring=doorbell.ring,
            ahead=partial(_ahead, clock, machinery),
            acceptance=servers.acceptance,
            machinery=machinery,
            files=files,
            secrets=secrets,
            code=code,
            readable=partial(_readable, mirror, members),
            knowing=cog_knowledge,
            bus=None if bridge is None else bus_end_of(bridge, lambda: router.entrance, machinery),
        )
        workflows = {
            (cog.name, name): flow for cog in cogs.cogs.values() for name, flow in cog.workflows.items()
        }
        workflows |= WORKFLOWS
        engine = Engine(services, workflows, _engine_settings(pace.engine, config.runs), machinery)
        sync = CommandSync(api, database, direct_messages=config.servers.direct_messages)
        registrar = Registrar(sync, machinery, pace.registrar)
        context = context_services(loaded, services, api.user_id, mirror, members, bridge)
        router = _router(loaded, cogs, guilds, api, registrar, context, machinery, pace.router)
        identities = Identities(api, database, clock=machinery)
        cog_tools.serve(router.entrance, identities.homes, members)
        cog_knowledge.serve(router.entrance, identities.homes)
        deliverer = Deliverer(
            database,
            Delivery(api, identities),
            Lost(api, identities.homes),
            replace(machinery, now=clock.now),  # Discord's ids tell its time, and rows are looked up by them
            DelivererSettings.for_requests_of(config.discord.request_seconds),
        )
        cleaner = OutboxCleaner(
            database, machinery, CleaningSettings(age=timedelta(days=config.discord.keep_delivered))
        )
        parts = {
            "deliverer": deliverer.run_forever,
            "cleaner": cleaner.clean_forever,
            "runs": engine.work_forever,
            "doorbell": partial(doorbell.answer_forever, lambda _run_id: engine.ring()),
            "memory": partial(look_after_memory, library, database, machinery),
            "tool servers": servers.keep,
            "alerts": outages.tell_forever,
        }
        if alone:
            watch = ChoicesWatch(database, guilds, followed, machinery, pace.router.choices)
            parts["choices"] = watch.run_forever
        yield Worker(api, services, router, engine, parts, bridge)


@asynccontextmanager
async def _going_on(parts: Mapping[str, Callable[[], Coroutine[Any, Any, None]]]) -> AsyncGenerator[None]:
    """Keep the parts going until the block ends; where one fails, the block does."""
    async with asyncio.TaskGroup() as tasks:
        going = [tasks.create_task(part(), name=name) for name, part in parts.items()]
        try:
            yield
        finally:
            for task in going:
                task.cancel()


def _engine_settings(pace: EngineSettings, runs: RunsSection) -> EngineSettings:
    return replace(
        pace,
        concurrency=runs.at_once,
        per_guild=runs.per_server,
        retries=runs.retries,
        retry_delay=runs.retry_seconds,
        keep_days=float(runs.keep_days),
    )


def _router(
    loaded: LoadedConfig,
    cogs: Started,
    guilds: Guilds,
    api: DiscordApi,
    registrar: Registrar,
    context: ContextServices,
    machinery: Clock,
    pace: RouterPace,
) -> Router:
    discord = loaded.config.discord
    bounds = replace(pace.read_back, minutes=discord.read_back_minutes, messages=discord.read_back_messages)
    return Router(
        api,
        cogs.cogs,
        guilds,
        registrar,
        context,
        absent=cogs.absent,
        machinery=machinery,
        pace=replace(pace, read_back=bounds),
    )


def _ahead(clock: Clock, machinery: Clock) -> float:
    """By how many seconds people's clock is ahead of the machinery's: nothing, unless a test moves it."""
    return 0.0 if clock is machinery else (clock.now() - machinery.now()).total_seconds()


async def _readable(
    mirror: Mirror, members: GuildMembers, principal: Principal, place_id: int
) -> Collection[int]:
    guild_id = principal.guild_id
    if not principal.direct:
        return (await mirror.readable_by_all_of(guild_id, place_id)).ids
    reader = await members.reader(guild_id, principal.member_id)
    return () if reader is None else (await mirror.readable_by(guild_id, reader, place_id=None)).ids
