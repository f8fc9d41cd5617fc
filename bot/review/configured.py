"""The repositories that the configuration names, and what checks them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bot.clock import Clock
from bot.config.loaded import LoadedConfig
from bot.errors import ConfigError
from bot.review.desk import CodeParts
from bot.review.static_checks import StaticChecks
from bot.storage.database import Database


@asynccontextmanager
async def code_of(
    loaded: LoadedConfig, database: Database, machinery: Clock
) -> AsyncGenerator[CodeParts | None]:
    """What looking after repositories needs; None where the owner names none. Raises `ConfigError`."""
    section = loaded.config.github
    if not section.repositories:
        yield None
        return
    try:
        # The client is large, an extra, and most bots review no code.
        from bot.review.github_client import github_opened  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            "Reading repositories needs `pip install cogswarm[review]`; install it, or take `github.repositories` out."
        ) from error
    async with github_opened(section, machinery) as github:
        yield CodeParts(section, github, StaticChecks.configured(section.checks, loaded.folder), database)
