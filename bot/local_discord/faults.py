"""Faults on demand: answers that are late, missing or wrong, before or after a request had its effect."""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from bot.local_discord.form import Form
from bot.local_discord.model import Json

MOST = 1_000_000
LONGEST_DELAY_MS = 600_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What to do to matching requests: let ``skip`` pass, then act on ``times`` (None: always).

    ``status`` replaces the answer, ``after`` says that the request has its effect first; ``delay`` (seconds)
    comes before everything; ``hang`` never answers. ``path`` is a ``*`` pattern for path or route.
    """

    number: int
    method: str = ""
    path: str = "*"
    times: int | None = 1
    skip: int = 0
    status: int | None = None
    after: bool = False
    delay: float = 0.0
    hang: bool = False
    body: Json | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> Json:
        """The fault as ``/local/faults`` gives it."""
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "times": self.times,
            "skip": self.skip,
            "status": self.status,
            "when": "after" if self.after else "before",
            "delay": self.delay,
            "hang": self.hang,
        }


class Faults:
    """The faults that are set, tried in the order they were set."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._last = 0

    def add(self, fault: Fault) -> Fault:
        """Set a fault and give it its number."""
        self._last += 1
        fault = replace(fault, number=self._last)
        self._faults[fault.number] = fault
        return fault

    def remove(self, number: int | None = None) -> None:
        """Take one fault away, or all."""
        if number is None:
            self._faults.clear()
        else:
            self._faults.pop(number, None)

    def all(self) -> list[Fault]:
        """The faults that are still to happen."""
        return list(self._faults.values())

    def take(self, method: str, route: str, path: str) -> Fault | None:
        """The fault that happens to this request, which uses it up once."""
        for fault in list(self._faults.values()):
            if fault.method not in ("", method):
                continue
            if not (fnmatchcase(path, fault.path) or fnmatchcase(route, fault.path)):
                continue
            if fault.skip > 0:
                self._faults[fault.number] = replace(fault, skip=fault.skip - 1)
                continue
            if fault.times is not None:
                if fault.times <= 1:
                    del self._faults[fault.number]
                else:
                    self._faults[fault.number] = replace(fault, times=fault.times - 1)
            return fault
        return None


def read_fault(form: Form) -> Fault:
    """A fault from the body of ``POST /local/faults``; call ``form.problems.raise_any()`` after it."""
    when = form.text("when", most=6) or "before"
    if when not in ("before", "after"):
        form.refuse("when", "BASE_TYPE_CHOICES", "Value must be one of {'before', 'after'}.")
    delay = form.data.get("delay", 0)
    if (
        isinstance(delay, bool)
        or not isinstance(delay, (int, float))
        or not 0 <= delay <= LONGEST_DELAY_MS / 1000
    ):
        form.refuse("delay", "NUMBER_TYPE_COERCE", "Must be seconds from 0 to 600.")
        delay = 0
    headers = form.form("headers")
    body = form.form("body")
    always = form.has("times") and form.data["times"] is None
    return Fault(
        number=0,
        method=(form.text("method", most=10) or "").upper(),
        path=form.text("path", most=500) or "*",
        times=None if always else form.integer("times", least=1, most=MOST, default=1),
        skip=form.integer("skip", most=MOST, default=0) or 0,
        status=form.integer("status", least=200, most=599),
        after=when == "after",
        delay=float(delay),
        hang=bool(form.boolean("hang")),
        body=None if body is None else body.data,
        headers=() if headers is None else tuple((name, str(value)) for name, value in headers.data.items()),
    )
