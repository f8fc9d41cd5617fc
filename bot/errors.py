"""The tree of errors: what the user did, what is configured wrongly, what failed outside, what is broken.

Every message is one sentence that says what to do. The tree::

    CogswarmError
    ├── UserError            shown to the person who caused it
    │   └── ChannelElsewhere something was to be said in a channel of another server
    ├── ConfigError          shown at start, with the file and line
    └── OutsideError         something we depend on failed; retried, reported, never a traceback to a user
        ├── NotDone          it certainly had no effect; it is safe to try again
        ├── TimedOut         it did not answer in time
        └── DatabaseAway     the database cannot be reached; work goes on when it is back
"""

from pathlib import Path
from typing import ClassVar, override


class CogswarmError(Exception):
    """Any error this project raises on purpose; ``str()`` of it is one sentence for a person."""


class UserError(CogswarmError):
    """What a person asked for cannot be done; the sentence is shown to them."""


class ChannelElsewhere(UserError):
    """Something was to be said for one server in a channel of another."""


class ConfigError(CogswarmError):
    """Something is configured wrongly; the sentence names where and what to write instead."""

    def __init__(self, message: str, *, file: Path | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.file = file
        self.line = line

    @override
    def __str__(self) -> str:
        where = "" if self.file is None else f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return where + super().__str__()


class OutsideError(CogswarmError):
    """A service, file or process outside this program failed or answered nonsense."""

    may_pass: ClassVar[bool] = True
    """Whether the same may succeed later; work that failed so is tried again by itself."""


class NotDone(OutsideError):
    """What was to be done outside has certainly had no effect, so that it can be tried again."""


class TimedOut(OutsideError):
    """Something outside did not answer within its time limit."""


class DatabaseAway(OutsideError):
    """The database cannot be reached just now, or went away in the middle of something."""
