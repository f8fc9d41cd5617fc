"""What went over the wire: the last REST requests with their answers and the last gateway frames, and who follows them.

Tests read it, the page shows it as it flows, ``--record`` writes it to a file.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from heapq import merge
from typing import Any

import structlog

from bot.local_discord.model import Json
from bot.local_discord.wire.view import maybe_id, stamp

log = structlog.get_logger(__name__)

COG_HEADER = "x-cogswarm-cog"
"""A bot may say with this header which of its parts sends a request; Discord ignores headers it does not know."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: ``route`` is the pattern that answered it, ``body`` what was sent, ``answer`` what came back.

    File contents are left out; only the files' names are kept. A ``status`` of 0 means that it was never answered.
    """

    number: int
    at: datetime
    method: str
    route: str
    path: str
    query: str
    status: int
    body: Any
    files: tuple[str, ...]
    application_id: int | None
    user_id: int | None
    milliseconds: float
    answer: bytes = b""
    fault: int | None = None
    client: str = ""
    cog: str = ""

    def as_json(self) -> Json:
        """The exchange as people and files get it."""
        return {
            "kind": "rest",
            "number": self.number,
            "at": stamp(self.at),
            "method": self.method,
            "route": self.route,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "body": self.body,
            "files": list(self.files),
            "application_id": maybe_id(self.application_id),
            "user_id": maybe_id(self.user_id),
            "answer": json.loads(self.answer) if self.answer else None,
            "milliseconds": round(self.milliseconds, 3),
            "fault": self.fault,
            "client": self.client,
            "cog": self.cog,
        }


@dataclass(frozen=True, slots=True)
class Passed:
    """One gateway frame that a client was sent (``outward``) or sent, as its JSON text."""

    number: int
    at: datetime
    outward: bool
    text: str
    session_id: str | None = None
    application_id: int | None = None
    user_id: int | None = None

    def as_json(self) -> Json:
        """The frame as people and files get it; what is no JSON object stands in ``d`` as it came."""
        try:
            found: object = json.loads(self.text)
        except (ValueError, RecursionError):
            found = None
        frame: dict[object, object] = found if isinstance(found, dict) else {"d": self.text}  # pyright: ignore[reportUnknownVariableType] - JSON from outside
        return {
            "kind": "gateway",
            "number": self.number,
            "at": stamp(self.at),
            "direction": "out" if self.outward else "in",
            "session_id": self.session_id,
            "application_id": maybe_id(self.application_id),
            "user_id": maybe_id(self.user_id),
            "op": frame.get("op"),
            "t": frame.get("t"),
            "s": frame.get("s"),
            "d": frame.get("d"),
        }


type Entry = Exchange | Passed
type Follower = Callable[[Entry], None]


class Traffic:
    """Two bounded rings under one numbering; the oldest entries are forgotten first."""

    def __init__(self, size: int) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=size)
        self._frames: deque[Passed] = deque(maxlen=size)
        self._followers: list[Follower] = []
        self._last = 0

    def next_number(self) -> int:
        """The number of the next entry; a request gets its own when it comes, so numbers are in order of arrival."""
        self._last += 1
        return self._last

    def add(self, entry: Entry) -> None:
        """Keep an entry and tell the followers."""
        if isinstance(entry, Exchange):
            self._exchanges.append(entry)
        else:
            self._frames.append(entry)
        for follower in list(self._followers):
            follower(entry)

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Have ``follower`` told of every entry from now on, until the function given back is called."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self._exchanges.clear()
        self._frames.clear()

    def find(
        self, *, after: int = 0, method: str = "", path: str = "*", application_id: int | None = None
    ) -> Iterator[Exchange]:
        """Requests newer than ``after`` whose path or route matches a ``*`` pattern, oldest first."""
        for entry in self._exchanges:
            if entry.number <= after or method not in ("", entry.method):
                continue
            if application_id not in (None, entry.application_id):
                continue
            if fnmatchcase(entry.path, path) or fnmatchcase(entry.route, path):
                yield entry

    def frames(self) -> Iterator[Passed]:
        """The gateway's frames, oldest first."""
        yield from self._frames

    def everything(self, after: int = 0) -> Iterator[Entry]:
        """Requests and frames newer than ``after``, in the order of their numbers."""
        exchanges = sorted(self._exchanges, key=lambda entry: entry.number)
        for entry in merge(exchanges, self._frames, key=lambda entry: entry.number):
            if entry.number > after:
                yield entry
