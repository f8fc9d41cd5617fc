"""Tool servers that nobody here wrote: npm's server-everything over each transport, PyPI's time and git."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.mcp.client import McpPool, PoolSettings
from bot.mcp.errors import ToolRefused, ToolTimedOut
from bot.mcp.restarts import Restarts
from bot.mcp.specs import StdioServer
from tests.bot.mcp.everything import TIMEOUT, everything_over
from tests.waiting import eventually

pytestmark = pytest.mark.slow

SETTINGS = PoolSettings(restarts=Restarts(first_seconds=0.05, most_seconds=0.2))


@pytest.mark.parametrize("transport", ["stdio", "http", "sse"])
async def test_server_everything(everything: tuple[str, str], transport: str) -> None:
    async with everything_over(everything, transport) as spec, McpPool([spec], SETTINGS) as pool:
        await pool.wait_ready("everything", TIMEOUT)
        assert pool.servers()[0].protocol in {"2025-06-18", "2025-11-25"}

        async def listed(name: str) -> bool:
            return name in {tool.name for tool in pool.tools()}

        # It adds this one only once it knows that its client can ask people, and says that its list has changed.
        await eventually(lambda: listed("trigger-elicitation-request"))
        assert not await listed("trigger-sampling-request")

        echo = await pool.call("everything", "echo", {"message": "hällo"}, timeout=TIMEOUT)
        assert echo.text == "Echo: hällo"

        weather = await pool.call(
            "everything", "get-structured-content", {"location": "Chicago"}, timeout=TIMEOUT
        )
        assert weather.structured["temperature"] == 36

        (picture,) = (await pool.call("everything", "get-tiny-image", {}, timeout=TIMEOUT)).images
        assert picture.media_type == "image/png"
        assert picture.data.startswith(b"\x89PNG")

        progress: list[str] = []
        slow = {"duration": 0.3, "steps": 3}
        done = await pool.call(
            "everything", "trigger-long-running-operation", slow, timeout=TIMEOUT, progress=progress.append
        )
        assert "completed" in done.text
        assert progress == ["1 of 3", "2 of 3", "3 of 3"]

        with pytest.raises(ToolRefused, match="everything asks people for something") as refused:
            await pool.call("everything", "trigger-elicitation-request", {}, timeout=TIMEOUT)
        assert refused.value.kind == "asks"

        with pytest.raises(ToolTimedOut):
            await pool.call("everything", "trigger-long-running-operation", {"duration": 60}, timeout=0.3)

        resources = await pool.call("everything", "list_resources", {}, timeout=TIMEOUT)
        uri = next(word for word in resources.text.split() if word.startswith("demo://resource/static"))
        document = await pool.call("everything", "read_resource", {"uri": uri}, timeout=TIMEOUT)
        assert len(document.text) > 100
        assert (
            "args-prompt(city, state?)"
            in (await pool.call("everything", "list_prompts", {}, timeout=TIMEOUT)).text
        )
        wanted = {"name": "args-prompt", "arguments": {"city": "Oslo"}}
        prompt = await pool.call("everything", "get_prompt", wanted, timeout=TIMEOUT)
        assert prompt.text == "user: What's weather in Oslo?"
        wrong = await pool.call("everything", "read_resource", {}, timeout=TIMEOUT)
        assert (wrong.is_error, wrong.text) == (True, "uri must be given, as text.")


async def test_time_and_git_of_the_newest_revision(servers_folder: Path, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec("git", "init", "-q", str(tmp_path))
    assert await process.wait() == 0
    (tmp_path / "new.txt").write_text("hello\n")
    time = StdioServer("time", str(servers_folder / "mcp-server-time"), ("--local-timezone", "UTC"))
    git = StdioServer("git", str(servers_folder / "mcp-server-git"), ("--repository", str(tmp_path)))
    async with McpPool([time, git], SETTINGS) as pool:
        assert [state.protocol for state in pool.servers()] == ["2026-07-28", "2026-07-28"], pool.servers()
        wanted = {"timezone": "Asia/Tokyo"}
        told = await pool.call("time", "get_current_time", wanted, timeout=TIMEOUT)
        assert not told.is_error, told.text
        offset = datetime.now(UTC).astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%d")
        assert offset in told.text
        nowhere = await pool.call("time", "get_current_time", {"timezone": "Moon/Base"}, timeout=TIMEOUT)
        assert nowhere.is_error
        status = await pool.call("git", "git_status", {"repo_path": str(tmp_path)}, timeout=TIMEOUT)
        assert "new.txt" in status.text
