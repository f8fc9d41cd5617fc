"""Waiting within a call, with a sign of life now and then."""

from collections.abc import Awaitable, Callable

import structlog

from bot.errors import OutsideError
from bot.mcp.serving.tools import Call

log = structlog.get_logger(__name__)


async def until[T](
    call: Call,
    look: Callable[[], Awaitable[T | None]],
    seconds: float,
    message: str,
    *,
    poll: float | None = None,
) -> T | None:
    """What ``look`` finds within so many seconds; None where it found nothing.

    A look that fails outside is repeated: what is waited for is not lost because a database is away for a moment.
    """
    clock, pause = call.desk.clock, call.desk.poll if poll is None else poll
    begun = clock.monotonic()
    end, sign = begun + seconds, begun + call.desk.settings.progress_seconds
    while True:
        try:
            found = await look()
        except OutsideError as error:
            log.warning("mcp_look_failed", call=str(call.id), reason=str(error))
            found = None
        now = clock.monotonic()
        if found is not None or now >= end:
            return found
        if now >= sign:
            await call.progress(now - begun, message)
            sign = now + call.desk.settings.progress_seconds
        await clock.sleep(max(0.001, min(pause, end - now, sign - now)))
