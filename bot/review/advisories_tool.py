"""Holds changed dependencies against advisories that the operator exported: nothing is asked of anybody."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.review.confined import ToolFailed, ToolLimits, run_confined
from bot.review.dependencies import Dependency, dependencies
from bot.review.finding import Severity, Spotted
from bot.review.pull_request import FileText
from bot.review.workspace import Workspace

NAME = "advisories"
MESSAGE = "{name} {version} has a known weakness, {id}{summary}."
_SEARCH = Path(__file__).with_name("advisory_search.py")
_SEVERITIES: Mapping[str, Severity] = {
    "LOW": Severity.LOW, "MODERATE": Severity.MEDIUM, "MEDIUM": Severity.MEDIUM, "HIGH": Severity.HIGH,
    "CRITICAL": Severity.HIGH,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advisories:
    """A folder (or a zip file) of OSV advisories, and the files in which dependencies may stand."""

    folder: Path
    texts: Sequence[FileText]

    async def __call__(self, work: Workspace, limits: ToolLimits) -> Sequence[Spotted]:
        """What is known of the dependencies. Raises `ToolFailed`."""
        wanted = dependencies(self.texts)
        if not wanted:
            return ()
        if not self.folder.exists():
            raise ToolFailed(
                f"{self.folder} is not there; `github.checks.advisories` has to name an OSV export."
            )
        given = json.dumps({"packages": [[one.ecosystem, one.name, one.version] for one in wanted]}).encode()
        ran = await run_confined(
            NAME, [sys.executable, "-I", str(_SEARCH), str(self.folder)], work.folder, limits, given=given
        )
        try:
            answer: dict[str, Any] = json.loads(ran.output)
            found = [_spotted(wanted[int(one[0])], *map(str, one[1:])) for one in answer["found"]]
            read = int(answer["read"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ToolFailed(f"{NAME} did not say what was found: {ran.errors.strip()[-200:]}") from error
        if not read:
            raise ToolFailed(
                f"{self.folder} holds no advisories; `github.checks.advisories` has to name an OSV export."
            )
        return found


def _spotted(one: Dependency, id: str, summary: str, severity: str) -> Spotted:  # noqa: A002 - what OSV calls it
    return Spotted(
        by=NAME,
        source="tool",
        rule=id,
        severity=_SEVERITIES.get(severity, Severity.MEDIUM),
        message=MESSAGE.format(
            name=one.name, version=one.version, id=id, summary=f": {summary}" if summary else ""
        ),
        path=one.path,
        line=one.line,
        link=f"https://osv.dev/vulnerability/{id}",
        about=f"{one.ecosystem}:{one.name}",
    )
