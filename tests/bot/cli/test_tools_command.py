"""`cogswarm tools`: what there is and how it fares, what has changed with nothing hidden, and accepting it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.session import Session
from bot.clock import Clock
from bot.mcp import pins_table
from bot.mcp.pins import Pins
from bot.mcp.pins_table import ServerRow
from bot.mcp.results import ToolInfo
from bot.mcp.specs import HttpServer
from bot.storage.opening import open_database
from tests.bot.cli.conftest import Run

SPEC = HttpServer("web", "http://127.0.0.1:9/mcp")
LOOK = ToolInfo("web", "look", "Looks.", {"type": "object"})

pytestmark = pytest.mark.usefixtures("logs_as_before")


def seen(url: str, folder: Path, *tools: ToolInfo) -> None:
    """What a bot would have written that has seen these tools."""

    async def judge(listed: Sequence[ToolInfo]) -> None:
        async with open_database(url, folder) as database:
            await Pins(database, Clock()).judge(SPEC, listed)
            async with database.connection() as conn:
                row = ServerRow("web", True, "", "open", "2025-11-25", len(listed), Clock().now())
                await pins_table.show_server(conn, row)

    asyncio.run(judge(tools))


def test_listing_comparing_and_accepting(
    run: Run, session: Session, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(
        f"database: {{url: '{database_url}'}}\n"
        "agents: {researcher: {tools: [web.look]}}\n"
        "tools:\n"
        "  web: {url: 'http://127.0.0.1:9/mcp', read_only: [look]}\n"
        "  spare: {command: [spare]}\n"
    )
    code, out, err = run("tools", "list")
    assert code == 0, err
    assert "web: not seen yet" in out
    assert "spare: not started: no agent may use it" in out

    seen(database_url, tmp_path, LOOK, replace(LOOK, name="send"))
    out = run("tools", "list")[1]
    assert "web: running, 2 tools, revision 2025-11-25, left alone for a while after repeated failures" in out
    assert "  look\n" in out
    assert "  send (needs an approval for each call)\n" in out
    assert run("tools", "diff")[1] == "Nothing has changed.\n"

    seen(database_url, tmp_path, replace(LOOK, description="Looks\u200b twice."))
    assert "look - held back: it has changed; `cogswarm tools diff web`" in run("tools", "list")[1]
    out = run("tools", "diff", "web")[1]
    assert "-  | Looks." in out
    assert "+  | Looks\\u{200b} twice." in out
    code, out, err = run("tools", "accept", "web", "look")
    assert code == 1
    assert "add --yes" in err
    code, _, err = run("tools", "accept", "web", "send", "--yes")
    assert (code, "send of web has nothing new to accept" in err) == (1, True)
    code, _, err = run("tools", "diff", "nowhere")
    assert (code, "no tool server named nowhere" in err) == (1, True)
    code, out, _ = run("tools", "accept", "web", "--yes")
    assert (code, out.splitlines()[-1]) == (0, "Accepted look of web.")
    assert run("tools", "diff")[1] == "Nothing has changed.\n"

    session.clock = replace(Clock(), now=lambda: Clock().now().replace(year=2100))
    assert "web: the bot is not running; last seen" in run("tools", "list")[1]
