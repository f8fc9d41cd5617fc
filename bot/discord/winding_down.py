"""Ends in order the work of cogs that are switched off: it is asked to stop, and says in its status message why."""

from collections.abc import Collection

from bot.plugins.gate import GuildRules
from bot.work import runs_table
from bot.work.surface import Connection

SWITCHED_OFF = "Stopped, because “{cog}” was switched off here."


async def wind_down(
    conn: Connection, guild_id: int, cogs: Collection[str], rules: GuildRules, *, member_id: int
) -> int:
    """Ask every unfinished run of ``cogs`` to stop whose place the rules have switched off; gives their number.

    A run belongs to the channel in which it was asked for, also where that was in one of its threads.
    """
    ending = [
        run
        for run in await runs_table.unfinished(conn, guild_id, cogs)
        if not rules.let_in or run.cog in rules.withheld or not rules.is_on(run.cog, run.home_id)
    ]
    for run in ending:
        await runs_table.ask_to_stop(conn, run.id, member_id, SWITCHED_OFF.format(cog=run.cog))
    return len(ending)
