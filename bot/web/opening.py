"""Opens the bot's web address, where its configuration names somebody who may use it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from bot.clock import Clock
from bot.config.loaded import LoadedConfig
from bot.discord.api import DiscordApi
from bot.work.services import RunServices


@asynccontextmanager
async def web_served(
    loaded: LoadedConfig, api: DiscordApi, services: RunServices, clock: Clock, connected: Callable[[], bool]
) -> AsyncGenerator[str | None]:
    """Serve the web address until the block ends; gives it, or None where nobody may use it.

    ``clock`` is the machinery's; ``connected`` says whether the bot hears Discord. Raises `ConfigError` where the port
    is taken.
    """
    if not loaded.config.web.is_served and loaded.config.github.webhook_secret is None:
        yield None
        return
    from bot.web.serving import serving  # noqa: PLC0415 - a web server and the MCP SDK: most bots need neither

    async with serving(loaded, api, services, clock, connected) as address:
        yield address
