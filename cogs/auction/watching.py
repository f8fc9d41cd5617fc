"""Wakes auctions when they are due: a run that waits for the time, and a job that looks after whatever has lost its run."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from cogs.auction import messages
from cogs.auction.cog import Ctx, auction
from cogs.auction.on_bus import hear, invite_all
from cogs.auction.telling import tell
from cogswarm import BOT, OutsideError, Run, UserError

A_MOMENT = timedelta(seconds=1)


@auction.workflow
async def hold(run: Run, auction: str) -> None:
    """Look at an auction whenever its time has come, until only what happens to its task matters."""
    turn, before = 0, None
    while True:
        until = await run.step(f"look {turn}", _look, run, UUID(auction))
        if until is None:
            return
        if until == before:
            # The clock that auctions go by is not as far yet as the one that woke us.
            await run.sleep(f"a moment {turn}", A_MOMENT)
        else:
            await run.sleep_until(f"its time {turn}", until)
        turn, before = turn + 1, until


@auction.on_stop(hold)
async def stopped(run: Run, auction: str) -> None:
    """End an auction whose run was stopped, or whose cog is switched off here."""
    await run.step("end", _end, run, UUID(auction))


@auction.on_enabled
async def begin(ctx: Ctx) -> None:
    """Go on at once with what waited while the bot was away."""
    try:
        await look_after(ctx)
    except OutsideError:
        return  # the job looks again in a moment; nothing need stay off for that


@auction.job(every=timedelta(seconds=10), jitter=timedelta())
async def look_after(ctx: Ctx) -> None:
    """Give a task to the runner-up whose winner is gone, measure what has ended, and tell what was not told.

    What agents of a bus have answered is heard before, and whoever was not asked yet for a bid is.
    """
    await invite_all(ctx)
    await hear(ctx)
    await ctx.auctions.follow(partial(tell, ctx.auctions))
    await tell(ctx.auctions)


async def _look(run: Run, auction_id: UUID) -> datetime | None:
    tell_it = partial(tell, run.auctions)
    await tell_it()
    return await run.auctions.advance(auction_id, tell_it)


async def _end(run: Run, auction_id: UUID) -> None:
    try:
        await run.auctions.cancel(auction_id, BOT, messages.STOPPED)
    except UserError:
        return  # it is over already, or the task was given
    await tell(run.auctions)
