"""What the bot logs while a test runs, kept for the moment something is not as it should be."""

from collections import deque
from collections.abc import Generator, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, override

import structlog

KEPT = 500
_LONGEST = 300
_NOT_SHOWN = frozenset({"event", "exc_info", "level", "timestamp"})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was logged."""

    level: str
    event: str
    about: dict[str, Any]

    @override
    def __str__(self) -> str:
        about = " ".join(f"{key}={value!s}" for key, value in self.about.items() if key not in _NOT_SHOWN)
        error = self.about.get("exc_info")
        broke = f" {type(error).__name__}: {error}" if isinstance(error, BaseException) else ""
        return f"{self.level:<7} {self.event} {about}{broke}"[:_LONGEST].rstrip()


class Journal:
    """The newest lines of the log."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=KEPT)

    def __call__(
        self, logger: object, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Note a line and pass it on: a processor of structlog."""
        del logger
        about = {**structlog.contextvars.get_contextvars(), **event}
        self._lines.append(Line(method, str(event.get("event", "")), about))
        return event

    def lines(self, *, event: str | None = None) -> Iterator[Line]:
        """What was logged, oldest first; only that event, where one is named."""
        return (line for line in self._lines if event in (None, line.event))

    def troubles(self) -> list[Line]:
        """The warnings and errors."""
        return [line for line in self._lines if line.level in {"warning", "error", "exception", "critical"}]

    def clear(self) -> None:
        """Forget everything."""
        self._lines.clear()


@contextmanager
def journal_kept() -> Generator[Journal]:
    """Keep what is logged through structlog while the block runs."""
    journal = Journal()
    # In place: loggers that are bound already hold this list.
    processors: list[Any] = structlog.get_config()["processors"]
    processors.insert(0, journal)
    try:
        yield journal
    finally:
        if journal in processors:
            processors.remove(journal)
