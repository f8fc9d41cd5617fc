"""bandit with an empty configuration: its usual rules, whatever the files say about them."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bot.review.blobs import is_test
from bot.review.confined import ToolFailed, ToolLimits, run_confined
from bot.review.finding import Severity, Spotted
from bot.review.workspace import CODE, Workspace

NAME = "bandit"
_INI = "bandit.ini"
_SEVERITIES: Mapping[str, Severity] = {"LOW": Severity.LOW, "MEDIUM": Severity.MEDIUM, "HIGH": Severity.HIGH}
_CONFIDENCES: Mapping[str, float] = {"LOW": 0.3, "MEDIUM": 0.6, "HIGH": 0.9}
_OF_TESTS = frozenset({"B101", "B105", "B106", "B107"})
"""Assertions and made-up passwords, which tests are full of."""


async def bandit(work: Workspace, limits: ToolLimits) -> Sequence[Spotted]:
    """What bandit finds. Raises `ToolFailed`."""
    # Without one of ours it would look for `.bandit` beside the files.
    (work.folder / _INI).write_text("[bandit]\n", "utf-8")
    ran = await run_confined(
        NAME,
        [
            *(sys.executable, "-I", "-m", "bandit", "--ini", _INI, "--ignore-nosec", "--format", "json"),
            *("--quiet", "--recursive", CODE),
        ],
        work.folder,
        limits,
    )
    try:
        results = json.loads(ran.output)["results"]
        return [one for item in results if (one := _spotted(work, item)) is not None]
    except (ValueError, KeyError, TypeError) as error:
        raise ToolFailed(f"{NAME} did not say what it found: {ran.errors.strip()[-200:]}") from error


def _spotted(work: Workspace, item: dict[str, Any]) -> Spotted | None:
    path = work.path_of(str(item["filename"]))
    rule = str(item["test_id"])
    if path is None or (rule in _OF_TESTS and is_test(path)):
        return None
    begin = int(item["line_number"])
    rows = [int(row) for row in item.get("line_range") or [begin]]
    return Spotted(
        by=NAME,
        source="tool",
        rule=rule,
        severity=_SEVERITIES.get(str(item["issue_severity"]), Severity.LOW),
        message=str(item["issue_text"]),
        path=path,
        line=begin,
        end_line=max(begin, *rows),
        link=str(item.get("more_info") or "") or None,
        confidence=_CONFIDENCES.get(str(item["issue_confidence"])),
        secret=rule in {"B105", "B106", "B107"},
    )
