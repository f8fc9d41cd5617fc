"""What went over the wire: the last REST requests with their answers and the last gateway frames, and who follows them.

Tests read it, the page shows it as it flows, ``--record`` writes it to a file.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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

    ``number`` and ``at`` are those of its end; it began ``milliseconds`` earlier. File contents are left out; only the
    files' names are kept. A ``status`` of 0 means that it was never answered.
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

    @property
    def by_person(self) -> bool:
        """Whether a person at the page made it, and no bot."""
        return self.application_id is None and self.user_id is not None

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
            "answer": _read(self.answer),
            "milliseconds": round(self.milliseconds, 3),
            "fault": self.fault,
            "client": self.client,
            "cog": self.cog,
        }

    def as_line(self) -> str:
        """The exchange as one line of JSON."""
        return _line(self.as_json(), {"body": None, "answer": None})


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

    @property
    def by_person(self) -> bool:
        """Whether it is of a person's connection, and no bot's."""
        return self.application_id is None and self.user_id is not None

    def as_json(self) -> Json:
        """The frame as people and files get it; what is no JSON object stands in ``d`` as it came."""
        found = _read(self.text)
        frame: dict[object, object] = found if isinstance(found, dict) else {"d": self.text}  # pyright: ignore[reportUnknownVariableType] - JSON from outside
        return {**self._about(), **{name: frame.get(name) for name in ("op", "t", "s", "d")}}

    def as_line(self) -> str:
        """The frame as one line of JSON."""
        if self.outward and _WHOLE.search(self.text, max(0, len(self.text) - 100)):
            # A whole frame of ours is an object of JSON on one line: to read and write it again would cost most of a flood.
            return f"{json.dumps(self._about(), separators=(',', ':'))[:-1]},{self.text[1:]}"
        return _line(self.as_json(), {"op": None, "t": None, "s": None, "d": self.text})

    def _about(self) -> Json:
        return {
            "kind": "gateway",
            "number": self.number,
            "at": stamp(self.at),
            "direction": "out" if self.outward else "in",
            "session_id": self.session_id,
            "application_id": maybe_id(self.application_id),
            "user_id": maybe_id(self.user_id),
        }


_WHOLE = re.compile(r',"s":(?:null|\d+),"t":(?:null|"[A-Z_]+")\}\Z')
"""How a frame of ours ends; one that was cut short on purpose cannot end so, for quotes inside texts are escaped."""

type Entry = Exchange | Passed
type Follower = Callable[[Entry], None]


class Traffic:
    """Two bounded rings under one numbering; the oldest entries are forgotten first.

    An entry gets its number in the moment it is added: a reader that has seen number n and asks for what came after
    it misses nothing, also no request that began before n and ended after it.
    """

    def __init__(self, size: int) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=size)
        self._frames: deque[Passed] = deque(maxlen=size)
        self._followers: list[Follower] = []
        self._last = 0
        self._added = 0

    @property
    def last(self) -> int:
        """The number of the newest entry, 0 before there was one."""
        return self._last

    def next_number(self) -> int:
        """A number for an entry; whoever waits before adding it may find that it gets another."""
        self._last += 1
        return self._last

    def add(self, entry: Entry) -> None:
        """Keep an entry and tell the followers; one whose number came before that of another gets a new one."""
        if entry.number <= self._added:
            entry = replace(entry, number=self.next_number())
        self._added = entry.number
        if isinstance(entry, Exchange):
            self._exchanges.append(entry)
        else:
            self._frames.append(entry)
        for follower in list(self._followers):
            follower(entry)

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Have ``follower`` told of every entry from now on, until the function given back is called."""
        self._followers.append(follower)

        def stop() -> None:
            if follower in self._followers:
                self._followers.remove(follower)

        return stop

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
        for entry in merge(self._exchanges, self._frames, key=lambda entry: entry.number):
            if entry.number > after:
                yield entry


def _read(text: str | bytes) -> object:
    """What JSON says; a text that is none stands for itself, and nothing for None."""
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _line(value: Json, otherwise: Json) -> str:
    """``value`` as one line of JSON; ``otherwise`` where it holds what came from outside and cannot be written again."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError):
        # NaN, or more nesting than can be walked
        return json.dumps({**value, **otherwise}, separators=(",", ":"))
