"""Diffs as agents read them: each line with its number, within a bound, under ids that they cite."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from cogswarm import Passage
from cogswarm.review import ChangedFile

MOST_PATCH = 200_000
"""Characters of one file's diff that are kept."""
MOST_PATCHES = 2_000_000
MOST_SHOWN = 120_000
"""Characters of all diffs together that a model is shown."""
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a model is shown, and the files that did not fit."""

    passages: tuple[Passage, ...]
    left_out: tuple[str, ...]


def bounded(files: Sequence[ChangedFile], ignored: Sequence[str] = ()) -> list[ChangedFile]:
    """The files without those that the repository's rules ignore; diffs that are too large to be kept are dropped."""
    left = MOST_PATCHES
    kept: list[ChangedFile] = []
    for one in files:
        if any(fnmatchcase(one.path, pattern) for pattern in ignored):
            continue
        size = len(one.patch or "")
        if size > min(MOST_PATCH, left):
            kept.append(replace(one, patch=None))
        else:
            left -= size
            kept.append(one)
    return kept


def shown(files: Sequence[ChangedFile]) -> Shown:
    """The diffs as passages, the small ones first where not all fit."""
    texts = {one.path: numbered(one.patch) for one in files if one.patch}
    left, fits = MOST_SHOWN, set[str]()
    for path in sorted(texts, key=lambda it: len(texts[it])):
        left -= len(texts[path])
        if left < 0:
            break
        fits.add(path)
    there = [one for one in files if one.path in fits]
    passages = tuple(
        Passage(str(number), texts[one.path], title=one.path) for number, one in enumerate(there, 1)
    )
    return Shown(passages, tuple(one.path for one in files if one.path not in fits))


def numbered(patch: str) -> str:
    """A diff whose lines carry their numbers after the change; a line that is gone carries none."""
    found: list[str] = []
    line = 0
    for text in patch.split("\n"):
        if hunk := _HUNK.match(text):
            line = int(hunk[1])
            found.append("…")
        elif text.startswith("-"):
            found.append(f"      {text}")
        elif text.startswith(("+", " ")) or not text:
            found.append(f"{line:5} {text or ' '}")
            line += 1
    return "\n".join(found)
