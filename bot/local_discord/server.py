"""Runs the local Discord: inside a program with :func:`running`, or until told to stop with :func:`serve`."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from bot.clock import Clock
from bot.local_discord.application import application
from bot.local_discord.channels.thread_sleep import watch_all
from bot.local_discord.dated import Dated
from bot.local_discord.faults.fault_script import Script, read_script
from bot.local_discord.faults.faults import Fault, Faults
from bot.local_discord.faults.script_deeds import READERS, doers
from bot.local_discord.faults.script_run import Scripts
from bot.local_discord.files import DirectoryFiles, FileStore, MemoryFiles
from bot.local_discord.form_file import read_form_file
from bot.local_discord.gateway.connection import Gateway
from bot.local_discord.gateway.hub import Hub
from bot.local_discord.ids import Secret
from bot.local_discord.limits.limit_rules import RateLimits
from bot.local_discord.limits.rate_limits import Limiter
from bot.local_discord.messages.polling import watch_polls
from bot.local_discord.model import Json
from bot.local_discord.rest.desk import Desk
from bot.local_discord.rest.local import Controls
from bot.local_discord.scenes.crowd import Crowd, add_crowd
from bot.local_discord.scenes.scene import load_scene
from bot.local_discord.settings import Settings
from bot.local_discord.snapshot import Saver, load, owned, world_of
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.stage import Stage
from bot.local_discord.stepped_clock import SteppedClock
from bot.local_discord.traffic.recording import recorded, recording_place
from bot.local_discord.traffic.traffic import Exchange, Traffic
from bot.local_discord.web_server import bound_socket, serving
from bot.local_discord.world import World
from bot.loopback import HOST

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Config:
    """How to run: ``port`` 0 takes any free one; a taken one is replaced by the next unless ``exact_port``.

    ``state_dir`` keeps everything across restarts (None: in memory); ``scene`` is read only when nothing is kept,
    and only then the guilds of ``crowd`` are added to it.
    ``record`` is a file to which all traffic is appended (None: nowhere). ``faults`` is a file with a script of faults,
    and ``seed`` goes before the seed in it.
    """

    port: int = 0
    exact_port: bool = False
    port_tries: int = 20
    scene: Path | None = None
    crowd: Crowd | None = None
    state_dir: Path | None = None
    record: Path | None = field(default_factory=recording_place)
    faults: Path | None = None
    seed: int | None = None
    key: str | None = None
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    secret: Secret = secrets.token_urlsafe


@dataclass(frozen=True, slots=True)
class LocalDiscord:
    """A running local Discord: where it is and what opens it."""

    base_url: str
    key: str
    stage: Stage
    hub: Hub
    desk: Desk
    save: Callable[[], Awaitable[None]]

    @property
    def api_url(self) -> str:
        """Where bots send their REST requests."""
        return f"{self.base_url}/api/v10"

    @property
    def page_url(self) -> str:
        """The page, with the key that opens it."""
        return f"{self.base_url}/?key={self.key}"

    @property
    def bot_tokens(self) -> dict[str, str]:
        """The applications' tokens by name."""
        return {each.name: each.token for each in self.stage.world.applications.values()}

    @property
    def bot_token(self) -> str:
        """The first application's token, "" where there is none."""
        return next(iter(self.bot_tokens.values()), "")

    @property
    def application_id(self) -> int:
        """The first application's id, 0 where there is none."""
        return next(iter(self.stage.world.applications), 0)

    def sent(self, method: str = "", path: str = "*") -> list[Exchange]:
        """What bots have asked so far, oldest first: ``path`` is a ``*`` pattern for the path or its route."""
        found = self.desk.traffic.find(method=method, path=path)
        return [one for one in found if not one.by_person and not one.path.startswith("/local/")]

    def fault(
        self,
        method: str = "",
        path: str = "*",
        *,
        status: int | None = None,
        times: int | None = 1,
        skip: int = 0,
        after: bool = False,
        delay: float = 0.0,
        hang: bool = False,
        cut: bool = False,
    ) -> Fault:
        """Let bots' requests go wrong: answer with ``status``, late (``delay`` seconds), never (``hang``), or ``cut`` them.

        After ``skip`` requests that fit, the next ``times`` (None: all) are met; with ``after`` they have their effect
        first. `Fault` says more; ``desk.faults`` sets and removes any kind.
        """
        fault = Fault(
            0, method, path, whom="bots", status=status, times=times, skip=skip, after=after, delay=delay, hang=hang, cut=cut
        )  # fmt: skip
        return self.desk.faults.add(fault)

    def as_json(self) -> Json:
        """What another process needs to know."""
        world = self.stage.world
        return {
            "base_url": self.base_url,
            "api_url": self.api_url,
            "page_url": self.page_url,
            "gateway_url": self.base_url.replace("http://", "ws://", 1) + "/gateway",
            "key": self.key,
            "bot_token": self.bot_token,
            "bot_tokens": self.bot_tokens,
            "application_id": str(self.application_id),
            "default_member": str(world.default_member),
            "welcome_channel": str(world.welcome_channel),
            "channels": self._channels(),
            "guilds": {guild.name: str(guild.id) for guild in world.guilds.values()},
        }

    def _channels(self) -> dict[str, str]:
        """The channels of the server that people see first, by their names."""
        world = self.stage.world
        first = world.channels.get(world.welcome_channel)
        there = () if first is None or first.guild_id is None else world.channels_of(first.guild_id)
        return {channel.name: str(channel.id) for channel in there}


