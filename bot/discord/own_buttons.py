"""The buttons that are the bot's own, whatever the cog: stopping work, and seeing a private answer again."""

from typing import Any
from uuid import UUID

from bot.discord import private
from bot.discord.answers import Answers
from bot.discord.context import ContextServices
from bot.discord.events import Interaction
from bot.errors import OutsideError
from bot.work import runs_table

RUNS = "runs"
LONGEST_NUMBER = 19
"""Digits that certainly fit into a row's number."""
NOT_KEPT = "This answer is for somebody else, or older than I keep answers."
_FINISHED = {"done": "finished already", "stopped": "was stopped before", "failed": "ended before"}


async def stop_run(services: ContextServices, interaction: Interaction, answers: Answers, value: str) -> None:
    """Stop the run with the id ``value``; also where its cog is off by now."""
    if interaction.author.is_bot or interaction.where.guild_id is None:
        return
    try:
        run_id = UUID(value)
        await answers.acknowledge()
        async with services.database.transaction() as conn:
            row = await runs_table.get(conn, run_id)
            # A button's id could be replayed from elsewhere; a run is stopped only from its own guild.
            ours = row is not None and row.guild_id == interaction.where.guild_id
            state = await runs_table.ask_to_stop(conn, run_id, interaction.author.id) if ours else None
            if state in {"ready", "running"}:
                await services.ring(conn, run_id)
    except ValueError:
        state = None
    except OutsideError as error:
        await answers.say_safely(str(error))
        return
    if state is None:
        await answers.say_safely("I do not know that piece of work any more.")
    elif state in _FINISHED:
        await answers.say_safely(f"That {_FINISHED[state]}.")
    else:
        await answers.say_safely("Stopping. The message above will say what was done so far.")


async def show_kept(
    services: ContextServices, interaction: Interaction, answers: Answers, value: str
) -> None:
    """Show a private answer again, to whom it was for."""
    body: dict[str, Any] | None = None
    try:
        async with services.database.connection() as conn:
            if value.isdecimal() and len(value) < LONGEST_NUMBER:
                body = await private.kept_for(conn, int(value), interaction.author.id)
    except OutsideError as error:
        await answers.say_safely(str(error))
        return
    await answers.say_safely(str(body["content"]) if body else NOT_KEPT)
