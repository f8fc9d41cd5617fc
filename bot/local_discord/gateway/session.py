"""A gateway session: what one client has been sent, kept so that it can resume after a cut."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from bot.local_discord.gateway.intents import EVERYTHING
from bot.local_discord.model import Json

RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 9, 10, 11


def frame(op: int, data: object = None, *, seq: int | None = None, name: str | None = None) -> str:
    """One gateway frame; all four keys are always there, since clients read them without asking."""
    return json.dumps({"op": op, "d": data, "s": seq, "t": name}, separators=(",", ":"))


class Wire:
    """What is still to be sent over one websocket; ``None`` in the queue means: close with ``close_code``."""

    def __init__(self, capacity: int) -> None:
        self._frames: deque[str] = deque()
        self._capacity = capacity
        self._wake = asyncio.Event()
        self.close_code: int | None = None

    def send(self, text: str) -> None:
        """Queue a frame; a reader so slow that the queue is full is cut off."""
        if len(self._frames) >= self._capacity:
            self.close(4000)
            return
        self._frames.append(text)
        self._wake.set()

    def close(self, code: int) -> None:
        """End the connection with this code, after what is queued."""
        if self.close_code is None:
            self.close_code = code
        self._wake.set()

    async def next_frames(self) -> list[str]:
        """All queued frames, as soon as there is one; an empty list means that the connection must end."""
        while not self._frames and self.close_code is None:
            self._wake.clear()
            await self._wake.wait()
        frames = list(self._frames)
        self._frames.clear()
        return frames


@dataclass(slots=True)
class Session:
    """One identified client: an application's (``application_id``) or a person's."""

    id: str
    user_id: int
    application_id: int | None
    intents: int = EVERYTHING
    shard: tuple[int, int] = (0, 1)
    seq: int = 0
    wire: Wire | None = None
    cut_at: datetime | None = None
    sent: deque[tuple[int, str]] = field(default_factory=deque[tuple[int, str]])
    keep: int = 10_000

    def dispatch(self, name: str, data: Json) -> None:
        """Number an event, remember it for a resume, and send it if a connection is there."""
        self.seq += 1
        text = frame(0, data, seq=self.seq, name=name)
        self.sent.append((self.seq, text))
        if len(self.sent) > self.keep:
            self.sent.popleft()
        if self.wire is not None:
            self.wire.send(text)

    def covers(self, guild_id: int | None) -> bool:
        """Whether this session's shard is the one for the guild; direct messages go to shard 0.

        https://discord.com/developers/docs/events/gateway#sharding
        """
        number, count = self.shard
        return number == (0 if guild_id is None else (guild_id >> 22) % count)

    def replay(self, after: int, wire: Wire) -> bool:
        """Take over ``wire`` and send everything after sequence number ``after``; False if that is not held."""
        oldest = self.sent[0][0] if self.sent else self.seq + 1
        if after > self.seq or after < oldest - 1:
            return False
        if self.wire is not None:
            self.wire.close(4000)
        self.wire = wire
        self.cut_at = None
        for seq, text in self.sent:
            if seq > after:
                wire.send(text)
        self.dispatch("RESUMED", {"_trace": ["local-discord"]})
        return True
