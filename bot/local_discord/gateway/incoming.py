"""Reads what a client sends: its size, how often it sends, and whether it is JSON.

https://discord.com/developers/docs/events/gateway#sending-events
"""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import cast

from bot.local_discord.gateway.codes import DECODE_ERROR, RATE_LIMITED, Closed
from bot.local_discord.model import Json

LARGEST_PAYLOAD = 4096


@dataclass(slots=True)
class Pace:
    """At most ``most`` times in ``window`` seconds."""

    most: int
    window: float
    _times: deque[float] = field(default_factory=deque[float])

    def allows(self, now: float) -> bool:
        """Count one; False when it is too many. Those that are refused count, too."""
        self._times.append(now)
        while self._times[0] <= now - self.window:
            self._times.popleft()
        if len(self._times) > self.most + 1:
            self._times.popleft()
        return len(self._times) <= self.most


def read_payload(raw: str | bytes, pace: Pace, now: float) -> Json:
    """The payload in one frame of a client.

    Raises:
        Closed: with 4002 when it is too long or no JSON object, with 4008 when it is one too many.
    """
    if len(raw.encode() if isinstance(raw, str) else raw) > LARGEST_PAYLOAD:
        raise Closed(DECODE_ERROR)
    if not pace.allows(now):
        raise Closed(RATE_LIMITED)
    try:
        payload: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise Closed(DECODE_ERROR) from None
    if not isinstance(payload, dict):
        raise Closed(DECODE_ERROR)
    return cast("Json", payload)
