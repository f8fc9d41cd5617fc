"""The pytest plugin ``cogswarm``: fixtures for testing cogs against a real bot in a local Discord.

``bot_with`` starts a bot with your cogs, ``member`` is a person in its #general channel (``members`` gives more
people), ``local_discord`` is the server they meet on. Async tests need pytest-asyncio.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio

from bot.discord.api import pointed_at
from bot.local_discord.member import join
from bot.local_discord.server import LocalDiscord, running
from bot.testing.kit import CHANNEL, BotWith, Person, bot_starter
from bot.testing.storage import (
    database,
    database_server,
    database_url,
    empty_database_url,
    pytest_unconfigure,
)

__all__ = [
    "bot_with",
    "database",
    "database_server",
    "database_url",
    "empty_database_url",
    "local_discord",
    "member",
    "members",
    "pytest_unconfigure",
]


@pytest_asyncio.fixture
async def local_discord() -> AsyncGenerator[LocalDiscord]:
    """Run a local Discord with its default scene, in memory."""
    async with running() as local:
        with pointed_at(local.api_url):
            yield local


@pytest_asyncio.fixture
async def bot_with(local_discord: LocalDiscord, database_url: str, tmp_path: Path) -> AsyncGenerator[BotWith]:
    """Start a bot with the cogs it is called with; it ends with the test."""
    async with bot_starter(local_discord, database_url, tmp_path) as starter:
        yield starter


@pytest_asyncio.fixture
async def members(local_discord: LocalDiscord) -> AsyncGenerator[Callable[[str], Awaitable[Person]]]:
    """Give people of the scene by their names, such as ``ada``."""
    async with AsyncExitStack() as stack:

        async def named(name: str) -> Person:
            client = await stack.enter_async_context(
                join(local_discord.base_url, local_discord.key, name or None)
            )
            channels = (one for guild in client.guilds.values() for one in guild["channels"])
            return Person(client, next(str(one["id"]) for one in channels if one["name"] == CHANNEL))

        yield named


@pytest_asyncio.fixture
async def member(members: Callable[[str], Awaitable[Person]]) -> Person:
    """Give the scene's default person, in #general."""
    return await members("")
