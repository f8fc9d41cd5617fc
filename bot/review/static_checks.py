"""All static tools over the files of a pull request: side by side, each within its limits, and none stops the others."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import structlog

from bot.config.github import ChecksSection
from bot.review.advisories_tool import NAME as ADVISORIES
from bot.review.advisories_tool import Advisories
from bot.review.bandit_tool import NAME as BANDIT
from bot.review.bandit_tool import bandit
from bot.review.checking import CheckReport, Kind, NotChecked
from bot.review.confined import ToolFailed, ToolLimits, ToolMissing
from bot.review.diff_lines import DiffLines, diff_lines, touches
from bot.review.finding import Finding, Spotted, identified, worst_first
from bot.review.pull_request import ChangedFile, FileText
from bot.review.ruff_tool import NAME as RUFF
from bot.review.ruff_tool import ruff
from bot.review.secrets_tool import NAME as SECRETS
from bot.review.secrets_tool import secrets
from bot.review.semgrep_tool import NAME as SEMGREP
from bot.review.semgrep_tool import Semgrep
from bot.review.tested import matched_tests
from bot.review.tool_settings import touched
from bot.review.workspace import Workspace, workspace

log = structlog.get_logger(__name__)

LINT: Kind = "lint"
SECURITY: Kind = "security"
EXTRA = "{name} is not installed, so it looked at nothing; the bot's owner gets it with `pip install cogswarm[review]`."
NOT_SET = "{name} looks at nothing here: the bot's owner has not set `github.checks.{key}`."
_AT_ONCE = 2

type Look = Callable[[Workspace, ToolLimits], Awaitable[Sequence[Spotted]]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what it looks after, and how it looks."""

    name: str
    kind: Literal["lint", "security"]
    look: Look


@dataclass(frozen=True, slots=True)
class StaticChecks:
    """See `bot.review.checking.Checks`. Findings are of lines that the pull request changes."""

    limits: ToolLimits
    advisories: Path | None = None
    semgrep: Semgrep | None = None

    @classmethod
    def configured(cls, section: ChecksSection, folder: Path) -> "StaticChecks":
        """As the configuration in ``folder`` says."""
        rules = section.semgrep_rules
        return cls(
            ToolLimits(seconds=section.seconds, memory_bytes=section.memory_mb * 1024**2),
            None if section.advisories is None else folder / section.advisories.expanduser(),
            Semgrep(section.semgrep, folder / rules.expanduser()) if section.semgrep and rules else None,
        )

    async def look(
        self,
        files: Sequence[ChangedFile],
        texts: Sequence[FileText],
        tests: Mapping[str, str] | None = None,
    ) -> CheckReport:
        """See `Checks.look`."""
        tools = [
            Tool(RUFF, "lint", ruff),
            Tool(BANDIT, "security", bandit),
            Tool(SECRETS, "security", secrets),
        ]
        not_checked = [
            NotChecked("", f"{one.path} {one.why}.", one.path) for one in texts if one.text is None
        ]
        if self.semgrep is not None:
            tools.append(Tool(SEMGREP, "security", self.semgrep))
        if self.advisories is not None:
            tools.append(Tool(ADVISORIES, "security", Advisories(self.advisories, texts)))
        else:
            not_checked.append(
                NotChecked(ADVISORIES, NOT_SET.format(name="The search for advisories", key="advisories"))
            )
        found, failed = await self._run(tools, texts)
        lines = {file.path: diff_lines(file) for file in files}
        readable = {one.path: one.text for one in texts if one.text is not None}
        named = await asyncio.to_thread(_named, found, tools, lines, readable)
        tested, untested = await asyncio.to_thread(matched_tests, files, texts, tests or {})
        ran = tuple(_with_version(tool.name) for tool in tools if tool.name in found)
        return CheckReport(named, (*not_checked, *failed), touched(files), tested, untested, ran)

    async def _run(
        self, tools: Sequence[Tool], texts: Sequence[FileText]
    ) -> tuple[Mapping[str, Sequence[Spotted]], Sequence[NotChecked]]:
        found: dict[str, Sequence[Spotted]] = {}
        failed: list[NotChecked] = []
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(tool: Tool) -> None:
            # Each has a folder of its own: none reads what another has left.
            async with turns:
                try:
                    with workspace(texts) as work:
                        found[tool.name] = await tool.look(work, self.limits)
                except ToolMissing:
                    failed.append(NotChecked(tool.name, EXTRA.format(name=tool.name)))
                except (ToolFailed, OSError) as error:
                    log.warning("tool_failed", tool=tool.name, reason=str(error))
                    failed.append(NotChecked(tool.name, str(error)))

        async with asyncio.TaskGroup() as group:
            for tool in tools:
                group.create_task(one(tool))
        return found, sorted(failed, key=lambda it: it.tool)


def _named(
    found: Mapping[str, Sequence[Spotted]],
    tools: Sequence[Tool],
    lines: Mapping[str, DiffLines],
    texts: Mapping[str, str],
) -> Mapping[Kind, tuple[Finding, ...]]:
    """All findings of changed lines, with fingerprints; a secret hides its line from the others' evidence, too."""
    every = [
        one
        for spotted in found.values()
        for one in spotted
        if touches(lines, one.path, one.line, one.end_line)
    ]
    kinds: dict[str, Kind] = {tool.name: tool.kind for tool in tools}
    grouped: dict[Kind, list[Finding]] = {LINT: [], SECURITY: []}
    for finding in identified(every, texts):
        grouped[kinds[finding.spotted.by]].append(finding)
    return {kind: worst_first(findings) for kind, findings in grouped.items()}


def _with_version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:  # a program of the owner's, or a search of ours
        return name
