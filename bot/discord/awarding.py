"""Lets a cog say who gets a task, and tells where it is broken."""

from typing import Any

from bot.discord.reporting import broken
from bot.errors import CogswarmError, UserError
from bot.plugins.cog import Decide
from bot.work.allocation.candidates import Award


async def awarded(cog: str, decide: Decide, *given: Any) -> Award:
    """What a strategy of ``cog`` decides of what it is given. Raises `UserError` where it fails."""
    try:
        return await decide(*given)
    except CogswarmError:
        raise
    except Exception as error:
        # The same sentence each time: people are told once, not at each try.
        broken(cog, error)
        raise UserError(
            f"“{cog}”, which says who gets a task here, is broken; the bot's log has the details."
        ) from error
