"""Files by the SHA of their content: what is fetched is what the pull request's head holds, or it is not taken at all."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from bot.review.pull_request import ChangedFile

MOST_TESTS = 60
"""Test files that are read beside the changed ones."""

_SHA256_DIGITS = 64


def is_blob(sha: str, content: bytes) -> bool:
    """Whether content is what git knows by this SHA (SHA-1, or SHA-256 in repositories that have it)."""
    head = b"blob %d\0" % len(content)
    if len(sha) == _SHA256_DIGITS:
        return hashlib.sha256(head + content).hexdigest() == sha.lower()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest() == sha.lower()


def as_text(content: bytes) -> str | None:
    """The text of a file; None where it is none."""
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def is_test(path: str) -> bool:
    """Whether a file holds tests, by how it is called."""
    at = PurePosixPath(path)
    return at.suffix == ".py" and (at.stem.startswith("test_") or at.stem.endswith("_test"))


def tests_called_after(files: Iterable[ChangedFile], paths: Sequence[str]) -> list[str]:
    """Which of ``paths`` are tests of the changed modules, by their names; the nearest names first."""
    changed = {one.path for one in files}
    stems = {PurePosixPath(path).stem for path in changed if path.endswith(".py") and not is_test(path)}
    found = [
        path
        for path in paths
        if path not in changed
        and is_test(path)
        and any(stem in PurePosixPath(path).stem for stem in stems if len(stem) > 2)  # noqa: PLR2004 - names such as io are everywhere
    ]
    return sorted(found, key=lambda path: (len(path), path))[:MOST_TESTS]
