"""Facts as people choose them, and who may change one."""

from collections.abc import Sequence

from cogs.pins_memory import messages
from cogs.pins_memory.cog import Ctx
from cogs.pins_memory.words import suggested
from cogswarm import Fact, UserError

SUGGESTIONS = 25
LONGEST_NUMBER = 9


async def suggest(ctx: Ctx, typed: str, *, only_here: bool = False) -> Sequence[str]:
    """Facts whose words (or number) hold what was typed, the newest first."""
    words = typed.rpartition(messages.BETWEEN)[2].strip()
    found = await ctx.facts.here(words, limit=SUGGESTIONS * 2)
    return [suggested(one) for one in found if not only_here or one.channel_id == ctx.channel_id][
        :SUGGESTIONS
    ]


def number_of(typed: str) -> int:
    """The number of a fact that was chosen from suggestions, or typed. Raises `UserError`."""
    number = typed.partition(messages.BETWEEN)[0].strip().removeprefix("#")
    if not number.isdecimal() or len(number) > LONGEST_NUMBER:
        raise UserError(messages.WHICH + ".")
    return int(number)


async def chosen(ctx: Ctx, typed: str) -> Fact:
    """The fact that was meant, which this person may change. Raises `UserError`."""
    fact = await ctx.facts.find(number_of(typed))
    may_change(ctx, fact)
    return fact


def may_change(ctx: Ctx, fact: Fact) -> None:
    """Raise `UserError` where this person neither stated nor noted it, nor may take pins off by hand."""
    mine = ctx.principal.member_id in {fact.stated_id, fact.noted_id}
    if not (mine or ctx.may("pin_messages") or ctx.may("manage_messages")):
        raise UserError(messages.NOT_YOURS)
