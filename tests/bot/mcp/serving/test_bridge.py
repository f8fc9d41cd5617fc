"""``cogswarm mcp``: the bot's tools over standard input and output, as programs start it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from mcp import MCPError
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from bot.cli import main
from bot.cli.session import Session
from bot.clock import Clock
from bot.mcp.serving.bridge import Bridge
from cogs.approvals import approvals
from cogswarm.testing import BotWith, Person
from tests.bot.mcp.serving.client import SECRET, data, free_port, text, web
from tests.bot.mcp.serving.test_asking import guild_of, opened

ROOT = Path(__file__).parents[4]


async def test_a_program_asks_through_it_while_the_bot_goes_and_comes(
    bot_with: BotWith, member: Person
) -> None:
    settings = web(guild_of(member), questions_in=int(member.channel_id), people=[int(member.user_id)])
    settings |= {"port": free_port(), "wait_seconds": 20}
    url = f"http://127.0.0.1:{settings['port']}/mcp"
    async with Client(Bridge(f"{url}?tools=asks", SECRET, Clock()).server(), mode="legacy") as program:
        with pytest.raises(MCPError, match="The bot is not running at http"):
            await program.list_tools()
        refused = await program.call_tool("cancel_ask", {"ask_id": "x"})
        assert "start it with `cogswarm run`" in text(refused)
        await bot_with(approvals, config={"web": settings})
        assert "ask_human" in {tool.name for tool in (await program.list_tools()).tools}
        call = asyncio.create_task(program.call_tool("ask_human", {"question": "Which branch?"}))
        thread, question = await opened(member, "Which branch?")
        await bot_with.restart()
        await thread.say("main", reply_to=question)
        assert text(await call) == "main"
        assert len([one for one in await member.history() if "Which branch?" in one.text]) == 1
        assert data(await program.call_tool("list_pending_asks", {}))["asks"] == []
        bad = await program.call_tool("ask_status", {"ask_id": "x"})
        assert "no question with this" in text(bad)
    async with Client(Bridge(url, SECRET[::-1], Clock()).server(), mode="legacy") as program:
        with pytest.raises(MCPError, match="did not let this in: Send a token"):
            await program.list_tools()


@pytest.mark.slow
async def test_started_as_a_program_it_says_that_the_bot_is_not_running() -> None:
    starts = StdioServerParameters(
        command=sys.executable,
        args=["-m", "cogswarm", "mcp", "--url", f"http://127.0.0.1:{free_port()}/mcp"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COGSWARM_MCP_TOKEN": SECRET},
    )
    async with Client(starts, mode="legacy") as program:
        told = await program.call_tool("ask_human", {"question": "Anybody?"})
    assert "The bot is not running" in text(told)


@pytest.mark.parametrize(
    ("config", "typed", "environ", "why"),
    [
        ("version: 1\n", [], {}, "no token to use"),
        (
            "web: {tokens: {a: {servers: [1], secret: '${A}'}, b: {servers: [1], secret: '${B}'}}}",
            [],
            {},
            "--as: a, b",
        ),
        ("web: {tokens: {a: {servers: [1], secret: '${A}'}}}", ["--as", "c"], {}, "no token c"),
        (
            "web: {tokens: {a: {servers: [1], secret: '${A}'}}}",
            ["--url", "http://example.org/mcp"],
            {},
            "https",
        ),
    ],
)
def test_what_it_cannot_use_is_said_before_it_starts(
    config: str, typed: list[str], environ: dict[str, str], why: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "config.yaml").write_text(config, "utf-8")
    known = {"DISCORD_TOKEN": "a.b.c", "A": "a" * 30, "B": "b" * 30, **environ}
    code = main(["mcp", "--config", str(tmp_path / "config.yaml"), *typed], Session(environ=known))
    assert code == 78
    assert why in capsys.readouterr().err
