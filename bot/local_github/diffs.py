"""What a pull request changes, as GitHub shows it: files with unified diffs, and the lines that remarks may stand on."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.local_github.world import Commit, Files, blob_sha

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_LARGEST_PATCH = 1_000_000
_ALIKE = 0.5
"""How much of a file must stay for a new path to be a rename, as git has it."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A changed file."""

    path: str
    status: Literal["added", "removed", "modified", "renamed"]
    sha: str
    additions: int
    deletions: int
    patch: str | None
    previous: str | None = None


def changed_files(base: Commit, head: Commit) -> list[Changed]:
    """All changed files, by path."""
    gone = {path for path in base.files if path not in head.files}
    found: list[Changed] = []
    for path in sorted(set(head.files) | set(base.files)):
        if path not in head.files or base.files.get(path) == head.files[path]:
            continue
        before = path if path in base.files else _renamed_from(path, gone, base.files, head.files)
        if before is not None and before != path:
            gone.discard(before)
        found.append(_change(path, before, base.files, head.files))
    found += [_removed(path, base.files[path]) for path in sorted(gone)]
    return sorted(found, key=lambda one: one.path)


def lines_of(patch: str | None) -> Iterator[tuple[Literal["LEFT", "RIGHT"], int]]:
    """The lines of a diff that a remark may stand on."""
    left = right = 0
    for line in (patch or "").split("\n"):
        if hunk := _HUNK.match(line):
            left, right = int(hunk[1]), int(hunk[2])
        elif line.startswith("+"):
            yield "RIGHT", right
            right += 1
        elif line.startswith("-"):
            yield "LEFT", left
            left += 1
        elif line.startswith(" "):
            yield "RIGHT", right
            yield "LEFT", left
            left, right = left + 1, right + 1


def _change(path: str, before: str | None, base: Files, head: Files) -> Changed:
    old, new = base.get(before, b"") if before else b"", head[path]
    patch, added, removed = _patch(old, new)
    status: Literal["added", "modified", "renamed"] = (
        "added" if before is None else "modified" if before == path else "renamed"
    )
    previous = before if status == "renamed" else None
    return Changed(path, status, blob_sha(new), added, removed, patch, previous)


def _removed(path: str, content: bytes) -> Changed:
    patch, added, removed = _patch(content, b"")
    return Changed(path, "removed", blob_sha(content), added, removed, patch)


def _renamed_from(path: str, gone: set[str], base: Files, head: Files) -> str | None:
    new = head[path].decode("utf-8", "replace")
    for one in sorted(gone):
        old = base[one].decode("utf-8", "replace")
        if difflib.SequenceMatcher(None, old, new, autojunk=False).quick_ratio() >= _ALIKE:
            return one
    return None


def _patch(old: bytes, new: bytes) -> tuple[str | None, int, int]:
    try:
        before, after = old.decode(), new.decode()
    except UnicodeDecodeError:
        return None, 0, 0
    if "\0" in before + after or len(before) + len(after) > _LARGEST_PATCH:
        return None, 0, 0
    lines = list(
        difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=3)
        if before and after
        else _whole(before, after)
    )[2:]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    return "\n".join(lines) or None, added, removed


def _whole(before: str, after: str) -> Iterator[str]:
    yield from ("---", "+++")
    removed, added = before.splitlines(), after.splitlines()
    if removed or added:
        yield f"@@ -{1 if removed else 0},{len(removed)} +{1 if added else 0},{len(added)} @@"
    yield from (f"-{line}" for line in removed)
    yield from (f"+{line}" for line in added)
