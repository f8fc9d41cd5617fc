"""The composition root: from the configuration to a running bot; the only module that knows everything."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import structlog

from bot.agents.duty import DutySettings
from bot.agents.permit import StandardPermit
from bot.agents.personas import Personas, all_agents
from bot.agents.talk_table import Talks
from bot.asks.present import PresentMembers
from bot.asks.rules import COG as RULES_OF
from bot.asks.rules import RulesOfServers
from bot.bus.bridge import Bridge
from bot.bus.parts import COG as BRIDGE
from bot.bus.parts import OfficeSettings
from bot.clock import Clock
from bot.config.agents import NO_EMBEDDINGS, OFFLINE, ModelSection
from bot.config.loaded import LoadedConfig
from bot.config.models import RunsSection
from bot.config.problems import ConfigErrors
from bot.discord.agents_desk import AgentsParts
from bot.discord.api import DiscordApi, open_api, point_at
from bot.discord.attachments import attachment_reader
from bot.discord.choices_watch import ChoicesWatch
from bot.discord.cog_knowledge import CogKnowledge
from bot.discord.cog_tools import CogTools
from bot.discord.commands import CommandSync
from bot.discord.context_services import ContextServices
from bot.discord.deliverer import Deliverer, DelivererSettings
from bot.discord.delivery import Delivery
from bot.discord.entrance import Entrance
from bot.discord.gateway import DIRECT_MESSAGES, REACTIONS, GatewaySettings, stay_connected
from bot.discord.guild_members import GuildMembers
from bot.discord.identities import Identities
from bot.discord.limits import LimitSettings
from bot.discord.lost import Lost
from bot.discord.memory_desk import MemoryParts
from bot.discord.mirror_intake import IntakeSettings, MirrorIntake
from bot.discord.mirror_writer import MirrorWriter, WriterSettings
from bot.discord.outbox_cleaning import CleaningSettings, OutboxCleaner
from bot.discord.registrar import Registrar, RegistrarSettings
from bot.discord.repository_events import RepositoryEvents
from bot.discord.router import Router, RouterPace
from bot.discord.surface import DiscordSurface
from bot.discord.thread_members import ThreadMembers
from bot.discord.worker_guilds import WorkerGuilds
from bot.errors import ConfigError
from bot.llm.breaker import BACKEND_FAILURES, guarded
from bot.llm.breakers import Breakers
from bot.llm.discreet import discreet
from bot.llm.factory import open_backend
from bot.llm.protocol import Backend
from bot.llm.retry import retrying
from bot.llm.time_limits import TimeLimits, timed
from bot.mcp.acceptance import PoolAcceptance
from bot.mcp.client import McpPool, PoolSettings
from bot.mcp.configured import ConfiguredTools, bundled_servers, server_specs
from bot.mcp.joined import JoinedTools
from bot.mcp.keeper import keep
from bot.mcp.pins import Pins
from bot.mcp.serving.questions import WORKFLOWS
from bot.mcp.toolbox import Toolbox
from bot.memory.choice import choose_embedder
from bot.memory.embedder import Embedder
from bot.memory.library import Library
from bot.memory.recaller import Recaller
from bot.memory.upkeep import look_after_memory
from bot.mirror import channel_table
from bot.mirror.reader import Mirror
from bot.observe.known_secrets import telling
from bot.plugins.cog import Cog
from bot.plugins.discovery import Candidate, find
from bot.plugins.guilds import Guilds
from bot.plugins.lifecycle import Started, started
from bot.plugins.loading import Loaded, check_settings, check_tool_names, load
from bot.plugins.owner import offered_models, permitted, permitted_model, tool_allowed
from bot.resources import Resources
from bot.review.desk import CodeParts
from bot.review.looking import Looking
from bot.review.static_checks import StaticChecks
from bot.storage.database import Connection, Database
from bot.storage.opening import DatabaseOptions, open_database
from bot.web.opening import web_served
from bot.work.agency import Agency
from bot.work.budget import RunMeter
from bot.work.doorbell import Doorbell
from bot.work.engine import Engine
from bot.work.outages import Outages
from bot.work.principal import Principal
from bot.work.services import RunServices, known
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


def load_plugins(loaded: LoadedConfig) -> Loaded:
    """Import the plugins and check the owner's settings of their cogs. Raises `ConfigErrors`."""
    plugins = load(find(loaded.plugin_paths), loaded.config.plugins.disabled)
    problems = check_settings(plugins, loaded.config)
    problems += check_tool_names(plugins, loaded.config.tools)
    if problems:
        raise ConfigErrors(problems)
    return plugins


