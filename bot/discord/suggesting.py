"""What is proposed while a person types an option; a cog that is too slow or breaks proposes nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot.discord.entrance import Entrance
from bot.discord.events import Interaction
from bot.discord.reporting import broken
from bot.errors import CogswarmError
from bot.plugins.cog import Cog
from bot.plugins.commands import Command

SUGGEST_SECONDS = 2.0

log = structlog.get_logger(__name__)


async def suggestions(
    entrance: Entrance,
    cog: Cog,
    command: Command,
    interaction: Interaction,
    options: Sequence[Mapping[str, Any]],
) -> list[str]:
    """What a cog proposes for the option that is being typed; nothing for whom the gate does not let in."""
    focused = next((one for one in options if one.get("focused")), dict[str, Any]())
    option = next((one for one in command.options if one.name == focused.get("name")), None)
    refused = entrance.knock(cog.name, interaction.where, interaction.author, "suggestion")
    if option is None or option.suggest is None or refused is not None:
        return []
    context = entrance.context(cog, interaction.id, interaction.where, interaction.author)
    try:
        async with asyncio.timeout(SUGGEST_SECONDS):
            return list(await option.suggest(context, str(focused.get("value", ""))))
    except (CogswarmError, TimeoutError) as error:
        log.info("no_suggestions", cog=cog.name, reason=str(error))
    except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
        broken(cog.name, error)
    return []
