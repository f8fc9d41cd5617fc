"""Servers that mean harm, over every transport: each costs its own caller a clear error, and nobody else anything."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.llm.breaker import BreakerPolicy
from bot.llm.breakers import Breakers
from bot.mcp.client import McpPool, PoolSettings
from bot.mcp.errors import ToolAnswerUnusable, ToolBroken, ToolCallError, ToolTimedOut, ToolUnavailable
from bot.mcp.for_models import offered
from bot.mcp.listing import MOST_PAGES, MOST_TOOLS
from bot.mcp.restarts import Restarts
from bot.mcp.results import ToolInfo
from bot.mcp.specs import HttpServer, ServerSpec, StdioServer
from tests.bot.mcp.hostile_server import serving
from tests.waiting import eventually

pytestmark = pytest.mark.slow

SERVER = Path(__file__).with_name("hostile_server.py")
QUICK = PoolSettings(restarts=Restarts(first_seconds=0.05, most_seconds=0.2))
SECONDS = 60
SHORT = 0.5
"""For the habits that only a time limit ends."""
TRANSPORTS = ("stdio", "http", "sse")


@pytest.fixture
async def address() -> AsyncGenerator[str]:
    async with serving() as found:
        yield found


def spec(habit: str, transport: str, address: str) -> ServerSpec:
    if transport == "stdio":
        return StdioServer(habit, sys.executable, ("-I", "-S", str(SERVER), habit))
    path = "mcp" if transport == "http" else "sse"
    kind = "http" if transport == "http" else "sse"
    return HttpServer(habit, f"{address}/{path}/{habit}", kind=kind)


ENDINGS: dict[str, tuple[type[ToolCallError], str]] = {
    "big": (ToolCallError, "more than 5,000,000 bytes|stopped in the middle"),
    "not-a-result": (ToolAnswerUnusable, "not a result"),
    "not-an-object": (ToolCallError, "not a result|did not answer within|refused the call"),
    "hang": (ToolTimedOut, "did not answer within"),
    "drip": (ToolCallError, "did not answer within|more than 5,000,000"),
    "wrong-id": (ToolCallError, "did not answer within|stopped in the middle"),
    "half": (ToolCallError, "stopped in the middle|not a result|did not answer within"),
    "flood": (ToolBroken, "messages within|stopped in the middle"),
    "doubling": (ToolAnswerUnusable, "takes too long to check"),
}
"""What a call comes to, whatever the transport."""


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_each_bad_answer_ends_its_own_call_only(transport: str, address: str) -> None:
    endings = dict(ENDINGS)
    if transport == "stdio":
        endings["noise"] = (ToolBroken, "no messages without end")
    else:
        del endings["doubling"]  # what is wrong with it comes after any transport
    harmless = ["good", "twice", "slow-pattern", "samples"]
    if transport == "http":
        del endings["wrong-id"]  # there an answer belongs to the request on whose response it comes
        harmless.append("wrong-id")
    specs = [spec(habit, transport, address) for habit in (*endings, *harmless)]
    async with McpPool(specs, QUICK) as pool:
        # They start all at once, and on a busy machine one may have to begin again.
        await asyncio.gather(*(pool.wait_ready(one.name, SECONDS) for one in specs))

        async def outcome(habit: str) -> str:
            seconds = SHORT if habit in {"hang", "drip", "wrong-id", "not-an-object", "half"} else SECONDS
            kind, says = endings[habit]
            with pytest.raises(kind) as caught:
                await pool.call(habit, "go", {}, timeout=seconds)
            assert any(part in str(caught.value) for part in says.split("|")), str(caught.value)
            assert habit in str(caught.value)
            return str(caught.value)

        said = dict(zip(endings, await asyncio.gather(*map(outcome, endings)), strict=True))
        assert transport == "sse" or "more than 5,000,000 bytes" in said["big"]
        for habit in harmless:
            assert (await pool.call(habit, "go", {}, timeout=SECONDS)).text == "fine"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_lists_are_cut_and_bad_descriptions_left_out(transport: str, address: str) -> None:
    habits = ("pages", "one-page-for-ever", "many", "same-name", "schemas")
    with capture_logs() as logs:
        async with McpPool([spec(habit, transport, address) for habit in habits], QUICK) as pool:
            found: dict[str, list[ToolInfo]] = {habit: [] for habit in habits}
            for tool in pool.tools():
                found[tool.server].append(tool)
    assert len(found["pages"]) == MOST_PAGES
    assert [tool.name for tool in found["one-page-for-ever"]] == ["go"]
    assert len(found["many"]) == MOST_TOOLS
    assert [tool.description for tool in found["same-name"]] == ["Goes."]
    usable = {tool.name for tool in found["schemas"] if tool.usable}
    assert usable == {"go", "loop"}
    reasons = {tool.name: tool.blocked for tool in found["schemas"] if tool.blocked}
    assert "another document" in reasons["elsewhere"]
    assert "deep" in reasons["deep"]
    assert "longer than" in reasons["huge"]
    assert "description of more than" in reasons["talkative"]
    assert "not shown" in reasons["hidden-key"]
    assert "not shown" in reasons["hidden-value"]
    assert len(reasons) == 6
    assert {log["server"] for log in logs if log["event"] == "tool_server_list_cut"} == {
        "pages",
        "one-page-for-ever",
        "many",
    }


async def test_a_server_that_keeps_failing_is_left_alone_and_comes_back(address: str) -> None:
    told: list[tuple[str, str]] = []
    breakers = Breakers(
        lambda change: told.append((change.name, change.state)),
        policy=BreakerPolicy(failures=2, first_pause=0.2, longest_pause=0.2),
    )
    settings = PoolSettings(restarts=QUICK.restarts, breakers=breakers)
    specs = [spec("hang", "http", address), spec("good", "http", address)]
    async with McpPool(specs, settings) as pool:
        for _ in range(2):
            with pytest.raises(ToolTimedOut):
                await pool.call("hang", "go", {}, timeout=0.2)
        assert told == [("the tool server hang", "open")]
        assert pool.servers()[0].breaker == "open"
        with pytest.raises(ToolUnavailable, match="left alone"):
            await pool.call("hang", "go", {}, timeout=5)
        assert (await pool.call("good", "go", {}, timeout=SECONDS)).text == "fine"

        async def half_open() -> bool:
            return pool.servers()[0].breaker == "half-open"

        await eventually(half_open)
        with pytest.raises(ToolTimedOut):
            await pool.call("hang", "go", {}, timeout=0.2)
        assert [state for _, state in told] == ["open", "half-open", "open"]


async def test_a_flood_on_stderr_is_read_and_bounded() -> None:
    with capture_logs() as logs:
        async with McpPool([spec("stderr", "stdio", "")], QUICK) as pool:
            assert (await pool.call("stderr", "go", {}, timeout=SECONDS)).text == "fine"
    assert sum(log["event"] == "tool_server_stderr" for log in logs) <= 120


def test_nothing_in_the_words_for_a_model_is_hidden() -> None:
    schema = {
        "type": "object",
        "description": "A\u202eB",
        "properties": {"description": {"type": "string", "title": "T\u200b", "description": "x\U000e0049y"}},
    }
    tool = ToolInfo("web", "look", "Reads.\U000e0020\U000e0041\u2066 Then\u00a0stops.", schema)
    told = offered("web__look", tool)
    assert (told.name, told.description) == ("web__look", "Reads. Then stops.")
    assert told.parameters == {
        "type": "object",
        "description": "AB",
        "properties": {"description": {"type": "string", "title": "T", "description": "xy"}},
    }
    changed = offered("web__look", replace(tool, blocked="look of web has changed since it was accepted."))
    assert (changed.description, changed.parameters) == (
        "look of web has changed since it was accepted.",
        {"type": "object"},
    )
