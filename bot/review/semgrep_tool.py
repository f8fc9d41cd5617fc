"""semgrep, where the owner names the program and its rules: it is never installed beside us, since it pins an old mcp."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.review.confined import ToolFailed, ToolLimits, run_confined
from bot.review.finding import Severity, Spotted
from bot.review.workspace import CODE, Workspace

NAME = "semgrep"
_SEVERITIES: Mapping[str, Severity] = {
    "INFO": Severity.LOW, "WARNING": Severity.MEDIUM, "ERROR": Severity.HIGH, "LOW": Severity.LOW,
    "MEDIUM": Severity.MEDIUM, "HIGH": Severity.HIGH, "CRITICAL": Severity.HIGH,
}  # fmt: skip
_ENVIRON: Mapping[str, str] = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}


@dataclass(frozen=True, slots=True)
class Semgrep:
    """The program and the rules it checks with."""

    program: str
    rules: Path

    async def __call__(self, work: Workspace, limits: ToolLimits) -> Sequence[Spotted]:
        """What semgrep finds. Raises `ToolFailed`."""
        # Without one of ours it would leave out what its own list names.
        (work.folder / ".semgrepignore").write_text("# nothing is left out\n", "utf-8")
        ran = await run_confined(
            NAME,
            [
                *(self.program, "scan", "--config", str(self.rules), "--json", "--quiet", "--metrics=off"),
                *(
                    "--disable-version-check",
                    "--disable-nosem",
                    "--no-git-ignore",
                    "--oss-only",
                    "--jobs",
                    "1",
                    CODE,
                ),
            ],
            work.folder,
            limits,
            environ=_ENVIRON,
        )
        try:
            results: list[dict[str, Any]] = json.loads(ran.output)["results"]
            return [one for item in results if (one := _spotted(work, item)) is not None]
        except (ValueError, KeyError, TypeError) as error:
            raise ToolFailed(f"{NAME} did not say what it found: {ran.errors.strip()[-200:]}") from error


def _spotted(work: Workspace, item: dict[str, Any]) -> Spotted | None:
    path = work.path_of(str(item["path"]))
    if path is None:
        return None
    extra: dict[str, Any] = item["extra"]
    return Spotted(
        by=NAME,
        source="tool",
        # The rule's place on the owner's disk stands in front of its id.
        rule=str(item["check_id"]).rpartition(".")[2],
        severity=_SEVERITIES.get(str(extra.get("severity")), Severity.MEDIUM),
        message=" ".join(str(extra["message"]).split()),
        path=path,
        line=int(item["start"]["line"]),
        end_line=int(item["end"]["line"]),
    )
