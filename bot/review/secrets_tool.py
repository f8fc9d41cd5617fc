"""detect-secrets: what looks like a password or a key. What it found is never quoted, nor tried anywhere."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from bot.review.confined import ToolFailed, ToolLimits, run_confined
from bot.review.finding import Severity, Spotted
from bot.review.workspace import CODE, Workspace

NAME = "detect-secrets"
MESSAGE = "This looks like a secret ({kind}); if it is one, take it back where it is valid, because it stays in the history."
_LOCKS = (
    "package-lock.json",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "Cargo.lock",
    "go.sum",
    "yarn.lock",
    "pnpm-lock.yaml",
)
"""Full of digests, which look like secrets."""
_GUESSES = frozenset({"Hex High Entropy String", "Base64 High Entropy String", "Secret Keyword"})
_NO_FILTER = "detect_secrets.filters.allowlist.is_line_allowlisted"
"""What lets a line in the pull request say that it holds no secret."""


async def secrets(work: Workspace, limits: ToolLimits) -> Sequence[Spotted]:
    """What looks like a secret. Raises `ToolFailed`."""
    ran = await run_confined(
        NAME,
        [
            *(
                sys.executable,
                "-I",
                "-m",
                "detect_secrets",
                "--cores",
                "1",
                "scan",
                "--all-files",
                "--no-verify",
            ),
            *("--disable-filter", _NO_FILTER, CODE),
        ],
        work.folder,
        limits,
    )
    try:
        results: dict[str, list[dict[str, Any]]] = json.loads(ran.output)["results"]
        return [
            _spotted(path, item)
            for name, items in results.items()
            if (path := work.path_of(name)) is not None and not path.endswith(_LOCKS)
            for item in items
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailed(f"{NAME} did not say what it found (exit code {ran.code}).") from error


def _spotted(path: str, item: dict[str, Any]) -> Spotted:
    kind = str(item["type"])
    guess = kind in _GUESSES
    return Spotted(
        by=NAME,
        source="tool",
        rule=kind.lower().replace(" ", "-"),
        severity=Severity.MEDIUM if guess else Severity.HIGH,
        message=MESSAGE.format(kind=kind),
        path=path,
        line=int(item["line_number"]),
        confidence=0.4 if guess else 0.8,
        secret=True,
    )
