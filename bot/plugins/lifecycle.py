"""Starts cogs before the bot connects and ends them with it; one that cannot start is not there at all."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from bot.errors import CogswarmError
from bot.plugins.cog import Cog

LOAD_SECONDS = 30.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """The cogs that are there, and of the others why not."""

    cogs: Mapping[str, Cog]
    absent: Mapping[str, str]


@asynccontextmanager
async def started(
    cogs: Mapping[str, Cog], owner_settings: Mapping[str, Mapping[str, Any]]
) -> AsyncGenerator[Started]:
    """Load every cog, all at once; the ones that were loaded are unloaded with the block, errors logged."""
    reasons = await asyncio.gather(*(_load(cog, owner_settings.get(cog.name, {})) for cog in cogs.values()))
    absent = {name: reason for name, reason in zip(cogs, reasons, strict=True) if reason}
    live = {name: cog for name, cog in cogs.items() if name not in absent}
    try:
        yield Started(live, absent)
    finally:
        await asyncio.gather(*(_unload(cog) for cog in live.values()))


async def _load(cog: Cog, section: Mapping[str, Any]) -> str:
    """Call what a cog declared; where that fails take it back and give the reason."""
    try:
        settings = cog.settings.model_validate(dict(section))
        async with asyncio.timeout(LOAD_SECONDS):
            for function in cog.loaders:
                await function(settings)
    except (CogswarmError, TimeoutError) as error:
        reason = str(error) or f"It took longer than {LOAD_SECONDS:g} seconds to start."
    except Exception as error:
        log.exception("cog_broke", cog=cog.name)
        reason = f"It broke while it started ({type(error).__name__}); the bot's log has the details."
    else:
        return ""
    log.warning("cog_not_loaded", cog=cog.name, reason=reason)
    await _unload(cog)
    return reason


async def _unload(cog: Cog) -> None:
    for function in cog.unloaders:
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await function()
        except Exception:  # the bot ends, and the others have to end as well
            log.exception("cog_not_unloaded", cog=cog.name)
