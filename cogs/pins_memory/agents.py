"""The tool with which agents note facts: through the gate for junk, and through people where an admin wants that."""

import hashlib
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cogs.pins_memory import messages
from cogs.pins_memory.cog import Ctx, pins_memory
from cogs.pins_memory.junk import junk
from cogs.pins_memory.remembering import LONGEST
from cogs.pins_memory.words import WORDS
from cogswarm import NewFact, Run, UserError

MOST_HOURS = 24 * 365
ASKED_AGAIN = timedelta(days=1)
"""After so long the same may be asked again, should the question have been lost."""


class Wish(BaseModel):
    """What people are asked to agree to."""

    model_config = ConfigDict(extra="forbid")

    fact: str = Field(min_length=1, max_length=LONGEST)
    replaces: int | None = Field(default=None, ge=1)
    hours: float | None = Field(default=None, gt=0, le=MOST_HOURS)


# People are asked by the run that it starts, not by whoever calls it: so an agent goes on meanwhile, and the server's own
# setting decides whether they are. What it does is seen by everybody and taken back by taking off a pin.
@pins_memory.tool("remember", help=messages.TOOL, read_only=True)
async def remember_for_agent(
    ctx: Ctx,
    fact: Annotated[str, messages.TOOL_FACT, Field(min_length=1, max_length=LONGEST)],
    replaces: Annotated[int | None, messages.TOOL_REPLACES, Field(ge=1)] = None,
    hours: Annotated[float | None, messages.TOOL_HOURS, Field(gt=0, le=MOST_HOURS)] = None,
) -> str:
    """Note a fact for an agent, or ask people whether to."""
    if ctx.is_direct:
        raise UserError(messages.TOOL_PLACE)
    if ctx.settings.agents == "never":
        raise UserError(messages.TOOL_OFF)
    if await ctx.facts.may_not_pin():
        raise UserError(messages.MAY_NOT_PIN)
    text = " ".join(fact.split())
    facts = await ctx.facts.here()
    same = next((one for one in facts if one.text.casefold() == text.casefold()), None)
    if same is not None:
        return messages.TOOL_SAME.format(number=same.number)
    others = [one.text for one in facts if one.number != replaces]
    if (refused := junk(text, others)) is not None:
        raise UserError(refused)
    if replaces is not None:
        await ctx.facts.find(replaces)
    if ctx.settings.agents == "freely":
        return await _kept(ctx, text, replaces, hours)
    return await _asked(ctx, text, replaces, hours)


async def _kept(ctx: Ctx, text: str, replaces: int | None, hours: float | None) -> str:
    await ctx.facts.begin_here(WORDS, ctx.settings.index)
    expires = None if hours is None else ctx.now + timedelta(hours=hours)
    new = NewFact(
        ctx.channel_id, ctx.home_id, text, messages.AN_AGENT, ctx.principal.member_id, agent=messages.AN_AGENT,
        expires_at=expires, replaces=replaces,
    )  # fmt: skip
    noted = await ctx.facts.note(new, WORDS)
    return (messages.TOOL_KEPT if noted.is_new else messages.TOOL_SAME).format(number=noted.fact.number)


async def _asked(ctx: Ctx, text: str, replaces: int | None, hours: float | None) -> str:
    """Ask once, however often an agent says it, or is made to say it again after a crash."""
    key, now = f"asked:{ctx.channel_id}:{_digest(text)}", int(ctx.now.timestamp())
    before = await ctx.notes.get(key)
    at = before.get("at") if isinstance(before, dict) else None
    asked = isinstance(at, int) and now - at < ASKED_AGAIN.total_seconds()
    if asked or not await ctx.notes.swap(key, before, {"at": now}):
        return messages.TOOL_ASKED_ALREADY
    await ctx.start(
        ask_people, title=messages.APPROVE, quiet=True, asked=key, text=text, home=ctx.home_id, replaces=replaces, hours=hours
    )  # fmt: skip
    return messages.TOOL_ASKED


@pins_memory.workflow
async def ask_people(
    run: Run, asked: str, text: str, home: int, replaces: int | None, hours: float | None
) -> None:
    """Ask whether a fact is to be kept, as the server's rules for approvals say; it is kept as people approved it."""
    wish = Wish(fact=text, replaces=replaces, hours=hours)
    said = await run.approve("fact", messages.APPROVE, wish.model_dump(exclude_none=True))
    if said.approved:
        try:
            # Whoever approved it may have put it otherwise; what they agreed to is what is done.
            agreed = Wish.model_validate(said.payload)
            await run.step("note", _noted, run, home, agreed)
        except (UserError, ValidationError) as error:
            reason = str(error) if isinstance(error, UserError) else messages.NO_FACT
            await run.post(messages.NOT_KEPT.format(reason=reason))
    else:
        await run.post(messages.NOT_KEPT.format(reason=said.reason))
    await run.step("done", run.notes.drop, asked)


@pins_memory.on_stop(ask_people)
async def stopped(
    run: Run, asked: str, text: str, home: int, replaces: int | None, hours: float | None
) -> None:
    """Let it be asked again some day."""
    del text, home, replaces, hours
    await run.step("forget", run.notes.drop, asked)


async def _noted(run: Run, home: int, wish: Wish) -> int:
    """Note it where it was asked; saying it twice notes it once."""
    place = run.principal.channel_id
    expires = None if wish.hours is None else run.clock.now() + timedelta(hours=wish.hours)
    new = NewFact(
        place, home, wish.fact, messages.AN_AGENT, run.principal.member_id, agent=messages.AN_AGENT, expires_at=expires,
        replaces=wish.replaces,
    )  # fmt: skip
    return (await run.facts(place, home).note(new, WORDS)).fact.number


def _digest(text: str) -> str:
    return hashlib.sha256(text.casefold().encode("utf-8", "replace")).hexdigest()[:32]
