"""Faults on demand: answers that are late, missing or wrong, before or after a request had its effect."""

from collections import deque
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from bot.local_discord.model import Json
from bot.local_discord.wire.view import maybe_id

type Nonsense = Literal["", "html", "empty", "truncated", "wrong_type", "stale"]
type Whom = Literal["anyone", "bots", "people"]
NONSENSE = ("html", "empty", "truncated", "wrong_type", "stale")
NEEDS_EFFECT = frozenset({"truncated", "wrong_type"})
"""Nonsense that is made of the real answer, so that the request always has its effect."""
WHOM = ("anyone", "bots", "people")
MOST_HELD = 1_000
MOST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Met:
    """A request, as faults look at it; ``body`` is only there when a fault wants to see it."""

    method: str
    route: str
    path: str
    application_id: int | None = None
    user_id: int | None = None
    body: bytes = b""

    @property
    def person(self) -> bool:
        """Whether somebody at the page made it, and no bot."""
        return self.user_id is not None and self.application_id is None


@dataclass(frozen=True, slots=True)
class Fault:
    """What to do to matching requests: let ``skip`` pass, then act on ``times`` (None: always).

    Which requests: ``path`` is a ``*`` pattern for path or route, ``whom`` leaves out people or bots,
    ``contains`` is a text in the body. What to do: ``delay`` (seconds) comes before everything. ``status``,
    ``nonsense``, ``cut`` (the connection ends without an answer) and ``hang`` (it stays, without an answer) take the
    place of the answer; ``after`` says that the request has its effect first. ``nonsense`` is ``html`` (a proxy's page),
    ``empty``, ``truncated`` (half of the answer; with ``cut`` the connection ends in the middle of it), ``wrong_type``
    (the answer, called text) or ``stale`` (what the same request was answered last time). ``pace`` sends the answer
    slowly, at so many bytes a second.
    """

    number: int
    method: str = ""
    path: str = "*"
    application_id: int | None = None
    whom: Whom = "anyone"
    contains: str = ""
    times: int | None = 1
    skip: int = 0
    status: int | None = None
    nonsense: Nonsense = ""
    after: bool = False
    delay: float = 0.0
    hang: bool = False
    cut: bool = False
    pace: int | None = None
    body: Json | None = None
    headers: tuple[tuple[str, str], ...] = ()
    happened: int = 0

    @property
    def without_effect(self) -> bool:
        """Whether the request is never carried out."""
        replaced = self.status is not None or self.nonsense or self.cut or self.hang
        return bool(replaced) and not self.after and self.nonsense not in NEEDS_EFFECT

    def fits(self, met: Met) -> bool:
        """Whether it is about this request."""
        if self.method not in ("", met.method) or self.application_id not in (None, met.application_id):
            return False
        if self.whom != "anyone" and (self.whom == "people") is not met.person:
            return False
        if not (fnmatchcase(met.path, self.path) or fnmatchcase(met.route, self.path)):
            return False
        return self.contains.encode() in met.body

    def as_json(self) -> Json:
        """The fault as ``/local/faults`` gives it."""
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "application_id": maybe_id(self.application_id),
            "whom": self.whom,
            "contains": self.contains,
            "times": self.times,
            "skip": self.skip,
            "status": self.status,
            "answer": self.nonsense or None,
            "when": "after" if self.after else "before",
            "delay": self.delay,
            "hang": self.hang,
            "cut": self.cut,
            "bytes_per_second": self.pace,
            "happened": self.happened,
        }


class Faults:
    """The faults that are set, tried in the order they were set, and those that have happened for the last time."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._spent: deque[Fault] = deque(maxlen=MOST_REMEMBERED)
        self._last = 0

    @property
    def full(self) -> bool:
        """Whether no more can be set; each costs every request a little."""
        return len(self._faults) >= MOST_HELD

    def next_number(self) -> int:
        """A number for a fault, never given twice."""
        self._last += 1
        return self._last

    def add(self, fault: Fault) -> Fault:
        """Set a fault and give it its number."""
        fault = replace(fault, number=self.next_number(), happened=0)
        self._faults[fault.number] = fault
        return fault

    def remove(self, number: int | None = None) -> None:
        """Take one fault away, or all."""
        numbers = list(self._faults) if number is None else [number]
        for each in numbers:
            if (fault := self._faults.pop(each, None)) is not None:
                self._spent.append(fault)

    def all(self) -> list[Fault]:
        """The faults that are still to happen."""
        return list(self._faults.values())

    def spent(self) -> list[Fault]:
        """The faults that are over, each with how often it happened."""
        return list(self._spent)

    def reads_body(self) -> bool:
        """Whether a fault depends on what is in the body."""
        return any(fault.contains for fault in self._faults.values())

    def take(self, met: Met) -> Fault | None:
        """The fault that happens to this request, which uses it up once."""
        for fault in list(self._faults.values()):
            if not fault.fits(met):
                continue
            if fault.skip > 0:
                self._faults[fault.number] = replace(fault, skip=fault.skip - 1)
                continue
            left = None if fault.times is None else fault.times - 1
            used = replace(fault, times=left, happened=fault.happened + 1)
            if left == 0:
                del self._faults[fault.number]
                self._spent.append(used)
            else:
                self._faults[fault.number] = used
            return fault
        return None
