"""/privacy: what is remembered of the person, as a list or a file, forgotten, and not remembered any more."""

import json

from cogs.recall import messages
from cogs.recall.cog import RecallSettings, recall
from cogswarm import Context, File, plain

type Ctx = Context[RecallSettings]

privacy = recall.group("privacy", help=messages.PRIVACY)


@privacy.command("show", help=messages.PRIVACY_SHOW)
async def show(ctx: Ctx) -> None:
    """Say how much is remembered, of which kind, since when, and what is kept from now on."""
    held = await ctx.memory.of_me()
    lines = [messages.HELD] if held else [messages.HELD_NOTHING]
    lines += [
        messages.HELD_KIND.format(kind=plain(one.kind), count=one.count, when=int(one.oldest.timestamp()))
        for one in held
    ]
    if await ctx.memory.opted_out():
        lines.append(messages.IS_OUT)
    else:
        on = ctx.settings.keep_messages and ctx.reads_everything
        here = messages.HERE_ON.format(days=ctx.settings.message_days) if on else ""
        lines.append(messages.IS_IN.format(here=here))
    await ctx.reply("\n".join([*lines, messages.ALSO]))


@privacy.command("export", help=messages.PRIVACY_EXPORT)
async def export(ctx: Ctx) -> None:
    """Give all of it as a file."""
    found = await ctx.memory.export()
    if not found:
        await ctx.reply(messages.HELD_NOTHING)
        return
    data = json.dumps(found, ensure_ascii=False, indent=1).encode()
    await ctx.reply(messages.EXPORTED, files=[File(messages.FILE, data)])


@privacy.command("erase", help=messages.PRIVACY_ERASE)
async def erase(ctx: Ctx) -> None:
    """Ask once more, since it cannot be undone."""
    count = sum(one.count for one in await ctx.memory.of_me())
    if not count:
        await ctx.reply(messages.HELD_NOTHING)
        return
    await ctx.reply(messages.ASK_ERASE.format(count=count), [ctx.button(messages.ERASE, "erase", "all")])


@recall.button("erase")
async def erase_all(ctx: Ctx, _value: str) -> None:
    """Forget it."""
    await ctx.reply(messages.ERASED.format(count=await ctx.memory.erase()))


@privacy.command("opt-out", help=messages.PRIVACY_OUT)
async def opt_out(ctx: Ctx) -> None:
    """Forget all and remember nothing any more."""
    await ctx.reply(messages.OUT.format(count=await ctx.memory.opt_out()))


@privacy.command("opt-in", help=messages.PRIVACY_IN)
async def opt_in(ctx: Ctx) -> None:
    """Remember again."""
    await ctx.reply(messages.IN if await ctx.memory.opt_in() else messages.WAS_IN)
