"""Tools that cogs bring: an agent calls them inside its work, and the gate decides at the call for whom."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

from bot.mcp.errors import ToolCallError
from bot.plugins.loading import Loaded, check_tool_names
from bot.work.principal import Principal
from cogs.admin import admin
from cogswarm import Cog, Context, Run, UserError
from cogswarm.testing import BotWith
from tests.cogs.admin.conftest import Reader


def library() -> Cog:
    cog = Cog("library", summary="Knows books")

    @cog.tool("find", help="Find a book", read_only=True, limit=timedelta(seconds=0.2))
    async def find(ctx: Context, title: Annotated[str, "The title"], most: int = 3) -> dict[str, Any]:
        if title == "sad":
            raise UserError("There is no such book.")
        if title == "broken":
            raise ZeroDivisionError("a secret detail")
        if title == "slow":
            await asyncio.Event().wait()
        return {"title": title, "most": most, "for": ctx.principal.name, "guild": ctx.guild_id}

    assert find
    return cog


def reader() -> Cog:
    cog = Cog("reader", summary="Reads")

    @cog.workflow
    async def read(run: Run, what: str) -> None:
        arguments: dict[str, Any] = {"title": what}
        if what == "wrong":
            arguments["most"] = "many"
        agent = run.agent("agent")
        try:
            answer = await agent.use("library", "gone" if what == "unknown" else "find", arguments)
            await run.post(f"error={answer.is_error} {answer.text} {answer.structured}")
        except ToolCallError as error:
            await run.post(f"{type(error).__name__} {error}")

    @cog.command("read", help="Read something")
    async def now(ctx: Context, what: str) -> None:
        await ctx.start(read, title=f"Read {what}", what=what)

    assert now
    return cog


AGENT: dict[str, Any] = {"agents": {"agent": {"tools": ["library"]}}}


async def _said(reader: Reader, what: str) -> str:
    conversation = await reader.person.slash("read", what=what)
    return (await conversation.next()).text


async def test_an_agent_calls_a_cogs_tool_for_the_person_who_asked(bot_with: BotWith, bo: Reader) -> None:
    bot = await bot_with(library(), reader(), admin, config=AGENT)
    good = await _said(bo, "good")
    guild = next(iter(bot.router.guilds))
    assert good.startswith("error=False")
    assert f"{{'title': 'good', 'most': 3, 'for': 'Bo', 'guild': {guild}}}" in good
    assert (
        "error=True The arguments of find do not fit: most: input should be a valid integer"
        in await _said(bo, "wrong")
    )
    assert "error=True There is no such book." in await _said(bo, "sad")
    broken = await _said(bo, "broken")
    assert "error=True Something broke here (error " in broken
    assert "secret" not in broken
    assert (
        await _said(bo, "slow") == "ToolTimedOut The tool find of library did not answer within 0.2 seconds."
    )
    assert await _said(bo, "unknown") == "ToolUnavailable There is no tool gone of library."


async def test_the_gate_decides_at_the_call_for_the_member_the_channel_and_the_server(
    bot_with: BotWith, boss: Reader, bo: Reader
) -> None:
    bot = await bot_with(library(), reader(), admin, config=AGENT)
    role = next(one for one in boss.local.stage.world.roles.values() if one.name == "Reviewer")
    await boss.ask("cogs access", cog="library", rule="allow", who=str(role.id))
    assert f"ToolRefused “library” is for people with one of these roles: <@&{role.id}>." == await _said(
        bo, "good"
    )
    assert "people without a role for it 1" in await boss.ask("cogs info", cog="library")
    await boss.ask("cogs access", cog="library", rule="no rule", who=str(role.id))
    await boss.ask("cogs disable", cog="library", channel=bo.person.channel_id)
    assert "ToolRefused “library” is turned off in this channel" in await _said(bo, "good")
    await boss.ask("cogs disable", cog="library")
    await boss.ask("cogs enable", cog="library", channel=bo.person.channel_id)
    assert "error=False" in await _said(bo, "good")
    guild, channel = next(iter(bot.router.guilds)), int(bo.person.channel_id)
    principal = Principal(guild, channel, int(bo.person.client.user_id), "Bo")
    (found,) = bot.tools.tools(principal)
    assert (found.server, found.name, found.read_only, found.usable) == ("library", "find", True, True)
    await boss.ask("cogs disable", cog="library", channel=bo.person.channel_id)
    (found,) = bot.tools.tools(principal)
    assert "turned off on this server" in found.blocked
    assert bot.tools.tools()[0].usable, "without somebody to ask for it is there"


def test_a_tool_server_may_not_have_the_name_of_a_cog_that_brings_tools() -> None:
    loaded = Loaded(cogs={"library": library(), "reader": reader()})
    (problem,) = check_tool_names(loaded, ["feeds", "library", "reader"])
    assert "tools.library" in str(problem)
