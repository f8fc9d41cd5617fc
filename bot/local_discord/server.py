"""Runs the local Discord: inside a program with :func:`running`, or until told to stop with :func:`serve`."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import override

import structlog
import uvicorn

from bot.clock import Clock
from bot.errors import ConfigError, OutsideError
from bot.local_discord.application import application
from bot.local_discord.faults import Faults
from bot.local_discord.files import DirectoryFiles, FileStore, MemoryFiles
from bot.local_discord.gateway.connection import Gateway
from bot.local_discord.gateway.hub import Hub
from bot.local_discord.ids import Secret
from bot.local_discord.model import Json
from bot.local_discord.rate_limits import Limiter
from bot.local_discord.recording import recorded
from bot.local_discord.rest.desk import Desk
from bot.local_discord.rest.local import Controls
from bot.local_discord.scene import load_scene
from bot.local_discord.settings import Settings
from bot.local_discord.snapshot import Saver, load, owned, world_of
from bot.local_discord.snowflake import Snowflakes
from bot.local_discord.stage import Stage
from bot.local_discord.traffic import Traffic
from bot.local_discord.world import World

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
LARGEST_FRAME = 64 * 1024
START_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Config:
    """How to run: ``port`` 0 takes any free one; a taken one is replaced by the next unless ``exact_port``.

    ``state_dir`` keeps everything across restarts (None: in memory); ``scene`` is read only when nothing is kept.
    ``record`` is a file to which all traffic is appended.
    """

    port: int = 0
    exact_port: bool = False
    port_tries: int = 20
    scene: Path | None = None
    state_dir: Path | None = None
    record: Path | None = None
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
            "guilds": {guild.name: str(guild.id) for guild in world.guilds.values()},
        }


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: signals belong to the program that this runs in."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def bound_socket(port: int, *, exact: bool, tries: int) -> socket.socket:
    """A listening socket on loopback, at the port or the next free one.

    Raises:
        ConfigError: no port was free.
    """
    wanted = [port] if exact or port == 0 else range(port, min(port + tries, 65_536))
    for number in wanted:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, number))
            listener.listen(512)
        except (OSError, OverflowError):
            listener.close()
            continue
        return listener
    ports = str(port) if len(wanted) == 1 else f"{wanted[0]} to {wanted[-1]}"
    raise ConfigError(f"Port {ports} on {HOST} is taken; choose another with --port.")


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
        return load_scene(config.scene, clock=config.clock, ids=ids, secret=config.secret)
    ids.at_least(saved.last_id)
    return world_of(saved)


@contextlib.asynccontextmanager
async def running(config: Config | None = None) -> AsyncGenerator[LocalDiscord]:
    """Run a local Discord while the block runs, then save its state.

    Raises:
        ConfigError: the port is taken, the scene or the saved state is wrong, or the directory is in use.
        OutsideError: the server did not start.
    """
    config = config or Config()
    with contextlib.ExitStack() as stack:
        if config.state_dir is not None:
            stack.enter_context(owned(config.state_dir))
        ids = Snowflakes(config.clock)
        world = _world(config, ids)
        listener = bound_socket(config.port, exact=config.exact_port, tries=config.port_tries)
        stack.callback(listener.close)
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        settings = config.settings
        saver = Saver(world, ids, config.state_dir, clock=config.clock, interval=settings.save_interval)
        hub = Hub(world, config.clock, settings.session_life)
        later = _Later(config.clock)
        files: FileStore = MemoryFiles()
        if config.state_dir is not None:
            files = DirectoryFiles(config.state_dir / "files")

        stage = Stage(
            world=world,
            ids=ids,
            clock=config.clock,
            settings=settings,
            files=files,
            base_url=base_url,
            secret=config.secret,
            emit=hub.emit,
            changed=saver.changed,
            later=later,
        )
        key = config.key or config.secret(24)
        limiter = (
            None if settings.rate_limits is None else Limiter(settings.rate_limits, config.clock.monotonic)
        )
        traffic = Traffic(settings.traffic)
        stack.enter_context(recorded(traffic, config.record))
        desk = Desk(stage, key, traffic, Faults(), limiter)
        gateway = Gateway(world, hub, settings, config.clock, key, base_url, config.secret, traffic)
        app = application(desk, gateway, Controls(hub, saver.save))
        saver.changed()
        local = LocalDiscord(base_url, key, stage, hub, desk, saver.save)
        saving = asyncio.create_task(saver.run())
        try:
            async with _serving(app, listener, settings.shutdown_grace):
                log.info("local_discord_started", url=base_url)
                yield local
        finally:
            await later.cancel()
            saving.cancel()
            await asyncio.gather(saving, return_exceptions=True)
            await saver.save()


@contextlib.asynccontextmanager
async def _serving(app: object, listener: socket.socket, grace: float) -> AsyncGenerator[None]:
    server = _Server(
        uvicorn.Config(
            app,  # pyright: ignore[reportArgumentType] - an ASGI application; uvicorn's type names more protocols
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=LARGEST_FRAME,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=max(1, round(grace)),
            server_header=False,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(START_TIMEOUT):
            while not server.started:
                if task.done():
                    raise OutsideError("The local Discord's web server did not start.") from task.exception()
                await asyncio.sleep(0.005)
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)


async def serve(config: Config, stop: asyncio.Event, ready: Callable[[LocalDiscord], None]) -> None:
    """Run a local Discord until ``stop`` is set; ``ready`` is told once it answers."""
    async with running(config) as local:
        ready(local)
        await stop.wait()
