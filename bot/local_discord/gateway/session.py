"""A gateway session: what one client has been sent, kept so that it can resume after a cut."""

import json
from collections import deque
from dataclasses import dataclass, field

from bot.local_discord.gateway.codes import HEARTBEAT_ACK, INVALID_SEQUENCE, UNKNOWN_ERROR, Closed
from bot.local_discord.gateway.faults import GatewayFaults, deliver
from bot.local_discord.gateway.intents import EVERYTHING
from bot.local_discord.gateway.outbox import Wire
from bot.local_discord.gateway.presence import ONLINE, Presence
from bot.local_discord.model import Json

LARGE_THRESHOLD = 50


def frame(op: int, data: object = None, *, seq: int | None = None, name: str | None = None) -> str:
    """One gateway frame; all four keys are always there, since clients read them without asking."""
    return json.dumps({"op": op, "d": data, "s": seq, "t": name}, separators=(",", ":"))


@dataclass(slots=True)
class Session:
    """One identified client: an application's (``application_id``) or a person's.

    ``cut_at`` is when its connection ended, on the monotonic clock. ``visible`` is by guild which channels it could see when it was last told something that may have changed that.
    """

    id: str
    user_id: int
    application_id: int | None
    intents: int = EVERYTHING
    shard: tuple[int, int] | None = None
    large_threshold: int = LARGE_THRESHOLD
    presence: Presence = ONLINE
    seq: int = 0
    wire: Wire | None = None
    ended: bool = False
    cut_at: float | None = None
    sent: deque[tuple[int, str]] = field(default_factory=deque[tuple[int, str]])
    keep: int = 10_000
    faults: GatewayFaults = field(default_factory=GatewayFaults)
    visible: dict[int, frozenset[int]] = field(default_factory=dict[int, frozenset[int]])

    @property
    def person(self) -> bool:
        """Whether this is a person at the page, and no bot."""
        return self.application_id is None

    def dispatch(self, name: str, data: Json) -> None:
        """Number an event, remember it for a resume, and send it if a connection is there."""
        self.seq += 1
        text = frame(0, data, seq=self.seq, name=name)
        self.sent.append((self.seq, text))
        if len(self.sent) > self.keep:
            self.sent.popleft()
        if self.wire is not None:
            deliver(self.wire, text, self.faults.take(name, self.application_id, self.user_id))

    def acknowledge(self) -> None:
        """Answer a heartbeat."""
        if self.wire is not None:
            fault = self.faults.take("HEARTBEAT_ACK", self.application_id, self.user_id)
            deliver(self.wire, frame(HEARTBEAT_ACK), fault)

    def covers(self, guild_id: int | None) -> bool:
        """Whether this session's shard is the one for the guild; direct messages go to shard 0.

        https://discord.com/developers/docs/events/gateway#sharding
        """
        number, count = self.shard or (0, 1)
        return number == (0 if guild_id is None else (guild_id >> 22) % count)

    def replay(self, after: int, wire: Wire) -> bool:
        """Take over ``wire`` and send everything after sequence number ``after``; False if that is not held.

        Raises:
            Closed: with 4007 when nothing with that number was ever sent.
        """
        if not 0 <= after <= self.seq:
            raise Closed(INVALID_SEQUENCE)
        if after < (self.sent[0][0] if self.sent else self.seq + 1) - 1:
            return False
        if self.wire is not None:
            self.wire.close(UNKNOWN_ERROR)
        self.wire = wire
        self.cut_at = None
        for seq, text in self.sent:
            if seq > after:
                wire.send(text)
        self.dispatch("RESUMED", {"_trace": ["local-discord"]})
        return True
