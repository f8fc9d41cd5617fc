"""The last REST requests with their answers, for tests and for people who want to see the traffic."""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from bot.local_discord.model import Json
from bot.local_discord.wire.view import stamp


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: ``route`` is the pattern that answered it, ``body`` what was sent, ``answer`` what came back.

    File contents are left out; only the files' names are kept.
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

    def as_json(self) -> Json:
        """The entry as ``/local/requests`` gives it."""
        return {
            "number": self.number,
            "at": stamp(self.at),
            "method": self.method,
            "route": self.route,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "body": self.body,
            "files": list(self.files),
            "application_id": None if self.application_id is None else str(self.application_id),
            "user_id": None if self.user_id is None else str(self.user_id),
            "answer": json.loads(self.answer) if self.answer else None,
            "milliseconds": round(self.milliseconds, 3),
            "fault": self.fault,
        }


class RequestLog:
    """A bounded ring of entries; the oldest are forgotten first."""

    def __init__(self, size: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._last = 0

    def next_number(self) -> int:
        """The number of the next entry."""
        self._last += 1
        return self._last

    def add(self, entry: Entry) -> None:
        """Keep an entry."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self._entries.clear()

    def find(
        self, *, after: int = 0, method: str = "", path: str = "*", application_id: int | None = None
    ) -> Iterator[Entry]:
        """Entries newer than ``after`` whose path or route matches a ``*`` pattern, oldest first."""
        for entry in self._entries:
            if entry.number <= after or method not in ("", entry.method):
                continue
            if application_id not in (None, entry.application_id):
                continue
            if fnmatchcase(entry.path, path) or fnmatchcase(entry.route, path):
                yield entry
