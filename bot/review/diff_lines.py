"""Which lines a pull request changes, and which of them a remark can stand on, by the host's unified diffs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.review.finding import Finding
from bot.review.pull_request import ChangedFile

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class DiffLines:
    """Lines of one file, counted from 1: ``added`` and ``shown`` (context included) after the change, ``removed`` before it.

    ``known`` is false where the host gives no diff; then nothing can stand on a line.
    """

    known: bool
    added: frozenset[int] = frozenset()
    shown: frozenset[int] = frozenset()
    removed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Placed:
    """Findings that can stand on a line of the diff, and those that only a summary can hold."""

    inline: tuple[Finding, ...] = ()
    summary: tuple[Finding, ...] = field(default=())


def diff_lines(file: ChangedFile) -> DiffLines:
    """The lines of a changed file."""
    if file.patch is None:
        # Nothing was changed in a file that only moved; where GitHub gives no diff of a change, nobody knows.
        return DiffLines(known=file.additions + file.deletions == 0 and file.change == "renamed")
    added, shown, removed = set[int](), set[int](), set[int]()
    left = right = 0
    for line in file.patch.split("\n"):
        if hunk := _HUNK.match(line):
            left, right = int(hunk[1]), int(hunk[2])
        elif line.startswith("+"):
            added.add(right)
            shown.add(right)
            right += 1
        elif line.startswith("-"):
            removed.add(left)
            left += 1
        elif line.startswith(" ") or not line:
            shown.add(right)
            left, right = left + 1, right + 1
    return DiffLines(True, frozenset(added), frozenset(shown), frozenset(removed))


def placed(findings: Iterable[Finding], files: Sequence[ChangedFile]) -> Placed:
    """Say of each finding whether it can stand on a line of the diff."""
    lines = {file.path: diff_lines(file) for file in files}
    inline: list[Finding] = []
    summary: list[Finding] = []
    for one in findings:
        there = lines.get(one.path)
        (inline if there and one.line is not None and one.line in there.shown else summary).append(one)
    return Placed(tuple(inline), tuple(summary))


def touches(lines: Mapping[str, DiffLines], path: str, begin: int | None, end: int | None) -> bool:
    """Whether the pull request changed any of these lines; what is of the whole file it did, and where nobody knows, too."""
    there = lines.get(path)
    if there is None or not there.known or begin is None:
        return there is not None
    return any(line in there.added for line in range(begin, max(end or begin, begin) + 1))


def renames(files: Iterable[ChangedFile]) -> Mapping[str, str]:
    """New paths of renamed files, with their old ones."""
    return {one.path: one.previous_path for one in files if one.change == "renamed" and one.previous_path}
