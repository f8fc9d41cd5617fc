"""What static tools make of a pull request: the protocol, and what they hand back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.review.finding import Finding
from bot.review.pull_request import ChangedFile, FileText

type Kind = str
"""What a tool looks after: ``lint``, ``security`` or ``tests``, or what a plugin calls its own."""


@dataclass(frozen=True, slots=True)
class NotChecked:
    """Something that was not looked at. ``why`` is a sentence for people; ``path`` is empty where it is a whole tool."""

    tool: str
    why: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class ConfigTouched:
    """The pull request changes the settings of a tool; here the bot's own hold, but elsewhere (CI) they may not."""

    path: str
    of: str


@dataclass(frozen=True, slots=True)
class Untested:
    """A changed function that no changed or known test names; ``line`` is where it begins."""

    path: str
    function: str
    line: int


@dataclass(frozen=True, slots=True)
class Tested:
    """A changed function and the test functions (``tests/test_x.py::test_y``) that name it."""

    path: str
    function: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What all tools found, by its kind, and what they could not look at."""

    findings: Mapping[Kind, tuple[Finding, ...]]
    not_checked: tuple[NotChecked, ...] = ()
    touched: tuple[ConfigTouched, ...] = ()
    tested: tuple[Tested, ...] = ()
    untested: tuple[Untested, ...] = ()
    ran: tuple[str, ...] = ()
    """The tools that ran to their end, with their versions."""


class Checks(Protocol):
    """Static tools. They read files and run nothing that is in them."""

    async def look(
        self,
        files: Sequence[ChangedFile],
        texts: Sequence[FileText],
        tests: Mapping[str, str] | None = None,
    ) -> CheckReport:
        """Check the changed files; ``tests`` are texts of test files besides, by path.

        A tool that is missing, fails or takes too long is named in the report, and the others go on.
        """
        ...
