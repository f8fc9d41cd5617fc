"""Keeps facts as their pins are: what people take off, delete and pin again, what is over, and what has no room."""

from datetime import timedelta

from cogs.pins_memory.cog import Ctx, pins_memory
from cogs.pins_memory.words import WORDS
from cogswarm import Deletion, Knowledge, OutsideError, Pins, UserError

JOB, KIND, TITLE = "look_after", "fact", 80
AT_ONCE = 20
"""Places that are looked at before the cog is on, so that a start does not wait for hundreds."""


@pins_memory.knows
async def known(ctx: Ctx) -> Knowledge:
    """What is pinned here, as Discord says at this moment: no copy that could be out of date."""
    return await ctx.facts.known()


@pins_memory.on_pins
async def pinned(ctx: Ctx, pins: Pins) -> None:
    """Look soon at what was pinned or taken off; many of these at once become one look."""
    if await ctx.facts.changed(pins.where.channel_id):
        await ctx.hurry(JOB)


@pins_memory.on_delete
async def deleted(ctx: Ctx, deletion: Deletion) -> None:
    """The same for a message of a fact: Discord does not say that its pin is gone, too."""
    if not await ctx.facts.is_said_in(deletion.message_id):
        return
    await ctx.memory.forget_message(deletion.message_id)  # also of a fact that had given way
    if await ctx.facts.changed(deletion.where.channel_id):
        await ctx.hurry(JOB)


@pins_memory.on_enabled
async def begin(ctx: Ctx) -> None:
    """Look at everything that may have happened while the bot was away."""
    try:
        await ctx.facts.all_changed()
        await _look(ctx, AT_ONCE)  # at once: the job may still be held by a process that was killed
    except OutsideError:
        return  # the job looks again in a moment; nothing need stay off for that


@pins_memory.job(every=timedelta(seconds=10), jitter=timedelta(), limit=timedelta(seconds=20))
async def look_after(ctx: Ctx) -> None:
    """Look at the places where something happened or is due, and forget what ended long ago."""
    await _look(ctx)
    await _tell_recall(ctx)
    await ctx.facts.forget_ended()


async def _tell_recall(ctx: Ctx) -> None:
    """Let recall know the facts that hold, as they are now; what gave way for want of room can still be found there."""
    for fact in await ctx.facts.for_recall():
        if fact.is_live:
            await ctx.memory.remember(
                kind=KIND,
                key=str(fact.id),
                title=fact.text[:TITLE],
                body=fact.text,
                place_id=fact.channel_id,
                message_id=fact.message_id,
                member_id=fact.stated_id or fact.noted_id,
            )
        else:
            await ctx.memory.forget(KIND, str(fact.id))
        await ctx.facts.recall_knows(fact, version=fact.version if fact.is_live else 0)


async def _look(ctx: Ctx, most: int | None = None) -> None:
    """One that cannot be read does not keep others waiting."""
    failed: OutsideError | None = None
    for place in (await ctx.facts.due())[:most]:
        try:
            settings = ctx.at(place.home_id).settings
        except UserError:
            continue  # switched off there: its pins are not touched
        try:
            await ctx.facts.look(place.channel_id, WORDS, settings.index)
        except OutsideError as error:
            failed = error
    if failed is not None:
        raise failed
