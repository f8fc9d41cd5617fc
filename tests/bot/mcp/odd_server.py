"""A tool server with habits, started by tests: ``python odd_server.py [broken|stubborn|slow-start|flood]``."""

import asyncio
import os
import signal
import sys
import time
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel


class Sum(BaseModel):
    total: int


server = MCPServer("odd", log_level="ERROR")


@server.tool()
def add(one: int, other: int) -> Sum:
    """Add two numbers."""
    return Sum(total=one + other)


@server.tool()
def environment() -> dict[str, str]:
    """Give the whole environment."""
    return dict(os.environ)


@server.tool()
def pid() -> int:
    """Give the process id."""
    return os.getpid()


@server.tool()
def refuse() -> str:
    """Fail as a tool does."""
    raise ToolError("I do not feel like it.")


@server.tool()
async def wait(mark: str) -> str:
    """Never answer; leave a mark when told to stop."""
    open(mark + ".started", "w").close()  # noqa: ASYNC230, PTH123 - a mark for the test
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        open(mark + ".cancelled", "w").close()  # noqa: ASYNC230, PTH123 - a mark for the test
        raise
    return ""


@server.tool()
def die() -> str:
    """End the process in the middle of the call."""
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


@server.tool()
def say(text: str, times: int) -> str:
    """Write to stderr."""
    sys.stderr.write(text * times + "\n")
    sys.stderr.flush()
    return "said"


async def lie() -> CallToolResult:
    """Answer with something that is not what the schema promises."""
    return CallToolResult(content=[TextContent(text="x")], structured_content={"total": "many"})


def main() -> None:
    habit = sys.argv[1] if len(sys.argv) > 1 else ""
    if habit == "broken":
        sys.exit("I need a key: set ODD_KEY.")
    if habit == "slow-start":
        time.sleep(3_600)
    if habit == "flood":
        sys.stdout.write("this is not JSON\n" * 50)
        sys.stdout.flush()
    server.add_tool(lie)
    _promise_a_sum()
    server.run("stdio")
    if habit == "stubborn":
        time.sleep(3_600)


def _promise_a_sum() -> None:
    """Make the tool ``lie`` declare an output schema that it does not keep."""
    tools: Any = server._tool_manager  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - the only way to misbehave
    tools.get_tool("lie").__dict__["output_schema"] = tools.get_tool("add").output_schema


if __name__ == "__main__":
    main()