def load_bridge_alone(loaded: LoadedConfig) -> Loaded:
    """Import the bridge and no other plugin. Raises `ConfigErrors`."""
    plugins = load([Candidate(BRIDGE, f"cogs.{BRIDGE}", "", "cogswarm")], ())
    problems = check_settings(plugins, loaded.config)
    if problems:
        raise ConfigErrors(problems)
    return plugins


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
            parts["repository events"] = partial(told.tell_forever, router.ready, lambda: router.guilds)
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
        personas = _personas(loaded, plugins, breakers, clock)
        stack.push_async_callback(personas.aclose)
        embedder = await _embedder(loaded, personas)
        if embedder is not None:
            stack.push_async_callback(embedder.aclose)
        pins = Pins(database, clock, bundled_servers(config))
        specs = server_specs(loaded, all_agents(config, plugins.agents).values())
        settings = PoolSettings(judge=pins.judge, breakers=breakers, secrets=secrets.values)
        pool = await stack.enter_async_context(McpPool(specs, settings, clock=machinery))
        library = Library(database, embedder, clock)
        cog_tools, cog_knowledge = CogTools(cogs.cogs), CogKnowledge(cogs.cogs)
        mirror = Mirror(database, ThreadMembers(api, machinery).takes_part)
        files = await stack.enter_async_context(attachment_reader(config.discord.api_url))
        members = GuildMembers(api, machinery)
        present = PresentMembers(members, database)
        doorbell = await stack.enter_async_context(Doorbell.opened(database))
        code = await _code(loaded, database, machinery, stack)
        guilds = Guilds(config, cogs.cogs, database)
        followed = WorkerGuilds(guilds)
        services = RunServices(
            database=database,
            surface=surface,
            personas=personas,
            tools=JoinedTools(
                dict.fromkeys(cog_tools.servers, cog_tools),
                ConfiguredTools(pool, config.tools, partial(tool_allowed, config)),
            ),
            library=library,
            clock=clock,
            meter=lambda run_id, principal, budget: RunMeter(
                database, machinery, run_id, principal, budget, config.budgets, ZoneInfo(config.timezone)
            ),
            mention_after=config.discord.mention_after,
            pace=pace.streaming,
            permit=partial(permitted, config),
            agency=Agency(
                permit=StandardPermit(members),
                members=members,
                holder=uuid4(),
                model=partial(permitted_model, config, personas),
                talks=Talks(database, config.between_agents),
                duty=pace.duty,
            ),
            learn=followed.learn if alone else known,
            rules=RulesOfServers(database, dict(config.cogs.get(RULES_OF, {}))),
            present=present,
            ring=doorbell.ring,
            ahead=partial(_ahead, clock, machinery),
            acceptance=PoolAcceptance(pins, pool, config.servers.may_accept_tools, machinery),
            machinery=machinery,
            files=files,
            secrets=secrets,
            code=code,
            readable=partial(_readable, mirror, members),
            knowing=cog_knowledge,
        )
        workflows = {
            (cog.name, name): flow for cog in cogs.cogs.values() for name, flow in cog.workflows.items()
        }
        workflows |= WORKFLOWS
        engine = Engine(services, workflows, _engine_settings(pace.engine, config.runs), machinery)
        sync = CommandSync(api, database, direct_messages=config.servers.direct_messages)
        registrar = Registrar(sync, machinery, pace.registrar)
        bridge = _bridge(loaded, database, surface, machinery, pace.bridge, lambda: router.entrance)
        router = _router(
            loaded, cogs, guilds, api, services, registrar, members, mirror, machinery, pace.router, bridge
        )
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
            "tool servers": partial(keep, pool, pins, database, machinery),
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


def cogs_by_intents(
    cogs: Mapping[str, Cog], *, message_content: bool
) -> tuple[dict[str, Cog], dict[str, str]]:
    """The cogs whose privileged intents are switched on, and of the others why they are off."""
    able: dict[str, Cog] = {}
    unable: dict[str, str] = {}
    for name, cog in cogs.items():
        missing = sorted(cog.intents - ({"message_content"} if message_content else set()))
        if missing:
            fix = "set discord.message_content: true"
            log.warning("cog_needs_intents", cog=name, missing=missing, fix=fix)
            unable[name] = (
                f"It needs what Discord calls the {', '.join(missing).replace('_', ' ')} intent, which the owner of "
                "this bot has not switched on."
            )
        else:
            able[name] = cog
    return able, unable


