"""/inbox, /approve, /deny, /question and /delegate."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from cogs.approvals import messages
from cogs.approvals.cog import approvals
from cogs.approvals.workflow import put_question
from cogswarm import ApprovalRules, AskView, Choice, Context, Member, UserError, title

type Ctx = Context[ApprovalRules]

SHOWN = 10
SUGGESTIONS = 25
NAME = 50

inbox = approvals.group("inbox", help=messages.INBOX)


async def suggest_approval(ctx: Ctx, typed: str) -> Sequence[str]:
    """What waits for the person to approve, each with its id and version."""
    return [_named(one) for one in await _suggested(ctx, typed) if one.approvable][:SUGGESTIONS]


async def suggest_denial(ctx: Ctx, typed: str) -> Sequence[str]:
    """What the person may stop, each with its id and version."""
    return [_named(one) for one in await _suggested(ctx, typed) if one.kind == "approval"][:SUGGESTIONS]


@inbox.command("list", help=messages.LIST)
async def list_waiting(ctx: Ctx, cog: Annotated[str, messages.COG] = "") -> None:
    """Show what waits for the person, with a select that approves several at once."""
    found = await ctx.asks.waiting(cog=cog, limit=SHOWN)
    if not found:
        await ctx.reply(messages.NONE)
        return
    lines = [messages.HEAD, *_lines(found)]
    approvable = [(number, one) for number, one in enumerate(found, 1) if one.approvable]
    if not approvable:
        await ctx.reply("\n".join(lines))
        return
    choices = [
        Choice(
            f"{number}. {title(one.title, NAME)}",
            f"{one.id}:{one.version}",
            title(one.detail, NAME),
            chosen=True,
        )
        for number, one in approvable
    ]
    select = ctx.select(
        "batch", "all", placeholder=messages.BATCH_CHOOSE, choices=choices, least=1, most=len(choices)
    )
    await ctx.reply("\n".join([*lines, messages.BATCH]), [select])


@approvals.select("batch")
async def approve_several(ctx: Ctx, _value: str, chosen: Sequence[str]) -> None:
    """Approve what was left chosen, one by one: each may be decided, changed or not theirs by now."""
    lines: list[str] = []
    for one in chosen:
        ask_id, version = _read(one)
        try:
            lines.append(f"- {await ctx.asks.say(ask_id, version, yes=True)}")
        except UserError as error:
            lines.append(f"- {error}")
    await ctx.reply("\n".join(lines))


@inbox.command("mine", help=messages.MINE)
async def list_mine(ctx: Ctx, cog: Annotated[str, messages.COG] = "") -> None:
    """Show what was asked on the person's behalf."""
    found = await ctx.asks.asked(cog=cog, limit=SHOWN)
    await ctx.reply("\n".join([messages.HEAD_MINE, *_lines(found)] if found else [messages.NONE_MINE]))


@inbox.command("history", help=messages.HISTORY)
async def list_history(
    ctx: Ctx, cog: Annotated[str, messages.COG] = "", *, mine: Annotated[bool, messages.ONLY_MINE] = False
) -> None:
    """Show what was decided, by whom and when."""
    found = await ctx.asks.history(cog=cog, mine=mine, limit=SHOWN)
    lines = [
        messages.ENTRY_OVER.format(title=title(one.title, NAME), place=f"<#{one.place}>", outcome=one.outcome)
        for one in found
    ]
    await ctx.reply("\n".join([messages.HEAD_HISTORY, *lines] if found else [messages.NONE_HISTORY]))


@approvals.command("approve", help=messages.APPROVE, suggest={"what": suggest_approval})
async def approve(ctx: Ctx, what: Annotated[str, messages.WHICH]) -> None:
    """Approve the version that was shown in the list."""
    ask_id, version = _read(what.rpartition(messages.BETWEEN)[2])
    await ctx.reply(await ctx.asks.say(ask_id, version, yes=True))


@approvals.command("deny", help=messages.DENY, suggest={"what": suggest_denial})
async def deny(
    ctx: Ctx, what: Annotated[str, messages.WHICH], why: Annotated[str, messages.WHY] = ""
) -> None:
    """Reject it, with what should be different."""
    ask_id, version = _read(what.rpartition(messages.BETWEEN)[2])
    await ctx.reply(await ctx.asks.say(ask_id, version, yes=False, note=why.strip()))


@approvals.command("question", help=messages.QUESTION)
async def question(
    ctx: Ctx,
    text: Annotated[str, messages.TEXT],
    who: Annotated[Member | None, messages.WHO] = None,
) -> None:
    """Ask people something; the answer comes to whoever asked."""
    wanted = text.strip()
    if not wanted:
        raise UserError(messages.EMPTY)
    if len(wanted) > messages.LONGEST:
        raise UserError(messages.TOO_LONG.format(most=messages.LONGEST))
    await ctx.start(
        put_question,
        title=wanted,
        question=wanted,
        hours=ctx.settings.hours,
        member=None if who is None else who.id,
    )


@approvals.command("delegate", help=messages.DELEGATE)
async def delegate(
    ctx: Ctx,
    to: Annotated[Member | None, messages.TO] = None,
    until: Annotated[str, messages.UNTIL] = "7d",
) -> None:
    """Let somebody decide while the person is away, or end that."""
    if to is None:
        ended = await ctx.asks.decide_myself()
        await ctx.reply(messages.DECIDE_AGAIN if ended else messages.NOT_DELEGATED)
        return
    moment = ctx.moment(until)
    await ctx.asks.delegate(to.id, moment, is_bot=to.is_bot)
    await ctx.reply(messages.DELEGATED.format(to=to.id, when=int(moment.timestamp())))


async def _suggested(ctx: Ctx, typed: str) -> Sequence[AskView]:
    words = typed.partition(messages.BETWEEN)[0].removesuffix("…").strip()
    return await ctx.asks.waiting(words=words, limit=2 * SUGGESTIONS)


def _named(view: AskView) -> str:
    """At most 100 characters, as Discord takes them; the id and the version are what is read back."""
    return f"{title(view.title, NAME)}{messages.BETWEEN}{view.id}:{view.version}"


def _read(typed: str) -> tuple[UUID, int]:
    number, _, version = typed.strip().partition(":")
    try:
        return UUID(number), int(version)
    except ValueError:
        raise UserError(messages.CHOOSE) from None


def _lines(views: Sequence[AskView]) -> list[str]:
    return [_line(number, one) for number, one in enumerate(views, 1)]


def _line(number: int, view: AskView) -> str:
    until = view.deadline_at
    return messages.ENTRY.format(
        number=number,
        title=title(view.title, NAME),
        place=f"<#{view.place}>",
        who=view.requester_id,
        when=int(view.created_at.timestamp()),
        until="" if until is None else messages.ENTRY_UNTIL.format(when=int(until.timestamp())),
    )
