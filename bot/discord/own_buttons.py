"""The buttons that are the bot's own, whatever the cog: stopping, retrying and deciding, and a private answer again."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from bot.discord import private
from bot.discord.answers import Answers
from bot.discord.context_services import ContextServices
from bot.discord.events import Interaction
from bot.discord.runs_desk import UNKNOWN, RunsDesk
from bot.errors import CogswarmError

RUNS = "runs"
ACTIONS = frozenset({"stop", "retry", "answer"})
"""What the buttons of a run's messages do."""
LONGEST_NUMBER = 19
"""Digits that certainly fit into a row's number."""
NOT_KEPT = "This answer is for somebody else, or older than I keep answers."


async def pressed(
    services: ContextServices, interaction: Interaction, answers: Answers, action: str, value: str
) -> None:
    """Do what a button of a run's message says, one of `ACTIONS`; also where its cog is off by now."""
    where, author = interaction.where, interaction.author
    if author.is_bot or (where.guild_id is None and not where.direct):
        return
    # In direct messages only what somebody asked there themselves is in their hands, whichever server that belongs to.
    desk = RunsDesk(
        services.runs, where.guild_id or 0, replace(author, permissions=0) if where.direct else author
    )
    number, _, option = value.partition(":")
    try:
        await answers.acknowledge()
        match action:
            case "stop":
                said = await desk.stop(UUID(number))
            case "retry":
                said = await desk.retry(UUID(number))
            case _:
                said = await desk.decide(UUID(number), option)
    except ValueError:
        said = UNKNOWN
    except CogswarmError as error:
        said = str(error)
    await answers.say_safely(said)


async def show_kept(
    services: ContextServices, interaction: Interaction, answers: Answers, value: str
) -> None:
    """Show a private answer again, to whom it was for."""
    body: dict[str, Any] | None = None
    try:
        async with services.database.connection() as conn:
            if value.isdecimal() and len(value) < LONGEST_NUMBER:
                body = await private.kept_for(conn, int(value), interaction.author.id)
    except CogswarmError as error:
        await answers.say_safely(str(error))
        return
    await answers.say_safely(str(body["content"]) if body else NOT_KEPT)