class _Later:
    """Does things after some time, unless the server ends first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, seconds: float, action: Callable[[], None]) -> None:
        task = asyncio.create_task(self._wait(seconds, action))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _wait(self, seconds: float, action: Callable[[], None]) -> None:
        await self._clock.sleep(seconds)
        action()

    async def cancel(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _world(config: Config, ids: Snowflakes) -> World:
    saved = None if config.state_dir is None else load(config.state_dir)
    if saved is None:
        world = load_scene(config.scene, clock=config.clock, ids=ids, secret=config.secret)
        if config.crowd is not None:
            add_crowd(world, config.crowd, clock=config.clock, ids=ids)
        return world
    ids.at_least(saved.last_id)
    return world_of(saved)


def _script(config: Config) -> Script | None:
    if config.faults is None:
        return None
    script = read_form_file(config.faults, lambda form: read_script(form, READERS))
    return script if config.seed is None else replace(script, seed=config.seed)


def _limiter(limits: RateLimits, clock: Clock) -> Limiter:
    return Limiter(limits, clock.monotonic, lambda: clock.now().timestamp())


def _scripts(config: Config, hub: Hub, world: World, faults: Faults, clock: SteppedClock) -> Scripts:
    scripts = Scripts(
        doers(hub, clock),
        faults,
        config.clock.sleep,
        lambda: _chosen_seed(config.secret),
        lambda user_id: _name(world, user_id),
    )
    hub.faults.by_chance = scripts.on_frame
    return scripts


def _name(world: World, user_id: int) -> str:
    user = world.users.get(user_id)
    return "nobody" if user is None else user.username


def _chosen_seed(secret: Secret) -> int:
    return int.from_bytes(hashlib.blake2b(secret(16).encode(), digest_size=4).digest())


def _watch_the_time(stage: Stage) -> None:
    watch_all(stage)
    watch_polls(stage)


@contextlib.asynccontextmanager
async def running(config: Config | None = None) -> AsyncGenerator[LocalDiscord]:
    """Run a local Discord while the block runs, then save its state.

    Raises:
        ConfigError: the port is taken, the scene or the saved state is wrong, or the directory is in use.
        OutsideError: the server did not start.
    """
    config = config or Config()
    stepped = SteppedClock(config.clock)
    config = replace(config, clock=stepped.clock)
    script = _script(config)
    with contextlib.ExitStack() as stack:
        if config.state_dir is not None:
            stack.enter_context(owned(config.state_dir))
        ids = Snowflakes(config.clock)
        world = _world(config, ids)
        world.now = config.clock.now
        listener = bound_socket(config.port, exact=config.exact_port, tries=config.port_tries)
        stack.callback(listener.close)
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        settings = config.settings
        saver = Saver(world, ids, config.state_dir, clock=config.clock, interval=settings.save_interval)
        hub = Hub(world, config.clock, settings, base_url)
        later = _Later(config.clock)
        files: FileStore = MemoryFiles()
        if config.state_dir is not None:
            files = DirectoryFiles(config.state_dir / "files")

        faults = Faults()
        scripts = _scripts(config, hub, world, faults, stepped)
        stack.callback(scripts.stop)
        stage = Stage(
            world=world,
            ids=ids,
            clock=config.clock,
            settings=settings,
            files=files,
            base_url=base_url,
            secret=config.secret,
            emit=scripts.around(hub.emit),
            changed=saver.changed,
            later=later,
        )
        stepped.stepped = lambda: _watch_the_time(stage)
        _watch_the_time(stage)
        key = config.key or config.secret(24)
        limiter = None if settings.rate_limits is None else _limiter(settings.rate_limits, config.clock)
        traffic = Traffic(settings.traffic)
        stack.enter_context(recorded(traffic, config.record))
        desk = Desk(stage, key, traffic, faults, scripts, limiter)
        gateway = Gateway(world, hub, settings, config.clock, key, base_url, config.secret, traffic)
        controls = Controls(hub, saver.save, scripts, stepped)
        app = Dated(application(desk, gateway, controls), config.clock.now)
        saver.changed()
        local = LocalDiscord(base_url, key, stage, hub, desk, saver.save)
        saving = asyncio.create_task(saver.run())
        try:
            async with serving(app, listener, settings.shutdown_grace):
                log.info("local_discord_started", url=base_url)
                if script is not None:
                    scripts.start(script)
                yield local
        finally:
            await later.cancel()
            saving.cancel()
            await asyncio.gather(saving, return_exceptions=True)
            await saver.save()


async def serve(config: Config, stop: asyncio.Event, ready: Callable[[LocalDiscord], None]) -> None:
    """Run a local Discord until ``stop`` is set; ``ready`` is told once it answers."""
    async with running(config) as local:
        ready(local)
        await stop.wait()
