"""Notices a gateway line that is up and dead: Discord answers every heartbeat, so one that is not answered says it.

nextcord replaces a line on which nothing arrives, but not one on which events arrive and answers do not, which is as
broken: what we send is lost (https://discord.com/developers/docs/events/gateway#heartbeat-interval).
"""

import asyncio
import json
from typing import Any

import aiohttp
import nextcord
import structlog

from bot.clock import Clock

_HELLO, _ACKNOWLEDGED = 10, 11
_LONGEST = 1_000
"""Characters; both frames are far shorter, and longer ones are not worth parsing twice."""
_LOOKS = 4
_GOODBYE_SECONDS = 0.5
_DEAD = 4000
"""The close code: any but 1000 and 1001 keeps the session, so that it can be resumed."""

log = structlog.get_logger(__name__)


class Pulse:
    """When Discord last answered; ``silence`` is how many seconds it may leave us without one."""

    def __init__(self, clock: Clock, silence: float) -> None:
        self._clock = clock
        self._silence = silence
        self._last: float | None = None

    def received(self, frame: str) -> None:
        """A frame has come in."""
        if len(frame) > _LONGEST:
            return
        try:
            content: Any = json.loads(frame)
        except ValueError:
            return  # nextcord is about to fail on it, and the supervisor says so
        if isinstance(content, dict) and content.get("op") in {_HELLO, _ACKNOWLEDGED}:  # pyright: ignore[reportUnknownMemberType] - JSON
            self._last = self._clock.monotonic()

    async def watch(self, client: nextcord.Client) -> None:
        """Until cancelled, close a line that has gone silent; nextcord then makes a new one and resumes."""
        while True:
            await self._clock.sleep(self._silence / _LOOKS)
            if self._last is None or self._clock.monotonic() - self._last <= self._silence:
                continue
            log.warning("gateway_silent", seconds=self._silence)
            self._last = None  # the next line says when it has begun
            line: Any = client.ws
            try:
                # A dead line does not say goodbye; nextcord would wait half a minute for it.
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await line.close(_DEAD)
            except (OSError, RuntimeError, aiohttp.ClientError) as error:
                log.info("gateway_line_closed_badly", reason=str(error))
