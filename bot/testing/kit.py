"""What a plugin author's tests are given: a bot with chosen cogs in a local Discord, and members who act there."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.app import Bot, Pace, running_bot
from bot.config.load import load_text
from bot.discord.gateway import GatewaySettings
from bot.errors import OutsideError
from bot.local_discord.member import DEFAULT_TIMEOUT, Member, Outcome
from bot.local_discord.server import LocalDiscord
from bot.plugins.cog import Cog
from bot.plugins.loading import Loaded
from bot.work.engine import EngineSettings

CHANNEL = "general"
_PACE = Pace(
    gateway=GatewaySettings(first_pause=0.05, guild_ready_timeout=0.05),
    engine=EngineSettings(lease=1.0, heartbeat=0.1, sweep=0.1, retry_delay=0.1),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message somebody heard."""

    id: str
    text: str
    author: str
    raw: dict[str, Any]


@dataclass(slots=True)
class Conversation:
    """What a command led to: its private answer, and the thread in which the work speaks."""

    outcome: Outcome
    _member: Member
    _channel_id: str
    _timeout: float
    _read: set[str] = field(default_factory=set[str])

    async def status(self) -> Heard:
        """The status message of the work that the command started, as it is now."""
        return _heard(await self._member.message_where(self._is_status, timeout=self._timeout))

    async def next(self) -> Heard:
        """The next message that the work says in its thread. Raises `TimedOut` where there is none in time."""
        thread_id = (await self.status()).id

        def unread(message: dict[str, Any]) -> bool:
            return (
                message["channel_id"] == thread_id
                and message["id"] not in self._read
                and bool(message["content"])
                and bool(message["author"].get("bot"))
            )

        await self._member.message_where(unread, timeout=self._timeout)
        waiting = sorted(
            (one for one in self._member.seen.values() if unread(one)), key=lambda one: int(one["id"])
        )
        self._read.add(waiting[0]["id"])
        return _heard(waiting[0])

    async def finished(self) -> Heard:
        """The status message once it says that the work has ended."""
        found = await self._member.message_where(
            lambda message: self._is_status(message) and not message.get("components"), timeout=self._timeout
        )
        return _heard(found)

    def _is_status(self, message: dict[str, Any]) -> bool:
        after = int(message["id"]) > int(self.outcome.interaction_id)
        return message["channel_id"] == self._channel_id and after and "Asked by" in message["content"]


@dataclass(frozen=True, slots=True)
class Person:
    """A member in one channel of the local Discord."""

    client: Member
    channel_id: str
    timeout: float = DEFAULT_TIMEOUT

    async def say(self, text: str) -> Heard:
        """Write a message."""
        return _heard(await self.client.say(self.channel_id, text))

    async def slash(self, name: str, **options: Any) -> Conversation:
        """Run a slash command; the answer is what it led to."""
        outcome = await self.client.slash(self.channel_id, name, timeout=self.timeout, **options)
        if not outcome.ok:
            raise OutsideError(f"The bot did not answer /{name}.")
        return Conversation(outcome, self.client, self.channel_id, self.timeout)

    async def click(self, message: Heard, what: str) -> Outcome:
        """Press a button by its label or custom id."""
        return await self.client.click(message.raw, what, timeout=self.timeout)

    async def react(self, message: Heard, emoji: str) -> None:
        """Put a reaction under a message."""
        await self.client.react(message.raw, emoji)


class BotWith:
    """Starts a bot with chosen cogs; each call replaces the one before."""

    def __init__(self, local: LocalDiscord, database_url: str, folder: Path) -> None:
        self._local = local
        self._database_url = database_url
        self._folder = folder
        self._stop: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, *cogs: Cog, config: Mapping[str, Any] | None = None) -> Bot:
        """Run a bot with ``cogs`` enabled, ``config`` added to its configuration, until the test ends."""
        await self.stop()
        settings = {
            "discord": {
                "token": self._local.bot_token,
                "api_url": self._local.api_url,
                "message_content": True,
            },
            "database": {"url": self._database_url},
            "embeddings": "none",
            "tools": {},
            "servers": {"defaults": [cog.name for cog in cogs]},
            **(config or {}),
        }
        text = yaml.safe_dump(settings).encode()
        loaded = load_text(text, self._folder / "config.yaml", {}, folder=self._folder)
        plugins = Loaded(cogs={cog.name: cog for cog in cogs})
        bot, self._stop = await _owned(running_bot(loaded, plugins, pace=_PACE))
        async with asyncio.timeout(DEFAULT_TIMEOUT):
            await bot.router.ready.wait()
        return bot

    async def stop(self) -> None:
        """End the bot that runs."""
        if self._stop is not None:
            stop, self._stop = self._stop, None
            await stop()


async def _owned[T](context: AbstractAsyncContextManager[T]) -> tuple[T, Callable[[], Awaitable[None]]]:
    """Enter ``context`` in a task of its own: what it holds may only be left by the task that entered it."""
    entered: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    leave = asyncio.Event()

    async def own() -> None:
        async with context as value:
            entered.set_result(value)
            await leave.wait()

    task = asyncio.create_task(own())
    await asyncio.wait({task, entered}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        entered.cancel()
        await task

    async def stop() -> None:
        leave.set()
        await task

    return entered.result(), stop


@asynccontextmanager
async def bot_starter(local: LocalDiscord, database_url: str, folder: Path) -> AsyncGenerator[BotWith]:
    """A `BotWith` whose bot ends with the block."""
    starter = BotWith(local, database_url, folder)
    try:
        yield starter
    finally:
        await starter.stop()


def _heard(message: dict[str, Any]) -> Heard:
    author = message["author"]
    return Heard(
        str(message["id"]),
        str(message["content"]),
        str(author.get("global_name") or author["username"]),
        message,
    )
