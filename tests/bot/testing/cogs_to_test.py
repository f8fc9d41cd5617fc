"""Cogs that the kit is tried on."""

from cogswarm import Cog, Context, Message, Run


def counter() -> Cog:
    """A cog that answers, posts, reacts and works."""
    cog = Cog("counter", summary="Counts", intents={"message_content"})

    @cog.workflow
    async def count(run: Run, up_to: int) -> None:
        for number in range(1, up_to + 1):
            await run.post(f"{number}")

    @cog.workflow
    async def think(run: Run) -> None:
        await run.post(await run.step("think", run.agent("thinker").answer, "Think."))

    async def suggest(_ctx: Context, typed: str) -> list[str]:
        return [f"{typed}1", f"{typed}2"]

    @cog.command("count", help="Count", suggest={"note": suggest})
    async def count_now(ctx: Context, name: int = 2, timeout: str = "", note: str = "") -> None:
        await ctx.start(count, up_to=name)
        assert f"{timeout}{note}" is not None

    @cog.command("think", help="Ask the model")
    async def think_now(ctx: Context) -> None:
        await ctx.start(think)

    @cog.on_message
    async def heard(ctx: Context, message: Message) -> None:
        if message.text.startswith("say "):
            await ctx.say_once(f"{message.id}", message.text[4:], buttons=[ctx.button("More", "more", "x")])

    @cog.button("more")
    async def more(ctx: Context, value: str) -> None:
        await ctx.reply(f"more {value}")

    assert count_now
    assert think_now
    assert heard
    assert more
    return cog
