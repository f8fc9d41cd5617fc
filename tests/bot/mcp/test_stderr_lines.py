import asyncio
import contextlib

from bot.clock import Clock
from bot.mcp.stderr_lines import StderrLines
from bot.observe.known_secrets import NO_SECRETS


async def test_cancelled_while_it_is_entered_it_leaves_no_file_open() -> None:
    lines = StderrLines("x", secrets=NO_SECRETS, clock=Clock())
    entering = asyncio.create_task(lines.__aenter__())
    await asyncio.sleep(0)
    entering.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await entering
    assert entering.cancelled()
    assert lines.sink.closed
