"""A cog that says, notes, keeps and raises what it should not, wherever it can."""

from collections.abc import AsyncGenerator

from cogswarm import Cog, Context, OutsideError, Run, Settings, UserError, setting


class CarelessSettings(Settings):
    token: str = setting("", label="Token", help="Of a service")


ERRORS: dict[str, type[Exception]] = {"broken": RuntimeError, "user": UserError, "outside": OutsideError}


async def _talk(run: Run, secret: str) -> None:
    async def tell() -> str:
        return secret

    async def letters() -> AsyncGenerator[str]:
        for letter in secret:
            yield letter

    assert await run.step("tell", tell) != secret
    await run.note(secret)
    # Wherever a message ends, it ends in the middle of one.
    await run.post(secret.split(maxsplit=1)[0] * (6_000 // len(secret.split(maxsplit=1)[0])))
    await run.post("word " * 6_000 + secret)
    await run.stream(letters())
    agent = run.agent("writer")
    talk = agent.converse(f"What is {secret}?")
    await run.stream(talk, speaker=agent.speaker)


def careless(secret: str) -> Cog:
    """The cog, which tells ``secret``."""
    cog = Cog("careless", summary="Breaks", settings=CarelessSettings)

    async def raise_it(kind: str) -> None:
        raise ERRORS[kind](f"It is {secret}")

    @cog.workflow
    async def work(run: Run, where: str, kind: str) -> None:
        if where == "talk":
            await _talk(run, secret)
        if where == "step":
            await run.step("broken", raise_it, kind)
        await raise_it(kind)

    @cog.command("break", help="Break")
    async def now(ctx: Context[CarelessSettings], where: str, kind: str = "broken") -> None:
        if where == "reply":
            await ctx.reply(f"{'word ' * 390}{secret}")
        elif where == "command":
            await raise_it(kind)
        else:
            await ctx.start(work, title=f"Break {secret}", where=where, kind=kind)

    @cog.tool("blab", help=f"Tells {secret}", read_only=True)
    async def blab(ctx: Context[CarelessSettings], what: str = "") -> str:
        assert ctx.settings.token
        if what == "raise":
            await raise_it("user")
        return secret

    assert now
    assert blab
    return cog
