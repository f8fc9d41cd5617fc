"""Holds all that any local Discord of the test suite is asked, answers and tells against Discord's description.

Every local Discord, in this process or in another, records into one folder (`COGSWARM_RECORD`); after each test what has
been added is read. The test that is told may be the one after the culprit where a server outlives its test.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.description import Description
from tests.frames import event_problems

type Json = dict[str, Any]
MOST_SHOWN = 20
MOST_OF_A_KIND = 25
LARGEST_FRAME = 100_000
"""Events beyond these, in number for each test and in characters, are held against the gateway's own shapes only, which
is done before each is sent: a flood of them would take minutes here."""


class CheckedTraffic:
    """The recordings in ``folder``, each line looked at once."""

    def __init__(self, folder: Path, description: Description) -> None:
        self._folder = folder
        self._description = description
        self._read: dict[Path, int] = {}

    def new_problems(self) -> list[str]:
        """What is wrong with what was recorded since the last time, a sentence each."""
        events = Counter[str]()
        found = dict.fromkeys(
            problem for line in self._new_lines() for problem in self._problems(line, events)
        )
        return list(found)[:MOST_SHOWN]

    def _new_lines(self) -> Iterator[str]:
        for place in sorted(self._folder.glob("*.jsonl")):
            with place.open("rb") as file:
                file.seek(self._read.get(place, 0))
                # the last line may still be being written
                whole, end, _ = file.read().rpartition(b"\n")
            self._read[place] = self._read.get(place, 0) + len(whole) + len(end)
            yield from whole.decode().splitlines()

    def _problems(self, line: str, events: Counter[str]) -> list[str]:
        if line.startswith('{"kind":"rest"'):
            return self._description.problems(json.loads(line))
        return [] if len(line) > LARGEST_FRAME else self._event_problems(json.loads(line), events)

    def _event_problems(self, frame: Json, events: Counter[str]) -> list[str]:
        name: object = frame["t"]
        sent = frame["direction"] == "out" and frame["session_id"] is not None and frame["op"] == 0
        if not sent or not isinstance(name, str):
            return []
        events[name] += 1
        return event_problems(self._description, name, frame["d"]) if events[name] <= MOST_OF_A_KIND else []