def _personas(loaded: LoadedConfig, plugins: Loaded, breakers: Breakers, clock: Clock) -> Personas:
    def opened(name: str, model: ModelSection) -> Backend:
        limits = TimeLimits(model.timeouts.first, model.timeouts.silence, model.timeouts.total)
        backend = open_backend(
            model.backend,
            api_key=model.api_key,
            base_url=model.base_url or "",
            connect_timeout=model.timeouts.connect,
            read_timeout=max(limits.first, limits.silence),
            api=model.api,
            pull=model.pull,
            registry=plugins.backends,
        )
        breaker = breakers.get(f"the model {name}", failures=BACKEND_FAILURES)
        return discreet(guarded(retrying(timed(backend, limits), clock=clock), breaker), secrets)

    secrets = telling(loaded.secrets())
    resources = Resources(config_folder=loaded.folder)
    return Personas(loaded.config, resources, opened, clock, plugins.agents)


async def _embedder(loaded: LoadedConfig, personas: Personas) -> Embedder | None:
    wish = loaded.config.embeddings
    if wish in {OFFLINE, NO_EMBEDDINGS}:
        choice = await choose_embedder("offline" if wish == OFFLINE else "none")
    else:
        model = loaded.config.models[wish]
        choice = await choose_embedder(
            "backend", backend=personas.backend(wish), provider=model.backend, model=model.model or ""
        )
    log.info("recall", how=choice.sentence)
    return choice.embedder


def database_of(loaded: LoadedConfig, clock: Clock) -> AbstractAsyncContextManager[Database]:
    """The configured database, to be opened."""
    section = loaded.config.database
    url, bot_url = (None if one is None else one.get_secret_value() for one in (section.url, section.bot_url))
    options = DatabaseOptions(bot_url=bot_url, secrets=telling(loaded.secrets()))
    return open_database(url, loaded.data_dir, options=options, clock=clock)


def _router(
    loaded: LoadedConfig,
    cogs: Started,
    guilds: Guilds,
    api: DiscordApi,
    services: RunServices,
    registrar: Registrar,
    members: GuildMembers,
    mirror: Mirror,
    machinery: Clock,
    pace: RouterPace,
    bridge: Bridge | None,
) -> Router:
    new_id: Callable[[], UUID] = uuid4
    context = ContextServices(
        database=services.database,
        surface=services.surface,
        ring=services.ring,
        new_id=new_id,
        me=api.user_id,
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
        memory=MemoryParts(
            services.database, Recaller(services.library, mirror), members.reader, services.clock
        ),
        code=services.code,
    )
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


async def _code(
    loaded: LoadedConfig, database: Database, machinery: Clock, stack: AsyncExitStack
) -> CodeParts | None:
    """What looking after repositories needs; None where the owner names none. Raises `ConfigError`."""
    section = loaded.config.github
    if not section.repositories:
        return None
    try:
        # The client is large, an extra, and most bots review no code.
        from bot.review.github_client import github_opened  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            "Reading repositories needs `pip install cogswarm[review]`; install it, or take `github.repositories` out."
        ) from error
    github = await stack.enter_async_context(github_opened(section, machinery))
    return CodeParts(section, github, StaticChecks.configured(section.checks, loaded.folder), database)


def _bridge(
    loaded: LoadedConfig,
    database: Database,
    surface: DiscordSurface,
    clock: Clock,
    pace: OfficeSettings | None,
    entrance: Callable[[], Entrance],
) -> Bridge | None:
    config = loaded.config
    if not config.bridge.is_on:
        return None
    is_on = partial(_bridge_is_on, entrance)
    alerts = config.servers.alert_channel
    return Bridge(
        config.bridge,
        database,
        surface,
        clock,
        is_on,
        alert_channel=alerts,
        folder=loaded.folder,
        settings=pace,
    )


async def _bridge_is_on(
    entrance: Callable[[], Entrance], conn: Connection, guild_id: int | None, channel_id: int
) -> bool:
    if guild_id is None:
        guild_id = next((one.guild_id for one in await channel_table.find(conn, [channel_id])), None)
    return guild_id is not None and entrance().off_in(BRIDGE, guild_id, channel_id) is None


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
