"""/facts: lists, changes and removes the facts of a place."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from cogs.pins_memory import messages
from cogs.pins_memory.choosing import chosen, may_change, suggest
from cogs.pins_memory.cog import Ctx, pins_memory
from cogs.pins_memory.words import LINE, WORDS, about
from cogswarm import Button, Fact, UserError, option, title

PAGE = 10
MOST = 500

group = pins_memory.group("facts", help=messages.FACTS)


async def suggest_any(ctx: Ctx, typed: str) -> Sequence[str]:
    """The facts that hold here."""
    return await suggest(ctx, typed)


@group.command("list", help=messages.LIST)
async def list_facts(ctx: Ctx) -> None:
    """Show the facts of this place, the newest first."""
    await _show(ctx, 0)


@pins_memory.button("page", updates=True)
async def page(ctx: Ctx, first: str) -> None:
    """Show others."""
    await _show(ctx, int(first))


@group.command("edit", help=messages.EDIT, suggest={"fact": suggest_any})
async def edit(
    ctx: Ctx,
    fact: Annotated[str, messages.WHICH],
    text: Annotated[str | None, option(messages.EDIT_TEXT, least=1, most=MOST)] = None,
    until: Annotated[str | None, messages.EDIT_UNTIL] = None,
) -> None:
    """Let a fact say something else, or hold until another time."""
    found = await chosen(ctx, fact)
    if text is None and until is None:
        raise UserError(messages.NOTHING_TO_CHANGE)
    expires = None if until is None else ctx.moment(until)
    changed = await ctx.facts.edit(found.id, WORDS, text=text, expires_at=expires)
    said = messages.EDITED.format(number=changed.number, text=title(changed.text, LINE))
    await ctx.reply(said, [ctx.button(messages.UNDO, "undo_edit", f"{changed.id}:{changed.version}")])


@group.command("remove", help=messages.REMOVE, suggest={"fact": suggest_any})
async def remove(ctx: Ctx, fact: Annotated[str, messages.WHICH]) -> None:
    """Let a fact hold no longer."""
    found = await chosen(ctx, fact)
    await ctx.facts.remove(found.id, WORDS)
    undo = ctx.button(messages.UNDO, "undo_remove", str(found.id))
    await ctx.reply(messages.REMOVED_THAT.format(number=found.number), [undo])


@pins_memory.button("undo_edit")
async def undo_edit(ctx: Ctx, value: str) -> None:
    """Let a fact say again what it said before."""
    fact_id, _, version = value.partition(":")
    fact = await _known(ctx, fact_id)
    await ctx.facts.take_back(fact.id, int(version), WORDS)
    await ctx.reply(messages.UNDONE)


@pins_memory.button("undo_remove")
async def undo_remove(ctx: Ctx, fact_id: str) -> None:
    """Let a fact hold again."""
    fact = await _known(ctx, fact_id)
    await ctx.facts.restore(fact.id, WORDS)
    await ctx.reply(messages.UNDONE)


async def _known(ctx: Ctx, fact_id: str) -> Fact:
    fact = await ctx.facts.get(UUID(fact_id))
    if fact is None:
        raise UserError(messages.GONE)
    may_change(ctx, fact)
    return fact


async def _show(ctx: Ctx, first: int) -> None:
    facts = await ctx.facts.here()
    if not facts:
        await ctx.reply(messages.NO_FACTS)
        return
    first = max(0, min(first, (len(facts) - 1) // PAGE * PAGE))
    shown = facts[first : first + PAGE]
    lines = [messages.LIST_HEAD.format(count=len(facts)), *map(_line, shown)]
    buttons: list[Button] = []
    if len(facts) > PAGE:
        lines.append(messages.LIST_FOOT.format(first=first + 1, last=first + len(shown), count=len(facts)))
        if first > 0:
            buttons.append(ctx.button(messages.NEWER, "page", str(first - PAGE)))
        if first + PAGE < len(facts):
            buttons.append(ctx.button(messages.OLDER, "page", str(first + PAGE)))
    await ctx.reply("\n".join(lines), buttons)


def _line(fact: Fact) -> str:
    where = messages.LIST_LINK.format(link=fact.link) if fact.link else messages.LIST_SOON
    told = messages.AND.join([about(fact), f"<t:{int(fact.noted_at.timestamp())}:D>", where])
    return messages.LIST_LINE.format(number=fact.number, text=title(fact.text, 120), about=told)
