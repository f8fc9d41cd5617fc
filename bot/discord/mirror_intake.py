"""Hears every frame of the gateway, puts what it says of guilds in order and holds it until it is written.

Discord numbers what it tells a client. A number that was seen is a repeat; one that comes too early waits for those
before it; and where these do not come, something was missed: then nothing is sure until a new session has told every
guild anew, and that is asked for.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from bot.clock import Clock
from bot.discord.mirror_events import (
    Account,
    Change,
    GuildGone,
    Malformed,
    guilds_of_ready,
    is_of_guilds,
    read_event,
    snowflake,
)

log = structlog.get_logger(__name__)

_DISPATCH, _INVALID_SESSION, _HELLO = 0, 9, 10
"""https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-opcodes"""

type Renew = Callable[[], object]
"""Begins a new session, so that every guild is told anew."""


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """How patient and how large it is.

    Attributes:
        gap: seconds that what came too early waits for what is missing.
        renew_pause: seconds between two new sessions asked for; Discord allows a thousand a day.
        most_waiting: changes that wait for the database; beyond these a new session is cheaper.
    """

    gap: float = 3.0
    renew_pause: float = 300.0
    most_waiting: int = 100_000


@dataclass(frozen=True, slots=True)
class Session:
    """A session that began: its epoch, the bot's user id, its guilds (None: it did not say), and Discord's name for it."""

    epoch: UUID
    me: int
    guilds: tuple[int, ...] | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be written next. ``heard_at`` (monotonic): until then everything is in here, or before."""

    changes: dict[int, list[Change]]
    heard_at: float | None


class MirrorIntake:
    """What was heard and is not written yet."""

    def __init__(
        self, clock: Clock, new_epoch: Callable[[], UUID], settings: IntakeSettings | None = None
    ) -> None:
        self._clock = clock
        self._new_epoch = new_epoch
        self._settings = settings or IntakeSettings()
        self._renew: Renew | None = None
        self._renewed_at = float("-inf")
        self._seen: int | None = None
        self._early: dict[int, tuple[str, Any]] = {}
        self._early_since = 0.0
        self._changes: dict[int, list[Change]] = {}
        self._waiting = 0
        self._heard_at = clock.monotonic()
        self._heard_at = clock.monotonic()
        self._up_to_date = False
        self._news = asyncio.Event()
        self.session: Session | None = None
        """The session that is heard; None while none is, or while something of it is missing."""

    def connected(self, renew: Renew) -> None:
        """Another client begins; ``renew`` ends it so that one with a new session takes its place."""
        self._renew = renew
        self._seen = None
        self.session = None
        self._forget()
        self._news.set()

    def frame(self, text: str) -> None:
        """Hear a frame; never raises, since the client would end by it."""
        try:
            frame = json.loads(text)
            op, number, name, data = frame["op"], frame["s"], frame["t"], frame["d"]
        except (ValueError, KeyError, TypeError):
            return  # the client itself fails over it and is replaced
        if op == _HELLO:
            # What was missed while the line was down comes between this and RESUMED.
            self._up_to_date = False
        elif op == _INVALID_SESSION and data is not True:
            self.lose("session ended")
            self._seen = None  # the client itself begins another
        if name in {"READY", "RESUMED"}:
            self._up_to_date = True
        if self._up_to_date:
            self._heard_at = self._clock.monotonic()
        if op == _DISPATCH and isinstance(number, int) and isinstance(name, str):
            self._numbered(number, name, data)

    async def news(self, seconds: float) -> None:
        """Wait until there is something to write, for so many seconds at most."""
        try:
            async with asyncio.timeout(min(seconds, self._settings.gap) if self._early else seconds):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()

    def check(self) -> None:
        """Give up what has been missing for too long."""
        if self._early and self._clock.monotonic() - self._early_since > self._settings.gap:
            self.lose("event missing")

    def lose(self, reason: str) -> None:
        """Something was missed, so what else is heard is worth nothing until a new session begins."""
        if self.session is not None:
            log.warning("mirror_missed_something", reason=reason)
        self.session = None
        self._forget()
        self._news.set()

    def renew_if_lost(self) -> None:
        """Ask for a new session while something is missing, now and then."""
        now = self._clock.monotonic()
        if self.session is None and self._renew is not None and self._seen is not None:
            if now - self._renewed_at < self._settings.renew_pause:
                return
            self._renewed_at = now
            self._renew()

    def take(self, most: int) -> Batch:
        """The changes of up to so many guilds; they are no longer held here."""
        taken = {guild_id: self._changes.pop(guild_id) for guild_id in list(self._changes)[:most]}
        self._waiting -= sum(len(changes) for changes in taken.values())
        return Batch(taken, None if self._changes or self._early else self._heard_at)

    def put_back(self, batch: Batch, session: Session) -> None:
        """Hold changes again that could not be written; what came since comes after them."""
        if self.session is not session:
            return
        for guild_id, changes in batch.changes.items():
            newer = self._changes.get(guild_id, [])
            if not (newer and isinstance(newer[0], Account | GuildGone)):
                self._changes[guild_id] = changes + newer
                self._waiting += len(changes)

    def _numbered(self, number: int, name: str, data: Any) -> None:
        if name == "READY":
            self._begin(number, data)
            return
        if self._seen is not None and (self.session is None or number <= self._seen):
            return
        if not self._early:
            self._early_since = self._clock.monotonic()
        self._early.setdefault(number, (name, data if is_of_guilds(name) else None))
        self._tell()

    def _tell(self) -> None:
        """Take what is next, and what came too early and is next by now."""
        while self._seen is not None and self._seen + 1 in self._early:
            self._seen += 1
            self._told(*self._early.pop(self._seen))
            self._early_since = self._clock.monotonic()
        if self._early:
            self._news.set()

    def _begin(self, number: int, data: Any) -> None:
        try:
            name, me = data["session_id"], snowflake(data["user"]["id"])
        except (Malformed, KeyError, TypeError):
            return  # the client itself fails over it and is replaced
        if self.session is not None and self.session.name == name:
            return
        if self._seen is not None:
            self._forget()  # else this is what came before its own READY
        self._seen = number
        self.session = Session(self._new_epoch(), me, guilds_of_ready(data), str(name))
        self._tell()
        self._news.set()

    def _forget(self) -> None:
        self._changes.clear()
        self._early.clear()
        self._waiting = 0

    def _told(self, name: str, data: Any) -> None:
        if not is_of_guilds(name) or self.session is None:
            return
        try:
            found = read_event(name, data)
        except Malformed:
            log.warning("mirror_event_names_no_guild", event_name=name)
            return
        if found is None:
            return
        guild_id, change = found
        if isinstance(change, Account | GuildGone):
            self._waiting -= len(self._changes.pop(guild_id, ()))
        self._changes.setdefault(guild_id, []).append(change)
        self._waiting += 1
        if self._waiting > self._settings.most_waiting:
            self.lose("too much at once")
        self._news.set()
