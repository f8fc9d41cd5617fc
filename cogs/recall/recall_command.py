"""/recall, its button, and the tool with which agents recall."""

from collections.abc import Sequence
from typing import Annotated, Any

from cogs.recall import messages
from cogs.recall.cog import RecallSettings, recall
from cogswarm import Context, Recollection, UserError, plain, title

type Ctx = Context[RecallSettings]

SHOWN = 5
LONGEST_QUERY = 500
PASSAGE = 280
TITLE = 80


async def suggest_kind(ctx: Ctx, typed: str) -> Sequence[str]:
    """The kinds of what is remembered here."""
    return [kind for kind in await ctx.memory.kinds() if typed.casefold() in kind.casefold()][:25]


@recall.command("recall", help=messages.RECALL, suggest={"kind": suggest_kind})
async def recall_now(
    ctx: Ctx, query: Annotated[str, messages.QUERY], kind: Annotated[str, messages.KIND] = ""
) -> None:
    """Show the asker what fits and they may read, with a button for what everybody here may."""
    wanted = " ".join(query.split())[:LONGEST_QUERY]
    if not any(character.isalnum() for character in wanted):
        raise UserError(messages.NO_QUERY)
    found = await ctx.memory.recall(wanted, kinds=[kind] if kind else None, limit=SHOWN)
    if not found:
        await ctx.reply(messages.NOTHING)
        return
    shared = await ctx.memory.shared([one.id for one in found])
    unclear = [] if any(one.clear for one in found) else [messages.UNCLEAR]
    lines = [messages.HEAD, *unclear, *_lines(found)]
    if not shared:
        await ctx.reply("\n".join([*lines, messages.SHOW_NONE]))
        return
    hint = messages.SHOW_HINT.format(some=len(shared), all=len(found))
    button = ctx.button(messages.SHOW, "show", ",".join(str(one.id) for one in shared))
    await ctx.reply("\n".join([*lines, hint]), [button])


@recall.button("show")
async def show_here(ctx: Ctx, value: str) -> None:
    """Show in the channel what everybody here may read at this moment, which may be less than when it was found."""
    ids = [int(one) for one in value.split(",") if one.isdigit()]
    shared = await ctx.memory.shared(ids[:SHOWN])
    if not shared:
        raise UserError(messages.NOT_SHARED)
    lines = [messages.SHARED.format(who=ctx.principal.member_id), *_lines(shared)]
    await ctx.say_once(f"shown:{ctx.event_id}", "\n".join(lines))
    await ctx.reply(messages.SHOWN)


@recall.tool("recall", help=messages.TOOL, read_only=True)
async def recall_tool(ctx: Ctx, question: Annotated[str, messages.TOOL_QUESTION]) -> dict[str, Any]:
    """What everybody may read who reads what the agent says."""
    found = await ctx.memory.recall_for_all(question[:LONGEST_QUERY], limit=SHOWN)
    results = [
        {
            "title": one.title,
            "text": one.body[:2000],
            "kind": one.kind,
            "link": one.link,
            "date": one.at.date().isoformat(),
            "clear": one.clear,
        }
        for one in found
    ]
    return {"results": results, "note": _note(found)}


def _note(found: Sequence[Recollection]) -> str:
    if not found:
        return messages.NOTHING_FOR_TOOL
    return "" if any(one.clear for one in found) else messages.UNCLEAR_FOR_TOOL


def _passage(one: Recollection) -> str:
    text = " ".join(one.passage.split())
    # a short fact is its own title
    if not text or text == " ".join(one.title.split())[:TITLE]:
        return ""
    return messages.PASSAGE.format(text=plain(text[:PASSAGE]))


def _lines(found: Sequence[Recollection]) -> list[str]:
    lines = [
        messages.ITEM.format(
            number=number,
            title=title(one.title, TITLE),
            passage=_passage(one),
            link=one.link,
            kind=plain(one.kind),
            when=int(one.at.timestamp()),
        )
        for number, one in enumerate(found, 1)
    ]
    return [*lines, messages.BY_WORDS] if any(one.method == "full text" for one in found) else lines
