"""ruff with rules of ours: mistakes, not taste."""

import json
import sys
from collections.abc import Sequence

from bot.review.confined import ToolFailed, ToolLimits, run_confined
from bot.review.finding import Severity, Spotted
from bot.review.workspace import CODE, Workspace

NAME = "ruff"
RULES = ("E4", "E7", "E9", "F", "B", "ASYNC", "PLE", "PLW", "RUF006", "RUF012", "DTZ", "TRY002", "TRY203")
_TASTE = ("PLW2901", "PLW0603", "B008", "E701", "E702")
_BROKEN = ("E9", "invalid-syntax")
_WORSE = ("F", "PLE", "B", "ASYNC")


async def ruff(work: Workspace, limits: ToolLimits) -> Sequence[Spotted]:
    """What ruff finds. Raises `ToolFailed`."""
    ran = await run_confined(
        NAME,
        [
            *(sys.executable, "-I", "-m", "ruff", "check", "--isolated", "--ignore-noqa", "--no-cache"),
            *("--no-respect-gitignore", "--exit-zero", "--quiet", "--output-format", "json"),
            *("--select", ",".join(RULES), "--ignore", ",".join(_TASTE), CODE),
        ],
        work.folder,
        limits,
    )
    try:
        return [one for item in json.loads(ran.output) if (one := _spotted(work, item)) is not None]
    except (ValueError, KeyError, TypeError) as error:
        raise ToolFailed(f"{NAME} did not say what it found: {ran.errors.strip()[-200:]}") from error


def _spotted(work: Workspace, item: dict[str, object]) -> Spotted | None:
    path = work.path_of(str(item["filename"]))
    if path is None:
        return None
    begin, end = _row(item["location"]), _row(item["end_location"])
    rule = str(item.get("code") or "invalid-syntax")
    severity = Severity.LOW
    if rule.startswith(_BROKEN):
        severity = Severity.HIGH
    elif rule.startswith(_WORSE):
        severity = Severity.MEDIUM
    return Spotted(
        by=NAME,
        source="tool",
        rule=rule,
        severity=severity,
        message=str(item["message"]),
        path=path,
        line=begin,
        end_line=max(begin, end),
        link=str(item["url"]) if item.get("url") else None,
    )


def _row(location: object) -> int:
    if not isinstance(location, dict):
        raise TypeError("a place has a row")
    return int(location["row"])  # pyright: ignore[reportUnknownArgumentType] - of JSON
