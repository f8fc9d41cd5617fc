"""Takes what people say to the cogs that listen and that the gate lets hear it."""

import asyncio
from typing import Any

import structlog

from bot.discord import replies
from bot.discord.context import Context
from bot.discord.entrance import Entrance
from bot.discord.events import Message
from bot.discord.reporting import broken
from bot.errors import CogswarmError
from bot.plugins.commands import Handler

LISTENER_SECONDS = 30.0

log = structlog.get_logger(__name__)


async def offer(entrance: Entrance, message: Message) -> None:
    """Offer a message to each cog that listens; what fails in one is logged and does not concern the others."""
    if not entrance.doorkeeper.first_time(message.id, message.where.guild_id):
        return
    whole: Message | None = None
    for cog in entrance.cogs.values():
        if (
            not cog.listeners
            or entrance.knock(cog.name, message.where, message.author, "message", message.id) is not None
        ):
            continue
        message = whole = whole or await replies.told(entrance.services, message)
        context = entrance.context(cog, message.id, message.where, message.author)
        with structlog.contextvars.bound_contextvars(cog=cog.name):
            for listener in cog.listeners:
                await _listen(listener, context, message)


async def _listen(listener: Handler, context: Context[Any], message: Message) -> None:
    try:
        async with asyncio.timeout(LISTENER_SECONDS):
            await listener(context, message)
    except (CogswarmError, TimeoutError) as error:
        log.warning("listener_failed", message=message.id, reason=str(error) or "took too long")
    except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
        broken("listener", error)
