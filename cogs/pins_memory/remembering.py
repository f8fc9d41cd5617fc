"""/remember, and *Remember this* in the menu of messages."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from cogs.pins_memory import messages
from cogs.pins_memory.choosing import may_change, number_of, suggest
from cogs.pins_memory.cog import Ctx, pins_memory
from cogs.pins_memory.words import WORDS
from cogswarm import Fact, Form, Message, NewFact, UserError, entry, option

if TYPE_CHECKING:
    from pydantic import JsonValue

LONGEST = 500
MENTIONED = 5


async def suggest_here(ctx: Ctx, typed: str) -> Sequence[str]:
    """The facts of just this place, of which one can be replaced."""
    return await suggest(ctx, typed, only_here=True)


@pins_memory.command("remember", help=messages.REMEMBER, suggest={"replaces": suggest_here})
async def remember(
    ctx: Ctx,
    fact: Annotated[str, option(messages.REMEMBER_FACT, least=1, most=LONGEST)],
    until: Annotated[str | None, messages.REMEMBER_UNTIL] = None,
    replaces: Annotated[str | None, messages.REMEMBER_REPLACES] = None,
) -> None:
    """Note what somebody states."""
    me = ctx.principal
    await keep(
        ctx,
        NewFact(
            ctx.channel_id,
            ctx.home_id,
            fact,
            me.name,
            me.member_id,
            stated_id=me.member_id,
            expires_at=None if not until else ctx.moment(until),
            replaces=None if replaces is None else number_of(replaces),
        ),
    )


class Remembered(Form):
    """What a message says, as a fact."""

    text: str = entry(label=messages.FORM_TEXT, long=True, min_length=1, max_length=LONGEST)
    until: str = entry("", label=messages.FORM_UNTIL, max_length=60)


@pins_memory.message_command(messages.MENU, opens_form=True)
async def remember_this(ctx: Ctx, message: Message) -> None:
    """Offer what a message says, to be made one fact of."""
    check(ctx)
    about: dict[str, JsonValue] = {
        "id": message.id,
        "name": message.author.name,
        # a webhook is nobody who could be mentioned, and the bot's own words are nobody's statement
        "by": None if message.author.is_bot else message.author.id,
    }
    await ctx.notes.put(f"about:{ctx.principal.member_id}", about)
    text = " ".join(message.text.split())[:LONGEST]
    await ctx.open_form(
        "remember",
        str(message.id),
        Remembered,
        title=messages.MENU_TITLE,
        values={"text": text} if text else {},
    )


@pins_memory.form("remember", Remembered)
async def remembered(ctx: Ctx, message_id: str, form: Remembered) -> None:
    """Note what somebody made of a message; it stays the words of whoever wrote that."""
    kept = await ctx.notes.get(f"about:{ctx.principal.member_id}")
    if not isinstance(kept, dict) or str(kept.get("id")) != message_id:
        raise UserError(messages.FORM_LOST)
    await ctx.notes.drop(f"about:{ctx.principal.member_id}")
    by = kept.get("by")
    await keep(
        ctx,
        NewFact(
            ctx.channel_id,
            ctx.home_id,
            form.text,
            str(kept.get("name") or ""),
            ctx.principal.member_id,
            stated_id=by if isinstance(by, int) else None,
            source_id=int(message_id),
            expires_at=None if not form.until else ctx.moment(form.until),
        ),
    )


@pins_memory.button("undo_remember")
async def undo_remember(ctx: Ctx, fact_id: str) -> None:
    """Take back what was just noted; what had given way to it holds again."""
    fact = await ctx.facts.get(UUID(fact_id))
    if fact is None:
        raise UserError(messages.GONE)
    may_change(ctx, fact)
    await ctx.facts.remove(fact.id, WORDS)
    before = None if fact.replaces is None else await ctx.facts.of_number(fact.replaces)
    if before is not None and before.replaced_by == fact.number:
        await ctx.facts.restore(before.id, WORDS)
    await ctx.reply(messages.UNDONE)


def check(ctx: Ctx) -> None:
    """Raise `UserError` where this person, or the bot, cannot have anything pinned here."""
    if ctx.settings.who == "who may pin" and not ctx.may("pin_messages"):
        raise UserError(messages.ONLY_WHO_PIN)
    if not ctx.bot_may("pin_messages"):
        raise UserError(messages.MAY_NOT_PIN)


async def keep(ctx: Ctx, new: NewFact) -> None:
    """Note a fact for a person, and tell them."""
    check(ctx)
    await ctx.facts.begin_here(WORDS, ctx.settings.index)
    noted = await ctx.facts.note(new, WORDS)
    fact = noted.fact
    if not noted.is_new:
        already = messages.KEPT_ALREADY if fact.link else messages.KEPT_ALREADY_SOON
        await ctx.reply(already.format(number=fact.number, link=fact.link))
        return
    lines = [messages.KEPT.format(number=fact.number), *gave_way(noted.evicted)]
    await ctx.reply("\n".join(lines), [ctx.button(messages.UNDO, "undo_remember", str(fact.id))])


def gave_way(evicted: Sequence[Fact]) -> list[str]:
    """A line about facts that had to go."""
    if not evicted:
        return []
    numbers = ", ".join(str(fact.number) for fact in evicted[:MENTIONED])
    return [messages.GAVE_WAY.format(numbers=numbers + (" …" if len(evicted) > MENTIONED else ""))]
