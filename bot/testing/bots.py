"""Starts, stops and restarts a real bot with chosen cogs, and says in a sentence why one does not start."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from bot.app import Bot, Pace, running_bot
from bot.bus.parts import OfficeSettings
from bot.clock import Clock
from bot.config.load import load_text
from bot.config.loaded import LoadedConfig
from bot.config.problems import ConfigErrors
from bot.discord.gateway import GatewaySettings
from bot.discord.missed.settings import ReadBackSettings
from bot.discord.registrar import RegistrarSettings
from bot.discord.router import RouterPace
from bot.discord.timekeeper import TimekeeperSettings
from bot.errors import CogswarmError, ConfigError, UserError
from bot.llm.factory import BUILT_IN, BackendFactory
from bot.llm.protocol import Backend
from bot.local_discord.server import LocalDiscord
from bot.plugins.cog import Cog
from bot.plugins.loading import Loaded, check_settings
from bot.testing.fake_clock import FakeClock
from bot.testing.journal import Journal
from bot.testing.scripted_model import ScriptedModel
from bot.work.settings import EngineSettings

MODEL = "main"
SCRIPTED = "scripted"
START_TIMEOUT = 20.0
_GIVEN = "given"
PACE = Pace(
    gateway=GatewaySettings(first_pause=0.05, guild_ready_timeout=0.05),
    engine=EngineSettings(lease=10.0, heartbeat=0.1, sweep=0.1),
    registrar=RegistrarSettings(first_pause=0.05, longest_pause=0.2),
    router=RouterPace(
        timekeeper=TimekeeperSettings(poll=0.1),
        refusals=0.1,
        read_back=ReadBackSettings(flush=0.1, first_pause=0.05, longest_pause=0.2),
    ),
    streaming=0.1,
    bridge=OfficeSettings(fast=0.05, rest=0.1),
)
"""Quick, where a test would otherwise wait; what people are spared (such as waiting for what was missed) is as always."""


class BotDidNotStart(CogswarmError):
    """The bot of a test did not start; the sentence says why."""


@dataclass(frozen=True, slots=True)
class _Running:
    bot: Bot
    owner: asyncio.Task[None]
    leave: asyncio.Event


class BotWith:
    """Starts a bot with chosen cogs; each call replaces the one before. Given by the fixture ``bot_with``."""

    def __init__(
        self,
        local: LocalDiscord,
        database_url: str,
        folder: Path,
        *,
        journal: Journal,
        model: ScriptedModel,
        clock: FakeClock | None = None,
    ) -> None:
        self._local = local
        self._database_url = database_url
        self._folder = folder
        self._journal = journal
        self._scripted = model
        self._clock = clock
        self.pace = PACE
        self._running: _Running | None = None
        self._last: Callable[[], Awaitable[Bot]] | None = None

    @property
    def journal(self) -> Journal:
        """What the bot has logged."""
        return self._journal

    async def __call__(
        self, *cogs: Cog, config: Mapping[str, Any] | None = None, model: Backend | None = None
    ) -> Bot:
        """Run a bot with ``cogs`` enabled, until the test ends or another one is started.

        ``config`` is merged into its configuration, as it would stand in config.yaml. ``model`` (such as the fixture
        ``scripted_model``) becomes the model of every agent for which ``config`` names no other. Raises
        `BotDidNotStart` with the reason.
        """

        async def start() -> Bot:
            return await self._start(cogs, config or {}, model)

        self._last = start
        return await start()

    async def stop(self) -> None:
        """End the bot that runs, at whatever it is doing; what it had recorded stays in the database."""
        if self._running is None:
            return
        running, self._running = self._running, None
        running.leave.set()
        await running.owner

    async def restart(self) -> Bot:
        """End the bot and start it again with the same cogs and configuration, on the same database."""
        if self._last is None:
            raise UserError("No bot was started yet; call bot_with(…) first.")
        return await self._last()

    async def _start(self, cogs: tuple[Cog, ...], config: Mapping[str, Any], model: Backend | None) -> Bot:
        await self.stop()
        running: _Running | None = None
        try:
            loaded, plugins = self._loaded(cogs, config, model)
            clock = Clock() if self._clock is None else self._clock.clock
            running = await _owned(
                running_bot(loaded, plugins, clock=clock, machinery=Clock(), pace=self.pace)
            )
            await _ready(running)
        except (Exception, asyncio.CancelledError) as error:
            if running is not None:
                running.leave.set()
                await asyncio.gather(running.owner, return_exceptions=True)
            if isinstance(error, asyncio.CancelledError):
                raise
            reason, foreseen = _reason(error)
            raise BotDidNotStart(f"The bot did not start: {reason}") from (None if foreseen else error)
        self._running = running
        return running.bot

    def _loaded(
        self, cogs: tuple[Cog, ...], config: Mapping[str, Any], model: Backend | None
    ) -> tuple[LoadedConfig, Loaded]:
        wrong = [cog for cog in cogs if not isinstance(cog, Cog)]  # pyright: ignore[reportUnnecessaryIsInstance] - authors' tests need not be typed
        if wrong:
            raise UserError(f"bot_with takes cogs, and {wrong[0]!r} is none; give what Cog(…) made.")
        # By way of JSON: what stands twice in it would be written as an alias, which a config.yaml may not have.
        settings = json.loads(json.dumps(_merged(self._defaults(cogs, model), config)))
        text = yaml.safe_dump(settings).encode()
        loaded = load_text(text, self._folder / "config.yaml", {}, folder=self._folder)
        backends: dict[str, BackendFactory] = {**BUILT_IN, SCRIPTED: lambda _: self._scripted}
        if model is not None:
            backends[_GIVEN] = lambda _: model
        plugins = Loaded(cogs={cog.name: cog for cog in cogs}, backends=backends)
        intents = {"message_content"} if loaded.config.discord.message_content else set[str]()
        problems = [
            *check_settings(plugins, loaded.config),
            *(problem for cog in cogs if (problem := _without_intents(cog, intents)) is not None),
        ]
        if problems:
            raise ConfigErrors(problems)
        return loaded, plugins

    def _defaults(self, cogs: tuple[Cog, ...], model: Backend | None) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "discord": {
                "token": self._local.bot_token,
                "api_url": self._local.api_url,
                "message_content": True,
            },
            "database": {"url": self._database_url},
            "embeddings": "none",
            "tools": {},
            "runs": {"retry_seconds": 0.1},
            "servers": {"defaults": [cog.name for cog in cogs]},
        }
        if model is not None:
            settings["models"] = {MODEL: {"backend": _GIVEN}}
            settings["agents"] = {"agent": {"model": MODEL}}
        return settings


def _without_intents(cog: Cog, intents: set[str]) -> ConfigError | None:
    """A cog that the bot leaves out would only show as a command that is not there."""
    missing = ", ".join(sorted(cog.intents - intents))
    if not missing:
        return None
    return ConfigError(
        f"the cog {cog.name} needs the intent {missing}, which is not switched on in the configuration."
    )


def _merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in more.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, Mapping):
            merged[key] = _merged(cast("dict[str, Any]", before), cast("Mapping[str, Any]", value))
        else:
            merged[key] = value
    model = merged.get("models", {}).get(MODEL)
    if model is not None:
        for agent in merged.get("agents", {}).values():
            agent.setdefault("model", MODEL)
    return merged


def _reason(error: BaseException) -> tuple[str, bool]:
    """The sentence for an error, and whether somebody foresaw it."""
    if isinstance(error, BaseExceptionGroup):
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return _reason(next((one for one in inner if isinstance(one, CogswarmError)), inner[0]))
    if isinstance(error, ConfigErrors):
        return " ".join(str(one) for one in error.errors), True
    if isinstance(error, CogswarmError):
        return str(error), True
    return f"{type(error).__name__}: {error}", False


async def _ready(running: _Running) -> None:
    """Wait until the bot serves a server, or has ended."""
    ready = asyncio.create_task(running.bot.router.ready.wait())
    try:
        await asyncio.wait({ready, running.owner}, timeout=START_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ready.cancel()
    if running.owner.done():
        await running.owner
        raise ConfigError("it ended by itself.")
    if not running.bot.router.ready.is_set():
        raise ConfigError(
            f"no server let it in within {START_TIMEOUT:g} seconds; is it in one of the scene's `bots`?"
        )


async def _owned(context: AbstractAsyncContextManager[Bot]) -> _Running:
    """Enter ``context`` in a task of its own: what it holds may only be left by the task that entered it."""
    entered: asyncio.Future[Bot] = asyncio.get_running_loop().create_future()
    leave = asyncio.Event()

    async def own() -> None:
        async with context as bot:
            entered.set_result(bot)
            await leave.wait()

    owner = asyncio.create_task(own(), name="bot")
    try:
        await asyncio.wait({owner, entered}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)
        raise
    if owner.done() and not entered.done():
        entered.cancel()
        await owner
    return _Running(entered.result(), owner, leave)


@asynccontextmanager
async def bot_starter(starter: BotWith) -> AsyncGenerator[BotWith]:
    """A `BotWith` whose bot ends with the block."""
    try:
        yield starter
    finally:
        await starter.stop()
